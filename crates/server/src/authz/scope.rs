//! How far roles reach: the whole organisation, or what belongs to some groups.

use std::collections::BTreeSet;

use ringfence_model::GroupId;

use super::Role;

/// How far roles reach.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// The whole organisation.
    #[default]
    Everything,
    /// These groups and what is nested in them; nothing when there are none.
    Groups(Vec<GroupId>),
}

impl Scope {
    /// As it is stored: `*`, or ids separated by spaces.
    pub(crate) fn print(&self) -> String {
        match self {
            Self::Everything => "*".to_owned(),
            Self::Groups(groups) => groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    /// Reads what [`Self::print`] wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everything);
        }
        text.split_whitespace().map(|id| id.parse().ok()).collect::<Option<_>>().map(Self::Groups)
    }

    /// As the API shows it: ids of groups, `null` for everything.
    pub(crate) fn shown(&self) -> serde_json::Value {
        match self {
            Self::Everything => serde_json::Value::Null,
            Self::Groups(groups) => serde_json::json!(groups),
        }
    }

    /// Whether everything in `other` is also in this one, as far as the groups' names tell.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Groups(_), Self::Everything) => false,
            (Self::Groups(mine), Self::Groups(wanted)) => wanted.iter().all(|group| mine.contains(group)),
        }
    }

    /// What is in one of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Groups(a), Self::Groups(b)) => {
                Self::Groups(a.iter().chain(b).copied().collect::<BTreeSet<_>>().into_iter().collect())
            }
            _ => Self::Everything,
        }
    }

    /// What is named by both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Everything, one) | (one, Self::Everything) => one.clone(),
            (Self::Groups(a), Self::Groups(b)) => {
                Self::Groups(a.iter().filter(|group| b.contains(group)).copied().collect())
            }
        }
    }
}

/// A role within a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// How far it reaches.
    pub scope: Scope,
}

/// One grant per role, with everything that the role reaches; in the order of the roles.
pub(super) fn gather(grants: &[Grant]) -> Vec<Grant> {
    let own = grants.iter().map(|grant| grant.role).filter(|role| matches!(role, Role::Custom(_)));
    let own: BTreeSet<Role> = own.collect();
    let of = |role: Role| {
        let mine = grants.iter().filter(|grant| grant.role == role).map(|grant| grant.scope.clone());
        mine.reduce(|a, b| a.union(&b)).map(|scope| Grant { role, scope })
    };
    Role::ALL.into_iter().chain(own).filter_map(of).collect()
}
