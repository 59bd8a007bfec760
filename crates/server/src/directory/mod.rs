//! Users, groups, members, licences. Only what protection needs is kept of a person: name, sign-in name, mail,
//! language; everything else a client sends is dropped.

pub(crate) mod api;
mod belonging;
mod groups;
pub mod ops;
mod represent;
mod seen;
mod sql;
pub(crate) mod write;

use ringfence_model::{GroupId, UnixMillis, UserId};
use serde_json::{Map, Value};
use uuid::{Uuid, uuid};

pub(crate) use belonging::{Belonging, list_belongings};
pub(crate) use sql::{Column, Condition, Order, Window};

pub use groups::{add_member, add_members, create_group, delete_group, remove_member, update_group};

/// A person.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The sign-in name, as written; compared without regard to case.
    pub upn: String,
    /// Name for people.
    pub display_name: String,
    /// May sign in and be protected.
    pub enabled: bool,
    /// The other members that are kept.
    pub body: Map<String, Value>,
    /// When the user was made.
    pub created_at: UnixMillis,
    /// The name under which a provisioning client knows the user.
    pub external_id: Option<String>,
    /// Counts from 1, one more with every change.
    pub version: i64,
    /// When the user was last changed.
    pub changed_at: UnixMillis,
    /// The licences.
    pub licences: Vec<Licence>,
}

/// A group of users and groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The id.
    pub id: GroupId,
    /// Name for people.
    pub display_name: String,
    /// The other members that are kept.
    pub body: Map<String, Value>,
    /// When the group was made.
    pub created_at: UnixMillis,
    /// The name under which a provisioning client knows the group.
    pub external_id: Option<String>,
    /// Counts from 1, one more with every change of the group or of its members.
    pub version: i64,
    /// When the group or its members were last changed.
    pub changed_at: UnixMillis,
}

/// A licence that a user holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// The product.
    pub sku: Uuid,
    /// Plans of the product that are switched off for the user.
    pub disabled_plans: Vec<Uuid>,
}

/// A member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// A person.
    User(UserId),
    /// A nested group.
    Group(GroupId),
}

impl Member {
    /// The id, of whatever kind.
    pub fn id(self) -> Uuid {
        match self {
            Self::User(UserId(id)) | Self::Group(GroupId(id)) => id,
        }
    }
}

/// What targeting needs of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserFacts {
    /// Who.
    pub id: UserId,
    /// Not switched off.
    pub enabled: bool,
    /// Holds a licence whose app-protection plan is on.
    pub licensed: bool,
}

/// The product that a tenant can give to its users, in any number.
pub const SKU: Uuid = uuid!("5f0c2a3e-7d41-4f6b-9a58-3d6c1e8b0a01");

/// The product's one plan: app protection.
pub const PLAN: Uuid = uuid!("5f0c2a3e-7d41-4f6b-9a58-3d6c1e8b0a02");

/// Member of a user's body: the mail addresses as a provisioning client gave them. `mail` is the main one of them.
pub(crate) const EMAILS: &str = "emails";

/// Member of a user's body: there was no display name, so that the stored one is made from other names.
pub(crate) const DERIVED_NAME: &str = "displayNameDerived";

/// Name of the product.
pub const SKU_NAME: &str = "RINGFENCE_APP_PROTECTION";

/// Name of the plan.
pub const PLAN_NAME: &str = "APP_PROTECTION";

/// What a new user is made from.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// Kept when given, so that a directory can move here with its ids.
    pub id: Option<UserId>,
    /// The sign-in name.
    pub upn: String,
    /// Name for people.
    pub display_name: String,
    /// May sign in.
    pub enabled: bool,
    /// Members to keep; others are dropped.
    pub body: Map<String, Value>,
    /// The first password, if any.
    pub password: Option<String>,
}

/// A change of a user; absent parts stay.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    /// The sign-in name.
    pub upn: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// May sign in.
    pub enabled: Option<bool>,
    /// Members to replace; others are dropped.
    pub body: Map<String, Value>,
    /// A new password.
    pub password: Option<String>,
}
