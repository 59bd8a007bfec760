//! `GET /api/v1/exports/{id}/{secret}`: the file of a report. The link itself is the permission: nobody can guess it,
//! and it ends with the job.

use axum::{
    Router,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

use super::sql;
use crate::{app::Shared, http::ApiError};

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/api/v1/exports/{id}/{secret}", get(fetch))
}

async fn fetch(
    State(app): State<Shared>,
    Path((id, secret)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let mut conn = app.db.read().await?;
    let found = sql::find_content(&mut conn, app.tenant, (&id, &secret), app.env.now()).await?;
    let content =
        found.ok_or_else(|| ApiError::not_found("there is no such file, or its link has expired"))?;
    let name = format!("attachment; filename=\"{id}.zip\"");
    let head = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((head, content).into_response())
}
