//! Every statement on the tables of accounts.

use ringfence_model::{TenantId, UnixMillis, UserId};
use sqlx::{AssertSqlSafe, Row as _};

use super::Administrator;
use crate::{
    authz::Scope,
    db::{Conn, DbError, Dialect, Row, Tx},
    token::{parse_roles, print_roles},
};

pub(super) struct StoredPassword {
    pub(super) password: String,
    pub(super) must_change: bool,
    pub(super) failures: i64,
    pub(super) locked_until: UnixMillis,
}

pub(super) async fn find_password_for_update(
    tx: &mut Tx,
    tenant: TenantId,
    subject: &str,
) -> Result<Option<StoredPassword>, DbError> {
    // SQLite has no row locks and needs none: it has one writer.
    let lock = if tx.dialect() == Dialect::Postgres { " FOR UPDATE" } else { "" };
    let text = format!(
        "SELECT password, must_change, failures, locked_until FROM account_password
         WHERE tenant_id = $1 AND subject = $2{lock}"
    );
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(subject)
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|row| {
        Ok(StoredPassword {
            password: row.try_get(0)?,
            must_change: row.try_get::<i64, _>(1)? != 0,
            failures: row.try_get(2)?,
            locked_until: UnixMillis(row.try_get(3)?),
        })
    })
    .transpose()
}

pub(super) async fn upsert_password(
    conn: &mut Conn,
    tenant: TenantId,
    subject: &str,
    password: &str,
    must_change: bool,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO account_password (tenant_id, subject, password, must_change, failures, locked_until, changed_at)
         VALUES ($1, $2, $3, $4, 0, 0, $5)
         ON CONFLICT (tenant_id, subject) DO UPDATE SET password = excluded.password,
         must_change = excluded.must_change, failures = 0, locked_until = 0, changed_at = excluded.changed_at",
    )
    .bind(tenant.to_string())
    .bind(subject)
    .bind(password)
    .bind(i64::from(must_change))
    .bind(now.0)
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
        "UPDATE account_password SET failures = $3, locked_until = $4 WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(tenant.to_string())
    .bind(subject)
    .bind(failures)
    .bind(locked_until.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete_password(conn: &mut Conn, tenant: TenantId, subject: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM account_password WHERE tenant_id = $1 AND subject = $2")
        .bind(tenant.to_string())
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn count_administrators(conn: &mut Conn, tenant: TenantId) -> Result<i64, DbError> {
    let row = sqlx::query("SELECT COUNT(*) FROM account_administrator WHERE tenant_id = $1")
        .bind(tenant.to_string())
        .fetch_one(conn)
        .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn insert_administrator(
    conn: &mut Conn,
    account: &Administrator,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO account_administrator (tenant_id, account_id, name, roles, created_at, scope)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(account.tenant.to_string())
    .bind(account.id.to_string())
    .bind(&account.name)
    .bind(print_roles(&account.roles))
    .bind(now.0)
    .bind(account.scope.print())
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn find_administrator(
    conn: &mut Conn,
    tenant: TenantId,
    name: &str,
) -> Result<Option<Administrator>, DbError> {
    find_administrator_where(conn, tenant, "name", name).await
}

async fn find_administrator_where(
    conn: &mut Conn,
    tenant: TenantId,
    column: &'static str,
    key: &str,
) -> Result<Option<Administrator>, DbError> {
    let text = format!(
        "SELECT account_id, name, roles, scope FROM account_administrator WHERE tenant_id = $1 AND {column} = $2"
    );
    let row =
        sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string()).bind(key).fetch_optional(conn).await?;
    row.as_ref().map(|row| administrator(tenant, row)).transpose()
}

pub(super) async fn find_administrator_by_id(
    conn: &mut Conn,
    tenant: TenantId,
    id: uuid::Uuid,
) -> Result<Option<Administrator>, DbError> {
    find_administrator_where(conn, tenant, "account_id", &id.to_string()).await
}

pub(super) async fn list_administrators(
    conn: &mut Conn,
    tenant: TenantId,
) -> Result<Vec<Administrator>, DbError> {
    let rows = sqlx::query(
        "SELECT account_id, name, roles, scope FROM account_administrator WHERE tenant_id = $1 ORDER BY name",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| administrator(tenant, row)).collect()
}

pub(super) async fn update_roles(conn: &mut Conn, account: &Administrator) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE account_administrator SET roles = $3, scope = $4 WHERE tenant_id = $1 AND account_id = $2",
    )
    .bind(account.tenant.to_string())
    .bind(account.id.to_string())
    .bind(print_roles(&account.roles))
    .bind(account.scope.print())
    .execute(conn)
    .await?;
    Ok(())
}

fn administrator(tenant: TenantId, row: &Row) -> Result<Administrator, DbError> {
    Ok(Administrator {
        id: row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "account_id" })?,
        tenant,
        name: row.try_get(1)?,
        roles: parse_roles(row.try_get(2)?)?,
        scope: Scope::parse(row.try_get(3)?).ok_or(DbError::Corrupt { column: "scope" })?,
    })
}

pub(super) async fn insert_access(
    conn: &mut Conn,
    tenant: TenantId,
    hash: &str,
    user: UserId,
    expires_at: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query("INSERT INTO account_access (tenant_id, hash, user_id, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(tenant.to_string())
        .bind(hash)
        .bind(user.to_string())
        .bind(expires_at.0)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find_access(
    conn: &mut Conn,
    tenant: TenantId,
    hash: &str,
    now: UnixMillis,
) -> Result<Option<UserId>, DbError> {
    let row = sqlx::query(
        "SELECT user_id FROM account_access WHERE tenant_id = $1 AND hash = $2 AND expires_at > $3",
    )
    .bind(tenant.to_string())
    .bind(hash)
    .bind(now.0)
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "user_id" }))
        .transpose()
}

pub(super) async fn delete_access_expired(
    conn: &mut Conn,
    tenant: TenantId,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM account_access WHERE tenant_id = $1 AND expires_at <= $2")
        .bind(tenant.to_string())
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn delete_access_of(conn: &mut Conn, tenant: TenantId, user: UserId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM account_access WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant.to_string())
        .bind(user.to_string())
        .execute(conn)
        .await?;
    Ok(())
}
