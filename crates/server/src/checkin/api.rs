//! `GET /phone/v1/checkin`

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
    routing::get,
};

use super::ops;
use crate::{
    app::Shared,
    http::ApiError,
    session::auth::{check, if_none_match},
};

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/phone/v1/checkin", get(check_in))
}

async fn check_in(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let phone = check(&app, method, uri, headers, &[])?;
    let now = app.env.now();
    let served = ops::current(&app, &phone.session.active, now).await?;
    if served.etag.as_bytes() == if_none_match(headers).as_bytes() {
        app.phones.metrics.checkins_unchanged.inc();
        return Ok(phone.reply(StatusCode::NOT_MODIFIED, Some(&served.etag), Vec::new()));
    }
    app.phones.metrics.checkins_changed.inc();
    let body = serde_json::to_vec(&ops::reply(&app, &served, now)?).map_err(ApiError::internal)?;
    Ok(phone.reply(StatusCode::OK, Some(&served.etag), body))
}
