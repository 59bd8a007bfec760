//! `/api/v1/devices`: what is known of the devices.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use ringfence_model::{TenantId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Device,
    ops::{self, Said},
};
use crate::{
    app::{App, Shared},
    audit,
    authz::{Actor, Sight, act, authorize, sight},
    db::{Conn, DbError},
    http::{ApiError, Json as Body},
    registration,
    token::Authenticated,
};

/// Devices on one page.
const PAGE: i64 = 100;

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one, put, delete))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    after: Option<String>,
}

#[utoipa::path(
    get,
    path = "/api/v1/devices",
    tag = "devices",
    summary = "What is known of devices.",
    params(Page),
    responses((status = 200, description = "A page of devices, and `next` to ask after", body = Value)),
)]
async fn list(
    State(app): State<Shared>,
    who: Authenticated,
    Query(page): Query<Page>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadDevices)?;
    let after = page.after.unwrap_or_default();
    let sight = sight(&app, proof.actor()).await?;
    let devices = seen_page(&app, proof.tenant(), &sight, after).await?;
    let more = devices.len() > PAGE.unsigned_abs() as usize;
    let page: Vec<_> = devices.into_iter().take(PAGE.unsigned_abs() as usize).collect();
    let objects = page.iter().map(|device| format!("device:{}", device.device_tag));
    audit::ops::note_read(&app, proof.actor(), "device.read", objects).await?;
    let next = page.last().filter(|_| more).map(|device| device.device_tag.clone());
    Ok(Json(json!({ "value": page, "next": next })))
}

#[utoipa::path(
    get,
    path = "/api/v1/devices/{device_tag}",
    tag = "devices",
    summary = "One device.",
    params(("device_tag" = String, Path)),
    responses((status = 200, description = "The device and who is registered on it", body = Value), (status = 404, description = "No such device")),
)]
async fn one(
    State(app): State<Shared>,
    who: Authenticated,
    Path(tag): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadDevices)?;
    let sight = sight(&app, proof.actor()).await?;
    let mut conn = app.db.read().await?;
    let said = ops::find(&mut conn, proof.tenant(), &tag).await?;
    let found = represent(&mut conn, proof.tenant(), &sight, (&tag, said)).await?;
    drop(conn);
    if let Some((_, people)) = &found {
        let objects = people.iter().map(|user| format!("user:{user}"));
        audit::ops::note_read(&app, proof.actor(), "device.read", objects).await?;
    }
    found
        .map(|(whole, _)| Json(whole))
        .ok_or_else(|| ApiError::not_found(format!("there is no device `{tag}`")))
}

#[utoipa::path(
    put,
    path = "/api/v1/devices/{device_tag}",
    tag = "devices",
    summary = "Says how a device is enrolled.",
    params(("device_tag" = String, Path)),
    request_body = Said,
    responses((status = 200, description = "The device", body = Value)),
)]
async fn put(
    State(app): State<Shared>,
    who: Authenticated,
    Path(tag): Path<String>,
    Body(said): Body<Said>,
) -> Result<Json<Device>, ApiError> {
    let proof = authorize(&who.0, act::WriteDevices)?;
    check_sight(&app, proof.actor(), &tag).await?;
    Ok(Json(ops::put(&app, &proof, &tag, said).await?))
}

#[utoipa::path(
    delete,
    path = "/api/v1/devices/{device_tag}",
    tag = "devices",
    summary = "Forgets what was said of a device.",
    params(("device_tag" = String, Path)),
    responses((status = 204, description = "Forgotten")),
)]
async fn delete(
    State(app): State<Shared>,
    who: Authenticated,
    Path(tag): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize(&who.0, act::WriteDevices)?;
    check_sight(&app, proof.actor(), &tag).await?;
    ops::delete(&app, &proof, &tag).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A page of the devices in sight, and one more.
async fn seen_page(
    app: &App,
    tenant: TenantId,
    sight: &Sight,
    mut after: String,
) -> Result<Vec<Device>, DbError> {
    let (mut conn, mut seen) = (app.db.read().await?, Vec::new());
    loop {
        let page = ops::list(&mut conn, tenant, &after, PAGE + 1).await?;
        let last = page.last().map(|device| device.device_tag.clone());
        for device in page {
            if sees(&mut conn, tenant, sight, &device).await? {
                seen.push(device);
            }
        }
        match last {
            Some(last) if seen.len() <= PAGE.unsigned_abs() as usize => after = last,
            _ => return Ok(seen),
        }
    }
}

/// Whether a device belongs to somebody in sight: who is registered on it, or whose account was handed over.
async fn sees(conn: &mut Conn, tenant: TenantId, sight: &Sight, device: &Device) -> Result<bool, DbError> {
    if sight.is_everything() {
        return Ok(true);
    }
    let active = registration::ops::list_active_on(conn, tenant, &device.device_tag).await?;
    if active.iter().any(|instance| sight.sees_user(instance.user)) {
        return Ok(true);
    }
    let Some(account) = &device.work_account else { return Ok(false) };
    let person = registration::ops::find_person(conn, tenant, account).await?;
    Ok(person.is_some_and(|person| sight.sees_user(person.id)))
}

async fn check_sight(app: &App, actor: &Actor, tag: &str) -> Result<(), ApiError> {
    let sight = sight(app, actor).await?;
    if sight.is_everything() {
        return Ok(());
    }
    let mut conn = app.db.read().await?;
    let said = ops::find(&mut conn, actor.tenant, tag).await?;
    let found = represent(&mut conn, actor.tenant, &sight, (tag, said)).await?;
    found.map(drop).ok_or_else(|| ApiError::not_found(format!("there is no device `{tag}`")))
}

/// What was said of the device beside what its apps report; `None` when nobody knows it.
async fn represent(
    conn: &mut Conn,
    tenant: TenantId,
    sight: &Sight,
    (tag, said): (&str, Option<Device>),
) -> Result<Option<(Value, BTreeSet<UserId>)>, DbError> {
    let mut instances = registration::ops::list_active_on(conn, tenant, tag).await?;
    instances.retain(|instance| sight.sees_user(instance.user));
    let seen = match &said {
        Some(device) => sees(conn, tenant, sight, device).await?,
        None => false,
    };
    if !seen && instances.is_empty() {
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
    let people = instances.iter().map(|instance| instance.user).collect();
    Ok(Some((json!({ "deviceTag": tag, "said": said, "apps": apps }), people)))
}
