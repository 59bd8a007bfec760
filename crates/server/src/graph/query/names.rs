//! Names in queries: known ones pass, others are refused with what there is.

use std::collections::BTreeSet;

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

/// Refuses a name that is no navigation of the type.
pub(super) fn check_navigation(name: &str, kind: Option<&Type>, items: &[Value]) -> Result<(), ApiError> {
    let found = kind.and_then(|kind| schema().find_member(kind, name));
    if found.is_some_and(|member| member.navigation)
        || items.iter().any(|item| find_member(item, name).is_some())
    {
        return Ok(());
    }
    unknown("$expand", name, kind, items, |member| member.navigation)
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
