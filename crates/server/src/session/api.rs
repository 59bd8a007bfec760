//! `POST /phone/v1/sessions`

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use ringfence_protocol::session::{SessionAnswer, SessionRequest};

use super::ops;
use crate::{
    app::Shared,
    http::{ApiError, Json},
};

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/phone/v1/sessions", post(begin))
}

async fn begin(
    State(app): State<Shared>,
    Json(body): Json<SessionRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let reply = ops::begin(&app, &body.hello).await?;
    app.phones.metrics.sessions_begun.inc();
    Ok((StatusCode::CREATED, axum::Json(SessionAnswer { reply })))
}
