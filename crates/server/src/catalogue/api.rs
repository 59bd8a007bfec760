//! `/deviceAppManagement/mobileApps`: store apps of both platforms. How an app signs in, whether it is a core app
//! and who may have signed it are our own members, `ringfenceSignIn`, `ringfenceCore` and `ringfenceSigners`.

use axum::response::Response;
use ringfence_model::{AppEntryId, AppId, Platform, SignInMethod};
use serde_json::{Map, Value, json};

use super::{Entry, NewEntry, ops};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, created, entity, no_content, timestamp},
    http::ApiError,
};

const CONTEXT: &str = "deviceAppManagement/mobileApps";
const PAGE: usize = 1000;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let response = match (method.as_str(), parts.as_slice()) {
        ("GET", ["deviceappmanagement", "mobileapps"]) => list(request).await,
        ("POST", ["deviceappmanagement", "mobileapps"]) => create(request).await,
        ("GET", ["deviceappmanagement", "mobileapps", _]) => get(request).await,
        ("PATCH", ["deviceappmanagement", "mobileapps", _]) => update(request).await,
        ("DELETE", ["deviceappmanagement", "mobileapps", _]) => delete(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadApps)?;
    let entries = ops::list(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let items = entries.iter().map(represent).collect();
    Ok(collection(request, CONTEXT, apply(&request.query, items, PAGE)?))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let body: Map<String, Value> = request.json().await?;
    let app = identity(&body)?;
    let new = NewEntry {
        display_name: text(&body, "displayName")?.unwrap_or_else(|| app.id.clone()),
        publisher: text(&body, "publisher")?.unwrap_or_default(),
        sign_in: sign_in(&body)?.unwrap_or_default(),
        core: flag(&body, "ringfenceCore")?.unwrap_or_default(),
        signers: signers(&body)?.unwrap_or_default(),
        app,
    };
    let entry = ops::create(&request.app, &proof, new).await?;
    Ok(created(request, CONTEXT, &format!("{CONTEXT}/{}", entry.id), represent(&entry)))
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadApps)?;
    let entry = ops::get(&mut *request.app.db.read().await?, proof.tenant(), id(request)?).await?;
    Ok(entity(request, CONTEXT, represent(&entry)))
}

async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let body: Map<String, Value> = request.json().await?;
    let mut entry = ops::get(&mut *request.app.db.read().await?, proof.tenant(), id(request)?).await?;
    if let Some(name) = text(&body, "displayName")? {
        entry.display_name = name;
    }
    if let Some(publisher) = text(&body, "publisher")? {
        entry.publisher = publisher;
    }
    if let Some(method) = sign_in(&body)? {
        entry.sign_in = method;
    }
    if let Some(core) = flag(&body, "ringfenceCore")? {
        entry.core = core;
    }
    if let Some(signers) = signers(&body)? {
        entry.signers = signers;
    }
    let entry = ops::update(&request.app, &proof, entry).await?;
    Ok(entity(request, CONTEXT, represent(&entry)))
}

async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    ops::delete(&request.app, &proof, id(request)?).await?;
    Ok(no_content())
}

fn id(request: &Request) -> Result<AppEntryId, ApiError> {
    request.key(2).parse().map_err(|_| Failure::not_found("app", request.key(2)).into())
}

/// `bundleId` names an iOS app, `packageId` an Android app; the type, when given, must not contradict.
fn identity(body: &Map<String, Value>) -> Result<AppId, ApiError> {
    let kind = text(body, "@odata.type")?.unwrap_or_default().to_ascii_lowercase();
    let app = match (text(body, "bundleId")?, text(body, "packageId")?) {
        (Some(id), None) => AppId::new(Platform::Ios, id),
        (None, Some(id)) => AppId::new(Platform::Android, id),
        _ => {
            let allowed = "`bundleId` for iOS or `packageId` for Android";
            return Err(
                Failure::invalid("bundleId", &Value::Null, "is missing or given twice", allowed).into()
            );
        }
    };
    let contradicts = match app.platform {
        Platform::Ios => kind.contains("android"),
        Platform::Android => kind.contains("ios"),
    };
    if contradicts {
        let allowed = "managedIOSStoreApp with `bundleId`, managedAndroidStoreApp with `packageId`";
        return Err(Failure::invalid("@odata.type", &json!(kind), "is of the other platform", allowed).into());
    }
    Ok(app)
}

fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(Failure::invalid(name, other, "is not a text", "a text").into()),
    }
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<Option<bool>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(Failure::invalid(name, other, "is not true or false", "true, false").into()),
    }
}

fn sign_in(body: &Map<String, Value>) -> Result<Option<SignInMethod>, ApiError> {
    let Some(given) = text(body, "ringfenceSignIn")? else { return Ok(None) };
    let allowed = "modern, legacy";
    given.parse().map(Some).map_err(|_| {
        Failure::invalid("ringfenceSignIn", &json!(given), "is not a way to sign in", allowed).into()
    })
}

/// Digests as `keytool` and others print them: in either case, with or without colons.
fn signers(body: &Map<String, Value>) -> Result<Option<Vec<String>>, ApiError> {
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
                None => Err(wrong(&format!("{name}[{index}]"), item).into()),
            })
            .collect::<Result<_, _>>()
            .map(Some),
        Some(other) => Err(wrong(name, other).into()),
    }
}

fn represent(entry: &Entry) -> Value {
    let (kind, member) = match entry.app.platform {
        Platform::Ios => ("managedIOSStoreApp", "bundleId"),
        Platform::Android => ("managedAndroidStoreApp", "packageId"),
    };
    json!({
        "@odata.type": format!("#microsoft.graph.{kind}"),
        "id": entry.id,
        "displayName": entry.display_name,
        "publisher": entry.publisher,
        "createdDateTime": timestamp(entry.created_at),
        "appAvailability": "global",
        member: entry.app.id,
        "ringfenceSignIn": entry.sign_in.as_str(),
        "ringfenceCore": entry.core,
        "ringfenceSigners": entry.signers,
    })
}
