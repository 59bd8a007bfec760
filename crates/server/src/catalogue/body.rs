//! Apps from Graph JSON: what is interpreted goes to the catalogue, the rest is kept.

use ringfence_model::{AppId, FieldError, Platform, SignInMethod};
use serde_json::{Map, Value, json};

use super::{MobileApp, NewApp, NewEntry, assignments, ops};
use crate::{
    failure::Failure,
    graph::{concrete, faults},
};

/// Members that the server writes; ignored in what clients send.
const OWNED: [&str; 9] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "isAssigned",
    "publishingState",
    "uploadState",
    "dependentAppCount",
    "supersedingAppCount",
    "supersededAppCount",
];

/// Members of managed apps that the catalogue holds.
const INTERPRETED: [&str; 7] = [
    "displayName",
    "publisher",
    "bundleId",
    "packageId",
    "ringfenceSignIn",
    "ringfenceCore",
    "ringfenceSigners",
];

/// The platform of apps that policies can cover.
pub(super) fn platform_of(kind: &str) -> Option<Platform> {
    match kind {
        "managedIOSStoreApp" | "managedIOSLobApp" => Some(Platform::Ios),
        "managedAndroidStoreApp" | "managedAndroidLobApp" => Some(Platform::Android),
        _ => None,
    }
}

/// A new app. Without a type, `bundleId` tells an iOS store app and `packageId` an Android one.
pub(super) fn new(body: &Map<String, Value>) -> Result<NewApp, Failure> {
    let named = text(body, "@odata.type")?;
    let kind = match &named {
        Some(named) => kind_of(named)?.to_owned(),
        None => match identity(body)?.platform {
            Platform::Ios => "managedIOSStoreApp".to_owned(),
            Platform::Android => "managedAndroidStoreApp".to_owned(),
        },
    };
    check_forms(&kind, body)?;
    let kept = kept(&kind, body)?;
    let Some(platform) = platform_of(&kind) else {
        let name = text(body, "displayName")?.unwrap_or_default();
        ops::check_name(&name)?;
        return Ok(NewApp { kind, body: kept, entry: None });
    };
    let app = identity(body)?;
    if app.platform != platform {
        let allowed = "managedIOSStoreApp with `bundleId`, managedAndroidStoreApp with `packageId`";
        return Err(Failure::invalid("@odata.type", &json!(named), "is of the other platform", allowed));
    }
    let entry = NewEntry {
        display_name: text(body, "displayName")?.unwrap_or_else(|| app.id.clone()),
        publisher: text(body, "publisher")?.unwrap_or_default(),
        sign_in: sign_in(body)?.unwrap_or_default(),
        core: flag(body, "ringfenceCore")?.unwrap_or_default(),
        signers: signers(body)?.unwrap_or_default(),
        app,
    };
    Ok(NewApp { kind, body: kept, entry: Some(entry) })
}

/// Applies a partial app: members given replace those that are there; which app it is stays.
pub(super) fn patch(app: &mut MobileApp, body: &Map<String, Value>) -> Result<(), Failure> {
    if let Some(named) = text(body, "@odata.type")?
        && kind_of(&named).ok() != Some(app.kind.as_str())
        && !is_base(&named)
    {
        let allowed = format!("#microsoft.graph.{}", app.kind);
        return Err(Failure::invalid("@odata.type", &json!(named), "is not the type of this app", &allowed));
    }
    check_forms(&app.kind, body)?;
    let mut given = kept(&app.kind, body)?;
    given.shift_remove("assignments");
    app.body.extend(given);
    let Some(entry) = &mut app.entry else {
        let name = app.body.get("displayName").and_then(Value::as_str).unwrap_or_default();
        return ops::check_name(name);
    };
    if let Some(name) = text(body, "displayName")? {
        entry.display_name = name;
    }
    if let Some(publisher) = text(body, "publisher")? {
        entry.publisher = publisher;
    }
    if let Some(method) = sign_in(body)? {
        entry.sign_in = method;
    }
    if let Some(core) = flag(body, "ringfenceCore")? {
        entry.core = core;
    }
    if let Some(signers) = signers(body)? {
        entry.signers = signers;
    }
    Ok(())
}

/// What is kept and not interpreted: without annotations and what the server writes; assignments in normal form.
fn kept(kind: &str, body: &Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let managed = platform_of(kind).is_some();
    let keeps = |name: &str| {
        let foreign = name.contains('@') || name.starts_with('#') || OWNED.contains(&name);
        !(foreign || managed && INTERPRETED.contains(&name) || matches!(name, "categories" | "relationships"))
    };
    let kept = body.iter().filter(|(name, _)| keeps(name));
    let mut out: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    match out.shift_remove("assignments") {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            out.insert("assignments".to_owned(), json!(assignments::normal("assignments", &items)?));
        }
        Some(other) => return Err(Failure::invalid("assignments", &other, "is not a list", "a list")),
    }
    Ok(out)
}

fn check_forms(kind: &str, body: &Map<String, Value>) -> Result<(), Failure> {
    let navigation = |fault: &FieldError| fault.path.starts_with("assignments");
    let found: Vec<FieldError> = faults(kind, body).into_iter().filter(|fault| !navigation(fault)).collect();
    if found.is_empty() { Ok(()) } else { Err(Failure::Invalid(found)) }
}

/// The concrete type that is named.
fn kind_of(named: &str) -> Result<&'static str, Failure> {
    let short = named.rsplit('.').next().unwrap_or(named).trim_start_matches('#');
    let all = concrete("mobileApp");
    all.iter().copied().find(|kind| kind.eq_ignore_ascii_case(short)).ok_or_else(|| {
        Failure::invalid("@odata.type", &json!(named), "is not a kind of app", &all.join(", "))
    })
}

fn is_base(named: &str) -> bool {
    let short = named.rsplit('.').next().unwrap_or(named).trim_start_matches('#');
    ["mobileApp", "managedApp", "managedMobileLobApp", "mobileLobApp"]
        .iter()
        .any(|base| base.eq_ignore_ascii_case(short))
}

/// `bundleId` names an iOS app, `packageId` an Android app.
fn identity(body: &Map<String, Value>) -> Result<AppId, Failure> {
    match (text(body, "bundleId")?, text(body, "packageId")?) {
        (Some(id), None) => Ok(AppId::new(Platform::Ios, id)),
        (None, Some(id)) => Ok(AppId::new(Platform::Android, id)),
        _ => {
            let allowed = "`bundleId` for iOS or `packageId` for Android";
            Err(Failure::invalid("bundleId", &Value::Null, "is missing or given twice", allowed))
        }
    }
}

fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, Failure> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Failure::invalid(name, other, "is not a text", "a text")),
    }
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<Option<bool>, Failure> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(Failure::invalid(name, other, "is not true or false", "true, false")),
    }
}

fn sign_in(body: &Map<String, Value>) -> Result<Option<SignInMethod>, Failure> {
    let Some(given) = text(body, "ringfenceSignIn")? else { return Ok(None) };
    let allowed = "modern, legacy";
    given
        .parse()
        .map(Some)
        .map_err(|_| Failure::invalid("ringfenceSignIn", &json!(given), "is not a way to sign in", allowed))
}

/// Digests as `keytool` and others print them: in either case, with or without colons.
fn signers(body: &Map<String, Value>) -> Result<Option<Vec<String>>, Failure> {
    let name = "ringfenceSigners";
    let wrong =
        |path: &str, value: &Value| Failure::invalid(path, value, "is not a list of digests", "texts");
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| match item.as_str() {
                Some(text) => Ok(text.replace(':', "").to_ascii_lowercase()),
                None => Err(wrong(&format!("{name}[{index}]"), item)),
            })
            .collect::<Result<_, _>>()
            .map(Some),
        Some(other) => Err(wrong(name, other)),
    }
}
