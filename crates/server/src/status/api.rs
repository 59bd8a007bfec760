//! `POST /phone/v1/status`; `GET /api/v1/instances/{id}/status`

use std::sync::atomic::Ordering;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use ringfence_protocol::{
    problem::ProblemCode,
    status::{DIALOGS, StatusReport},
};

use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Report, ops};
use crate::{
    app::Shared,
    audit,
    authz::{act, authorize, sight},
    checkin,
    http::{ApiError, parse_json},
    registration,
    session::auth::{problem, read},
    token::Authenticated,
};

/// Reason codes in one report at most, and the longest of them.
const REASONS: usize = 32;
const REASON_LENGTH: usize = 64;

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().route("/phone/v1/status", post(report)).routes(routes!(said))
}

/// What an instance last said about itself.
#[utoipa::path(
    get,
    path = "/api/v1/instances/{id}/status",
    tag = "reports",
    summary = "What an app instance last said about itself.",
    params(("id" = String, Path)),
    responses((status = 200, description = "The last report of the instance", body = Value), (status = 404, description = "No such instance")),
)]
async fn said(
    State(app): State<Shared>,
    who: Authenticated,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadReports)?;
    let id = id.parse().map_err(|_| ApiError::not_found("there is no such app instance"))?;
    let sight = sight(&app, proof.actor()).await?;
    let mut conn = app.db.read().await?;
    let instance = registration::ops::find(&mut conn, proof.tenant(), id).await?;
    let instance = instance.filter(|instance| sight.sees_user(instance.user));
    let instance = instance.ok_or_else(|| ApiError::not_found("there is no such app instance"))?;
    let said = ops::find_said(&mut conn, proof.tenant(), id).await?;
    drop(conn);
    let said = said.ok_or_else(|| ApiError::not_found("this app instance has not reported yet"))?;
    audit::ops::note_read(&app, proof.actor(), "status.read", [format!("user:{}", instance.user)]).await?;
    Ok(Json(json!({
        "instance": id,
        "obeyedVersion": said.obeyed_version,
        "blockedBy": said.blocked_by,
        "warnings": said.warnings,
        "dialogs": said.dialogs,
        "companionVersion": said.companion_version,
        "appVersion": said.app_version,
        "sdkVersion": said.sdk_version,
        "osVersion": said.os_version,
        "reportedAt": said.reported_at,
        "receivedAt": said.received_at,
    })))
}

async fn report(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (phone, body) = read(&app, request).await?;
    let report: StatusReport = parse_json(&body)?;
    let plain = |reason: &String| {
        reason.len() <= REASON_LENGTH
            && reason.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let dialogs = report.dialogs.iter().map(|dialog| &dialog.reason);
    let named = report.blocked_by.iter().chain(&report.warnings).chain(dialogs);
    let few = report.blocked_by.len() <= REASONS
        && report.warnings.len() <= REASONS
        && report.dialogs.len() <= DIALOGS;
    let fits = i64::try_from(report.sequence).is_ok() && i64::try_from(report.obeyed_version).is_ok();
    if !fits || !few || !named.into_iter().all(plain) {
        return Err(problem(ProblemCode::Malformed, "a number or reason code of the report is out of range"));
    }
    let (sequence, app_version, os_version) =
        (report.sequence, report.app_version.to_string(), report.os_version.to_string());
    let row = Report { instance: phone.session.active.id, report, received_at: app.env.now() };
    app.phones.writer.report(row).await?;
    let active = &phone.session.active;
    if active.learn(sequence, app_version, os_version)
        && app.phones.memory.read().index.has_narrowed(active.user)
    {
        active.mark_stale();
        if active.listeners.load(Ordering::Relaxed) > 0 && checkin::ops::differs(&app, active) {
            active.wake(app.phones.memory.revision());
        }
    }
    Ok(phone.reply(StatusCode::NO_CONTENT, None, Vec::new()))
}
