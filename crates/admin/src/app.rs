//! The catalogue of apps that policies can cover.

use anyhow::Context as _;
use ringfence_model::Platform;
use serde_json::{Map, Value, json};

use crate::{Api, text};

/// The collection of the catalogue.
pub const APPS: &str = "/beta/deviceAppManagement/mobileApps";

/// Adds an app to the catalogue.
pub fn add(api: &Api, platform: Platform, id: &str, name: &str, publisher: &str) -> anyhow::Result<Value> {
    let (kind, member) = match platform {
        Platform::Ios => ("managedIOSStoreApp", "bundleId"),
        Platform::Android => ("managedAndroidStoreApp", "packageId"),
    };
    let mut body = json!({
        "@odata.type": format!("#microsoft.graph.{kind}"),
        "displayName": name,
        "publisher": publisher,
    });
    if let Some(members) = body.as_object_mut() {
        members.insert(member.to_owned(), id.into());
    }
    api.post(APPS, &body)
}

/// Changes members of an app that is in the catalogue.
pub fn change(
    api: &Api,
    platform: Platform,
    id: &str,
    members: &Map<String, Value>,
) -> anyhow::Result<Value> {
    let member = match platform {
        Platform::Ios => "bundleId",
        Platform::Android => "packageId",
    };
    let apps = api.list(APPS)?;
    let found = apps.iter().find(|app| text(app, member).eq_ignore_ascii_case(id));
    let found = found.with_context(|| format!("there is no app `{id}` for {platform} in the catalogue"))?;
    api.patch(&format!("{APPS}/{}", text(found, "id")), &Value::Object(members.clone()))
}
