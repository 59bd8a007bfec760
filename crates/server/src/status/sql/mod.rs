//! Every statement on `instance_status` and `instance_seen`, and the version columns of `instance`. A batch of any size
//! is one prepared statement.

mod batch;
mod codes;

use std::collections::HashMap;

use ringfence_model::{InstanceId, TenantId, UnixMillis};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};

use self::batch::Batch;
pub(super) use self::codes::replace_codes;
use super::{Report, ops::Said};
use crate::{
    checkin::Durable,
    db::{Conn, DbError, Tx},
};

/// Runs a statement whose rows are `batch` and whose tenant is `$1`.
async fn execute<const N: usize>(
    tx: &mut Tx,
    text: String,
    batch: &Batch<N>,
    tenant: TenantId,
) -> Result<(), DbError> {
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string());
    for parameter in batch.parameters(tx.dialect()) {
        query = query.bind(parameter);
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn upsert_reports(
    tx: &mut Tx,
    tenant: TenantId,
    reports: impl ExactSizeIterator<Item = &Report>,
) -> Result<(), DbError> {
    if reports.len() == 0 {
        return Ok(());
    }
    let columns = [
        ("instance_id", "text"),
        ("sequence", "bigint"),
        ("obeyed_version", "bigint"),
        ("content_hash", "text"),
        ("blocked_by", "text"),
        ("warnings", "text"),
        ("dialogs", "text"),
        ("companion_version", "text"),
        ("app_version", "text"),
        ("sdk_version", "text"),
        ("os_version", "text"),
        ("reported_at", "bigint"),
        ("received_at", "bigint"),
    ];
    let names = columns.map(|(name, _)| name);
    let list = names.join(", ");
    let set: Vec<_> = names.iter().skip(1).map(|name| format!("{name} = excluded.{name}")).collect();
    let rows = reports.map(|row| {
        let report = &row.report;
        [
            json!(row.instance),
            json!(report.sequence),
            json!(report.obeyed_version),
            json!(report.content_hash.map(|hash| hash.to_string())),
            json!(report.blocked_by.join(" ")),
            json!(report.warnings.join(" ")),
            json!(serde_json::to_string(&report.dialogs).unwrap_or_default()),
            json!(report.companion_version),
            json!(report.app_version),
            json!(report.sdk_version),
            json!(report.os_version),
            json!(report.at),
            json!(row.received_at),
        ]
    });
    let batch = Batch::new(columns, rows);
    let text = format!(
        "INSERT INTO instance_status (tenant_id, {list}) SELECT $1, {list} FROM {} WHERE TRUE \
         ON CONFLICT (tenant_id, instance_id) DO UPDATE SET {} WHERE excluded.sequence > instance_status.sequence",
        batch.source(tx.dialect()),
        set.join(", "),
    );
    execute(tx, text, &batch, tenant).await
}

/// The last report of an instance.
pub(super) async fn find_said(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
) -> Result<Option<Said>, DbError> {
    let row = sqlx::query(
        "SELECT obeyed_version, blocked_by, warnings, dialogs, companion_version, app_version, sdk_version, os_version, \
         reported_at, received_at FROM instance_status WHERE tenant_id = $1 AND instance_id = $2",
    )
    .bind(tenant.to_string())
    .bind(instance.to_string())
    .fetch_optional(conn)
    .await?;
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    row.map(|row| {
        Ok(Said {
            obeyed_version: row.try_get(0)?,
            blocked_by: words(row.try_get(1)?),
            warnings: words(row.try_get(2)?),
            dialogs: serde_json::from_str(row.try_get(3)?)
                .map_err(|_| DbError::Corrupt { column: "dialogs" })?,
            companion_version: row.try_get(4)?,
            app_version: row.try_get(5)?,
            sdk_version: row.try_get(6)?,
            os_version: row.try_get(7)?,
            reported_at: UnixMillis(row.try_get(8)?),
            received_at: UnixMillis(row.try_get(9)?),
        })
    })
    .transpose()
}

/// Raises versions; a version that is not higher than the stored one changes nothing.
pub(super) async fn update_versions(
    tx: &mut Tx,
    tenant: TenantId,
    versions: &HashMap<InstanceId, Durable>,
) -> Result<(), DbError> {
    if versions.is_empty() {
        return Ok(());
    }
    let columns = [("instance_id", "text"), ("version", "bigint"), ("content_hash", "text")];
    let rows = versions.iter().map(|(id, row)| [json!(id), json!(row.version), json!(row.content_hash)]);
    let batch = Batch::new(columns, rows);
    let text = format!(
        "UPDATE instance SET version = r.version, content_hash = r.content_hash FROM {} \
         WHERE instance.tenant_id = $1 AND instance.instance_id = r.instance_id AND instance.version < r.version",
        batch.source(tx.dialect()),
    );
    execute(tx, text, &batch, tenant).await
}

/// What is stored of these instances.
pub(super) async fn list_versions(
    tx: &mut Tx,
    tenant: TenantId,
    ids: impl ExactSizeIterator<Item = &InstanceId>,
) -> Result<HashMap<InstanceId, Durable>, DbError> {
    if ids.len() == 0 {
        return Ok(HashMap::new());
    }
    let batch = Batch::new([("instance_id", "text")], ids.map(|id| [json!(id)]));
    let text = format!(
        "SELECT i.instance_id, i.version, i.content_hash FROM instance i, {} \
         WHERE i.tenant_id = $1 AND i.instance_id = r.instance_id",
        batch.source(tx.dialect()),
    );
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(tenant.to_string());
    for parameter in batch.parameters(tx.dialect()) {
        query = query.bind(parameter);
    }
    let found = query.fetch_all(&mut **tx).await?;
    found
        .iter()
        .map(|row| {
            let id =
                row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "instance_id" })?;
            Ok((id, Durable { version: row.try_get(1)?, content_hash: row.try_get(2)? }))
        })
        .collect()
}

pub(super) async fn upsert_seen(
    tx: &mut Tx,
    tenant: TenantId,
    seen: &HashMap<InstanceId, i64>,
) -> Result<(), DbError> {
    if seen.is_empty() {
        return Ok(());
    }
    let rows = seen.iter().map(|(id, at)| [json!(id), json!(at)]);
    let batch = Batch::new([("instance_id", "text"), ("seen_at", "bigint")], rows);
    let text = format!(
        "INSERT INTO instance_seen (tenant_id, instance_id, seen_at) SELECT $1, instance_id, seen_at FROM {} WHERE TRUE \
         ON CONFLICT (tenant_id, instance_id) DO UPDATE SET seen_at = excluded.seen_at \
         WHERE excluded.seen_at > instance_seen.seen_at",
        batch.source(tx.dialect()),
    );
    execute(tx, text, &batch, tenant).await
}

/// When an instance was last seen, as far as it is stored.
pub(super) async fn find_seen(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
) -> Result<Option<UnixMillis>, DbError> {
    let row = sqlx::query("SELECT seen_at FROM instance_seen WHERE tenant_id = $1 AND instance_id = $2")
        .bind(tenant.to_string())
        .bind(instance.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok(UnixMillis(row.try_get(0)?))).transpose()
}
