//! `POST /phone/v1/diagnostics`; `/api/v1/tickets`: make, list, one with its bundles, a bundle, delete.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use ringfence_model::UserId;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{Bundle, Ticket, UPLOAD_MAX, limit, ops};
use crate::{
    app::{App, Shared},
    audit,
    authz::{act, authorize},
    http::{ApiError, Json as Body, parse_json, read_body, require_json},
    signin::Attempt,
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .route("/phone/v1/diagnostics", post(receive))
        .routes(routes!(create, list))
        .routes(routes!(one, delete))
        .routes(routes!(download))
}

async fn receive(
    State(app): State<Shared>,
    attempt: Attempt,
    request: Request,
) -> Result<Response, ApiError> {
    limit::admit_address(&app, &attempt)?;
    require_json(request.headers())?;
    let body = read_body(request.into_body(), UPLOAD_MAX).await?;
    let id = ops::receive(&app, parse_json(&body)?).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

#[utoipa::path(
    post,
    path = "/api/v1/tickets",
    tag = "diagnostics",
    summary = "Makes a reference under which a user sends diagnostics.",
    request_body = ops::NewTicket,
    responses((status = 201, description = "The ticket with its reference", body = Value)),
)]
async fn create(
    State(app): State<Shared>,
    who: Authenticated,
    Body(new): Body<ops::NewTicket>,
) -> Result<impl IntoResponse, ApiError> {
    let proof = authorize(&who.0, act::ManageTickets)?;
    let made = ops::create(&app, &proof, new).await?;
    Ok((StatusCode::CREATED, Json(ticket(&app, &made))))
}

#[utoipa::path(
    get,
    path = "/api/v1/tickets",
    tag = "diagnostics",
    summary = "Tickets.",
    responses((status = 200, description = "All tickets", body = Value)),
)]
async fn list(State(app): State<Shared>, who: Authenticated) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ManageTickets)?;
    let all = ops::list(&app, &proof).await?;
    let people: BTreeSet<UserId> = all.iter().filter_map(|ticket| ticket.user).collect();
    let objects = people.iter().map(|user| format!("user:{user}"));
    audit::ops::note_read(&app, proof.actor(), "ticket.read", objects).await?;
    Ok(Json(json!({ "value": all.iter().map(|one| ticket(&app, one)).collect::<Vec<_>>() })))
}

#[utoipa::path(
    get,
    path = "/api/v1/tickets/{reference}",
    tag = "diagnostics",
    summary = "One ticket.",
    params(("reference" = String, Path)),
    responses((status = 200, description = "The ticket and its bundles", body = Value), (status = 404, description = "No such ticket")),
)]
async fn one(
    State(app): State<Shared>,
    who: Authenticated,
    Path(reference): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let proof = authorize(&who.0, act::ReadDiagnostics)?;
    let (found, bundles) = ops::show(&app, &proof, &reference).await?;
    let mut answer = ticket(&app, &found);
    if let Value::Object(members) = &mut answer {
        members.insert("bundles".to_owned(), bundles.iter().map(bundle).collect());
    }
    Ok(Json(answer))
}

#[utoipa::path(
    get,
    path = "/api/v1/tickets/{reference}/bundles/{id}",
    tag = "diagnostics",
    summary = "What a phone sent.",
    params(("reference" = String, Path), ("id" = String, Path)),
    responses((status = 200, description = "The bundle, as JSON lines"), (status = 404, description = "No such bundle")),
)]
async fn download(
    State(app): State<Shared>,
    who: Authenticated,
    Path((reference, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let proof = authorize(&who.0, act::ReadDiagnostics)?;
    let id: Uuid =
        id.parse().map_err(|_| ApiError::not_found("there is no such bundle under this ticket"))?;
    let content = ops::download(&app, &proof, &reference, id).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], content).into_response())
}

#[utoipa::path(
    delete,
    path = "/api/v1/tickets/{reference}",
    tag = "diagnostics",
    summary = "Deletes a ticket.",
    params(("reference" = String, Path)),
    responses((status = 204, description = "Gone, with its bundles"), (status = 404, description = "No such ticket")),
)]
async fn delete(
    State(app): State<Shared>,
    who: Authenticated,
    Path(reference): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize(&who.0, act::ManageTickets)?;
    ops::delete(&app, &proof, &reference).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn ticket(app: &App, ticket: &Ticket) -> Value {
    json!({
        "reference": ticket.reference.as_str(),
        "state": if ticket.expires_at > app.env.now() { "open" } else { "expired" },
        "user": ticket.user,
        "note": ticket.note,
        "createdBy": ticket.created_by,
        "createdAt": ticket.created_at,
        "expiresAt": ticket.expires_at,
        "bundleCount": ticket.bundles,
    })
}

fn bundle(bundle: &Bundle) -> Value {
    json!({
        "id": bundle.id,
        "platform": bundle.platform,
        "app": bundle.app,
        "appVersion": bundle.app_version,
        "deviceTag": bundle.device_tag,
        "instance": bundle.instance,
        "sizeBytes": bundle.size,
        "receivedAt": bundle.received_at,
    })
}
