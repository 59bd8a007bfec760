//! The registry: one line per reason. Names, catalogue ids and `RF` numbers never change and are never reused.

use std::{collections::HashMap, fmt, str::FromStr, sync::LazyLock};

use ringfence_model::Platform;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reason::{ButtonAction, ReasonError, Severity};

macro_rules! registry {
    ($($variant:ident $name:literal $ios:literal $android:literal $severity:ident [$($button:ident),*];)+) => {
        /// Why something was allowed, refused, demanded or removed. The name is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ReasonCode {
            $(#[doc = concat!("`", $name, "`: ", $ios, " on iOS, ", $android, " on Android.")] $variant,)+
        }

        impl ReasonCode {
            /// Every reason, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, `send_managed_apps_only`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The short code in the dialog: a catalogue id such as `D4`, else `RF-nnn`.
            pub const fn dialog_code(self, platform: Platform) -> &'static str {
                match platform {
                    Platform::Ios => match self { $(Self::$variant => $ios),+ },
                    Platform::Android => match self { $(Self::$variant => $android),+ },
                }
            }

            /// How serious it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }

            /// The buttons of the dialog, from left to right.
            pub const fn buttons(self) -> &'static [ButtonAction] {
                match self { $(Self::$variant => &[$(ButtonAction::$button),*]),+ }
            }
        }
    };
}

registry! {
    // allowed
    Allowed "allowed" "RF-001" "RF-001" Information [Ok];
    AllowedPersonalData "allowed_personal_data" "RF-002" "RF-002" Information [Ok];
    AllowedExempt "allowed_exempt" "RF-003" "RF-003" Information [Ok];
    AllowedWithinLimit "allowed_within_limit" "RF-004" "RF-004" Information [Ok];
    AllowedSelectedService "allowed_selected_service" "RF-005" "RF-005" Information [Ok];
    AllowedSamePlace "allowed_same_place" "RF-006" "RF-006" Information [Ok];
    AllowedSealed "allowed_sealed" "RF-007" "RF-007" Information [Ok];
    AllowedWithoutContent "allowed_without_content" "RF-008" "RF-008" Information [Ok];
    AllowedAsWorkData "allowed_as_work_data" "RF-009" "RF-009" Information [Ok];
    AllowedAsPersonal "allowed_as_personal" "RF-010" "RF-010" Information [Ok];
    AllowedSystemService "allowed_system_service" "RF-011" "RF-011" Information [Ok];
    AllowedListedSite "allowed_listed_site" "RF-012" "RF-012" Information [Ok];
    AllowedSignInSite "allowed_sign_in_site" "RF-013" "RF-013" Information [Ok];
    // sending and receiving
    SendManagedAppsOnly "send_managed_apps_only" "D4" "D4" TransferRefused [Ok];
    SendNone "send_none" "RF-102" "RF-102" TransferRefused [Ok];
    SendNoManagedApp "send_no_managed_app" "RF-103" "N3" TransferRefused [Ok];
    SendReceiverRefuses "send_receiver_refuses" "RF-104" "RF-104" TransferRefused [Ok];
    SendOtherAccount "send_other_account" "RF-105" "RF-105" TransferRefused [Ok];
    SendInstantApp "send_instant_app" "RF-106" "RF-106" TransferRefused [Ok];
    SystemSearchBlocked "system_search_blocked" "RF-107" "RF-107" TransferRefused [Ok];
    ReceiveManagedAppsOnly "receive_managed_apps_only" "D3" "D3" TransferRefused [Ok];
    ReceiveNone "receive_none" "RF-112" "RF-112" TransferRefused [Ok];
    ReceiveSenderRefuses "receive_sender_refuses" "RF-113" "RF-113" TransferRefused [Ok];
    ReceiveOwnerNotSignedIn "receive_owner_not_signed_in" "RF-114" "RF-114" TransferRefused [SignIn, Cancel];
    ReceiveOwnerNotManaged "receive_owner_not_managed" "RF-115" "RF-115" TransferRefused [Ok];
    ReceiveOwnerSwitchFailed "receive_owner_switch_failed" "RF-116" "RF-116" Error [Ok];
    ReceiveOwnerAppNotDelivered "receive_owner_app_not_delivered" "RF-117" "RF-117" TransferRefused [Ok];
    ReceiveOwnerOtherAccount "receive_owner_other_account" "RF-118" "RF-118" TransferRefused [Ok];
    // clipboard
    CopyBlocked "copy_blocked" "RF-121" "RF-121" TransferRefused [Ok];
    CopyOverLimit "copy_over_limit" "RF-122" "RF-122" TransferRefused [Ok];
    PasteBlocked "paste_blocked" "RF-123" "RF-123" TransferRefused [Ok];
    PasteOverLimit "paste_over_limit" "RF-124" "RF-124" TransferRefused [Ok];
    // storage
    SaveNone "save_none" "RF-131" "RF-131" TransferRefused [Ok];
    SaveLocationNotAllowed "save_location_not_allowed" "RF-132" "RF-132" TransferRefused [Ok];
    SaveAccountNotManaged "save_account_not_managed" "RF-133" "RF-133" TransferRefused [Ok];
    OpenNone "open_none" "RF-134" "RF-134" TransferRefused [Ok];
    OpenSourceNotAllowed "open_source_not_allowed" "RF-135" "RF-135" TransferRefused [Ok];
    OpenAccountNotManaged "open_account_not_managed" "RF-136" "RF-136" TransferRefused [Ok];
    // links, phone, messages
    LinkManagedBrowserOnly "link_managed_browser_only" "RF-141" "RF-141" TransferRefused [Ok];
    LinkOneBrowserOnly "link_one_browser_only" "RF-142" "RF-142" TransferRefused [Ok];
    LinkBrowserMissing "link_browser_missing" "RF-143" "RF-143" ActionNeeded [InstallApp, Cancel];
    DialBlocked "dial_blocked" "RF-144" "RF-144" TransferRefused [Ok];
    DialManagedAppsOnly "dial_managed_apps_only" "RF-145" "RF-145" TransferRefused [Ok];
    DialOneAppOnly "dial_one_app_only" "RF-146" "RF-146" TransferRefused [Ok];
    DialAppMissing "dial_app_missing" "RF-147" "RF-147" ActionNeeded [InstallApp, Cancel];
    MessageBlocked "message_blocked" "RF-148" "RF-148" TransferRefused [Ok];
    MessageManagedAppsOnly "message_managed_apps_only" "RF-149" "RF-149" TransferRefused [Ok];
    MessageOneAppOnly "message_one_app_only" "RF-150" "RF-150" TransferRefused [Ok];
    MessageAppMissing "message_app_missing" "RF-151" "RF-151" ActionNeeded [InstallApp, Cancel];
    // other exits
    PrintBlocked "print_blocked" "RF-161" "RF-161" TransferRefused [Ok];
    NotificationBlocked "notification_blocked" "RF-162" "RF-162" Information [Ok];
    KeyboardThirdParty "keyboard_third_party" "RF-163" "RF-163" ActionNeeded [Ok];
    KeyboardNotApproved "keyboard_not_approved" "RF-164" "RF-164" ActionNeeded [InstallApp, Cancel];
    ScreenCaptureBlocked "screen_capture_blocked" "RF-165" "RF-165" TransferRefused [Ok];
    BackupBlocked "backup_blocked" "RF-166" "RF-166" Information [Ok];
    ContactSyncBlocked "contact_sync_blocked" "RF-167" "RF-167" TransferRefused [Ok];
    WidgetContentBlocked "widget_content_blocked" "RF-168" "RF-168" TransferRefused [Ok];
    GenmojiBlocked "genmoji_blocked" "RF-169" "RF-169" TransferRefused [Ok];
    WritingToolsBlocked "writing_tools_blocked" "RF-170" "RF-170" TransferRefused [Ok];
    // managed browser
    SiteNotAllowed "site_not_allowed" "RF-181" "RF-181" TransferRefused [Ok];
    SiteBlocked "site_blocked" "RF-182" "RF-182" TransferRefused [Ok];
    SiteSwitchToPersonal "site_switch_to_personal" "RF-183" "RF-183" ActionNeeded [SwitchToPersonal, Cancel];
    SiteAddPersonalAccount "site_add_personal_account" "RF-184" "RF-184" ActionNeeded [AddPersonalAccount, Cancel];
    SiteInPrivateOrPersonal "site_in_private_or_personal" "RF-185" "RF-185" ActionNeeded [OpenInPrivate, SwitchToPersonal, Cancel];
    SiteOpenedInPrivate "site_opened_in_private" "RF-186" "RF-186" Information [Ok];
    SiteOpenedPersonal "site_opened_personal" "RF-187" "RF-187" Information [Ok];
    SiteAddressUnreadable "site_address_unreadable" "RF-188" "RF-188" TransferRefused [Ok];
    // conditional launch
    SdkTooOldWarn "sdk_too_old_warn" "RF-201" "RF-201" Warning [Update, Continue];
    SdkTooOldBlock "sdk_too_old_block" "RF-202" "RF-202" Blocked [Update, RemoveAccount];
    SdkTooOldWipe "sdk_too_old_wipe" "RF-203" "RF-203" DataRemoved [Update, Ok];
    AppTooOldWarn "app_too_old_warn" "RF-204" "RF-204" Warning [Update, Continue];
    AppTooOldBlock "app_too_old_block" "RF-205" "RF-205" Blocked [Update, RemoveAccount];
    AppTooOldWipe "app_too_old_wipe" "RF-206" "RF-206" DataRemoved [Update, Ok];
    OsTooOldWarn "os_too_old_warn" "RF-207" "RF-207" Warning [OpenSettings, Continue];
    OsTooOldBlock "os_too_old_block" "RF-208" "RF-208" Blocked [OpenSettings, RemoveAccount];
    OsTooOldWipe "os_too_old_wipe" "RF-209" "RF-209" DataRemoved [Ok];
    OsTooNewWarn "os_too_new_warn" "RF-210" "RF-210" Warning [Continue];
    OsTooNewBlock "os_too_new_block" "RF-211" "RF-211" Blocked [Ok, RemoveAccount];
    OsTooNewWipe "os_too_new_wipe" "RF-212" "RF-212" DataRemoved [Ok];
    PatchTooOldWarn "patch_too_old_warn" "RF-213" "RF-213" Warning [OpenSettings, Continue];
    PatchTooOldBlock "patch_too_old_block" "RF-214" "RF-214" Blocked [OpenSettings, RemoveAccount];
    PatchTooOldWipe "patch_too_old_wipe" "RF-215" "RF-215" DataRemoved [Ok];
    CompanionTooOldWarn "companion_too_old_warn" "RF-216" "RF-216" Warning [InstallCompanion, Continue];
    CompanionTooOldBlock "companion_too_old_block" "RF-217" "RF-217" Blocked [InstallCompanion, RemoveAccount];
    CompanionTooOldWipe "companion_too_old_wipe" "RF-218" "RF-218" DataRemoved [InstallCompanion, Ok];
    CompanionUpdateOverdueWarn "companion_update_overdue_warn" "RF-219" "RF-219" Warning [InstallCompanion, Continue];
    CompanionUpdateOverdueBlock "companion_update_overdue_block" "RF-220" "RF-220" Blocked [InstallCompanion, RemoveAccount];
    CompanionUpdateOverdueWipe "companion_update_overdue_wipe" "RF-221" "RF-221" DataRemoved [InstallCompanion, Ok];
    DeviceCompromisedWarn "device_compromised_warn" "RF-222" "RF-222" Warning [Continue];
    DeviceCompromisedBlock "device_compromised_block" "I5" "N6" Blocked [Retry, RemoveAccount];
    DeviceCompromisedWipe "device_compromised_wipe" "RF-224" "RF-224" DataRemoved [Ok];
    DeviceModelWarn "device_model_warn" "RF-225" "RF-225" Warning [Continue];
    DeviceModelBlock "device_model_block" "RF-226" "RF-226" Blocked [Ok, RemoveAccount];
    DeviceModelWipe "device_model_wipe" "RF-227" "RF-227" DataRemoved [Ok];
    DeviceManufacturerWarn "device_manufacturer_warn" "RF-228" "RF-228" Warning [Continue];
    DeviceManufacturerBlock "device_manufacturer_block" "RF-229" "RF-229" Blocked [Ok, RemoveAccount];
    DeviceManufacturerWipe "device_manufacturer_wipe" "RF-230" "RF-230" DataRemoved [Ok];
    IntegrityWarn "integrity_warn" "RF-231" "RF-231" Warning [Retry, Continue];
    IntegrityBlock "integrity_block" "RF-232" "RF-232" Blocked [Retry, RemoveAccount];
    IntegrityWipe "integrity_wipe" "RF-233" "RF-233" DataRemoved [Ok];
    AppScanOffWarn "app_scan_off_warn" "RF-234" "RF-234" Warning [OpenSettings, Continue];
    AppScanOffBlock "app_scan_off_block" "RF-235" "RF-235" Blocked [OpenSettings, RemoveAccount];
    AppScanOffWipe "app_scan_off_wipe" "RF-236" "RF-236" DataRemoved [Ok];
    DeviceLockWarn "device_lock_warn" "RF-237" "RF-237" Warning [OpenSettings, Continue];
    DeviceLockBlock "device_lock_block" "RF-238" "RF-238" Blocked [OpenSettings, RemoveAccount];
    DeviceLockWipe "device_lock_wipe" "RF-239" "RF-239" DataRemoved [Ok];
    KnoxWarn "knox_warn" "RF-240" "RF-240" Warning [Retry, Continue];
    KnoxBlock "knox_block" "RF-241" "RF-241" Blocked [Retry, RemoveAccount];
    KnoxWipe "knox_wipe" "RF-242" "RF-242" DataRemoved [Ok];
    ThreatLevelWarn "threat_level_warn" "RF-243" "RF-243" Warning [Retry, Continue];
    ThreatLevelBlock "threat_level_block" "RF-244" "RF-244" Blocked [Retry, RemoveAccount];
    ThreatLevelWipe "threat_level_wipe" "RF-245" "RF-245" DataRemoved [Ok];
    AccountDisabledWarn "account_disabled_warn" "RF-246" "RF-246" Warning [Continue];
    AccountDisabledBlock "account_disabled_block" "RF-247" "RF-247" Blocked [SignIn, RemoveAccount];
    AccountDisabledWipe "account_disabled_wipe" "RF-248" "RF-248" DataRemoved [Ok];
    OutsideWorkingTimeWarn "outside_working_time_warn" "RF-249" "RF-249" Warning [Continue];
    OutsideWorkingTimeBlock "outside_working_time_block" "RF-250" "RF-250" Blocked [Retry, RemoveAccount];
    OutsideWorkingTimeWipe "outside_working_time_wipe" "RF-251" "RF-251" DataRemoved [Ok];
    ConnectionRequired "connection_required" "I6" "N5" Blocked [Retry, CloseApp];
    OfflineWipe "offline_wipe" "RF-253" "RF-253" DataRemoved [SignIn, Ok];
    PinAttemptsReset "pin_attempts_reset" "RF-254" "RF-254" Blocked [SignIn, Cancel];
    PinAttemptsWipe "pin_attempts_wipe" "RF-255" "RF-255" DataRemoved [Ok];
    ConditionUnverifiedWarn "condition_unverified_warn" "RF-256" "RF-256" Warning [Retry, Continue];
    ConditionUnverifiedBlock "condition_unverified_block" "RF-257" "RF-257" Blocked [Retry, RemoveAccount];
    // access
    PinCreate "pin_create" "RF-301" "RF-301" ActionNeeded [Ok, Cancel];
    PinEnter "pin_enter" "RF-302" "RF-302" ActionNeeded [Ok, ForgotPin];
    PinWrong "pin_wrong" "RF-303" "RF-303" ActionNeeded [Retry, ForgotPin];
    PinTooShort "pin_too_short" "RF-304" "RF-304" ActionNeeded [Retry];
    PinNotNumeric "pin_not_numeric" "RF-305" "RF-305" ActionNeeded [Retry];
    PinNeedsLetterOrSymbol "pin_needs_letter_or_symbol" "RF-306" "RF-306" ActionNeeded [Retry];
    PinNeedsAllKinds "pin_needs_all_kinds" "RF-307" "RF-307" ActionNeeded [Retry];
    PinTooSimple "pin_too_simple" "RF-308" "RF-308" ActionNeeded [Retry];
    PinReused "pin_reused" "RF-309" "RF-309" ActionNeeded [Retry];
    PinExpired "pin_expired" "RF-310" "RF-310" ActionNeeded [Ok, Cancel];
    PinRulesChanged "pin_rules_changed" "RF-311" "RF-311" ActionNeeded [Ok, Cancel];
    PinForgotten "pin_forgotten" "RF-312" "RF-312" ActionNeeded [SignIn, Cancel];
    PinUnreadable "pin_unreadable" "I11" "RF-313" Error [CloseApp, SendLogs];
    PinTooLong "pin_too_long" "RF-314" "RF-314" ActionNeeded [Retry];
    BiometricPrompt "biometric_prompt" "RF-321" "RF-321" ActionNeeded [Ok, Cancel];
    BiometricsChanged "biometrics_changed" "RF-322" "RF-322" ActionNeeded [Ok];
    BiometricTimeout "biometric_timeout" "RF-323" "RF-323" ActionNeeded [Ok];
    CredentialsRequired "credentials_required" "RF-324" "RF-324" ActionNeeded [SignIn, Cancel];
    // RF-325 is retired: documents are sealed by the core itself, with or without a screen lock.
    // account, policy, registration
    SignInRequired "sign_in_required" "D1" "D1" ActionNeeded [SignIn, Cancel];
    RestartRequired "restart_required" "D2" "D2" ActionNeeded [Restart];
    CompanionRequired "companion_required" "RF-403" "D6" ActionNeeded [InstallCompanion, Cancel];
    PolicyMissing "policy_missing" "I1" "N1" Blocked [Retry, RemoveAccount];
    BrowserUnmanaged "browser_unmanaged" "I2" "RF-405" Information [Continue];
    RegistrationFailed "registration_failed" "I3" "N8" Error [Retry, SendLogs];
    NotLicensed "not_licensed" "I4" "N7" Blocked [Retry, RemoveAccount];
    OtherAccountRegistered "other_account_registered" "I8" "N4" Blocked [SignIn, RemoveAccount];
    SignInFailed "sign_in_failed" "RF-409" "RF-409" Error [Retry, Cancel];
    ConnectionProblem "connection_problem" "I9" "RF-410" Error [Retry, Cancel];
    AppCertificateInvalid "app_certificate_invalid" "I10" "RF-411" Blocked [Update, CloseApp];
    StartFailed "start_failed" "RF-412" "N2" Error [Update, SendLogs];
    UnknownError "unknown_error" "I7" "RF-413" Error [Restart, SendLogs];
    InstanceRefused "instance_refused" "RF-414" "RF-414" Blocked [SignIn, RemoveAccount];
    AccountDisabled "account_disabled" "RF-415" "RF-415" Blocked [SignIn, RemoveAccount];
    ServerBusy "server_busy" "RF-416" "RF-416" Error [Retry, Cancel];
    NowProtected "now_protected" "RF-417" "RF-417" Information [Continue];
    LegacySignIn "legacy_sign_in" "RF-418" "RF-418" Information [Continue];
    RegisteredAccountGone "registered_account_gone" "RF-419" "RF-419" Blocked [RemoveAccount, Cancel];
    SignInCodeRequired "sign_in_code_required" "RF-420" "RF-420" ActionNeeded [SignIn, Cancel];
    SignInCodeWrong "sign_in_code_wrong" "RF-421" "RF-421" Error [SignIn, Cancel];
    // what the server says, and is not believed
    WrongServer "wrong_server" "RF-501" "RF-501" Blocked [Retry, CloseApp];
    ReplyUnauthentic "reply_unauthentic" "RF-502" "RF-502" Error [Retry, Cancel];
    BundleForged "bundle_forged" "RF-503" "RF-503" Error [Retry, SendLogs];
    BundleExpired "bundle_expired" "RF-504" "RF-504" Error [Retry, SendLogs];
    BundleOlder "bundle_older" "RF-505" "RF-505" Error [Retry, SendLogs];
    BundleWrongRecipient "bundle_wrong_recipient" "RF-506" "RF-506" Error [Retry, SendLogs];
    BundleContentDiffers "bundle_content_differs" "RF-507" "RF-507" Error [Retry, SendLogs];
    BundleUnreadable "bundle_unreadable" "RF-508" "RF-508" Error [Update, SendLogs];
    KeysetForged "keyset_forged" "RF-509" "RF-509" Error [Retry, SendLogs];
    KeysetOlder "keyset_older" "RF-510" "RF-510" Error [Retry, SendLogs];
    OrderForged "order_forged" "RF-511" "RF-511" Error [Retry, SendLogs];
    OrderForeign "order_foreign" "RF-512" "RF-512" Error [Retry, SendLogs];
    OrderExpired "order_expired" "RF-513" "RF-513" Information [Ok];
    ReceiptForeign "receipt_foreign" "RF-514" "RF-514" Error [Ok];
    ReceiptForged "receipt_forged" "RF-515" "RF-515" Error [Ok];
    ProofInvalid "proof_invalid" "RF-516" "RF-516" Error [Retry, SendLogs];
    SessionUnknown "session_unknown" "RF-517" "RF-517" Information [Retry];
    // wipe
    WipedByAdministrator "wiped_by_administrator" "D5" "D5" DataRemoved [Restart];
    WipedOnSignOut "wiped_on_sign_out" "RF-602" "RF-602" DataRemoved [Ok];
    WipeFailed "wipe_failed" "RF-603" "RF-603" Error [Restart, SendLogs];
    WipePending "wipe_pending" "RF-604" "RF-604" DataRemoved [Restart];
    WipedCompanionRemoved "wiped_companion_removed" "RF-605" "RF-605" DataRemoved [InstallCompanion, Ok];
    SignedOutOffline "signed_out_offline" "RF-606" "RF-606" DataRemoved [Ok];
}

/// Names and codes, lower-case, to reasons.
static BY_TEXT: LazyLock<HashMap<String, ReasonCode>> = LazyLock::new(|| {
    let mut map = HashMap::new();
    for &reason in ReasonCode::ALL {
        map.insert(reason.as_str().to_owned(), reason);
        for platform in Platform::ALL {
            map.insert(reason.dialog_code(platform).to_ascii_lowercase(), reason);
        }
    }
    map
});

impl ReasonCode {
    /// Reads a name (`send_managed_apps_only`) or a dialog code (`D4`, `rf-104`), without regard to case.
    pub fn parse(text: &str) -> Result<Self, ReasonError> {
        BY_TEXT
            .get(&text.trim().to_ascii_lowercase())
            .copied()
            .ok_or_else(|| ReasonError { value: text.to_owned() })
    }

    /// The key of the title in the language files.
    pub fn title_key(self) -> String {
        format!("{}.title", self.as_str().replace('_', "-"))
    }

    /// The key of the body in the language files.
    pub fn body_key(self) -> String {
        format!("{}.body", self.as_str().replace('_', "-"))
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReasonCode {
    type Err = ReasonError;
    fn from_str(text: &str) -> Result<Self, ReasonError> {
        Self::parse(text)
    }
}

impl Serialize for ReasonCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ReasonCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
