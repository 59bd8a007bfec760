//! Names of attributes (RFC 7644 §3.10): `userName`, `name.familyName`, `urn:…:User:department`, in any letter case.

use super::{
    Resource,
    schema::{Attribute, COMMON, DROPPED, ENTERPRISE, GROUP, Kind, Schema, USER, find},
};

/// An attribute of a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    /// It is in the extension, not in the resource itself.
    pub(super) extension: bool,
    pub(super) attribute: &'static Attribute,
    /// A part of a complex attribute.
    pub(super) part: Option<&'static Attribute>,
}

impl Target {
    pub(super) fn of(attribute: &'static Attribute) -> Self {
        Self { extension: false, attribute, part: None }
    }

    /// What a value is compared with: the part; of `emails` and `members` as a whole, their `value`. `None` for other
    /// complex attributes, which have no single value.
    pub(super) fn compared(&self) -> Option<&'static Attribute> {
        if let Some(part) = self.part {
            return Some(part);
        }
        match self.attribute.kind {
            Kind::Complex(parts) => find(parts, "value"),
            _ => Some(self.attribute),
        }
    }

    pub(super) fn is(&self, attribute: &str, part: Option<&str>) -> bool {
        self.attribute.name == attribute && self.part.map(|part| part.name) == part
    }
}

/// What a name leads to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named {
    Attribute(Target),
    /// The extension as a whole.
    Extension,
    /// Known, and dropped on purpose.
    Dropped,
    Unknown,
}

/// The main schema of a resource.
pub(super) fn main_schema(resource: Resource) -> &'static Schema {
    match resource {
        Resource::User => &USER,
        Resource::Group => &GROUP,
    }
}

/// Looks a name up.
pub(super) fn resolve(resource: Resource, text: &str) -> Named {
    let schema = main_schema(resource);
    if let Some(rest) = after(text, schema.id) {
        return in_main(schema, rest);
    }
    if resource == Resource::User
        && let Some(rest) = after(text, ENTERPRISE.id)
    {
        if rest.is_empty() {
            return Named::Extension;
        }
        return match in_table(ENTERPRISE.attributes, rest) {
            Named::Attribute(target) => Named::Attribute(Target { extension: true, ..target }),
            other => other,
        };
    }
    if is_urn(text) { Named::Unknown } else { in_main(schema, text) }
}

fn in_main(schema: &Schema, name: &str) -> Named {
    match in_table(COMMON, name) {
        Named::Unknown => in_table(schema.attributes, name),
        found => found,
    }
}

fn in_table(attributes: &'static [Attribute], name: &str) -> Named {
    let (first, part) = name.split_once('.').map_or((name, None), |(first, part)| (first, Some(part)));
    if DROPPED.iter().any(|dropped| dropped.eq_ignore_ascii_case(name) || dropped.eq_ignore_ascii_case(first))
    {
        return Named::Dropped;
    }
    let Some(attribute) = find(attributes, first) else { return Named::Unknown };
    let Some(part) = part else { return Named::Attribute(Target::of(attribute)) };
    match find(attribute.parts(), part) {
        Some(part) => Named::Attribute(Target { extension: false, attribute, part: Some(part) }),
        None => Named::Unknown,
    }
}

pub(super) fn is_urn(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// What comes after a schema's URN and its colon; empty for the URN alone.
fn after<'a>(text: &'a str, urn: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(urn.len())?;
    if !start.eq_ignore_ascii_case(urn) {
        return None;
    }
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(':') }
}
