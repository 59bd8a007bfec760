//! The Graph schema as far as this server speaks of it: types, members, enums, actions and functions by version. One
//! committed table drives `$metadata`, the metadata levels and the checks of names in queries.

mod form;
mod place;
mod read;
mod spelling;

use std::{collections::HashMap, sync::LazyLock};

use ringfence_model::document::ApiVersion;

pub(crate) use form::{complete, concrete, faults};
pub(super) use place::resolve;
pub(super) use spelling::{declared, spell};

const TABLE: &str = include_str!("../../../data/graph-types.txt");

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| read::read(TABLE));

/// The table.
pub(super) fn schema() -> &'static Schema {
    &SCHEMA
}

/// Versions that have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Versions {
    v1: bool,
    beta: bool,
}

impl Versions {
    pub(super) const BOTH: Self = Self { v1: true, beta: true };

    pub(super) fn has(self, version: ApiVersion) -> bool {
        match version {
            ApiVersion::V1 => self.v1,
            ApiVersion::Beta => self.beta,
        }
    }
}

/// What a member, parameter or result is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Of {
    /// `String`, `managedMobileApp`; `-` when this table does not describe it.
    pub(super) name: &'static str,
    pub(super) many: bool,
}

/// A property or a navigation.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) of: Of,
    pub(super) navigation: bool,
    pub(super) required: bool,
    pub(super) contained: bool,
    pub(super) versions: Versions,
}

/// An entity type or a complex type.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) base: Option<&'static str>,
    pub(super) entity: bool,
    pub(super) is_abstract: bool,
    pub(super) open: bool,
    pub(super) versions: Versions,
    /// Its own, without those of its base.
    pub(super) members: Vec<Member>,
}

/// An enumeration.
#[derive(Debug)]
pub(super) struct Enum {
    pub(super) name: &'static str,
    pub(super) flags: bool,
    pub(super) versions: Versions,
    pub(super) members: Vec<Value>,
}

/// A member of an enumeration.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) name: &'static str,
    /// Where it is published.
    pub(super) number: Option<i64>,
    /// Added later: shown only to clients that ask for such members.
    pub(super) evolved: bool,
    pub(super) versions: Versions,
}

/// A bound action or function.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) name: &'static str,
    pub(super) function: bool,
    /// The first is what it is bound to.
    pub(super) parameters: Vec<(&'static str, Of)>,
    pub(super) returns: Option<Of>,
    pub(super) versions: Versions,
}

/// Where paths begin.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) name: &'static str,
    pub(super) of: Of,
}

#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) types: Vec<Type>,
    pub(super) enums: Vec<Enum>,
    pub(super) bound: Vec<Bound>,
    pub(super) roots: Vec<Root>,
    /// By name in lower case.
    type_at: HashMap<String, usize>,
    enum_at: HashMap<String, usize>,
}

impl Schema {
    /// A type by its name in any letter case, with or without `#`, `microsoft.graph.` and `graph.`.
    pub(super) fn find_type(&self, name: &str) -> Option<&Type> {
        self.type_at.get(&short_name(name)).and_then(|at| self.types.get(*at))
    }

    /// An enumeration, its name written as a type's may be.
    pub(super) fn find_enum(&self, name: &str) -> Option<&Enum> {
        self.enum_at.get(&short_name(name)).and_then(|at| self.enums.get(*at))
    }

    /// The type and its bases, the most derived first.
    pub(super) fn line<'a>(&'a self, of: &'a Type) -> impl Iterator<Item = &'a Type> {
        std::iter::successors(Some(of), |of| of.base.and_then(|base| self.find_type(base)))
    }

    /// Whether `of` is `wanted` or derived from it.
    pub(super) fn is_a(&self, of: &Type, wanted: &Type) -> bool {
        self.line(of).any(|one| one.name == wanted.name)
    }

    /// A member of the type, of a base, or of a type derived from it; its name in any letter case.
    pub(super) fn find_member(&self, of: &Type, name: &str) -> Option<&Member> {
        let own = |of: &Type| {
            let at = of.members.iter().position(|member| member.name.eq_ignore_ascii_case(name));
            at.and_then(|at| self.find_type(of.name)?.members.get(at))
        };
        self.line(of).find_map(own).or_else(|| self.derived(of).find_map(own))
    }

    /// Every type derived from this one.
    pub(super) fn derived<'a>(&'a self, of: &'a Type) -> impl Iterator<Item = &'a Type> {
        self.types.iter().filter(|one| one.name != of.name && self.is_a(one, of))
    }

    /// Actions and functions bound to one object of the type, in a version.
    pub(super) fn bound_to<'a>(
        &'a self,
        of: &'a Type,
        version: ApiVersion,
    ) -> impl Iterator<Item = &'a Bound> {
        self.bound.iter().filter(move |bound| {
            let to = bound.parameters.first().map(|(_, to)| *to);
            let to = to.filter(|to| !to.many).and_then(|to| self.find_type(to.name));
            bound.versions.has(version) && to.is_some_and(|to| self.is_a(of, to))
        })
    }

    /// Members of the type and its bases in a version, the base's first.
    pub(super) fn members<'a>(&'a self, of: &'a Type, version: ApiVersion) -> Vec<&'a Member> {
        let mut line: Vec<&Type> = self.line(of).collect();
        line.reverse();
        line.into_iter().flat_map(|one| &one.members).filter(|member| member.versions.has(version)).collect()
    }
}

/// `#microsoft.graph.iosManagedAppProtection` → `iosmanagedappprotection`.
fn short_name(name: &str) -> String {
    let lower = name.trim_start_matches('#').to_ascii_lowercase();
    let short = lower.strip_prefix("microsoft.graph.").or_else(|| lower.strip_prefix("graph."));
    short.map_or(lower.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, read, schema};

    #[test]
    fn the_table_reads_to_the_last_line() {
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        let schema = schema();
        let members: usize = schema.types.iter().map(|of| of.members.len()).sum();
        let names: usize = schema.enums.iter().map(|of| of.members.len()).sum();
        let heads = schema.types.len() + schema.enums.len() + schema.bound.len() + schema.roots.len();
        assert_eq!(members + names + heads, lines);
        assert!(read::read("entity x\n  broken").types.first().unwrap().members.is_empty());
    }

    #[test]
    fn every_type_named_is_described() {
        let schema = schema();
        let primitive = |name: &str| name.starts_with(|c: char| c.is_ascii_uppercase()) || name == "-";
        for of in schema.types.iter().flat_map(|of| of.members.iter().map(|member| member.of)) {
            let known = schema.find_type(of.name).is_some() || schema.find_enum(of.name).is_some();
            assert!(known || primitive(of.name), "{of:?}");
        }
        let policy = schema.find_type("#Microsoft.Graph.managedapppolicy").unwrap();
        let ios = schema.find_type("graph.iosManagedAppProtection").unwrap();
        assert!(schema.is_a(ios, policy) && !schema.is_a(policy, ios));
        assert!(schema.find_member(policy, "FACEIDBLOCKED").is_some());
    }
}
