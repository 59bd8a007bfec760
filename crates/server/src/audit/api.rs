//! `GET /api/v1/audit`, `/verify`, `/export`; `DELETE /api/v1/audit/content`.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::Response,
};
use ringfence_model::{UnixMillis, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Told, Verdict, Wanted, erase,
    export::{self, Format},
    ops,
};
use crate::{
    app::{App, Shared},
    authz::{act, authorize, sight},
    directory,
    http::{ApiError, FieldProblem},
    token::Authenticated,
};

const PAGE: i64 = 500;
/// Lines on their way to a slow client.
const LINES: usize = 256;

/// Which entries are asked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    after: i64,
    limit: Option<i64>,
    since: Option<String>,
    until: Option<String>,
    user: Option<String>,
    act: Option<String>,
    format: Option<String>,
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(verify))
        .routes(routes!(export))
        .routes(routes!(erase_content))
}

#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "audit",
    summary = "Entries of the audit log.",
    params(Asked),
    responses((status = 200, description = "A page of entries, oldest first, and `next` to ask after", body = Value)),
)]
async fn list(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&actor, act::ReadAudit)?;
    let asked = query(asked)?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let wanted = wanted(&app, &asked).await?;
    let entries = ops::list(&mut *app.db.read().await?, &proof, &wanted, limit).await?;
    ops::note_log_read(&app, &actor).await?;
    let next = (entries.len() as i64 == limit).then(|| entries.last().map(|told| told.entry.seq)).flatten();
    Ok(Json(json!({ "entries": entries.iter().map(represent).collect::<Vec<_>>(), "next": next })))
}

#[utoipa::path(
    get,
    path = "/api/v1/audit/verify",
    tag = "audit",
    summary = "Recomputes the whole chain.",
    responses((status = 200, description = "Whether the chain holds, and where it does not", body = Value)),
)]
async fn verify(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&actor, act::ReadAudit)?;
    Ok(Json(match ops::verify(&mut *app.db.snapshot().await?, proof.tenant(), |_| {}).await? {
        Verdict::Intact(found) => {
            json!({ "intact": true, "entries": found.entries, "erased": found.erased, "head": found.head })
        }
        Verdict::Broken(fault) => json!({ "intact": false, "seq": fault.seq, "why": fault.why }),
    }))
}

#[utoipa::path(
    get,
    path = "/api/v1/audit/export",
    tag = "audit",
    summary = "The log as a file.",
    params(Asked),
    responses((status = 200, description = "JSON lines or CSV")),
)]
async fn export(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    let proof = authorize(&actor, act::ReadAudit)?;
    let asked = query(asked)?;
    let format = match asked.format.as_deref() {
        None => Format::default(),
        Some(text) => text.parse().map_err(|_| wrong("format", text, "is not a format", "jsonl, csv"))?,
    };
    let wanted = wanted(&app, &asked).await?;
    ops::note_log_read(&app, &actor).await?;
    let (sender, receiver) = tokio::sync::mpsc::channel(LINES);
    let of = (proof.tenant(), app.env.now());
    tokio::spawn(async move {
        if let Err(error) = export::produce(&app.db, of, &wanted, format, &sender).await {
            // The file ends without its last line, which says enough.
            tracing::error!(%error, "the export of the audit log broke off");
        }
    });
    let ending = if format == Format::Csv { "\r\n" } else { "\n" };
    let lines =
        ReceiverStream::new(receiver).map(move |line| Ok::<_, std::io::Error>(Bytes::from(line + ending)));
    let mut response = Response::new(Body::from_stream(lines));
    let (kind, name) = match format {
        Format::Jsonl => ("application/jsonl", "attachment; filename=\"audit.jsonl\""),
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(response)
}

#[utoipa::path(
    delete,
    path = "/api/v1/audit/content",
    tag = "audit",
    summary = "Erases what is kept about one person, without breaking the chain.",
    params(Asked),
    responses((status = 200, description = "How many entries lost their content", body = Value)),
)]
async fn erase_content(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&actor, act::ManagePersonalData)?;
    let asked = query(asked)?;
    let Some(user) = person(&app, asked.user.as_deref()).await? else {
        return Err(wrong("user", "", "is missing", "a sign-in name or an id"));
    };
    if !sight(&app, proof.actor()).await?.sees_user(user) {
        return Err(no_user(asked.user.as_deref().unwrap_or_default()));
    }
    Ok(Json(json!({ "user": user, "erased": erase::erase(&app, &proof, user).await? })))
}

fn query(asked: Result<Query<Asked>, QueryRejection>) -> Result<Asked, ApiError> {
    let Query(asked) = asked.map_err(|error| ApiError::bad_request("invalid_value", error.body_text()))?;
    Ok(asked)
}

async fn wanted(app: &App, asked: &Asked) -> Result<Wanted, ApiError> {
    Ok(Wanted {
        after: asked.after,
        up_to: None,
        since: time("since", asked.since.as_deref())?,
        until: time("until", asked.until.as_deref())?,
        user: person(app, asked.user.as_deref()).await?,
        act: asked.act.clone(),
    })
}

/// `2026-01-02` (UTC) or `2026-01-02T03:04:05Z`.
fn time(path: &str, text: Option<&str>) -> Result<Option<UnixMillis>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let day = text.parse::<jiff::civil::Date>().ok().filter(|_| !text.contains('T'));
    let at = match day {
        Some(day) => day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp()),
        None => text.parse::<jiff::Timestamp>().ok(),
    };
    let at = at.ok_or_else(|| wrong(path, text, "is not a time", "2026-01-02 or 2026-01-02T03:04:05Z"))?;
    Ok(Some(UnixMillis(at.as_millisecond())))
}

/// An id may be of a user who is gone.
async fn person(app: &App, text: Option<&str>) -> Result<Option<UserId>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(id) = text.parse() {
        return Ok(Some(id));
    }
    let found = directory::ops::find_user(&mut *app.db.read().await?, app.tenant, text).await?;
    found.map(|found| Some(found.id)).ok_or_else(|| no_user(text))
}

fn no_user(text: &str) -> ApiError {
    ApiError::not_found(format!("there is no user `{text}`"))
}

fn wrong(path: &str, value: &str, problem: &str, allowed: &str) -> ApiError {
    ApiError::invalid(vec![FieldProblem {
        path: path.to_owned(),
        value: Some(value.to_owned()),
        problem: problem.to_owned(),
        allowed: Some(allowed.to_owned()),
    }])
}

/// An entry as the API shows it.
pub fn represent(told: &Told) -> Value {
    let (entry, content) = (&told.entry, told.stored.read());
    json!({
        "seq": entry.seq, "at": entry.at.0, "actor": entry.actor, "token": entry.token, "act": entry.act,
        "object": entry.object, "beforeHash": entry.before_hash, "afterHash": entry.after_hash,
        "requestId": entry.request, "outcome": entry.outcome, "hash": entry.hash,
        "contentHash": entry.content_hash, "from": content.from, "before": content.before, "after": content.after,
        "objects": content.objects, "count": content.count, "request": content.request,
        "reason": content.reason, "detail": content.detail, "tried": content.tried,
        "repeated": content.repeated, "erased": content.erased, "erasedBy": told.stored.erased_by,
    })
}
