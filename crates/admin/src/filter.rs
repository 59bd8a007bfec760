//! Filters on top of assignments.

use serde_json::{Value, json};

use crate::{Api, escape};

const SET: &str = "/beta/deviceManagement/assignmentFilters";

/// Every filter.
pub fn list(api: &Api) -> anyhow::Result<Vec<Value>> {
    api.list(SET)
}

/// The filter with this id or this name.
pub fn find(api: &Api, name: &str) -> anyhow::Result<Value> {
    let matches = |one: &Value, member: &str| {
        one.get(member).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(name))
    };
    let all = list(api)?;
    if let Some(found) = all.iter().find(|one| matches(one, "id")) {
        return Ok(found.clone());
    }
    let mut named = all.into_iter().filter(|one| matches(one, "displayName"));
    match (named.next(), named.next()) {
        (Some(found), None) => Ok(found),
        (Some(_), Some(_)) => anyhow::bail!("several filters are named `{name}`: use the id"),
        (None, _) => anyhow::bail!("there is no filter `{name}`"),
    }
}

/// A filter with the assignments that use it.
pub fn get(api: &Api, id: &str) -> anyhow::Result<Value> {
    api.get(&format!("{SET}/{}", escape(id)))
}

/// Makes a filter.
pub fn create(api: &Api, filter: &Value) -> anyhow::Result<Value> {
    api.post(SET, filter)
}

/// Removes a filter that nothing uses.
pub fn delete(api: &Api, id: &str) -> anyhow::Result<()> {
    api.delete(&format!("{SET}/{}", escape(id))).map(|_| ())
}

/// Which app instances a stored filter matches.
pub fn test(api: &Api, id: &str) -> anyhow::Result<Value> {
    api.post("/api/v1/filters/test", &json!({ "filter": id }))
}

/// Which app instances a rule would match.
pub fn test_rule(api: &Api, platform: &str, rule: &str) -> anyhow::Result<Value> {
    api.post("/api/v1/filters/test", &json!({ "platform": platform, "rule": rule }))
}
