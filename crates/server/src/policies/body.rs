//! Apps and assignments inside a document, and the check of a whole document before it is written.

use ringfence_model::{
    AppId, FieldError, Platform,
    document::{Assignment, PolicyDocument},
};
use serde_json::{Value, json};

use super::Part;
use crate::failure::Failure;

/// Lists whose items have no identity of their own.
const NUMBERED: [Part; 3] = [Part::Settings, Part::ExemptFiles, Part::ProtectedFiles];

/// The document with its assignments, settings and files in normal form; every fault otherwise.
///
/// A document without apps passes: clients create first and pick apps afterwards.
pub(super) fn checked(document: &PolicyDocument) -> Result<PolicyDocument, Failure> {
    let mut errors = document.validate().err().unwrap_or_default();
    errors.extend(ringfence_policy::browser::faults(document));
    if document.display_name().chars().any(char::is_control) {
        let found = json!(document.display_name());
        errors.push(FieldError::new("displayName", &found, "holds a control character"));
    }
    if !errors.is_empty() {
        return Err(Failure::Invalid(errors));
    }
    let mut next = document.clone();
    if document.body.contains_key("assignments") {
        next = next.with_assignments(assignments(document));
    }
    for part in NUMBERED {
        if document.body.get(part.name()).is_some_and(Value::is_array) {
            next.body.insert(part.name().to_owned(), Value::Array(part.items(document)));
        }
    }
    Ok(next)
}

/// A new document with ids of its own for settings and files, whatever ids they came with.
pub(super) fn renumbered(mut document: PolicyDocument) -> PolicyDocument {
    for part in NUMBERED {
        if let Some(Value::Array(items)) = document.body.get(part.name()) {
            document = part.replaced(&document, items.clone());
        }
    }
    document
}

/// The assignments as they are stored.
pub(super) fn assignments(document: &PolicyDocument) -> Vec<Value> {
    document.filtered_assignments().into_iter().map(Assignment::to_json).collect()
}

/// The apps in the form of the wire, with ids.
pub(super) fn apps(document: &PolicyDocument) -> Vec<Value> {
    match document.body.get("apps") {
        Some(Value::Array(items)) => items.iter().map(with_key).collect(),
        _ => document.apps().iter().map(|app| with_key(&identified(app))).collect(),
    }
}

/// The id of an app within its policy: `com.example.mail.ios`.
pub(super) fn app_key(item: &Value) -> String {
    let identifier = item.get("mobileAppIdentifier").unwrap_or(&Value::Null);
    let kind = identifier.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
    let kind = kind.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let of = |member: &str| identifier.get(member).and_then(Value::as_str);
    let (id, suffix) = match (of("bundleId"), of("packageId"), of("windowsAppId")) {
        (Some(id), ..) if kind.trim_start_matches('#').starts_with("mac") => (id, "mac"),
        (Some(id), ..) => (id, "ios"),
        (_, Some(id), _) => (id, "android"),
        (.., Some(id)) => (id, "windows"),
        _ => return String::new(),
    };
    format!("{}.{suffix}", id.to_lowercase())
}

/// `{mobileAppIdentifier}` of an app.
pub(super) fn identified(app: &AppId) -> Value {
    json!({ "mobileAppIdentifier": app_identifier(app) })
}

/// `{@odata.type, bundleId}` or `{@odata.type, packageId}`.
pub(crate) fn app_identifier(app: &AppId) -> Value {
    match app.platform {
        Platform::Ios => {
            json!({ "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": app.id })
        }
        Platform::Android => {
            json!({ "@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": app.id })
        }
    }
}

fn with_key(item: &Value) -> Value {
    let key = app_key(item);
    let version = stamp(&key);
    let mut identifier = item.get("mobileAppIdentifier").cloned().unwrap_or(Value::Null);
    let kind = match key.rsplit('.').next() {
        Some("ios") => "iosMobileAppIdentifier",
        Some("android") => "androidMobileAppIdentifier",
        Some("mac") => "macAppIdentifier",
        _ => "windowsAppIdentifier",
    };
    if let Value::Object(members) = &mut identifier {
        members.retain(|name, _| !name.contains('@'));
        members.shift_insert(0, "@odata.type".to_owned(), json!(format!("#microsoft.graph.{kind}")));
    }
    json!({ "id": key, "version": version, "mobileAppIdentifier": identifier })
}

/// The version of an app entry never changes while the app is the same: FNV-1a of its id, as a signed number in text.
fn stamp(key: &str) -> String {
    let hash =
        key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.cast_signed().to_string()
}
