//! What the permission names of Microsoft Graph, as they stand in the `scp`, `scope` and `roles` claims of access
//! tokens, allow here. The names are Graph's; the table is the one place that translates them.

use std::collections::BTreeSet;

use super::Permission;

/// Our own permissions as a scope: `ringfence:troubleshoot`.
const OWN: &str = "ringfence:";

/// The Graph permission names and what each allows. Writing to the directory needs names for users and for groups
/// together, because it is one permission here: see [`Scopes::parse`].
const TABLE: &[(&str, &[Permission])] = {
    use Permission as P;
    const APPS: &[Permission] =
        &[P::ReadPolicies, P::ReadApps, P::ReadRegistrations, P::ReadWipe, P::ReadReports, P::Troubleshoot];
    const APPS_WRITE: &[Permission] = &[
        P::ReadPolicies,
        P::ReadApps,
        P::ReadRegistrations,
        P::ReadWipe,
        P::ReadReports,
        P::Troubleshoot,
        P::WritePolicies,
        P::WriteApps,
        P::RequestWipe,
    ];
    &[
        ("DeviceManagementApps.Read.All", APPS),
        ("DeviceManagementApps.ReadWrite.All", APPS_WRITE),
        ("DeviceManagementManagedDevices.Read.All", &[P::ReadDevices]),
        ("DeviceManagementManagedDevices.ReadWrite.All", &[P::ReadDevices, P::WriteDevices]),
        ("DeviceManagementManagedDevices.PrivilegedOperations.All", &[P::RequestWipe]),
        ("DeviceManagementServiceConfig.ReadWrite.All", &[P::ManageTenant]),
        ("DeviceManagementRBAC.ReadWrite.All", &[P::ManageRoles]),
        ("Directory.Read.All", &[P::ReadDirectory]),
        ("Directory.ReadWrite.All", &[P::ReadDirectory, P::WriteDirectory]),
        ("User.Read.All", &[P::ReadDirectory]),
        ("User.ReadWrite.All", &[P::ReadDirectory]),
        ("Group.Read.All", &[P::ReadDirectory]),
        ("GroupMember.Read.All", &[P::ReadDirectory]),
        ("Group.ReadWrite.All", &[P::ReadDirectory]),
        ("LicenseAssignment.ReadWrite.All", &[P::AssignLicences]),
        ("AuditLog.Read.All", &[P::ReadAudit]),
    ]
};

/// What the holder of a token agreed to let a program do. It narrows the roles of a person; a program that acts for
/// itself has nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes {
    /// What the names allow.
    pub permissions: BTreeSet<Permission>,
    /// The token is a program's own, for no person: scopes suffice without a role.
    pub app_only: bool,
}

impl Scopes {
    /// The names of a claim, separated by spaces, in any letter case, with or without a resource before them
    /// (`https://graph.microsoft.com/User.Read.All`). Names that say nothing here are skipped.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>, app_only: bool) -> Self {
        let names: Vec<&str> = names.into_iter().flat_map(str::split_whitespace).map(bare).collect();
        let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
        let mut permissions: BTreeSet<Permission> =
            names.iter().flat_map(|name| allowed_by(name)).copied().collect();
        if has("User.ReadWrite.All") && has("Group.ReadWrite.All") {
            permissions.insert(Permission::WriteDirectory);
        }
        Self { permissions, app_only }
    }

    /// Whether a name says anything here.
    pub fn knows(name: &str) -> bool {
        !allowed_by(bare(name)).is_empty()
    }

    /// The Graph names that allow a permission by themselves, and our own name for it.
    pub fn names_for(permission: Permission) -> Vec<String> {
        let names = TABLE.iter().filter(|(_, allows)| allows.contains(&permission));
        names.map(|(name, _)| (*name).to_owned()).chain([format!("{OWN}{}", permission.name())]).collect()
    }
}

/// `User.Read.All` of `https://graph.microsoft.com/User.Read.All`.
fn bare(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, last)| last)
}

fn allowed_by(name: &str) -> &'static [Permission] {
    if let Some((_, allows)) = TABLE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return allows;
    }
    let own = name.strip_prefix(OWN).and_then(|own| Permission::ALL.iter().find(|p| p.name() == own));
    own.map_or(&[], std::slice::from_ref)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_allow_what_the_table_says() {
        use Permission as P;
        let cases: [(&[&str], &[P], &[P]); 6] = [
            (&["DeviceManagementApps.Read.All"], &[P::ReadPolicies], &[P::WritePolicies]),
            (
                &["openid devicemanagementapps.readwrite.all"],
                &[P::WritePolicies, P::RequestWipe],
                &[P::ReadAudit],
            ),
            (&["https://graph.microsoft.com/Group.Read.All"], &[P::ReadDirectory], &[P::WriteDirectory]),
            (&["Group.ReadWrite.All"], &[P::ReadDirectory], &[P::WriteDirectory]),
            (&["Group.ReadWrite.All", "User.ReadWrite.All"], &[P::WriteDirectory], &[P::ManageTokens]),
            (&["ringfence:keys.manage", "ringfence:nothing"], &[P::ManageKeys], &[P::ManageTokens]),
        ];
        for (names, allows, denies) in cases {
            let scopes = Scopes::parse(names.iter().copied(), true);
            assert!(allows.iter().all(|p| scopes.permissions.contains(p)), "{names:?}");
            assert!(!denies.iter().any(|p| scopes.permissions.contains(p)), "{names:?}");
        }
        assert!(Scopes::parse(["profile email"], true).permissions.is_empty());
        assert!(
            Scopes::names_for(P::WritePolicies).contains(&"DeviceManagementApps.ReadWrite.All".to_owned())
        );
    }
}
