//! Many operations in one request (RFC 7644 §3.7). Each is a transaction of its own; `bulkId:x` stands for the id of what
//! another operation of the request makes, which is done first wherever it stands.

mod order;

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    BULK_MAX, BULK_RESPONSE, Resource,
    api::{Done, Resources},
    error_body,
    patch::member,
    syntax,
};
use crate::http::ApiError;

/// Runs the operations in order and answers what became of each.
pub(super) async fn run(resources: &Resources<'_>, body: &Value) -> Result<Value, ApiError> {
    let Some(operations) = member(body, "Operations").and_then(Value::as_array) else {
        return Err(syntax("the body must have `Operations`, a list"));
    };
    if operations.len() > BULK_MAX {
        let detail = format!("the request has {} operations, and {BULK_MAX} are allowed", operations.len());
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_operations", detail));
    }
    let tolerated = match member(body, "failOnErrors") {
        None | Some(Value::Null) => usize::MAX,
        Some(value) => match value.as_u64().and_then(|count| usize::try_from(count).ok()) {
            Some(count) if count > 0 => count,
            _ => return Err(super::wrong("failOnErrors", value, "is no number of errors", "1 or more")),
        },
    };
    let (mut answers, mut failed, mut made) = (BTreeMap::new(), 0, BTreeMap::new());
    for turn in order::plan(operations) {
        if failed >= tolerated {
            break;
        }
        let Some(operation) = operations.get(turn.place) else { continue };
        let (answer, ok) = one(resources, operation, turn.in_circle, &mut made).await;
        failed += usize::from(!ok);
        answers.insert(turn.place, answer);
    }
    let answers: Vec<Value> = answers.into_values().collect();
    Ok(json!({ "schemas": [BULK_RESPONSE], "Operations": answers }))
}

async fn one(
    resources: &Resources<'_>,
    operation: &Value,
    in_circle: bool,
    made: &mut BTreeMap<String, Uuid>,
) -> (Value, bool) {
    let method = member(operation, "method").and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
    let bulk_id = member(operation, "bulkId").and_then(Value::as_str);
    let mut answer = json!({ "method": method });
    if let Some(bulk_id) = bulk_id {
        answer["bulkId"] = json!(bulk_id);
    }
    let result = match Step::parse(operation, &method, bulk_id, made) {
        Err(_) if in_circle => Err(ApiError::conflict(
            "circular_references",
            "the operations refer to each other in a circle, and a group cannot contain itself",
        )),
        Ok(step) => {
            if let Some(id) = step.id {
                answer["location"] = json!(resources.location(step.kind, id));
            }
            resources.change(&step.method, step.kind, step.id, step.seen, &step.data).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(done) => {
            if let (Some(bulk_id), Some(id)) = (bulk_id, done.id()) {
                made.insert(bulk_id.to_owned(), id);
            }
            answer["status"] = json!(done.status().as_u16().to_string());
            if let Done::Stored { location, version, .. } = &done {
                answer["location"] = json!(location);
                answer["version"] = json!(version);
            }
            (answer, true)
        }
        Err(error) => {
            answer["status"] = json!(error.status().as_u16().to_string());
            answer["response"] = error_body(&error);
            (answer, false)
        }
    }
}

/// An operation, its references replaced.
struct Step {
    method: Method,
    kind: Resource,
    id: Option<Uuid>,
    seen: super::ops::Seen,
    data: Value,
}

impl Step {
    fn parse(
        operation: &Value,
        method: &str,
        bulk_id: Option<&str>,
        made: &BTreeMap<String, Uuid>,
    ) -> Result<Self, ApiError> {
        let method = match method {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            _ => return Err(syntax("`method` must be POST, PUT, PATCH or DELETE")),
        };
        if method == Method::POST && bulk_id.is_none_or(str::is_empty) {
            return Err(syntax("a POST must have a `bulkId`"));
        }
        if bulk_id.is_some_and(|id| made.contains_key(id)) {
            return Err(syntax("the `bulkId` is used already"));
        }
        let path = member(operation, "path").and_then(Value::as_str).unwrap_or_default();
        let mut parts = path.trim_start_matches('/').split('/');
        let kind = parts.next().and_then(Resource::of_set);
        let kind =
            kind.ok_or_else(|| syntax(format!("`path` must begin with /Users or /Groups: `{path}`")))?;
        let id = parts.next().filter(|id| !id.is_empty());
        let id = match id {
            None => None,
            Some(id) => Some(
                referenced(id, made)?
                    .or_else(|| id.parse().ok())
                    .ok_or_else(|| ApiError::not_found(format!("there is no {} `{id}`", kind.name())))?,
            ),
        };
        let mut data = member(operation, "data").cloned().unwrap_or(Value::Null);
        replace(&mut data, made)?;
        let version = member(operation, "version").and_then(Value::as_str);
        Ok(Self { method, kind, id, seen: super::api::seen(version), data })
    }
}

/// The id that `bulkId:x` stands for; `None` for any other text.
fn referenced(text: &str, made: &BTreeMap<String, Uuid>) -> Result<Option<Uuid>, ApiError> {
    let Some(name) = text.strip_prefix("bulkId:") else { return Ok(None) };
    match made.get(name) {
        Some(id) => Ok(Some(*id)),
        None => {
            let problem = "refers to nothing that an operation of this request has made";
            Err(super::wrong("bulkId", name, problem, "the `bulkId` of a POST that succeeds"))
        }
    }
}

fn replace(value: &mut Value, made: &BTreeMap<String, Uuid>) -> Result<(), ApiError> {
    match value {
        Value::String(text) => {
            if let Some(id) = referenced(text, made)? {
                *value = json!(id);
            }
            Ok(())
        }
        Value::Array(values) => values.iter_mut().try_for_each(|value| replace(value, made)),
        Value::Object(members) => members.values_mut().try_for_each(|value| replace(value, made)),
        _ => Ok(()),
    }
}
