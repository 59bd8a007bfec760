//! `GET /phone/v1/tenant`, `POST /api/v1/keys/rotate`

use axum::{Json, extract::State, routing::get};
use ringfence_protocol::register::TenantInfo;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ops;
use crate::{
    app::Shared,
    authz::{act, authorize},
    http::ApiError,
    tenant,
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().route("/phone/v1/tenant", get(tenant_info)).routes(routes!(rotate))
}

async fn tenant_info(State(app): State<Shared>) -> Result<Json<TenantInfo>, ApiError> {
    let found = tenant::ops::find(&mut *app.db.read().await?, app.tenant).await?;
    let keys = app.phones.signing.keys();
    Ok(Json(TenantInfo {
        tenant_id: app.tenant,
        name: found.map(|tenant| tenant.name).unwrap_or_default(),
        root_key: keys.root,
        keyset: keys.keyset.clone(),
        now: Some(app.env.now()),
    }))
}

/// Begins a new signing key; phones learn of it with their next answer.
#[utoipa::path(
    post,
    path = "/api/v1/keys/rotate",
    tag = "keys",
    summary = "Begins a new signing key.",
    responses((status = 200, description = "The new keyset", body = Value)),
)]
async fn rotate(State(app): State<Shared>, who: Authenticated) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ManageKeys)?;
    app.serves(proof.tenant())?;
    Ok(Json(ops::rotate(&app, &proof).await.map_err(ApiError::internal)?))
}
