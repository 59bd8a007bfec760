//! Users and groups as SCIM JSON, and the part of them that a client asks for.

use ringfence_model::UnixMillis;
use serde_json::{Map, Value, json};

use super::{
    LIST, Resource,
    path::{Named, Target, resolve},
    schema::{ENTERPRISE, GROUP, USER},
    user,
};
use crate::{
    directory::{Belonging, Group, Member, User},
    graph::timestamp,
};

/// The ETag of a version.
pub(super) fn etag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// A user; without groups when they were not asked for.
pub(super) fn user(found: &User, groups: &[Belonging], base: &str) -> Value {
    let attributes = user::read(found);
    let mut schemas = vec![USER.id];
    if attributes.contains_key(ENTERPRISE.id) {
        schemas.push(ENTERPRISE.id);
    }
    let mut out = Map::new();
    out.insert("schemas".into(), json!(schemas));
    out.insert("id".into(), json!(found.id));
    out.extend(attributes);
    if !groups.is_empty() {
        out.insert("groups".into(), groups.iter().map(|group| one_belonging(group, base)).collect());
    }
    let place = format!("{base}/Users/{}", found.id);
    out.insert("meta".into(), meta("User", &place, found.created_at, found.changed_at, found.version));
    Value::Object(out)
}

fn one_belonging(belonging: &Belonging, base: &str) -> Value {
    json!({
        "value": belonging.group,
        "$ref": format!("{base}/Groups/{}", belonging.group),
        "display": belonging.name,
        "type": if belonging.direct { "direct" } else { "indirect" },
    })
}

/// A group; without its members when they were not asked for.
pub(super) fn group(found: &Group, members: Option<&[Member]>, base: &str) -> Value {
    let mut out = Map::new();
    out.insert("schemas".into(), json!([GROUP.id]));
    out.insert("id".into(), json!(found.id));
    if let Some(external) = &found.external_id {
        out.insert("externalId".into(), json!(external));
    }
    out.insert("displayName".into(), json!(found.display_name));
    if let Some(members) = members.filter(|members| !members.is_empty()) {
        out.insert("members".into(), members.iter().map(|member| one_member(*member, base)).collect());
    }
    let place = format!("{base}/Groups/{}", found.id);
    out.insert("meta".into(), meta("Group", &place, found.created_at, found.changed_at, found.version));
    Value::Object(out)
}

/// One member of a group.
pub(super) fn one_member(member: Member, base: &str) -> Value {
    let resource = match member {
        Member::User(_) => Resource::User,
        Member::Group(_) => Resource::Group,
    };
    let id = member.id();
    json!({ "value": id, "$ref": format!("{base}/{}/{id}", resource.set()), "type": resource.name() })
}

fn meta(kind: &str, location: &str, created: UnixMillis, changed: UnixMillis, version: i64) -> Value {
    json!({
        "resourceType": kind,
        "created": timestamp(created),
        // Rows that were written before changes were dated have none.
        "lastModified": timestamp(UnixMillis(changed.0.max(created.0))),
        "location": location,
        "version": etag(version),
    })
}

/// A page of resources.
pub(super) fn list(resources: Vec<Value>, total: usize, start: usize) -> Value {
    let mut out = Map::new();
    out.insert("schemas".into(), json!([LIST]));
    out.insert("totalResults".into(), json!(total));
    out.insert("startIndex".into(), json!(start));
    out.insert("itemsPerPage".into(), json!(resources.len()));
    // Moved, not copied: a page can be large.
    out.insert("Resources".into(), Value::Array(resources));
    Value::Object(out)
}

/// Which attributes a client wants back (RFC 7644 §3.9).
#[derive(Debug, Clone, Default)]
pub(super) struct Projection {
    only: Option<Vec<String>>,
    without: Vec<String>,
}

impl Projection {
    /// `attributes` goes before `excludedAttributes`.
    pub(super) fn new(only: Option<Vec<String>>, without: Vec<String>) -> Self {
        Self { only: only.filter(|names| !names.is_empty()), without }
    }

    /// Whether anything was said.
    pub(super) fn is_stated(&self) -> bool {
        self.only.is_some() || !self.without.is_empty()
    }

    /// Whether the members of groups are wanted.
    pub(super) fn wants_members(&self) -> bool {
        self.wants(Resource::Group, "members")
    }

    /// Whether the groups of users are wanted.
    pub(super) fn wants_groups(&self) -> bool {
        self.wants(Resource::User, "groups")
    }

    fn wants(&self, resource: Resource, attribute: &str) -> bool {
        let names = |list: &[String]| {
            list.iter().any(|name| {
                matches!(resolve(resource, plain(name)), Named::Attribute(target) if target.attribute.name == attribute)
            })
        };
        let without = self.without.iter().any(|name| {
            matches!(resolve(resource, plain(name)), Named::Attribute(target) if target.is(attribute, None))
        });
        self.only.as_deref().map_or(!without, names)
    }

    /// Trims a resource. What identifies it always stays.
    pub(super) fn apply(&self, resource: Resource, value: Value) -> Value {
        let Value::Object(given) = value else { return value };
        if let Some(only) = &self.only {
            return Value::Object(keep(resource, &given, only));
        }
        let mut out = given;
        for name in &self.without {
            match resolve(resource, plain(name)) {
                Named::Attribute(target) if !is_always(&target) => remove(&mut out, &target),
                Named::Extension => drop(out.remove(ENTERPRISE.id)),
                _ => {}
            }
        }
        Value::Object(out)
    }
}

/// `emails[type eq "work"]` asks for `emails`.
fn plain(name: &str) -> &str {
    name.split('[').next().unwrap_or_default().trim()
}

fn is_always(target: &Target) -> bool {
    matches!(target.attribute.name, "id" | "schemas")
}

fn remove(out: &mut Map<String, Value>, target: &Target) {
    let holder =
        if target.extension { out.get_mut(ENTERPRISE.id).and_then(Value::as_object_mut) } else { Some(out) };
    let Some(holder) = holder else { return };
    let Some(part) = target.part else { return drop(holder.remove(target.attribute.name)) };
    match holder.get_mut(target.attribute.name) {
        Some(Value::Object(parts)) => drop(parts.remove(part.name)),
        Some(Value::Array(values)) => {
            for value in values.iter_mut().filter_map(Value::as_object_mut) {
                value.remove(part.name);
            }
        }
        _ => {}
    }
}

fn keep(resource: Resource, given: &Map<String, Value>, only: &[String]) -> Map<String, Value> {
    let mut out = Map::new();
    for name in ["schemas", "id"] {
        out.extend(given.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    for name in only {
        match resolve(resource, plain(name)) {
            Named::Attribute(target) => copy(given, &mut out, &target),
            Named::Extension => {
                let extension = given.get(ENTERPRISE.id);
                out.extend(extension.map(|value| (ENTERPRISE.id.to_owned(), value.clone())));
            }
            Named::Dropped | Named::Unknown => {}
        }
    }
    out
}

fn copy(given: &Map<String, Value>, out: &mut Map<String, Value>, target: &Target) {
    let name = target.attribute.name;
    let (from, to) = if target.extension {
        let Some(from) = given.get(ENTERPRISE.id).and_then(Value::as_object) else { return };
        let to = out.entry(ENTERPRISE.id).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(to) = to else { return };
        (from, to)
    } else {
        (given, out)
    };
    let Some(value) = from.get(name) else { return };
    let Some(part) = target.part.map(|part| part.name) else {
        to.insert(name.to_owned(), value.clone());
        return;
    };
    match (value, to.get_mut(name)) {
        (Value::Object(parts), Some(Value::Object(kept))) => {
            kept.extend(parts.get(part).map(|value| (part.to_owned(), value.clone())));
        }
        (Value::Object(parts), _) => {
            let kept: Map<_, _> =
                parts.get(part).map(|value| (part.to_owned(), value.clone())).into_iter().collect();
            to.insert(name.to_owned(), Value::Object(kept));
        }
        (Value::Array(values), Some(Value::Array(kept))) if kept.len() == values.len() => {
            for (value, kept) in values.iter().zip(kept.iter_mut()) {
                if let (Some(found), Value::Object(kept)) = (value.get(part), kept) {
                    kept.insert(part.to_owned(), found.clone());
                }
            }
        }
        (Value::Array(values), _) => {
            let kept = values.iter().map(|value| {
                let found = value.get(part).map(|value| (part.to_owned(), value.clone()));
                Value::Object(found.into_iter().collect())
            });
            to.insert(name.to_owned(), kept.collect());
        }
        _ => {}
    }
}
