//! A user between SCIM and the directory.

use ringfence_model::text_fault;
use serde_json::{Map, Value, json};

use super::{
    Resource,
    path::main_schema,
    schema::{Attribute, COMMON, ENTERPRISE, Kind, find},
    wrong,
};
use crate::{
    directory::{DERIVED_NAME, EMAILS, User, ops::TEXT_MAX},
    http::ApiError,
};

/// Longest address of a resource, in characters.
const REFERENCE_MAX: usize = 2048;

/// SCIM names of the texts in a user's body, with the part of `name` they are in, and what the body calls them.
const TEXTS: [(&str, &str, &str); 6] = [
    ("name", "formatted", "formatted"),
    ("name", "familyName", "surname"),
    ("name", "givenName", "givenName"),
    ("title", "", "jobTitle"),
    ("preferredLanguage", "", "preferredLanguage"),
    ("locale", "", "locale"),
];

/// The attributes of a resource that can be written, in canonical form; what is unknown or dropped is left out.
///
/// # Errors
/// A value is of the wrong kind; the error names its path.
pub(super) fn canonical(
    resource: Resource,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let schema = main_schema(resource);
    let mut out = Map::new();
    for (name, value) in given {
        if resource == Resource::User && name.eq_ignore_ascii_case(ENTERPRISE.id) {
            let Value::Object(given) = value else { continue };
            let mut extension = Map::new();
            for (name, value) in given {
                let Some(attribute) = find(ENTERPRISE.attributes, name) else { continue };
                insert(&mut extension, attribute, canonical_value(attribute, attribute.name, value)?);
            }
            if !extension.is_empty() {
                out.insert(ENTERPRISE.id.to_owned(), Value::Object(extension));
            }
            continue;
        }
        // Some clients write `urn:…:User:userName` as a member's name.
        let name = match super::path::resolve(resource, name) {
            super::path::Named::Attribute(target) if target.part.is_none() && !target.extension => {
                target.attribute.name
            }
            _ => continue,
        };
        let Some(attribute) = schema.find(name).or_else(|| find(COMMON, name)) else { continue };
        if !attribute.is_read_only() {
            insert(&mut out, attribute, canonical_value(attribute, attribute.name, value)?);
        }
    }
    Ok(out)
}

fn insert(out: &mut Map<String, Value>, attribute: &Attribute, value: Option<Value>) {
    if let Some(value) = value {
        out.insert(attribute.name.to_owned(), value);
    }
}

/// A value in canonical form; `None` for what counts as no value (RFC 7643 §2.5).
pub(super) fn canonical_value(
    attribute: &'static Attribute,
    path: &str,
    value: &Value,
) -> Result<Option<Value>, ApiError> {
    if !attribute.many {
        return canonical_one(attribute, path, value);
    }
    let given = match value {
        Value::Null => return Ok(None),
        Value::Array(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    check_count(attribute, path, given.len())?;
    let mut values = Vec::with_capacity(given.len());
    for (at, value) in given.iter().enumerate() {
        values.extend(canonical_one(attribute, &format!("{path}[{at}]"), value)?);
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// Refuses more values than an attribute takes.
pub(super) fn check_count(attribute: &Attribute, path: &str, count: usize) -> Result<(), ApiError> {
    if count <= attribute.most {
        return Ok(());
    }
    Err(wrong(
        path,
        &format!("{count} values"),
        "has too many values",
        &format!("at most {}", attribute.most),
    ))
}

/// One value of an attribute.
pub(super) fn canonical_one(
    attribute: &'static Attribute,
    path: &str,
    value: &Value,
) -> Result<Option<Value>, ApiError> {
    if value.is_null() {
        return Ok(None);
    }
    match attribute.kind {
        Kind::Complex(parts) => complex(parts, attribute.many, path, value),
        Kind::Boolean => match super::filter::boolean(value) {
            Some(value) => Ok(Some(json!(value))),
            None => Err(wrong(path, value, "is not a truth value", "true or false")),
        },
        Kind::Integer | Kind::DateTime => Err(wrong(path, value, "cannot be written", "nothing")),
        Kind::String => text(path, value, TEXT_MAX),
        Kind::Reference(_) => text(path, value, REFERENCE_MAX),
    }
}

fn complex(
    parts: &'static [Attribute],
    many: bool,
    path: &str,
    value: &Value,
) -> Result<Option<Value>, ApiError> {
    let given = match value {
        Value::Object(given) => given.clone(),
        // `members: ["id"]`, as some clients write it.
        Value::String(_) if many => Map::from_iter([("value".to_owned(), value.clone())]),
        _ => return Err(wrong(path, value, "is of the wrong kind", "an object")),
    };
    let mut out = Map::new();
    for (name, value) in &given {
        let Some(part) = find(parts, name) else { continue };
        insert(&mut out, part, canonical_value(part, &format!("{path}.{}", part.name), value)?);
    }
    Ok((!out.is_empty()).then_some(Value::Object(out)))
}

fn text(path: &str, value: &Value, max: usize) -> Result<Option<Value>, ApiError> {
    let Value::String(text) = value else {
        return Err(wrong(path, value, "is not a text", "a text"));
    };
    if let Some(problem) = text_fault(text, max) {
        return Err(wrong(path, value, &problem, &format!("at most {max} characters")));
    }
    Ok((!text.trim().is_empty()).then(|| value.clone()))
}

/// Writes canonical attributes into a user. What they leave out is removed, except `active`, which stays as it is.
///
/// # Errors
/// There is no `userName`; several addresses are the main one.
pub(super) fn write(user: &mut User, given: &Map<String, Value>) -> Result<(), ApiError> {
    let find = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(name) = find("userName") else {
        return Err(wrong("userName", &Value::Null, "is missing", "a sign-in name"));
    };
    if name.chars().any(char::is_whitespace) {
        return Err(wrong("userName", &name, "holds a blank", "a name without blanks"));
    }
    user.upn = name;
    user.external_id = find("externalId");
    if let Some(active) = given.get("active").and_then(Value::as_bool) {
        user.enabled = active;
    }
    for (attribute, part, stored) in TEXTS {
        let value = given.get(attribute);
        let value = if part.is_empty() { value } else { value.and_then(|value| value.get(part)) };
        set(&mut user.body, stored, value.cloned());
    }
    let department = given.get(ENTERPRISE.id).and_then(|extension| extension.get("department"));
    set(&mut user.body, "department", department.cloned());
    write_emails(user, given.get("emails"))?;
    write_display_name(user, find("displayName"));
    Ok(())
}

fn set(body: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(body.insert(name.to_owned(), value)),
        None => drop(body.remove(name)),
    }
}

fn write_emails(user: &mut User, emails: Option<&Value>) -> Result<(), ApiError> {
    let list = emails.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_main = |email: &&Value| email.get("primary") == Some(&Value::Bool(true));
    if list.iter().filter(is_main).count() > 1 {
        let allowed = "one main address at most";
        return Err(wrong("emails", emails.unwrap_or(&Value::Null), "has several primary values", allowed));
    }
    let main = list.iter().find(is_main).or_else(|| list.first()).and_then(|email| email.get("value"));
    set(&mut user.body, "mail", main.cloned());
    set(&mut user.body, EMAILS, (!list.is_empty()).then(|| Value::Array(list.to_vec())));
    Ok(())
}

/// Without a display name the directory shows another one, and remembers that nobody gave it.
fn write_display_name(user: &mut User, given: Option<String>) {
    set(&mut user.body, DERIVED_NAME, given.is_none().then_some(Value::Bool(true)));
    let part = |name: &str| user.body.get(name).and_then(Value::as_str);
    user.display_name = given.unwrap_or_else(|| {
        if let Some(formatted) = part("formatted") {
            return formatted.to_owned();
        }
        let names: Vec<&str> = [part("givenName"), part("surname")].into_iter().flatten().collect();
        if names.is_empty() {
            return user.upn.clone();
        }
        names.join(" ").chars().take(TEXT_MAX).collect()
    });
}

/// The attributes of a user that can be written, as they are: what [`write()`] takes.
pub(super) fn read(user: &User) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("userName".into(), json!(user.upn));
    if let Some(external) = &user.external_id {
        out.insert("externalId".into(), json!(external));
    }
    for (attribute, part, stored) in TEXTS {
        let Some(value) = user.body.get(stored).filter(|value| value.is_string()) else { continue };
        if part.is_empty() {
            out.insert(attribute.into(), value.clone());
        } else if let Value::Object(parts) = out.entry(attribute).or_insert_with(|| Value::Object(Map::new()))
        {
            parts.insert(part.into(), value.clone());
        }
    }
    if !user.body.contains_key(DERIVED_NAME) {
        out.insert("displayName".into(), json!(user.display_name));
    }
    out.insert("active".into(), json!(user.enabled));
    if let Some(emails) = emails(user) {
        out.insert("emails".into(), emails);
    }
    if let Some(department) = user.body.get("department").filter(|value| value.is_string()) {
        out.insert(ENTERPRISE.id.into(), json!({ "department": department }));
    }
    out
}

fn emails(user: &User) -> Option<Value> {
    if let Some(list) = user.body.get(EMAILS) {
        return Some(list.clone());
    }
    // The address was set by somebody else: through Graph there is one only.
    let mail = user.body.get("mail").filter(|mail| mail.is_string())?;
    Some(json!([{ "value": mail, "type": "work", "primary": true }]))
}
