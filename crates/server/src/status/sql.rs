//! Every statement on `instance_status` and `instance_seen`, and the version columns of `instance`. Many rows travel as
//! one JSON text, so that a batch of any size is one prepared statement.

use std::collections::HashMap;

use ringfence_model::{InstanceId, TenantId};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};

use super::Report;
use crate::{
    checkin::Durable,
    db::{DbError, Dialect, Tx},
};

/// The rows of the JSON text `$1` as a table `r`.
fn rows(dialect: Dialect, columns: &[(&str, &str)]) -> String {
    match dialect {
        Dialect::Postgres => {
            let typed: Vec<_> = columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
            format!("json_to_recordset($1::json) AS r({})", typed.join(", "))
        }
        Dialect::Sqlite => {
            let named: Vec<_> =
                columns.iter().map(|(name, _)| format!("value->>'{name}' AS {name}")).collect();
            format!("(SELECT {} FROM json_each($1)) AS r", named.join(", "))
        }
    }
}

async fn execute(tx: &mut Tx, text: String, rows: Vec<Value>, tenant: TenantId) -> Result<(), DbError> {
    sqlx::query(AssertSqlSafe(text))
        .bind(Value::Array(rows).to_string())
        .bind(tenant.to_string())
        .execute(&mut **tx)
        .await?;
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
        ("app_version", "text"),
        ("sdk_version", "text"),
        ("os_version", "text"),
        ("reported_at", "bigint"),
        ("received_at", "bigint"),
    ];
    let names = columns.map(|(name, _)| name);
    let list = names.join(", ");
    let set: Vec<_> = names.iter().skip(1).map(|name| format!("{name} = excluded.{name}")).collect();
    let text = format!(
        "INSERT INTO instance_status (tenant_id, {list}) SELECT $2, {list} FROM {} WHERE TRUE \
         ON CONFLICT (tenant_id, instance_id) DO UPDATE SET {} WHERE excluded.sequence > instance_status.sequence",
        rows(tx.dialect(), &columns),
        set.join(", "),
    );
    let values = reports.map(|row| {
        let report = &row.report;
        json!({
            "instance_id": row.instance,
            "sequence": report.sequence,
            "obeyed_version": report.obeyed_version,
            "content_hash": report.content_hash.map(|hash| hash.to_string()),
            "blocked_by": report.blocked_by.join(" "),
            "app_version": report.app_version,
            "sdk_version": report.sdk_version,
            "os_version": report.os_version,
            "reported_at": report.at,
            "received_at": row.received_at,
        })
    });
    execute(tx, text, values.collect(), tenant).await
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
    let text = format!(
        "UPDATE instance SET version = r.version, content_hash = r.content_hash FROM {} \
         WHERE instance.tenant_id = $2 AND instance.instance_id = r.instance_id AND instance.version < r.version",
        rows(tx.dialect(), &columns),
    );
    let values = versions.iter().map(
        |(id, row)| json!({"instance_id": id, "version": row.version, "content_hash": row.content_hash}),
    );
    execute(tx, text, values.collect(), tenant).await
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
    let text = format!(
        "SELECT i.instance_id, i.version, i.content_hash FROM instance i, {} \
         WHERE i.tenant_id = $2 AND i.instance_id = r.instance_id",
        rows(tx.dialect(), &[("instance_id", "text")]),
    );
    let values: Vec<_> = ids.map(|id| json!({"instance_id": id})).collect();
    let found = sqlx::query(AssertSqlSafe(text))
        .bind(Value::Array(values).to_string())
        .bind(tenant.to_string())
        .fetch_all(&mut **tx)
        .await?;
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
    let columns = [("instance_id", "text"), ("seen_at", "bigint")];
    let text = format!(
        "INSERT INTO instance_seen (tenant_id, instance_id, seen_at) SELECT $2, instance_id, seen_at FROM {} WHERE TRUE \
         ON CONFLICT (tenant_id, instance_id) DO UPDATE SET seen_at = excluded.seen_at \
         WHERE excluded.seen_at > instance_seen.seen_at",
        rows(tx.dialect(), &columns),
    );
    let values = seen.iter().map(|(id, at)| json!({"instance_id": id, "seen_at": at}));
    execute(tx, text, values.collect(), tenant).await
}
