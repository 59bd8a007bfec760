//! `POST /phone/v1/receipts`; `/api/v1/wipes`: preview, request, list, one, receipt, cancel.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::IntoResponse,
    routing::post,
};
use ringfence_model::{TenantId, UserId, WipeId};
use ringfence_protocol::{Bytes, status::ReceiptRequest, wipe::verify_receipt};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    PAGE_MAX, Wanted, Wipe,
    ops::{self, Target},
    unordered,
};
use crate::{
    app::{App, Shared},
    audit,
    authz::{Actor, act, authorize, sight},
    http::{ApiError, FieldProblem, Json as Body},
    registration::{self, Instance},
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/phone/v1/receipts", post(receive))
        .routes(routes!(request, list))
        .routes(routes!(preview))
        .routes(routes!(one, cancel))
        .routes(routes!(receipt))
        .routes(routes!(list_unordered))
        .routes(routes!(one_unordered))
}

async fn receive(
    State(app): State<Shared>,
    Body(body): Body<ReceiptRequest>,
) -> Result<StatusCode, ApiError> {
    ops::receive(&app, &body.receipt).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    post,
    path = "/api/v1/wipes/preview",
    tag = "wipes",
    summary = "Who would be wiped.",
    request_body = Target,
    responses((status = 200, description = "The instances that would be wiped", body = Value)),
)]
async fn preview(
    State(app): State<Shared>,
    who: Authenticated,
    Body(target): Body<Target>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::RequestWipe)?;
    let sight = sight(&app, proof.actor()).await?;
    let reached = ops::preview(&mut *app.db.read().await?, proof.tenant(), &sight, &target).await?;
    let people = reached.iter().map(|instance| instance.user);
    note(&app, proof.actor(), people).await?;
    Ok(Json(json!({ "value": reached.iter().map(instance).collect::<Vec<_>>() })))
}

#[utoipa::path(
    post,
    path = "/api/v1/wipes",
    tag = "wipes",
    summary = "Orders a selective wipe.",
    request_body = Target,
    responses((status = 201, description = "The orders that were made", body = Value)),
)]
async fn request(
    State(app): State<Shared>,
    who: Authenticated,
    Body(target): Body<Target>,
) -> Result<impl IntoResponse, ApiError> {
    let proof = authorize(&who.0, act::RequestWipe)?;
    app.serves(proof.tenant())?;
    let ids = ops::request(&app, &proof, &target).await?;
    let (mut conn, mut orders) = (app.db.read().await?, Vec::with_capacity(ids.len()));
    for id in ids {
        orders.push(wipe(&ops::get(&mut conn, proof.tenant(), id, app.env.now()).await?));
    }
    Ok((StatusCode::CREATED, Json(json!({ "value": orders }))))
}

#[utoipa::path(
    get,
    path = "/api/v1/wipes",
    tag = "wipes",
    summary = "Wipe orders.",
    params(Asked),
    responses((status = 200, description = "A page of orders with their state, newest first, and `next` to ask after", body = Value)),
)]
async fn list(
    State(app): State<Shared>,
    who: Authenticated,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadWipe)?;
    let wanted = wanted(&asked)?;
    let sight = sight(&app, proof.actor()).await?;
    let mut conn = app.db.snapshot().await?;
    let page = ops::list(&mut conn, proof.tenant(), &sight, &wanted, app.env.now()).await?;
    drop(conn);
    note(&app, proof.actor(), page.iter().map(|wipe| wipe.user)).await?;
    let next = page.last().filter(|_| page.len() == wanted.limit).map(|last| last.id);
    Ok(Json(json!({ "value": page.iter().map(wipe).collect::<Vec<_>>(), "next": next })))
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// What `next` of the page before said.
    after: Option<String>,
    /// How many at most, up to 1000.
    #[param(minimum = 1)]
    limit: Option<usize>,
}

fn wanted<T: FromStr<Err: Display>>(asked: &Asked) -> Result<Wanted<T>, ApiError> {
    let after = asked.after.as_deref().map(|text| {
        text.parse().map_err(|error: T::Err| {
            ApiError::invalid(vec![FieldProblem {
                path: "after".to_owned(),
                value: Some(text.to_owned()),
                problem: error.to_string(),
                allowed: Some("what `next` said".to_owned()),
            }])
        })
    });
    Ok(Wanted { after: after.transpose()?, limit: asked.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX) })
}

#[utoipa::path(
    get,
    path = "/api/v1/wipes/{id}",
    tag = "wipes",
    summary = "One wipe order.",
    params(("id" = String, Path)),
    responses((status = 200, description = "The order", body = Value), (status = 404, description = "No such order")),
)]
async fn one(
    State(app): State<Shared>,
    who: Authenticated,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadWipe)?;
    let found = seen(&app, proof.actor(), &id).await?;
    note(&app, proof.actor(), [found.user]).await?;
    Ok(Json(wipe(&found)))
}

#[utoipa::path(
    delete,
    path = "/api/v1/wipes/{id}",
    tag = "wipes",
    summary = "Withdraws an order.",
    params(("id" = String, Path)),
    responses((status = 204, description = "The order is withdrawn"), (status = 404, description = "No such order"), (status = 409, description = "It was carried out already")),
)]
async fn cancel(
    State(app): State<Shared>,
    who: Authenticated,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize(&who.0, act::RequestWipe)?;
    app.serves(proof.tenant())?;
    let found = seen(&app, proof.actor(), &id).await?;
    ops::cancel(&app, &proof, found.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The receipt as signed, the key to verify it with, and what it says: anybody can check without this server.
#[utoipa::path(
    get,
    path = "/api/v1/wipes/{id}/receipt",
    tag = "wipes",
    summary = "The receipt of an order.",
    params(("id" = String, Path)),
    responses((status = 200, description = "The signed receipt", body = Value), (status = 404, description = "None yet")),
)]
async fn receipt(
    State(app): State<Shared>,
    who: Authenticated,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadWipe)?;
    let found = seen(&app, proof.actor(), &id).await?;
    note(&app, proof.actor(), [found.user]).await?;
    let verified = found
        .receipt
        .as_ref()
        .map(|bytes| verify_receipt(&bytes.0, &found.public_key, proof.tenant(), found.instance));
    let decoded = verified.as_ref().and_then(|result| result.as_ref().ok());
    Ok(Json(json!({
        "order": found.id,
        "instance": found.instance,
        "state": found.state.as_str(),
        "signedOrder": found.order,
        "receipt": found.receipt,
        "publicKey": Bytes(found.public_key.to_spki()),
        "decoded": decoded,
        "verified": verified.as_ref().is_some_and(Result::is_ok),
        "rootKey": app.phones.signing.keys().root,
        "keyset": app.phones.signing.keys().keyset,
    })))
}

#[utoipa::path(
    get,
    path = "/api/v1/receipts",
    tag = "wipes",
    summary = "Receipts of wipes that nobody ordered.",
    params(Asked),
    responses((status = 200, description = "A page of them, newest first, and `next` to ask after", body = Value)),
)]
async fn list_unordered(
    State(app): State<Shared>,
    who: Authenticated,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadWipe)?;
    let wanted = wanted(&asked)?;
    let sight = sight(&app, proof.actor()).await?;
    let mut conn = app.db.snapshot().await?;
    let page = unordered::list(&mut conn, proof.tenant(), &sight, &wanted).await?;
    drop(conn);
    note(&app, proof.actor(), page.iter().filter_map(|(_, of)| of.as_ref()).map(|of| of.user)).await?;
    let next = page.last().filter(|_| page.len() == wanted.limit).map(|(last, _)| last.instance);
    let told = page.iter().map(|(receipt, of)| unordered_receipt(receipt, of.as_ref(), proof.tenant()));
    Ok(Json(json!({ "value": told.collect::<Vec<_>>(), "next": next })))
}

/// The proof that an instance wiped itself, with the key to verify it.
#[utoipa::path(
    get,
    path = "/api/v1/receipts/{instance}",
    tag = "wipes",
    summary = "The receipt of one instance.",
    params(("instance" = String, Path)),
    responses((status = 200, description = "The signed receipt", body = Value), (status = 404, description = "None")),
)]
async fn one_unordered(
    State(app): State<Shared>,
    who: Authenticated,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadWipe)?;
    let id = id.parse().map_err(|_| ApiError::not_found("there is no such app instance"))?;
    let sight = sight(&app, proof.actor()).await?;
    let mut conn = app.db.read().await?;
    let of = registration::ops::find(&mut conn, proof.tenant(), id).await?;
    if !unordered::is_seen(&sight, of.as_ref()) {
        return Err(ApiError::not_found("there is no such app instance"));
    }
    let found = unordered::find(&mut conn, proof.tenant(), id).await?;
    let found = found.ok_or_else(|| ApiError::not_found("this app instance has not wiped itself"))?;
    drop(conn);
    note(&app, proof.actor(), of.iter().map(|of| of.user)).await?;
    Ok(Json(unordered_receipt(&found, of.as_ref(), proof.tenant())))
}

fn unordered_receipt(receipt: &unordered::Receipt, of: Option<&Instance>, tenant: TenantId) -> Value {
    let verified = of.is_some_and(|of| {
        verify_receipt(&receipt.receipt.0, &of.public_key, tenant, receipt.instance).is_ok()
    });
    json!({
        "instance": receipt.instance,
        "cause": receipt.cause,
        "reason": receipt.reason,
        "outcome": receipt.outcome,
        "receivedAt": receipt.received_at,
        "user": of.map(|of| of.user),
        "userPrincipalName": of.map(|of| &of.upn),
        "app": of.map(|of| &of.app.id),
        "platform": of.map(|of| of.app.platform),
        "deviceTag": of.map(|of| &of.device_tag),
        "receipt": receipt.receipt,
        "publicKey": of.map(|of| Bytes(of.public_key.to_spki())),
        "verified": verified,
    })
}

/// An order in sight.
async fn seen(app: &App, actor: &Actor, id: &str) -> Result<Wipe, ApiError> {
    let sight = sight(app, actor).await?;
    let found = ops::get(&mut *app.db.read().await?, actor.tenant, parse(id)?, app.env.now()).await?;
    if sight.sees_user(found.user) { Ok(found) } else { Err(ops::unknown("order", id)) }
}

async fn note(app: &App, actor: &Actor, people: impl IntoIterator<Item = UserId>) -> Result<(), ApiError> {
    let people: BTreeSet<UserId> = people.into_iter().collect();
    let objects = people.iter().map(|user| format!("user:{user}"));
    Ok(audit::ops::note_read(app, actor, "wipe.read", objects).await?)
}

fn parse(id: &str) -> Result<WipeId, ApiError> {
    id.parse().map_err(|error: ringfence_model::ids::IdError| ApiError::not_found(error.to_string()))
}

fn wipe(wipe: &Wipe) -> Value {
    json!({
        "order": wipe.id,
        "state": wipe.state.as_str(),
        "instance": wipe.instance,
        "user": wipe.user,
        "userPrincipalName": wipe.upn,
        "app": wipe.app.id,
        "platform": wipe.app.platform,
        "deviceTag": wipe.device_tag,
        "reason": wipe.reason,
        "requestedBy": wipe.requested_by,
        "requestedAt": wipe.requested_at,
        "expiresAt": wipe.expires_at,
        "endedAt": wipe.ended_at,
        "hasReceipt": wipe.receipt.is_some(),
    })
}

fn instance(instance: &Instance) -> Value {
    json!({
        "instance": instance.id,
        "state": instance.state.as_str(),
        "user": instance.user,
        "userPrincipalName": instance.upn,
        "app": instance.app.id,
        "platform": instance.app.platform,
        "deviceTag": instance.device_tag,
        "model": instance.model,
        "manufacturer": instance.manufacturer,
        "registeredAt": instance.registered_at,
    })
}
