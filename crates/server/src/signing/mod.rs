//! The server's keys: one root key per tenant that signs keysets, and signing keys that sign everything else.
//!
//! Private keys live in the database, sealed under the data key ([`seal`]), and in memory; they leave neither.

pub(crate) mod api;
pub(crate) mod ops;
mod seal;
mod sql;

use std::sync::Arc;

use arc_swap::ArcSwap;
use ringfence_model::{Millis, UnixMillis};
use ringfence_protocol::{Bytes, SigningKey, VerifyKey};
use zeroize::Zeroizing;

use crate::env::Env;

pub use ops::{KeysError, renew_if_due};
pub(crate) use seal::DataKey;
pub use seal::SealError;

/// How long a signing key and a keyset are good for.
pub(crate) const KEY_LIFE: Millis = Millis::from_days(400);

/// A signing key is replaced when it is good for less than this: at the start, and every hour while the server runs.
pub(crate) const RENEW_BEFORE: Millis = Millis::from_days(200);

/// How long a replaced key still signs.
pub(crate) const HANDOVER: Millis = Millis::from_minutes(5);

/// A replaced key stays listed, for what it signed before, longer than any lease or wipe order lasts.
pub(crate) const LISTED_AFTER: Millis = Millis::from_days(120);

/// The keys in use.
#[derive(Debug)]
pub struct Keys {
    /// The root key's public half: what a phone pins.
    pub root: VerifyKey,
    /// Signs bundles, wipe orders and session replies.
    pub signing: SigningKey,
    /// Version of the keyset.
    pub version: u64,
    /// The keyset, signed.
    pub keyset: Bytes,
    /// When key and keyset end.
    pub expires_at: UnixMillis,
}

/// Holder of the keys in use; replaced as a whole on rotation.
#[derive(Debug)]
pub struct Signing {
    data_key: DataKey,
    keys: ArcSwap<Keys>,
}

impl Signing {
    /// Seals a secret of another feature for the database; `label` names its place and must be given again to open it.
    pub(crate) fn seal_secret(&self, env: &Env, label: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        self.data_key.seal(env, label, secret)
    }

    /// Opens what [`Self::seal_secret`] sealed.
    pub(crate) fn open_secret(&self, label: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.data_key.open(label, sealed)
    }

    /// The keys in use.
    pub fn keys(&self) -> Arc<Keys> {
        self.keys.load_full()
    }
}
