//! `GET /api/v1/effective`, `POST /api/v1/explain`

use axum::{
    Json,
    extract::{Query, State},
};
use ringfence_messages::{Args, Lang, text};
use ringfence_model::{AppId, ManagementState, Platform};
use ringfence_protocol::checkin::AccountState;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{ops, question::Question};
use crate::{
    app::{App, Shared},
    audit,
    authz::{Actor, act, authorize, sight},
    http::{ApiError, Json as Body},
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(effective)).routes(routes!(explain)).merge(super::browser::router())
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    user: String,
    app: String,
    #[param(schema_with = crate::http::schema::platform)]
    platform: Platform,
    #[serde(default)]
    #[param(schema_with = crate::http::schema::management)]
    management: ManagementState,
}

#[utoipa::path(
    get,
    path = "/api/v1/effective",
    tag = "policies",
    summary = "What a user gets in an app.",
    params(Asked),
    responses((status = 200, description = "The effective policy, each setting with the policies it came from", body = Value), (status = 404, description = "No such user")),
)]
async fn effective(
    State(app): State<Shared>,
    who: Authenticated,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadPolicies)?;
    app.serves(proof.tenant())?;
    let Query(asked) = asked.map_err(|error| ApiError::bad_request("invalid_value", error.body_text()))?;
    let app_id = AppId::new(asked.platform, asked.app);
    let sight = sight(&app, proof.actor()).await?;
    let place = ops::place(&app, &sight, &asked.user, app_id, asked.management).await?;
    note(&app, proof.actor(), &place).await?;
    Ok(Json(ops::effective(&app, &sight, &place).await?))
}

#[utoipa::path(
    post,
    path = "/api/v1/explain",
    tag = "policies",
    summary = "Why something is allowed or refused.",
    request_body = Question,
    responses((status = 200, description = "The decision, its reason, dialog and deciding settings", body = Value), (status = 404, description = "No such user")),
)]
async fn explain(
    State(app): State<Shared>,
    who: Authenticated,
    Body(question): Body<Question>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::Troubleshoot)?;
    app.serves(proof.tenant())?;
    let app_id = AppId::new(question.platform, question.app.clone());
    let sight = sight(&app, proof.actor()).await?;
    let place = ops::place(&app, &sight, &question.user, app_id, question.management).await?;
    note(&app, proof.actor(), &place).await?;
    let (state, explanation) = ops::explained(&app, &sight, &place, &question).await?;
    let Some(explanation) = explanation else {
        return Ok(Json(without_policy(state, question.lang())));
    };
    Ok(Json(json!({
        "state": state,
        "verdict": explanation.verdict,
        "reason": explanation.reason,
        "code": explanation.code,
        "rule": explanation.rule,
        "title": explanation.title,
        "text": explanation.text,
        "deciders": explanation.settings,
        "trace": explanation.trace,
    })))
}

/// What reaches a person is personal data: who asked is written down.
pub(super) async fn note(app: &App, actor: &Actor, place: &ops::Place) -> Result<(), ApiError> {
    Ok(audit::ops::note_read(app, actor, "effective.read", [format!("user:{}", place.user)]).await?)
}

/// The answer where no policy decides: why none does, and what follows.
fn without_policy(state: AccountState, lang: Lang) -> Value {
    let (verdict, key) = match state {
        AccountState::AccountDisabled => ("deny", "terminal-explain-disabled"),
        AccountState::NotLicensed => ("allow", "terminal-explain-no-licence"),
        AccountState::Protected | AccountState::NoPolicy | AccountState::NotRegistered => {
            ("allow", "terminal-explain-no-policy")
        }
    };
    let title = text(key, lang, &Args::new());
    json!({
        "state": state,
        "verdict": verdict,
        "reason": null,
        "code": null,
        "rule": null,
        "title": title,
        "deciders": [],
        "trace": [],
    })
}
