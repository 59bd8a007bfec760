//! Device-wide registration on Android (behaviour §6): the first app of an account registers a key that the companion keeps
//! for all managed apps of the account. Further apps register with a proof by that key instead of a password.

use ringfence_model::{AccountId, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::{
    envelope::{self, Algorithm, Namespace, Pending},
    keys::InstancePublicKey,
    refusal::Refusal,
    register::within,
};

/// Scheme of the `Authorization` header in which a proof stands in for an access token.
pub const SCHEME: &str = "Device";

/// The proof: this device vouches for a new app instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSignIn {
    /// Organisation.
    pub tenant: TenantId,
    /// The account that the device is registered for.
    pub account: AccountId,
    /// The device.
    pub device_tag: String,
    /// The key of the instance that shall be registered: the proof is good for this one only.
    pub instance_key: InstancePublicKey,
    /// When it was signed.
    pub at: UnixMillis,
}

impl DeviceSignIn {
    /// Prepares the proof for the device key to sign.
    pub fn prepare(&self, device_key: &InstancePublicKey) -> Result<Pending, Refusal> {
        envelope::prepare(Algorithm::Es256, Namespace::DeviceSignIn, device_key.id(), self)
    }
}

/// The claims of a proof, unverified: to find the device whose key must verify it.
pub fn peek(bytes: &[u8]) -> Result<DeviceSignIn, Refusal> {
    let object = envelope::parse(bytes)?;
    if object.namespace == Namespace::DeviceSignIn { object.claims() } else { Err(Refusal::WrongNamespace) }
}

/// Verifies a proof by the key registered for the device, signed recently.
pub fn verify(
    bytes: &[u8],
    device_key: &InstancePublicKey,
    tenant: TenantId,
    now: UnixMillis,
) -> Result<DeviceSignIn, Refusal> {
    let verified = envelope::parse(bytes)?.verify_instance(Namespace::DeviceSignIn, device_key)?;
    let proof: DeviceSignIn = verified.message()?;
    if proof.tenant != tenant {
        return Err(Refusal::WrongTenant);
    }
    within(proof.at, now)?;
    Ok(proof)
}
