//! Router assembly: one `merge` line per feature.

use axum::Router;

use super::{ApiError, health};
use crate::{app::Shared, audit, token};

pub(crate) fn router(app: Shared) -> Router {
    Router::new()
        .merge(health::router())
        .merge(audit::api::router())
        .merge(token::api::router())
        .fallback(|| async { ApiError::not_found("no such path") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .with_state(app)
}
