//! `GET /phone/v1/events`

use std::sync::atomic::Ordering;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};

use super::Events;
use crate::{app::Shared, checkin, http::ApiError, session::auth::check};

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/phone/v1/events", get(events))
}

/// The reply's MAC covers the head only (an empty body): what is in the stream has no authority.
async fn events(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let phone = check(&app, request.method(), request.uri(), request.headers(), &[])?;
    app.phones.catch_up(&app).await?;
    let mut response = phone.reply(StatusCode::OK, None, Vec::new());
    let active = &phone.session.active;
    let session = std::sync::Arc::clone(&phone.session);
    let mut events = Events::new(std::sync::Arc::clone(&app), session);
    // Asked after the stream listens: what changes from here on wakes it.
    if active.stale.load(Ordering::Acquire) && checkin::ops::differs(&app, active) {
        events.begin_with_change();
    }
    *response.body_mut() = Body::from_stream(events);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
