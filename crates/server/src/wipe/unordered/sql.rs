//! Every statement on `receipt`.

use ringfence_model::{InstanceId, TenantId, UnixMillis};
use ringfence_protocol::{
    Bytes,
    wipe::{WipeCause, WipeOutcome},
};
use sqlx::Row as _;

use super::Receipt;
use crate::db::{Conn, DbError, Row, Tx};

const COLUMNS: &str = "instance_id, cause, reason, outcome, receipt, received_at";

const OUTCOMES: [(WipeOutcome, &str); 3] = [
    (WipeOutcome::Wiped, "wiped"),
    (WipeOutcome::NothingToWipe, "nothingToWipe"),
    (WipeOutcome::Failed, "failed"),
];

fn receipt(row: &Row) -> Result<Receipt, DbError> {
    let corrupt = |column| DbError::Corrupt { column };
    let (cause, outcome): (&str, &str) = (row.try_get(1)?, row.try_get(3)?);
    Ok(Receipt {
        instance: row.try_get::<&str, _>(0)?.parse().map_err(|_| corrupt("instance_id"))?,
        cause: WipeCause::ALL
            .into_iter()
            .find(|known| known.as_str() == cause)
            .ok_or_else(|| corrupt("cause"))?,
        reason: row.try_get(2)?,
        outcome: OUTCOMES
            .into_iter()
            .find(|(_, name)| *name == outcome)
            .map(|(outcome, _)| outcome)
            .ok_or_else(|| corrupt("outcome"))?,
        receipt: Bytes(row.try_get(4)?),
        received_at: UnixMillis(row.try_get(5)?),
    })
}

pub(super) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
) -> Result<Option<Receipt>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM receipt WHERE tenant_id = $1 AND instance_id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(instance.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(receipt).transpose()
}

/// Newest first.
pub(super) async fn list(conn: &mut Conn, tenant: TenantId, limit: i64) -> Result<Vec<Receipt>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM receipt WHERE tenant_id = $1 ORDER BY received_at DESC, instance_id LIMIT $2"
    );
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string()).bind(limit).fetch_all(conn).await?;
    rows.iter().map(receipt).collect()
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
