//! Router assembly: one `merge` line per feature.

use axum::Router;

use super::{ApiError, health};
use crate::app::Shared;

pub(crate) fn router(app: Shared) -> Router {
    Router::new()
        .merge(health::router())
        .fallback(|| async { ApiError::not_found("no such path") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .with_state(app)
}
