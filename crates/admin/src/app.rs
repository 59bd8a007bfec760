//! The catalogue of apps that policies can cover.

use ringfence_model::Platform;
use serde_json::{Value, json};

use crate::Api;

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
