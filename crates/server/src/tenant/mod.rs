//! Organisations. Every tenant-owned row carries `tenant_id`; the tenant's revision grows with every change that can
//! alter an effective policy.

pub mod ops;
mod sql;

use ringfence_model::{TenantId, UnixMillis};

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its display name.
    pub name: String,
    /// Grows by one with every change that can alter an effective policy.
    pub revision: i64,
    /// When it was made.
    pub created_at: UnixMillis,
}
