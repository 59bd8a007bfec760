//! Every statement on `token_token`.

use ringfence_model::{TenantId, TokenId, UnixMillis};
use sqlx::Row as _;

use super::{Token, parse_roles, print_roles};
use crate::db::{Conn, DbError, Row};

/// Kinds of tokens as stored.
const API: &str = "api";
const PROVISIONING: &str = "scim";

fn token(row: &Row) -> Result<Token, DbError> {
    let account: Option<String> = row.try_get(4)?;
    Ok(Token {
        tenant: row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "tenant_id" })?,
        id: row.try_get::<&str, _>(1)?.parse().map_err(|_| DbError::Corrupt { column: "token_id" })?,
        name: row.try_get(2)?,
        roles: parse_roles(row.try_get(3)?)?,
        account: account
            .map(|id| id.parse().map_err(|_| DbError::Corrupt { column: "account_id" }))
            .transpose()?,
        created_at: UnixMillis(row.try_get(5)?),
        expires_at: UnixMillis(row.try_get(6)?),
        revoked_at: row.try_get::<Option<i64>, _>(7)?.map(UnixMillis),
        used_at: row.try_get::<Option<i64>, _>(8)?.map(UnixMillis),
        provisioning: row.try_get::<&str, _>(9)? == PROVISIONING,
    })
}

pub(super) async fn insert(conn: &mut Conn, token: &Token, hash: &str) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO token_token (tenant_id, token_id, hash, name, roles, account_id, created_at, expires_at, kind)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
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
    .execute(conn)
    .await?;
    Ok(())
}

/// Looks over all tenants: the secret itself says whose it is.
pub(super) async fn find_by_hash(conn: &mut Conn, hash: &str) -> Result<Option<Token>, DbError> {
    let row = sqlx::query(
        "SELECT tenant_id, token_id, name, roles, account_id, created_at, expires_at, revoked_at, used_at, kind
         FROM token_token WHERE hash = $1",
    )
    .bind(hash)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(token).transpose()
}

pub(super) async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Token>, DbError> {
    let rows = sqlx::query(
        "SELECT tenant_id, token_id, name, roles, account_id, created_at, expires_at, revoked_at, used_at, kind
         FROM token_token WHERE tenant_id = $1 ORDER BY created_at DESC, token_id DESC",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(token).collect()
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
        "UPDATE token_token SET revoked_at = $3 WHERE tenant_id = $1 AND token_id = $2 AND revoked_at IS NULL",
    )
    .bind(tenant.to_string())
    .bind(id.to_string())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}
