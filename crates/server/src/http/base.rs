//! The address under which a client reached this server.

use std::fmt;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, header, request::Parts},
};

use crate::app::{App, Shared};

const FORWARDED: &str = "x-forwarded-proto";

/// `https://host:port`, without a path: what links and redirections are built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl(pub(crate) String);

impl BaseUrl {
    /// What the operator says, or else what the request tells.
    pub(crate) fn new(app: &App, uri: &Uri, headers: &HeaderMap) -> Self {
        if let Some(public) = &app.public_url {
            return Self(public.as_str().to_owned());
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host =
            host.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str)).unwrap_or("localhost");
        let told = headers.get(FORWARDED).filter(|_| app.behind_proxy);
        let tls = app.tls || told.is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"));
        Self(format!("{}://{host}", if tls { "https" } else { "http" }))
    }

    /// Whether browsers keep cookies that are for TLS only.
    pub(crate) fn is_tls(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromRequestParts<Shared> for BaseUrl {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Self::Rejection> {
        Ok(Self::new(app, &parts.uri, &parts.headers))
    }
}
