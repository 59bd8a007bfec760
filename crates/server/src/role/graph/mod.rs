//! `/deviceManagement/roleDefinitions`, `/roleAssignments`, `/roleScopeTags`: roles in the names of Graph.

mod actions;
mod assignments;
mod definitions;
mod tags;

use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{failure::Failure, graph::Request, http::ApiError};

const PAGE: usize = 100;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ["devicemanagement", set, rest @ ..] = parts.as_slice() else { return Ok(None) };
    match *set {
        "roledefinitions" => definitions::handle(request, method.as_str(), rest).await,
        "roleassignments" => assignments::handle(request, method.as_str(), rest).await,
        "rolescopetags" => tags::handle(request, method.as_str(), rest).await,
        _ => Ok(None),
    }
}

/// A text of a body; `None` when it is not there.
fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(String::new())),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(invalid(name, other, "is not a text", "a text or null")),
    }
}

/// A list of texts of a body; `None` when it is not there.
fn texts(body: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, ApiError> {
    let wrong = |value: &Value| invalid(name, value, "is not a list of texts", "a list of texts");
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(item)))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(other) => Err(wrong(other)),
    }
}

fn invalid(path: &str, value: &Value, problem: &str, allowed: &str) -> ApiError {
    Failure::invalid(path, value, problem, allowed).into()
}

/// The id that a reference ends in: `…/roleDefinitions('<id>')` or `…/roleDefinitions/<id>`.
fn reference(path: &str, text: &str) -> Result<Uuid, ApiError> {
    let last = text.trim_end_matches('/').rsplit(['/', '(']).next().unwrap_or_default();
    let id = last.trim_matches(|c| matches!(c, '\'' | ')'));
    id.parse().map_err(|_| invalid(path, &json!(text), "does not end in an id", "…/roleDefinitions('<id>')"))
}

fn key(request: &Request, index: usize, what: &'static str) -> Result<Uuid, ApiError> {
    request.key(index).parse().map_err(|_| Failure::not_found(what, request.key(index)).into())
}

#[cfg(test)]
mod tests {
    #[test]
    fn references_are_read_in_every_spelling() {
        let id = "52494e47-0000-4000-8000-000000000004";
        for text in [
            format!("https://graph.example/v1.0/deviceManagement/roleDefinitions('{id}')"),
            format!("https://graph.example/beta/deviceManagement/roleDefinitions/{id}/"),
            id.to_owned(),
        ] {
            assert_eq!(super::reference("x", &text).unwrap().to_string(), id, "{text}");
        }
        assert!(super::reference("x", "roleDefinitions('none')").is_err());
    }
}
