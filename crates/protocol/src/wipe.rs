//! Selective wipe: the signed order for one app instance, and the instance's signed receipt.

use ringfence_model::{AccountId, InstanceId, TenantId, UnixMillis, WipeId};
use serde::{Deserialize, Serialize};

use crate::{
    CLOCK_SKEW,
    envelope::{self, Algorithm, Namespace, Pending, SignError},
    keys::{InstancePublicKey, SigningKey},
    keyset::Keyset,
    refusal::Refusal,
};

/// An order to wipe the work data of one account in one app instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WipeOrder {
    /// Organisation.
    pub tenant: TenantId,
    /// The order; carried out at most once.
    pub order: WipeId,
    /// Whose data.
    pub account: AccountId,
    /// In which instance.
    pub instance: InstanceId,
    /// Bundle or package id of the app.
    pub app: String,
    /// When it was given.
    pub issued_at: UnixMillis,
    /// After this it is no longer carried out.
    pub expires_at: UnixMillis,
    /// Reason code shown to the user.
    pub reason: String,
}

/// Who a phone is when it reads an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient<'a> {
    /// Organisation.
    pub tenant: TenantId,
    /// Work account.
    pub account: AccountId,
    /// App instance.
    pub instance: InstanceId,
    /// Bundle or package id.
    pub app: &'a str,
}

impl WipeOrder {
    /// Signs with a key of the current keyset.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignError> {
        envelope::sign_ed25519(key, Namespace::WipeOrder, self)
    }
}

/// Accepts an order: signature by a listed key, exactly this recipient, not expired at `now` (which is never
/// before the phone's time floor).
pub fn accept_order(
    bytes: &[u8],
    keyset: &Keyset,
    recipient: &Recipient<'_>,
    now: UnixMillis,
) -> Result<WipeOrder, Refusal> {
    let object = envelope::parse(bytes)?;
    let order: WipeOrder = object.claims()?;
    keyset.verify(object, Namespace::WipeOrder, order.issued_at)?;
    if order.tenant != recipient.tenant || keyset.tenant != recipient.tenant {
        return Err(Refusal::WrongTenant);
    }
    if order.account != recipient.account {
        return Err(Refusal::WrongAccount);
    }
    if order.instance != recipient.instance {
        return Err(Refusal::WrongInstance);
    }
    if !order.app.eq_ignore_ascii_case(recipient.app) {
        return Err(Refusal::WrongApp);
    }
    if order.issued_at > now.plus(CLOCK_SKEW) {
        return Err(Refusal::NotYetValid);
    }
    if order.expires_at <= now {
        return Err(Refusal::Expired);
    }
    Ok(order)
}

/// What came of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WipeOutcome {
    /// Keys destroyed, files removed.
    Wiped,
    /// There was no work data.
    NothingToWipe,
    /// The keys are destroyed, but after several tries something could still not be removed.
    Failed,
}

/// Why work data was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WipeCause {
    /// The administrator asked for it: the receipt names the order.
    #[default]
    Order,
    /// A condition of the policy demanded it (behaviour §1.3).
    Condition,
    /// The user took the account off the app (behaviour §4.4).
    SignOut,
    /// Android: the companion or its data is gone (behaviour §6).
    CompanionRemoved,
}

impl WipeCause {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Order, Self::Condition, Self::SignOut, Self::CompanionRemoved];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Condition => "condition",
            Self::SignOut => "signOut",
            Self::CompanionRemoved => "companionRemoved",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    fn is_order(&self) -> bool {
        *self == Self::Order
    }
}

/// The instance's proof that it removed its work data, by order or without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WipeReceipt {
    /// Organisation.
    pub tenant: TenantId,
    /// Which order; absent when the phone wiped without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<WipeId>,
    /// Why.
    #[serde(default, skip_serializing_if = "WipeCause::is_order")]
    pub cause: WipeCause,
    /// Reason code of the condition that demanded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which instance.
    pub instance: InstanceId,
    /// What came of it.
    pub outcome: WipeOutcome,
    /// Sealed files removed.
    pub files_removed: u64,
    /// Wrapped keys destroyed.
    pub keys_destroyed: u64,
    /// When the tombstone was written.
    pub started_at: UnixMillis,
    /// When the last file was gone.
    pub finished_at: UnixMillis,
}

impl WipeReceipt {
    /// Prepares the receipt for the instance key to sign.
    pub fn prepare(&self, key: &InstancePublicKey) -> Result<Pending, Refusal> {
        envelope::prepare(Algorithm::Es256, Namespace::WipeReceipt, key.id(), self)
    }
}

/// The claims of a receipt, unverified: to find the instance whose key must verify it.
pub fn peek_receipt(bytes: &[u8]) -> Result<WipeReceipt, Refusal> {
    let object = envelope::parse(bytes)?;
    if object.namespace == Namespace::WipeReceipt { object.claims() } else { Err(Refusal::WrongNamespace) }
}

/// Verifies a receipt of `instance` of `tenant`, whose key is `key`. A receipt names an order exactly when an order is
/// its cause.
pub fn verify_receipt(
    bytes: &[u8],
    key: &InstancePublicKey,
    tenant: TenantId,
    instance: InstanceId,
) -> Result<WipeReceipt, Refusal> {
    let verified = envelope::parse(bytes)?.verify_instance(Namespace::WipeReceipt, key)?;
    let receipt: WipeReceipt = verified.message()?;
    if receipt.tenant != tenant {
        return Err(Refusal::WrongTenant);
    }
    if receipt.instance != instance {
        return Err(Refusal::WrongInstance);
    }
    if receipt.order.is_some() != (receipt.cause == WipeCause::Order) {
        return Err(Refusal::Malformed("a receipt names an order exactly when one is its cause"));
    }
    Ok(receipt)
}
