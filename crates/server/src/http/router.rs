//! Router assembly: one `merge` line per feature.

use axum::Router;

use super::{ApiError, health};
use crate::{
    account, app::Shared, audit, checkin, device, doctor, effective, program, provider, push, registration,
    report, role, scim, session, signin, signing, status, ticket, token, wipe,
};

pub(crate) fn router(app: Shared) -> Router {
    Router::new()
        .merge(health::router())
        .merge(account::api::router())
        .merge(audit::api::router())
        .merge(token::api::router())
        .merge(checkin::api::router())
        .merge(device::api::router())
        .merge(doctor::api::router())
        .merge(effective::api::router())
        .merge(program::api::router())
        .merge(provider::api::router())
        .merge(push::api::router())
        .merge(registration::api::router())
        .merge(report::api::router())
        .merge(role::api::router())
        .merge(scim::api::router())
        .merge(session::api::router())
        .merge(signin::api::router())
        .merge(signing::api::router())
        .merge(status::api::router())
        .merge(ticket::api::router())
        .merge(wipe::api::router())
        .fallback(|| async { ApiError::not_found("no such path") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .with_state(app)
}
