//! Status reports and receipts (protocol §7).

use ringfence_model::{UnixMillis, Version};
use serde::{Deserialize, Serialize};

use crate::bytes::{Bytes, Digest};

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
