//! Every statement on `audit_head` and `audit_entry`.

use ringfence_model::{TenantId, UnixMillis};
use sqlx::Row as _;

use super::Entry;
use crate::db::{Conn, DbError, Row};

/// Takes the next number and answers it with the hash of the entry before.
pub(super) async fn update_head_seq(
    conn: &mut Conn,
    tenant: TenantId,
    start: &str,
) -> Result<(i64, String), DbError> {
    let row = sqlx::query(
        "INSERT INTO audit_head (tenant_id, seq, hash) VALUES ($1, 1, $2)
         ON CONFLICT (tenant_id) DO UPDATE SET seq = audit_head.seq + 1 RETURNING seq, hash",
    )
    .bind(tenant.to_string())
    .bind(start)
    .fetch_one(conn)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

pub(super) async fn update_head_hash(conn: &mut Conn, tenant: TenantId, hash: &str) -> Result<(), DbError> {
    sqlx::query("UPDATE audit_head SET hash = $2 WHERE tenant_id = $1")
        .bind(tenant.to_string())
        .bind(hash)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find_head(conn: &mut Conn, tenant: TenantId) -> Result<Option<(i64, String)>, DbError> {
    let row = sqlx::query("SELECT seq, hash FROM audit_head WHERE tenant_id = $1")
        .bind(tenant.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}

pub(super) async fn insert(conn: &mut Conn, tenant: TenantId, entry: &Entry) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO audit_entry (tenant_id, seq, at, actor, token_id, act, object, before_hash, after_hash,
         request_id, outcome, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(tenant.to_string())
    .bind(entry.seq)
    .bind(entry.at.0)
    .bind(&entry.actor)
    .bind(entry.token.map(|token| token.to_string()))
    .bind(&entry.act)
    .bind(&entry.object)
    .bind(entry.before_hash.as_deref())
    .bind(entry.after_hash.as_deref())
    .bind(entry.request.as_deref())
    .bind(&entry.outcome)
    .bind(&entry.hash)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let rows = sqlx::query(
        "SELECT seq, at, actor, token_id, act, object, before_hash, after_hash, request_id, outcome, hash
         FROM audit_entry WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind(tenant.to_string())
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<Entry, DbError> {
    let token: Option<String> = row.try_get(3)?;
    Ok(Entry {
        seq: row.try_get(0)?,
        at: UnixMillis(row.try_get(1)?),
        actor: row.try_get(2)?,
        token: token.map(|id| id.parse().map_err(|_| DbError::Corrupt { column: "token_id" })).transpose()?,
        act: row.try_get(4)?,
        object: row.try_get(5)?,
        before_hash: row.try_get(6)?,
        after_hash: row.try_get(7)?,
        request: row.try_get(8)?,
        outcome: row.try_get(9)?,
        hash: row.try_get(10)?,
    })
}

/// The last change of an object, or the first one after `after`; reads and refusals do not count.
pub(super) async fn find_change(
    conn: &mut Conn,
    tenant: TenantId,
    object: &str,
    after: Option<UnixMillis>,
) -> Result<Option<UnixMillis>, DbError> {
    let order = if after.is_some() { "ASC" } else { "DESC" };
    let text = format!(
        "SELECT at FROM audit_entry WHERE tenant_id = $1 AND object = $2 AND at > $3 AND outcome = 'done' \
         AND act NOT LIKE '%.read' ORDER BY seq {order} LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(object)
        .bind(after.map_or(i64::MIN, |after| after.0))
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok(UnixMillis(row.try_get(0)?))).transpose()
}
