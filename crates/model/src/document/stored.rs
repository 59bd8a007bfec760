//! Properties of policies that no phone obeys: checked for their form, kept, served, not interpreted.

use super::declared::{Form, Property};
use crate::settings::{Fallback, Kind, Since, members};

const TRANSFER: &[&str] = &["allApps", "none"];
const CLIPBOARD: &[&str] = &["anyDestinationAnySource", "none"];
const ENFORCEMENT: &[&str] =
    &["noProtection", "encryptAndAuditOnly", "encryptAuditAndPrompt", "encryptAuditAndBlock"];
const PIN: &[&str] = &["notAllow", "requireAtLeastOne", "allow"];

const BOOL: Form = Form::Value(Kind::Bool, Fallback::Bool(false));
const TEXT: Form = Form::Value(Kind::Text, Fallback::Nothing);
const VERSION: Form = Form::Value(Kind::Version, Fallback::Nothing);
const SPAN: Form = Form::Value(Kind::Span, Fallback::Minutes(0));
const ACTION_OR_NONE: Form = Form::Value(Kind::Choice(members::REMEDIATION_ACTION), Fallback::Nothing);

const fn choice(members: &'static [&'static str], fallback: &'static str) -> Form {
    Form::Value(Kind::Choice(members), Fallback::Choice(fallback))
}

const fn int(max: i64, fallback: i64) -> Form {
    Form::Value(Kind::Int { min: 0, max }, Fallback::Int(fallback))
}

const fn v1(name: &'static str, nullable: bool, form: Form) -> Property {
    Property { name, since: Since::V1, nullable, form }
}

const fn beta(name: &'static str, nullable: bool, form: Form) -> Property {
    Property { name, since: Since::Beta, nullable, form }
}

/// `windowsManagedAppProtection`
pub(super) const WINDOWS: [Property; 20] = [
    beta("allowedInboundDataTransferSources", false, choice(TRANSFER, "allApps")),
    beta("allowedOutboundClipboardSharingLevel", false, choice(CLIPBOARD, "anyDestinationAnySource")),
    beta("allowedOutboundDataTransferDestinations", false, choice(TRANSFER, "allApps")),
    beta("appActionIfUnableToAuthenticateUser", true, ACTION_OR_NONE),
    beta("maximumAllowedDeviceThreatLevel", false, choice(members::DEVICE_THREAT_LEVEL, "notConfigured")),
    beta("maximumRequiredOsVersion", true, VERSION),
    beta("maximumWarningOsVersion", true, VERSION),
    beta("maximumWipeOsVersion", true, VERSION),
    beta("minimumRequiredAppVersion", true, VERSION),
    beta("minimumRequiredOsVersion", true, VERSION),
    beta("minimumRequiredSdkVersion", true, VERSION),
    beta("minimumWarningAppVersion", true, VERSION),
    beta("minimumWarningOsVersion", true, VERSION),
    beta("minimumWipeAppVersion", true, VERSION),
    beta("minimumWipeOsVersion", true, VERSION),
    beta("minimumWipeSdkVersion", true, VERSION),
    beta("mobileThreatDefenseRemediationAction", false, choice(members::REMEDIATION_ACTION, "block")),
    beta("periodOfflineBeforeAccessCheck", false, SPAN),
    beta("periodOfflineBeforeWipeIsEnforced", false, SPAN),
    beta("printBlocked", false, BOOL),
];

/// `windowsInformationProtection`, the base of both kinds
pub(super) const INFORMATION: [Property; 21] = [
    v1("azureRightsManagementServicesAllowed", false, BOOL),
    v1("dataRecoveryCertificate", true, Form::Object),
    v1("enforcementLevel", false, choice(ENFORCEMENT, "noProtection")),
    v1("enterpriseDomain", true, TEXT),
    v1("enterpriseInternalProxyServers", true, Form::List),
    v1("enterpriseIPRanges", true, Form::List),
    v1("enterpriseIPRangesAreAuthoritative", false, BOOL),
    v1("enterpriseNetworkDomainNames", true, Form::List),
    v1("enterpriseProtectedDomainNames", true, Form::List),
    v1("enterpriseProxiedDomains", true, Form::List),
    v1("enterpriseProxyServers", true, Form::List),
    v1("enterpriseProxyServersAreAuthoritative", false, BOOL),
    v1("exemptApps", true, Form::List),
    v1("iconsVisible", false, BOOL),
    v1("indexingEncryptedStoresOrItemsBlocked", false, BOOL),
    v1("neutralDomainResources", true, Form::List),
    v1("protectedApps", true, Form::List),
    v1("protectionUnderLockConfigRequired", false, BOOL),
    v1("revokeOnUnenrollDisabled", false, BOOL),
    v1("rightsManagementServicesTemplateId", true, TEXT),
    v1("smbAutoEncryptedFileExtensions", true, Form::List),
];

/// `windowsInformationProtectionPolicy` alone
pub(super) const INFORMATION_UNENROLLED: [Property; 12] = [
    v1("daysWithoutContactBeforeUnenroll", false, int(999, 0)),
    v1("mdmEnrollmentUrl", true, TEXT),
    v1("minutesOfInactivityBeforeDeviceLock", false, int(999, 0)),
    v1("numberOfPastPinsRemembered", false, int(50, 0)),
    v1("passwordMaximumAttemptCount", false, int(999, 0)),
    v1("pinExpirationDays", false, int(730, 0)),
    v1("pinLowercaseLetters", false, choice(PIN, "notAllow")),
    v1("pinMinimumLength", false, int(127, 4)),
    v1("pinSpecialCharacters", false, choice(PIN, "notAllow")),
    v1("pinUppercaseLetters", false, choice(PIN, "notAllow")),
    v1("revokeOnMdmHandoffDisabled", false, BOOL),
    v1("windowsHelloForBusinessBlocked", false, BOOL),
];
