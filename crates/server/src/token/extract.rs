//! Who presents a token.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::ops;
use crate::{
    app::Shared,
    authz::Actor,
    http::{ApiError, RequestId},
};

/// The holder of the token in `Authorization: Bearer …`; 401 without one.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Arc<Actor>);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, ApiError> {
        let request = parts.extensions.get::<RequestId>().map(ToString::to_string);
        authenticate(app, &parts.headers, request).await.map(Self)
    }
}

pub(crate) async fn authenticate(
    app: &Shared,
    headers: &HeaderMap,
    request: Option<String>,
) -> Result<Arc<Actor>, ApiError> {
    let secret =
        bearer(headers).ok_or_else(|| ApiError::unauthenticated("send `Authorization: Bearer <token>`"))?;
    let found = ops::authenticate(&app.db, &app.env, secret).await?;
    let actor = found.ok_or_else(|| ApiError::unauthenticated("the token is unknown, revoked or expired"))?;
    Ok(Arc::new(Actor { request, ..actor }))
}

/// The secret of a bearer token.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}
