//! `POST /api/v1/signin`, `GET /api/v1/whoami`, `/api/v1/tokens`, `/api/v1/administrators`.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use ringfence_model::{Millis, TokenId, name_fault};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Authenticated, NewToken, Token, ops};
use crate::{
    account,
    app::{App, Shared},
    authz::{Permission, Proof, Role, Scope, act, authorize, authorize_everywhere, sight},
    directory,
    http::{ApiError, FieldProblem, Json},
    role,
    signin::{Attempt, kept_out},
};

const DAYS_DEFAULT: u64 = 90;
const DAYS_MAX: u64 = 366;
const NAME_MAX: usize = 100;
/// Characters of a refused value that are sent back.
const VALUE_SHOWN: usize = 80;

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(whoami))
        .routes(routes!(list, create))
        .routes(routes!(revoke))
        .routes(routes!(create_administrator))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignIn {
    user_name: String,
    password: String,
    new_password: Option<String>,
    code: Option<String>,
}

#[utoipa::path(
    post,
    path = "/api/v1/signin",
    tag = "access",
    summary = "Signs an administrator in.",
    request_body = SignIn,
    responses((status = 200, description = "A token for twelve hours", body = Value), (status = 401, description = "Name or password is wrong"), (status = 403, description = "The password must be changed first"), (status = 429, description = "Too many wrong passwords")),
)]
async fn sign_in(
    State(app): State<Shared>,
    attempt: Attempt,
    Json(body): Json<SignIn>,
) -> Result<Answer<Value>, ApiError> {
    let outcome = match attempt.admit(&app) {
        Err(error) => Err(error),
        Ok(()) => sign_in_once(&app, &body, &attempt).await,
    };
    attempt.judge(&app, &outcome);
    if let Some(why) = outcome.as_ref().err().and_then(kept_out) {
        attempt.note_administrator(&app, &body.user_name, why).await;
    }
    outcome
}

async fn sign_in_once(app: &App, body: &SignIn, attempt: &Attempt) -> Result<Answer<Value>, ApiError> {
    let (db, env) = (&app.db, &app.env);
    let with = account::SignIn {
        name: &body.user_name,
        password: &body.password,
        new_password: body.new_password.as_deref(),
        code: body.code.as_deref(),
    };
    let account = account::ops::sign_in_administrator(app, with, attempt).await?;
    let actor = attempt.actor(app, account::Subject::Administrator(account.id).holder());
    let (token, secret) = ops::create_for_sign_in(db, env, &actor, &account).await?;
    let mut answer = represent(&token);
    answer["token"] = json!(secret);
    Ok(Answer(answer))
}

#[utoipa::path(
    get,
    path = "/api/v1/whoami",
    tag = "access",
    summary = "Who presents the token.",
    responses((status = 200, description = "Name, roles and permissions", body = Value)),
)]
async fn whoami(Authenticated(actor): Authenticated) -> Answer<Value> {
    let may = Permission::ALL.iter().filter(|permission| actor.may(**permission));
    Answer(json!({
        "id": actor.id,
        "name": actor.name,
        "tenantId": actor.tenant,
        "roles": titles(&actor.roles),
        "groups": actor.scope.shown(),
        "permissions": may.map(|permission| permission.name()).collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewToken)]
#[serde(rename_all = "camelCase")]
struct Create {
    name: String,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// Ids of the groups that the roles reach; everything without.
    groups: Option<Vec<String>>,
    /// A provisioning token, which has no roles.
    #[serde(default)]
    scim: bool,
    days: Option<u64>,
}

#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    tag = "access",
    summary = "Makes an API token.",
    request_body = Create,
    responses((status = 201, description = "The token, with its secret this once", body = Value)),
)]
async fn create(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Json(body): Json<Create>,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    let proof = authorize(&actor, act::ManageTokens)?;
    let life = checked_life(body.days)?;
    if body.scim {
        authorize_everywhere(&actor, act::WriteDirectory)?;
        role::guard::check_trust(&mut *app.db.read().await?, &actor).await?;
        if let Some(role) = body.role.into_iter().chain(body.roles).next() {
            return Err(invalid("role", &role, "is not for a provisioning token", "no role".to_owned()));
        }
        let name = checked_name(body.name)?;
        let made = ops::create_provisioning(&app.db, &app.env, &proof, &name, life).await?;
        return Ok(made_token(&made));
    }
    let roles = parse_roles(body.role.into_iter().chain(body.roles))?;
    let scope = wanted_scope(&app, &proof, body.groups.as_deref()).await?;
    // Nobody hands out what he does not hold.
    let mut conn = app.db.snapshot().await?;
    for role in &roles {
        role::check_grant(&mut conn, &actor, *role, &scope).await?;
    }
    drop(conn);
    let new = NewToken { name: checked_name(body.name)?, roles, life };
    Ok(made_token(&ops::create_within(&app.db, &app.env, &proof, new, scope).await?))
}

/// The scope asked for; without one, the actor's own.
async fn wanted_scope<P>(app: &App, proof: &Proof<P>, groups: Option<&[String]>) -> Result<Scope, ApiError> {
    let Some(groups) = groups else { return Ok(proof.actor().scope.clone()) };
    let groups = role::ops::parse_groups(groups)?;
    let sight = sight(app, proof.actor()).await?;
    let mut conn = app.db.read().await?;
    for (index, group) in groups.iter().enumerate() {
        if !sight.sees_group(*group)
            || directory::ops::find_group(&mut conn, proof.tenant(), *group).await?.is_none()
        {
            let path = format!("groups[{index}]");
            return Err(invalid(&path, &group.to_string(), "is not known", "the id of a group".to_owned()));
        }
    }
    Ok(Scope::Groups(groups))
}

fn made_token((token, secret): &(Token, String)) -> (StatusCode, Answer<Value>) {
    let mut answer = represent(token);
    answer["token"] = json!(secret);
    (StatusCode::CREATED, Answer(answer))
}

fn checked_life(days: Option<u64>) -> Result<Millis, ApiError> {
    let days = days.unwrap_or(DAYS_DEFAULT);
    if (1..=DAYS_MAX).contains(&days) {
        return Ok(Millis::from_days(days));
    }
    Err(invalid("days", &days.to_string(), "is out of range", format!("1 to {DAYS_MAX}")))
}

#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    tag = "access",
    summary = "API tokens.",
    responses((status = 200, description = "All tokens, without their secrets", body = Value)),
)]
async fn list(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize(&actor, act::ManageTokens)?;
    let sight = sight(&app, proof.actor()).await?;
    let mut tokens = ops::list(&mut *app.db.read().await?, &proof).await?;
    tokens.retain(|token| role::sees_scope(&sight, &token.scope));
    Ok(Answer(json!({ "tokens": tokens.iter().map(represent).collect::<Vec<_>>() })))
}

#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    tag = "access",
    summary = "Revokes a token.",
    params(("id" = String, Path)),
    responses((status = 204, description = "It ends now"), (status = 404, description = "No such token")),
)]
async fn revoke(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize(&actor, act::ManageTokens)?;
    let unknown = || ApiError::not_found("no such token, or it is revoked already");
    let id: TokenId = id.parse().map_err(|_| unknown())?;
    let sight = sight(&app, proof.actor()).await?;
    let known = ops::list(&mut *app.db.read().await?, &proof).await?;
    if !known.iter().any(|token| token.id == id && role::sees_scope(&sight, &token.scope)) {
        return Err(unknown());
    }
    if ops::revoke(&app.db, &app.env, &proof, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(unknown())
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewAdministrator)]
struct CreateAdministrator {
    #[serde(rename = "userName")]
    name: String,
    roles: Vec<String>,
    /// Ids of the groups that the roles reach; everything without.
    groups: Option<Vec<String>>,
}

#[utoipa::path(
    post,
    path = "/api/v1/administrators",
    tag = "access",
    summary = "Makes an administrator's built-in account.",
    request_body = CreateAdministrator,
    responses((status = 201, description = "The account with a one-time password", body = Value), (status = 409, description = "The name is taken")),
)]
async fn create_administrator(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Json(body): Json<CreateAdministrator>,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    let proof = authorize(&actor, act::ManageRoles)?;
    let (name, roles) = (checked_name(body.name)?, parse_roles(body.roles.into_iter())?);
    let scope = wanted_scope(&app, &proof, body.groups.as_deref()).await?;
    let mut conn = app.db.snapshot().await?;
    for role in &roles {
        role::check_grant(&mut conn, &actor, *role, &scope).await?;
    }
    drop(conn);
    let made = account::ops::create_administrator(&app.db, &app.env, &proof, &name, &roles, scope).await;
    let (account, password) = made.map_err(|error| {
        if error.is_unique("account_administrator") {
            ApiError::conflict("name_taken", "an administrator with this name exists")
        } else {
            error.into()
        }
    })?;
    let answer = json!({
        "id": account.id, "userName": account.name, "roles": titles(&account.roles), "oneTimePassword": password,
    });
    Ok((StatusCode::CREATED, Answer(answer)))
}

fn checked_name(name: String) -> Result<String, ApiError> {
    match name_fault(&name, NAME_MAX) {
        None => Ok(name),
        Some(problem) => Err(invalid("name", &name, problem, format!("1 to {NAME_MAX} characters"))),
    }
}

fn parse_roles(roles: impl Iterator<Item = String>) -> Result<Vec<Role>, ApiError> {
    let allowed = || Role::ALL.map(Role::as_str).join(", ");
    let roles = roles
        .map(|role| role.parse().map_err(|_| invalid("role", &role, "is not a role", allowed())))
        .collect::<Result<Vec<Role>, _>>()?;
    if roles.is_empty() {
        return Err(invalid("role", "", "is missing", allowed()));
    }
    Ok(roles)
}

fn invalid(path: &str, value: &str, problem: impl Into<String>, allowed: String) -> ApiError {
    ApiError::invalid(vec![FieldProblem {
        path: path.to_owned(),
        value: Some(value.chars().take(VALUE_SHOWN).collect()),
        problem: problem.into(),
        allowed: Some(allowed),
    }])
}

fn titles(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.as_str()).collect()
}

fn represent(token: &Token) -> Value {
    json!({
        "id": token.id, "name": token.name, "roles": titles(&token.roles), "groups": token.scope.shown(), "scim": token.provisioning,
        "account": token.account, "user": token.user, "program": token.program, "scopes": token.scopes,
        "createdAt": token.created_at.0, "expiresAt": token.expires_at.0,
        "revokedAt": token.revoked_at.map(|at| at.0), "usedAt": token.used_at.map(|at| at.0),
    })
}
