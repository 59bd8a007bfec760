//! Every write on `assignment_filter`, and the reads of administrators.

use ringfence_model::{AssignmentFilterId, TenantId, UnixMillis};
use ringfence_policy::filter::FilterPlatform;
use sqlx::Row as _;

use super::AssignmentFilter;
use crate::db::{Conn, DbError, Row, Tx, parsed};

const COLUMNS: &str =
    "filter_id, display_name, description, platform, rule, scope_tags, created_at, modified_at";

fn filter(row: &Row) -> Result<AssignmentFilter, DbError> {
    let corrupt = |column| DbError::Corrupt { column };
    Ok(AssignmentFilter {
        id: parsed(row, 0, "filter_id")?,
        display_name: row.try_get(1)?,
        description: row.try_get(2)?,
        platform: FilterPlatform::parse(row.try_get(3)?).ok_or_else(|| corrupt("platform"))?,
        rule: row.try_get(4)?,
        scope_tags: serde_json::from_str(row.try_get(5)?).map_err(|_| corrupt("scope_tags"))?,
        created_at: UnixMillis(row.try_get(6)?),
        modified_at: UnixMillis(row.try_get(7)?),
    })
}

pub(super) async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<AssignmentFilter>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM assignment_filter WHERE tenant_id = $1 ORDER BY created_at, filter_id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string()).fetch_all(conn).await?;
    rows.iter().map(filter).collect()
}

pub(super) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    id: AssignmentFilterId,
) -> Result<Option<AssignmentFilter>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM assignment_filter WHERE tenant_id = $1 AND filter_id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(filter).transpose()
}

pub(super) async fn upsert(tx: &mut Tx, tenant: TenantId, filter: &AssignmentFilter) -> Result<(), DbError> {
    let text = format!(
        "INSERT INTO assignment_filter (tenant_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (tenant_id, filter_id) DO UPDATE SET display_name = $3, description = $4, platform = $5, rule = $6,
         scope_tags = $7, modified_at = $9"
    );
    sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(filter.id.to_string())
        .bind(&filter.display_name)
        .bind(filter.description.as_deref())
        .bind(filter.platform.as_str())
        .bind(&filter.rule)
        .bind(serde_json::to_string(&filter.scope_tags).unwrap_or_default())
        .bind(filter.created_at.0)
        .bind(filter.modified_at.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, tenant: TenantId, id: AssignmentFilterId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM assignment_filter WHERE tenant_id = $1 AND filter_id = $2")
        .bind(tenant.to_string())
        .bind(id.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
