//! Check-in and events (protocol §5, §6).

use ringfence_model::{Millis, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::bytes::{Bytes, Digest};

/// How the server sees the account in this app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccountState {
    /// A policy reaches it.
    Protected,
    /// Licensed, but no policy reaches it.
    NoPolicy,
    /// No licence.
    NotLicensed,
    /// The account is disabled in the directory.
    AccountDisabled,
    /// The instance is no longer registered (wiped, or removed).
    NotRegistered,
}

/// Answer to `GET /phone/v1/checkin`; nothing but status 304 when nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckInReply {
    /// The server's clock: the phone's next time floor.
    pub server_time: UnixMillis,
    /// The account in this app.
    pub state: AccountState,
    /// Signed [`crate::bundle::Bundle`]; with `state` = `protected`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bytes>,
    /// SHA-256 of `bundle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_hash: Option<Digest>,
    /// Signed [`crate::keyset::Keyset`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyset: Option<Bytes>,
    /// Signed [`crate::wipe::WipeOrder`]s without a receipt yet.
    pub orders: Vec<Bytes>,
    /// When to check in again, at the latest.
    #[serde(rename = "nextCheckInMs")]
    pub next_check_in: Millis,
}

/// Data of an `event: changed`: a hint without authority, the phone checks in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedEvent {
    /// Tenant revision.
    pub revision: u64,
}
