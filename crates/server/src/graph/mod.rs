//! The Graph surface, `/v1.0` and `/beta`: URL forms, query options and JSON shapes that real clients use. Features
//! answer the requests; what none of them answers is 501 and names the operation.

mod answer;
mod filter;
mod path;
mod query;
mod request;
mod schema;

pub(crate) use answer::{collection, created, entity, no_content, timestamp};
pub(crate) use path::percent_decode;
pub(crate) use query::{Page, Query, apply};
pub(crate) use request::Request;

use axum::{
    body::Body,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{app::Shared, catalogue, directory, http::ApiError, policies};

/// Answers one request under a version prefix.
pub(crate) async fn handle(app: Shared, parts: Parts, body: Body) -> Response {
    match dispatch(app, parts, body).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn dispatch(app: Shared, parts: Parts, body: Body) -> Result<Response, ApiError> {
    let mut request = Request::open(app, parts, body).await?;
    if let Some(response) = policies::api::handle(&mut request).await? {
        return Ok(response);
    }
    if let Some(response) = directory::api::handle(&mut request).await? {
        return Ok(response);
    }
    if let Some(response) = catalogue::api::handle(&mut request).await? {
        return Ok(response);
    }
    let detail = format!("`{} {}` is not offered by this server", request.method, request.path.join("/"));
    Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, "operation_not_offered", detail))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{filter, path, query::Query};

    proptest! {
        #[test]
        fn urls_never_panic(text in "\\PC{0,80}", parts in "[a-z()'%$=&,/ .]{0,80}") {
            for text in [text, parts] {
                let _ = path::parse(&text);
                let _ = Query::parse(&text);
                let _ = filter::Filter::parse(&text);
            }
        }
    }
}
