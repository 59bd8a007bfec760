//! `/api/v1/programs`, and what programs fetch their tokens from (see [`super::endpoint`]).

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Program, endpoint, ops};
use crate::{
    app::Shared,
    authz::{Role, Scope, act, authorize_everywhere},
    http::{ApiError, FieldProblem, Json},
    role,
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(remove))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(endpoint::discovery))
        .route("/{tenant}/discovery/v2.0/keys", get(endpoint::keys))
        .route("/{tenant}/oauth2/v2.0/authorize", get(endpoint::authorize))
        .route("/{tenant}/oauth2/v2.0/token", post(endpoint::token))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewProgram)]
struct Create {
    name: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    scopes: Vec<String>,
}

#[utoipa::path(
    post,
    path = "/api/v1/programs",
    tag = "access",
    summary = "Registers a program.",
    request_body = Create,
    responses((status = 201, description = "The program, with its secret this once", body = Value)),
)]
async fn create(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Json(body): Json<Create>,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    let mut roles = Vec::new();
    for (i, text) in body.roles.iter().enumerate() {
        roles.push(text.parse::<Role>().map_err(|_| {
            ApiError::invalid(vec![FieldProblem {
                path: format!("roles[{i}]"),
                value: Some(text.clone()),
                problem: "is not a role".to_owned(),
                allowed: Some(Role::ALL.map(Role::as_str).join(", ")),
            }])
        })?);
    }
    let mut conn = app.db.snapshot().await?;
    for role in &roles {
        role::check_grant(&mut conn, proof.actor(), *role, &Scope::Everything).await?;
    }
    role::guard::check_scopes(&mut conn, proof.actor(), &body.scopes).await?;
    drop(conn);
    let (program, secret) = ops::create(&app.db, &app.env, &proof, &body.name, roles, &body.scopes).await?;
    let mut answer = represent(&program);
    answer["clientSecret"] = json!(secret);
    Ok((StatusCode::CREATED, Answer(answer)))
}

#[utoipa::path(
    get,
    path = "/api/v1/programs",
    tag = "access",
    summary = "Programs that sign in with a secret.",
    responses((status = 200, description = "All programs", body = Value)),
)]
async fn list(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    let all = ops::list(&mut *app.db.read().await?, &proof).await?;
    Ok(Answer(json!({ "value": all.iter().map(represent).collect::<Vec<_>>() })))
}

#[utoipa::path(
    delete,
    path = "/api/v1/programs/{id}",
    tag = "access",
    summary = "Removes a program.",
    params(("id" = String, Path)),
    responses((status = 204, description = "Gone, and its tokens with it"), (status = 404, description = "No such program")),
)]
async fn remove(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    let id = id.parse().map_err(|_| ApiError::not_found("there is no such program"))?;
    ops::delete(&app.db, &app.env, &proof, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn represent(program: &Program) -> Value {
    json!({
        "clientId": program.id,
        "tenantId": program.tenant,
        "name": program.name,
        "roles": program.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "scopes": program.scopes.as_deref().map(|scopes| scopes.split(' ').collect::<Vec<_>>()).unwrap_or_default(),
        "createdAt": program.created_at.0,
    })
}
