//! Selective wipe: orders for exactly the instances named, and the receipts that prove them done.
//!
//! An order is signed and stored in the transaction of its audit entry, repeated at every check-in until the receipt is
//! there, and over after [`ORDER_LIFE`]. A receipt is taken only from the instance it names.

pub(crate) mod api;
pub(crate) mod graph;
pub(crate) mod ops;
mod sql;
pub(crate) mod unordered;

use ringfence_model::{AppId, InstanceId, Millis, UnixMillis, UserId, WipeId};
use ringfence_protocol::{Bytes, InstancePublicKey};

/// How long an order waits for its phone: the ninety days of the longest offline grace and four more (behaviour §3.2).
pub(crate) const ORDER_LIFE: Millis = Millis::from_days(94);

/// Instances one request may name at most.
pub(crate) const TARGETS_MAX: usize = 1000;

/// Orders or receipts in one answer at most.
pub(crate) const PAGE_MAX: usize = 1000;

/// Which page of orders or receipts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<T> {
    /// Only what comes after this one; the first ones unless told.
    pub(crate) after: Option<T>,
    /// How many at most.
    pub(crate) limit: usize,
}

/// Where an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WipeState {
    /// Waiting for the phone's receipt.
    Pending,
    /// Done; the receipt is there.
    Done,
    /// The phone could not remove everything; the keys are destroyed.
    Failed,
    /// Taken back before the phone carried it out.
    Cancelled,
    /// The instance ended before it carried the order out: removed by the user, or registered anew.
    Superseded,
    /// Nobody came in time.
    Expired,
}

impl WipeState {
    const STORED: [Self; 5] = [Self::Pending, Self::Done, Self::Failed, Self::Cancelled, Self::Superseded];

    /// As stored and answered.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::STORED.into_iter().find(|state| state.as_str() == text)
    }
}

/// An order with what is known of its instance.
#[derive(Debug, Clone)]
pub struct Wipe {
    /// The order.
    pub id: WipeId,
    /// Its instance.
    pub instance: InstanceId,
    /// Whose data.
    pub user: UserId,
    /// The user's name in the directory, as long as there is one.
    pub upn: String,
    /// In which app.
    pub app: AppId,
    /// On which device.
    pub device_tag: String,
    /// The key that signs the receipt.
    pub public_key: InstancePublicKey,
    /// Reason code shown to the user.
    pub reason: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub requested_at: UnixMillis,
    /// When it is over.
    pub expires_at: UnixMillis,
    /// Where it is.
    pub state: WipeState,
    /// When it got there.
    pub ended_at: Option<UnixMillis>,
    /// The order as signed.
    pub order: Bytes,
    /// The receipt as signed by the instance.
    pub receipt: Option<Bytes>,
}
