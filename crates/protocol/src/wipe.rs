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
    /// The keys are destroyed, but something could not be removed; the phone keeps trying.
    Failed,
}

/// The instance's proof that it carried out an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WipeReceipt {
    /// Organisation.
    pub tenant: TenantId,
    /// Which order.
    pub order: WipeId,
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

/// Verifies a receipt for an order given to `instance` of `tenant`, whose key is `key`.
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
    Ok(receipt)
}
