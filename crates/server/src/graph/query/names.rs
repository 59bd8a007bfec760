//! Names in queries: known ones pass, others are refused with what there is.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use ringfence_model::document::ApiVersion;
use serde_json::Value;

use super::find_member;
use crate::{
    graph::schema::{Member, Type, schema},
    http::ApiError,
};

/// Refuses a path whose first step neither the type (with those derived from it) nor any of the items has.
///
/// Items may have members that no schema knows: documents are kept as they came.
pub(in crate::graph) fn check(
    option: &str,
    path: &[String],
    kind: Option<&Type>,
    items: &[Value],
) -> Result<(), ApiError> {
    let Some(name) = path.first() else { return Ok(()) };
    let known = kind.is_some_and(|kind| schema().find_member(kind, name).is_some());
    if known || name.starts_with("@odata") || items.iter().any(|item| find_member(item, name).is_some()) {
        return Ok(());
    }
    unknown(option, name, kind, items, |_| true)
}

/// Refuses a name that is no navigation of the type in the version, and one that an item has but does not show: what
/// is not offered inline is said, never left out.
pub(super) fn check_navigation(
    name: &str,
    kind: Option<&Type>,
    version: ApiVersion,
    items: &[Value],
) -> Result<(), ApiError> {
    let shown = |item: &Value| find_member(item, name).is_some();
    for item in items.iter().filter(|item| !shown(item)) {
        let stated = item.get("@odata.type").and_then(Value::as_str);
        let Some(own) = stated.and_then(|name| schema().find_type(name)).or(kind) else { continue };
        if let Some(member) = find_navigation(own, version, name) {
            let detail =
                format!("`$expand`: this server does not write `{}` inside `{}`", member.name, own.name);
            return Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, "operation_not_offered", detail));
        }
    }
    let has = |kind: &Type| find_navigation(kind, version, name).is_some();
    let known = kind.is_some_and(|kind| has(kind) || schema().derived(kind).any(has));
    if known || items.iter().any(shown) {
        return Ok(());
    }
    let elsewhere = kind.and_then(|kind| schema().find_member(kind, name)).filter(|member| member.navigation);
    if let Some(member) = elsewhere {
        let other = if version == ApiVersion::V1 { ApiVersion::Beta } else { ApiVersion::V1 };
        let detail = format!("`$expand`: `{}` exists under /{} only", member.name, other.as_str());
        return Err(ApiError::bad_request("unknown_property", detail));
    }
    unknown("$expand", name, kind, items, |member| member.navigation)
}

/// The navigation of this name that the type itself has in the version.
fn find_navigation<'a>(kind: &'a Type, version: ApiVersion, name: &str) -> Option<&'a Member> {
    let mut own = schema().members(kind, version).into_iter();
    own.find(|member| member.navigation && member.name.eq_ignore_ascii_case(name))
}

fn unknown(
    option: &str,
    name: &str,
    kind: Option<&Type>,
    items: &[Value],
    fits: fn(&Member) -> bool,
) -> Result<(), ApiError> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    if let Some(kind) = kind {
        let schema = schema();
        let all = schema.line(kind).chain(schema.derived(kind)).flat_map(|of| &of.members);
        names.extend(all.filter(|member| fits(member)).map(|member| member.name));
    } else {
        names.extend(
            items.iter().filter_map(Value::as_object).flat_map(|item| item.keys().map(String::as_str)),
        );
        // Nothing is known about an empty collection of an unknown type.
        if names.is_empty() {
            return Ok(());
        }
    }
    let what = kind.map_or("the answer".to_owned(), |kind| format!("`{}`", kind.name));
    let there = names.into_iter().collect::<Vec<_>>().join(", ");
    let there = if there.is_empty() { "nothing".to_owned() } else { there };
    let detail = format!("`{option}`: {what} has no `{name}`; it has {there}");
    Err(ApiError::bad_request("unknown_property", detail))
}
