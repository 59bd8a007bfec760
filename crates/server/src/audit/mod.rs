//! The audit log: one gapless, hash-chained list per tenant, written in the transaction of the change it tells of.
//!
//! `hash(n) = SHA-256(0x01 ‖ "ringfence/audit/v1" ‖ hash(n-1) ‖ fields)`; each field is a presence byte and, when
//! present, its length (u32 big-endian) and bytes. The first entry follows 32 zero bytes. An entry with content has
//! the label `ringfence/audit/v2` and one field more, the hash of its content. No personal data is in the chain: objects
//! and actors are ids, and what was before and after, and from where, is content, kept apart and erasable.

pub(crate) mod api;
mod chain;
mod content;
pub mod erase;
pub mod export;
pub(crate) mod graph;
pub(crate) mod limit;
pub mod ops;
mod sql;
mod verify;

use ringfence_model::{TokenId, UnixMillis};

pub use api::represent;
pub use content::{Content, Stored};
pub use sql::Wanted;
pub use verify::{Fault, Summary, Verdict, Verifier};

/// What a feature wants written down.
#[derive(Debug, Clone, Default)]
pub struct Record<'a> {
    /// Stable name, e.g. `policy.update`.
    pub act: &'a str,
    /// On what, e.g. `policy:<id>`.
    pub object: String,
    /// The object before, as JSON.
    pub before: Option<&'a [u8]>,
    /// The object after, as JSON.
    pub after: Option<&'a [u8]>,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1 without gaps.
    pub seq: i64,
    /// When.
    pub at: UnixMillis,
    /// Who: `token:<id>`, `account:<id>`, `user:<id>`, `instance:<id>` or `system:<part>`.
    pub actor: String,
    /// The token presented.
    pub token: Option<TokenId>,
    /// What.
    pub act: String,
    /// On what.
    pub object: String,
    /// SHA-256 of the object before, hexadecimal; in entries of the first version only.
    pub before_hash: Option<String>,
    /// SHA-256 of the object after, hexadecimal; in entries of the first version only.
    pub after_hash: Option<String>,
    /// SHA-256 of the content, hexadecimal; `None` when there is none.
    pub content_hash: Option<String>,
    /// The request it happened in.
    pub request: Option<String>,
    /// `done` or `refused`.
    pub outcome: String,
    /// Chain hash, hexadecimal.
    pub hash: String,
}

/// An entry with what it says for people.
#[derive(Debug, Clone)]
pub struct Told {
    /// The link of the chain.
    pub entry: Entry,
    /// Its content.
    pub stored: Stored,
}

#[cfg(test)]
mod tests;
