//! Changes by PATCH (RFC 7644 §3.5.2), applied to the attributes of a resource in memory. Lenient where widely used
//! clients are careless: `Op` in any letter case, `"True"`, a member as a bare text, objects without a path whose names
//! are paths.

use serde_json::{Map, Value, json};

use super::{
    Resource, bad_path,
    filter::{Filter, Place, parse_place},
    immutable, no_target,
    path::Target,
    schema::{Attribute, ENTERPRISE, find},
    syntax,
    user::{canonical_one, canonical_value, check_count},
};
use crate::http::ApiError;

/// Most operations in one request.
const OPERATIONS_MAX: usize = 10_000;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// One operation, with its place found.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) verb: Verb,
    pub(super) place: Place,
    /// Null for none.
    pub(super) value: Value,
}

/// The operations of a request, those without a path taken apart.
pub(super) fn parse(resource: Resource, body: &Value) -> Result<Vec<Change>, ApiError> {
    let Some(operations) = member(body, "Operations").and_then(Value::as_array) else {
        return Err(syntax("the body must have `Operations`, a list"));
    };
    if operations.is_empty() || operations.len() > OPERATIONS_MAX {
        return Err(syntax(format!("`Operations` must have 1 to {OPERATIONS_MAX} elements")));
    }
    let mut changes = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        let verb = verb(operation, at)?;
        let value = member(operation, "value").cloned().unwrap_or(Value::Null);
        let path = match member(operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) if path.trim().is_empty() => None,
            Some(Value::String(path)) => Some(path),
            Some(_) => return Err(bad_path(format!("`Operations[{at}].path` must be a text"))),
        };
        match path {
            Some(path) => {
                let place = place(resource, path, at)?;
                changes.push(Change { verb, place, value });
            }
            None => without_path(resource, verb, &value, at, &mut changes)?,
        }
    }
    Ok(changes)
}

fn verb(operation: &Value, at: usize) -> Result<Verb, ApiError> {
    let op = member(operation, "op").and_then(Value::as_str).unwrap_or_default();
    match op.to_ascii_lowercase().as_str() {
        "add" => Ok(Verb::Add),
        "replace" => Ok(Verb::Replace),
        "remove" => Ok(Verb::Remove),
        _ => Err(syntax(format!("`Operations[{at}].op` must be add, replace or remove"))),
    }
}

fn place(resource: Resource, path: &str, at: usize) -> Result<Place, ApiError> {
    parse_place(resource, path).map_err(|misread| {
        let path: String = path.chars().take(120).collect();
        let detail =
            format!("`Operations[{at}].path` at character {}: {} (`{path}`)", misread.at, misread.why);
        bad_path(detail)
    })
}

/// `{"op": "replace", "value": {"active": false, "name.familyName": "Berg"}}`. Names that lead nowhere are passed over,
/// as they are in a whole resource.
fn without_path(
    resource: Resource,
    verb: Verb,
    value: &Value,
    at: usize,
    changes: &mut Vec<Change>,
) -> Result<(), ApiError> {
    if verb == Verb::Remove {
        return Err(no_target(format!("`Operations[{at}]` removes nothing: it has no `path`")));
    }
    let Value::Object(members) = value else {
        return Err(syntax(format!("`Operations[{at}]` has no `path`, so its `value` must be an object")));
    };
    for (name, value) in members {
        let Ok(place) = parse_place(resource, name) else { continue };
        if let Place::Attribute { target, .. } = &place
            && is_read_only(target)
        {
            // Whole resources come back with `id`, `schemas` and `meta`.
            continue;
        }
        changes.push(Change { verb, place, value: value.clone() });
    }
    Ok(())
}

fn is_read_only(target: &Target) -> bool {
    target.attribute.is_read_only() || target.part.is_some_and(Attribute::is_read_only)
}

/// A member of an object, its name in any letter case.
pub(super) fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let members = object.as_object()?;
    members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Applies one change to the attributes of a resource.
pub(super) fn apply(attributes: &mut Map<String, Value>, change: &Change) -> Result<(), ApiError> {
    match &change.place {
        Place::Dropped => Ok(()),
        Place::Extension => extension(attributes, change),
        Place::Attribute { target, filter } => {
            check_writable(target, change.verb)?;
            if !target.extension {
                return within(attributes, target, filter.as_ref(), change);
            }
            let mut extension = match attributes.remove(ENTERPRISE.id) {
                Some(Value::Object(extension)) => extension,
                _ => Map::new(),
            };
            within(&mut extension, target, filter.as_ref(), change)?;
            if !extension.is_empty() {
                attributes.insert(ENTERPRISE.id.to_owned(), Value::Object(extension));
            }
            Ok(())
        }
    }
}

fn within(
    holder: &mut Map<String, Value>,
    target: &Target,
    filter: Option<&Filter>,
    change: &Change,
) -> Result<(), ApiError> {
    match filter {
        Some(filter) => filtered(holder, target, filter, change),
        None => plain(holder, target, change),
    }
}

fn check_writable(target: &Target, verb: Verb) -> Result<(), ApiError> {
    let name = target.attribute.name;
    if is_read_only(target) {
        return Err(immutable(format!("`{name}` is given by this server")));
    }
    if verb == Verb::Remove && target.attribute.required && target.part.is_none() {
        let hint = if name == "active" { ": send false to disable the user" } else { "" };
        return Err(immutable(format!("`{name}` cannot be removed{hint}")));
    }
    Ok(())
}

fn extension(attributes: &mut Map<String, Value>, change: &Change) -> Result<(), ApiError> {
    if change.verb == Verb::Remove || change.value.is_null() {
        attributes.remove(ENTERPRISE.id);
        return Ok(());
    }
    let Value::Object(given) = &change.value else {
        return Err(super::wrong(ENTERPRISE.id, &change.value, "is of the wrong kind", "an object"));
    };
    for (name, value) in given {
        let Some(attribute) = find(ENTERPRISE.attributes, name) else { continue };
        let target = Target { extension: true, ..Target::of(attribute) };
        let place = Place::Attribute { target, filter: None };
        apply(attributes, &Change { verb: change.verb, place, value: value.clone() })?;
    }
    Ok(())
}

fn plain(holder: &mut Map<String, Value>, target: &Target, change: &Change) -> Result<(), ApiError> {
    let attribute = target.attribute;
    if let Some(part) = target.part {
        return parts_of(holder, attribute, part, change);
    }
    if change.verb == Verb::Remove {
        return match &change.value {
            Value::Array(_) | Value::Object(_) if attribute.many => {
                take_out(holder, attribute, &change.value)
            }
            _ => {
                holder.remove(attribute.name);
                Ok(())
            }
        };
    }
    let Some(new) = canonical_value(attribute, attribute.name, &change.value)? else {
        if change.verb == Verb::Replace {
            if attribute.required {
                return Err(immutable(format!("`{}` cannot be removed", attribute.name)));
            }
            holder.remove(attribute.name);
        }
        return Ok(());
    };
    match (holder.get_mut(attribute.name), new) {
        (Some(Value::Array(old)), Value::Array(new)) if change.verb == Verb::Add => {
            append(attribute, old, new)?;
        }
        (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
        (_, new) => drop(holder.insert(attribute.name.to_owned(), new)),
    }
    Ok(())
}

/// Adds values that are not there yet. A new main value takes the place of the old one.
fn append(attribute: &Attribute, old: &mut Vec<Value>, new: Vec<Value>) -> Result<(), ApiError> {
    for value in new {
        if old.contains(&value) {
            continue;
        }
        if value.get("primary") == Some(&Value::Bool(true)) {
            demote(old, None);
        }
        check_count(attribute, attribute.name, old.len() + 1)?;
        old.push(value);
    }
    Ok(())
}

/// Makes every value but one a side value.
fn demote(values: &mut [Value], except: Option<usize>) {
    for (at, value) in values.iter_mut().enumerate() {
        if Some(at) != except && value.get("primary") == Some(&Value::Bool(true)) {
            value["primary"] = json!(false);
        }
    }
}

/// `{"op": "remove", "path": "members", "value": [{"value": "…"}]}`, as some clients write it.
fn take_out(
    holder: &mut Map<String, Value>,
    attribute: &'static Attribute,
    value: &Value,
) -> Result<(), ApiError> {
    let unwanted = canonical_value(attribute, attribute.name, value)?;
    let unwanted = unwanted.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let Some(Value::Array(values)) = holder.get_mut(attribute.name) else { return Ok(()) };
    values.retain(|value| {
        !unwanted.iter().any(|unwanted| {
            unwanted.get("value").map_or(unwanted == value, |id| Some(id) == value.get("value"))
        })
    });
    if values.is_empty() {
        holder.remove(attribute.name);
    }
    Ok(())
}

/// A part of a complex attribute, of each value if there are several.
fn parts_of(
    holder: &mut Map<String, Value>,
    attribute: &'static Attribute,
    part: &'static Attribute,
    change: &Change,
) -> Result<(), ApiError> {
    let path = format!("{}.{}", attribute.name, part.name);
    let new = if change.verb == Verb::Remove { None } else { canonical_one(part, &path, &change.value)? };
    let empty = if attribute.many { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    let found = holder.entry(attribute.name).or_insert(empty);
    match (found, new) {
        (Value::Object(parts), new) => {
            set(parts, part.name, new);
            if parts.is_empty() {
                holder.remove(attribute.name);
            }
        }
        (Value::Array(values), new) => {
            if let Some(new) = &new
                && values.is_empty()
            {
                values.push(json!({ part.name: new }));
            }
            for parts in values.iter_mut().filter_map(Value::as_object_mut) {
                set(parts, part.name, new.clone());
            }
            tidy(holder, attribute);
        }
        _ => {}
    }
    Ok(())
}

fn set(parts: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(parts.insert(name.to_owned(), value)),
        None => drop(parts.remove(name)),
    }
}

/// `emails[type eq "work"].value`
fn filtered(
    holder: &mut Map<String, Value>,
    target: &Target,
    filter: &Filter,
    change: &Change,
) -> Result<(), ApiError> {
    let attribute = target.attribute;
    let values = holder.entry(attribute.name).or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(values) = values else { return Ok(()) };
    let mut hits: Vec<usize> =
        values.iter().enumerate().filter(|(_, value)| filter.holds(value)).map(|(at, _)| at).collect();
    if change.verb == Verb::Remove {
        for at in hits.into_iter().rev() {
            match (target.part, values.get_mut(at).and_then(Value::as_object_mut)) {
                (Some(part), Some(parts)) => drop(parts.remove(part.name)),
                _ => drop(values.remove(at)),
            }
        }
        tidy(holder, attribute);
        return Ok(());
    }
    let path = format!("{}[…]", attribute.name);
    let new = match target.part {
        Some(part) => canonical_one(part, &path, &change.value)?.map(|value| json!({ part.name: value })),
        None => canonical_one(attribute, &path, &change.value)?,
    };
    let Some(Value::Object(new)) = new else {
        tidy(holder, attribute);
        return Ok(());
    };
    if hits.is_empty() {
        // What the filter asks for is made, if it can be: some clients set a first address in this way.
        let Some(demanded) = filter.demanded() else {
            tidy(holder, attribute);
            return Err(no_target(format!("no value of `{}` meets the filter of the path", attribute.name)));
        };
        let mut made = Map::new();
        for (part, value) in demanded {
            set(&mut made, part.name, canonical_one(part, &path, &value)?);
        }
        check_count(attribute, attribute.name, values.len() + 1)?;
        hits.push(values.len());
        values.push(Value::Object(made));
    }
    for at in &hits {
        if let Some(Value::Object(parts)) = values.get_mut(*at) {
            parts.extend(new.clone());
        }
    }
    if new.get("primary") == Some(&Value::Bool(true)) {
        demote(values, hits.last().copied());
    }
    tidy(holder, attribute);
    Ok(())
}

/// Values without any part are none.
fn tidy(holder: &mut Map<String, Value>, attribute: &Attribute) {
    if let Some(Value::Array(values)) = holder.get_mut(attribute.name) {
        values.retain(|value| value.as_object().is_none_or(|parts| !parts.is_empty()));
        if values.is_empty() {
            holder.remove(attribute.name);
        }
    }
}
