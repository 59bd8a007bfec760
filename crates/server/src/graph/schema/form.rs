//! Entities as the table declares them: absent members get their zero, present ones are checked for their form.

use ringfence_model::{FieldError, document::ApiVersion};
use serde_json::{Map, Value, json};

use super::{Member, Type, schema};

/// Names of the concrete types derived from `base`.
pub(crate) fn concrete(base: &str) -> Vec<&'static str> {
    let Some(base) = schema().find_type(base) else { return Vec::new() };
    schema().derived(base).filter(|of| !of.is_abstract).map(|of| of.name).collect()
}

/// The members of an entity in the order of the table, absent ones with their zero; members that the table does not
/// have follow in their own order. Navigation is not added.
pub(crate) fn complete(name: &str, version: ApiVersion, mut given: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(kind) = given.shift_remove("@odata.type") {
        out.insert("@odata.type".to_owned(), kind);
    }
    if let Some(kind) = schema().find_type(name) {
        for member in schema().members(kind, version).into_iter().filter(|member| !member.navigation) {
            let value = given.shift_remove(member.name);
            out.insert(member.name.to_owned(), value.unwrap_or_else(|| zero(member, version)));
        }
    }
    out.extend(given);
    out
}

/// What an absent member reads as.
fn zero(member: &Member, version: ApiVersion) -> Value {
    if member.of.many {
        return json!([]);
    }
    if !member.required {
        return Value::Null;
    }
    match member.of.name {
        "String" | "Binary" | "Json" => json!(""),
        "Boolean" => json!(false),
        "Int32" | "Int64" | "Double" => json!(0),
        "DateTimeOffset" => json!("0001-01-01T00:00:00Z"),
        "Duration" => json!("PT0S"),
        "Guid" => json!("00000000-0000-0000-0000-000000000000"),
        name => match (schema().find_enum(name), schema().find_type(name)) {
            (Some(found), _) => json!(found.members.first().map(|member| member.name)),
            (None, Some(inner)) if !inner.is_abstract => {
                Value::Object(complete(inner.name, version, Map::new()))
            }
            _ => Value::Null,
        },
    }
}

/// The members of an entity that do not have the form that the table declares.
pub(crate) fn faults(name: &str, given: &Map<String, Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    if let Some(kind) = schema().find_type(name) {
        check(kind, "", given, &mut out);
    }
    out
}

fn check(kind: &Type, path: &str, given: &Map<String, Value>, out: &mut Vec<FieldError>) {
    let stated = given.get("@odata.type").and_then(Value::as_str).and_then(|name| schema().find_type(name));
    let kind = stated.filter(|stated| schema().is_a(stated, kind)).unwrap_or(kind);
    for (name, value) in given.iter().filter(|(name, value)| !(name.contains('@') || value.is_null())) {
        let own = schema().line(kind).flat_map(|of| &of.members).find(|member| member.name == name);
        let Some(member) = own else { continue };
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (member.of.many, value) {
            (true, Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    check_one(member.of.name, &format!("{path}[{at}]"), item, out);
                }
            }
            (true, _) => out.push(FieldError::new(path, value, "is not a list").allowing("a list")),
            (false, _) => check_one(member.of.name, &path, value, out),
        }
    }
}

fn check_one(name: &str, path: &str, value: &Value, out: &mut Vec<FieldError>) {
    let mut must = |holds: bool, problem: &str, allowed: &str| {
        if !holds {
            out.push(FieldError::new(path, value, problem).allowing(allowed));
        }
    };
    match name {
        "String" | "Guid" | "Binary" => must(value.is_string(), "is not a text", "a text"),
        "Boolean" => must(value.is_boolean(), "is not true or false", "true, false"),
        "Int32" | "Int64" => must(value.is_i64(), "is not a whole number", "a whole number"),
        "DateTimeOffset" => {
            let time = value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok());
            must(time, "is not a time", "such as 2026-01-02T03:04:05Z");
        }
        name => match (schema().find_enum(name), schema().find_type(name), value) {
            (Some(found), _, _) => {
                let text = value.as_str().unwrap_or_default();
                let holds = text.split(',').all(|one| {
                    found.members.iter().any(|member| member.name.eq_ignore_ascii_case(one.trim()))
                });
                let allowed = found.members.iter().map(|member| member.name).collect::<Vec<_>>().join(", ");
                must(holds, "is not a known value", &allowed);
            }
            (_, Some(inner), Value::Object(members)) => check(inner, path, members, out),
            (_, Some(_), _) => must(false, "is not an object", "an object"),
            _ => {}
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_members_get_their_zero() {
        let given =
            json!({"@odata.type": "#microsoft.graph.managedIOSStoreApp", "own": 1, "bundleId": "a.b"});
        let Value::Object(given) = given else { return };
        let v1 = complete("managedIOSStoreApp", ApiVersion::V1, given.clone());
        assert_eq!(v1.keys().next().map(String::as_str), Some("@odata.type"));
        assert_eq!(v1.keys().next_back().map(String::as_str), Some("own"));
        assert_eq!(
            (&v1["appStoreUrl"], &v1["isFeatured"], &v1["notes"]),
            (&json!(""), &json!(false), &Value::Null)
        );
        assert_eq!(v1["applicableDeviceType"]["iPad"], json!(false));
        assert!(!v1.contains_key("isAssigned") && !v1.contains_key("assignments"));
        assert!(complete("managedIOSStoreApp", ApiVersion::Beta, given)["roleScopeTagIds"].is_array());
        assert!(concrete("mobileApp").contains(&"webApp") && !concrete("mobileApp").contains(&"managedApp"));
    }

    #[test]
    fn wrong_forms_are_named() {
        let given = json!({"displayName": 7, "isFeatured": "yes", "largeIcon": {"type": 1, "value": "AA=="},
            "roleScopeTagIds": [1], "publishingState": "lost", "createdDateTime": "today", "size": "1",
            "own": {}, "notes": null});
        let Value::Object(given) = given else { return };
        let found: Vec<_> = faults("managedIOSLobApp", &given).into_iter().map(|fault| fault.path).collect();
        let wanted = [
            "displayName",
            "isFeatured",
            "largeIcon.type",
            "roleScopeTagIds[0]",
            "publishingState",
            "createdDateTime",
            "size",
        ];
        assert_eq!(found, wanted);
    }
}
