//! Every statement on `program`.

use ringfence_model::{TenantId, UnixMillis};
use sqlx::Row as _;
use uuid::Uuid;

use super::Program;
use crate::{
    db::{Conn, DbError, Row, parsed},
    token::{parse_roles, print_roles},
};

fn program(row: &Row) -> Result<Program, DbError> {
    Ok(Program {
        tenant: parsed(row, 0, "tenant_id")?,
        id: parsed(row, 1, "program_id")?,
        name: row.try_get(2)?,
        roles: parse_roles(row.try_get(3)?)?,
        scopes: row.try_get(4)?,
        created_at: UnixMillis(row.try_get(5)?),
    })
}

pub(super) async fn insert(conn: &mut Conn, program: &Program, hash: &str) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO program (tenant_id, program_id, name, secret_hash, roles, scopes, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(program.tenant.to_string())
    .bind(program.id.to_string())
    .bind(&program.name)
    .bind(hash)
    .bind(print_roles(&program.roles))
    .bind(program.scopes.as_deref())
    .bind(program.created_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn find_by_secret(
    conn: &mut Conn,
    tenant: TenantId,
    id: Uuid,
    hash: &str,
) -> Result<Option<Program>, DbError> {
    let row = sqlx::query(
        "SELECT tenant_id, program_id, name, roles, scopes, created_at FROM program
         WHERE tenant_id = $1 AND program_id = $2 AND secret_hash = $3",
    )
    .bind(tenant.to_string())
    .bind(id.to_string())
    .bind(hash)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(program).transpose()
}

pub(super) async fn exists(conn: &mut Conn, tenant: TenantId, id: Uuid) -> Result<bool, DbError> {
    let row = sqlx::query("SELECT program_id FROM program WHERE tenant_id = $1 AND program_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

pub(super) async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Program>, DbError> {
    let rows = sqlx::query(
        "SELECT tenant_id, program_id, name, roles, scopes, created_at FROM program
         WHERE tenant_id = $1 ORDER BY name",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(program).collect()
}

pub(super) async fn delete(conn: &mut Conn, tenant: TenantId, id: Uuid) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM program WHERE tenant_id = $1 AND program_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}
