//! Making the file of a job, beside the request that asked for it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use ringfence_model::Millis;
use serde_json::{Map, Value, json};

use super::{
    archive,
    sql::{self, Job},
    table::{self, Report},
};
use crate::{
    app::{App, Shared},
    authz::Actor,
    http::ApiError,
};

/// How long a file may be fetched.
const LIFE: Millis = Millis::from_secs(3600);

/// The jobs that this node is making now.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<HashSet<String>>);

impl Running {
    fn begin(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
    }

    fn end(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Starts making the file, unless this node is at it already. Asked again for a job that has not ended, so that one
/// whose node was killed is made after all; when two nodes make the same file, the first counts.
pub(super) fn start(app: Shared, actor: Arc<Actor>, job: Job) {
    if !app.exports.begin(&job.id) {
        return;
    }
    tokio::spawn(async move {
        let made = make(&app, &actor, &job).await;
        if let Err(error) = &made {
            tracing::error!(job = %job.id, detail = error.detail(), "a report cannot be made");
        }
        if let Err(error) = finish(&app, &actor, &job, made.ok()).await {
            tracing::error!(job = %job.id, detail = error.detail(), "a report cannot be stored");
        }
        app.exports.end(&job.id);
    });
}

async fn finish(app: &App, actor: &Actor, job: &Job, made: Option<Vec<u8>>) -> Result<(), ApiError> {
    let secret = hex::encode(app.env.bytes::<32>());
    let expires_at = app.env.now().plus(LIFE);
    let mut tx = app.db.write().await?;
    let made = made.as_deref().map(|content| (secret.as_str(), content));
    sql::finish(&mut tx, actor.tenant, &job.id, expires_at, made).await?;
    Ok(tx.commit().await?)
}

async fn make(app: &App, actor: &Arc<Actor>, job: &Job) -> Result<Vec<u8>, ApiError> {
    let text = |name: &str| job.request.get(name).and_then(Value::as_str).unwrap_or_default();
    let report = Report::parse(text("reportName")).unwrap_or(Report::Protection);
    let columns: Vec<&str> = match job.request.get("select").and_then(Value::as_array) {
        Some(select) if !select.is_empty() => select.iter().filter_map(Value::as_str).collect(),
        _ => report.columns(),
    };
    let cells = table::gather(app, actor, None).await?.cells(report);
    let items = cells.into_iter().map(Value::Object).collect();
    let rows = crate::graph::narrowed(text("filter"), items)?;
    let (kind, content) = match text("format") {
        "json" => ("json", json_text(&columns, &rows)),
        _ => ("csv", csv_text(&columns, &rows)),
    };
    archive::zip(&format!("{}.{kind}", job.id), content.as_bytes()).map_err(ApiError::internal)
}

fn json_text(columns: &[&str], rows: &[Value]) -> String {
    let row = |row: &Value| {
        let cells =
            columns.iter().map(|name| ((*name).to_owned(), row.get(*name).cloned().unwrap_or_default()));
        Value::Object(cells.collect::<Map<_, _>>())
    };
    json!({ "values": rows.iter().map(row).collect::<Vec<_>>() }).to_string()
}

fn csv_text(columns: &[&str], rows: &[Value]) -> String {
    let mut out = columns.join(",");
    out.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = columns
            .iter()
            .map(|name| crate::report::csv::cell(name, row.get(*name).unwrap_or(&Value::Null)))
            .collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}
