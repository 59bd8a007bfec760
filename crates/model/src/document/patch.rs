//! Changing a document: top-level merge as Graph's PATCH does.

use serde_json::{Map, Value as Json};

use super::{PolicyDocument, declared::Property};
use crate::FieldError;

/// Members that belong to the server: ignored on write, never refused.
const SERVER_OWNED: [&str; 8] = [
    "id",
    "version",
    "createdDateTime",
    "lastModifiedDateTime",
    "isAssigned",
    "deployedAppCount",
    "deploymentSummary",
    "supportsScopeTags",
];

/// Whether a member is the server's: its own properties, annotations (`x@odata.type`) and actions (`#…`).
/// `@odata.type` itself is not.
pub fn is_server_owned(name: &str) -> bool {
    let annotation = (name.contains("@odata.") && name != "@odata.type") || name.starts_with('#');
    annotation || SERVER_OWNED.contains(&name)
}

/// Members that other operations change (`targetApps`, `assign`), with their annotations.
pub(super) fn is_navigation(name: &str) -> bool {
    matches!(name, "apps" | "assignments" | "settings" | "exemptAppLockerFiles" | "protectedAppLockerFiles")
}

impl PolicyDocument {
    /// The document with `patch` applied: absent members stay, present ones are replaced whole, `null` clears what may
    /// be null, empty flags (which one published client sends for flags it has not changed) stay. Server-owned members
    /// and navigation (`apps`, `assignments`) in the patch are ignored. The result is valid.
    pub fn merge_patch(&self, patch: &Map<String, Json>) -> Result<Self, Vec<FieldError>> {
        super::kind::check_named(patch, self.kind).map_err(|error| vec![error])?;
        let mut errors = Vec::new();
        let mut next = self.clone();
        let declared = self.kind.declared();
        for (name, value) in patch {
            let property = declared.iter().find(|property| property.name == name);
            let kept = property.is_some_and(Property::is_flags) && value == "";
            if is_server_owned(name) || is_navigation(name) || name == "@odata.type" || kept {
                continue;
            }
            if value.is_null() && property.is_some_and(|property| !property.nullable) {
                errors.push(FieldError::new(name, value, "cannot be cleared"));
            }
            next.body.insert(name.clone(), value.clone());
        }
        if let Err(more) = next.validate() {
            errors
                .extend(more.into_iter().filter(|error| errors_at(&errors, &error.path)).collect::<Vec<_>>());
        }
        if errors.is_empty() { Ok(next) } else { Err(errors) }
    }

    /// The document with its `apps` replaced, also those in the older form.
    #[must_use]
    pub fn with_apps(&self, apps: Vec<Json>) -> Self {
        let mut next = self.with_list("apps", apps);
        next.body.shift_remove("mobileAppIdentifierDeployments");
        next
    }

    /// The document with its `assignments` replaced.
    #[must_use]
    pub fn with_assignments(&self, assignments: Vec<Json>) -> Self {
        self.with_list("assignments", assignments)
    }

    fn with_list(&self, name: &str, items: Vec<Json>) -> Self {
        let mut next = self.clone();
        next.body.insert(name.to_owned(), Json::Array(items));
        next
    }
}

fn errors_at(errors: &[FieldError], path: &str) -> bool {
    errors.iter().all(|error| error.path != path)
}
