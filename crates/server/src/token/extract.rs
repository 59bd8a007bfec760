//! Who presents a token.

use std::{borrow::Cow, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};

use super::ops;
use crate::{
    app::Shared,
    authz::Actor,
    http::{ApiError, RequestId, origin},
    jose::Unverified,
    provider, signin,
};

/// The holder of the token in `Authorization: Bearer …`; 401 without one.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Arc<Actor>);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, ApiError> {
        authenticate(app, parts).await.map(Self)
    }
}

/// Who presents the token of a request, with the request's id and origin. A provisioning token reaches nothing here.
pub(crate) async fn authenticate(app: &Shared, parts: &Parts) -> Result<Arc<Actor>, ApiError> {
    let actor = authenticate_any(app, parts).await?;
    if actor.provisioning {
        let detail = "this is a provisioning token: it is good for `/scim/v2` and nothing else";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "provisioning_only", detail));
    }
    Ok(actor)
}

/// Who presents a token of any kind.
pub(crate) async fn authenticate_any(app: &Shared, parts: &Parts) -> Result<Arc<Actor>, ApiError> {
    let request = parts.extensions.get::<RequestId>().map(ToString::to_string);
    let from = origin(&parts.extensions, &parts.headers, app.behind_proxy);
    let secret = match bearer(&parts.headers) {
        Some(secret) => Cow::Borrowed(secret),
        // A browser that signed in sends no header but a cookie.
        None => Cow::Owned(
            signin::session::present(app, parts)?
                .ok_or_else(|| ApiError::unauthenticated("send `Authorization: Bearer <token>`"))?,
        ),
    };
    let secret = secret.as_ref();
    let actor = if Unverified::looks_like(secret) {
        provider::access::authenticate(app, secret).await?
    } else {
        let found = ops::authenticate(&app.db, &app.env, secret).await?;
        found.ok_or_else(|| ApiError::unauthenticated("the token is unknown, revoked or expired"))?
    };
    Ok(Arc::new(Actor { request, from, ..actor }))
}

/// The secret of a bearer token.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}
