//! What the actions of Graph stand for here. Our own names of permissions are actions too.

use crate::authz::{Permission, Permissions};

const PREFIX: &str = "microsoft.intune_";

/// The permissions of an action; none when it stands for nothing that this server does.
pub(super) fn permissions(action: &str) -> &'static [Permission] {
    use Permission as P;
    let lower = action.trim().to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix(PREFIX) else {
        let found = Permission::ALL.iter().position(|permission| permission.name() == lower);
        return found.and_then(|at| Permission::ALL.get(at..=at)).unwrap_or_default();
    };
    let (resource, verb) = rest.split_once(['_', '/']).unwrap_or((rest, ""));
    match (resource, verb) {
        ("managedapps", "read") => &[P::ReadPolicies, P::ReadRegistrations, P::ReadWipe],
        ("managedapps", "create" | "update" | "delete" | "assign") => &[P::WritePolicies],
        ("managedapps", "wipe") => &[P::RequestWipe],
        ("mobileapps", "read") => &[P::ReadApps],
        ("mobileapps", "create" | "update" | "delete" | "assign" | "relate") => &[P::WriteApps],
        ("manageddevices", "read") => &[P::ReadDevices],
        ("manageddevices", "update" | "delete") => &[P::WriteDevices],
        ("organization", "read") => &[P::ReadDirectory],
        ("organization", "update") => &[P::ManageTenant],
        ("auditdata" | "audit", "read") => &[P::ReadAudit],
        ("roles", "create" | "update" | "delete" | "assign") => &[P::ManageRoles],
        ("reports", "read" | "export") => &[P::ReadReports],
        ("supportassistance" | "troubleshooting", _) => &[P::Troubleshoot],
        _ => &[],
    }
}

/// The permissions of several actions, without those of others.
pub(super) fn gather(allowed: &[String], refused: &[String]) -> Permissions {
    let of = |actions: &[String]| -> Permissions {
        actions.iter().flat_map(|action| permissions(action).iter().copied()).collect()
    };
    let (allowed, refused) = (of(allowed), of(refused));
    Permission::ALL.iter().copied().filter(|one| allowed.contains(*one) && !refused.contains(*one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_stand_for_permissions() {
        let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let role = gather(
            &all(&[
                "Microsoft.Intune_ManagedApps_Read",
                "Microsoft.Intune/MobileApps/Read",
                "audit.read",
                "Nothing_X",
            ]),
            &all(&["wipe.read"]),
        );
        assert_eq!(role.print(), "policies.read registrations.read audit.read");
        let slashes = gather(&all(&["Microsoft.Intune_MobileApps_Read"]), &[]);
        assert_eq!(slashes.print(), "apps.read");
    }
}
