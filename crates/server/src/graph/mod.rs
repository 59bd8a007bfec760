//! The Graph surface, `/v1.0` and `/beta`: URL forms, query options and JSON shapes that real clients use. Features
//! answer the requests; what none of them answers is 501 and names the operation.

mod answer;
mod batch;
mod dress;
mod filter;
mod full;
mod metadata;
mod operations;
mod path;
mod query;
mod request;
mod schema;
mod zip;

pub(crate) use answer::{collection, created, entity, no_content, timestamp};
pub(crate) use filter::{How, Narrow};
pub(crate) use path::percent_decode;
pub(crate) use query::{After, Next, Page, Query, apply, foreign_token, retain};
pub(crate) use request::Request;
pub(crate) use schema::{complete, concrete, faults};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    app::Shared,
    audit, catalogue, connector, device, directory, export,
    http::{ApiError, ErrorForm, RequestId},
    policies, registration, role, wipe,
};

/// The items that a filter in the grammar of `$filter` lets through; an empty one lets through all.
pub(crate) fn narrowed(
    filter: &str,
    mut items: Vec<serde_json::Value>,
) -> Result<Vec<serde_json::Value>, ApiError> {
    if filter.trim().is_empty() {
        return Ok(items);
    }
    let filter = filter::Filter::parse(filter)?;
    if items.is_empty() {
        return Ok(items);
    }
    let filter = filter.check(None, &items)?;
    let mut kept = Vec::new();
    for item in items.drain(..) {
        if filter.holds(&item)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// Answers one request under a version prefix.
pub(crate) async fn handle(app: Shared, parts: Parts, body: Body) -> Response {
    let (is_head, wants_gzip) = (parts.method == Method::HEAD, zip::is_wanted(&parts.headers));
    let id = parts.extensions.get::<RequestId>().copied();
    let mut response = match Request::open(app, parts, body).await {
        Ok(mut request) if is_batch(&request) => {
            let answered = match id {
                Some(id) => batch::answer_all(&mut request, id).await,
                None => Err(ApiError::internal("a request without an id")),
            };
            answered.unwrap_or_else(IntoResponse::into_response)
        }
        Ok(mut request) => answer_one(&mut request).await,
        Err(error) => error.into_response(),
    };
    if response.extensions().get::<ApiError>().is_none() {
        response = if wants_gzip { zip::zipped(response).await } else { response };
        if is_head {
            *response.body_mut() = Body::empty();
        }
    }
    response
}

fn is_batch(request: &Request) -> bool {
    let is_named = request.path.first().is_some_and(|first| first.eq_ignore_ascii_case("$batch"));
    request.method == Method::POST && request.path.len() == 1 && is_named
}

/// Answers a request that is no batch; an error travels in the response's extensions.
async fn answer_one(request: &mut Request) -> Response {
    // Answers that turned out to be refusals travel as responses.
    let answered = dispatch(request)
        .await
        .and_then(|mut response| response.extensions_mut().remove::<ApiError>().map_or(Ok(response), Err));
    match answered {
        Ok(response) => conditional(request, preferred(request, response)),
        Err(error) if is_directory(request) => match directory_code(error.status()) {
            Some(code) => error.graph_code(code).into_response(),
            None => error.into_response(),
        },
        Err(error) => error.into_response(),
    }
}

async fn dispatch(request: &mut Request) -> Result<Response, ApiError> {
    if let Some(response) = metadata::handle(request) {
        return Ok(response);
    }
    if let Some(response) = policies::api::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = audit::graph::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = role::graph::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = registration::graph::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = crate::filter::api::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = connector::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = device::graph::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = export::api::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = export::status::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = wipe::graph::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = directory::api::handle(request).await? {
        return Ok(response);
    }
    if let Some(response) = catalogue::api::handle(request).await? {
        return Ok(response);
    }
    Err(operations::refusal(&request.method, &request.path, request.version))
}

/// An answer as it is sent: errors in Graph's envelope.
fn rendered(mut response: Response, id: RequestId, client_id: Option<&HeaderValue>) -> Response {
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error.render(ErrorForm::Graph, id, client_id.and_then(|id| id.to_str().ok())),
        None => response,
    }
}

/// Says which preferences were followed.
fn preferred(request: &Request, mut response: Response) -> Response {
    let changes = request.method == Method::POST || request.method == Method::PATCH;
    let (status, mut applied) = (response.status(), Vec::new());
    if changes && status == StatusCode::NO_CONTENT && request.prefers("return=minimal") {
        applied.push("return=minimal".to_owned());
    }
    if changes
        && (status == StatusCode::OK || status == StatusCode::CREATED)
        && request.prefers("return=representation")
    {
        applied.push("return=representation".to_owned());
    }
    if request.method == Method::GET && request.prefers("include-unknown-enum-members") {
        applied.push("include-unknown-enum-members".to_owned());
    }
    if let Some(size) = request.page_size().filter(|_| request.method == Method::GET) {
        applied.push(format!("odata.maxpagesize={size}"));
    }
    if let (false, Ok(value)) = (applied.is_empty(), HeaderValue::from_str(&applied.join(", "))) {
        response.headers_mut().insert("preference-applied", value);
    }
    response
}

/// 304 when the client has the newest version already.
fn conditional(request: &Request, response: Response) -> Response {
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let (true, Some(tag)) = (request.method == Method::GET, tag) else { return response };
    if !has_tag(&request.headers, tag) {
        return response;
    }
    let (mut head, _) = response.into_parts();
    head.status = StatusCode::NOT_MODIFIED;
    head.headers.remove(header::CONTENT_TYPE);
    Response::from_parts(head, Body::empty())
}

fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let stated = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    stated.flat_map(|value| value.split(',')).any(|one| matches!(one.trim(), "*") || one.trim() == tag)
}

/// Directory paths have codes of their own.
fn is_directory(request: &Request) -> bool {
    const FIRST: [&str; 8] = [
        "users",
        "groups",
        "me",
        "organization",
        "subscribedskus",
        "directoryobjects",
        "directoryroles",
        "rolemanagement",
    ];
    request.path.first().is_some_and(|first| FIRST.contains(&first.to_ascii_lowercase().as_str()))
}

fn directory_code(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        400 => Some("Request_BadRequest"),
        403 => Some("Authorization_RequestDenied"),
        404 => Some("Request_ResourceNotFound"),
        _ => None,
    }
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
