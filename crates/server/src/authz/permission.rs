//! The permissions, each as a value and as a type that an operation's signature can demand.

/// An act that an operation performs; implemented by the unit types in [`act`].
pub trait Act: Copy + Send + Sync + 'static {
    /// The same as a value.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// One thing that can be allowed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($(#[$doc])* $name,)+ }

        impl Permission {
            /// All, in the order of the published table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Stable name, e.g. `policies.write`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The permission with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|permission| permission.name() == name)
            }
        }

        /// The permissions as types.
        pub mod act {
            $($(#[$doc])* #[derive(Debug, Clone, Copy)] pub struct $name;
            impl super::Act for $name {
                const PERMISSION: super::Permission = super::Permission::$name;
            })+
        }
    };
}

permissions! {
    /// See policies, assignments and effective policies.
    ReadPolicies = "policies.read",
    /// Create, change, assign and delete policies.
    WritePolicies = "policies.write",
    /// See users, groups, members and licences.
    ReadDirectory = "directory.read",
    /// Create, change and delete users, groups and members.
    WriteDirectory = "directory.write",
    /// Give and take licences.
    AssignLicences = "licences.assign",
    /// See the app catalogue.
    ReadApps = "apps.read",
    /// Change the app catalogue.
    WriteApps = "apps.write",
    /// See registered app instances and what they report.
    ReadRegistrations = "registrations.read",
    /// See what is known of devices.
    ReadDevices = "devices.read",
    /// Say how devices are enrolled.
    WriteDevices = "devices.write",
    /// Request a selective wipe, block and unblock.
    RequestWipe = "wipe.request",
    /// See wipe orders and receipts.
    ReadWipe = "wipe.read",
    /// Ask why: explain, simulate, troubleshoot.
    Troubleshoot = "troubleshoot",
    /// Make, list and delete the references under which people send diagnostics.
    ManageTickets = "tickets.manage",
    /// See diagnostics that people sent.
    ReadDiagnostics = "diagnostics.read",
    /// See reports.
    ReadReports = "reports.read",
    /// See and verify the audit log.
    ReadAudit = "audit.read",
    /// See and erase everything stored about one person.
    ManagePersonalData = "personal-data.manage",
    /// See, make and revoke API tokens.
    ManageTokens = "tokens.manage",
    /// Give roles, set passwords of administrators.
    ManageRoles = "roles.manage",
    /// Rotate signing keys.
    ManageKeys = "keys.manage",
    /// Set passwords of end users.
    ManagePasswords = "passwords.manage",
    /// See and change the organisation's own settings.
    ManageTenant = "tenant.manage",
    /// Bring users and groups in through SCIM; carried by provisioning tokens and by no role.
    Provision = "directory.provision",
}
