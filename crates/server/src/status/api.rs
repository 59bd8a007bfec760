//! `POST /phone/v1/status`

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use ringfence_protocol::{problem::ProblemCode, status::StatusReport};

use super::Report;
use crate::{
    app::Shared,
    http::{ApiError, parse_json},
    session::auth::{problem, read},
};

/// Reason codes in one report at most, and the longest of them.
const REASONS: usize = 32;
const REASON_LENGTH: usize = 64;

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/phone/v1/status", post(report))
}

async fn report(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (phone, body) = read(&app, request).await?;
    let report: StatusReport = parse_json(&body)?;
    let plain = |reason: &String| {
        reason.len() <= REASON_LENGTH
            && reason.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let fits = i64::try_from(report.sequence).is_ok() && i64::try_from(report.obeyed_version).is_ok();
    if !fits || report.blocked_by.len() > REASONS || !report.blocked_by.iter().all(plain) {
        return Err(problem(ProblemCode::Malformed, "a number or reason code of the report is out of range"));
    }
    let row = Report { instance: phone.session.active.id, report, received_at: app.env.now() };
    app.phones.writer.report(row).await?;
    Ok(phone.reply(StatusCode::NO_CONTENT, None, Vec::new()))
}
