//! Reading a document back under a Graph version.

use serde_json::{Map, Value as Json, json};

use super::{
    PolicyDocument,
    declared::{Form, Property},
    is_server_owned,
    patch::is_navigation,
};
use crate::settings::Since;

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
    /// The document as a client reads it: what its kind declares under the version, in the order of the wire, known
    /// values in normal form, absent ones with their default; then its other members in their own order.
    ///
    /// `owned` are the members that the server writes (`id`, `version`, times, counts); they go where the wire has them,
    /// and are left out when not given. Navigation (`apps`, `assignments`) is not included. Under v1.0, members that
    /// only beta declares appear when the document gives them a value, so nothing that was set reads back as absent.
    pub fn project(&self, version: ApiVersion, owned: &Map<String, Json>) -> Map<String, Json> {
        let mut out = Map::new();
        let declared = self.kind.declared();
        for property in &declared {
            let value = match property.form {
                Form::Server => owned.get(property.name).cloned(),
                _ => self.read(property, version),
            };
            if let Some(value) = value {
                out.insert(property.name.to_owned(), value);
            }
        }
        for (name, json) in &self.body {
            let known = declared.iter().any(|property| property.name == name);
            if !(known || is_server_owned(name) || is_navigation(name) || name.starts_with('@')) {
                out.insert(name.clone(), json.clone());
            }
        }
        out
    }

    fn read(&self, property: &Property, version: ApiVersion) -> Option<Json> {
        let set = self.body.get(property.name).filter(|json| !json.is_null());
        let visible = version == ApiVersion::Beta || property.since == Since::V1;
        match set {
            Some(json) => Some(property.normal_form(json)),
            None if !visible => None,
            None if property.name == "roleScopeTagIds" => Some(json!(["0"])),
            None => Some(property.default_form()),
        }
    }
}
