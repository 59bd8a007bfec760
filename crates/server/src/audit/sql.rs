//! Every statement on `audit_head`, `audit_entry` and `audit_content`.

use ringfence_model::{TenantId, UnixMillis, UserId};
use sqlx::Row as _;

use super::{Entry, Stored, Told};
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

pub(super) async fn insert(
    conn: &mut Conn,
    tenant: TenantId,
    entry: &Entry,
    content: Option<&str>,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO audit_entry (tenant_id, seq, at, actor, token_id, act, object, before_hash, after_hash,
         request_id, outcome, hash, content_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
    .bind(entry.content_hash.as_deref())
    .execute(&mut *conn)
    .await?;
    let Some(content) = content else { return Ok(()) };
    sqlx::query("INSERT INTO audit_content (tenant_id, seq, content) VALUES ($1, $2, $3)")
        .bind(tenant.to_string())
        .bind(entry.seq)
        .bind(content)
        .execute(conn)
        .await?;
    Ok(())
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only those after this number.
    pub after: i64,
    /// Only those up to this number.
    pub up_to: Option<i64>,
    /// Only those of this time or later.
    pub since: Option<UnixMillis>,
    /// Only those before this time.
    pub until: Option<UnixMillis>,
    /// Only those that act on a user, name him or were made by him.
    pub user: Option<UserId>,
    /// Only this act.
    pub act: Option<String>,
}

pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    wanted: &Wanted,
    limit: i64,
) -> Result<Vec<Told>, DbError> {
    let mut text = String::from(
        "SELECT e.seq, e.at, e.actor, e.token_id, e.act, e.object, e.before_hash, e.after_hash, e.request_id, e.outcome,
         e.hash, e.content_hash, c.content, c.erased_by FROM audit_entry e
         LEFT JOIN audit_content c ON c.tenant_id = e.tenant_id AND c.seq = e.seq
         WHERE e.tenant_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.at >= $4 AND e.at < $5",
    );
    let mut more = Vec::new();
    if let Some(user) = wanted.user {
        text.push_str(" AND (e.object = $7 OR e.actor = $7 OR c.content LIKE $8)");
        more.extend([format!("user:{user}"), format!("%{user}%")]);
    }
    if let Some(act) = &wanted.act {
        more.push(act.clone());
        text.push_str(&format!(" AND e.act = ${}", 6 + more.len()));
    }
    text.push_str(" ORDER BY e.seq LIMIT $6");
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(wanted.after)
        .bind(wanted.up_to.unwrap_or(i64::MAX))
        .bind(wanted.since.map_or(i64::MIN, |at| at.0))
        .bind(wanted.until.map_or(i64::MAX, |at| at.0))
        .bind(limit);
    for value in more {
        query = query.bind(value);
    }
    query.fetch_all(conn).await?.iter().map(told).collect()
}

fn told(row: &Row) -> Result<Told, DbError> {
    let token: Option<String> = row.try_get(3)?;
    let entry = Entry {
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
        content_hash: row.try_get(11)?,
    };
    Ok(Told { entry, stored: Stored { text: row.try_get(12)?, erased_by: row.try_get(13)? } })
}

/// An entry outside the numbers of the chain, or content without its entry.
pub(super) async fn find_stray(conn: &mut Conn, tenant: TenantId, head: i64) -> Result<Option<i64>, DbError> {
    let row = sqlx::query(
        "SELECT MIN(stray.seq) FROM (
            SELECT seq FROM audit_entry WHERE tenant_id = $1 AND (seq < 1 OR seq > $2)
            UNION ALL
            SELECT c.seq FROM audit_content c WHERE c.tenant_id = $1
            AND NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.tenant_id = c.tenant_id AND e.seq = c.seq)
        ) stray",
    )
    .bind(tenant.to_string())
    .bind(head)
    .fetch_one(conn)
    .await?;
    Ok(row.try_get(0)?)
}

/// Every act that is in the log.
pub(super) async fn list_acts(conn: &mut Conn, tenant: TenantId) -> Result<Vec<String>, DbError> {
    let rows = sqlx::query("SELECT DISTINCT act FROM audit_entry WHERE tenant_id = $1 ORDER BY act")
        .bind(tenant.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// First and last number of the entries of a time.
pub(super) async fn find_range(
    conn: &mut Conn,
    tenant: TenantId,
    since: Option<UnixMillis>,
    until: Option<UnixMillis>,
) -> Result<Option<(i64, i64)>, DbError> {
    let row = sqlx::query(
        "SELECT MIN(seq), MAX(seq) FROM audit_entry WHERE tenant_id = $1 AND at >= $2 AND at < $3",
    )
    .bind(tenant.to_string())
    .bind(since.map_or(i64::MIN, |at| at.0))
    .bind(until.map_or(i64::MAX, |at| at.0))
    .fetch_one(conn)
    .await?;
    Ok(row.try_get::<Option<i64>, _>(0)?.zip(row.try_get::<Option<i64>, _>(1)?))
}

/// The chain hash of an entry.
pub(super) async fn find_hash(
    conn: &mut Conn,
    tenant: TenantId,
    seq: i64,
) -> Result<Option<String>, DbError> {
    let row = sqlx::query("SELECT hash FROM audit_entry WHERE tenant_id = $1 AND seq = $2")
        .bind(tenant.to_string())
        .bind(seq)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Entries with content about a user or one of his app instances, and about nobody else.
pub(super) async fn list_about(conn: &mut Conn, tenant: TenantId, user: UserId) -> Result<Vec<i64>, DbError> {
    let rows = sqlx::query(
        "SELECT e.seq FROM audit_entry e JOIN audit_content c ON c.tenant_id = e.tenant_id AND c.seq = e.seq
         WHERE e.tenant_id = $1 AND c.content IS NOT NULL AND e.object NOT LIKE 'many:%' AND (e.object = $2 OR e.actor = $2
         OR c.content LIKE $3 OR e.object IN (SELECT 'instance:' || i.instance_id FROM instance i
         WHERE i.tenant_id = $1 AND i.user_id = $4)) AND e.act <> 'audit.erase' ORDER BY e.seq",
    )
    .bind(tenant.to_string())
    .bind(format!("user:{user}"))
    .bind(format!("%{user}%"))
    .bind(user.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn update_erased(
    conn: &mut Conn,
    tenant: TenantId,
    seq: i64,
    by: i64,
) -> Result<(), DbError> {
    sqlx::query("UPDATE audit_content SET content = NULL, erased_by = $3 WHERE tenant_id = $1 AND seq = $2")
        .bind(tenant.to_string())
        .bind(seq)
        .bind(by)
        .execute(conn)
        .await?;
    Ok(())
}

/// The last change of an object, or the first one after `after`; reads and refusals do not count.
pub(super) async fn find_change(
    conn: &mut Conn,
    tenant: TenantId,
    object: &str,
    after: Option<UnixMillis>,
) -> Result<Option<UnixMillis>, DbError> {
    let text = change_text(if after.is_some() { "ASC" } else { "DESC" });
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(object)
        .bind(after.map_or(i64::MIN, |after| after.0))
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok(UnixMillis(row.try_get(0)?))).transpose()
}

/// `at + 0`: SQLite would take the index on times otherwise, and walk through the whole log for one object.
fn change_text(order: &str) -> String {
    format!(
        "SELECT at FROM audit_entry WHERE tenant_id = $1 AND object = $2 AND at + 0 > $3 AND outcome = 'done' \
         AND act NOT LIKE '%.read' ORDER BY seq {order} LIMIT 1"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_of_an_object_are_found_by_the_index_on_objects() {
        let folder = tempfile::tempdir().unwrap();
        let config = crate::Config::new(folder.path(), ([127, 0, 0, 1], 0).into());
        let db = crate::server::open_database(&config).await.unwrap();
        for order in ["ASC", "DESC"] {
            let text = format!("EXPLAIN QUERY PLAN {}", change_text(order));
            let plan = sqlx::query(sqlx::AssertSqlSafe(text)).bind("t").bind("o").bind(0_i64);
            let rows = plan.fetch_all(&mut *db.read().await.unwrap()).await.unwrap();
            let steps: Vec<String> = rows.iter().map(|row| row.get(3)).collect();
            assert_eq!(steps.len(), 1, "no sorting: {steps:?}");
            assert!(steps[0].contains("audit_entry_object"), "{steps:?}");
        }
    }
}
