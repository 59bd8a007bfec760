//! Who presents a token.

use std::{borrow::Cow, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};

use super::ops;
use crate::{
    app::{App, Shared},
    authz::Actor,
    http::{ApiError, RequestId, origin},
    jose::Unverified,
    provider,
    signin::{self, Attempt},
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
    let secret = match bearer(&parts.headers)? {
        Some(secret) => Cow::Borrowed(secret),
        // A browser that signed in sends no header but a cookie.
        None => Cow::Owned(
            signin::session::present(app, parts)?
                .ok_or_else(|| ApiError::no_credentials("send `Authorization: Bearer <token>`"))?,
        ),
    };
    let secret = secret.as_ref();
    let actor = if Unverified::looks_like(secret) {
        match provider::access::authenticate(app, secret).await {
            Ok(actor) => actor,
            Err(refusal) => {
                if let Some((object, reason)) = refusal.tried() {
                    let why = (reason, refusal.to_string());
                    Attempt::new(parts, app.behind_proxy).note(app, object, None, why).await;
                }
                return Err(refusal.into());
            }
        }
    } else {
        match ops::authenticate(&app.db, &app.env, secret).await? {
            Some(actor) => actor,
            None => return Err(refused(app, parts, secret).await?),
        }
    };
    Ok(Arc::new(Actor { request, from, ..actor }))
}

/// A secret of our own that opens nothing, which is written down.
async fn refused(app: &App, parts: &Parts, secret: &str) -> Result<ApiError, ApiError> {
    let error = ApiError::unauthenticated("the token is unknown, revoked or expired");
    let (object, reason) =
        ops::find_refused(&mut *app.db.read().await?, &app.env, app.tenant, secret).await?;
    let why = (reason, error.detail().to_owned());
    Attempt::new(parts, app.behind_proxy).note(app, object, None, why).await;
    Ok(error)
}

/// The secret of a bearer token.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = only_authorization(headers)? else { return Ok(None) };
    let parts = value.to_str().ok().and_then(|text| text.split_once(' '));
    Ok(parts.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, secret)| secret.trim()))
}

/// The `Authorization` header, of which there may be one only: of two, a proxy might judge one and we the other.
///
/// # Errors
/// There are several.
pub(crate) fn only_authorization(headers: &HeaderMap) -> Result<Option<&HeaderValue>, ApiError> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    match (all.next(), all.next()) {
        (_, Some(_)) => {
            Err(ApiError::unauthenticated("the request has more than one `Authorization` header: send one"))
        }
        (first, None) => Ok(first),
    }
}
