//! Assignment filters: rules about phones on top of the assignments of policies. Targeting holds the parsed rules in
//! memory and asks them about each app instance; here they are kept, checked and shown.

pub(crate) mod api;
pub(crate) mod ops;
mod sql;
pub(crate) mod try_out;

use ringfence_model::{AssignmentFilterId, UnixMillis};
use ringfence_policy::filter::FilterPlatform;
use serde_json::{Value, json};

/// Filters in a tenant at most (behaviour §6, filters).
pub(crate) const FILTERS_MAX: usize = 200;

/// A stored filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentFilter {
    /// Its id.
    pub id: AssignmentFilterId,
    /// Name for people.
    pub display_name: String,
    /// More for people.
    pub description: Option<String>,
    /// Operating system it is for.
    pub platform: FilterPlatform,
    /// The rule as written.
    pub rule: String,
    /// Ids of scope tags, kept and given back.
    pub scope_tags: Vec<String>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last changed.
    pub modified_at: UnixMillis,
}

impl AssignmentFilter {
    /// What the audit log says of it.
    fn told(&self) -> Value {
        json!({
            "displayName": self.display_name,
            "description": self.description,
            "platform": self.platform.as_str(),
            "rule": self.rule,
            "roleScopeTags": self.scope_tags,
        })
    }
}
