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
    let of = |role: Role| {
        let mine = grants.iter().filter(|grant| grant.role == role).map(|grant| grant.scope.clone());
        mine.reduce(|a, b| a.union(&b)).map(|scope| Grant { role, scope })
    };
    Role::ALL.into_iter().filter_map(of).collect()
}
