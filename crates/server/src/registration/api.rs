//! `GET` and `POST /phone/v1/signin`, `POST /phone/v1/registrations`, `DELETE /phone/v1/registration`

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use ringfence_model::SignInMethod;
use ringfence_protocol::{
    device::SCHEME,
    problem::ProblemCode,
    register::{RegistrationRequest, SignInRequest},
    signin::{CodeSignIn, SignInWays},
};

use super::ops;
use crate::{
    app::{App, Shared},
    http::{ApiError, BODY_MAX, Json, parse_json, read_body, require_json},
    session::auth::{problem, read},
    signin::{self, Attempt, kept_out},
    token::only_authorization,
};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/phone/v1/signin", get(ways).post(sign_in))
        .route("/phone/v1/registrations", post(register))
        .route("/phone/v1/registration", delete(remove))
}

async fn ways(State(app): State<Shared>) -> Result<axum::Json<SignInWays>, ApiError> {
    Ok(axum::Json(signin::offer(&app).await?))
}

async fn sign_in(
    State(app): State<Shared>,
    attempt: Attempt,
    request: Request,
) -> Result<Response, ApiError> {
    require_json(request.headers())?;
    let body = read_body(request.into_body(), BODY_MAX).await?;
    let outcome = sign_in_once(&app, &body, &attempt).await;
    attempt.judge(&app, &outcome);
    outcome
}

fn admit(app: &App, attempt: &Attempt) -> Result<(), ApiError> {
    attempt.begin(app).map_err(|wait_s| {
        let detail = format!("too many failed sign-ins from this address: try again in {wait_s} seconds");
        problem(ProblemCode::TooManyRequests, detail).retry_after_s(wait_s)
    })
}

/// A body that names a provider carries a code, any other a password. Who is not let in is written down.
async fn sign_in_once(app: &App, body: &[u8], attempt: &Attempt) -> Result<Response, ApiError> {
    #[derive(serde::Deserialize)]
    struct Kind {
        #[serde(default)]
        provider: Option<serde::de::IgnoredAny>,
    }
    if parse_json::<Kind>(body).is_ok_and(|kind| kind.provider.is_some()) {
        let code: CodeSignIn = parse_json(body)?;
        let outcome = match admit(app, attempt) {
            Err(error) => Err((error, None)),
            Ok(()) => signin::sign_in_phone(app, &code).await,
        };
        return match outcome {
            Ok(reply) => Ok(axum::Json(reply).into_response()),
            Err((error, who)) => {
                if let Some(why) = kept_out(&error) {
                    let object = who.unwrap_or_else(|| "provider:unknown".to_owned());
                    attempt.note(app, object, None, why).await;
                }
                Err(error)
            }
        };
    }
    let body: SignInRequest = parse_json(body)?;
    let outcome = match admit(app, attempt) {
        Err(error) => Err(error),
        Ok(()) => by_password(app, &body, attempt).await,
    };
    if let Some(why) = outcome.as_ref().err().and_then(kept_out) {
        let name = body.user_principal_name.as_str();
        match ops::find_person_by_name(&mut *app.db.read().await?, app.tenant, name).await? {
            Some(person) => attempt.note(app, format!("user:{}", person.id), None, why).await,
            None => attempt.note(app, "user:unknown".to_owned(), Some(name), why).await,
        }
    }
    outcome
}

async fn by_password(app: &App, body: &SignInRequest, attempt: &Attempt) -> Result<Response, ApiError> {
    Ok(match body.method {
        SignInMethod::Modern => axum::Json(ops::sign_in(app, body, attempt).await?).into_response(),
        SignInMethod::Legacy => axum::Json(ops::sign_in_legacy(app, body, attempt).await?).into_response(),
    })
}

async fn register(
    State(app): State<Shared>,
    headers: HeaderMap,
    Json(body): Json<RegistrationRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let bearer = only_authorization(&headers)?.and_then(|value| value.to_str().ok());
    let credential = bearer.and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
        let is = |name: &str| scheme.eq_ignore_ascii_case(name);
        let token = token.trim();
        if is("bearer") {
            Some(ops::Credential::Token(token))
        } else {
            is(SCHEME).then_some(ops::Credential::Device(token))
        }
    });
    let credential =
        credential.ok_or_else(|| ApiError::no_credentials("an access token is needed: sign in first"))?;
    Ok((StatusCode::CREATED, axum::Json(ops::register(&app, credential, &body.hello).await?)))
}

async fn remove(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (phone, _) = read(&app, request).await?;
    ops::remove(&app, &phone.session.active).await?;
    Ok(phone.reply(StatusCode::NO_CONTENT, None, Vec::new()))
}
