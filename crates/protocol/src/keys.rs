//! Keys: Ed25519 for the server's signatures, ECDSA P-256 for the instance key that stays on the phone.

use std::fmt;

use aws_lc_rs::{
    agreement, rand,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair, UnparsedPublicKey,
    },
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::bytes::{Bytes, Digest, KeyId, Point};

/// A key could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an encoding of a key of this kind.
    #[error("not a valid key")]
    Invalid,
    /// The holder of the key did not sign.
    #[error("the key store did not sign")]
    Unavailable,
}

/// Whoever holds a private key: a key store, or a key in memory.
pub trait Signer {
    /// Signs `message` (unhashed) and returns the raw signature: 64 bytes, r ‖ s for P-256.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

impl<F: Fn(&[u8]) -> Result<Vec<u8>, KeyError>> Signer for F {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self(message)
    }
}

/// An Ed25519 private key of the server: root or signing key.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifyKey,
}

impl SigningKey {
    /// The key with this 32-byte seed (RFC 8032 §5.1.5), which must be random and secret.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Invalid)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Invalid)?;
        Ok(Self { pair, public: VerifyKey(public) })
    }

    /// Its public half.
    pub const fn public(&self) -> VerifyKey {
        self.public
    }

    /// The id of its public half.
    pub fn id(&self) -> KeyId {
        self.public.id()
    }
}

impl Signer for SigningKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.pair.try_sign(message).map(|s| s.as_ref().to_vec()).map_err(|_| KeyError::Unavailable)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// An Ed25519 public key, 32 bytes: canonical and not of small order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifyKey([u8; 32]);

/// y coordinates of the points of small order, little-endian (sign bit clear): 0, 1, −1 and two of order 8.
const SMALL_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

/// 2²⁵⁵ − 19, little-endian.
const PRIME: &str = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";

impl VerifyKey {
    /// Takes a raw key; refuses non-canonical encodings and points of small order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let mut y = bytes;
        if let Some(top) = y.last_mut() {
            *top &= 0x7f;
        }
        let big_endian = |mut le: Vec<u8>| {
            le.reverse();
            le
        };
        let prime = hex::decode(PRIME).map_err(|_| KeyError::Invalid)?;
        let small = SMALL_ORDER.contains(&hex::encode(y).as_str());
        if small || big_endian(y.to_vec()) >= big_endian(prime) {
            return Err(KeyError::Invalid);
        }
        Ok(Self(bytes))
    }

    /// The raw key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        KeyId::of(&self.0)
    }

    /// What a phone pins of a root key.
    pub fn pin(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// Whether `signature` over `message` is by this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Debug for VerifyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyKey({})", hex::encode(self.0))
    }
}

impl Serialize for VerifyKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Digest(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for VerifyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Digest::deserialize(deserializer)?;
        Self::from_bytes(raw.0).map_err(de::Error::custom)
    }
}

/// A P-256 private key in memory: the software key store's instance key. Real phones keep theirs in hardware
/// and only implement [`Signer`].
pub struct InstanceKey {
    pair: EcdsaKeyPair,
    public: InstancePublicKey,
}

impl InstanceKey {
    /// The key with this scalar (32 random bytes, big-endian). Fails for zero and values not below the group
    /// order: draw again (chance 2⁻³²).
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        let private = agreement::PrivateKey::from_private_key(&agreement::ECDH_P256, scalar)
            .map_err(|_| KeyError::Invalid)?;
        let point = private.compute_public_key().map_err(|_| KeyError::Invalid)?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            scalar,
            point.as_ref(),
        )
        .map_err(|_| KeyError::Invalid)?;
        let point = point.as_ref().try_into().map_err(|_| KeyError::Invalid)?;
        Ok(Self { pair, public: InstancePublicKey(Point(point)) })
    }

    /// Its public half.
    pub const fn public(&self) -> InstancePublicKey {
        self.public
    }
}

impl Signer for InstanceKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.pair.sign(&rand::SystemRandom::new(), message);
        signature.map(|s| s.as_ref().to_vec()).map_err(|_| KeyError::Unavailable)
    }
}

impl fmt::Debug for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// DER of `SubjectPublicKeyInfo` for an uncompressed P-256 point, up to the point itself.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The public half of an instance key: a point on P-256. On the wire its SPKI, 91 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstancePublicKey(Point);

impl InstancePublicKey {
    /// Reads the one DER form of SPKI that we write; the point must be on the curve.
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let point = spki.strip_prefix(&SPKI_PREFIX).ok_or(KeyError::Invalid)?;
        Self::from_point(&Point(point.try_into().map_err(|_| KeyError::Invalid)?))
    }

    /// Takes an uncompressed point; it must be on the curve.
    pub fn from_point(point: &Point) -> Result<Self, KeyError> {
        if point.0.first() != Some(&4) {
            return Err(KeyError::Invalid);
        }
        aws_lc_rs::signature::ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.0)
            .map_err(|_| KeyError::Invalid)?;
        Ok(Self(*point))
    }

    /// The SPKI, 91 bytes.
    pub fn to_spki(&self) -> Vec<u8> {
        [SPKI_PREFIX.as_slice(), &self.0.0].concat()
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        KeyId::of(&self.to_spki())
    }

    /// Whether `signature` (r ‖ s) over `message` is by this key.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.0.0).verify(message, signature).is_ok()
    }
}

impl Serialize for InstancePublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes(self.to_spki()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for InstancePublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_spki(&Bytes::deserialize(deserializer)?.0).map_err(de::Error::custom)
    }
}
