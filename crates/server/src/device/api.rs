//! `/api/v1/devices`: what is known of the devices.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::get,
};
use ringfence_model::TenantId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Device,
    ops::{self, Said},
};
use crate::{
    app::Shared,
    authz::{act, authorize},
    db::{Conn, DbError},
    http::{ApiError, Json as Body},
    registration,
    token::Authenticated,
};

/// Devices on one page.
const PAGE: i64 = 100;

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/api/v1/devices", get(list))
        .route("/api/v1/devices/{device_tag}", get(one).put(put).delete(delete))
}

#[derive(Debug, Default, Deserialize)]
struct Page {
    after: Option<String>,
}

async fn list(
    State(app): State<Shared>,
    who: Authenticated,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadDevices)?;
    let after = page.after.unwrap_or_default();
    let devices = ops::list(&mut *app.db.read().await?, proof.tenant(), &after, PAGE + 1).await?;
    let more = devices.len() > PAGE.unsigned_abs() as usize;
    let page: Vec<_> = devices.into_iter().take(PAGE.unsigned_abs() as usize).collect();
    let next = page.last().filter(|_| more).map(|device| device.device_tag.clone());
    Ok(Json(json!({ "value": page, "next": next })))
}

async fn one(
    State(app): State<Shared>,
    who: Authenticated,
    Path(tag): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadDevices)?;
    let mut conn = app.db.read().await?;
    let said = ops::find(&mut conn, proof.tenant(), &tag).await?;
    let whole = represent(&mut conn, proof.tenant(), &tag, said).await?;
    whole.map(Json).ok_or_else(|| ApiError::not_found(format!("there is no device `{tag}`")))
}

async fn put(
    State(app): State<Shared>,
    who: Authenticated,
    Path(tag): Path<String>,
    Body(said): Body<Said>,
) -> Result<Json<Device>, ApiError> {
    let proof = authorize(&who.0, act::WriteDevices)?;
    Ok(Json(ops::put(&app, &proof, &tag, said).await?))
}

async fn delete(
    State(app): State<Shared>,
    who: Authenticated,
    Path(tag): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize(&who.0, act::WriteDevices)?;
    ops::delete(&app, &proof, &tag).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was said of the device beside what its apps report; `None` when nobody knows it.
async fn represent(
    conn: &mut Conn,
    tenant: TenantId,
    tag: &str,
    said: Option<Device>,
) -> Result<Option<Value>, DbError> {
    let instances = registration::ops::list_active_on(conn, tenant, tag).await?;
    if said.is_none() && instances.is_empty() {
        return Ok(None);
    }
    let apps: Vec<_> = instances
        .iter()
        .map(|instance| {
            json!({
                "instance": instance.id,
                "userPrincipalName": instance.upn,
                "app": instance.app.id,
                "platform": instance.app.platform,
                "management": instance.management,
                "osVersion": instance.versions.os,
                "model": instance.model,
                "registeredAt": instance.registered_at,
            })
        })
        .collect();
    Ok(Some(json!({ "deviceTag": tag, "said": said, "apps": apps })))
}
