//! Every statement on `token_token`.

use std::str::FromStr;

use ringfence_model::{TenantId, TokenId, UnixMillis, UserId};
use sqlx::{AssertSqlSafe, Row as _};

use super::{Token, parse_grants, parse_roles, print_grants, print_roles};
use crate::{
    authz::Scope,
    db::{Conn, DbError, Row},
};

/// Kinds of tokens as stored.
const API: &str = "api";
const PROVISIONING: &str = "scim";
const COLUMNS: &str =
    "tenant_id, token_id, name, roles, account_id, created_at, expires_at, revoked_at, used_at,
         kind, user_id, provider_id, program_id, holder, scopes, scope, grants";

fn token(row: &Row) -> Result<Token, DbError> {
    Ok(Token {
        tenant: row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "tenant_id" })?,
        id: row.try_get::<&str, _>(1)?.parse().map_err(|_| DbError::Corrupt { column: "token_id" })?,
        name: row.try_get(2)?,
        roles: parse_roles(row.try_get(3)?)?,
        account: optional(row, 4, "account_id")?,
        user: optional(row, 10, "user_id")?,
        provider: optional(row, 11, "provider_id")?,
        program: optional(row, 12, "program_id")?,
        holder: row.try_get(13)?,
        scopes: row.try_get(14)?,
        scope: Scope::parse(row.try_get(15)?).ok_or(DbError::Corrupt { column: "scope" })?,
        grants: parse_grants(row.try_get(16)?)?,
        created_at: UnixMillis(row.try_get(5)?),
        expires_at: UnixMillis(row.try_get(6)?),
        revoked_at: row.try_get::<Option<i64>, _>(7)?.map(UnixMillis),
        used_at: row.try_get::<Option<i64>, _>(8)?.map(UnixMillis),
        provisioning: row.try_get::<&str, _>(9)? == PROVISIONING,
    })
}

fn optional<T: FromStr>(row: &Row, index: usize, column: &'static str) -> Result<Option<T>, DbError> {
    let text: Option<String> = row.try_get(index)?;
    text.map(|text| text.parse().map_err(|_| DbError::Corrupt { column })).transpose()
}

pub(super) async fn insert(conn: &mut Conn, token: &Token, hash: &str) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO token_token (tenant_id, token_id, hash, name, roles, account_id, created_at, expires_at, kind,
         user_id, provider_id, program_id, holder, scopes, scope, grants)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(token.tenant.to_string())
    .bind(token.id.to_string())
    .bind(hash)
    .bind(&token.name)
    .bind(print_roles(&token.roles))
    .bind(token.account.map(|id| id.to_string()))
    .bind(token.created_at.0)
    .bind(token.expires_at.0)
    .bind(if token.provisioning { PROVISIONING } else { API })
    .bind(token.user.map(|id: UserId| id.to_string()))
    .bind(token.provider.map(|id| id.to_string()))
    .bind(token.program.map(|id| id.to_string()))
    .bind(token.holder.as_deref())
    .bind(token.scopes.as_deref())
    .bind(token.scope.print())
    .bind(print_grants(&token.grants))
    .execute(conn)
    .await?;
    Ok(())
}

/// Looks over all tenants: the secret itself says whose it is. What a token stands for must still be there: a person
/// who is not switched off, a program, a provider.
pub(super) async fn find_by_hash(conn: &mut Conn, hash: &str) -> Result<Option<Token>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM token_token t WHERE hash = $1
         AND (user_id IS NULL OR EXISTS (SELECT 1 FROM directory_user u
              WHERE u.tenant_id = t.tenant_id AND u.user_id = t.user_id AND u.enabled = 1))
         AND (program_id IS NULL OR EXISTS (SELECT 1 FROM program p
              WHERE p.tenant_id = t.tenant_id AND p.program_id = t.program_id))
         AND (provider_id IS NULL OR EXISTS (SELECT 1 FROM provider o
              WHERE o.tenant_id = t.tenant_id AND o.provider_id = t.provider_id))"
    );
    let row = sqlx::query(AssertSqlSafe(text)).bind(hash).fetch_optional(conn).await?;
    row.as_ref().map(token).transpose()
}

/// A token of the tenant whatever became of it and of what it stands for.
pub(super) async fn find_by_hash_ended(
    conn: &mut Conn,
    tenant: TenantId,
    hash: &str,
) -> Result<Option<Token>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM token_token WHERE tenant_id = $1 AND hash = $2");
    let row =
        sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string()).bind(hash).fetch_optional(conn).await?;
    row.as_ref().map(token).transpose()
}

pub(super) async fn find(conn: &mut Conn, tenant: TenantId, id: TokenId) -> Result<Option<Token>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM token_token WHERE tenant_id = $1 AND token_id = $2");
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(token).transpose()
}

pub(super) async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Token>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM token_token WHERE tenant_id = $1 ORDER BY created_at DESC, token_id DESC"
    );
    let rows = sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string()).fetch_all(conn).await?;
    rows.iter().map(token).collect()
}

/// Ends every token that stands for a user.
pub(super) async fn update_revoked_of(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE token_token SET revoked_at = $3, id_token = NULL
         WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL",
    )
    .bind(tenant.to_string())
    .bind(user.to_string())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update_revoked_of_account(
    conn: &mut Conn,
    tenant: TenantId,
    account: uuid::Uuid,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE token_token SET revoked_at = $3, id_token = NULL
         WHERE tenant_id = $1 AND account_id = $2 AND revoked_at IS NULL",
    )
    .bind(tenant.to_string())
    .bind(account.to_string())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update_used(
    conn: &mut Conn,
    tenant: TenantId,
    id: TokenId,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query("UPDATE token_token SET used_at = $3 WHERE tenant_id = $1 AND token_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn update_revoked(
    conn: &mut Conn,
    tenant: TenantId,
    id: TokenId,
    now: UnixMillis,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE token_token SET revoked_at = $3, id_token = NULL
         WHERE tenant_id = $1 AND token_id = $2 AND revoked_at IS NULL",
    )
    .bind(tenant.to_string())
    .bind(id.to_string())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Tokens of programs at their end; each fetch makes one, so they would pile up.
pub(super) async fn delete_ended_of_programs(
    conn: &mut Conn,
    tenant: TenantId,
    before: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM token_token WHERE tenant_id = $1 AND program_id IS NOT NULL AND expires_at < $2",
    )
    .bind(tenant.to_string())
    .bind(before.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the identity token of a session; those of sessions that ended by themselves go.
pub(super) async fn update_id_token(
    conn: &mut Conn,
    tenant: TenantId,
    id: TokenId,
    sealed: &[u8],
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE token_token SET id_token = NULL
         WHERE tenant_id = $1 AND expires_at <= $2 AND id_token IS NOT NULL",
    )
    .bind(tenant.to_string())
    .bind(now.0)
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE token_token SET id_token = $3 WHERE tenant_id = $1 AND token_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .bind(sealed)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn find_id_token(
    conn: &mut Conn,
    tenant: TenantId,
    id: TokenId,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = sqlx::query("SELECT id_token FROM token_token WHERE tenant_id = $1 AND token_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
}
