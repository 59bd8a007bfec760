//! Second factors: `/api/v1/account/totp` for one's own as an administrator, `/phone/v1/totp` as a person of the directory
//! with the access token of a sign-in; `/api/v1/administrators/{key}/totp` and `/api/v1/users/{key}/totp` for resetting
//! another's.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use ringfence_protocol::problem::ProblemCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Subject, ops, second};
use crate::{
    app::{App, Shared},
    authz::{Actor, act, authorize, authorize_everywhere, sight},
    directory,
    http::{ApiError, Json},
    registration::{self, ops::Person},
    role,
    session::auth::problem,
    signin::{Attempt, kept_out},
    token::{Authenticated, bearer},
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(state, enrol))
        .routes(routes!(confirm))
        .routes(routes!(reset))
        .routes(routes!(reset_of_user))
        .route("/phone/v1/totp", post(enrol_person))
        .route("/phone/v1/totp/confirm", post(confirm_person))
}

/// The built-in account that a session or a token of signing in stands for.
fn own(actor: &Actor) -> Result<Subject, ApiError> {
    let id = actor.id.strip_prefix("account:").and_then(|id| id.parse().ok());
    id.map(Subject::Administrator).ok_or_else(|| {
        let detail = "only a built-in account has a second factor here: sign in with one (`ringfence login`)";
        ApiError::new(StatusCode::FORBIDDEN, "no_account", detail)
    })
}

#[utoipa::path(
    get,
    path = "/api/v1/account/totp",
    tag = "access",
    summary = "Whether the own account has a second factor.",
    responses((status = 200, description = "Whether there is one", body = Value)),
)]
async fn state(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
) -> Result<Answer<Value>, ApiError> {
    let enrolled = second::is_enrolled(&app, actor.tenant, own(&actor)?).await?;
    Ok(Answer(json!({ "enrolled": enrolled })))
}

#[utoipa::path(
    post,
    path = "/api/v1/account/totp",
    tag = "access",
    summary = "Begins a second factor.",
    request_body = Begin,
    responses((status = 201, description = "The secret and its URI, this once", body = Value), (status = 401, description = "The password is wrong")),
)]
async fn enrol(
    State(app): State<Shared>,
    attempt: Attempt,
    Authenticated(actor): Authenticated,
    Json(body): Json<Begin>,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    enrol_once(&app, &attempt, &actor, (own(&actor)?, &actor.name), &body.password).await
}

/// The password once more: a token that was taken must not lock its owner out.
#[derive(Deserialize, utoipa::ToSchema)]
struct Begin {
    password: String,
}

async fn enrol_once(
    app: &App,
    attempt: &Attempt,
    actor: &Actor,
    (subject, name): (Subject, &str),
    password: &str,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    attempt.admit(app)?;
    let verified = ops::verify(&app.db, &app.env, actor.tenant, subject, password).await;
    let outcome = verified.map_err(ApiError::from);
    attempt.judge(app, &outcome);
    if let Some(why) = outcome.as_ref().err().and_then(kept_out) {
        attempt.note(app, subject.holder(), None, why).await;
    }
    outcome?;
    let made = second::enrol(app, actor, subject, name).await?;
    Ok((StatusCode::CREATED, Answer(json!({ "secret": made.secret, "uri": made.uri }))))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Confirm {
    code: String,
}

#[utoipa::path(
    post,
    path = "/api/v1/account/totp/confirm",
    tag = "access",
    summary = "Confirms a second factor with its first code.",
    request_body = Confirm,
    responses((status = 200, description = "Recovery codes, this once", body = Value), (status = 401, description = "The code is wrong")),
)]
async fn confirm(
    State(app): State<Shared>,
    attempt: Attempt,
    Authenticated(actor): Authenticated,
    Json(body): Json<Confirm>,
) -> Result<Answer<Value>, ApiError> {
    let subject = own(&actor)?;
    confirm_once(&app, &attempt, &actor, subject, &body.code).await
}

async fn confirm_once(
    app: &App,
    attempt: &Attempt,
    actor: &Actor,
    subject: Subject,
    code: &str,
) -> Result<Answer<Value>, ApiError> {
    attempt.admit(app)?;
    let outcome = second::confirm(app, actor, subject, code).await.map_err(ApiError::from);
    attempt.judge(app, &outcome);
    if let Some(why) = outcome.as_ref().err().and_then(kept_out) {
        attempt.note(app, subject.holder(), None, why).await;
    }
    Ok(Answer(json!({ "recoveryCodes": outcome? })))
}

/// Somebody of the directory who has just signed in with his password.
async fn person(app: &App, headers: &HeaderMap) -> Result<Person, ApiError> {
    let token = bearer(headers)?
        .ok_or_else(|| ApiError::no_credentials("an access token is needed: sign in first"))?;
    let person = registration::ops::holder(app, token).await?;
    if !person.enabled {
        return Err(problem(ProblemCode::AccountDisabled, "the account is disabled in the directory"));
    }
    Ok(person)
}

async fn enrol_person(
    State(app): State<Shared>,
    attempt: Attempt,
    headers: HeaderMap,
    Json(body): Json<Begin>,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    let person = person(&app, &headers).await?;
    let subject = Subject::User(person.id);
    let actor = attempt.actor(&app, subject.holder());
    enrol_once(&app, &attempt, &actor, (subject, &person.upn), &body.password).await
}

async fn confirm_person(
    State(app): State<Shared>,
    attempt: Attempt,
    headers: HeaderMap,
    Json(body): Json<Confirm>,
) -> Result<Answer<Value>, ApiError> {
    let subject = Subject::User(person(&app, &headers).await?.id);
    let actor = attempt.actor(&app, subject.holder());
    confirm_once(&app, &attempt, &actor, subject, &body.code).await
}

#[utoipa::path(
    delete,
    path = "/api/v1/users/{key}/totp",
    tag = "access",
    summary = "Takes the second factor off the account of a person in the directory.",
    params(("key" = String, Path)),
    responses((status = 204, description = "The account signs in without it"), (status = 404, description = "No such person, or no second factor")),
)]
async fn reset_of_user(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(key): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize(&actor, act::ManagePasswords)?;
    let seen = sight(&app, &actor).await?;
    let found = directory::ops::find_user(&mut *app.db.read().await?, proof.tenant(), &key).await?;
    let user = found.filter(|user| seen.sees_user(user.id));
    let user = user.ok_or_else(|| ApiError::not_found("there is no such user"))?;
    role::guard::check_person(&mut *app.db.read().await?, proof.actor(), user.id).await?;
    second::reset(&app, &proof, Subject::User(user.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    delete,
    path = "/api/v1/administrators/{key}/totp",
    tag = "access",
    summary = "Takes a second factor away.",
    params(("key" = String, Path)),
    responses((status = 204, description = "The account signs in without it"), (status = 404, description = "No such administrator")),
)]
async fn reset(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(key): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    let account = ops::find_administrator(&mut *app.db.read().await?, proof.tenant(), &key).await?;
    let account = account.ok_or_else(|| ApiError::not_found("there is no such administrator"))?;
    role::guard::check_account(&mut *app.db.read().await?, proof.actor(), account.id).await?;
    second::reset(&app, &proof, Subject::Administrator(account.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
