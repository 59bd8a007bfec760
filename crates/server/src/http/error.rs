//! The one error that handlers answer with. It is rendered as a Graph error envelope under `/v1.0` and `/beta`, as a
//! SCIM error under `/scim`, and as RFC 9457 problem JSON elsewhere, by the service around the router.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::RequestId;
use crate::{
    authz::{Denied, carriers},
    db::DbError,
};

/// When to come back after finding the database busy.
const BUSY_WAIT_S: u64 = 5;

/// One wrong value in a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldProblem {
    /// Where, e.g. `assignments[0].target.groupId`.
    pub path: String,
    /// The value as given.
    pub value: Option<String>,
    /// What is wrong with it.
    pub problem: String,
    /// What is allowed.
    pub allowed: Option<String>,
}

/// What clients of a part of the surface expect of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    /// RFC 9457.
    Problem,
    /// The envelope of Graph.
    Graph,
    /// RFC 7644 §3.12.
    Scim,
}

/// A refusal or failure with a stable code.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    graph_code: Option<&'static str>,
    detail: String,
    fields: Vec<FieldProblem>,
    retry_after_s: Option<u64>,
    denied: Option<Arc<Denied>>,
    /// Nothing was presented that could be wrong (RFC 6750 §3.1: then the challenge names no error).
    unasked: bool,
}

/// A challenge that says what is wrong: `Bearer realm="ringfence", error="invalid_token", error_description="…"`.
pub(crate) fn challenge(scheme: &str, error: Option<&str>, detail: &str) -> HeaderValue {
    // RFC 6750 §3 allows printable ASCII without these two; texts of strangers may hold anything.
    let plain = |c: char| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') { c } else { '?' };
    let mut text = format!("{scheme} realm=\"ringfence\"");
    if let Some(error) = error {
        let _ = write!(text, ", error=\"{error}\"");
    }
    let detail: String = detail.chars().take(300).map(plain).collect();
    let _ = write!(text, ", error_description=\"{detail}\"");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}

impl ApiError {
    /// Any error; `code` is stable snake_case.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            graph_code: None,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after_s: None,
            denied: None,
            unasked: false,
        }
    }

    /// 400.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 400 with the wrong fields; the detail lists them all.
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let detail = fields.iter().map(describe).collect::<Vec<_>>().join("; ");
        Self { fields, ..Self::bad_request("invalid_value", detail) }
    }

    /// 401.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_invalid", detail)
    }

    /// 401 to somebody who presented nothing.
    pub fn no_credentials(detail: impl Into<String>) -> Self {
        Self { unasked: true, ..Self::unauthenticated(detail) }
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path does not take this method")
    }

    /// 409.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("the request body is larger than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    }

    /// 500; the cause goes to the log, not to the client.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server failed; see its log under the request id",
        )
    }

    /// Names one field.
    #[must_use]
    pub fn field(mut self, field: FieldProblem) -> Self {
        self.fields.push(field);
        self
    }

    /// Another code in Graph's envelope than the status has by itself; the first one set stays.
    #[must_use]
    pub(crate) fn graph_code(mut self, code: &'static str) -> Self {
        self.graph_code.get_or_insert(code);
        self
    }

    /// Tells the client when to come back.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The permission that was missing, if that is why.
    pub(crate) fn denied(&self) -> Option<&Denied> {
        self.denied.as_deref()
    }

    /// The finished response.
    pub(crate) fn render(&self, form: ErrorForm, id: RequestId, client_id: Option<&str>) -> Response {
        let (body, kind) = match form {
            ErrorForm::Graph => {
                (self.graph_body(id, client_id), "application/json;odata.metadata=minimal;charset=utf-8")
            }
            ErrorForm::Scim => (crate::scim::error_body(self), "application/scim+json"),
            ErrorForm::Problem => (self.problem_body(id), "application/problem+json"),
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, self.challenge());
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::PAYLOAD_TOO_LARGE || self.status == StatusCode::REQUEST_TIMEOUT {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// What to authenticate with, and what was wrong with what was presented.
    fn challenge(&self) -> HeaderValue {
        match self.code {
            "session_unknown" | "mac_invalid" | "request_replayed" => {
                challenge("Ringfence-Session", Some(self.code), &self.detail)
            }
            "token_invalid" if !self.unasked => challenge("Bearer", Some("invalid_token"), &self.detail),
            _ => challenge("Bearer", None, &self.detail),
        }
    }

    fn problem_body(&self, id: RequestId) -> Value {
        let mut body = Map::new();
        body.insert("type".into(), json!(format!("urn:ringfence:problem:{}", self.code)));
        body.insert("title".into(), json!(self.status.canonical_reason().unwrap_or("Error")));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert("code".into(), json!(self.code));
        body.insert("detail".into(), json!(self.detail));
        if let Some(first) = self.fields.first() {
            body.insert("field".into(), json!(first.path));
            if let Some(value) = &first.value {
                body.insert("value".into(), json!(value));
            }
            if let Some(allowed) = &first.allowed {
                body.insert("allowed".into(), json!(allowed));
            }
        }
        if self.fields.len() > 1 {
            let all = self.fields.iter().map(|field| {
                json!({"field": field.path, "value": field.value, "problem": field.problem, "allowed": field.allowed})
            });
            body.insert("errors".into(), all.collect());
        }
        body.insert("requestId".into(), json!(id.to_string()));
        Value::Object(body)
    }

    fn graph_body(&self, id: RequestId, client_id: Option<&str>) -> Value {
        let id_text = id.to_string();
        let mut error = json!({
            "code": self.graph_code.unwrap_or_else(|| graph_code(self.status)),
            "message": self.detail,
            "innerError": {
                "code": self.code,
                "date": id.date(),
                "request-id": id_text,
                "client-request-id": client_id.unwrap_or(&id_text),
            },
        });
        if !self.fields.is_empty() {
            let details = self
                .fields
                .iter()
                .map(|field| json!({"code": self.code, "message": describe(field), "target": field.path}));
            error["details"] = details.collect();
        }
        json!({ "error": error })
    }
}

fn describe(field: &FieldProblem) -> String {
    let path = if field.path.is_empty() { "(document)" } else { &field.path };
    let mut text = format!("`{path}` {}", field.problem);
    if let Some(value) = &field.value {
        let _ = write!(text, " (given: `{value}`)");
    }
    if let Some(allowed) = &field.allowed {
        let _ = write!(text, ", allowed: {allowed}");
    }
    text
}

/// The code that Graph clients expect for a status.
fn graph_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "InvalidAuthenticationToken",
        403 => "Forbidden",
        404 => "ResourceNotFound",
        405 => "MethodNotAllowed",
        408 => "RequestTimeout",
        409 => "Conflict",
        412 => "PreconditionFailed",
        413 => "RequestEntityTooLarge",
        415 => "UnsupportedMediaType",
        429 => "TooManyRequests",
        501 => "NotImplemented",
        503 => "ServiceUnavailable",
        500.. => "InternalServerError",
        _ => "BadRequest",
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string())
                .retry_after_s(BUSY_WAIT_S),
            DbError::Nul => Self::bad_request("invalid_value", error.to_string()),
            _ => Self::internal(error),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        let error = Self::new(StatusCode::FORBIDDEN, denied.code(), denied.to_string()).field(FieldProblem {
            path: denied.permission.name().to_owned(),
            problem: "is a permission you do not have".to_owned(),
            allowed: Some(carriers(denied.permission)),
            value: None,
        });
        Self { denied: Some(Arc::new(denied)), ..error }
    }
}
