//! The app catalogue: which apps policies can cover, who makes them, how they sign in, and whether they are core apps.

pub(crate) mod api;
mod assignments;
mod body;
mod categories;
pub mod ops;
mod represent;
mod sql;

use ringfence_model::{AppEntryId, AppId, SignInMethod, UnixMillis};
use serde_json::{Map, Value};

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

/// What an app is made from.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// Graph type without namespace.
    pub kind: String,
    /// What is kept of it.
    pub body: Map<String, Value>,
    /// Its row of the catalogue, of managed apps.
    pub entry: Option<NewEntry>,
}

/// An app as Graph has it. Apps of kinds that no policy can cover are kept and served, and mean nothing here.
#[derive(Debug, Clone, PartialEq)]
pub struct MobileApp {
    /// Its id.
    pub id: AppEntryId,
    /// Graph type without namespace: `managedIOSStoreApp`.
    pub kind: String,
    /// What is kept of it and not interpreted; assignments and ids of categories included.
    pub body: Map<String, Value>,
    /// When it was added.
    pub created_at: UnixMillis,
    /// When it was last changed.
    pub modified_at: UnixMillis,
    /// The row of the catalogue, of managed apps.
    pub entry: Option<Entry>,
}

/// A category of apps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub id: AppEntryId,
    /// Name for people.
    pub display_name: String,
    /// When it was last changed.
    pub modified_at: UnixMillis,
}
