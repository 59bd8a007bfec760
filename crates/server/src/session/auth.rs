//! Requests on a session: the MAC is checked, the counter taken, the reply authenticated.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::Response,
};
use ringfence_protocol::{
    problem::ProblemCode,
    request::{ReplyParts, RequestParts, SessionHeader},
};

use super::Session;
use crate::{
    app::App,
    http::{ApiError, BODY_MAX, read_body},
};

const SESSION: HeaderName = HeaderName::from_static("ringfence-session");
const REPLY: HeaderName = HeaderName::from_static("ringfence-reply");

/// A refusal of the phone protocol.
pub(crate) fn problem(code: ProblemCode, detail: impl Into<String>) -> ApiError {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    ApiError::new(status, code.as_str(), detail)
}

/// A request that provably comes from the instance.
#[derive(Debug)]
pub(crate) struct Authenticated {
    pub(crate) session: Arc<Session>,
    counter: u64,
}

/// Reads the body and checks the request.
pub(crate) async fn read(app: &App, request: Request) -> Result<(Authenticated, Bytes), ApiError> {
    let (parts, body) = request.into_parts();
    let body = read_body(body, BODY_MAX).await?;
    let authenticated = check(app, &parts.method, &parts.uri, &parts.headers, &body)?;
    Ok((authenticated, body))
}

/// Checks session, MAC and counter, in that order.
pub(crate) fn check(
    app: &App,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Authenticated, ApiError> {
    let unknown = || problem(ProblemCode::SessionUnknown, "the session is unknown or over: begin a new one");
    let text = headers.get(&SESSION).and_then(|value| value.to_str().ok()).ok_or_else(unknown)?;
    let given: SessionHeader =
        text.parse().map_err(|_| problem(ProblemCode::Malformed, "the session header cannot be read"))?;
    let session = app.phones.sessions.find(given.session).ok_or_else(unknown)?;
    let now = app.env.now();
    if session.expires_at <= now || session.active.is_ended() {
        return Err(unknown());
    }
    let parts = RequestParts {
        counter: given.counter,
        method: method.as_str(),
        path_and_query: uri.path_and_query().map_or("/", |path| path.as_str()),
        if_none_match: if_none_match(headers),
        body,
    };
    if !session.keys.verify_request(&parts, &given.mac) {
        app.phones.metrics.mac_invalid.inc();
        return Err(problem(ProblemCode::MacInvalid, "the request was altered, or made with another key"));
    }
    if !session.take(given.counter) {
        app.phones.metrics.replayed.inc();
        return Err(problem(ProblemCode::RequestReplayed, "this request was answered before"));
    }
    session.active.seen_at.fetch_max(now.0, Ordering::Relaxed);
    Ok(Authenticated { session, counter: given.counter })
}

/// What the phone says it has; empty when it says nothing.
pub(crate) fn if_none_match(headers: &HeaderMap) -> &str {
    headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl Authenticated {
    /// A reply whose MAC covers status, entity tag and body.
    pub(crate) fn reply(&self, status: StatusCode, etag: Option<&HeaderValue>, body: Vec<u8>) -> Response {
        let parts = ReplyParts {
            counter: self.counter,
            status: status.as_u16(),
            etag: etag.and_then(|value| value.to_str().ok()).unwrap_or_default(),
            body: &body,
        };
        let mac = self.session.keys.reply_mac(&parts).to_string();
        let is_json = !body.is_empty();
        let mut response = Response::new(if is_json { Body::from(body) } else { Body::empty() });
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Ok(mac) = HeaderValue::from_maybe_shared(Bytes::from(mac)) {
            headers.insert(REPLY, mac);
        }
        if let Some(etag) = etag {
            headers.insert(header::ETAG, etag.clone());
        }
        if is_json {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        response
    }
}
