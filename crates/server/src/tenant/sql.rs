//! Every statement on `tenant`.

use ringfence_model::{TenantId, UnixMillis};
use sqlx::Row as _;

use super::Tenant;
use crate::db::{Conn, DbError, Row};

fn tenant(row: &Row) -> Result<Tenant, DbError> {
    Ok(Tenant {
        id: row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "tenant_id" })?,
        name: row.try_get(1)?,
        revision: row.try_get(2)?,
        created_at: UnixMillis(row.try_get(3)?),
    })
}

pub(super) async fn find_first(conn: &mut Conn) -> Result<Option<Tenant>, DbError> {
    list(conn).await.map(|all| all.into_iter().next())
}

pub(super) async fn list(conn: &mut Conn) -> Result<Vec<Tenant>, DbError> {
    let rows = sqlx::query(
        "SELECT tenant_id, name, revision, created_at FROM tenant ORDER BY created_at, tenant_id",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(tenant).collect()
}

pub(super) async fn find(conn: &mut Conn, id: TenantId) -> Result<Option<Tenant>, DbError> {
    let row = sqlx::query("SELECT tenant_id, name, revision, created_at FROM tenant WHERE tenant_id = $1")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(tenant).transpose()
}

pub(super) async fn insert(conn: &mut Conn, tenant: &Tenant) -> Result<(), DbError> {
    sqlx::query("INSERT INTO tenant (tenant_id, name, revision, created_at) VALUES ($1, $2, $3, $4)")
        .bind(tenant.id.to_string())
        .bind(&tenant.name)
        .bind(tenant.revision)
        .bind(tenant.created_at.0)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn update_revision(conn: &mut Conn, id: TenantId) -> Result<i64, DbError> {
    let row =
        sqlx::query("UPDATE tenant SET revision = revision + 1 WHERE tenant_id = $1 RETURNING revision")
            .bind(id.to_string())
            .fetch_one(conn)
            .await?;
    Ok(row.try_get(0)?)
}
