//! Policy documents and their assignments, kept as they came. An id carries a prefix on the wire: `T_` for protection
//! policies, `A_` for app configurations.

pub(crate) mod api;
mod body;
pub mod ops;
mod part;
mod parts;
mod represent;
mod set;
mod sql;
mod summary;

pub(crate) use body::app_identifier;
pub use part::Part;

use ringfence_model::{
    PolicyId, UnixMillis,
    document::{PolicyDocument, PolicyKind},
};

/// A policy as it is shown in lists of mixed kinds.
pub(crate) fn described(request: &crate::graph::Request, policy: &Policy) -> serde_json::Value {
    represent::policy(request, policy, true, None)
}

/// A stored policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// The document, `apps` and `assignments` included.
    pub document: PolicyDocument,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last changed.
    pub modified_at: UnixMillis,
}

impl Policy {
    /// The id on the wire.
    pub fn wire_id(&self) -> String {
        wire_id(self.document.kind, self.id)
    }

    /// The version on the wire; also its ETag.
    pub fn etag(&self) -> String {
        format!("\"{:016x}-{}\"", self.modified_at.0, self.version)
    }
}

/// The id of a policy on the wire.
pub fn wire_id(kind: PolicyKind, id: PolicyId) -> String {
    let prefix = if kind == PolicyKind::TargetedConfiguration { 'A' } else { 'T' };
    format!("{prefix}_{id}")
}

/// Reads an id with or without its prefix.
pub fn parse_id(text: &str) -> Option<PolicyId> {
    let bare = match text.as_bytes() {
        [_, b'_', ..] => text.get(2..)?,
        _ => text,
    };
    bare.parse().ok()
}
