//! The table of roles and permissions: the one place that decides, published as `docs/permissions.md`.

use std::fmt::Write as _;

use super::{Permission, Role};

/// Whether a role carries a permission.
pub const fn holds(role: Role, permission: Permission) -> bool {
    use Permission as P;
    match role {
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

/// The table as published; a test compares it with the file.
pub fn document() -> String {
    let mut out = String::from(
        "# Permissions\n\nWhich role carries which permission. Generated from `crates/server/src/authz/matrix.rs`; do not edit.\n\n| permission |",
    );
    for role in Role::ALL {
        let _ = write!(out, " {} |", role.title());
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(Role::ALL.len()));
    for permission in Permission::ALL {
        let _ = write!(out, "\n| `{}` |", permission.name());
        for role in Role::ALL {
            out.push_str(if holds(role, *permission) { " yes |" } else { " |" });
        }
    }
    out.push('\n');
    out
}
