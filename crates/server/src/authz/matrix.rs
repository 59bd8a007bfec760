//! The table of roles and permissions: the one place that decides, published as `docs/permissions.md`.

use std::fmt::Write as _;

use super::{Permission, Role};

const SCOPE: &str = "

## Scope

A role holds for the whole organisation, or within some groups: the people of these groups and of the groups nested in
them, the groups themselves, their app instances, devices, orders to wipe, tickets and reports. What is beyond is not
found (404), not refused, and counts leave it out. The last column says which permissions a role can carry within groups;
the others concern the organisation as a whole.

- **Policies** are seen when they are assigned to a group in sight, to a group that those are nested in, or to all
  licensed users. They can be changed when every assignment is to a group in sight; other assignments are not shown.
  A new policy belongs to the groups of the one who made it until it is assigned.
- **New users and groups** become members of the first group of the one who made them.
- **Roles and tokens**: nobody gives what he does not hold, nor beyond his own scope. The same counts for ways to a role: a program
  or its scopes, the members of a group that has a role (or is nested in one), the sign-in name, password or disabling of a person who
  has one, another account's second factor. Identity providers and provisioning tokens say who people are and who is in which
  group: only a global administrator of everything makes them.
- **What carries a role stays**: a group that has a role, or that one reaches, is removed after the role only. A person who is
  removed loses his roles with it.
- When somebody's roles reach differently far, each permission reaches as far as the roles that carry it.

A role that is removed is gone with the next request, also from tokens and sessions that are open.
";

/// Whether a role carries a permission.
pub const fn holds(role: Role, permission: Permission) -> bool {
    use Permission as P;
    match role {
        Role::Custom(permissions) => permissions.contains(permission),
        Role::GlobalAdministrator => !matches!(permission, P::Provision),
        Role::Owner => !matches!(permission, P::ManageRoles | P::ManageKeys | P::Provision),
        Role::Contributor => matches!(
            permission,
            P::ReadPolicies
                | P::WritePolicies
                | P::ReadDirectory
                | P::ReadApps
                | P::WriteApps
                | P::ReadRegistrations
                | P::ReadDevices
                | P::WriteDevices
                | P::ReadWipe
                | P::RequestWipe
                | P::Troubleshoot
                | P::ReadReports
        ),
        Role::HelpDesk => matches!(
            permission,
            P::ReadPolicies
                | P::ReadDirectory
                | P::ReadApps
                | P::ReadRegistrations
                | P::ReadDevices
                | P::ReadWipe
                | P::Troubleshoot
                | P::ManageTickets
                | P::ReadDiagnostics
                | P::ReadReports
        ),
        Role::Auditor => matches!(
            permission,
            P::ReadPolicies | P::ReadApps | P::ReadDirectory | P::ReadWipe | P::ReadReports | P::ReadAudit
        ),
        Role::PrivacyOfficer => matches!(
            permission,
            P::ReadDirectory
                | P::ReadRegistrations
                | P::ReadDevices
                | P::ReadWipe
                | P::ReadAudit
                | P::ManagePersonalData
        ),
    }
}

/// The roles that carry a permission, comma separated.
pub fn carriers(permission: Permission) -> String {
    let carrying = Role::ALL.into_iter().filter(|role| holds(*role, permission));
    carrying.map(Role::title).collect::<Vec<_>>().join(", ")
}

/// Whether a permission concerns the organisation as a whole: roles that reach some groups only do not carry it.
pub const fn needs_everything(permission: Permission) -> bool {
    use Permission as P;
    matches!(permission, P::WriteApps | P::ReadAudit | P::ManageKeys | P::ManageTenant)
}

/// The table as published; a test compares it with the file.
pub fn document() -> String {
    let mut out = String::from(
        "# Permissions\n\nWhich role carries which permission. Generated from `crates/server/src/authz/matrix.rs`; do not edit.\n\n| permission |",
    );
    for role in Role::ALL {
        let _ = write!(out, " {} |", role.title());
    }
    out.push_str(" within groups |\n|---|");
    out.push_str(&"---|".repeat(Role::ALL.len() + 1));
    for permission in Permission::ALL {
        let _ = write!(out, "\n| `{}` |", permission.name());
        for role in Role::ALL {
            out.push_str(if holds(role, *permission) { " yes |" } else { " |" });
        }
        out.push_str(if needs_everything(*permission) { " no |" } else { " yes |" });
    }
    out.push_str(SCOPE);
    out
}
