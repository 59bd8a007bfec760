//! OpenID Connect providers that an organisation trusts: their settings, their keys, what their claims mean here.
//!
//! Three things come from a provider: access tokens of programs ([`access`]), sign-ins of administrators and of people
//! on phones ([`crate::signin`]). All three read claims through [`claims`] and translate them through [`mapping`].

pub(crate) mod access;
pub(crate) mod api;
pub(crate) mod claims;
pub(crate) mod code;
mod fetch;
mod keys;
mod mapping;
mod metadata;
pub(crate) mod ops;
mod settings;
mod sql;

use ringfence_model::{TenantId, UnixMillis};
use uuid::Uuid;
use zeroize::Zeroizing;

pub(crate) use fetch::{FetchError, is_loopback};
pub(crate) use keys::Memory;
pub(crate) use mapping::{Identity, pseudonym};
pub(crate) use metadata::Metadata;
pub use settings::{ClaimNames, ClientAuthentication, GroupRule, RoleRule, Settings};

/// A provider as stored.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant: TenantId,
    /// Names it in addresses and commands: lower-case letters, digits, `-`.
    pub name: String,
    /// What the administrator said of it.
    pub settings: Settings,
    /// Whether a client secret is stored.
    pub has_secret: bool,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last changed; what is remembered of it is forgotten then.
    pub changed_at: UnixMillis,
    sealed_secret: Option<Vec<u8>>,
}

/// A client secret, wiped from memory after use.
pub(crate) type Secret = Zeroizing<String>;

/// Why a provider was of no use just now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProviderError {
    /// It does not answer, or with something else than it should.
    #[error("the provider `{name}` cannot be used now: {why}")]
    Unavailable {
        /// Which.
        name: String,
        /// What happened.
        why: String,
    },
    /// The setting that this needs is missing.
    #[error("the provider `{name}` is not set up for this: {why}")]
    NotSetUp {
        /// Which.
        name: String,
        /// What is missing.
        why: &'static str,
    },
}
