//! The audit log: one gapless, hash-chained list per tenant, written in the transaction of the change it tells of.
//!
//! `hash(n) = SHA-256(0x01 ‖ "ringfence/audit/v1" ‖ hash(n-1) ‖ fields)`; each field is a presence byte and, when
//! present, its length (u32 big-endian) and bytes. The first entry follows 32 zero bytes. No personal data: objects
//! and actors are ids.

pub(crate) mod api;
mod chain;
pub mod ops;
mod sql;

use ringfence_model::{TokenId, UnixMillis};

/// What a feature wants written down.
#[derive(Debug, Clone, Default)]
pub struct Record<'a> {
    /// Stable name, e.g. `policy.update`.
    pub act: &'a str,
    /// On what, e.g. `policy:<id>`.
    pub object: String,
    /// The object before, as stored; only its hash is kept.
    pub before: Option<&'a [u8]>,
    /// The object after, as stored; only its hash is kept.
    pub after: Option<&'a [u8]>,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1 without gaps.
    pub seq: i64,
    /// When.
    pub at: UnixMillis,
    /// Who: `token:<id>`, `account:<id>`, `instance:<id>` or `system:<part>`.
    pub actor: String,
    /// The token presented.
    pub token: Option<TokenId>,
    /// What.
    pub act: String,
    /// On what.
    pub object: String,
    /// SHA-256 of the object before, hexadecimal.
    pub before_hash: Option<String>,
    /// SHA-256 of the object after, hexadecimal.
    pub after_hash: Option<String>,
    /// The request it happened in.
    pub request: Option<String>,
    /// `done` or `refused`.
    pub outcome: String,
    /// Chain hash, hexadecimal.
    pub hash: String,
}

/// The result of checking a whole chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry follows from the one before, and the head agrees.
    Intact {
        /// How many.
        entries: i64,
        /// The newest hash, hexadecimal.
        head: String,
    },
    /// The first place where the chain does not hold.
    Broken {
        /// The entry.
        seq: i64,
        /// What is wrong.
        why: &'static str,
    },
}

#[cfg(test)]
mod tests;
