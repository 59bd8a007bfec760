//! Every statement on `threat_connector`.

use ringfence_model::{TenantId, UnixMillis};
use serde_json::{Map, Value};
use sqlx::Row as _;

use crate::db::{Conn, DbError, Tx};

pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
) -> Result<Vec<(String, Map<String, Value>)>, DbError> {
    let rows = sqlx::query(
        "SELECT connector_id, body FROM threat_connector WHERE tenant_id = $1 ORDER BY connector_id",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let body =
                serde_json::from_str(row.try_get(1)?).map_err(|_| DbError::Corrupt { column: "body" })?;
            Ok((row.try_get(0)?, body))
        })
        .collect()
}

pub(super) async fn upsert(
    tx: &mut Tx,
    tenant: TenantId,
    id: &str,
    body: &str,
    now: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO threat_connector (tenant_id, connector_id, body, modified_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, connector_id) DO UPDATE SET body = $3, modified_at = $4",
    )
    .bind(tenant.to_string())
    .bind(id)
    .bind(body)
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, tenant: TenantId, id: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM threat_connector WHERE tenant_id = $1 AND connector_id = $2")
        .bind(tenant.to_string())
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
