//! `GET /api/v1/exports/{id}/{secret}`: the file of a report. The link itself is the permission: nobody can guess it,
//! and it ends with the job.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sql;
use crate::{app::Shared, http::ApiError};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(fetch))
}

#[utoipa::path(
    get,
    path = "/api/v1/exports/{id}/{secret}",
    tag = "reports",
    summary = "The file of a report, by the link of its job.",
    params(("id" = String, Path), ("secret" = String, Path)),
    security(()),
    responses(
        (status = 200, description = "A ZIP file"),
        (status = 404, description = "No such file, or its link has expired"),
    ),
)]
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
