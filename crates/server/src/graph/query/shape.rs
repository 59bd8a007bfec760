//! Trims an entity to what was selected, and expanded members to their own options.

use ringfence_model::document::ApiVersion;
use serde_json::{Map, Value, json};

use super::{Query, apply, find_member, is_a, member};
use crate::{
    graph::schema::{Type, schema},
    http::ApiError,
};

/// The entity as the query wants to see it; annotations stay.
pub(in crate::graph) fn shape(
    query: &Query,
    kind: Option<&'static Type>,
    version: ApiVersion,
    entity: Value,
) -> Result<Value, ApiError> {
    let Value::Object(mut members) = entity else { return Ok(entity) };
    let stated = members.get("@odata.type").and_then(Value::as_str);
    let kind = stated.and_then(|name| schema().find_type(name)).or(kind);
    for expand in &query.expand {
        let declared = kind.and_then(|kind| schema().find_member(kind, &expand.name));
        let inner = declared.and_then(|member| schema().find_type(member.of.name));
        let place = members.keys().find(|name| name.eq_ignore_ascii_case(&expand.name)).cloned();
        if let Some(value) = place.and_then(|name| members.get_mut(&name)) {
            *value = nested(&expand.query, inner, version, value.take())?;
        }
    }
    if query.select.is_empty() {
        return Ok(Value::Object(members));
    }
    let mut all = Value::Object(members);
    let mut out = Map::new();
    if let Value::Object(members) = &mut all {
        for (name, value) in members.iter_mut() {
            let plain = name.split('@').next().unwrap_or_default();
            if name.starts_with("@odata.") || query.expands(plain) || query.selects(plain) {
                out.insert(name.clone(), query.trimmed(name, value.take()));
            }
        }
    }
    let out = Value::Object(out);
    Ok(with_missing(query, kind, version, out))
}

impl Query {
    fn selects(&self, name: &str) -> bool {
        self.select.iter().any(|path| path.first().is_some_and(|first| first.eq_ignore_ascii_case(name)))
    }

    /// `a/b` shows only `b` of the complex member `a`, unless `a` is selected as a whole too.
    fn trimmed(&self, name: &str, value: Value) -> Value {
        let paths = self
            .select
            .iter()
            .filter(|path| path.first().is_some_and(|first| first.eq_ignore_ascii_case(name)));
        let inner: Vec<&String> = paths.clone().filter_map(|path| path.get(1)).collect();
        if inner.is_empty() || paths.clone().any(|path| path.len() == 1) || !value.is_object() {
            return value;
        }
        let kept = inner.into_iter().map(|name| (name.clone(), member(&value, name).clone()));
        Value::Object(kept.collect())
    }
}

/// Selected members that the type has and the answer lacks are there, and empty.
fn with_missing(query: &Query, kind: Option<&Type>, version: ApiVersion, mut out: Value) -> Value {
    let Some(kind) = kind else { return out };
    let lacking: Vec<_> = query
        .select
        .iter()
        .filter_map(|path| path.first())
        .filter(|name| find_member(&out, name).is_none())
        .filter_map(|name| {
            let all = schema().members(kind, version);
            let found = all.into_iter().find(|member| member.name.eq_ignore_ascii_case(name))?;
            (!found.navigation).then_some((found.name, found.of.many))
        })
        .collect();
    if let Value::Object(members) = &mut out {
        for (name, many) in lacking {
            members.insert(name.to_owned(), if many { json!([]) } else { Value::Null });
        }
    }
    out
}

fn nested(
    query: &Query,
    kind: Option<&'static Type>,
    version: ApiVersion,
    value: Value,
) -> Result<Value, ApiError> {
    match value {
        Value::Array(items) => {
            query.check_shown(kind, version, &items)?;
            let mut query = query.clone();
            query.scope.kind = kind;
            let page = apply(&query, items, usize::MAX)?;
            page.items.into_iter().map(|item| shape(&query, kind, version, item)).collect()
        }
        Value::Object(_) if query.scope.cast.is_some_and(|cast| !is_a(&value, kind, cast)) => Ok(Value::Null),
        Value::Object(_) => {
            query.check_shown(kind, version, std::slice::from_ref(&value))?;
            shape(query, kind, version, value)
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use ringfence_model::document::ApiVersion;
    use serde_json::json;

    use super::{Query, shape};
    use crate::graph::schema::schema;

    #[test]
    fn trims_what_was_asked_for() {
        let query =
            Query::parse("$select=id,complex/a,dataBackupBlocked&$expand=apps($select=id;$filter=id eq 'x')");
        let entity = json!({"@odata.context": "c", "id": "1", "displayName": "n", "complex": {"a": 1, "b": 2},
            "apps": [{"id": "x", "version": "1"}, {"id": "y", "version": "2"}]});
        let kind = schema().find_type("iosManagedAppProtection");
        let out = shape(&query.unwrap(), kind, ApiVersion::V1, entity).unwrap();
        let wanted = json!({"@odata.context": "c", "id": "1", "complex": {"a": 1}, "apps": [{"id": "x"}],
            "dataBackupBlocked": null});
        assert_eq!(out, wanted);
    }
}
