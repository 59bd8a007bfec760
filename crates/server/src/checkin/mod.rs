//! Check-in (protocol §5): what an instance gets, and whether it has it already.
//!
//! When nothing changed a check-in is a MAC, a look at memory and a MAC; the database is not asked.

pub(crate) mod api;
pub(crate) mod given;
pub(crate) mod lease;
pub(crate) mod ops;

use std::sync::Arc;

use axum::http::HeaderValue;
use ringfence_model::{Millis, UnixMillis};
use ringfence_protocol::{Bytes, checkin::AccountState};

use crate::targeting::Content;

/// How long a phone may wait before it checks in again.
pub(crate) const CHECK_IN: Millis = Millis::from_minutes(30);

/// The version in force for an instance, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Durable {
    /// Tenant revision at which the content last changed; only grows. 0 before the first content.
    pub(crate) version: i64,
    /// Names the content; empty when there is none.
    pub(crate) content_hash: String,
}

/// What an instance is answered until something changes.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) etag: HeaderValue,
    pub(crate) state: AccountState,
    pub(crate) version: i64,
    pub(crate) content: Option<Arc<Content>>,
    pub(crate) content_hash: String,
    pub(crate) orders: Vec<Bytes>,
    /// Version of the keyset that the answer carries.
    pub(crate) keyset: u64,
    /// When the lease is half gone and the bundle is issued anew.
    pub(crate) renew_at: UnixMillis,
}
