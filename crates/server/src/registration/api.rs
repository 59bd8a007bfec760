//! `POST /phone/v1/signin`, `POST /phone/v1/registrations`, `DELETE /phone/v1/registration`

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, post},
};
use ringfence_model::SignInMethod;
use ringfence_protocol::{
    device::SCHEME,
    problem::ProblemCode,
    register::{RegistrationRequest, SignInRequest},
};

use super::ops;
use crate::{
    app::{App, Shared},
    http::{ApiError, Json},
    session::auth::{problem, read},
    signin::Attempt,
};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/phone/v1/signin", post(sign_in))
        .route("/phone/v1/registrations", post(register))
        .route("/phone/v1/registration", delete(remove))
}

async fn sign_in(
    State(app): State<Shared>,
    attempt: Attempt,
    Json(body): Json<SignInRequest>,
) -> Result<Response, ApiError> {
    attempt.begin(&app).map_err(|wait_s| {
        let detail = format!("too many failed sign-ins from this address: try again in {wait_s} seconds");
        problem(ProblemCode::TooManyRequests, detail).retry_after_s(wait_s)
    })?;
    let outcome = sign_in_once(&app, &body).await;
    attempt.judge(&app, &outcome);
    outcome
}

async fn sign_in_once(app: &App, body: &SignInRequest) -> Result<Response, ApiError> {
    Ok(match body.method {
        SignInMethod::Modern => axum::Json(ops::sign_in(app, body).await?).into_response(),
        SignInMethod::Legacy => axum::Json(ops::sign_in_legacy(app, body).await?).into_response(),
    })
}

async fn register(
    State(app): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<RegistrationRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let credential = bearer.and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
        let is = |name: &str| scheme.eq_ignore_ascii_case(name);
        let token = token.trim();
        if is("bearer") {
            Some(ops::Credential::Token(token))
        } else {
            is(SCHEME).then_some(ops::Credential::Device(token))
        }
    });
    let credential = credential
        .ok_or_else(|| problem(ProblemCode::TokenInvalid, "an access token is needed: sign in first"))?;
    Ok((StatusCode::CREATED, axum::Json(ops::register(&app, credential, &body.hello).await?)))
}

async fn remove(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (phone, _) = read(&app, request).await?;
    ops::remove(&app, &phone.session.active).await?;
    Ok(phone.reply(StatusCode::NO_CONTENT, None, Vec::new()))
}
