//! Programs that act for themselves: a client id and a secret, exchanged for tokens of an hour by the client
//! credentials grant (RFC 6749 §4.4) as MSAL and others send it.
//!
//! The secret is 256 random bits, shown once and stored as SHA-256. What a token may do is what its program may: roles,
//! or Graph scopes, or both. A program that is removed has no tokens any more.

pub(crate) mod api;
mod endpoint;
pub mod ops;
mod sql;

use ringfence_model::{TenantId, UnixMillis};
use uuid::Uuid;

use crate::authz::Role;

/// A registered program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its id, which is its client id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant: TenantId,
    /// What it is.
    pub name: String,
    /// Roles that it acts in.
    pub roles: Vec<Role>,
    /// Graph permission names that it is limited to, or that carry it alone when it has no role.
    pub scopes: Option<String>,
    /// When it was registered.
    pub created_at: UnixMillis,
}
