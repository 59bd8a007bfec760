//! `/api/v1/providers`: make, list, show, replace, remove, test.

use axum::{
    Json as Answer, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Map, Value, json};

use super::{Provider, Settings, ops};
use crate::{
    app::Shared,
    authz::{act, authorize_everywhere},
    http::{ApiError, FieldProblem, Json},
    token::Authenticated,
};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v1/providers", get(list).post(create))
        .route("/api/v1/providers/{name}", get(show).put(replace).delete(delete))
        .route("/api/v1/providers/{name}/test", post(test))
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

async fn create(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Json(body): Json<Map<String, Value>>,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    let given = read(body)?;
    let name = given.name.ok_or_else(|| misfit("name", "is missing"))?;
    let made = ops::create(&app, &proof, name, given.settings, given.secret.as_deref()).await?;
    Ok((StatusCode::CREATED, Answer(represent(&made))))
}

async fn replace(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(name): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    let given = read(body)?;
    if given.name.is_some_and(|other| other != name) {
        return Err(misfit("name", "cannot be changed"));
    }
    Ok(Answer(represent(&ops::replace(&app, &proof, &name, given.settings, given.secret.as_deref()).await?)))
}

async fn list(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    let all = ops::list(&mut *app.db.read().await?, &proof).await?;
    Ok(Answer(json!({ "value": all.iter().map(represent).collect::<Vec<_>>() })))
}

async fn show(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(name): Path<String>,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    Ok(Answer(represent(&ops::show(&mut *app.db.read().await?, &proof, &name).await?)))
}

async fn delete(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize_everywhere(&actor, act::ManageRoles)?;
    ops::delete(&app, &proof, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

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
