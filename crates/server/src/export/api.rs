//! `/deviceManagement/reports`: jobs that make files, and the two reports of `/beta` that answer at once.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use ringfence_model::{AppEntryId, Millis, UnixMillis, document::ApiVersion};
use serde_json::{Map, Value, json};

use super::{
    jobs,
    sql::{self, Job},
    table::{self, Report},
};
use crate::{
    audit::{self, Record},
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, complete, created, entity, faults, narrowed, timestamp},
    http::ApiError,
};

const SET: &str = "deviceManagement/reports/exportJobs";
const KIND: &str = "deviceManagementExportJob";
const PAGE: usize = 1000;
/// Rows of one answer at most.
const TOP_MAX: u64 = 1000;
/// How long jobs are remembered after their file is gone.
const KEPT: Millis = Millis::from_days(1);

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ["devicemanagement", "reports", rest @ ..] = parts.as_slice() else { return Ok(None) };
    let beta = request.version == ApiVersion::Beta;
    let response = match (method.as_str(), rest) {
        ("GET", ["exportjobs"]) => list(request).await,
        ("POST", ["exportjobs"]) => create(request).await,
        ("GET", ["exportjobs", _]) => get(request).await,
        ("POST", ["getmobileapplicationmanagementappregistrationsummaryreport"]) if beta => {
            answer(request, Report::Protection).await
        }
        ("POST", ["getmobileapplicationmanagementappconfigurationreport"]) if beta => {
            answer(request, Report::Configuration).await
        }
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn mine(request: &Request) -> Result<Vec<Job>, ApiError> {
    let proof = authorize(&request.actor, act::ReadReports)?;
    Ok(sql::list(&mut *request.app.db.read().await?, proof.tenant(), &request.actor.name).await?)
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let items = mine(request).await?.iter().map(|job| shown(request, job)).collect();
    Ok(collection(request, SET, apply(&request.query, items, PAGE)?))
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    let key = request.key(3);
    let found = mine(request).await?.into_iter().find(|job| job.id.eq_ignore_ascii_case(key));
    let found = found.ok_or_else(|| Failure::not_found("export job of yours", key))?;
    if found.state == sql::NOT_STARTED {
        jobs::start(request.app.clone(), request.actor.clone(), found.clone());
    }
    Ok(entity(request, SET, shown(request, &found)))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadReports)?;
    let body: Map<String, Value> = request.json().await?;
    let asked = checked(&body)?;
    let app = request.app.clone();
    let now = app.env.now();
    let name = asked["reportName"].as_str().unwrap_or_default();
    let job = Job {
        id: format!("{name}_{}", app.env.make_id(AppEntryId::make)),
        asked_by: request.actor.name.clone(),
        state: sql::NOT_STARTED.to_owned(),
        requested_at: now,
        expires_at: None,
        secret: None,
        request: asked,
    };
    let mut tx = app.db.write().await?;
    sql::delete_old(
        &mut tx,
        proof.tenant(),
        UnixMillis(now.0.saturating_sub(i64::try_from(KEPT.0).unwrap_or(i64::MAX))),
    )
    .await?;
    sql::insert(&mut tx, proof.tenant(), &job).await?;
    let after = job.request.to_string();
    let record = Record {
        act: "report.export",
        object: format!("export:{}", job.id),
        after: Some(after.as_bytes()),
        before: None,
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    jobs::start(app, request.actor.clone(), job.clone());
    Ok(created(request, SET, &format!("{SET}('{}')", job.id), shown(request, &job)))
}

/// What is asked, with every value named in the form of the schema.
fn checked(body: &Map<String, Value>) -> Result<Value, ApiError> {
    let wrong = faults(KIND, body);
    if !wrong.is_empty() {
        return Err(Failure::Invalid(wrong).into());
    }
    let found = body.get("reportName").unwrap_or(&Value::Null);
    let report = found.as_str().and_then(Report::parse);
    let report = report
        .ok_or_else(|| Failure::invalid("reportName", found, "is no report of this server", Report::NAMES))?;
    let format = body.get("format").and_then(Value::as_str).unwrap_or("csv").to_ascii_lowercase();
    if !["csv", "json"].contains(&format.as_str()) {
        return Err(Failure::invalid("format", &json!(format), "is not offered", "csv, json").into());
    }
    let filter = body.get("filter").and_then(Value::as_str).unwrap_or_default();
    narrowed(filter, Vec::new())?;
    let localization = match body.get("localizationType").and_then(Value::as_str) {
        Some(text) if text.eq_ignore_ascii_case("replaceLocalizableValues") => "replaceLocalizableValues",
        _ => "localizedValuesAsAdditionalColumn",
    };
    Ok(json!({
        "reportName": found,
        "format": format,
        "filter": body.get("filter"),
        "search": body.get("search"),
        "snapshotId": null,
        "localizationType": localization,
        "select": select(body, &report.columns())?,
    }))
}

/// Names of columns, spelled as the report spells them.
fn select(body: &Map<String, Value>, columns: &[&str]) -> Result<Vec<String>, ApiError> {
    let Some(Value::Array(names)) = body.get("select") else { return Ok(Vec::new()) };
    let known = |name: &Value| {
        let text = name.as_str().unwrap_or_default();
        let found = columns.iter().find(|column| column.eq_ignore_ascii_case(text));
        found.map(|column| (*column).to_owned()).ok_or_else(|| {
            Failure::invalid("select", name, "is no column of this report", &columns.join(", ")).into()
        })
    };
    names.iter().map(known).collect()
}

fn shown(request: &Request, job: &Job) -> Value {
    let Value::Object(mut members) = job.request.clone() else { return Value::Null };
    let open = job.expires_at.is_some_and(|at| at > request.app.env.now());
    let link = job.secret.as_ref().filter(|_| open).map(|secret| {
        let host = request.root.rsplit_once('/').map_or(request.root.as_str(), |(host, _)| host);
        format!("{host}/api/v1/exports/{}/{secret}", job.id)
    });
    members.insert("id".to_owned(), json!(job.id));
    members.insert("status".to_owned(), json!(job.state));
    members.insert("url".to_owned(), json!(link));
    members.insert("requestDateTime".to_owned(), json!(timestamp(job.requested_at)));
    if let Some(at) = job.expires_at {
        members.insert("expirationDateTime".to_owned(), json!(timestamp(at)));
    }
    Value::Object(complete(KIND, request.version, members))
}

/// A page of the report: rows of values, columns in alphabetical order.
async fn answer(request: &mut Request, report: Report) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadReports)?;
    let body: Map<String, Value> = request.json().await?;
    let columns: Vec<&str> = report.columns();
    let mut offered: Vec<&str> =
        columns.iter().map(|name| if *name == "Platform" { "_Platform" } else { *name }).collect();
    let chosen = select(&body, &[offered.as_slice(), &["Platform"]].concat())?;
    if !chosen.is_empty() {
        let is_chosen = |name: &&str| {
            chosen.iter().any(|one| one.trim_start_matches('_') == name.trim_start_matches('_'))
        };
        offered.retain(is_chosen);
    }
    offered.sort_unstable();
    let gathered = table::gather(&request.app, &request.actor, None).await?;
    let items = gathered.cells(report).into_iter().map(Value::Object).collect();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut rows = narrowed(text("filter"), items)?;
    let wanted = text("search").to_lowercase();
    rows.retain(|row| {
        wanted.is_empty() || offered.iter().any(|name| cell(row, name).to_lowercase().contains(&wanted))
    });
    order(&mut rows, &body, &offered)?;
    let number = |name: &str, zero: u64| body.get(name).and_then(Value::as_u64).unwrap_or(zero);
    let skip = usize::try_from(number("skip", 0)).unwrap_or(usize::MAX);
    let top = usize::try_from(number("top", 50).min(TOP_MAX)).unwrap_or(50);
    let total = rows.len();
    let values: Vec<Vec<&str>> = rows
        .iter()
        .skip(skip)
        .take(top)
        .map(|row| offered.iter().map(|name| cell(row, name)).collect())
        .collect();
    let schema: Vec<Value> =
        offered.iter().map(|name| json!({ "Column": name, "PropertyType": "String" })).collect();
    let told = json!({ "TotalRowCount": total, "Schema": schema, "Values": values, "SessionId": "" });
    let mut response = Response::new(Body::from(told.to_string()));
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

fn cell<'a>(row: &'a Value, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// `["App", "LastSync desc"]`
fn order(rows: &mut [Value], body: &Map<String, Value>, columns: &[&str]) -> Result<(), ApiError> {
    let Some(Value::Array(wanted)) = body.get("orderBy") else { return Ok(()) };
    for one in wanted.iter().rev() {
        let text = one.as_str().unwrap_or_default();
        let (name, way) = text.trim().split_once(' ').unwrap_or((text.trim(), "asc"));
        let known = columns
            .iter()
            .find(|column| column.trim_start_matches('_').eq_ignore_ascii_case(name.trim_start_matches('_')));
        let name = known.ok_or_else(|| {
            Failure::invalid("orderBy", one, "is no column of this report", &columns.join(", "))
        })?;
        let descending = way.trim().eq_ignore_ascii_case("desc");
        rows.sort_by(|a, b| {
            let found = cell(a, name).cmp(cell(b, name));
            if descending { found.reverse() } else { found }
        });
    }
    Ok(())
}
