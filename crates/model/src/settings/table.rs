//! The table of settings: one line per property of the iOS and Android protection policies.
//!
//! Columns: variant, Graph name, platform, first version that declares it, whether `null` is a value, kind, default.
//! The default is what an absent property means (the schema's zero value, or the documented default). Three differ from
//! zero because zero would be senseless: `maximumPinRetries` (5), `minimumPinLength` (4) and
//! `periodOnlineBeforeAccessCheck` (30 minutes).

use super::{Fallback, Kind, Since, Spec, members};
use crate::Platform;

const BOTH: &[Platform] = &[Platform::Ios, Platform::Android];
const IOS: &[Platform] = &[Platform::Ios];
const ANDROID: &[Platform] = &[Platform::Android];

macro_rules! settings {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $platforms:ident, $since:ident, $null:literal, $kind:expr, $fallback:expr;)+) => {
        /// A setting of an app protection policy; iterate with [`Setting::ALL`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Setting {
            $($(#[$doc])* $variant,)+
        }

        impl Setting {
            /// Every setting, in table order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// What is known about the setting.
            pub const fn spec(self) -> &'static Spec {
                match self {
                    $(Self::$variant => &Spec {
                        name: $name,
                        platforms: $platforms,
                        since: Since::$since,
                        nullable: $null,
                        kind: $kind,
                        fallback: $fallback,
                    },)+
                }
            }

            /// The setting with this Graph name (exact case).
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

settings! {
    /// Offline time after which access is blocked until the app checks in.
    PeriodOfflineBeforeAccessCheck = "periodOfflineBeforeAccessCheck", BOTH, V1, false, Kind::Span, Fallback::Minutes(0);
    /// While online, how often access requirements are re-checked (inactivity timeout).
    PeriodOnlineBeforeAccessCheck = "periodOnlineBeforeAccessCheck", BOTH, V1, false, Kind::Span, Fallback::Minutes(30);
    /// Which apps may send data into a protected app.
    AllowedInboundDataTransferSources = "allowedInboundDataTransferSources", BOTH, V1, false, Kind::Choice(members::DATA_TRANSFER_LEVEL), Fallback::Choice("allApps");
    /// Which apps may receive data from a protected app.
    AllowedOutboundDataTransferDestinations = "allowedOutboundDataTransferDestinations", BOTH, V1, false, Kind::Choice(members::DATA_TRANSFER_LEVEL), Fallback::Choice("allApps");
    /// Requires work-account sign-in to open the app, in addition to the PIN.
    OrganizationalCredentialsRequired = "organizationalCredentialsRequired", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Which apps may exchange clipboard content with a protected app.
    AllowedOutboundClipboardSharingLevel = "allowedOutboundClipboardSharingLevel", BOTH, V1, false, Kind::Choice(members::CLIPBOARD_SHARING_LEVEL), Fallback::Choice("allApps");
    /// Keeps org data out of iTunes/iCloud or Android backup.
    DataBackupBlocked = "dataBackupBlocked", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Enables the rooted/jailbroken device check.
    DeviceComplianceRequired = "deviceComplianceRequired", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Forces web links into the managed or custom browser.
    ManagedBrowserToOpenLinksRequired = "managedBrowserToOpenLinksRequired", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Blocks saving copies of org data.
    SaveAsBlocked = "saveAsBlocked", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Offline time after which org data is wiped.
    PeriodOfflineBeforeWipeIsEnforced = "periodOfflineBeforeWipeIsEnforced", BOTH, V1, false, Kind::Span, Fallback::Minutes(0);
    /// Requires an app-level PIN.
    PinRequired = "pinRequired", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Wrong-PIN attempts before the configured action (valid 1-65535).
    MaximumPinRetries = "maximumPinRetries", BOTH, V1, false, Kind::Int { min: 1, max: 65_535 }, Fallback::Int(5);
    /// Rejects trivial PINs such as 1234 or 1111.
    SimplePinBlocked = "simplePinBlocked", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Least number of PIN characters.
    MinimumPinLength = "minimumPinLength", BOTH, V1, false, Kind::Int { min: 4, max: 16 }, Fallback::Int(4);
    /// Numeric PIN or passcode with letters and symbols.
    PinCharacterSet = "pinCharacterSet", BOTH, V1, false, Kind::Choice(members::PIN_CHARACTER_SET), Fallback::Choice("numeric");
    /// Age after which the PIN must be changed; PT0S = never.
    PeriodBeforePinReset = "periodBeforePinReset", BOTH, V1, false, Kind::Span, Fallback::Minutes(0);
    /// When Save-As is blocked, the storage services that stay allowed.
    AllowedDataStorageLocations = "allowedDataStorageLocations", BOTH, V1, false, Kind::Choices(members::DATA_STORAGE_LOCATION), Fallback::Empty;
    /// Stops the app saving contacts to the native address book.
    ContactSyncBlocked = "contactSyncBlocked", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Blocks printing of org data.
    PrintBlocked = "printBlocked", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Forbids fingerprint (Touch ID / fingerprint) in place of the app PIN.
    FingerprintBlocked = "fingerprintBlocked", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Skips the app PIN when an enrolled device already has a device PIN.
    DisableAppPinIfDevicePinIsSet = "disableAppPinIfDevicePinIsSet", BOTH, V1, false, Kind::Bool, Fallback::Bool(false);
    /// OS newer than this blocks access.
    MaximumRequiredOsVersion = "maximumRequiredOsVersion", BOTH, Beta, true, Kind::Version, Fallback::Nothing;
    /// OS newer than this shows a warning.
    MaximumWarningOsVersion = "maximumWarningOsVersion", BOTH, Beta, true, Kind::Version, Fallback::Nothing;
    /// OS newer than this wipes org data.
    MaximumWipeOsVersion = "maximumWipeOsVersion", BOTH, Beta, true, Kind::Version, Fallback::Nothing;
    /// OS older than this blocks access.
    MinimumRequiredOsVersion = "minimumRequiredOsVersion", BOTH, V1, true, Kind::Version, Fallback::Nothing;
    /// OS older than this shows a warning.
    MinimumWarningOsVersion = "minimumWarningOsVersion", BOTH, V1, true, Kind::Version, Fallback::Nothing;
    /// App older than this blocks access.
    MinimumRequiredAppVersion = "minimumRequiredAppVersion", BOTH, V1, true, Kind::Version, Fallback::Nothing;
    /// App older than this shows a warning.
    MinimumWarningAppVersion = "minimumWarningAppVersion", BOTH, V1, true, Kind::Version, Fallback::Nothing;
    /// OS at or below this version has org data wiped.
    MinimumWipeOsVersion = "minimumWipeOsVersion", BOTH, Beta, true, Kind::Version, Fallback::Nothing;
    /// App at or below this version has its org data wiped.
    MinimumWipeAppVersion = "minimumWipeAppVersion", BOTH, Beta, true, Kind::Version, Fallback::Nothing;
    /// Action on a rooted/jailbroken device when deviceComplianceRequired is on.
    AppActionIfDeviceComplianceRequired = "appActionIfDeviceComplianceRequired", BOTH, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Action once maximumPinRetries is exceeded (PIN reset = block, or selective wipe).
    AppActionIfMaximumPinRetriesExceeded = "appActionIfMaximumPinRetriesExceeded", BOTH, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Inactivity after which PIN replaces biometrics; null = never override.
    PinRequiredInsteadOfBiometricTimeout = "pinRequiredInsteadOfBiometricTimeout", BOTH, Beta, true, Kind::Span, Fallback::Nothing;
    /// Number of characters that may be cut/copied to any app despite the clipboard restriction.
    AllowedOutboundClipboardSharingExceptionLength = "allowedOutboundClipboardSharingExceptionLength", BOTH, Beta, false, Kind::Int { min: 0, max: 65_535 }, Fallback::Int(0);
    /// How much org data may appear in notifications.
    NotificationRestriction = "notificationRestriction", BOTH, Beta, false, Kind::Choice(members::NOTIFICATION_RESTRICTION), Fallback::Choice("allow");
    /// Number of earlier PINs that may not be reused (valid 0-24).
    PreviousPinBlockCount = "previousPinBlockCount", BOTH, Beta, false, Kind::Int { min: 0, max: 24 }, Fallback::Int(0);
    /// Which managed browser must open web links (flags enum, comma-separated string).
    ManagedBrowser = "managedBrowser", BOTH, V1, false, Kind::Flags(members::MANAGED_BROWSER_TYPE), Fallback::Empty;
    /// Highest device risk, as reported by an MTD connector, that still allows access.
    MaximumAllowedDeviceThreatLevel = "maximumAllowedDeviceThreatLevel", BOTH, Beta, false, Kind::Choice(members::DEVICE_THREAT_LEVEL), Fallback::Choice("notConfigured");
    /// Action when the threat level is above the allowed maximum.
    MobileThreatDefenseRemediationAction = "mobileThreatDefenseRemediationAction", BOTH, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Which MTD source wins when Defender and a third party are both connected; null = Defender.
    MobileThreatDefensePartnerPriority = "mobileThreatDefensePartnerPriority", BOTH, Beta, true, Kind::Choice(members::MOBILE_THREAT_DEFENSE_PARTNER_PRIORITY), Fallback::Nothing;
    /// Stops users opening/importing data into org documents from other places.
    BlockDataIngestionIntoOrganizationDocuments = "blockDataIngestionIntoOrganizationDocuments", BOTH, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// When bringing data into org documents is blocked, the sources that stay allowed.
    AllowedDataIngestionLocations = "allowedDataIngestionLocations", BOTH, Beta, false, Kind::Choices(members::DATA_INGESTION_LOCATION), Fallback::Empty;
    /// Action when the account can no longer get a token (user disabled or deleted); null = none.
    AppActionIfUnableToAuthenticateUser = "appActionIfUnableToAuthenticateUser", BOTH, Beta, true, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Nothing;
    /// Which dialer apps may open a tapped phone number.
    DialerRestrictionLevel = "dialerRestrictionLevel", BOTH, Beta, false, Kind::Choice(members::PHONE_NUMBER_REDIRECT_LEVEL), Fallback::Choice("allApps");
    /// Delay before access is blocked outside working time.
    GracePeriodToBlockAppsDuringOffClockHours = "gracePeriodToBlockAppsDuringOffClockHours", BOTH, Beta, true, Kind::Span, Fallback::Nothing;
    /// Which messaging apps may open sms/im links.
    ProtectedMessagingRedirectAppType = "protectedMessagingRedirectAppType", BOTH, Beta, false, Kind::Choice(members::MESSAGING_REDIRECT_APP_TYPE), Fallback::Choice("anyApp");
    /// Action when the user is outside working hours; null = off.
    AppActionIfAccountIsClockedOut = "appActionIfAccountIsClockedOut", BOTH, Beta, true, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Nothing;
    /// Whether Purview DLP content evaluation must run before sharing.
    PurviewContentEvaluationRequired = "purviewContentEvaluationRequired", BOTH, Beta, false, Kind::Choice(members::PURVIEW_EVALUATION_REQUIREMENT), Fallback::Choice("notRequired");
    /// Blocks screenshots, recording and assistants.
    ScreenCaptureBlocked = "screenCaptureBlocked", ANDROID, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Skips app-layer encryption when the device itself is encrypted.
    DisableAppEncryptionIfDeviceEncryptionIsEnabled = "disableAppEncryptionIfDeviceEncryptionIsEnabled", ANDROID, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Encrypts org data stored by the app.
    EncryptAppData = "encryptAppData", ANDROID, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Android security patch date (YYYY-MM-DD) below which access is blocked.
    MinimumRequiredPatchVersion = "minimumRequiredPatchVersion", ANDROID, V1, true, Kind::Date, Fallback::Nothing;
    /// Patch date below which a warning shows.
    MinimumWarningPatchVersion = "minimumWarningPatchVersion", ANDROID, V1, true, Kind::Date, Fallback::Nothing;
    /// Patch date at or below which org data is wiped.
    MinimumWipePatchVersion = "minimumWipePatchVersion", ANDROID, Beta, true, Kind::Date, Fallback::Nothing;
    /// Semicolon-separated list of allowed manufacturers, one string.
    AllowedAndroidDeviceManufacturers = "allowedAndroidDeviceManufacturers", ANDROID, Beta, true, Kind::JoinedTexts, Fallback::Nothing;
    /// Action when the manufacturer is not on the allow list.
    AppActionIfAndroidDeviceManufacturerNotAllowed = "appActionIfAndroidDeviceManufacturerNotAllowed", ANDROID, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Action when Samsung Knox attestation fails; null = off.
    AppActionIfSamsungKnoxAttestationRequired = "appActionIfSamsungKnoxAttestationRequired", ANDROID, Beta, true, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Nothing;
    /// Which Play Integrity / SafetyNet verdict is demanded.
    RequiredAndroidSafetyNetDeviceAttestationType = "requiredAndroidSafetyNetDeviceAttestationType", ANDROID, Beta, false, Kind::Choice(members::SAFETY_NET_DEVICE_ATTESTATION_TYPE), Fallback::Choice("none");
    /// Action when the Play Integrity / SafetyNet verdict fails.
    AppActionIfAndroidSafetyNetDeviceAttestationFailed = "appActionIfAndroidSafetyNetDeviceAttestationFailed", ANDROID, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Whether the verify-apps scan must be enabled.
    RequiredAndroidSafetyNetAppsVerificationType = "requiredAndroidSafetyNetAppsVerificationType", ANDROID, Beta, false, Kind::Choice(members::SAFETY_NET_APPS_VERIFICATION_TYPE), Fallback::Choice("none");
    /// Action when the on-device app-scan (verify apps) check fails.
    AppActionIfAndroidSafetyNetAppsVerificationFailed = "appActionIfAndroidSafetyNetAppsVerificationFailed", ANDROID, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Package id of the unmanaged browser used for links.
    CustomBrowserPackageId = "customBrowserPackageId", ANDROID, V1, true, Kind::Text, Fallback::Nothing;
    /// Label of the unmanaged browser used for links.
    CustomBrowserDisplayName = "customBrowserDisplayName", ANDROID, V1, true, Kind::Text, Fallback::Nothing;
    /// Broker app (Company Portal) older than this blocks access.
    MinimumRequiredCompanyPortalVersion = "minimumRequiredCompanyPortalVersion", ANDROID, Beta, true, Kind::Version, Fallback::Nothing;
    /// Broker app older than this shows a warning.
    MinimumWarningCompanyPortalVersion = "minimumWarningCompanyPortalVersion", ANDROID, Beta, true, Kind::Version, Fallback::Nothing;
    /// Broker app older than this wipes org data.
    MinimumWipeCompanyPortalVersion = "minimumWipeCompanyPortalVersion", ANDROID, Beta, true, Kind::Version, Fallback::Nothing;
    /// Limits input to approvedKeyboards.
    KeyboardsRestricted = "keyboardsRestricted", ANDROID, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Allowed device models.
    AllowedAndroidDeviceModels = "allowedAndroidDeviceModels", ANDROID, Beta, true, Kind::Texts, Fallback::Empty;
    /// Action when the model is not on the allow list.
    AppActionIfAndroidDeviceModelNotAllowed = "appActionIfAndroidDeviceModelNotAllowed", ANDROID, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Package id of the permitted dialer app.
    CustomDialerAppPackageId = "customDialerAppPackageId", ANDROID, Beta, true, Kind::Text, Fallback::Nothing;
    /// Label of the permitted dialer app.
    CustomDialerAppDisplayName = "customDialerAppDisplayName", ANDROID, Beta, true, Kind::Text, Fallback::Nothing;
    /// Forbids non-fingerprint biometrics in place of the PIN.
    BiometricAuthenticationBlocked = "biometricAuthenticationBlocked", ANDROID, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Basic or hardware-backed attestation evaluation.
    RequiredAndroidSafetyNetEvaluationType = "requiredAndroidSafetyNetEvaluationType", ANDROID, Beta, false, Kind::Choice(members::SAFETY_NET_EVALUATION_TYPE), Fallback::Choice("basic");
    /// Days the broker-app (Company Portal) update may be deferred before access is blocked.
    BlockAfterCompanyPortalUpdateDeferralInDays = "blockAfterCompanyPortalUpdateDeferralInDays", ANDROID, Beta, false, Kind::Int { min: 0, max: 365 }, Fallback::Int(0);
    /// Days the broker-app update may be deferred before a warning.
    WarnAfterCompanyPortalUpdateDeferralInDays = "warnAfterCompanyPortalUpdateDeferralInDays", ANDROID, Beta, false, Kind::Int { min: 0, max: 365 }, Fallback::Int(0);
    /// Days the broker-app update may be deferred before org data is wiped.
    WipeAfterCompanyPortalUpdateDeferralInDays = "wipeAfterCompanyPortalUpdateDeferralInDays", ANDROID, Beta, false, Kind::Int { min: 0, max: 365 }, Fallback::Int(0);
    /// Requires any kind of screen lock on the device.
    DeviceLockRequired = "deviceLockRequired", ANDROID, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Action when no screen lock is set although deviceLockRequired is on.
    AppActionIfDeviceLockNotSet = "appActionIfDeviceLockNotSet", ANDROID, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Starts the configured app VPN when the app opens.
    ConnectToVpnOnLaunch = "connectToVpnOnLaunch", ANDROID, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Action when device-lock complexity is below low; null = off.
    AppActionIfDevicePasscodeComplexityLessThanLow = "appActionIfDevicePasscodeComplexityLessThanLow", ANDROID, Beta, true, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Nothing;
    /// Action when device-lock complexity is below medium; null = off.
    AppActionIfDevicePasscodeComplexityLessThanMedium = "appActionIfDevicePasscodeComplexityLessThanMedium", ANDROID, Beta, true, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Nothing;
    /// Action when device-lock complexity is below high; null = off.
    AppActionIfDevicePasscodeComplexityLessThanHigh = "appActionIfDevicePasscodeComplexityLessThanHigh", ANDROID, Beta, true, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Nothing;
    /// Accepts only Android Class 3 (strong) biometrics.
    RequireClass3Biometrics = "requireClass3Biometrics", ANDROID, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Asks for the PIN again after enrolled biometrics change.
    RequirePinAfterBiometricChange = "requirePinAfterBiometricChange", ANDROID, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Single switch for fingerprint and biometrics; null = ignore the switch.
    FingerprintAndBiometricEnabled = "fingerprintAndBiometricEnabled", ANDROID, Beta, true, Kind::Bool, Fallback::Nothing;
    /// Package id of the one allowed messaging app.
    MessagingRedirectAppPackageId = "messagingRedirectAppPackageId", ANDROID, Beta, true, Kind::Text, Fallback::Nothing;
    /// Label of the one allowed messaging app.
    MessagingRedirectAppDisplayName = "messagingRedirectAppDisplayName", ANDROID, Beta, true, Kind::Text, Fallback::Nothing;
    /// Unmanaged Android apps that may receive org data (name = label, value = package id).
    ExemptedAppPackages = "exemptedAppPackages", ANDROID, Beta, true, Kind::Pairs, Fallback::Empty;
    /// Keyboards allowed when keyboardsRestricted is on (name = package id, value = label).
    ApprovedKeyboards = "approvedKeyboards", ANDROID, Beta, true, Kind::Pairs, Fallback::Empty;
    /// Allows or blocks Apple Intelligence Genmoji; null = not configured.
    GenmojiConfigurationState = "genmojiConfigurationState", IOS, Beta, true, Kind::Choice(members::GENMOJI_STATE), Fallback::Nothing;
    /// Allows or blocks screen capture / Apple Intelligence screen awareness; null = not configured.
    ScreenCaptureConfigurationState = "screenCaptureConfigurationState", IOS, Beta, true, Kind::Choice(members::SCREEN_CAPTURE_STATE), Fallback::Nothing;
    /// Allows or blocks Apple Intelligence Writing Tools; null = not configured.
    WritingToolsConfigurationState = "writingToolsConfigurationState", IOS, Beta, true, Kind::Choice(members::WRITING_TOOLS_STATE), Fallback::Nothing;
    /// When app data must be encrypted (iOS data-protection class).
    AppDataEncryptionType = "appDataEncryptionType", IOS, V1, false, Kind::Choice(members::DATA_ENCRYPTION_TYPE), Fallback::Choice("useDeviceSettings");
    /// MAM SDK older than this blocks access.
    MinimumRequiredSdkVersion = "minimumRequiredSdkVersion", IOS, V1, true, Kind::Version, Fallback::Nothing;
    /// Forbids Face ID in place of the PIN.
    FaceIdBlocked = "faceIdBlocked", IOS, V1, false, Kind::Bool, Fallback::Bool(false);
    /// Lets home-screen widgets show org content.
    AllowWidgetContentSync = "allowWidgetContentSync", IOS, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// MAM SDK older than this wipes org data.
    MinimumWipeSdkVersion = "minimumWipeSdkVersion", IOS, Beta, true, Kind::Version, Fallback::Nothing;
    /// Semicolon-separated list of allowed device models, one string.
    AllowedIosDeviceModels = "allowedIosDeviceModels", IOS, Beta, true, Kind::JoinedTexts, Fallback::Nothing;
    /// Action when the model is not on the allow list.
    AppActionIfIosDeviceModelNotAllowed = "appActionIfIosDeviceModelNotAllowed", IOS, Beta, false, Kind::Choice(members::REMEDIATION_ACTION), Fallback::Choice("block");
    /// Blocks third-party keyboards in the app.
    ThirdPartyKeyboardsBlocked = "thirdPartyKeyboardsBlocked", IOS, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Hides unmanaged apps in Open-In/Share; only with outbound = managedApps.
    FilterOpenInToOnlyManagedApps = "filterOpenInToOnlyManagedApps", IOS, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Stops encrypting data leaving through Open-In; only with outbound = managedApps.
    DisableProtectionOfManagedOutboundOpenInData = "disableProtectionOfManagedOutboundOpenInData", IOS, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// Treats data from unknown senders as org data; only with inbound = allApps.
    ProtectInboundDataFromUnknownSources = "protectInboundDataFromUnknownSources", IOS, Beta, false, Kind::Bool, Fallback::Bool(false);
    /// URL scheme of the unmanaged browser used for links.
    CustomBrowserProtocol = "customBrowserProtocol", IOS, V1, true, Kind::Text, Fallback::Nothing;
    /// URL scheme of the permitted dialer app.
    CustomDialerAppProtocol = "customDialerAppProtocol", IOS, Beta, true, Kind::Text, Fallback::Nothing;
    /// Universal links that open in managed apps.
    ManagedUniversalLinks = "managedUniversalLinks", IOS, Beta, true, Kind::Texts, Fallback::Empty;
    /// Universal links that may open in unmanaged apps.
    ExemptedUniversalLinks = "exemptedUniversalLinks", IOS, Beta, true, Kind::Texts, Fallback::Empty;
    /// MAM SDK older than this shows a warning.
    MinimumWarningSdkVersion = "minimumWarningSdkVersion", IOS, Beta, true, Kind::Version, Fallback::Nothing;
    /// URL scheme of the one allowed messaging app.
    MessagingRedirectAppUrlScheme = "messagingRedirectAppUrlScheme", IOS, Beta, true, Kind::Text, Fallback::Nothing;
    /// Unmanaged URL schemes that may receive org data (name = label, value = ;-separated schemes).
    ExemptedAppProtocols = "exemptedAppProtocols", IOS, Beta, true, Kind::Pairs, Fallback::Empty;
}
