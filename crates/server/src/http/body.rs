//! Reading request bodies: bounded in size and in time, JSON bounded in depth.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use serde::de::DeserializeOwned;
use tokio::time::Sleep;

use super::{ApiError, FieldProblem, misfit};

/// Largest body of ordinary requests, in bytes.
pub const BODY_MAX: usize = 256 * 1024;

/// Largest body of policy documents and bulk requests, in bytes.
pub const IMPORT_MAX: usize = 4 * 1024 * 1024;

/// The client did not send the whole body in time.
#[derive(Debug, thiserror::Error)]
#[error("the request body did not arrive in time")]
struct TooSlow;

struct Timed {
    inner: Incoming,
    deadline: Pin<Box<Sleep>>,
}

/// Wraps a body so that it fails at the deadline. Bodies that are already complete cost nothing.
pub(super) fn timed(inner: Incoming, limit: Duration) -> Body {
    if inner.is_end_stream() {
        return Body::empty();
    }
    Body::new(Timed { inner, deadline: Box::pin(tokio::time::sleep(limit)) })
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        match self.deadline.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Some(Err(TooSlow.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Reads a whole body of at most `max` bytes.
///
/// # Errors
/// 413 when larger (a declared length is refused before reading), 408 when too slow, 400 when cut off.
pub async fn read_body(body: Body, max: usize) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > max as u64 {
        return Err(ApiError::too_large(max));
    }
    Limited::new(body, max).collect().await.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() {
            ApiError::too_large(max)
        } else if is_too_slow(&*error) {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", TooSlow.to_string())
        } else {
            ApiError::bad_request("body_incomplete", "the request body was cut off")
        }
    })
}

/// The error and what is behind it.
fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<TooSlow>() || error.source().is_some_and(is_too_slow)
}

/// A JSON request body, at most [`BODY_MAX`] bytes and 128 levels deep.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        require_json(request.headers())?;
        let bytes = read_body(request.into_body(), BODY_MAX).await?;
        parse_json(&bytes).map(Json)
    }
}

/// Refuses a body that is declared to be something else than JSON.
pub(crate) fn require_json(headers: &axum::http::HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind =
        value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json"
        || (kind.starts_with("application/") && kind.ends_with("+json"))
        || kind.is_empty()
    {
        return Ok(());
    }
    let detail = format!("the body must be application/json, not `{kind}`");
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail))
}

pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| (error.path().to_string(), error.into_inner()));
    let whole = read.and_then(|value| {
        reader.end().map_err(|error| (".".to_owned(), error))?;
        Ok(value)
    });
    whole.map_err(|(path, error)| {
        let place = format!("line {} column {}", error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => {
                let place = if path == "." { "the body".to_owned() } else { format!("`{path}`") };
                let detail = format!("the body does not fit: {place} {}", misfit::told(&error));
                let answer = ApiError::bad_request("invalid_value", detail);
                // A member that is missing or too many is named by the message alone.
                if path == "." { answer } else { answer.field(misfit(path, &error)) }
            }
            _ => ApiError::bad_request("malformed_json", format!("the body is not JSON: {error}")).field(
                FieldProblem {
                    path: place,
                    problem: "cannot be read as JSON".to_owned(),
                    ..FieldProblem::default()
                },
            ),
        }
    })
}

/// A member of a wrong type or with an unknown name.
fn misfit(path: String, error: &serde_json::Error) -> FieldProblem {
    FieldProblem { path, problem: misfit::told(error), ..FieldProblem::default() }
}
