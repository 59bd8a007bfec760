//! `GET /phone/v1/checkin`; `GET` and `PUT /api/v1/lease`

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use ringfence_model::Millis;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{lease, ops};
use crate::{
    app::Shared,
    authz::{act, authorize},
    http::{ApiError, Json},
    session::auth::{check, if_none_match},
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().route("/phone/v1/checkin", get(check_in)).routes(routes!(lease, set_lease))
}

async fn check_in(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let phone = check(&app, method, uri, headers, &[])?;
    let now = app.env.now();
    let served = ops::current(&app, &phone.session.active, now).await?;
    if served.etag.as_bytes() == if_none_match(headers).as_bytes() {
        app.phones.metrics.checkins_unchanged.inc();
        return Ok(phone.reply(StatusCode::NOT_MODIFIED, Some(&served.etag), Vec::new()));
    }
    app.phones.metrics.checkins_changed.inc();
    let body = serde_json::to_vec(&ops::reply(&app, &served, now)?).map_err(ApiError::internal)?;
    Ok(phone.reply(StatusCode::OK, Some(&served.etag), body))
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Lease)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LeaseBody {
    /// How long a phone obeys a bundle without hearing from the server, in milliseconds.
    #[schema(schema_with = crate::http::schema::milliseconds)]
    lease_ms: Millis,
}

#[utoipa::path(
    get,
    path = "/api/v1/lease",
    tag = "policies",
    summary = "How long phones obey without contact.",
    responses((status = 200, description = "The lease", body = Value)),
)]
async fn lease(State(app): State<Shared>, who: Authenticated) -> Result<axum::Json<LeaseBody>, ApiError> {
    let proof = authorize(&who.0, act::ReadPolicies)?;
    let lease_ms = lease::find(&mut *app.db.read().await?, proof.tenant()).await?;
    Ok(axum::Json(LeaseBody { lease_ms }))
}

#[utoipa::path(
    put,
    path = "/api/v1/lease",
    tag = "policies",
    summary = "Changes the lease.",
    request_body = LeaseBody,
    responses((status = 200, description = "The lease", body = Value)),
)]
async fn set_lease(
    State(app): State<Shared>,
    who: Authenticated,
    Json(body): Json<LeaseBody>,
) -> Result<axum::Json<LeaseBody>, ApiError> {
    let proof = authorize(&who.0, act::ManageTenant)?;
    app.serves(proof.tenant())?;
    lease::set(&app, &proof, body.lease_ms).await?;
    Ok(axum::Json(body))
}
