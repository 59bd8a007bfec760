//! One request to the Graph surface.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::Body,
    http::{HeaderMap, Method, header, request::Parts},
};
use ringfence_model::document::ApiVersion;
use serde::de::DeserializeOwned;

use super::{Query, path};
use crate::{
    app::Shared,
    authz::{Actor, Sight, sight},
    http::{ApiError, BODY_MAX, IMPORT_MAX, parse_json, read_body, require_json},
    token,
};

/// A request with its caller known and its URL taken apart.
pub(crate) struct Request {
    pub(crate) app: Shared,
    pub(crate) actor: Arc<Actor>,
    pub(crate) version: ApiVersion,
    pub(crate) method: Method,
    /// Segments below the version, keys included, as written.
    pub(crate) path: Vec<String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    /// `https://host/v1.0`
    pub(crate) root: String,
    /// Behind a lock only because a body may not be shared between threads and the rest of a request may.
    body: Mutex<Body>,
}

impl Request {
    pub(super) async fn open(app: Shared, parts: Parts, body: Body) -> Result<Self, ApiError> {
        let actor = token::authenticate(&app, &parts).await?;
        let rest = parts.uri.path().trim_start_matches('/');
        let (prefix, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let version = if prefix.eq_ignore_ascii_case("beta") { ApiVersion::Beta } else { ApiVersion::V1 };
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
        let scheme = if app.tls { "https" } else { "http" };
        Ok(Self {
            root: format!("{scheme}://{}/{}", host.unwrap_or("localhost"), version.as_str()),
            query: Query::parse(parts.uri.query().unwrap_or_default())?,
            path: path::segments(rest),
            app,
            actor,
            version,
            method: parts.method,
            headers: parts.headers,
            body: Mutex::new(body),
        })
    }

    /// What the caller can see. Ask before taking a connection.
    pub(crate) async fn sight(&self) -> Result<Sight, ApiError> {
        Ok(sight(&self.app, &self.actor).await?)
    }

    /// The segments in lower case, for matching names.
    pub(crate) fn lower(&self) -> Vec<String> {
        self.path.iter().map(|segment| segment.to_ascii_lowercase()).collect()
    }

    /// A segment as written; empty when there is none.
    pub(crate) fn key(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }

    /// The body as JSON of a known form; can be taken once.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self) -> Result<T, ApiError> {
        parse_json(&self.bytes(BODY_MAX).await?)
    }

    /// The body of a policy document, in whatever encoding; can be taken once.
    pub(crate) async fn document(&mut self) -> Result<serde_json::Value, ApiError> {
        let bytes = self.bytes(IMPORT_MAX).await?;
        ringfence_model::import::decode_json(&bytes)
            .map_err(|error| ApiError::bad_request(error.code(), error.to_string()))
    }

    async fn bytes(&mut self, max: usize) -> Result<axum::body::Bytes, ApiError> {
        require_json(&self.headers)?;
        read_body(std::mem::take(self.body.get_mut().unwrap_or_else(PoisonError::into_inner)), max).await
    }

    /// Whether a preference is stated, e.g. `return=minimal`.
    pub(crate) fn prefers(&self, wanted: &str) -> bool {
        let stated = self.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        stated.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(wanted))
    }
}
