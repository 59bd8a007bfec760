//! API tokens: 256 random bits, shown once, stored as SHA-256, with roles and an end; and who presents one.

pub(crate) mod api;
mod extract;
pub mod ops;
mod sql;

use ringfence_model::{TenantId, TokenId, UnixMillis, UserId};
use uuid::Uuid;

pub use extract::Authenticated;
pub(crate) use extract::{authenticate, authenticate_any, bearer, only_authorization};
pub(crate) use ops::hash_of;

use crate::{
    authz::{Grant, Role, Scope},
    db::DbError,
};

/// A token as listed; the secret is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Its tenant.
    pub tenant: TenantId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// How far that reaches.
    pub scope: Scope,
    /// It is for SCIM alone and has no roles.
    pub provisioning: bool,
    /// The account that signed in, for tokens made by signing in.
    pub account: Option<Uuid>,
    /// The person of the directory who signed in.
    pub user: Option<UserId>,
    /// The provider through which somebody signed in.
    pub provider: Option<Uuid>,
    /// The program that fetched it.
    pub program: Option<Uuid>,
    /// Whom the audit log names, when it is none of these.
    pub holder: Option<String>,
    /// Graph permission names that it is limited to, separated by spaces.
    pub scopes: Option<String>,
    /// Its roles with how far each reaches, when one does not reach the whole organisation.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it ends.
    pub expires_at: UnixMillis,
    /// When it was ended early.
    pub revoked_at: Option<UnixMillis>,
    /// Last seen, to within five minutes.
    pub used_at: Option<UnixMillis>,
}

/// What a new token is made from.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// How long it lives, in milliseconds.
    pub life: ringfence_model::Millis,
}

pub(crate) fn print_roles(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn parse_roles(text: &str) -> Result<Vec<Role>, DbError> {
    text.split_whitespace()
        .map(|role| role.parse().map_err(|_| DbError::Corrupt { column: "roles" }))
        .collect()
}

/// `owner` for the whole organisation, `help-desk:<group>,<group>` for groups.
pub(crate) fn print_grants(grants: &[Grant]) -> Option<String> {
    let one = |grant: &Grant| match &grant.scope {
        Scope::Everything => grant.role.as_str().to_owned(),
        Scope::Groups(groups) => {
            let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
            format!("{}:{}", grant.role, groups.join(","))
        }
    };
    (!grants.is_empty()).then(|| grants.iter().map(one).collect::<Vec<_>>().join(" "))
}

pub(crate) fn parse_grants(text: Option<&str>) -> Result<Vec<Grant>, DbError> {
    let corrupt = || DbError::Corrupt { column: "grants" };
    let one = |text: &str| {
        let (role, groups) = text.split_once(':').map_or((text, None), |(role, groups)| (role, Some(groups)));
        let scope = match groups {
            None => Scope::Everything,
            Some(groups) => {
                let groups =
                    groups.split(',').filter(|id| !id.is_empty()).map(|id| id.parse().map_err(|_| corrupt()));
                Scope::Groups(groups.collect::<Result<_, _>>()?)
            }
        };
        Ok(Grant { role: role.parse().map_err(|_| corrupt())?, scope })
    };
    text.unwrap_or_default().split_whitespace().map(one).collect()
}
