//! JSON shapes of answers.

use axum::{
    body::Body,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use ringfence_model::UnixMillis;
use serde_json::{Map, Value, json};

use super::{
    Page, Request,
    dress::Dress,
    path,
    query::{is_a, shape},
    schema::{Type, resolve, schema},
};
use crate::http::ApiError;

/// `200` with a page; `context` is the fragment after `$metadata#`.
pub(crate) fn collection(request: &Request, context: &str, page: Page) -> Response {
    page_body(request, context, page).unwrap_or_else(IntoResponse::into_response)
}

fn page_body(request: &Request, context: &str, page: Page) -> Result<Response, ApiError> {
    let (query, kind) = (&request.query, kind_of(context).or(request.query.scope.kind));
    if query.scope.count_only {
        return Ok(number(page.count.unwrap_or(page.items.len())));
    }
    if request.method == Method::GET {
        query.check_shown(kind, request.version, &page.items)?;
    }
    let mut body = Map::new();
    let fragment = if query.scope.references {
        "Collection($ref)".to_owned()
    } else {
        format!("{context}{}{}", cast_fragment(request), query.shape())
    };
    body.insert("@odata.context".into(), json!(format!("{}/$metadata#{fragment}", request.context)));
    if let Some(count) = page.count {
        body.insert("@odata.count".into(), json!(count));
    }
    if let Some(next) = &page.next {
        body.insert("@odata.nextLink".into(), json!(format!("{}?{}", request.url(), query.next(next))));
    }
    let shown = |item| {
        if query.scope.references {
            Ok(reference(request, kind, &item))
        } else {
            shape(query, kind, request.version, item)
        }
    };
    let items: Vec<Value> = page.items.into_iter().map(shown).collect::<Result<_, _>>()?;
    body.insert("value".into(), Value::Array(items));
    // A reference has no members that could be dressed.
    let kind = kind.filter(|_| !query.scope.references);
    Ok(answer(request, StatusCode::OK, kind, context, Value::Object(body)))
}

/// `200` with one entity.
pub(crate) fn entity(request: &Request, context: &str, item: Value) -> Response {
    entity_body(request, context, item).unwrap_or_else(IntoResponse::into_response)
}

fn entity_body(request: &Request, context: &str, item: Value) -> Result<Response, ApiError> {
    let (query, kind) = (&request.query, kind_of(context).or(request.query.scope.kind));
    if query.scope.count_only {
        return Err(ApiError::not_found("Resource not found for the segment '$count'."));
    }
    if let Some(cast) = query.scope.cast
        && !is_a(&item, kind, cast)
    {
        return Err(ApiError::not_found(format!("the object is no `{}`", cast.name)));
    }
    if request.method == Method::GET {
        query.check_shown(kind, request.version, std::slice::from_ref(&item))?;
    }
    let item = shape(query, kind, request.version, item)?;
    Ok(answer(request, StatusCode::OK, kind, context, with_context(request, context, item)))
}

/// Type of the objects of a context such as `deviceAppManagement/mobileApps` or `Collection(microsoft.graph.user)`.
fn kind_of(context: &str) -> Option<&'static Type> {
    let inner = context.strip_prefix("Collection(").and_then(|inner| inner.strip_suffix(')'));
    match inner {
        Some(inner) => schema().find_type(inner),
        None => resolve(&path::parse(context).ok()?.segments)?.kind,
    }
}

/// `/microsoft.graph.user` after a collection that is cut to a type.
fn cast_fragment(request: &Request) -> String {
    request.query.scope.cast.map_or_else(String::new, |cast| format!("/microsoft.graph.{}", cast.name))
}

/// Where an object is: people and groups among the directory's objects, others in the collection that was asked.
fn reference(request: &Request, kind: Option<&'static Type>, item: &Value) -> Value {
    let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
    let directory = schema().find_type("directoryObject");
    let place = if directory.is_some_and(|directory| is_a(item, kind, directory)) {
        format!("{}/directoryObjects/{id}", request.root)
    } else {
        format!("{}('{}')", request.place(), id.replace('\'', "''"))
    };
    json!({ "@odata.id": place })
}

/// `/$count`.
fn number(count: usize) -> Response {
    let mut response = Response::new(Body::from(count.to_string()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// `201` with the new entity and where it is; `204` when the client prefers little.
pub(crate) fn created(request: &Request, context: &str, location: &str, item: Value) -> Response {
    let place = HeaderValue::from_str(&format!("{}/{location}", request.root)).ok();
    let mut response = if request.prefers("return=minimal") {
        no_content()
    } else {
        let body = with_context(request, context, item);
        answer(request, StatusCode::CREATED, kind_of(context), context, body)
    };
    if let Some(place) = place {
        if response.status() == StatusCode::NO_CONTENT {
            response.headers_mut().insert("odata-entityid", place.clone());
        }
        response.headers_mut().insert(header::LOCATION, place);
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
    let shape = if request.method == axum::http::Method::GET { request.query.shape() } else { String::new() };
    body.insert(
        "@odata.context".into(),
        json!(format!("{}/$metadata#{context}{shape}/$entity", request.context)),
    );
    if let Value::Object(members) = item {
        body.extend(members);
    }
    Value::Object(body)
}

/// `200` with JSON that is not an entity of a set.
pub(super) fn plain(request: &Request, body: Value) -> Response {
    answer(request, StatusCode::OK, None, "", body)
}

fn answer(
    request: &Request,
    status: StatusCode,
    kind: Option<&'static Type>,
    context: &str,
    body: Value,
) -> Response {
    let dress = Dress::wanted(request);
    let body = dress.put_on(request, kind, context, body);
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, dress.content_type());
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
