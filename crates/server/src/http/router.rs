//! Router assembly: one `merge` line per feature.

use axum::{Json, Router, routing::get};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use super::{
    ApiError, health,
    openapi::{Description, named},
};
use crate::{
    account, app::Shared, audit, checkin, device, doctor, effective, export, filter, program, provider, push,
    registration, report, role, scim, session, signin, signing, status, ticket, token, wipe,
};

/// The features whose paths below `/api/v1` describe themselves.
pub(super) fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(account::api::router())
        .merge(audit::api::router())
        .merge(token::api::router())
        .merge(checkin::api::router())
        .merge(device::api::router())
        .merge(doctor::api::router())
        .merge(effective::api::router())
        .merge(export::download::router())
        .merge(filter::try_out::router())
        .merge(program::api::router())
        .merge(provider::api::router())
        .merge(report::api::router())
        .merge(role::api::router())
        .merge(signing::api::router())
        .merge(status::api::router())
        .merge(ticket::api::router())
        .merge(wipe::api::router())
}

pub(crate) fn router(app: Shared) -> Router {
    let (described, description) = described().split_for_parts();
    let description = named(description);
    described
        .route("/api/v1/openapi.json", get(|| async { Json(description) }))
        .merge(health::router())
        .merge(push::api::router())
        .merge(registration::api::router())
        .merge(scim::api::router())
        .merge(session::api::router())
        .merge(signin::api::router())
        .fallback(|| async { ApiError::not_found("no such path") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .with_state(app)
}
