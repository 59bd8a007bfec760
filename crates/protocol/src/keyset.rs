//! The keyset: which keys sign for a tenant, for what and when. Signed by the root key, which a phone pins.

use ringfence_model::{TenantId, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::{
    CLOCK_SKEW,
    bytes::{Digest, KeyId},
    envelope::{self, Namespace, SignError, Unverified, Verified},
    keys::{SigningKey, VerifyKey},
    refusal::Refusal,
};

/// One signing key of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedKey {
    /// Its id; always [`VerifyKey::id`] of `key`.
    pub kid: KeyId,
    /// The key.
    pub key: VerifyKey,
    /// What it may sign.
    pub namespaces: Vec<Namespace>,
    /// It signs nothing issued before this.
    pub not_before: UnixMillis,
    /// It signs nothing issued at or after this.
    pub not_after: UnixMillis,
}

impl ListedKey {
    /// Lists a key.
    pub fn new(
        key: VerifyKey,
        namespaces: &[Namespace],
        not_before: UnixMillis,
        not_after: UnixMillis,
    ) -> Self {
        Self { kid: key.id(), key, namespaces: namespaces.to_vec(), not_before, not_after }
    }
}

/// The signing keys of a tenant. Rotation is the next version; a phone never goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Keyset {
    /// Whose keys these are.
    pub tenant: TenantId,
    /// Only grows.
    pub version: u64,
    /// When the root signed it.
    pub issued_at: UnixMillis,
    /// After this a phone needs a newer one.
    pub expires_at: UnixMillis,
    /// The keys.
    pub keys: Vec<ListedKey>,
}

/// The highest keyset a phone has accepted; kept durably.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeysetFloor {
    /// Its version; 0 before the first.
    pub version: u64,
    /// SHA-256 of its payload.
    pub hash: Option<Digest>,
}

/// A keyset that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedKeyset {
    /// The keys.
    pub keyset: Keyset,
    /// The new floor: make it durable before using the keyset.
    pub floor: KeysetFloor,
}

impl Keyset {
    /// Signs with the root key.
    pub fn sign(&self, root: &SigningKey) -> Result<Vec<u8>, SignError> {
        envelope::sign_ed25519(root, Namespace::Keyset, self)
    }

    /// The listed key with this id.
    pub fn find_key(&self, kid: &KeyId) -> Option<&ListedKey> {
        self.keys.iter().find(|k| k.kid == *kid)
    }

    /// Verifies an object: its key is listed, for this namespace, and valid at the instant that the object's
    /// `issued_at` gives; then the signature. Returns the payload.
    pub fn verify(
        &self,
        object: Unverified,
        namespace: Namespace,
        issued_at: UnixMillis,
    ) -> Result<Verified, Refusal> {
        let listed = self.find_key(&object.kid).ok_or(Refusal::UnknownKey)?;
        if object.namespace != namespace || !listed.namespaces.contains(&namespace) {
            return Err(Refusal::WrongNamespace);
        }
        if issued_at < listed.not_before || issued_at >= listed.not_after {
            return Err(Refusal::KeyNotValid);
        }
        object.verify(namespace, &listed.key)
    }
}

/// Accepts a keyset signed by the pinned root: signature, tenant, version not below the floor (an equal version
/// must be the same keyset), not expired at `now`.
pub fn accept(
    bytes: &[u8],
    root: &VerifyKey,
    tenant: TenantId,
    floor: &KeysetFloor,
    now: UnixMillis,
) -> Result<AcceptedKeyset, Refusal> {
    let object = envelope::parse(bytes)?;
    if object.namespace == Namespace::Keyset && object.kid != root.id() {
        return Err(Refusal::OtherRoot);
    }
    let verified = object.verify(Namespace::Keyset, root)?;
    let keyset: Keyset = verified.message()?;
    if keyset.keys.iter().any(|k| k.kid != k.key.id()) {
        return Err(Refusal::Malformed("a key has another id"));
    }
    if keyset.tenant != tenant {
        return Err(Refusal::WrongTenant);
    }
    let hash = Digest::of(verified.payload());
    if keyset.version < floor.version {
        return Err(Refusal::KeysetOlder);
    }
    if keyset.version == floor.version && floor.hash.is_some_and(|h| h != hash) {
        return Err(Refusal::EqualVersionOtherContent);
    }
    if keyset.issued_at > now.plus(CLOCK_SKEW) {
        return Err(Refusal::NotYetValid);
    }
    if keyset.expires_at <= now {
        return Err(Refusal::Expired);
    }
    let floor = KeysetFloor { version: keyset.version, hash: Some(hash) };
    Ok(AcceptedKeyset { keyset, floor })
}
