//! `GET /phone/v1/tenant`, `POST /api/v1/keys/rotate`

use axum::{Json, extract::State, routing::get};
use ringfence_protocol::register::TenantInfo;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::ops;
use crate::{
    app::Shared,
    audit::{self, Record},
    authz::{act, authorize},
    changes::{self, What},
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
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Keys).await?;
    let keys =
        ops::rotate(&mut tx, &app.env, app.tenant, &app.phones.signing).await.map_err(ApiError::internal)?;
    let object = format!("keyset:{}", keys.version);
    let answer = json!({
        "keysetVersion": keys.version,
        "keyId": keys.signing.id(),
        "expiresAt": keys.expires_at,
    });
    let after = answer.to_string();
    let record = Record { act: "keys.rotate", object, after: Some(after.as_bytes()), ..Record::default() };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    ops::adopt(&app.phones.signing, keys);
    app.changes.publish(change);
    app.phones.follow(&app).await?;
    Ok(Json(answer))
}
