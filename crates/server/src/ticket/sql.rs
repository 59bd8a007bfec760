//! Every statement on `ticket` and `ticket_bundle`.

use ringfence_model::{TenantId, UnixMillis, UserId};
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;

use super::{Bundle, Reference, Ticket};
use crate::db::{Conn, DbError, Row, Tx};

const TICKET: &str = "SELECT t.reference, t.user_id, t.note, t.created_by, t.created_at, t.expires_at, \
     (SELECT COUNT(*) FROM ticket_bundle b WHERE b.tenant_id = t.tenant_id AND b.reference = t.reference) \
     FROM ticket t WHERE t.tenant_id = $1";
const BUNDLE: &str = "SELECT bundle_id, platform, app, app_version, device_tag, instance_id, size_bytes, received_at FROM ticket_bundle";

const fn corrupt(column: &'static str) -> DbError {
    DbError::Corrupt { column }
}

fn ticket(row: &Row) -> Result<Ticket, DbError> {
    let user: Option<&str> = row.try_get(1)?;
    Ok(Ticket {
        reference: Reference::parse(row.try_get(0)?).ok_or_else(|| corrupt("reference"))?,
        user: user.map(str::parse).transpose().map_err(|_| corrupt("user_id"))?,
        note: row.try_get(2)?,
        created_by: row.try_get(3)?,
        created_at: UnixMillis(row.try_get(4)?),
        expires_at: UnixMillis(row.try_get(5)?),
        bundles: row.try_get(6)?,
    })
}

fn bundle(row: &Row) -> Result<Bundle, DbError> {
    let instance: Option<&str> = row.try_get(5)?;
    Ok(Bundle {
        id: row.try_get::<&str, _>(0)?.parse().map_err(|_| corrupt("bundle_id"))?,
        platform: row.try_get::<&str, _>(1)?.parse().map_err(|_| corrupt("platform"))?,
        app: row.try_get(2)?,
        app_version: row.try_get::<&str, _>(3)?.parse().map_err(|_| corrupt("app_version"))?,
        device_tag: row.try_get(4)?,
        instance: instance.map(str::parse).transpose().map_err(|_| corrupt("instance_id"))?,
        size: row.try_get(6)?,
        received_at: UnixMillis(row.try_get(7)?),
    })
}

/// Newest first.
pub(super) async fn list(conn: &mut Conn, tenant: TenantId, limit: i64) -> Result<Vec<Ticket>, DbError> {
    let rows =
        sqlx::query(AssertSqlSafe(format!("{TICKET} ORDER BY t.created_at DESC, t.reference LIMIT $2")))
            .bind(tenant.to_string())
            .bind(limit)
            .fetch_all(conn)
            .await?;
    rows.iter().map(ticket).collect()
}

pub(super) async fn count(conn: &mut Conn, tenant: TenantId) -> Result<i64, DbError> {
    let row = sqlx::query("SELECT COUNT(*) FROM ticket WHERE tenant_id = $1")
        .bind(tenant.to_string())
        .fetch_one(conn)
        .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    reference: &Reference,
) -> Result<Option<Ticket>, DbError> {
    let row = sqlx::query(AssertSqlSafe(format!("{TICKET} AND t.reference = $2")))
        .bind(tenant.to_string())
        .bind(reference.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(ticket).transpose()
}

pub(super) async fn insert(tx: &mut Tx, tenant: TenantId, row: &Ticket) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO ticket (tenant_id, reference, user_id, note, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant.to_string())
    .bind(row.reference.as_str())
    .bind(row.user.map(|user| user.to_string()))
    .bind(&row.note)
    .bind(&row.created_by)
    .bind(row.created_at.0)
    .bind(row.expires_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes uploads under one reference wait for each other, so that its limits hold; false when it is gone.
pub(super) async fn lock(tx: &mut Tx, tenant: TenantId, reference: &Reference) -> Result<bool, DbError> {
    let done = sqlx::query("UPDATE ticket SET note = note WHERE tenant_id = $1 AND reference = $2")
        .bind(tenant.to_string())
        .bind(reference.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Number and bytes of what came in.
pub(super) async fn load(
    conn: &mut Conn,
    tenant: TenantId,
    reference: &Reference,
) -> Result<(i64, i64), DbError> {
    let row = sqlx::query(
        "SELECT COUNT(*), CAST(COALESCE(SUM(size_bytes), 0) AS BIGINT) FROM ticket_bundle \
         WHERE tenant_id = $1 AND reference = $2",
    )
    .bind(tenant.to_string())
    .bind(reference.as_str())
    .fetch_one(conn)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

pub(super) async fn insert_bundle(
    tx: &mut Tx,
    tenant: TenantId,
    reference: &Reference,
    row: &Bundle,
    content: &[u8],
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO ticket_bundle (tenant_id, bundle_id, reference, platform, app, app_version, device_tag, \
         instance_id, size_bytes, received_at, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(tenant.to_string())
    .bind(row.id.to_string())
    .bind(reference.as_str())
    .bind(row.platform.as_str())
    .bind(&row.app)
    .bind(row.app_version.to_string())
    .bind(&row.device_tag)
    .bind(row.instance.map(|id| id.to_string()))
    .bind(row.size)
    .bind(row.received_at.0)
    .bind(content.to_vec())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Oldest first.
pub(super) async fn list_bundles(
    conn: &mut Conn,
    tenant: TenantId,
    reference: &Reference,
) -> Result<Vec<Bundle>, DbError> {
    let text = format!("{BUNDLE} WHERE tenant_id = $1 AND reference = $2 ORDER BY received_at, bundle_id");
    let rows = sqlx::query(AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(reference.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(bundle).collect()
}

pub(super) async fn find_content(
    conn: &mut Conn,
    tenant: TenantId,
    reference: &Reference,
    id: Uuid,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = sqlx::query(
        "SELECT content FROM ticket_bundle WHERE tenant_id = $1 AND reference = $2 AND bundle_id = $3",
    )
    .bind(tenant.to_string())
    .bind(reference.as_str())
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Deletes one ticket with what came in under it; false when there is none.
pub(super) async fn delete(tx: &mut Tx, tenant: TenantId, reference: &Reference) -> Result<bool, DbError> {
    sqlx::query("DELETE FROM ticket_bundle WHERE tenant_id = $1 AND reference = $2")
        .bind(tenant.to_string())
        .bind(reference.as_str())
        .execute(&mut **tx)
        .await?;
    let done = sqlx::query("DELETE FROM ticket WHERE tenant_id = $1 AND reference = $2")
        .bind(tenant.to_string())
        .bind(reference.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Deletes every ticket made before `before`, with what came in under it.
pub(super) async fn prune(tx: &mut Tx, tenant: TenantId, before: UnixMillis) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM ticket_bundle WHERE tenant_id = $1 AND reference IN \
         (SELECT reference FROM ticket WHERE tenant_id = $1 AND created_at < $2)",
    )
    .bind(tenant.to_string())
    .bind(before.0)
    .execute(&mut **tx)
    .await?;
    sqlx::query("DELETE FROM ticket WHERE tenant_id = $1 AND created_at < $2")
        .bind(tenant.to_string())
        .bind(before.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes every ticket about a user, with what came in under it.
pub(super) async fn delete_of(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM ticket_bundle WHERE tenant_id = $1 AND reference IN \
         (SELECT reference FROM ticket WHERE tenant_id = $1 AND user_id = $2)",
    )
    .bind(tenant.to_string())
    .bind(user.to_string())
    .execute(&mut **tx)
    .await?;
    sqlx::query("DELETE FROM ticket WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant.to_string())
        .bind(user.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
