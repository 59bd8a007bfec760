//! Members of the enumerations that settings use, as on the wire, without `unknownFutureValue` (never accepted).

/// `managedAppClipboardSharingLevel`, in schema order.
pub const CLIPBOARD_SHARING_LEVEL: &[&str] = &["allApps", "managedAppsWithPasteIn", "managedApps", "blocked"];
/// `managedAppDataEncryptionType`, in schema order.
pub const DATA_ENCRYPTION_TYPE: &[&str] =
    &["useDeviceSettings", "afterDeviceRestart", "whenDeviceLockedExceptOpenFiles", "whenDeviceLocked"];
/// `managedAppDataIngestionLocation`, in schema order.
pub const DATA_INGESTION_LOCATION: &[&str] = &["oneDriveForBusiness", "sharePoint", "camera", "photoLibrary"];
/// `managedAppDataStorageLocation`, in schema order.
pub const DATA_STORAGE_LOCATION: &[&str] =
    &["oneDriveForBusiness", "sharePoint", "box", "localStorage", "photoLibrary", "iManage", "egnyte"];
/// `managedAppDataTransferLevel`, in schema order.
pub const DATA_TRANSFER_LEVEL: &[&str] = &["allApps", "managedApps", "none"];
/// `managedAppDeviceThreatLevel`, in schema order.
pub const DEVICE_THREAT_LEVEL: &[&str] = &["notConfigured", "secured", "low", "medium", "high"];
/// `genmojiIosManagedAppConfigurationState`, in schema order.
pub const GENMOJI_STATE: &[&str] = &["notBlocked", "blocked"];
/// `managedBrowserType`, in schema order.
pub const MANAGED_BROWSER_TYPE: &[&str] = &["notConfigured", "microsoftEdge"];
/// `messagingRedirectAppType`, in schema order.
pub const MESSAGING_REDIRECT_APP_TYPE: &[&str] = &["anyApp", "anyManagedApp", "specificApps", "blocked"];
/// `mobileThreatDefensePartnerPriority`, in schema order.
pub const MOBILE_THREAT_DEFENSE_PARTNER_PRIORITY: &[&str] =
    &["defenderOverThirdPartyPartner", "thirdPartyPartnerOverDefender"];
/// `managedAppNotificationRestriction`, in schema order.
pub const NOTIFICATION_RESTRICTION: &[&str] = &["allow", "blockOrganizationalData", "block"];
/// `managedAppPhoneNumberRedirectLevel`, in schema order.
pub const PHONE_NUMBER_REDIRECT_LEVEL: &[&str] = &["allApps", "managedApps", "customApp", "blocked"];
/// `managedAppPinCharacterSet`, in schema order.
pub const PIN_CHARACTER_SET: &[&str] = &["numeric", "alphanumericAndSymbol"];
/// `managedAppPurviewEvaluationRequirement`, in schema order.
pub const PURVIEW_EVALUATION_REQUIREMENT: &[&str] = &["notRequired", "requiredWhenOnline", "required"];
/// `managedAppRemediationAction`, in schema order.
pub const REMEDIATION_ACTION: &[&str] = &["block", "wipe", "warn", "blockWhenSettingIsSupported"];
/// `androidManagedAppSafetyNetAppsVerificationType`, in schema order.
pub const SAFETY_NET_APPS_VERIFICATION_TYPE: &[&str] = &["none", "enabled"];
/// `androidManagedAppSafetyNetDeviceAttestationType`, in schema order.
pub const SAFETY_NET_DEVICE_ATTESTATION_TYPE: &[&str] =
    &["none", "basicIntegrity", "basicIntegrityAndDeviceCertification"];
/// `androidManagedAppSafetyNetEvaluationType`, in schema order.
pub const SAFETY_NET_EVALUATION_TYPE: &[&str] = &["basic", "hardwareBacked"];
/// `screenCaptureIosManagedAppConfigurationState`, in schema order.
pub const SCREEN_CAPTURE_STATE: &[&str] = &["notBlocked", "blocked"];
/// `writingToolsIosManagedAppConfigurationState`, in schema order.
pub const WRITING_TOOLS_STATE: &[&str] = &["notBlocked", "blocked"];
