//! Who has which role, and how far it reaches: the six built-in roles, roles of an organisation's own, and their
//! assignments to accounts, people and groups of people. What is given or taken counts with the next request.

pub(crate) mod api;
pub(crate) mod graph;
pub(crate) mod guard;
pub mod ops;
mod sql;
mod visible;

pub(crate) use visible::{check as check_grant, sees_scope};

use std::{fmt, str::FromStr};

use ringfence_model::{GroupId, UnixMillis, UserId};
use uuid::Uuid;

use crate::authz::{Permission, Permissions, Role, Scope, holds};

/// Who has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// A built-in account of an administrator.
    Account(Uuid),
    /// A person of the directory.
    User(UserId),
    /// The people of a group, nested groups included.
    Group(GroupId),
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Group(id) => write!(f, "group:{id}"),
        }
    }
}

impl FromStr for Member {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (kind, id) = text.split_once(':').ok_or(())?;
        match kind {
            "account" => id.parse().map(Self::Account).map_err(drop),
            "user" => id.parse().map(Self::User).map_err(drop),
            "group" => id.parse().map(Self::Group).map_err(drop),
            _ => Err(()),
        }
    }
}

/// A role: built in, or made by the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its id.
    pub id: Uuid,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The built-in role, or the permissions of one's own.
    pub role: Role,
    /// The actions that a role of one's own was made from, as given.
    pub actions: Vec<String>,
}

impl Definition {
    /// The built-in role with its fixed id.
    pub fn built_in(role: Role) -> Self {
        let number = Role::ALL.iter().position(|one| *one == role).unwrap_or_default() as u128;
        Self {
            // A fixed range of ids: the same on every server, so that exported assignments find their roles.
            id: Uuid::from_u128(0x5249_4e47_0000_4000_8000_0000_0000_0001 + number),
            name: role.title().to_owned(),
            description: String::new(),
            role,
            actions: permissions(role).map(|permission| permission.name().to_owned()).collect(),
        }
    }

    /// Whether it is built in.
    pub fn is_built_in(&self) -> bool {
        !matches!(self.role, Role::Custom(_))
    }
}

/// What a role carries.
pub fn permissions(role: Role) -> impl Iterator<Item = Permission> {
    Permission::ALL.iter().copied().filter(move |permission| holds(role, *permission))
}

/// A role given to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub id: Uuid,
    /// Which role.
    pub role: Uuid,
    /// A name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// To whom.
    pub members: Vec<Member>,
    /// How far it reaches.
    pub scope: Scope,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// What a new assignment is made from.
#[derive(Debug, Clone, Default)]
pub struct NewAssignment {
    /// Which role.
    pub role: Uuid,
    /// A name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// To whom.
    pub members: Vec<Member>,
    /// How far it reaches.
    pub scope: Scope,
}

/// What a role of one's own is made from.
#[derive(Debug, Clone, Default)]
pub struct NewDefinition {
    /// Its name for people, one of a kind.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Names of permissions, or of actions of Graph.
    pub actions: Vec<String>,
    /// The permissions that those stand for.
    pub permissions: Permissions,
}
