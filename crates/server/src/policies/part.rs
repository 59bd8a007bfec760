//! The lists inside a policy that have paths of their own: apps, assignments, settings, files.

use ringfence_model::{
    FieldError,
    document::{ApiVersion, Assignment, PolicyDocument, PolicyKind},
};
use serde_json::{Map, Value, json};

use super::body;
use crate::failure::Failure;

/// A list inside a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Apps that the policy is aimed at.
    Apps,
    /// Whom it reaches.
    Assignments,
    /// Entries of the settings catalogue, of app configurations.
    Settings,
    /// AppLocker files with exempt apps, of information protection.
    ExemptFiles,
    /// AppLocker files with protected apps, of information protection.
    ProtectedFiles,
}

impl Part {
    /// Every part, in the order in which expanded parts are written.
    pub const ALL: [Self; 5] =
        [Self::Apps, Self::Assignments, Self::Settings, Self::ExemptFiles, Self::ProtectedFiles];

    /// Name of the member and of the path segment.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apps => "apps",
            Self::Assignments => "assignments",
            Self::Settings => "settings",
            Self::ExemptFiles => "exemptAppLockerFiles",
            Self::ProtectedFiles => "protectedAppLockerFiles",
        }
    }

    /// The part of this name, in whatever letter case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name().eq_ignore_ascii_case(name))
    }

    /// Whether policies of a kind have it under a version.
    pub fn is_of(self, kind: PolicyKind, version: ApiVersion) -> bool {
        let information = matches!(
            kind,
            PolicyKind::WindowsInformationProtection | PolicyKind::MdmWindowsInformationProtection
        );
        match self {
            Self::Apps => !information,
            Self::Assignments => kind != PolicyKind::DefaultProtection,
            Self::Settings => kind == PolicyKind::TargetedConfiguration && version == ApiVersion::Beta,
            Self::ExemptFiles | Self::ProtectedFiles => information,
        }
    }

    /// What an audit entry calls a change of it.
    pub(super) const fn act(self) -> &'static str {
        match self {
            Self::Apps => "policy.targetApps",
            Self::Assignments => "policy.assign",
            Self::Settings => "policy.changeSettings",
            Self::ExemptFiles | Self::ProtectedFiles => "policy.update",
        }
    }

    /// Its items in the form of the wire, with ids.
    pub fn items(self, document: &PolicyDocument) -> Vec<Value> {
        match self {
            Self::Apps => body::apps(document),
            Self::Assignments => body::assignments(document),
            Self::Settings | Self::ExemptFiles | Self::ProtectedFiles => {
                let found = document.body.get(self.name()).and_then(Value::as_array);
                found.into_iter().flatten().enumerate().map(|(at, item)| self.shown(at, item)).collect()
            }
        }
    }

    /// The document with its items replaced; ids that clients send are not kept.
    pub(super) fn replaced(self, document: &PolicyDocument, items: Vec<Value>) -> PolicyDocument {
        match self {
            Self::Apps => document.with_apps(items),
            Self::Assignments => document.with_assignments(items),
            _ => {
                let mut next = document.clone();
                let numbered = items.into_iter().enumerate().map(|(at, item)| numbered(item, at));
                next.body.insert(self.name().to_owned(), numbered.collect());
                next
            }
        }
    }

    /// The document with one item more, and the item's id. An app that is there already stays as it is.
    pub(super) fn added(
        self,
        document: &PolicyDocument,
        new: Value,
    ) -> Result<(PolicyDocument, String), Failure> {
        let mut items = self.items(document);
        let key = match self {
            Self::Apps => body::app_key(&new),
            Self::Assignments => {
                Assignment::parse("", &new).map_err(|error| Failure::Invalid(vec![at_root(error)]))?.id()
            }
            _ => {
                let used = items.iter().filter_map(|item| id_of(item).parse::<usize>().ok());
                used.max().map_or(0, |most| most + 1).to_string()
            }
        };
        if self == Self::Apps && items.iter().any(|item| id_of(item).eq_ignore_ascii_case(&key)) {
            return Ok((document.clone(), key));
        }
        if self == Self::Assignments {
            items.push(new);
            return Ok((document.with_assignments(items), key));
        }
        items.push(with_id(new, &key));
        Ok((self.stored(document, items), key))
    }

    /// The document with one item changed: members given replace those that are there. The item may get another id.
    pub(super) fn changed(
        self,
        document: &PolicyDocument,
        key: &str,
        patch: &Map<String, Value>,
    ) -> Result<(PolicyDocument, String), Failure> {
        let mut items = self.items(document);
        let found = items.iter_mut().find(|item| id_of(item).eq_ignore_ascii_case(key));
        let item = found.ok_or_else(|| self.missing(key))?;
        if let Value::Object(members) = item {
            let given = patch.iter().filter(|(name, _)| !matches!(name.as_str(), "id" | "version"));
            members.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        }
        let new = match self {
            Self::Apps => body::app_key(item),
            Self::Assignments => {
                Assignment::parse("", item).map_err(|error| Failure::Invalid(vec![at_root(error)]))?.id()
            }
            _ => key.to_owned(),
        };
        Ok((self.stored(document, items), new))
    }

    /// The document without one item.
    pub(super) fn without(self, document: &PolicyDocument, key: &str) -> Result<PolicyDocument, Failure> {
        let mut items = self.items(document);
        let before = items.len();
        items.retain(|item| !id_of(item).eq_ignore_ascii_case(key));
        if items.len() == before {
            return Err(self.missing(key));
        }
        Ok(self.stored(document, items))
    }

    /// The refusal of an id that no item has.
    pub(super) fn missing(self, key: &str) -> Failure {
        let what = match self {
            Self::Apps => "app in this policy",
            Self::Assignments => "assignment of this policy",
            Self::Settings => "setting in this configuration",
            Self::ExemptFiles | Self::ProtectedFiles => "file of this policy",
        };
        Failure::not_found(what, key)
    }

    fn stored(self, document: &PolicyDocument, items: Vec<Value>) -> PolicyDocument {
        match self {
            Self::Apps => document.with_apps(items),
            Self::Assignments => document.with_assignments(items),
            _ => {
                let mut next = document.clone();
                next.body.insert(self.name().to_owned(), Value::Array(items));
                next
            }
        }
    }

    fn shown(self, at: usize, item: &Value) -> Value {
        let id = Some(id_of(item)).filter(|id| !id.is_empty()).map_or_else(|| at.to_string(), str::to_owned);
        let mut item = with_id(item.clone(), &id);
        if let (Self::ExemptFiles | Self::ProtectedFiles, Value::Object(members)) = (self, &mut item) {
            for name in ["displayName", "fileHash", "file", "version"] {
                members.entry(name).or_insert(Value::Null);
            }
        }
        item
    }
}

/// The id of an item in the form of the wire.
pub(super) fn id_of(item: &Value) -> &str {
    item.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn with_id(item: Value, id: &str) -> Value {
    let Value::Object(mut members) = item else { return item };
    members.shift_remove("id");
    members.shift_insert(0, "id".to_owned(), json!(id));
    members.retain(|name, _| name == "@odata.type" || !name.contains("@odata."));
    Value::Object(members)
}

fn numbered(item: Value, at: usize) -> Value {
    with_id(item, &at.to_string())
}

/// Faults of a single item have no list in their path.
fn at_root(error: FieldError) -> FieldError {
    FieldError { path: error.path.trim_start_matches('.').to_owned(), ..error }
}
