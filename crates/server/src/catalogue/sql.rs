//! Every statement on the tables of the catalogue.

use ringfence_model::{AppEntryId, AppId, TenantId, UnixMillis};
use serde_json::Value;
use sqlx::Row as _;

use super::{Category, Entry, MobileApp};
use crate::db::{Conn, DbError, Row, parsed};

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

/// Removes an app, whatever its kind.
pub(super) async fn delete(conn: &mut Conn, tenant: TenantId, id: AppEntryId) -> Result<(), DbError> {
    for text in [
        "DELETE FROM catalogue_app WHERE tenant_id = $1 AND entry_id = $2",
        "DELETE FROM catalogue_kept WHERE tenant_id = $1 AND entry_id = $2",
    ] {
        sqlx::query(text).bind(tenant.to_string()).bind(id.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

fn kept(row: &Row) -> Result<MobileApp, DbError> {
    let body = serde_json::from_str(row.try_get(2)?).map_err(|_| DbError::Corrupt { column: "body" })?;
    Ok(MobileApp {
        id: parsed(row, 0, "entry_id")?,
        kind: row.try_get(1)?,
        body,
        created_at: UnixMillis(row.try_get(3)?),
        modified_at: UnixMillis(row.try_get(4)?),
        entry: None,
    })
}

pub(super) async fn list_kept(conn: &mut Conn, tenant: TenantId) -> Result<Vec<MobileApp>, DbError> {
    let rows = sqlx::query(
        "SELECT entry_id, kind, body, created_at, modified_at FROM catalogue_kept WHERE tenant_id = $1
         ORDER BY entry_id",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(kept).collect()
}

pub(super) async fn find_kept(
    conn: &mut Conn,
    tenant: TenantId,
    id: AppEntryId,
) -> Result<Option<MobileApp>, DbError> {
    let row = sqlx::query(
        "SELECT entry_id, kind, body, created_at, modified_at FROM catalogue_kept
         WHERE tenant_id = $1 AND entry_id = $2",
    )
    .bind(tenant.to_string())
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(kept).transpose()
}

/// Writes what is kept of an app, instead of what was kept before.
pub(super) async fn put_kept(conn: &mut Conn, tenant: TenantId, app: &MobileApp) -> Result<(), DbError> {
    sqlx::query("DELETE FROM catalogue_kept WHERE tenant_id = $1 AND entry_id = $2")
        .bind(tenant.to_string())
        .bind(app.id.to_string())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO catalogue_kept (tenant_id, entry_id, kind, body, created_at, modified_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant.to_string())
    .bind(app.id.to_string())
    .bind(&app.kind)
    .bind(Value::Object(app.body.clone()).to_string())
    .bind(app.created_at.0)
    .bind(app.modified_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn list_categories(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Category>, DbError> {
    let rows = sqlx::query(
        "SELECT category_id, display_name, modified_at FROM catalogue_category WHERE tenant_id = $1
         ORDER BY display_name, category_id",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Category {
                id: parsed(row, 0, "category_id")?,
                display_name: row.try_get(1)?,
                modified_at: UnixMillis(row.try_get(2)?),
            })
        })
        .collect()
}

/// Writes a category, instead of what it was before.
pub(super) async fn put_category(
    conn: &mut Conn,
    tenant: TenantId,
    category: &Category,
) -> Result<(), DbError> {
    delete_category(conn, tenant, category.id).await?;
    sqlx::query(
        "INSERT INTO catalogue_category (tenant_id, category_id, display_name, modified_at)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(tenant.to_string())
    .bind(category.id.to_string())
    .bind(&category.display_name)
    .bind(category.modified_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete_category(
    conn: &mut Conn,
    tenant: TenantId,
    id: AppEntryId,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM catalogue_category WHERE tenant_id = $1 AND category_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(())
}
