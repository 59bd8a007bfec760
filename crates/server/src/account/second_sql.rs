//! Every statement on the tables of second factors.

use ringfence_model::{TenantId, UnixMillis};
use sqlx::Row as _;

use crate::db::{Conn, DbError};

pub(super) struct Known {
    pub(super) sealed: Vec<u8>,
    pub(super) confirmed: bool,
    pub(super) last_step: i64,
    pub(super) failures: i64,
    pub(super) locked_until: UnixMillis,
}

pub(super) async fn find(conn: &mut Conn, tenant: TenantId, subject: &str) -> Result<Option<Known>, DbError> {
    let row = sqlx::query(
        "SELECT sealed, confirmed, last_step, failures, locked_until FROM account_totp
         WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant.to_string())
    .bind(subject)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Known {
            sealed: row.try_get(0)?,
            confirmed: row.try_get::<i64, _>(1)? != 0,
            last_step: row.try_get(2)?,
            failures: row.try_get(3)?,
            locked_until: UnixMillis(row.try_get(4)?),
        })
    })
    .transpose()
}

/// Makes whoever else looks at this second factor wait until the transaction ends.
pub(super) async fn lock(conn: &mut Conn, tenant: TenantId, subject: &str) -> Result<(), DbError> {
    sqlx::query("UPDATE account_totp SET failures = failures WHERE tenant_id = $1 AND subject = $2")
        .bind(tenant.to_string())
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn replace(
    conn: &mut Conn,
    tenant: TenantId,
    subject: &str,
    sealed: &[u8],
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO account_totp (tenant_id, subject, sealed, confirmed, last_step, failures, locked_until, created_at)
         VALUES ($1, $2, $3, 0, 0, 0, 0, $4)
         ON CONFLICT (tenant_id, subject) DO UPDATE SET sealed = excluded.sealed, confirmed = 0, last_step = 0,
         failures = 0, locked_until = 0, created_at = excluded.created_at",
    )
    .bind(tenant.to_string())
    .bind(subject)
    .bind(sealed)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn confirm(
    conn: &mut Conn,
    tenant: TenantId,
    subject: &str,
    step: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE account_totp SET confirmed = 1, last_step = $3 WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant.to_string())
    .bind(subject)
    .bind(step)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update_used(
    conn: &mut Conn,
    tenant: TenantId,
    subject: &str,
    step: i64,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE account_totp SET last_step = $3, failures = 0, locked_until = 0 WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant.to_string())
    .bind(subject)
    .bind(step)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update_failures(
    conn: &mut Conn,
    tenant: TenantId,
    subject: &str,
    failures: i64,
    locked_until: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE account_totp SET failures = $3, locked_until = $4 WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant.to_string())
    .bind(subject)
    .bind(failures)
    .bind(locked_until.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, tenant: TenantId, subject: &str) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM account_totp WHERE tenant_id = $1 AND subject = $2")
        .bind(tenant.to_string())
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn insert_recovery(
    conn: &mut Conn,
    tenant: TenantId,
    subject: &str,
    hash: &str,
) -> Result<(), DbError> {
    sqlx::query("INSERT INTO account_recovery (tenant_id, subject, hash) VALUES ($1, $2, $3)")
        .bind(tenant.to_string())
        .bind(subject)
        .bind(hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Uses a recovery code up; false when there is none such.
pub(super) async fn take_recovery(
    conn: &mut Conn,
    tenant: TenantId,
    subject: &str,
    hash: &str,
) -> Result<bool, DbError> {
    let done =
        sqlx::query("DELETE FROM account_recovery WHERE tenant_id = $1 AND subject = $2 AND hash = $3")
            .bind(tenant.to_string())
            .bind(subject)
            .bind(hash)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn delete_recovery(conn: &mut Conn, tenant: TenantId, subject: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM account_recovery WHERE tenant_id = $1 AND subject = $2")
        .bind(tenant.to_string())
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(())
}
