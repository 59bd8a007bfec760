//! Every statement on `signing_key` and `keyset`.

use ringfence_model::{TenantId, UnixMillis};
use sqlx::Row as _;

use crate::db::{Conn, DbError};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Root,
    Signing,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Signing => "signing",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct StoredKey {
    pub(super) key_id: String,
    pub(super) root: bool,
    pub(super) sealed_seed: Vec<u8>,
    pub(super) not_before: UnixMillis,
    pub(super) not_after: UnixMillis,
}

#[derive(Debug, Clone)]
pub(super) struct StoredKeyset {
    pub(super) version: i64,
    pub(super) expires_at: UnixMillis,
    pub(super) signed: Vec<u8>,
}

/// Makes nodes that set up or rotate keys of one tenant wait for each other.
pub(super) async fn lock(conn: &mut Conn, tenant: TenantId) -> Result<(), DbError> {
    sqlx::query("UPDATE tenant SET name = name WHERE tenant_id = $1")
        .bind(tenant.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn list_keys(conn: &mut Conn, tenant: TenantId) -> Result<Vec<StoredKey>, DbError> {
    let rows = sqlx::query(
        "SELECT key_id, purpose, sealed_seed, not_before, not_after FROM signing_key WHERE tenant_id = $1 \
         ORDER BY not_after DESC, key_id",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredKey {
                key_id: row.try_get(0)?,
                root: row.try_get::<&str, _>(1)? == Purpose::Root.as_str(),
                sealed_seed: row.try_get(2)?,
                not_before: UnixMillis(row.try_get(3)?),
                not_after: UnixMillis(row.try_get(4)?),
            })
        })
        .collect()
}

pub(super) async fn insert_key(
    conn: &mut Conn,
    tenant: TenantId,
    purpose: Purpose,
    key: &StoredKey,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO signing_key (tenant_id, key_id, purpose, sealed_seed, not_before, not_after) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant.to_string())
    .bind(&key.key_id)
    .bind(purpose.as_str())
    .bind(&key.sealed_seed)
    .bind(key.not_before.0)
    .bind(key.not_after.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends every signing key at `end`, if it would last longer.
pub(super) async fn update_end(conn: &mut Conn, tenant: TenantId, end: UnixMillis) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE signing_key SET not_after = $1 WHERE tenant_id = $2 AND purpose = 'signing' AND not_after > $1",
    )
    .bind(end.0)
    .bind(tenant.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn find_keyset(conn: &mut Conn, tenant: TenantId) -> Result<Option<StoredKeyset>, DbError> {
    let row = sqlx::query(
        "SELECT version, expires_at, signed FROM keyset WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1",
    )
    .bind(tenant.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(StoredKeyset {
            version: row.try_get(0)?,
            expires_at: UnixMillis(row.try_get(1)?),
            signed: row.try_get(2)?,
        })
    })
    .transpose()
}

pub(super) async fn insert_keyset(
    conn: &mut Conn,
    tenant: TenantId,
    keyset: &StoredKeyset,
) -> Result<(), DbError> {
    sqlx::query("INSERT INTO keyset (tenant_id, version, expires_at, signed) VALUES ($1, $2, $3, $4)")
        .bind(tenant.to_string())
        .bind(keyset.version)
        .bind(keyset.expires_at.0)
        .bind(&keyset.signed)
        .execute(conn)
        .await?;
    Ok(())
}
