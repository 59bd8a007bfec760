//! The Graph policy document: kept exactly as it came (unknown members and their order included), read through typed
//! accessors, validated where its meaning is known.

mod apps;
mod assignments;
mod canonical;
mod declared;
mod kind;
mod patch;
mod project;
mod stored;
#[cfg(test)]
mod tests;
mod validate;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

pub use self::{
    apps::{AppGroup, MANAGEMENT_LEVELS},
    assignments::{Assignment, AssignmentTarget, FilterMode},
    kind::PolicyKind,
    patch::is_server_owned,
    project::ApiVersion,
};
use crate::{
    AppId, FieldError, ManagementState,
    settings::{Pair, Setting, Settings},
};

/// A policy as Graph JSON. [`PolicyDocument::validate`] says whether everything with a known meaning is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    /// What the document is.
    pub kind: PolicyKind,
    /// Every member as it came, in order.
    pub body: Map<String, Json>,
}

impl PolicyDocument {
    /// Takes a JSON object as a document of the kind it names: `@odata.type`, else the `@odata.context`, else the
    /// platform of its app identifiers.
    pub fn parse_value(value: Json) -> Result<Self, FieldError> {
        let body = into_object(value)?;
        let kind = kind::detect(&body)?;
        Ok(Self { kind, body })
    }

    /// Takes a JSON object as a document of the kind that it names itself, by `@odata.type` or else by its
    /// `@odata.context`. Nothing is guessed.
    pub fn parse_named(value: Json) -> Result<Self, FieldError> {
        let body = into_object(value)?;
        let kind = kind::named(&body)?;
        Ok(Self { kind, body })
    }

    /// Takes a JSON object as a document of `kind`; a type named inside must agree.
    pub fn parse_as(kind: PolicyKind, value: Json) -> Result<Self, FieldError> {
        let body = into_object(value)?;
        kind::check_named(&body, kind)?;
        Ok(Self { kind, body })
    }

    /// Name for administrators; empty when absent.
    pub fn display_name(&self) -> &str {
        self.text("displayName")
    }

    /// Description for administrators; empty when absent.
    pub fn description(&self) -> &str {
        self.text("description")
    }

    /// What the document sets, for iOS, Android and default protection policies; values that do not read are left out
    /// ([`PolicyDocument::validate`] reports them).
    pub fn settings(&self) -> Settings {
        self.settings_json()
            .filter_map(|(setting, json)| Some((setting, setting.from_json(json).ok().flatten()?)))
            .collect()
    }

    /// Apps named in the document, each once, in order; identifiers of operating systems without a client are left out.
    pub fn apps(&self) -> Vec<AppId> {
        let mut seen = BTreeSet::new();
        apps::read(self).0.into_iter().filter(|app| seen.insert(app.clone())).collect()
    }

    /// Which apps the document is aimed at.
    pub fn app_group(&self) -> AppGroup {
        apps::read_group(&self.body).unwrap_or_default()
    }

    /// Management states the document is for; empty means every state.
    pub fn management_levels(&self) -> BTreeSet<ManagementState> {
        apps::read_levels(&self.body).unwrap_or_default()
    }

    /// Targets of the assignments named in the document, in order; those that do not read are left out.
    pub fn assignments(&self) -> Vec<AssignmentTarget> {
        self.filtered_assignments().into_iter().map(|one| one.target).collect()
    }

    /// Assignments named in the document with their filters, in order; those that do not read are left out.
    pub fn filtered_assignments(&self) -> Vec<Assignment> {
        assignments::read_all(&self.body).0
    }

    /// Key/value pairs for apps, unchanged (targeted configurations and default policies).
    pub fn custom_settings(&self) -> Vec<Pair> {
        crate::appconfig::read_custom_settings(&self.body).0
    }

    /// The fault of a document that names no app although it is aimed at selected ones. Such a document may exist (its
    /// apps can follow later), but protects nothing; importers refuse it.
    pub fn missing_apps(&self) -> Option<FieldError> {
        let hand_picked = self.app_group() == AppGroup::SelectedPublicApps;
        let targeted = self.kind.platform().is_some() || self.kind == PolicyKind::TargetedConfiguration;
        let missing = targeted && hand_picked && apps::read(self).0.is_empty();
        missing.then(|| {
            FieldError::new("apps", self.body.get("apps").unwrap_or(&Json::Null), "names no app")
                .allowing("at least one app, or an `appGroupType` other than selectedPublicApps")
        })
    }

    /// Members that are settings of the document's kind, as JSON.
    pub(crate) fn settings_json(&self) -> impl Iterator<Item = (Setting, &Json)> {
        self.body.iter().filter_map(move |(name, json)| {
            let setting = Setting::from_name(name)?;
            self.kind.has(setting).then_some((setting, json))
        })
    }

    fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Json::as_str).unwrap_or_default()
    }
}

fn into_object(value: Json) -> Result<Map<String, Json>, FieldError> {
    match value {
        Json::Object(body) => Ok(body),
        other => Err(FieldError::new("", &other, "is not a JSON object")),
    }
}
