//! Apps as Graph JSON.

use ringfence_model::document::ApiVersion;
use serde_json::{Map, Value, json};

use super::{Category, Entry, MobileApp};
use crate::{
    graph::{Request, complete, timestamp},
    policies::app_identifier,
};

impl MobileApp {
    /// Name for people.
    pub fn name(&self) -> &str {
        match &self.entry {
            Some(entry) => &entry.display_name,
            None => self.body.get("displayName").and_then(Value::as_str).unwrap_or_default(),
        }
    }

    /// Its assignments in the form of the wire.
    pub(super) fn assignments(&self) -> Vec<Value> {
        self.body.get("assignments").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Ids of its categories.
    pub(super) fn categories(&self) -> Vec<&str> {
        let found = self.body.get("categories").and_then(Value::as_array);
        found.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Everything that an administrator decides about it.
    pub(super) fn canonical(&self) -> Value {
        let mut members = self.body.clone();
        members.extend(self.interpreted());
        members.sort_keys();
        Value::Object(members)
    }

    fn interpreted(&self) -> Map<String, Value> {
        let Some(entry) = &self.entry else { return Map::new() };
        let id = match entry.app.platform {
            ringfence_model::Platform::Ios => "bundleId",
            ringfence_model::Platform::Android => "packageId",
        };
        let members = json!({
            "displayName": entry.display_name,
            "publisher": entry.publisher,
            id: entry.app.id,
            "ringfenceSignIn": entry.sign_in.as_str(),
            "ringfenceCore": entry.core,
            "ringfenceSigners": entry.signers,
        });
        if let Value::Object(members) = members { members } else { Map::new() }
    }

    /// Every member that the version declares, then others that were given.
    fn members(&self, version: ApiVersion) -> Map<String, Value> {
        let mut out = self.body.clone();
        out.shift_remove("assignments");
        out.shift_remove("categories");
        out.extend(self.interpreted());
        let own = match self.kind.as_str() {
            kind if kind.starts_with("managed") && kind.ends_with("LobApp") => Some("lineOfBusiness"),
            "managedIOSStoreApp" | "managedAndroidStoreApp" => Some("global"),
            _ => None,
        };
        if let Some(availability) = own {
            out.entry("appAvailability").or_insert(json!(availability));
        }
        out.insert("@odata.type".into(), json!(format!("#microsoft.graph.{}", self.kind)));
        out.insert("id".into(), json!(self.id));
        out.insert("createdDateTime".into(), json!(timestamp(self.created_at)));
        out.insert("lastModifiedDateTime".into(), json!(timestamp(self.modified_at)));
        out.insert("publishingState".into(), json!("published"));
        if version == ApiVersion::Beta {
            out.insert("isAssigned".into(), json!(!self.assignments().is_empty()));
        }
        complete(&self.kind, version, out)
    }
}

/// One app; `categories` are all that there are.
pub(super) fn app(request: &Request, app: &MobileApp, categories: &[Category]) -> Value {
    let mut out = app.members(request.version);
    let place = format!("{}/$metadata#deviceAppManagement/mobileApps('{}')", request.context, app.id);
    if request.query.expands("assignments") {
        out.insert("assignments@odata.context".into(), json!(format!("{place}/assignments")));
        out.insert("assignments".into(), Value::Array(app.assignments()));
    }
    if request.query.expands("categories") {
        out.insert("categories@odata.context".into(), json!(format!("{place}/categories")));
        out.insert("categories".into(), of_app(app, categories).map(category).collect());
    }
    Value::Object(out)
}

/// The categories that an app is in.
pub(super) fn of_app<'a>(
    app: &'a MobileApp,
    categories: &'a [Category],
) -> impl Iterator<Item = &'a Category> {
    let ids = app.categories();
    categories.iter().filter(move |category| ids.contains(&category.id.to_string().as_str()))
}

/// One category.
pub(super) fn category(category: &Category) -> Value {
    json!({
        "id": category.id,
        "displayName": category.display_name,
        "lastModifiedDateTime": timestamp(category.modified_at),
    })
}

/// The list that consoles offer for targeting, content of the status `managedAppList`.
pub(super) fn managed_app_list(entries: &[Entry]) -> Value {
    let first_party =
        |entry: &Entry| entry.core || entry.publisher.to_ascii_lowercase().starts_with("microsoft");
    let apps: Vec<Value> = entries
        .iter()
        .map(|entry| {
            json!({
                "displayName": entry.display_name,
                "isFirstParty": first_party(entry),
                "appIdentifier": app_identifier(&entry.app),
            })
        })
        .collect();
    json!({ "@odata.type": "#microsoft.graph.managedAppList", "appList": apps })
}
