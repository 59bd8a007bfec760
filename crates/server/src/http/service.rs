//! The thin service around the router: request id, time-limited body, caught panics, error shape, metrics. It is
//! written by hand because a check-in that finds nothing new must cost hardly more than a bare answer.

use std::{
    convert::Infallible,
    fmt,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header},
    response::IntoResponse,
};
use hyper::body::Incoming;
use ringfence_model::UnixMillis;
use tower::Service as _;
use uuid::Uuid;

use super::{ApiError, body, error::ErrorForm, metrics::Area};
use crate::{app::Shared, audit::limit, config::Deadlines, graph};

/// Names one request in responses and logs. Handlers find it in the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    id: Uuid,
    at: UnixMillis,
}

impl RequestId {
    /// The time of the request as Graph writes it: UTC, no zone suffix.
    pub(crate) fn date(&self) -> String {
        let at = jiff::Timestamp::from_millisecond(self.at.0).unwrap_or_default();
        at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");

/// Graph clients log it; there is one place only.
const DIAGNOSTIC: HeaderName = HeaderName::from_static("x-ms-ags-diagnostic");
const DIAGNOSTIC_TEXT: &str =
    r#"{"ServerInfo":{"DataCenter":"ringfence","Slice":"","Ring":"","ScaleUnit":"","RoleInstance":""}}"#;

/// One per server, shared by all connections.
pub(crate) struct Service {
    app: Shared,
    router: Router,
    deadlines: Deadlines,
    node: u64,
    next: AtomicU64,
}

impl Service {
    pub(crate) fn new(app: Shared, router: Router, deadlines: Deadlines) -> Arc<Self> {
        let node = u64::from_be_bytes(app.env.bytes());
        Arc::new(Self { app, router, deadlines, node, next: AtomicU64::new(1) })
    }

    pub(crate) fn app(&self) -> &Shared {
        &self.app
    }

    pub(crate) async fn call(&self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let started = Instant::now();
        let id = RequestId {
            id: Uuid::from_u64_pair(self.node, self.next.fetch_add(1, Ordering::Relaxed)),
            at: self.app.env.now(),
        };
        let area = area(request.uri().path());
        let method = request.method().clone();
        let uri = request.uri().clone();
        let sent = request.headers();
        let echo = sent.get(&CLIENT_REQUEST_ID).or_else(|| sent.get("x-ms-client-request-id")).cloned();
        let mut response = match self.guarded(request, id).await {
            Ok(response) => response,
            Err(()) => {
                self.app.metrics.panics.inc();
                tracing::error!(request.id = %id, ?area, "a handler panicked");
                let error = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed");
                error.into_response()
            }
        };
        // The error itself travels as an extension: only here is it known which shape the client expects.
        if let Some(error) = response.extensions_mut().remove::<ApiError>() {
            tracing::info!(request.id = %id, %method, ?area, status = error.status().as_u16(), code = error.code(), "refused");
            if let Some(denied) = error.denied() {
                Box::pin(limit::note_refusal(&self.app, denied, format!("{method} {}", uri.path()))).await;
            }
            let client_id = echo.as_ref().and_then(|echo| echo.to_str().ok());
            let form = match area {
                Area::Graph => ErrorForm::Graph,
                Area::Scim => ErrorForm::Scim,
                Area::Phone | Area::Api | Area::Other => ErrorForm::Problem,
            };
            response = error.render(form, id, client_id);
        }
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_maybe_shared(axum::body::Bytes::from(id.to_string())) {
            headers.insert(REQUEST_ID, value);
        }
        if area == Area::Graph {
            headers.insert(DIAGNOSTIC, HeaderValue::from_static(DIAGNOSTIC_TEXT));
            if let (None, Some(id)) = (&echo, headers.get(&REQUEST_ID).cloned()) {
                headers.insert(CLIENT_REQUEST_ID, id);
            }
            if self.app.tls {
                headers
                    .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
            }
        }
        if let Some(echo) = echo {
            headers.insert(CLIENT_REQUEST_ID, echo);
        }
        let took = started.elapsed();
        tracing::debug!(request.id = %id, %method, ?area, status = response.status().as_u16(), ?took, "answered");
        self.app.metrics.count(area, response.status().as_u16(), took);
        Ok(response)
    }

    /// The router's answer, or an error when it panicked.
    async fn guarded(&self, request: Request<Incoming>, id: RequestId) -> Result<Response<Body>, ()> {
        let limit = self.deadlines.body_read;
        let mut request = request.map(|incoming| body::timed(incoming, limit));
        request.extensions_mut().insert(id);
        let graph = area(request.uri().path()) == Area::Graph;
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let answer = answer(Arc::clone(&self.app), self.router.clone(), graph, request);
        if !reads {
            // A client that hangs up must not stop a change between its commit and what follows from it.
            return tokio::spawn(answer).await.map_err(|_| ());
        }
        let mut answer = pin!(answer);
        poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(())),
        })
        .await
    }
}

async fn answer(app: Shared, mut router: Router, graph: bool, request: Request<Body>) -> Response<Body> {
    if graph {
        // Boxed: administration is rare and its state large, check-ins should not carry it.
        let (parts, body) = request.into_parts();
        return Box::pin(graph::handle(app, parts, body)).await;
    }
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn area(path: &str) -> Area {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match first {
        "phone" => Area::Phone,
        "api" => Area::Api,
        "scim" => Area::Scim,
        _ if is_graph_version(first) => Area::Graph,
        _ => Area::Other,
    }
}

/// Graph's version segment is written in any letter case by real clients.
pub(crate) fn is_graph_version(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("v1.0") || segment.eq_ignore_ascii_case("beta")
}
