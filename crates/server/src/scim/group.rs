//! A group between SCIM and the directory, and how a request changes its members.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Resource,
    filter::{Filter, Place},
    immutable,
    patch::{self, Change, Verb},
    path::main_schema,
    represent, syntax,
    user::canonical_one,
    wrong,
};
use crate::{
    directory::{Group, Member, write::Membership},
    http::ApiError,
};

/// Members that the filters of one request may look at: some seconds' work.
const LOOKED_AT_MAX: usize = 1_000_000;

/// The attributes of a group that can be written, without its members.
pub(super) fn read(group: &Group) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("displayName".into(), json!(group.display_name));
    if let Some(external) = &group.external_id {
        out.insert("externalId".into(), json!(external));
    }
    out
}

/// Writes canonical attributes into a group.
pub(super) fn write(group: &mut Group, given: &Map<String, Value>) -> Result<(), ApiError> {
    let find = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(name) = find("displayName") else {
        return Err(wrong("displayName", &Value::Null, "is missing", "a name"));
    };
    group.display_name = name;
    group.external_id = find("externalId");
    Ok(())
}

/// The members that a whole group is given; `None` when it says nothing about them.
pub(super) fn members_of(body: &Map<String, Value>) -> Result<Option<BTreeSet<Uuid>>, ApiError> {
    let found = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("members"));
    found.filter(|(_, value)| !value.is_null()).map(|(_, value)| ids(value)).transpose()
}

/// The ids in a value of `members`: objects with `value` or `$ref`, or bare texts. What cannot be read is refused, so that a
/// careless list never empties a group: only `[]` does.
pub(super) fn ids(value: &Value) -> Result<BTreeSet<Uuid>, ApiError> {
    let Some(attribute) = main_schema(Resource::Group).find("members") else { return Ok(BTreeSet::new()) };
    let given = match value {
        Value::Array(values) => values.as_slice(),
        Value::Object(_) | Value::String(_) => std::slice::from_ref(value),
        _ => return Err(wrong("members", value, "is no list of members", "a list, which may be empty")),
    };
    let read = |(at, value): (usize, &Value)| {
        let member = canonical_one(attribute, &format!("members[{at}]"), value)?.unwrap_or_default();
        id(&member).ok_or_else(|| {
            wrong(&format!("members[{at}].value"), value, "is not the id of a user or group", "a UUID")
        })
    };
    given.iter().enumerate().map(read).collect()
}

fn id(member: &Value) -> Option<Uuid> {
    let given = member.get("value").and_then(Value::as_str);
    let linked = member.get("$ref").and_then(Value::as_str).and_then(|link| link.rsplit('/').next());
    given.or(linked)?.parse().ok()
}

/// Splits the changes of a PATCH: those of attributes are applied to `attributes`, those of members are answered in
/// order.
pub(super) fn split<'a>(
    attributes: &mut Map<String, Value>,
    changes: &'a [Change],
) -> Result<Vec<&'a Change>, ApiError> {
    let mut members = Vec::new();
    for change in changes {
        match &change.place {
            Place::Attribute { target, .. } if target.attribute.name == "members" => members.push(change),
            _ => patch::apply(attributes, change)?,
        }
    }
    Ok(members)
}

/// Whether the members that are there must be known to make a change.
pub(super) fn needs_current(change: &Change) -> bool {
    let Place::Attribute { filter, .. } = &change.place else { return false };
    match (change.verb, filter) {
        (Verb::Add, _) => false,
        (Verb::Replace, _) => true,
        (Verb::Remove, Some(filter)) => filter.id_alone().is_none(),
        (Verb::Remove, None) => change.value.is_null(),
    }
}

/// Refuses filters that would look at all members of a large group again and again, while everybody else waits to write.
pub(super) fn check_effort(changes: &[&Change], members: usize) -> Result<(), ApiError> {
    let looks = |change: &&&Change| match &change.place {
        Place::Attribute { filter: Some(filter), .. } => filter.id_demanded().is_none(),
        _ => false,
    };
    let looked_at = changes.iter().filter(looks).count().saturating_mul(members);
    if looked_at > LOOKED_AT_MAX {
        return Err(syntax(format!(
            "the filters of this request would look at {looked_at} members, at most {LOOKED_AT_MAX} are: name members by \
             `value eq`, or send fewer filters at once"
        )));
    }
    Ok(())
}

/// Adds one change of members to those before it. `current` are the members before all of them; empty when no change
/// needs them.
pub(super) fn plan(wanted: &mut Membership, current: &[Member], change: &Change) -> Result<(), ApiError> {
    let Place::Attribute { target, filter } = &change.place else { return Ok(()) };
    if target.part.is_some() || (filter.is_some() && change.verb != Verb::Remove) {
        return Err(immutable("a member cannot be altered: remove it and add another one"));
    }
    match (change.verb, filter) {
        (Verb::Add, _) => add(wanted, ids(&change.value)?),
        (Verb::Replace, _) => {
            let new = ids(&change.value)?;
            wanted.remove = current.iter().map(|member| member.id()).filter(|id| !new.contains(id)).collect();
            wanted.add = new;
        }
        (Verb::Remove, Some(filter)) => {
            let gone = match filter.id_alone() {
                Some(id) => id.parse().into_iter().collect(),
                None => chosen(wanted, current, filter),
            };
            remove(wanted, gone);
        }
        (Verb::Remove, None) if change.value.is_null() => {
            wanted.add.clear();
            wanted.remove = current.iter().map(|member| member.id()).collect();
        }
        (Verb::Remove, None) => remove(wanted, ids(&change.value)?),
    }
    Ok(())
}

fn add(wanted: &mut Membership, ids: BTreeSet<Uuid>) {
    for id in ids {
        wanted.remove.remove(&id);
        wanted.add.insert(id);
    }
}

fn remove(wanted: &mut Membership, ids: BTreeSet<Uuid>) {
    for id in ids {
        wanted.add.remove(&id);
        wanted.remove.insert(id);
    }
}

/// The members that meet a filter, of those in the order of their ids; of those only just added no more than the id is
/// known. One request may hold thousands of filters that ask for one member each of a large group.
fn chosen(wanted: &Membership, current: &[Member], filter: &Filter) -> BTreeSet<Uuid> {
    let looked_at = match filter.id_demanded() {
        None => current,
        Some(id) => {
            let at =
                id.parse().ok().and_then(|id| current.binary_search_by_key(&id, |member| member.id()).ok());
            at.and_then(|at| current.get(at..=at)).unwrap_or_default()
        }
    };
    let there = looked_at.iter().filter(|member| filter.holds(&represent::one_member(**member, "")));
    let added = wanted.add.iter().filter(|id| filter.holds(&json!({ "value": id })));
    there.map(|member| member.id()).chain(added.copied()).collect()
}
