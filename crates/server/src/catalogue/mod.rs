//! The app catalogue: which apps policies can cover, who makes them, how they sign in, and whether they are core apps.

pub(crate) mod api;
pub mod ops;
mod sql;

use ringfence_model::{AppEntryId, AppId, SignInMethod, UnixMillis};

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
    pub sign_in: SignInMethod,
    /// Belongs to the app group of core apps.
    pub core: bool,
    /// SHA-256 of the certificates it may be signed with, lower-case hexadecimal; empty for any (catalogue I10).
    pub signers: Vec<String>,
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
    pub sign_in: SignInMethod,
    /// Belongs to the app group of core apps.
    pub core: bool,
    /// SHA-256 of the certificates it may be signed with, lower-case hexadecimal; empty for any (catalogue I10).
    pub signers: Vec<String>,
}
