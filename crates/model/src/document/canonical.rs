//! The canonical form: equal meaning gives equal bytes.

use serde_json::{Map, Value as Json, json};

use super::{PolicyDocument, is_server_owned};

impl PolicyDocument {
    /// Deterministic JSON: members sorted, known settings in normal form, apps and assignments sorted and reduced to
    /// what they mean, without nulls, annotations and what the server owns. Unknown members count.
    pub fn canonical(&self) -> Vec<u8> {
        let members = self.canonical_members();
        serde_json::to_vec(&Json::Object(members)).unwrap_or_default()
    }

    /// The canonical members, sorted by name.
    pub(crate) fn canonical_members(&self) -> Map<String, Json> {
        let mut members = Map::new();
        members.insert("@odata.type".to_owned(), Json::from(self.kind.odata_type()));
        let settings = self.settings();
        for (name, value) in &self.body {
            let skipped = name.starts_with('@') || is_server_owned(name) || value.is_null();
            let known = self.settings_json().any(|(setting, _)| setting.name() == name);
            let list = matches!(name.as_str(), "apps" | "mobileAppIdentifierDeployments" | "assignments");
            let reduced = list && value.is_array();
            if !(skipped || known || reduced) {
                members.insert(name.clone(), sorted(value));
            }
        }
        for (setting, value) in &settings {
            members.insert(setting.name().to_owned(), setting.to_json(value));
        }
        let mut apps = self.apps();
        apps.sort();
        if !apps.is_empty() {
            let ids = apps.iter().map(|app| json!({"id": app.key(), "platform": app.platform.as_str()}));
            members.insert("apps".to_owned(), ids.collect());
        }
        let mut targets = self.filtered_assignments();
        targets.sort();
        if !targets.is_empty() {
            members.insert(
                "assignments".to_owned(),
                targets.into_iter().map(super::Assignment::to_json).collect(),
            );
        }
        members.sort_keys();
        members
    }
}

/// `value` with the members of every object sorted; annotations dropped.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let mut sorted_members: Map<String, Json> = members
                .iter()
                .filter(|(name, _)| !name.contains("@odata.") || *name == "@odata.type")
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect();
            sorted_members.sort_keys();
            Json::Object(sorted_members)
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
