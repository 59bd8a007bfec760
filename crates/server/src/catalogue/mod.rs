//! The app catalogue: which apps policies can cover, who makes them, how they sign in, and whether they are core apps.

pub(crate) mod api;
pub mod ops;
mod sql;

use std::str::FromStr;

use ringfence_model::{AppEntryId, AppId, UnixMillis};

/// How an app signs in. Legacy sign-in gives no identity, hence no policy (catalogue A1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignIn {
    /// OAuth 2.0 or OpenID Connect: the identity is known.
    #[default]
    Modern,
    /// Name and password to the service itself.
    Legacy,
}

impl SignIn {
    /// `modern` or `legacy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
        }
    }
}

impl FromStr for SignIn {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "modern" => Ok(Self::Modern),
            "legacy" => Ok(Self::Legacy),
            _ => Err(()),
        }
    }
}

/// A row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: AppEntryId,
    /// The app.
    pub app: AppId,
    /// Name for people.
    pub display_name: String,
    /// Who makes it.
    pub publisher: String,
    /// How it signs in.
    pub sign_in: SignIn,
    /// Belongs to the app group of core apps.
    pub core: bool,
    /// When it was added.
    pub created_at: UnixMillis,
}

/// What an entry is made or replaced from.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// The app.
    pub app: AppId,
    /// Name for people.
    pub display_name: String,
    /// Who makes it.
    pub publisher: String,
    /// How it signs in.
    pub sign_in: SignIn,
    /// Belongs to the app group of core apps.
    pub core: bool,
}
