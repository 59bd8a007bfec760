//! The table: how every setting is merged, and why.

use std::sync::LazyLock;

use ringfence_model::{
    Millis, Version,
    settings::{Setting, Settings, Value, members},
};

use super::{
    gate::{Gate, GateTest},
    join::NO_AGREEMENT,
};

/// How values of a setting are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// True wins.
    RestrictiveTrue,
    /// False wins.
    RestrictiveFalse,
    /// The member further to the right wins; not set comes before the first.
    Ranked(&'static [&'static str]),
    /// Like [`Join::Ranked`], but two members that stand apart (neither is stricter) give `top`.
    RankedUnless {
        /// Loosest to strictest.
        order: &'static [&'static str],
        /// Members of which neither is stricter.
        apart: &'static [&'static str],
        /// What restricts as much as both.
        top: &'static str,
    },
    /// The smaller number or span.
    Min,
    /// The smaller number or span; zero means without limit and loses.
    MinNonZero,
    /// The greater number.
    Max,
    /// The later version.
    LatestVersion,
    /// The earlier version.
    EarliestVersion,
    /// The later date.
    LatestDate,
    /// Flags of both.
    Union,
    /// What both lists permit; an empty list permits nothing.
    Intersect,
    /// What both lists allow; nothing in common is written as [`super::NO_AGREEMENT`], because an empty list is none.
    IntersectAllowed,
    /// Pairs whose names stand in both.
    IntersectNames,
    /// Pairs whose `;`-separated values stand in both.
    IntersectValues,
    /// Both must name the same; otherwise [`super::NO_AGREEMENT`].
    Same,
    /// Both must name the same; otherwise nothing is named, which is the strictest.
    SameOrNothing,
    /// A label without strictness: the last in byte order.
    Label,
}

/// What a part that leaves the setting out counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// The documented default; without one, no constraint.
    Default,
    /// Zero, the strictest.
    Zero,
    /// [`super::NO_AGREEMENT`], the strictest, wherever the setting means something.
    Nobody,
}

/// How one setting is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeRule {
    /// The setting.
    pub setting: Setting,
    /// Its join.
    pub join: Join,
    /// When it means something; empty = always.
    pub gates: &'static [Gate],
    /// What absence counts as.
    pub absent: Absent,
    /// Why.
    pub reason: &'static str,
}

const TRANSFER: &[&str] = members::DATA_TRANSFER_LEVEL;
/// Where a phone cannot tell, *block when supported* does nothing and *warn* warns: neither is stricter.
const ACTIONS: Join = Join::RankedUnless {
    order: &["warn", "blockWhenSettingIsSupported", "block", "wipe"],
    apart: &["warn", "blockWhenSettingIsSupported"],
    top: "block",
};
const THREAT: &[&str] = &["notConfigured", "high", "medium", "low", "secured"];
const PARTNERS: &[&str] = &["thirdPartyPartnerOverDefender", "defenderOverThirdPartyPartner"];
const STATES: &[&str] = &["notBlocked", "blocked"];

const fn gate(setting: Setting, test: GateTest) -> Gate {
    Gate { setting, test }
}

const fn only(member: &'static str, looser: &'static [&'static str]) -> GateTest {
    GateTest::Exactly { member, looser }
}

const FREE: &[Gate] = &[];
const PIN: &[Gate] = &[gate(Setting::PinRequired, GateTest::On)];
const COMPLIANCE: &[Gate] = &[gate(Setting::DeviceComplianceRequired, GateTest::On)];
const LOCK: &[Gate] = &[gate(Setting::DeviceLockRequired, GateTest::On)];
const SAVE: &[Gate] = &[gate(Setting::SaveAsBlocked, GateTest::On)];
const INGESTION: &[Gate] = &[gate(Setting::BlockDataIngestionIntoOrganizationDocuments, GateTest::On)];
const KEYBOARDS: &[Gate] = &[gate(Setting::KeyboardsRestricted, GateTest::On)];
const ENCRYPTION: &[Gate] = &[gate(Setting::EncryptAppData, GateTest::On)];
const CLIPBOARD: &[Gate] =
    &[gate(Setting::AllowedOutboundClipboardSharingLevel, GateTest::StricterThan("allApps"))];
const THREATS: &[Gate] =
    &[gate(Setting::MaximumAllowedDeviceThreatLevel, GateTest::StricterThan("notConfigured"))];
const ATTESTATION: &[Gate] =
    &[gate(Setting::RequiredAndroidSafetyNetDeviceAttestationType, GateTest::StricterThan("none"))];
const APP_SCAN: &[Gate] =
    &[gate(Setting::RequiredAndroidSafetyNetAppsVerificationType, GateTest::StricterThan("none"))];
const CLOCKED_OUT: &[Gate] = &[gate(Setting::AppActionIfAccountIsClockedOut, GateTest::Set)];
const IOS_MODELS: &[Gate] = &[gate(Setting::AllowedIosDeviceModels, GateTest::Set)];
const ANDROID_MODELS: &[Gate] = &[gate(Setting::AllowedAndroidDeviceModels, GateTest::Set)];
const MANUFACTURERS: &[Gate] = &[gate(Setting::AllowedAndroidDeviceManufacturers, GateTest::Set)];
const OUTBOUND: &[Gate] =
    &[gate(Setting::AllowedOutboundDataTransferDestinations, only("managedApps", &["allApps"]))];
const RESTRICTED: &[Gate] =
    &[gate(Setting::AllowedOutboundDataTransferDestinations, GateTest::StricterThan("allApps"))];
const INBOUND: &[Gate] = &[gate(Setting::AllowedInboundDataTransferSources, only("allApps", &[]))];
const DIALER: &[Gate] = &[gate(Setting::DialerRestrictionLevel, only("customApp", &["allApps"]))];
const MESSAGING: &[Gate] =
    &[gate(Setting::ProtectedMessagingRedirectAppType, only("specificApps", &["anyApp"]))];
const BROWSER: &[Gate] = &[
    gate(Setting::ManagedBrowserToOpenLinksRequired, GateTest::On),
    gate(Setting::ManagedBrowser, GateTest::Empty),
];

const fn rule(join: Join, gates: &'static [Gate], reason: &'static str) -> MergeRule {
    MergeRule { setting: Setting::PinRequired, join, gates, absent: Absent::Default, reason }
}

/// Every rule, in the order of the settings table.
pub fn rules() -> &'static [MergeRule] {
    static RULES: LazyLock<Vec<MergeRule>> =
        LazyLock::new(|| Setting::ALL.iter().map(|setting| rule_of(*setting)).collect());
    &RULES
}

/// How a setting is merged.
pub fn rule_of(setting: Setting) -> MergeRule {
    MergeRule { setting, ..find_rule(setting) }
}

#[expect(clippy::too_many_lines, reason = "one table, one line per setting or family")]
const fn find_rule(setting: Setting) -> MergeRule {
    use Setting as S;
    match setting {
        S::PeriodOfflineBeforeAccessCheck | S::PeriodOfflineBeforeWipeIsEnforced => {
            rule(Join::MinNonZero, FREE, "the shorter time offline; zero means without limit")
        }
        S::PeriodOnlineBeforeAccessCheck => {
            rule(Join::Min, FREE, "the more frequent check; zero means every time")
        }
        S::AllowedInboundDataTransferSources => {
            rule(Join::Ranked(TRANSFER), FREE, "fewer apps may send data in")
        }
        S::AllowedOutboundDataTransferDestinations => {
            rule(Join::Ranked(TRANSFER), FREE, "fewer apps may receive data")
        }
        S::OrganizationalCredentialsRequired
        | S::DeviceComplianceRequired
        | S::ManagedBrowserToOpenLinksRequired
        | S::PinRequired
        | S::EncryptAppData
        | S::KeyboardsRestricted
        | S::DeviceLockRequired
        | S::ConnectToVpnOnLaunch => rule(Join::RestrictiveTrue, FREE, "required if any policy requires it"),
        S::AllowedOutboundClipboardSharingLevel => {
            rule(Join::Ranked(members::CLIPBOARD_SHARING_LEVEL), FREE, "fewer apps share the clipboard")
        }
        S::DataBackupBlocked
        | S::SaveAsBlocked
        | S::ContactSyncBlocked
        | S::PrintBlocked
        | S::BlockDataIngestionIntoOrganizationDocuments
        | S::ScreenCaptureBlocked
        | S::ThirdPartyKeyboardsBlocked => {
            rule(Join::RestrictiveTrue, FREE, "blocked if any policy blocks it")
        }
        S::MaximumPinRetries => rule(
            Join::Min,
            PIN,
            "fewer attempts (the reference falls back to its recommended number when policies disagree; that could be looser than one of them)",
        ),
        S::SimplePinBlocked
        | S::FingerprintBlocked
        | S::BiometricAuthenticationBlocked
        | S::FaceIdBlocked => rule(Join::RestrictiveTrue, PIN, "blocked if any policy with a PIN blocks it"),
        S::MinimumPinLength => rule(Join::Max, PIN, "the longer PIN"),
        S::PinCharacterSet => rule(Join::Ranked(members::PIN_CHARACTER_SET), PIN, "the richer character set"),
        S::PeriodBeforePinReset => {
            rule(Join::MinNonZero, PIN, "the shorter life of a PIN; zero means for ever")
        }
        S::AllowedDataStorageLocations => rule(
            Join::Intersect,
            SAVE,
            "a place stays open only if every policy that blocks saving leaves it open",
        ),
        S::DisableAppPinIfDevicePinIsSet => rule(
            Join::RestrictiveFalse,
            PIN,
            "the app PIN is skipped only if every policy with a PIN lets it",
        ),
        S::MaximumRequiredOsVersion | S::MaximumWarningOsVersion | S::MaximumWipeOsVersion => {
            rule(Join::EarliestVersion, FREE, "the earlier last version")
        }
        S::MinimumRequiredOsVersion
        | S::MinimumWarningOsVersion
        | S::MinimumRequiredAppVersion
        | S::MinimumWarningAppVersion
        | S::MinimumWipeOsVersion
        | S::MinimumWipeAppVersion
        | S::MinimumRequiredCompanyPortalVersion
        | S::MinimumWarningCompanyPortalVersion
        | S::MinimumWipeCompanyPortalVersion
        | S::MinimumRequiredSdkVersion
        | S::MinimumWipeSdkVersion
        | S::MinimumWarningSdkVersion => rule(Join::LatestVersion, FREE, "the later first version"),
        S::AppActionIfDeviceComplianceRequired => {
            rule(ACTIONS, COMPLIANCE, "the stronger action; policies without the check have no say")
        }
        S::AppActionIfMaximumPinRetriesExceeded => rule(ACTIONS, PIN, "the stronger action"),
        S::PinRequiredInsteadOfBiometricTimeout => {
            rule(Join::MinNonZero, PIN, "the PIN comes back sooner; not set means never")
        }
        S::AllowedOutboundClipboardSharingExceptionLength => rule(
            Join::Min,
            CLIPBOARD,
            "fewer characters may cross; policies that leave the clipboard open have no say",
        ),
        S::NotificationRestriction => {
            rule(Join::Ranked(members::NOTIFICATION_RESTRICTION), FREE, "less is shown")
        }
        S::PreviousPinBlockCount => rule(Join::Max, PIN, "more old PINs are refused"),
        S::ManagedBrowser => rule(
            Join::Union,
            FREE,
            "the managed browser if any policy names it; it wins over an unmanaged one",
        ),
        S::MaximumAllowedDeviceThreatLevel => rule(Join::Ranked(THREAT), FREE, "less risk is tolerated"),
        S::MobileThreatDefenseRemediationAction => {
            rule(ACTIONS, THREATS, "the stronger action; policies without the check have no say")
        }
        S::MobileThreatDefensePartnerPriority => rule(
            Join::Ranked(PARTNERS),
            THREATS,
            "names a source and restricts nothing; the documented default wins",
        ),
        S::AllowedDataIngestionLocations => rule(
            Join::Intersect,
            INGESTION,
            "a source stays open only if every policy that blocks sources leaves it open",
        ),
        S::AppActionIfUnableToAuthenticateUser
        | S::AppActionIfAccountIsClockedOut
        | S::AppActionIfSamsungKnoxAttestationRequired
        | S::AppActionIfDevicePasscodeComplexityLessThanLow
        | S::AppActionIfDevicePasscodeComplexityLessThanMedium
        | S::AppActionIfDevicePasscodeComplexityLessThanHigh => {
            rule(ACTIONS, FREE, "the stronger action; none is weakest")
        }
        S::DialerRestrictionLevel => rule(
            Join::RankedUnless {
                order: members::PHONE_NUMBER_REDIRECT_LEVEL,
                apart: &["managedApps", "customApp"],
                top: "blocked",
            },
            FREE,
            "a chosen dialler need not be a managed app: where one policy wants the one and one the other, no dialler satisfies both",
        ),
        S::GracePeriodToBlockAppsDuringOffClockHours => MergeRule {
            absent: Absent::Zero,
            ..rule(Join::Min, CLOCKED_OUT, "the shorter delay; not set means no delay")
        },
        S::ProtectedMessagingRedirectAppType => rule(
            Join::RankedUnless {
                order: members::MESSAGING_REDIRECT_APP_TYPE,
                apart: &["anyManagedApp", "specificApps"],
                top: "blocked",
            },
            FREE,
            "a chosen app need not be a managed one: where one policy wants the one and one the other, no app satisfies both",
        ),
        S::PurviewContentEvaluationRequired => {
            rule(Join::Ranked(members::PURVIEW_EVALUATION_REQUIREMENT), FREE, "the wider evaluation")
        }
        S::DisableAppEncryptionIfDeviceEncryptionIsEnabled => {
            rule(Join::RestrictiveFalse, ENCRYPTION, "skipped only if every policy that encrypts lets it")
        }
        S::MinimumRequiredPatchVersion | S::MinimumWarningPatchVersion | S::MinimumWipePatchVersion => {
            rule(Join::LatestDate, FREE, "the later first patch date")
        }
        S::AllowedAndroidDeviceManufacturers | S::AllowedAndroidDeviceModels | S::AllowedIosDeviceModels => {
            rule(
                Join::IntersectAllowed,
                FREE,
                "allowed only if every policy with a list allows it; nothing in common is written `!none`",
            )
        }
        S::AppActionIfAndroidDeviceManufacturerNotAllowed => {
            rule(ACTIONS, MANUFACTURERS, "the stronger action; policies without a list have no say")
        }
        S::RequiredAndroidSafetyNetDeviceAttestationType => {
            rule(Join::Ranked(members::SAFETY_NET_DEVICE_ATTESTATION_TYPE), FREE, "the higher verdict")
        }
        S::AppActionIfAndroidSafetyNetDeviceAttestationFailed => {
            rule(ACTIONS, ATTESTATION, "the stronger action; policies without the check have no say")
        }
        S::RequiredAndroidSafetyNetAppsVerificationType => rule(
            Join::Ranked(members::SAFETY_NET_APPS_VERIFICATION_TYPE),
            FREE,
            "the scan is required if any policy requires it",
        ),
        S::AppActionIfAndroidSafetyNetAppsVerificationFailed => {
            rule(ACTIONS, APP_SCAN, "the stronger action; policies without the check have no say")
        }
        S::CustomBrowserPackageId | S::CustomBrowserProtocol => rule(
            Join::SameOrNothing,
            BROWSER,
            "an unmanaged browser needs the word of every policy that asks for a browser; otherwise the managed one remains",
        ),
        S::CustomBrowserDisplayName => rule(Join::Label, BROWSER, "a label: the last in byte order"),
        S::AppActionIfAndroidDeviceModelNotAllowed => {
            rule(ACTIONS, ANDROID_MODELS, "the stronger action; policies without a list have no say")
        }
        S::CustomDialerAppPackageId | S::CustomDialerAppProtocol => MergeRule {
            absent: Absent::Nobody,
            ..rule(
                Join::Same,
                DIALER,
                "two different diallers satisfy nobody: `!none`; neither does none at all",
            )
        },
        S::CustomDialerAppDisplayName => rule(Join::Label, DIALER, "a label: the last in byte order"),
        S::RequiredAndroidSafetyNetEvaluationType => rule(
            Join::Ranked(members::SAFETY_NET_EVALUATION_TYPE),
            ATTESTATION,
            "the stronger evaluation; policies without the check have no say",
        ),
        S::BlockAfterCompanyPortalUpdateDeferralInDays
        | S::WarnAfterCompanyPortalUpdateDeferralInDays
        | S::WipeAfterCompanyPortalUpdateDeferralInDays => {
            rule(Join::MinNonZero, FREE, "fewer days; zero means without limit")
        }
        S::AppActionIfDeviceLockNotSet => {
            rule(ACTIONS, LOCK, "the stronger action; policies without the check have no say")
        }
        S::RequireClass3Biometrics | S::RequirePinAfterBiometricChange => {
            rule(Join::RestrictiveTrue, PIN, "required if any policy with a PIN requires it")
        }
        S::FingerprintAndBiometricEnabled => {
            rule(Join::RestrictiveFalse, PIN, "off if any policy with a PIN turns it off; not set has no say")
        }
        S::MessagingRedirectAppPackageId | S::MessagingRedirectAppUrlScheme => MergeRule {
            absent: Absent::Nobody,
            ..rule(
                Join::Same,
                MESSAGING,
                "two different apps satisfy nobody: `!none`; neither does none at all",
            )
        },
        S::MessagingRedirectAppDisplayName => rule(Join::Label, MESSAGING, "a label: the last in byte order"),
        S::ExemptedAppPackages | S::ExemptedAppProtocols => rule(
            Join::IntersectValues,
            OUTBOUND,
            "exempt only if every policy that restricts destinations exempts it",
        ),
        S::ApprovedKeyboards => rule(
            Join::IntersectNames,
            KEYBOARDS,
            "approved only if every policy that restricts keyboards approves it",
        ),
        S::GenmojiConfigurationState
        | S::ScreenCaptureConfigurationState
        | S::WritingToolsConfigurationState => {
            rule(Join::Ranked(STATES), FREE, "blocked if any policy blocks it; not set is weakest")
        }
        S::AppDataEncryptionType => {
            rule(Join::Ranked(members::DATA_ENCRYPTION_TYPE), FREE, "data is readable for less of the time")
        }
        S::AllowWidgetContentSync => {
            rule(Join::RestrictiveFalse, FREE, "allowed only if every policy allows it")
        }
        S::AppActionIfIosDeviceModelNotAllowed => {
            rule(ACTIONS, IOS_MODELS, "the stronger action; policies without a list have no say")
        }
        S::FilterOpenInToOnlyManagedApps => rule(
            Join::RestrictiveTrue,
            RESTRICTED,
            "filtered if any policy that restricts destinations filters",
        ),
        S::DisableProtectionOfManagedOutboundOpenInData => rule(
            Join::RestrictiveFalse,
            RESTRICTED,
            "unprotected only if every policy that restricts destinations says so",
        ),
        S::ProtectInboundDataFromUnknownSources => {
            rule(Join::RestrictiveTrue, INBOUND, "protected if any policy protects")
        }
        S::ManagedUniversalLinks => rule(
            Join::Intersect,
            FREE,
            "routed to the managed app only if every policy says so; otherwise to the protected browser",
        ),
        S::ExemptedUniversalLinks => rule(Join::Intersect, FREE, "exempt only if every policy exempts it"),
    }
}

impl MergeRule {
    /// What a part counts as: its value, or what absence counts as; `None` is no constraint.
    pub(super) fn given(&self, settings: &Settings) -> Option<Value> {
        self.given_value(settings.get(&self.setting))
    }

    /// The same for a single value.
    pub(super) fn given_value(&self, value: Option<&Value>) -> Option<Value> {
        let value = match (value, self.absent) {
            (Some(value), _) => value.clone(),
            (None, Absent::Default) => self.setting.default_value()?,
            (None, Absent::Zero) => Value::Span(Millis(0)),
            (None, Absent::Nobody) => Value::Text(NO_AGREEMENT.to_owned()),
        };
        let is_set = match &value {
            Value::Version(version) => *version != Version::default(),
            Value::Texts(texts) => !texts.is_empty() || self.join != Join::IntersectAllowed,
            Value::Text(text) => !text.is_empty(),
            _ => true,
        };
        is_set.then_some(value)
    }

    /// A label restricts nothing.
    pub(super) fn is_label(&self) -> bool {
        self.join == Join::Label || self.setting == Setting::MobileThreatDefensePartnerPriority
    }
}
