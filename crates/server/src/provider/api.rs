//! `/api/v1/providers`: make, list, show, replace, remove, test.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Map, Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Provider, Settings, ops};
use crate::{
    app::Shared,
    authz::{act, authorize_everywhere},
    http::{ApiError, FieldProblem, Json},
    role,
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, delete))
        .routes(routes!(test))
}

/// A body taken apart: the name, the secret, the settings.
struct Given {
    name: Option<String>,
    secret: Option<String>,
    settings: Settings,
}

fn read(mut body: Map<String, Value>) -> Result<Given, ApiError> {
    let mut text = |member: &str| match body.remove(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(misfit(member, "is not a text")),
    };
    let (name, secret) = (text("name")?, text("clientSecret")?);
    for answered in ["id", "hasClientSecret", "createdAt", "changedAt"] {
        body.remove(answered);
    }
    let settings = serde_path_to_error::deserialize(Value::Object(body))
        .map_err(|error| misfit(&error.path().to_string(), &error.inner().to_string()))?;
    Ok(Given { name, secret, settings })
}

fn misfit(path: &str, problem: &str) -> ApiError {
    ApiError::invalid(vec![FieldProblem {
        path: path.to_owned(),
        problem: problem.to_owned(),
        ..FieldProblem::default()
    }])
}

#[utoipa::path(
    post,
    path = "/api/v1/providers",
    tag = "access",
    summary = "Adds a provider.",
    request_body = Object,
    responses((status = 201, description = "The provider", body = Value)),
)]
async fn create(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Json(body): Json<Map<String, Value>>,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    role::guard::check_trust(&mut *app.db.read().await?, proof.actor()).await?;
    let given = read(body)?;
    let name = given.name.ok_or_else(|| misfit("name", "is missing"))?;
    let made = ops::create(&app, &proof, name, given.settings, given.secret.as_deref()).await?;
    Ok((StatusCode::CREATED, Answer(represent(&made))))
}

#[utoipa::path(
    put,
    path = "/api/v1/providers/{name}",
    tag = "access",
    summary = "Replaces the settings of a provider.",
    params(("name" = String, Path)),
    request_body = Object,
    responses((status = 200, description = "The provider", body = Value)),
)]
async fn replace(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(name): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    role::guard::check_trust(&mut *app.db.read().await?, proof.actor()).await?;
    let given = read(body)?;
    if given.name.is_some_and(|other| other != name) {
        return Err(misfit("name", "cannot be changed"));
    }
    Ok(Answer(represent(&ops::replace(&app, &proof, &name, given.settings, given.secret.as_deref()).await?)))
}

#[utoipa::path(
    get,
    path = "/api/v1/providers",
    tag = "access",
    summary = "OpenID Connect providers.",
    responses((status = 200, description = "All providers, without secrets", body = Value)),
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
    get,
    path = "/api/v1/providers/{name}",
    tag = "access",
    summary = "One provider.",
    params(("name" = String, Path)),
    responses((status = 200, description = "The provider", body = Value), (status = 404, description = "No such provider")),
)]
async fn show(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(name): Path<String>,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    Ok(Answer(represent(&ops::show(&mut *app.db.read().await?, &proof, &name).await?)))
}

#[utoipa::path(
    delete,
    path = "/api/v1/providers/{name}",
    tag = "access",
    summary = "Removes a provider.",
    params(("name" = String, Path)),
    responses((status = 204, description = "Gone"), (status = 404, description = "No such provider")),
)]
async fn delete(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    role::guard::check_trust(&mut *app.db.read().await?, proof.actor()).await?;
    ops::delete(&app, &proof, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    post,
    path = "/api/v1/providers/{name}/test",
    tag = "access",
    summary = "Tries discovery and keys of a provider.",
    params(("name" = String, Path)),
    responses((status = 200, description = "What the provider answers", body = Value)),
)]
async fn test(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(name): Path<String>,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    Ok(Answer(ops::test(&app, &proof, &name).await?))
}

/// The settings with what the server knows besides; the secret is never answered.
fn represent(provider: &Provider) -> Value {
    let mut answer = json!({
        "id": provider.id,
        "name": provider.name,
        "hasClientSecret": provider.has_secret,
        "createdAt": provider.created_at.0,
        "changedAt": provider.changed_at.0,
    });
    if let (Value::Object(answer), Ok(Value::Object(settings))) =
        (&mut answer, serde_json::to_value(&provider.settings))
    {
        answer.extend(settings);
    }
    answer
}
