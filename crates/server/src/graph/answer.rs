//! JSON shapes of answers.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use ringfence_model::UnixMillis;
use serde_json::{Map, Value, json};

use super::{Page, Request, select};

const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// `200` with a page; `context` is the fragment after `$metadata#`.
pub(crate) fn collection(request: &Request, context: &str, page: Page) -> Response {
    let mut body = Map::new();
    body.insert(
        "@odata.context".into(),
        json!(format!("{}/$metadata#{context}{}", request.root, request.query.shape())),
    );
    if let Some(count) = page.count {
        body.insert("@odata.count".into(), json!(count));
    }
    if let Some(skip) = page.next_skip {
        let path: Vec<String> = request.path.iter().map(|segment| escape(segment)).collect();
        let link = format!("{}/{}?{}", request.root, path.join("/"), request.query.next(skip));
        body.insert("@odata.nextLink".into(), json!(link));
    }
    body.insert("value".into(), page.items.into_iter().map(|item| select(&request.query, item)).collect());
    answer(request, StatusCode::OK, Value::Object(body))
}

/// `200` with one entity.
pub(crate) fn entity(request: &Request, context: &str, item: Value) -> Response {
    answer(request, StatusCode::OK, with_context(request, context, select(&request.query, item)))
}

/// `201` with the new entity and where it is.
pub(crate) fn created(request: &Request, context: &str, location: &str, item: Value) -> Response {
    let mut response = answer(request, StatusCode::CREATED, with_context(request, context, item));
    if let Ok(value) = HeaderValue::from_str(&format!("{}/{location}", request.root)) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// `204`.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// UTC with `Z`, whole seconds without a fraction.
pub(crate) fn timestamp(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

fn with_context(request: &Request, context: &str, item: Value) -> Value {
    let mut body = Map::new();
    let shape = request.query.shape();
    body.insert(
        "@odata.context".into(),
        json!(format!("{}/$metadata#{context}{shape}/$entity", request.root)),
    );
    if let Value::Object(members) = item {
        body.extend(members);
    }
    Value::Object(body)
}

fn answer(request: &Request, status: StatusCode, mut body: Value) -> Response {
    let accept =
        request.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("odata.metadata=none") {
        strip_annotations(&mut body);
    }
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn strip_annotations(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| {
                !name.contains("@odata.") || name == "@odata.nextLink" || name == "@odata.count"
            });
            members.values_mut().for_each(strip_annotations);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_annotations),
        _ => {}
    }
}

fn escape(segment: &str) -> String {
    segment
        .replace('%', "%25")
        .replace('/', "%2F")
        .replace('?', "%3F")
        .replace('#', "%23")
        .replace(' ', "%20")
}
