//! SCIM 2.0 at `/scim/v2` (RFC 7643, RFC 7644): how an identity provider brings users and groups in. It works on the
//! same tables as Graph does, with tokens of its own that are good for nothing else.
//!
//! Of a person only what protection needs is kept. Phone numbers, addresses, photos, passwords and whatever else the
//! RFC knows and this server does not announce are taken and dropped; what no schema knows is refused.

pub(crate) mod api;
mod bulk;
mod discovery;
mod filter;
mod group;
mod list;
mod ops;
mod patch;
mod path;
mod represent;
mod schema;
mod user;

use axum::http::StatusCode;

use crate::http::{ApiError, FieldProblem};

/// Where everything is.
pub(crate) const BASE: &str = "/scim/v2";

/// Largest request body, in bytes: a group with 100,000 members fits.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// Most operations in one bulk request.
const BULK_MAX: usize = 1000;

/// Most resources in one page, and how many without `count`.
const PAGE_MAX: usize = 1000;
const PAGE: usize = 100;

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    User,
    Group,
}

impl Resource {
    const ALL: [Self; 2] = [Self::User, Self::Group];

    fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The collection's segment.
    fn set(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    fn of_set(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.set().eq_ignore_ascii_case(segment))
    }
}

/// A value that is wrong (`invalidValue`).
fn wrong(path: &str, value: &(impl ToString + ?Sized), problem: &str, allowed: &str) -> ApiError {
    let value: String = value.to_string().chars().take(80).collect();
    ApiError::invalid(vec![FieldProblem {
        path: path.to_owned(),
        value: Some(value),
        problem: problem.to_owned(),
        allowed: Some(allowed.to_owned()),
    }])
}

/// A message that is not of the form the RFC gives it (`invalidSyntax`).
fn syntax(detail: impl Into<String>) -> ApiError {
    ApiError::bad_request("invalid_syntax", detail)
}

/// A path that leads to no attribute (`invalidPath`).
fn bad_path(detail: impl Into<String>) -> ApiError {
    ApiError::bad_request("invalid_path", detail)
}

/// A path that leads to nothing that is there (`noTarget`).
fn no_target(detail: impl Into<String>) -> ApiError {
    ApiError::bad_request("no_target", detail)
}

/// A value that cannot be changed or removed (`mutability`).
fn immutable(detail: impl Into<String>) -> ApiError {
    ApiError::bad_request("mutability", detail)
}

fn method_not_allowed() -> ApiError {
    ApiError::method_not_allowed()
}

fn not_implemented(detail: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_IMPLEMENTED, "operation_not_offered", detail)
}

/// The `scimType` of an error (RFC 7644 §3.12).
pub(crate) fn scim_type(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_filter" => "invalidFilter",
        "too_many" => "tooMany",
        "name_taken" | "id_taken" => "uniqueness",
        "mutability" => "mutability",
        "invalid_syntax" | "malformed_json" => "invalidSyntax",
        "invalid_path" => "invalidPath",
        "no_target" => "noTarget",
        "invalid_value" => "invalidValue",
        _ => return None,
    })
}

/// The body of an error.
pub(crate) fn error_body(error: &ApiError) -> serde_json::Value {
    let mut body = serde_json::json!({
        "schemas": [ERROR],
        "status": error.status().as_u16().to_string(),
        "detail": error.detail(),
    });
    if let Some(kind) = scim_type(error.code()) {
        body["scimType"] = kind.into();
    }
    body
}
