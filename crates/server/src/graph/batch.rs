//! `$batch`: up to twenty requests in one, answered through the same way as single ones, each with its own headers,
//! status and permission. A request whose dependency failed is not made.

use std::collections::HashMap;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::Engine as _;
use http_body_util::BodyExt as _;
use ringfence_model::document::ApiVersion;
use serde_json::{Map, Value, json};

use super::{Request, answer, percent_decode, request::Incoming};
use crate::{
    audit::limit,
    http::{ApiError, RequestId, is_graph_version},
};

const REQUESTS_MAX: usize = 20;

/// One request of a batch.
struct Item {
    id: String,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Option<Value>,
    after: Vec<String>,
}

/// Answers a batch; the caller is known and each request is authorised on its own.
pub(super) async fn answer_all(request: &mut Request, id: RequestId) -> Result<Response, ApiError> {
    let body = request.document().await?;
    let items = items(&body)?;
    let order = order(&items)?;
    let mut statuses: HashMap<&str, StatusCode> = HashMap::new();
    let mut answers: Vec<(usize, Value)> = Vec::new();
    for index in order {
        let Some(item) = items.get(index) else { continue };
        let failed = item.after.iter().find(|before| {
            statuses
                .get(before.as_str())
                .is_none_or(|status| status.is_client_error() || status.is_server_error())
        });
        let response = match failed {
            Some(before) => {
                let detail = format!("not made: request `{before}`, on which it depends, failed");
                ApiError::new(StatusCode::FAILED_DEPENDENCY, "dependency_failed", detail).into_response()
            }
            None => make(request, item).await,
        };
        if let Some(denied) = response.extensions().get::<ApiError>().and_then(ApiError::denied) {
            let place = format!("{} {}", item.method, item.url.split('?').next().unwrap_or_default());
            Box::pin(limit::note_refusal(&request.app, denied, place)).await;
        }
        let response = super::rendered(response, id, request.headers.get("client-request-id"));
        statuses.insert(&item.id, response.status());
        answers.push((index, represent(&item.id, response).await?));
    }
    answers.sort_by_key(|(index, _)| *index);
    let responses: Vec<Value> = answers.into_iter().map(|(_, answer)| answer).collect();
    Ok(answer::plain(request, json!({ "responses": responses })))
}

async fn make(outer: &Request, item: &Item) -> Response {
    match open(outer, item) {
        Ok(mut inner) => super::answer_one(&mut inner).await,
        Err(error) => error.into_response(),
    }
}

fn open(outer: &Request, item: &Item) -> Result<Request, ApiError> {
    let (path, query) = item.url.split_once('?').unwrap_or((&item.url, ""));
    let mut path = path.split('#').next().unwrap_or_default();
    // An absolute URL, whatever its host: only this server is asked.
    if let Some((scheme, rest)) = path.split_once("://")
        && (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
    {
        path = rest.split_once('/').map_or("", |(_, path)| path);
    }
    let path = path.trim_start_matches('/');
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let (version, path) = match is_graph_version(first) {
        true if first.eq_ignore_ascii_case("beta") => (ApiVersion::Beta, rest),
        true => (ApiVersion::V1, rest),
        false => (outer.version, path),
    };
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if percent_decode(first).is_some_and(|first| first.eq_ignore_ascii_case("$batch")) {
        return Err(ApiError::bad_request("batch_in_batch", "a batch may not hold a batch"));
    }
    let mut headers = item.headers.clone();
    let body = match &item.body {
        None | Some(Value::Null) => Body::empty(),
        Some(Value::String(text)) if !is_json(&headers) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| {
                ApiError::bad_request(
                    "malformed_batch",
                    "the body of a request that is not JSON must be base64",
                )
            })?;
            Body::from(bytes)
        }
        Some(value) => {
            headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
            Body::from(value.to_string())
        }
    };
    let incoming = Incoming {
        method: item.method.clone(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    };
    Request::make(outer.app.clone(), outer.actor.clone(), version, outer.host.clone(), incoming)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_none_or(|kind| kind.to_ascii_lowercase().contains("json"))
}

async fn represent(id: &str, response: Response) -> Result<Value, ApiError> {
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.map_err(ApiError::internal)?.to_bytes();
    let mut headers = Map::new();
    for (name, value) in &head.headers {
        if let Ok(value) = value.to_str() {
            headers.insert(title(name.as_str()), json!(value));
        }
    }
    let mut out = Map::new();
    out.insert("id".into(), json!(id));
    out.insert("status".into(), json!(head.status.as_u16()));
    out.insert("headers".into(), Value::Object(headers));
    if !bytes.is_empty() {
        let parsed = if is_json(&head.headers) { serde_json::from_slice(&bytes).ok() } else { None };
        let body = parsed.unwrap_or_else(|| json!(base64::engine::general_purpose::STANDARD.encode(&bytes)));
        out.insert("body".into(), body);
    }
    Ok(Value::Object(out))
}

/// `retry-after` → `Retry-After`: readers of a JSON object do not fold case.
fn title(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    });
    words.collect::<Vec<_>>().join("-").replace("Odata", "OData").replace("Etag", "ETag")
}

fn items(body: &Value) -> Result<Vec<Item>, ApiError> {
    let Some(list) = body.get("requests").and_then(Value::as_array) else {
        return Err(malformed("`requests` must be a list"));
    };
    if list.is_empty() || list.len() > REQUESTS_MAX {
        return Err(malformed(format!(
            "a batch holds 1 to {REQUESTS_MAX} requests, this one holds {}",
            list.len()
        )));
    }
    let items: Vec<Item> =
        list.iter().enumerate().map(|(index, value)| item(index, value)).collect::<Result<_, _>>()?;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        if seen.insert(&item.id, index).is_some() {
            return Err(malformed(format!("two requests have the id `{}`", item.id)));
        }
    }
    for (index, item) in items.iter().enumerate() {
        if let Some(unknown) = item.after.iter().find(|before| !seen.contains_key(before.as_str())) {
            return Err(malformed(format!("requests[{index}].dependsOn: there is no request `{unknown}`")));
        }
    }
    Ok(items)
}

fn item(index: usize, value: &Value) -> Result<Item, ApiError> {
    let wrong = |member: &str, what: &str| malformed(format!("requests[{index}].{member} {what}"));
    let id = id_of(value.get("id")).ok_or_else(|| wrong("id", "must be a text or a whole number"))?;
    let method = value.get("method").and_then(Value::as_str).map(str::to_ascii_uppercase).unwrap_or_default();
    let method = match method.as_str() {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PATCH" => Method::PATCH,
        "PUT" => Method::PUT,
        "DELETE" => Method::DELETE,
        _ => return Err(wrong("method", "must be GET, POST, PATCH, PUT or DELETE")),
    };
    let url = value.get("url").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if url.is_empty() {
        return Err(wrong("url", "must be a path below the version, such as `/users`"));
    }
    let after = match value.get("dependsOn") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list
            .iter()
            .map(|one| id_of(Some(one)).ok_or_else(|| wrong("dependsOn", "must be a list of ids")))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong("dependsOn", "must be a list of ids")),
    };
    let headers =
        headers(value.get("headers")).ok_or_else(|| wrong("headers", "must be an object of texts"))?;
    Ok(Item { id, method, url: url.to_owned(), headers, body: value.get("body").cloned(), after })
}

fn id_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

fn headers(value: Option<&Value>) -> Option<HeaderMap> {
    let mut out = HeaderMap::new();
    match value {
        None | Some(Value::Null) => {}
        Some(Value::Object(members)) => {
            for (name, value) in members {
                let name: HeaderName = name.parse().ok()?;
                out.append(name, HeaderValue::from_str(value.as_str()?).ok()?);
            }
        }
        Some(_) => return None,
    }
    Some(out)
}

/// Indexes of the requests, each after those it depends on.
fn order(items: &[Item]) -> Result<Vec<usize>, ApiError> {
    let (mut order, mut done): (Vec<usize>, Vec<&str>) = (Vec::new(), Vec::new());
    while order.len() < items.len() {
        let next = items.iter().enumerate().find(|(index, item)| {
            !order.contains(index) && item.after.iter().all(|before| done.contains(&before.as_str()))
        });
        let Some((index, item)) = next else {
            return Err(malformed("the requests depend on each other in a circle"));
        };
        order.push(index);
        done.push(&item.id);
    }
    Ok(order)
}

fn malformed(detail: impl Into<String>) -> ApiError {
    ApiError::bad_request("malformed_batch", detail)
}
