//! `POST /api/v1/browser/check`: what happens to a page in a user's managed browser, by the function that phones use.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use ringfence_messages::{Lang, ReasonCode};
use ringfence_model::{AppId, ManagementState, Platform};
use ringfence_policy::browser::{BrowserPolicy, Context, Given, Judgement, Visit, explain};
use ringfence_protocol::{bundle::BundleSource, checkin::AccountState};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ops::{self, Place};
use crate::{
    app::{App, Shared},
    authz::{Proof, act, authorize, sight},
    http::{ApiError, Json as Body},
    targeting::Content,
    token::Authenticated,
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(check))
}

/// What is asked.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = Visit)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    /// Id or sign-in name.
    user: String,
    /// Bundle or package id of the browser.
    app: String,
    #[schema(schema_with = crate::http::schema::platform)]
    platform: Platform,
    /// The address.
    url: String,
    #[serde(default)]
    #[schema(schema_with = crate::http::schema::browser_context)]
    context: Option<Context>,
    #[serde(default)]
    subresource: bool,
    #[serde(default)]
    work_link: bool,
    #[serde(default)]
    post: bool,
    #[serde(default)]
    personal_account: bool,
    #[serde(default)]
    #[schema(schema_with = crate::http::schema::management)]
    management: ManagementState,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    lang: Option<Lang>,
}

#[utoipa::path(
    post,
    path = "/api/v1/browser/check",
    tag = "policies",
    summary = "What the managed browser does with an address.",
    request_body = Question,
    responses((status = 200, description = "Where the page opens, and why", body = Value)),
)]
async fn check(
    State(app): State<Shared>,
    who: Authenticated,
    Body(question): Body<Question>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::Troubleshoot)?;
    app.serves(proof.tenant())?;
    let id = AppId::new(question.platform, question.app.clone());
    let sight = sight(&app, proof.actor()).await?;
    let place = ops::place(&app, &sight, &question.user, id, question.management).await?;
    super::api::note(&app, proof.actor(), &place).await?;
    Ok(Json(judged(&app, &proof, &place, &question).await?))
}

async fn judged(
    app: &App,
    _proof: &Proof<act::Troubleshoot>,
    place: &Place,
    question: &Question,
) -> Result<Value, ApiError> {
    app.phones.catch_up(app).await?;
    let answer = app.phones.memory.answer(place.user, &place.upn, &place.query());
    let policy = answer.content.as_deref().map(compile);
    let visit = Visit {
        subresource: question.subresource,
        work_link: question.work_link,
        post: question.post,
        personal_account: question.personal_account,
        ..Visit::new(&question.url, question.context.unwrap_or(Context::Work), question.platform)
    };
    let judgement = match &policy {
        Some(policy) => policy.judge(&visit),
        None if answer.state == AccountState::AccountDisabled => {
            Judgement::withheld(&visit, ReasonCode::AccountDisabled)
        }
        None => Judgement::unmanaged(&visit),
    };
    let sources = answer.content.as_deref().map(|content| named(content, &judgement.sources));
    let explained = explain(&judgement, question.platform, question.lang.unwrap_or(Lang::En));
    let mut told = serde_json::to_value(&explained).map_err(ApiError::internal)?;
    told["state"] = json!(answer.state);
    told["sources"] = json!(sources.unwrap_or_default());
    Ok(told)
}

fn compile(content: &Content) -> BrowserPolicy {
    BrowserPolicy::compile(content.content.config.iter().map(|entry| Given {
        name: &entry.name,
        value: &entry.value,
        sources: &entry.sources,
    }))
}

fn named<'a>(content: &'a Content, places: &BTreeSet<u32>) -> Vec<&'a BundleSource> {
    let source = |place: &u32| content.content.sources.get(usize::try_from(*place).ok()?);
    places.iter().filter_map(source).collect()
}
