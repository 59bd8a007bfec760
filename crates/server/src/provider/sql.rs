//! Every statement on the tables of providers.

use ringfence_model::{TenantId, UnixMillis, UserId};
use sqlx::Row as _;
use uuid::Uuid;

use super::{Provider, Settings};
use crate::db::{Conn, DbError, Row, parsed};

const COLUMNS: &str = "tenant_id, provider_id, name, settings, client_secret, created_at, changed_at";

fn provider(row: &Row) -> Result<Provider, DbError> {
    let settings: Settings =
        serde_json::from_str(row.try_get(3)?).map_err(|_| DbError::Corrupt { column: "settings" })?;
    let sealed_secret: Option<Vec<u8>> = row.try_get(4)?;
    Ok(Provider {
        tenant: parsed(row, 0, "tenant_id")?,
        id: parsed(row, 1, "provider_id")?,
        name: row.try_get(2)?,
        settings,
        has_secret: sealed_secret.is_some(),
        sealed_secret,
        created_at: UnixMillis(row.try_get(5)?),
        changed_at: UnixMillis(row.try_get(6)?),
    })
}

fn print(settings: &Settings) -> String {
    serde_json::to_string(settings).unwrap_or_default()
}

pub(super) async fn insert(conn: &mut Conn, provider: &Provider) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO provider (tenant_id, provider_id, name, issuer, settings, client_secret, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(provider.tenant.to_string())
    .bind(provider.id.to_string())
    .bind(&provider.name)
    .bind(&provider.settings.issuer)
    .bind(print(&provider.settings))
    .bind(provider.sealed_secret.as_deref())
    .bind(provider.created_at.0)
    .bind(provider.changed_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update(conn: &mut Conn, provider: &Provider) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE provider SET issuer = $3, settings = $4, client_secret = $5, changed_at = $6
         WHERE tenant_id = $1 AND provider_id = $2",
    )
    .bind(provider.tenant.to_string())
    .bind(provider.id.to_string())
    .bind(&provider.settings.issuer)
    .bind(print(&provider.settings))
    .bind(provider.sealed_secret.as_deref())
    .bind(provider.changed_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

async fn find(
    conn: &mut Conn,
    column: &'static str,
    tenant: TenantId,
    key: &str,
) -> Result<Option<Provider>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM provider WHERE tenant_id = $1 AND {column} = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(key)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(provider).transpose()
}

pub(super) async fn find_by_name(
    conn: &mut Conn,
    tenant: TenantId,
    name: &str,
) -> Result<Option<Provider>, DbError> {
    find(conn, "name", tenant, name).await
}

pub(super) async fn find_by_id(
    conn: &mut Conn,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<Provider>, DbError> {
    find(conn, "provider_id", tenant, &id.to_string()).await
}

pub(super) async fn find_by_issuer(
    conn: &mut Conn,
    tenant: TenantId,
    issuer: &str,
) -> Result<Option<Provider>, DbError> {
    find(conn, "issuer", tenant, issuer).await
}

pub(super) async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Provider>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM provider WHERE tenant_id = $1 ORDER BY name");
    let rows = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string()).fetch_all(conn).await?;
    rows.iter().map(provider).collect()
}

/// Removes a provider with everything that hangs on it.
pub(super) async fn delete(conn: &mut Conn, tenant: TenantId, id: Uuid) -> Result<(), DbError> {
    for text in [
        "DELETE FROM provider_state WHERE tenant_id = $1 AND provider_id = $2",
        "DELETE FROM provider_link WHERE tenant_id = $1 AND provider_id = $2",
        "DELETE FROM provider WHERE tenant_id = $1 AND provider_id = $2",
    ] {
        sqlx::query(text).bind(tenant.to_string()).bind(id.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

pub(super) async fn find_linked(
    conn: &mut Conn,
    tenant: TenantId,
    provider: Uuid,
    subject: &str,
) -> Result<Option<UserId>, DbError> {
    let row = sqlx::query(
        "SELECT user_id FROM provider_link WHERE tenant_id = $1 AND provider_id = $2 AND subject = $3",
    )
    .bind(tenant.to_string())
    .bind(provider.to_string())
    .bind(subject)
    .fetch_optional(conn)
    .await?;
    row.map(|row| parsed(&row, 0, "user_id")).transpose()
}

/// Whether the user is linked to anybody at the provider.
pub(super) async fn is_linked(
    conn: &mut Conn,
    tenant: TenantId,
    provider: Uuid,
    user: UserId,
) -> Result<bool, DbError> {
    let row = sqlx::query(
        "SELECT subject FROM provider_link WHERE tenant_id = $1 AND provider_id = $2 AND user_id = $3",
    )
    .bind(tenant.to_string())
    .bind(provider.to_string())
    .bind(user.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

pub(super) async fn insert_link(
    conn: &mut Conn,
    tenant: TenantId,
    provider: Uuid,
    subject: &str,
    user: UserId,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO provider_link (tenant_id, provider_id, subject, user_id, linked_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(tenant.to_string())
    .bind(provider.to_string())
    .bind(subject)
    .bind(user.to_string())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete_links_of(conn: &mut Conn, tenant: TenantId, user: UserId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM provider_link WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant.to_string())
        .bind(user.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn insert_state(
    conn: &mut Conn,
    tenant: TenantId,
    hash: &str,
    provider: Uuid,
    sealed: &[u8],
    expires_at: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO provider_state (tenant_id, hash, provider_id, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(tenant.to_string())
    .bind(hash)
    .bind(provider.to_string())
    .bind(sealed)
    .bind(expires_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a state away; whoever comes second gets nothing.
pub(super) async fn take_state(
    conn: &mut Conn,
    tenant: TenantId,
    hash: &str,
    provider: Uuid,
    now: UnixMillis,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = sqlx::query(
        "DELETE FROM provider_state WHERE tenant_id = $1 AND hash = $2 AND provider_id = $3 RETURNING sealed, expires_at",
    )
    .bind(tenant.to_string())
    .bind(hash)
    .bind(provider.to_string())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (sealed, expires_at): (Vec<u8>, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok((expires_at > now.0).then_some(sealed))
}

pub(super) async fn delete_states_expired(
    conn: &mut Conn,
    tenant: TenantId,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM provider_state WHERE tenant_id = $1 AND expires_at <= $2")
        .bind(tenant.to_string())
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}
