//! Every write on `status_code`: the reasons that an instance says, by reason, for help desk.

use std::collections::BTreeMap;

use ringfence_model::TenantId;
use serde_json::{Value, json};

use super::{Report, batch::Batch, execute};
use crate::db::{DbError, Tx};

/// Of reports that were stored just now: forgets what their instances said before and keeps what they say.
pub(crate) async fn replace_codes(
    tx: &mut Tx,
    tenant: TenantId,
    reports: impl ExactSizeIterator<Item = &Report> + Clone,
) -> Result<(), DbError> {
    if reports.len() == 0 {
        return Ok(());
    }
    let ids = [("instance_id", "text"), ("sequence", "bigint")];
    let batch = Batch::new(ids, reports.clone().map(|row| [json!(row.instance), json!(row.report.sequence)]));
    let text = format!(
        "DELETE FROM status_code WHERE tenant_id = $1 AND instance_id IN (SELECT r.instance_id FROM {} \
         JOIN instance_status s ON s.instance_id = r.instance_id WHERE s.tenant_id = $1 AND s.sequence = r.sequence)",
        batch.source(tx.dialect()),
    );
    execute(tx, text, &batch, tenant).await?;
    let rows: Vec<[Value; 5]> = reports.flat_map(rows).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns = [
        ("instance_id", "text"),
        ("sequence", "bigint"),
        ("kind", "text"),
        ("reason", "text"),
        ("at", "bigint"),
    ];
    let batch = Batch::new(columns, rows.into_iter());
    let text = format!(
        "INSERT INTO status_code (tenant_id, instance_id, kind, reason, at) \
         SELECT $1, r.instance_id, r.kind, r.reason, r.at FROM {} \
         JOIN instance_status s ON s.instance_id = r.instance_id WHERE s.tenant_id = $1 AND s.sequence = r.sequence \
         ON CONFLICT DO NOTHING",
        batch.source(tx.dialect()),
    );
    execute(tx, text, &batch, tenant).await
}

/// One row for each kind and reason; of several dialogs with one reason the newest.
fn rows(row: &Report) -> Vec<[Value; 5]> {
    let report = &row.report;
    let mut found: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    let mut add = |kind, reason, at: i64| {
        let newest = found.entry((kind, reason)).or_insert(at);
        *newest = (*newest).max(at);
    };
    for reason in &report.blocked_by {
        add("blocked", reason.as_str(), row.received_at.0);
    }
    for reason in &report.warnings {
        add("warning", reason.as_str(), row.received_at.0);
    }
    for dialog in &report.dialogs {
        add("dialog", dialog.reason.as_str(), dialog.at.0);
    }
    let (instance, sequence) = (json!(row.instance), json!(report.sequence));
    let rows = found.into_iter().map(|((kind, reason), at)| {
        [instance.clone(), sequence.clone(), json!(kind), json!(reason), json!(at)]
    });
    rows.collect()
}
