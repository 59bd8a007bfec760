//! `GET /api/v1/report`, as JSON or CSV.

use std::collections::BTreeSet;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use ringfence_model::{Platform, UserId};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Filter, csv, ops};
use crate::{
    app::Shared,
    audit,
    authz::{act, authorize, sight},
    http::ApiError,
    registration,
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(report))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    user: Option<String>,
    app: Option<String>,
    #[param(schema_with = crate::http::schema::platform)]
    platform: Option<Platform>,
    /// Rows at most, up to 100,000.
    #[param(minimum = 1)]
    limit: Option<usize>,
    format: Option<String>,
}

#[utoipa::path(
    get,
    path = "/api/v1/report",
    tag = "reports",
    summary = "Live state and coverage.",
    params(Asked),
    responses((status = 200, description = "Users, apps and instances with their state, as JSON or CSV")),
)]
async fn report(
    State(app): State<Shared>,
    who: Authenticated,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let proof = authorize(&who.0, act::ReadReports)?;
    app.serves(proof.tenant())?;
    let sight = sight(&app, proof.actor()).await?;
    let mut filter =
        Filter { app: asked.app, platform: asked.platform, limit: asked.limit, ..Filter::default() };
    if let Some(user) = &asked.user {
        let found = registration::ops::find_person(&mut *app.db.read().await?, proof.tenant(), user).await?;
        let found = found.filter(|person| sight.sees_user(person.id));
        let person = found.ok_or_else(|| ApiError::not_found(format!("there is no user `{user}`")))?;
        filter.user = Some(person.id);
    }
    let report = ops::report(&app, &proof, &sight, &filter).await?;
    let people: BTreeSet<UserId> = report.value.iter().map(|row| row.user).collect();
    let objects = people.iter().map(|user| format!("user:{user}"));
    audit::ops::note_read(&app, proof.actor(), "report.read", objects).await?;
    let accepts_csv = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/csv"));
    if accepts_csv || asked.format.as_deref() == Some("csv") {
        let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")];
        return Ok((kind, csv::render(&report.value)).into_response());
    }
    Ok(axum::Json(report).into_response())
}
