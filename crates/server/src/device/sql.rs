//! Every statement on `device`.

use std::collections::BTreeSet;

use ringfence_model::{TenantId, UnixMillis};
use sqlx::Row as _;

use super::{Device, Enrolment};
use crate::db::{Conn, DbError, Row, Tx};

const COLUMNS: &str =
    "device_tag, platform, enrolment, profile, user_affinity, work_account, managed_by, said_by, said_at";

fn device(row: &Row) -> Result<Device, DbError> {
    let corrupt = |column| DbError::Corrupt { column };
    let enrolment: &str = row.try_get(2)?;
    Ok(Device {
        device_tag: row.try_get(0)?,
        platform: row.try_get::<&str, _>(1)?.parse().map_err(|_| corrupt("platform"))?,
        enrolment: Enrolment::ALL
            .iter()
            .copied()
            .find(|known| known.as_str() == enrolment)
            .ok_or_else(|| corrupt("enrolment"))?,
        profile: row.try_get(3)?,
        user_affinity: row.try_get::<Option<i64>, _>(4)?.map(|flag| flag != 0),
        work_account: row.try_get(5)?,
        managed_by: row.try_get(6)?,
        said_by: row.try_get(7)?,
        said_at: UnixMillis(row.try_get(8)?),
    })
}

pub(super) async fn upsert(tx: &mut Tx, tenant: TenantId, device: &Device) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO device (tenant_id, device_tag, platform, enrolment, profile, user_affinity, work_account, managed_by,
         said_by, said_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (tenant_id, device_tag) DO UPDATE SET platform = $3, enrolment = $4, profile = $5,
         user_affinity = $6, work_account = $7, managed_by = $8, said_by = $9, said_at = $10",
    )
    .bind(tenant.to_string())
    .bind(&device.device_tag)
    .bind(device.platform.as_str())
    .bind(device.enrolment.as_str())
    .bind(device.profile.as_deref())
    .bind(device.user_affinity.map(i64::from))
    .bind(device.work_account.as_deref())
    .bind(device.managed_by.as_deref())
    .bind(&device.said_by)
    .bind(device.said_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn find(conn: &mut Conn, tenant: TenantId, tag: &str) -> Result<Option<Device>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM device WHERE tenant_id = $1 AND device_tag = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(tag)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(device).transpose()
}

/// Devices with a tag beyond `after`, by tag.
pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<Device>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM device WHERE tenant_id = $1 AND device_tag > $2 ORDER BY device_tag LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(after)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(device).collect()
}

pub(super) async fn list_userless(conn: &mut Conn, tenant: TenantId) -> Result<BTreeSet<String>, DbError> {
    let rows = sqlx::query("SELECT device_tag FROM device WHERE tenant_id = $1 AND user_affinity = 0")
        .bind(tenant.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn list_enrolled(conn: &mut Conn, tenant: TenantId) -> Result<BTreeSet<String>, DbError> {
    let rows = sqlx::query("SELECT device_tag FROM device WHERE tenant_id = $1 AND enrolment <> 'unmanaged'")
        .bind(tenant.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn delete(tx: &mut Tx, tenant: TenantId, tag: &str) -> Result<bool, DbError> {
    let done = sqlx::query("DELETE FROM device WHERE tenant_id = $1 AND device_tag = $2")
        .bind(tenant.to_string())
        .bind(tag)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}
