//! Reading a document back under a Graph version.

use serde_json::{Map, Value as Json, json};

use super::{PolicyDocument, PolicyKind, is_server_owned, patch::is_navigation};
use crate::settings::{Kind, Setting, Since};

/// A version of the Graph API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    /// `/v1.0`
    V1,
    /// `/beta`
    Beta,
}

impl ApiVersion {
    /// Path segment: `v1.0` or `beta`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

impl PolicyDocument {
    /// The document as a client reads it: `displayName` and `description` first, then its own members in their order
    /// with known values in normal form, then what the version declares and the document leaves out, with its default.
    ///
    /// Not included: what the server owns (it adds its own), and navigation (`apps`, `assignments`). Under v1.0, members
    /// that only beta declares appear when the document gives them a value, so nothing that was set reads back as absent.
    pub fn project(&self, version: ApiVersion) -> Map<String, Json> {
        let mut out = Map::new();
        for name in ["displayName", "description"] {
            out.insert(name.to_owned(), self.body.get(name).cloned().unwrap_or(Json::Null));
        }
        for (name, json) in &self.body {
            let left_out = is_server_owned(name) || is_navigation(name) || name.starts_with('@');
            let hidden = json.is_null() && Self::is_undeclared(name, version);
            if !left_out && !hidden {
                out.entry(name.as_str()).or_insert_with(|| self.normal_form(name, json));
            }
        }
        for (name, default) in self.declared(version) {
            out.entry(name).or_insert(default);
        }
        out
    }

    /// A known value in the form that the service writes; anything else unchanged.
    fn normal_form(&self, name: &str, json: &Json) -> Json {
        let setting =
            Setting::from_name(name).filter(|setting| self.platform().is_some_and(|p| setting.applies_to(p)));
        let Some(setting) = setting else { return json.clone() };
        match setting.spec().kind {
            Kind::Choice(_) | Kind::Flags(_) | Kind::Span => match setting.from_json(json) {
                Ok(Some(value)) => setting.to_json(&value),
                Ok(None) if json.is_null() => null_form(setting),
                _ => json.clone(),
            },
            _ if json.is_null() => null_form(setting),
            _ => json.clone(),
        }
    }

    fn is_undeclared(name: &str, version: ApiVersion) -> bool {
        let beta_only = Setting::from_name(name).is_some_and(|setting| setting.spec().since == Since::Beta)
            || matches!(name, "roleScopeTagIds" | "appGroupType" | "targetedAppManagementLevels");
        beta_only && version == ApiVersion::V1
    }

    /// Properties that `version` declares for this kind, with their defaults.
    fn declared(&self, version: ApiVersion) -> Vec<(&'static str, Json)> {
        let platform = self.platform();
        let mut all = Vec::new();
        if version == ApiVersion::Beta {
            all.push(("roleScopeTagIds", json!(["0"])));
        }
        let targeted = platform.is_some() || self.kind == PolicyKind::TargetedConfiguration;
        if targeted && version == ApiVersion::Beta {
            all.push(("targetedAppManagementLevels", json!("unspecified")));
            all.push(("appGroupType", json!("selectedPublicApps")));
        }
        if self.kind == PolicyKind::TargetedConfiguration {
            all.push(("customSettings", json!([])));
        }
        let settings = platform.into_iter().flat_map(Setting::list_for);
        let visible = settings.filter(|s| version == ApiVersion::Beta || s.spec().since == Since::V1);
        all.extend(visible.map(|setting| (setting.name(), null_form(setting))));
        all
    }
}

/// What an absent setting reads as.
fn null_form(setting: Setting) -> Json {
    let list = matches!(setting.spec().kind, Kind::Texts | Kind::Pairs | Kind::Choices(_));
    match setting.default_value() {
        Some(value) if !setting.spec().nullable || list => setting.to_json(&value),
        _ => Json::Null,
    }
}
