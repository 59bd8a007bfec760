//! Every statement on `export_job`.

use ringfence_model::{TenantId, UnixMillis};
use serde_json::Value;
use sqlx::Row as _;

use crate::db::{Conn, DbError, Row, Tx};

/// A report asked for as a file.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) asked_by: String,
    /// What was asked, checked.
    pub(super) request: Value,
    pub(super) state: String,
    pub(super) requested_at: UnixMillis,
    pub(super) expires_at: Option<UnixMillis>,
    pub(super) secret: Option<String>,
}

const COLUMNS: &str = "job_id, asked_by, request, state, requested_at, expires_at, secret";

fn job(row: &Row) -> Result<Job, DbError> {
    Ok(Job {
        id: row.try_get(0)?,
        asked_by: row.try_get(1)?,
        request: serde_json::from_str(row.try_get(2)?).map_err(|_| DbError::Corrupt { column: "request" })?,
        state: row.try_get(3)?,
        requested_at: UnixMillis(row.try_get(4)?),
        expires_at: row.try_get::<Option<i64>, _>(5)?.map(UnixMillis),
        secret: row.try_get(6)?,
    })
}

pub(super) async fn insert(tx: &mut Tx, tenant: TenantId, job: &Job) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO export_job (tenant_id, job_id, asked_by, request, state, requested_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant.to_string())
    .bind(&job.id)
    .bind(&job.asked_by)
    .bind(job.request.to_string())
    .bind(&job.state)
    .bind(job.requested_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Jobs of one who asked, newest first.
pub(super) async fn list(conn: &mut Conn, tenant: TenantId, asked_by: &str) -> Result<Vec<Job>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM export_job WHERE tenant_id = $1 AND asked_by = $2 ORDER BY requested_at DESC, job_id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(asked_by)
        .fetch_all(conn)
        .await?;
    rows.iter().map(job).collect()
}

/// The state of a job that has not ended.
pub(super) const NOT_STARTED: &str = "notStarted";

/// The end of a job: its file and its link, or neither when it failed. A job ends once.
pub(super) async fn finish(
    tx: &mut Tx,
    tenant: TenantId,
    id: &str,
    expires_at: UnixMillis,
    made: Option<(&str, &[u8])>,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE export_job SET state = $3, expires_at = $4, secret = $5, content = $6
         WHERE tenant_id = $1 AND job_id = $2 AND state = $7",
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(if made.is_some() { "completed" } else { "failed" })
    .bind(expires_at.0)
    .bind(made.map(|(secret, _)| secret))
    .bind(made.map(|(_, content)| content.to_vec()))
    .bind(NOT_STARTED)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The file behind a link that has not expired.
pub(super) async fn find_content(
    conn: &mut Conn,
    tenant: TenantId,
    (id, secret): (&str, &str),
    now: UnixMillis,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = sqlx::query(
        "SELECT content FROM export_job WHERE tenant_id = $1 AND job_id = $2 AND secret = $3 AND expires_at > $4
         AND state = 'completed'",
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(secret)
    .bind(now.0)
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Forgets jobs that are over since `before`, and those that never ended.
pub(super) async fn delete_old(tx: &mut Tx, tenant: TenantId, before: UnixMillis) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM export_job WHERE tenant_id = $1 AND (expires_at <= $2 OR (expires_at IS NULL AND requested_at <= $2))",
    )
    .bind(tenant.to_string())
    .bind(before.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
