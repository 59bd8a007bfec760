//! Who acts, and in which role.

use std::{fmt, str::FromStr};

use ringfence_model::{TenantId, TokenId};

use super::{
    Permissions, Scope,
    scope::{Grant, gather},
};

use super::{Permission, Scopes, holds};

/// A role of an administrator. What each may do is the table in `docs/permissions.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything.
    GlobalAdministrator,
    /// Everything but roles and keys.
    Owner,
    /// Policies, apps, assignments.
    Contributor,
    /// Finds cause and cure, changes nothing.
    HelpDesk,
    /// Reads everything but what single phones report, and the audit log.
    Auditor,
    /// Sees and erases what is stored about a person.
    PrivacyOfficer,
    /// A role of the organisation's own.
    Custom(Permissions),
}

impl Role {
    /// All that are built in, in the order of the published table.
    pub const ALL: [Self; 6] = [
        Self::GlobalAdministrator,
        Self::Owner,
        Self::Contributor,
        Self::HelpDesk,
        Self::Auditor,
        Self::PrivacyOfficer,
    ];

    /// Stable machine name, e.g. `help-desk`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "global-administrator",
            Self::Owner => "owner",
            Self::Contributor => "contributor",
            Self::HelpDesk => "help-desk",
            Self::Auditor => "auditor",
            Self::PrivacyOfficer => "privacy-officer",
            Self::Custom(_) => "custom",
        }
    }

    /// Name for people, e.g. `Help desk`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "Global administrator",
            Self::Owner => "Owner",
            Self::Contributor => "Contributor",
            Self::HelpDesk => "Help desk",
            Self::Auditor => "Auditor",
            Self::PrivacyOfficer => "Privacy officer",
            Self::Custom(_) => "a role of your organisation",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is not a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a role: expected one of global-administrator, owner, contributor, help-desk, auditor, privacy-officer"
)]
pub struct RoleError(pub String);

impl FromStr for Role {
    type Err = RoleError;
    /// Takes the machine name and the title, in any case.
    fn from_str(text: &str) -> Result<Self, RoleError> {
        let wanted = text.trim().replace([' ', '_'], "-").to_ascii_lowercase();
        Self::ALL.into_iter().find(|role| role.as_str() == wanted).ok_or_else(|| RoleError(text.to_owned()))
    }
}

/// Who makes a request: the holder of an API token, a signed-in administrator, or this machine's operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The tenant acted in.
    pub tenant: TenantId,
    /// Stable name in the audit log: `token:<id>`, `account:<id>` or `system:<part>`.
    pub id: String,
    /// The token presented, if any.
    pub token: Option<TokenId>,
    /// A name for people: the token's or the account's.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// How far its roles reach. When they reach differently far, what all of them reach.
    pub scope: Scope,
    /// Each role with its own scope, when they differ; empty otherwise.
    pub grants: Vec<Grant>,
    /// What the token itself is limited to; `None` when it carries everything that the roles do.
    pub scopes: Option<Scopes>,
    /// The request it acts in, for the audit log.
    pub request: Option<String>,
    /// The address it acts from, for the audit log.
    pub from: Option<String>,
    /// It holds a provisioning token, which carries [`super::Permission::Provision`] and nothing else.
    pub provisioning: bool,
}

impl Actor {
    /// The operator at the machine itself, for commands that need no running server.
    pub fn operator(tenant: TenantId, part: &str) -> Self {
        Self {
            tenant,
            id: format!("system:{part}"),
            token: None,
            name: part.to_owned(),
            roles: vec![Role::GlobalAdministrator],
            scope: Scope::Everything,
            grants: Vec::new(),
            scopes: None,
            request: None,
            from: None,
            provisioning: false,
        }
    }

    /// The same one with these roles, each within its scope, and no others.
    #[must_use]
    pub fn granted(self, grants: &[Grant]) -> Self {
        let gathered = gather(grants);
        let roles = gathered.iter().map(|grant| grant.role).collect();
        let narrowest = gathered.iter().map(|grant| grant.scope.clone()).reduce(|a, b| a.intersection(&b));
        let scope = narrowest.unwrap_or_else(|| Scope::Groups(Vec::new()));
        let same = gathered.iter().all(|grant| grant.scope == scope);
        Self { roles, scope, grants: if same { Vec::new() } else { gathered }, ..self }
    }

    /// Whether roles and scopes together carry a permission.
    pub fn may(&self, permission: Permission) -> bool {
        if self.provisioning {
            return permission == Permission::Provision;
        }
        let by_role = self.roles.iter().any(|role| holds(*role, permission));
        match &self.scopes {
            None => by_role,
            Some(scopes) => {
                let alone = scopes.app_only && self.roles.is_empty();
                scopes.permissions.contains(&permission) && (by_role || alone)
            }
        }
    }
}
