//! The causes that a diagnosis can end in, each with its rows of the catalogue and the keys of its texts.

use ringfence_messages::{ReasonCode, Severity};
use ringfence_model::Platform;

/// Rows of the catalogue that are no dialogs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    A1,
    A2,
    A3,
    A4,
    A5,
    A6,
    A7,
    S1,
    S2,
}

impl Row {
    pub(crate) const ALL: [Self; 9] =
        [Self::A1, Self::A2, Self::A3, Self::A4, Self::A5, Self::A6, Self::A7, Self::S1, Self::S2];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::A1 => "A1",
            Self::A2 => "A2",
            Self::A3 => "A3",
            Self::A4 => "A4",
            Self::A5 => "A5",
            Self::A6 => "A6",
            Self::A7 => "A7",
            Self::S1 => "S1",
            Self::S2 => "S2",
        }
    }

    /// Reads `A5`, without regard to case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|row| row.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

macro_rules! causes {
    ($($name:ident $key:literal $reason:expr, $ios:expr, $android:expr;)+) => {
        /// Why it does not work; in the order in which help desk works.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($name,)+
            /// The phone or the policy says this reason; there is nothing behind it.
            Told(ReasonCode),
        }

        impl Kind {
            /// All but [`Kind::Told`].
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Key of its texts.
            pub(crate) fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)+ Self::Told(reason) => reason.as_str() }
            }

            /// The reason that phones give for it.
            pub(crate) const fn reason(self) -> Option<ReasonCode> {
                match self { $(Self::$name => $reason,)+ Self::Told(reason) => Some(reason) }
            }

            /// Rows of the catalogue, the administrator's first. A dialog of the reason itself is not among them.
            const fn rows(self, platform: Platform) -> &'static [&'static str] {
                match platform {
                    Platform::Ios => match self { $(Self::$name => &$ios,)+ Self::Told(_) => &[] },
                    Platform::Android => match self { $(Self::$name => &$android,)+ Self::Told(_) => &[] },
                }
            }
        }
    };
}

causes! {
    AccountDisabled "account-disabled" Some(ReasonCode::AccountDisabled), [], [];
    LegacySignIn "legacy-sign-in" Some(ReasonCode::LegacySignIn), ["A1"], ["A1"];
    SignInFailed "sign-in-failed" Some(ReasonCode::SignInFailed), [], ["N4"];
    NotLicensed "not-licensed" Some(ReasonCode::NotLicensed), ["A2"], ["A2"];
    Excluded "excluded" Some(ReasonCode::PolicyMissing), ["A2"], ["A2"];
    NotAssigned "not-assigned" Some(ReasonCode::PolicyMissing), ["A2"], ["A2"];
    AppNotCovered "app-not-covered" Some(ReasonCode::PolicyMissing), ["A2"], ["A2"];
    Filtered "filtered" Some(ReasonCode::PolicyMissing), ["A2"], ["A2"];
    OtherManagement "other-management" Some(ReasonCode::PolicyMissing), ["A2"], ["A2"];
    NoPolicy "no-policy" Some(ReasonCode::PolicyMissing), ["A2"], ["A2"];
    NoUserAffinity "no-user-affinity" None, ["A6"], [];
    CertificateInvalid "certificate-invalid" Some(ReasonCode::AppCertificateInvalid), [], [];
    OtherAccount "other-account" Some(ReasonCode::OtherAccountRegistered), [], [];
    RegistrationFailed "registration-failed" Some(ReasonCode::RegistrationFailed), [], [];
    Wiped "wiped" Some(ReasonCode::WipedByAdministrator), [], [];
    Removed "removed" Some(ReasonCode::WipedOnSignOut), [], [];
    NotRegistered "not-registered" Some(ReasonCode::SignInRequired), ["D1", "A4", "A2"], ["D1", "A4", "A2"];
    WipeOutstanding "wipe-outstanding" Some(ReasonCode::WipePending), ["D5"], ["D5"];
    NotFetched "not-fetched" None, ["A2", "A4"], ["A2", "A4"];
    Outdated "outdated" None, ["A5"], ["A5"];
    SystemBorder "system-border" Some(ReasonCode::AllowedSealed), ["A7"], [];
    LeftSealed "left-sealed" Some(ReasonCode::AllowedSealed), ["S1"], [];
    CompanionOnly "companion-only" None, [], ["S2"];
    RoleMissing "role-missing" None, ["A3"], ["A3"];
}

/// Whether a dialog code is a row of the catalogue.
fn is_row(code: &str) -> bool {
    !code.starts_with("RF-")
}

impl Kind {
    /// Rows of the catalogue on a platform, first the one to name.
    pub(crate) fn catalogue_ids(self, platform: Platform) -> Vec<&'static str> {
        let mut ids = self.rows(platform).to_vec();
        if let Some(code) = self.reason().map(|reason| reason.dialog_code(platform))
            && is_row(code)
            && !ids.contains(&code)
        {
            ids.push(code);
        }
        ids
    }

    /// Whether this is what somebody means who read `reason` off a phone.
    pub(crate) fn is_behind(self, reason: ReasonCode, platform: Platform) -> bool {
        use ReasonCode as R;
        let without_policy = matches!(
            self,
            Self::Excluded
                | Self::NotAssigned
                | Self::Filtered
                | Self::AppNotCovered
                | Self::OtherManagement
                | Self::NoPolicy
        );
        let code = reason.dialog_code(platform);
        self.reason() == Some(reason)
            || (is_row(code) && self.catalogue_ids(platform).contains(&code))
            || (without_policy && matches!(reason, R::BrowserUnmanaged | R::RegistrationFailed))
    }

    /// Prefix of the texts of the cure.
    pub(crate) fn cure_key(self) -> String {
        match self {
            Self::Told(reason) => format!("doctor-cure-{}", cure_of(reason)),
            kind => format!("doctor-cause-{}", kind.key()),
        }
    }
}

/// The cure that belongs to a reason: one of its own, or that of its family.
fn cure_of(reason: ReasonCode) -> &'static str {
    use ReasonCode as R;
    match reason {
        R::SendManagedAppsOnly => "send-managed-apps-only",
        R::ReceiveManagedAppsOnly => "receive-managed-apps-only",
        R::SendNoManagedApp => "send-no-managed-app",
        R::DeviceCompromisedWarn | R::DeviceCompromisedBlock | R::DeviceCompromisedWipe => {
            "device-compromised"
        }
        R::ConnectionRequired | R::BundleExpired | R::OfflineWipe => "connection-required",
        R::ConnectionProblem | R::ServerBusy => "connection-problem",
        R::PinUnreadable => "pin-unreadable",
        R::SignInRequired | R::CredentialsRequired | R::SessionUnknown => "sign-in-required",
        R::RestartRequired => "restart-required",
        R::CompanionRequired | R::WipedCompanionRemoved => "companion-required",
        R::PolicyMissing => "policy-missing",
        R::BrowserUnmanaged => "browser-unmanaged",
        R::RegistrationFailed | R::InstanceRefused => "registration-failed",
        R::NotLicensed => "not-licensed",
        R::OtherAccountRegistered => "other-account",
        R::SignInFailed => "sign-in-failed",
        R::AppCertificateInvalid => "app-certificate",
        R::StartFailed => "start-failed",
        R::UnknownError => "unknown-error",
        R::AccountDisabled | R::AccountDisabledWarn | R::AccountDisabledBlock | R::AccountDisabledWipe => {
            "account-disabled"
        }
        R::LegacySignIn => "legacy-sign-in",
        R::WipedByAdministrator | R::WipePending => "wiped",
        other => family(other),
    }
}

/// By the hundreds of its number: sending and storage, conditions, access, trust in the server, wipes.
fn family(reason: ReasonCode) -> &'static str {
    let code = reason.dialog_code(Platform::Ios);
    match code.strip_prefix("RF-").and_then(|number| number.bytes().next()) {
        Some(b'0') => "allowed",
        Some(b'1') => "transfer",
        Some(b'2') => "condition",
        Some(b'3') => "access",
        Some(b'5') => "trust",
        Some(b'6') => "wiped",
        _ if reason.severity() == Severity::Information => "allowed",
        _ => "unknown-error",
    }
}
