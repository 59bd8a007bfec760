//! Every statement on `catalogue_app`.

use ringfence_model::{AppEntryId, AppId, TenantId, UnixMillis};
use sqlx::Row as _;

use super::Entry;
use crate::db::{Conn, DbError, Row};

fn entry(row: &Row) -> Result<Entry, DbError> {
    let platform = row.try_get::<&str, _>(1)?.parse().map_err(|_| DbError::Corrupt { column: "platform" })?;
    Ok(Entry {
        id: row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "entry_id" })?,
        app: AppId::new(platform, row.try_get::<String, _>(2)?),
        display_name: row.try_get(3)?,
        publisher: row.try_get(4)?,
        sign_in: row.try_get::<&str, _>(5)?.parse().map_err(|_| DbError::Corrupt { column: "sign_in" })?,
        core: row.try_get::<i64, _>(6)? != 0,
        created_at: UnixMillis(row.try_get(7)?),
        signers: row.try_get::<&str, _>(8)?.split_whitespace().map(str::to_owned).collect(),
    })
}

pub(super) async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Entry>, DbError> {
    let rows = sqlx::query(
        "SELECT entry_id, platform, app_id, display_name, publisher, sign_in, core, created_at, signers
         FROM catalogue_app WHERE tenant_id = $1 ORDER BY display_name, platform, app_key",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(entry).collect()
}

pub(super) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    id: AppEntryId,
) -> Result<Option<Entry>, DbError> {
    let row = sqlx::query(
        "SELECT entry_id, platform, app_id, display_name, publisher, sign_in, core, created_at, signers
         FROM catalogue_app WHERE tenant_id = $1 AND entry_id = $2",
    )
    .bind(tenant.to_string())
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(entry).transpose()
}

pub(super) async fn insert(conn: &mut Conn, tenant: TenantId, entry: &Entry) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO catalogue_app (tenant_id, entry_id, platform, app_id, app_key, display_name, publisher, sign_in,
         core, created_at, signers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(tenant.to_string())
    .bind(entry.id.to_string())
    .bind(entry.app.platform.as_str())
    .bind(&entry.app.id)
    .bind(entry.app.key())
    .bind(&entry.display_name)
    .bind(&entry.publisher)
    .bind(entry.sign_in.as_str())
    .bind(i64::from(entry.core))
    .bind(entry.created_at.0)
    .bind(entry.signers.join(" "))
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes everything but the app's identity.
pub(super) async fn update(conn: &mut Conn, tenant: TenantId, entry: &Entry) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE catalogue_app SET display_name = $3, publisher = $4, sign_in = $5, core = $6, signers = $7
         WHERE tenant_id = $1 AND entry_id = $2",
    )
    .bind(tenant.to_string())
    .bind(entry.id.to_string())
    .bind(&entry.display_name)
    .bind(&entry.publisher)
    .bind(entry.sign_in.as_str())
    .bind(i64::from(entry.core))
    .bind(entry.signers.join(" "))
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, tenant: TenantId, id: AppEntryId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM catalogue_app WHERE tenant_id = $1 AND entry_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(())
}
