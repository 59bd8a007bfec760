//! The session of a browser: a token in a cookie that scripts cannot read and other sites do not send along with changes.
//!
//! A change by cookie needs a second value, derived from the cookie, in `x-csrf-token` or in the form: who can make a
//! browser send the cookie still does not know it.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_model::Millis;

use crate::{
    app::App,
    http::{ApiError, BaseUrl},
};

const CSRF_HEADER: &str = "x-csrf-token";

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    /// The session.
    Session,
    /// Ties a sign-in under way to the browser that began it.
    SignIn,
}

impl Cookie {
    /// Over TLS the name itself makes browsers insist on host, path and `Secure` (RFC 6265bis §4.1.3.2).
    const fn name(self, tls: bool) -> &'static str {
        match (self, tls) {
            (Self::Session, true) => "__Host-ringfence",
            (Self::Session, false) => "ringfence",
            (Self::SignIn, true) => "__Host-ringfence-signin",
            (Self::SignIn, false) => "ringfence-signin",
        }
    }

    /// The value that the browser sent.
    pub(super) fn read(self, base: &BaseUrl, headers: &HeaderMap) -> Option<String> {
        let name = self.name(base.is_tls());
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let found = pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
        found.filter(|value| !value.is_empty() && value.len() <= 256)
    }

    /// The header that sets it; a life of nothing removes it.
    pub(super) fn set(self, base: &BaseUrl, value: &str, life: Millis) -> HeaderValue {
        let secure = if base.is_tls() { "; Secure" } else { "" };
        let text = format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
            self.name(base.is_tls()),
            life.0 / 1000
        );
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The value that proves that a change comes from our own pages.
pub(super) fn csrf(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("ringfence/csrf/v1\0{secret}").as_bytes()))
}

/// Whether this is that value.
pub(super) fn is_csrf(secret: &str, given: &str) -> bool {
    verify_slices_are_equal(csrf(secret).as_bytes(), given.as_bytes()).is_ok()
}

/// The token of the session that a request comes with.
///
/// # Errors
/// It is a change, and nothing proves that it comes from our own pages.
pub(crate) fn present(app: &App, parts: &Parts) -> Result<Option<String>, ApiError> {
    let base = BaseUrl::new(app, &parts.uri, &parts.headers);
    let Some(secret) = Cookie::Session.read(&base, &parts.headers) else { return Ok(None) };
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(Some(secret));
    }
    let given = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if is_cross_site(&base, &parts.headers) || !is_csrf(&secret, given) {
        let detail =
            "a change with the cookie of a session needs `x-csrf-token`, as `/auth/session` answers it";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "csrf", detail));
    }
    Ok(Some(secret))
}

/// Whether a browser says that another site made it send this.
pub(super) fn is_cross_site(base: &BaseUrl, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign_fetch = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let foreign_origin = text("origin").is_some_and(|origin| !origin.eq_ignore_ascii_case(&base.0));
    foreign_fetch || foreign_origin
}
