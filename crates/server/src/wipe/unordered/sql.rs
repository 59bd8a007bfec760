//! Every statement on `receipt`.

use ringfence_model::{InstanceId, TenantId, UnixMillis};
use ringfence_protocol::{
    Bytes,
    wipe::{WipeCause, WipeOutcome},
};
use sqlx::Row as _;

use super::Receipt;
use crate::{
    db::{Conn, DbError, Row, Tx},
    registration::{Instance, sql as instance},
};

const COLUMNS: &str = "r.instance_id, r.cause, r.reason, r.outcome, r.receipt, r.received_at";

const OUTCOMES: [(WipeOutcome, &str); 3] = [
    (WipeOutcome::Wiped, "wiped"),
    (WipeOutcome::NothingToWipe, "nothingToWipe"),
    (WipeOutcome::Failed, "failed"),
];

/// Reads [`COLUMNS`], of which the first is at `from`.
fn receipt(row: &Row, from: usize) -> Result<Receipt, DbError> {
    let corrupt = |column| DbError::Corrupt { column };
    let (cause, outcome): (&str, &str) = (row.try_get(from + 1)?, row.try_get(from + 3)?);
    Ok(Receipt {
        instance: row.try_get::<&str, _>(from)?.parse().map_err(|_| corrupt("instance_id"))?,
        cause: WipeCause::ALL
            .into_iter()
            .find(|known| known.as_str() == cause)
            .ok_or_else(|| corrupt("cause"))?,
        reason: row.try_get(from + 2)?,
        outcome: OUTCOMES
            .into_iter()
            .find(|(_, name)| *name == outcome)
            .map(|(outcome, _)| outcome)
            .ok_or_else(|| corrupt("outcome"))?,
        receipt: Bytes(row.try_get(from + 4)?),
        received_at: UnixMillis(row.try_get(from + 5)?),
    })
}

pub(super) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
) -> Result<Option<Receipt>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM receipt r WHERE r.tenant_id = $1 AND r.instance_id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(instance.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(|row| receipt(row, 0)).transpose()
}

/// Newest first, each with its instance; with `after`, those that come after that one.
pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    after: Option<(UnixMillis, InstanceId)>,
    limit: i64,
) -> Result<Vec<(Receipt, Option<Instance>)>, DbError> {
    let only = if after.is_some() {
        " AND (r.received_at < $3 OR (r.received_at = $3 AND r.instance_id > $4))"
    } else {
        ""
    };
    let text = format!(
        "SELECT {}, {COLUMNS} FROM receipt r LEFT JOIN ({}) \
         ON i.tenant_id = r.tenant_id AND i.instance_id = r.instance_id \
         WHERE r.tenant_id = $1{only} ORDER BY r.received_at DESC, r.instance_id LIMIT $2",
        instance::COLUMNS,
        instance::TABLES
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string()).bind(limit);
    if let Some((at, id)) = after {
        query = query.bind(at.0).bind(id.to_string());
    }
    let rows = query.fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let known = row.try_get::<Option<&str>, _>(0)?.is_some();
            let of = if known { Some(instance::instance(row)?) } else { None };
            Ok((receipt(row, instance::COLUMN_COUNT)?, of))
        })
        .collect()
}

/// False when the instance has proven its wipe before.
pub(super) async fn insert(tx: &mut Tx, tenant: TenantId, row: &Receipt) -> Result<bool, DbError> {
    let outcome = OUTCOMES.into_iter().find(|(outcome, _)| *outcome == row.outcome).map(|(_, name)| name);
    let done = sqlx::query(
        "INSERT INTO receipt (tenant_id, instance_id, cause, reason, outcome, receipt, received_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(tenant.to_string())
    .bind(row.instance.to_string())
    .bind(row.cause.as_str())
    .bind(&row.reason)
    .bind(outcome.unwrap_or_default())
    .bind(row.receipt.0.clone())
    .bind(row.received_at.0)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
