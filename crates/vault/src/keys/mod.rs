//! The key hierarchy of one work account in one app:
//!
//! ```text
//! hw_secret (32 random bytes, sealed by the platform key store)   PIN share (32 bytes; later)
//!        └──────────────────── HKDF-SHA-512 ────────────────────────────┘
//!                                   │  bound to tenant, account, app, generation
//!                                  KEK
//!                                   │  AES-256-GCM-SIV
//!               content keys, one per generation (KeyRing ⇄ WrappedRing)
//! ```
//!
//! Crypto-erase: delete the wrapped ring and destroy the hardware secret; either alone is enough.

use std::{collections::BTreeMap, fmt};

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf,
};
use ringfence_model::{AccountId, AppId, TenantId};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Entropy;

mod wrapped;

pub use wrapped::{WrappedKey, WrappedRing};

/// Keys could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The wrapped ring does not open: another secret, another scope, or changed bytes.
    #[error("wrapped keys do not open")]
    WrongKey,
    /// The bytes are not a wrapped ring that this version knows.
    #[error("wrapped keys cannot be read")]
    Malformed,
    /// No further generation fits.
    #[error("too many key generations")]
    Exhausted,
    /// The cryptographic library failed.
    #[error("cryptographic library failed")]
    Library,
}

impl KeyError {
    /// Stable code for logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongKey => "keys_wrong",
            Self::Malformed => "keys_malformed",
            Self::Exhausted => "keys_exhausted",
            Self::Library => "crypto_failed",
        }
    }
}

macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes 32 secret random bytes.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Draws a new one.
            pub fn make(entropy: Entropy<'_>) -> Self {
                let mut new = Self([0; 32]);
                entropy(&mut new.0);
                new
            }

            /// The bytes; do not copy them anywhere.
            pub const fn bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

secret! {
    /// What the platform key store seals for an account in an app; without it nothing opens.
    HwSecret,
    /// What a PIN contributes to the KEK (Argon2id of the PIN). The slot exists so that a PIN can be required
    /// without a new format; nothing fills it yet.
    PinShare,
    /// Key-encryption key.
    Kek,
    /// Key of sealed files.
    ContentKey,
}

/// Whose keys: one work account in one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Organisation.
    pub tenant: TenantId,
    /// Work account.
    pub account: AccountId,
    /// App on this phone.
    pub app: AppId,
}

impl Scope {
    /// An encoding that no other scope has: fixed-length ids, then the app to the end.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(self.tenant.0.as_bytes());
        out.extend_from_slice(self.account.0.as_bytes());
        out.extend_from_slice(self.app.platform.as_str().as_bytes());
        out.push(0);
        out.extend_from_slice(self.app.key().as_bytes());
        out
    }
}

struct Length32;

impl hkdf::KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

/// HKDF-SHA-512 of `secrets` (concatenated), 32 bytes.
pub(crate) fn derive(secrets: &[&[u8; 32]], info: &[&[u8]]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let ikm = Zeroizing::new(secrets.iter().flat_map(|s| s.iter().copied()).collect::<Vec<u8>>());
    let mut out = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA512, b"ringfence/vault/v1")
        .extract(&ikm)
        .expand(info, Length32)
        .and_then(|okm| okm.fill(out.as_mut()))
        .map_err(|_| KeyError::Library)?;
    Ok(out)
}

/// AES-256-GCM-SIV.
pub(crate) fn siv(key: &[u8; 32]) -> Result<LessSafeKey, KeyError> {
    UnboundKey::new(&AES_256_GCM_SIV, key).map(LessSafeKey::new).map_err(|_| KeyError::Library)
}

impl Kek {
    /// Derives the KEK of a scope. `generation` changes when the hardware secret or the PIN does.
    pub fn derive(
        hw_secret: &HwSecret,
        pin: Option<&PinShare>,
        scope: &Scope,
        generation: u32,
    ) -> Result<Self, KeyError> {
        let mut secrets = vec![&hw_secret.0];
        secrets.extend(pin.map(|p| &p.0));
        let shares = [u8::from(pin.is_some())];
        let bytes = derive(
            &secrets,
            &[b"ringfence/kek/v1\0", &generation.to_be_bytes(), &shares, &scope.to_bytes()],
        )?;
        Ok(Self(*bytes))
    }
}

/// Stands for an identity in the header of its files: 16 random bytes that say nothing to anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityTag(pub [u8; 16]);

/// The content keys of one identity in one app, in memory while the account is unlocked.
#[derive(Clone)]
pub struct KeyRing {
    scope: Scope,
    tag: IdentityTag,
    current: u32,
    keys: BTreeMap<u32, ContentKey>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("tag", &self.tag)
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A new ring with one key, generation 1.
    pub fn make(scope: Scope, entropy: Entropy<'_>) -> Self {
        let mut tag = [0; 16];
        entropy(&mut tag);
        let keys = BTreeMap::from([(1, ContentKey::make(entropy))]);
        Self { scope, tag: IdentityTag(tag), current: 1, keys }
    }

    /// Whose keys.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The tag in the header of this identity's files.
    pub const fn tag(&self) -> IdentityTag {
        self.tag
    }

    /// Generation of the key that new files get.
    pub const fn current_generation(&self) -> u32 {
        self.current
    }

    /// The key of a generation.
    pub fn find_key(&self, generation: u32) -> Option<&ContentKey> {
        self.keys.get(&generation)
    }

    /// Number of keys.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// Adds a new current key; older ones keep opening older files. Wrap and store the ring before using it.
    pub fn rotate(&mut self, entropy: Entropy<'_>) -> Result<u32, KeyError> {
        if self.keys.len() >= wrapped::MAX_KEYS {
            return Err(KeyError::Exhausted);
        }
        let next = self.current.checked_add(1).ok_or(KeyError::Exhausted)?;
        self.keys.insert(next, ContentKey::make(entropy));
        self.current = next;
        Ok(next)
    }

    /// Destroys an old key, when no file needs it any more. The current key stays.
    pub fn retire(&mut self, generation: u32) -> bool {
        generation != self.current && self.keys.remove(&generation).is_some()
    }
}

#[cfg(test)]
mod tests;
