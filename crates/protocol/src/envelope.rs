//! COSE_Sign1 envelopes (RFC 9052 §4.2), untagged, with exactly the headers of protocol §2.
//!
//! Signing is one step for keys in memory ([`sign_ed25519`]) and two for keys that live elsewhere:
//! [`prepare`] → [`Pending::to_be_signed`] → [`Pending::attach`].

use std::fmt;

use coset::{
    AsCborValue, CoseSign1, CoseSign1Builder, HeaderBuilder, RegisteredLabel, RegisteredLabelWithPrivate,
    iana,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    MAX_SIGNED_BYTES,
    bytes::KeyId,
    cbor,
    keys::{InstancePublicKey, KeyError, Signer, SigningKey, VerifyKey},
    refusal::Refusal,
};

/// What a signature is for. A key may sign for some of these and never for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Namespace {
    /// The list of signing keys, by the root key.
    Keyset,
    /// A policy bundle.
    Bundle,
    /// An order to wipe one app instance.
    WipeOrder,
    /// The proof that an order was carried out, by the instance key.
    WipeReceipt,
    /// The server's half of a session handshake.
    Session,
    /// A new app instance, by its own key.
    Registration,
    /// The phone's half of a session handshake, by the instance key.
    Hello,
    /// A device vouches for a new app instance, by its device key.
    DeviceSignIn,
}

impl Namespace {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Keyset,
        Self::Bundle,
        Self::WipeOrder,
        Self::WipeReceipt,
        Self::Session,
        Self::Registration,
        Self::Hello,
        Self::DeviceSignIn,
    ];

    /// What signing keys of the server may be listed for.
    pub const SERVER: [Self; 3] = [Self::Bundle, Self::WipeOrder, Self::Session];

    /// The content type in the protected header.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Keyset => "application/ringfence.keyset",
            Self::Bundle => "application/ringfence.bundle",
            Self::WipeOrder => "application/ringfence.wipe-order",
            Self::WipeReceipt => "application/ringfence.wipe-receipt",
            Self::Session => "application/ringfence.session",
            Self::Registration => "application/ringfence.registration",
            Self::Hello => "application/ringfence.hello",
            Self::DeviceSignIn => "application/ringfence.device-sign-in",
        }
    }

    fn from_content_type(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|n| n.content_type() == text)
    }
}

/// The two algorithms; nothing is negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519, COSE −8.
    EdDsa,
    /// ECDSA P-256 with SHA-256, COSE −7.
    Es256,
}

impl Algorithm {
    const fn cose(self) -> iana::Algorithm {
        match self {
            Self::EdDsa => iana::Algorithm::EdDSA,
            Self::Es256 => iana::Algorithm::ES256,
        }
    }
}

/// A signed object that still lacks its signature.
#[derive(Clone, PartialEq)]
pub struct Pending {
    unsigned: CoseSign1,
    to_be_signed: Vec<u8>,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("to_be_signed_bytes", &self.to_be_signed.len())
            .finish_non_exhaustive()
    }
}

impl Pending {
    /// The bytes to sign (the COSE `Sig_structure`, unhashed).
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// Adds the raw 64-byte signature and encodes the object.
    pub fn attach(self, signature: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        if signature.len() != 64 {
            return Err(Refusal::Malformed("signature is not 64 bytes"));
        }
        let signed = CoseSign1 { signature, ..self.unsigned };
        let value = signed.to_cbor_value().map_err(|_| Refusal::Malformed("not expressible in CBOR"))?;
        let bytes = cbor::encode_value(value)?;
        if bytes.len() > MAX_SIGNED_BYTES { Err(Refusal::TooLarge) } else { Ok(bytes) }
    }

    /// Has `signer` sign and encodes the object.
    pub fn sign(self, signer: &dyn Signer) -> Result<Vec<u8>, SignError> {
        let signature = signer.sign(&self.to_be_signed)?;
        Ok(self.attach(signature)?)
    }
}

/// An object could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The object cannot be encoded within the limits.
    #[error(transparent)]
    Object(#[from] Refusal),
}

/// Encodes `payload` for signing by the key `kid`.
pub fn prepare<T: Serialize>(
    algorithm: Algorithm,
    namespace: Namespace,
    kid: KeyId,
    payload: &T,
) -> Result<Pending, Refusal> {
    let payload = cbor::encode(payload)?;
    // The payload must be readable again within our own limits.
    cbor::read(&payload)?;
    let protected = HeaderBuilder::new()
        .algorithm(algorithm.cose())
        .key_id(kid.0.to_vec())
        .content_type(namespace.content_type().to_owned())
        .build();
    let unsigned = CoseSign1Builder::new().protected(protected).payload(payload).build();
    let to_be_signed = unsigned.tbs_data(&[]);
    Ok(Pending { unsigned, to_be_signed })
}

/// Signs with a key of the server.
pub fn sign_ed25519<T: Serialize>(
    key: &SigningKey,
    namespace: Namespace,
    payload: &T,
) -> Result<Vec<u8>, SignError> {
    prepare(Algorithm::EdDsa, namespace, key.id(), payload)?.sign(key)
}

/// A well-formed signed object whose signature has not been checked: only good for finding the key.
pub struct Unverified {
    sign1: CoseSign1,
    value: ciborium::Value,
    /// What it claims to be.
    pub namespace: Namespace,
    /// Who claims to have signed.
    pub kid: KeyId,
    /// The algorithm it claims.
    pub algorithm: Algorithm,
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("namespace", &self.namespace)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Parses strictly: size, deterministic encoding, exactly our headers.
pub fn parse(bytes: &[u8]) -> Result<Unverified, Refusal> {
    let outer = cbor::read(bytes)?;
    let parts = outer.as_array().ok_or(Refusal::Malformed("not a COSE_Sign1 array"))?;
    let protected =
        parts.first().and_then(ciborium::Value::as_bytes).ok_or(Refusal::Malformed("no protected header"))?;
    cbor::read(protected)?;
    let sign1 =
        CoseSign1::from_cbor_value(outer).map_err(|_| Refusal::Malformed("not a COSE_Sign1 object"))?;
    if !sign1.unprotected.is_empty() {
        return Err(Refusal::Malformed("unprotected header is not empty"));
    }
    let header = &sign1.protected.header;
    let plain = header.crit.is_empty()
        && header.iv.is_empty()
        && header.partial_iv.is_empty()
        && header.counter_signatures.is_empty()
        && header.rest.is_empty();
    if !plain {
        return Err(Refusal::Malformed("unknown header"));
    }
    let algorithm = match &header.alg {
        Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::EdDSA)) => Algorithm::EdDsa,
        Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256)) => Algorithm::Es256,
        _ => return Err(Refusal::Malformed("unknown algorithm")),
    };
    let namespace = match &header.content_type {
        Some(RegisteredLabel::Text(text)) => Namespace::from_content_type(text),
        _ => None,
    }
    .ok_or(Refusal::Malformed("unknown content type"))?;
    let kid = header.key_id.as_slice().try_into().map(KeyId).map_err(|_| Refusal::Malformed("no key id"))?;
    let payload = sign1.payload.as_deref().ok_or(Refusal::Malformed("no payload"))?;
    let value = cbor::read(payload)?;
    Ok(Unverified { sign1, value, namespace, kid, algorithm })
}

impl Unverified {
    /// The claims, unverified. Use only to look up the key that must then verify.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        cbor::message(&self.value)
    }

    /// Checks namespace, key id and signature against a key of the server.
    pub fn verify(self, namespace: Namespace, key: &VerifyKey) -> Result<Verified, Refusal> {
        self.check(namespace, Algorithm::EdDsa, key.id(), |tbs, signature| key.verify(tbs, signature))
    }

    /// Checks namespace, key id and signature against an instance key.
    pub fn verify_instance(self, namespace: Namespace, key: &InstancePublicKey) -> Result<Verified, Refusal> {
        self.check(namespace, Algorithm::Es256, key.id(), |tbs, signature| key.verify(tbs, signature))
    }

    fn check(
        self,
        namespace: Namespace,
        algorithm: Algorithm,
        kid: KeyId,
        verify: impl FnOnce(&[u8], &[u8]) -> bool,
    ) -> Result<Verified, Refusal> {
        if self.namespace != namespace {
            return Err(Refusal::WrongNamespace);
        }
        if self.kid != kid || self.algorithm != algorithm {
            return Err(Refusal::UnknownKey);
        }
        if !verify(&self.sign1.tbs_data(&[]), &self.sign1.signature) {
            return Err(Refusal::Forged);
        }
        Ok(Verified { payload: self.sign1.payload.unwrap_or_default(), value: self.value })
    }
}

/// A signed object whose signature is right.
#[derive(Debug, Clone)]
pub struct Verified {
    payload: Vec<u8>,
    value: ciborium::Value,
}

impl Verified {
    /// The payload as it was signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The message; fields that this version does not know are ignored.
    pub fn message<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        cbor::message(&self.value)
    }

    /// The deterministic encoding of one member as it was signed, unknown members included.
    pub(crate) fn member(&self, name: &'static str) -> Result<Vec<u8>, Refusal> {
        let value = cbor::field(&self.value, name).ok_or(Refusal::Malformed("a field is missing"))?;
        cbor::encode_value(value.clone())
    }
}
