//! Status reports and receipts (protocol §7).

use ringfence_model::{UnixMillis, Version};
use serde::{Deserialize, Serialize};

use crate::bytes::{Bytes, Digest};

/// Dialogs that one report names at most.
pub const DIALOGS: usize = 8;

/// A dialog that the user saw; its text is not told, the reason says enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownDialog {
    /// Reason code.
    pub reason: String,
    /// The phone's clock when it appeared.
    pub at: UnixMillis,
}

/// `POST /phone/v1/status`: what the instance obeys. Durable before the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// Only grows per instance; a lower one changes nothing.
    pub sequence: u64,
    /// Version of the bundle obeyed; 0 without one.
    pub obeyed_version: u64,
    /// Content hash of the bundle obeyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<Digest>,
    /// Reason codes of what blocks the account now.
    #[serde(default)]
    pub blocked_by: Vec<String>,
    /// Reason codes of what the conditions of the policy warn about now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The last dialogs that were shown, newest first, at most [`DIALOGS`]; also those from before the registration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialogs: Vec<ShownDialog>,
    /// Android: version of the companion; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion_version: Option<Version>,
    /// Version of the app.
    pub app_version: Version,
    /// Version of the client core.
    pub sdk_version: Version,
    /// Version of the operating system.
    pub os_version: Version,
    /// The phone's clock.
    pub at: UnixMillis,
}

/// `POST /phone/v1/receipts`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptRequest {
    /// Signed [`crate::wipe::WipeReceipt`].
    pub receipt: Bytes,
}
