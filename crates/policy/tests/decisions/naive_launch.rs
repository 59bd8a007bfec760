//! Conditional launch once more, written straight from the list of conditions (behaviour §1.3).

use ringfence_messages::ReasonCode as R;
use ringfence_model::{
    Millis, Platform, Version,
    facts::{AccountFacts, AppFacts, DeviceFacts, DeviceLock, IntegrityVerdict, ThreatLevel},
    settings::{Setting as S, Settings, Value},
};
use ringfence_policy::launch::LaunchAction;

pub(crate) type Found = (LaunchAction, R, S);

/// What the facts say: fine, against it, cannot tell, or no companion.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    Fine,
    Against,
    CannotTell,
    NoCompanion,
}

struct Book<'a> {
    settings: &'a Settings,
    found: Vec<Found>,
}

fn says(fine: Option<bool>) -> Says {
    match fine {
        Some(true) => Says::Fine,
        Some(false) => Says::Against,
        None => Says::CannotTell,
    }
}

impl Book<'_> {
    fn word(&self, setting: S, default: &str) -> String {
        match self.settings.get(&setting) {
            Some(Value::Choice(word)) => (*word).to_owned(),
            _ => default.to_owned(),
        }
    }

    fn version(&self, setting: S) -> Option<Version> {
        match self.settings.get(&setting) {
            Some(Value::Version(version)) => Some(*version),
            _ => None,
        }
    }

    fn number(&self, setting: S) -> i64 {
        match self.settings.get(&setting) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        }
    }

    fn span(&self, setting: S) -> u64 {
        match self.settings.get(&setting) {
            Some(Value::Span(Millis(millis))) => *millis,
            _ => 0,
        }
    }

    fn is(&self, setting: S) -> bool {
        self.settings.get(&setting) == Some(&Value::Bool(true))
    }

    /// Notes what follows; `reasons` for warn, block, wipe.
    fn note(&mut self, setting: S, action: &str, says: Says, reasons: [R; 3]) {
        let [warn, block, wipe] = match says {
            Says::Fine => return,
            Says::Against => reasons,
            Says::CannotTell if action == "blockWhenSettingIsSupported" => return,
            Says::CannotTell => {
                [R::ConditionUnverifiedWarn, R::ConditionUnverifiedBlock, R::ConditionUnverifiedBlock]
            }
            Says::NoCompanion => [R::CompanionRequired; 3],
        };
        let entry = match action {
            "wipe" if says == Says::Against => (LaunchAction::Wipe, wipe, setting),
            _ if setting == S::MaximumPinRetries => (LaunchAction::ResetPin, block, setting),
            "warn" => (LaunchAction::Warn, warn, setting),
            _ => (LaunchAction::Block, block, setting),
        };
        self.found.push(entry);
    }

    fn range(&mut self, settings: [S; 3], actual: Version, newest: bool, reasons: [R; 3]) {
        for (setting, action) in settings.into_iter().zip(["wipe", "block", "warn"]) {
            if let Some(wanted) = self.version(setting) {
                let fine = if newest { actual <= wanted } else { actual >= wanted };
                self.note(setting, action, says(Some(fine)), reasons);
            }
        }
    }

    fn list(&mut self, list: S, action: S, actual: Option<&String>, reasons: [R; 3]) {
        if let Some(Value::Texts(names)) = self.settings.get(&list)
            && !names.is_empty()
        {
            let on =
                actual.map(|actual| names.iter().any(|name| name.to_lowercase() == actual.to_lowercase()));
            let action = self.word(action, "block");
            self.note(list, &action, says(on), reasons);
        }
    }
}

/// Every unmet condition in the order of the reference, not yet by strength.
#[expect(clippy::too_many_lines, reason = "one list, one paragraph per condition")]
pub(crate) fn findings(
    platform: Platform,
    settings: &Settings,
    device: &DeviceFacts,
    app: &AppFacts,
    account: &AccountFacts,
) -> Vec<Found> {
    let mut book = Book { settings, found: vec![] };
    book.range(
        [S::MinimumWipeSdkVersion, S::MinimumRequiredSdkVersion, S::MinimumWarningSdkVersion],
        app.sdk_version,
        false,
        [R::SdkTooOldWarn, R::SdkTooOldBlock, R::SdkTooOldWipe],
    );
    book.range(
        [S::MinimumWipeAppVersion, S::MinimumRequiredAppVersion, S::MinimumWarningAppVersion],
        app.version,
        false,
        [R::AppTooOldWarn, R::AppTooOldBlock, R::AppTooOldWipe],
    );
    book.range(
        [S::MinimumWipeOsVersion, S::MinimumRequiredOsVersion, S::MinimumWarningOsVersion],
        device.os_version,
        false,
        [R::OsTooOldWarn, R::OsTooOldBlock, R::OsTooOldWipe],
    );
    book.range(
        [S::MaximumWipeOsVersion, S::MaximumRequiredOsVersion, S::MaximumWarningOsVersion],
        device.os_version,
        true,
        [R::OsTooNewWarn, R::OsTooNewBlock, R::OsTooNewWipe],
    );
    for (setting, action) in [
        (S::MinimumWipePatchVersion, "wipe"),
        (S::MinimumRequiredPatchVersion, "block"),
        (S::MinimumWarningPatchVersion, "warn"),
    ] {
        if let Some(Value::Date(wanted)) = settings.get(&setting) {
            let patch = device.patch_level.as_ref().filter(|patch| patch.starts_with("20"));
            let reasons = [R::PatchTooOldWarn, R::PatchTooOldBlock, R::PatchTooOldWipe];
            book.note(setting, action, says(patch.map(|patch| patch >= wanted)), reasons);
        }
    }
    for (setting, action) in [
        (S::MinimumWipeCompanyPortalVersion, "wipe"),
        (S::MinimumRequiredCompanyPortalVersion, "block"),
        (S::MinimumWarningCompanyPortalVersion, "warn"),
    ] {
        if let Some(wanted) = book.version(setting) {
            let installed = device.companion_version;
            let says = installed.map_or(Says::NoCompanion, |version| says(Some(version >= wanted)));
            let reasons = [R::CompanionTooOldWarn, R::CompanionTooOldBlock, R::CompanionTooOldWipe];
            book.note(setting, action, says, reasons);
        }
    }
    for (setting, action) in [
        (S::WipeAfterCompanyPortalUpdateDeferralInDays, "wipe"),
        (S::BlockAfterCompanyPortalUpdateDeferralInDays, "block"),
        (S::WarnAfterCompanyPortalUpdateDeferralInDays, "warn"),
    ] {
        let days = book.number(setting);
        if days > 0 {
            let age = device.companion_update_age_days.map(|age| i64::from(age) < days);
            let says = if device.companion_version.is_none() { Says::NoCompanion } else { says(age) };
            let reasons = [
                R::CompanionUpdateOverdueWarn,
                R::CompanionUpdateOverdueBlock,
                R::CompanionUpdateOverdueWipe,
            ];
            book.note(setting, action, says, reasons);
        }
    }
    if book.is(S::DeviceComplianceRequired) {
        let action = book.word(S::AppActionIfDeviceComplianceRequired, "block");
        let reasons = [R::DeviceCompromisedWarn, R::DeviceCompromisedBlock, R::DeviceCompromisedWipe];
        book.note(S::DeviceComplianceRequired, &action, says(device.jailbroken.map(|yes| !yes)), reasons);
    }
    let models = [R::DeviceModelWarn, R::DeviceModelBlock, R::DeviceModelWipe];
    match platform {
        Platform::Ios => book.list(
            S::AllowedIosDeviceModels,
            S::AppActionIfIosDeviceModelNotAllowed,
            device.model.as_ref(),
            models,
        ),
        Platform::Android => book.list(
            S::AllowedAndroidDeviceModels,
            S::AppActionIfAndroidDeviceModelNotAllowed,
            device.model.as_ref(),
            models,
        ),
    }
    book.list(
        S::AllowedAndroidDeviceManufacturers,
        S::AppActionIfAndroidDeviceManufacturerNotAllowed,
        device.manufacturer.as_ref(),
        [R::DeviceManufacturerWarn, R::DeviceManufacturerBlock, R::DeviceManufacturerWipe],
    );
    let wanted = book.word(S::RequiredAndroidSafetyNetDeviceAttestationType, "none");
    if wanted != "none" {
        let action = book.word(S::AppActionIfAndroidSafetyNetDeviceAttestationFailed, "block");
        let reasons = [R::IntegrityWarn, R::IntegrityBlock, R::IntegrityWipe];
        let fine = device.integrity.map(|verdict| match verdict {
            IntegrityVerdict::Failed => false,
            IntegrityVerdict::Basic => wanted == "basicIntegrity",
            IntegrityVerdict::Certified => true,
        });
        book.note(S::RequiredAndroidSafetyNetDeviceAttestationType, &action, says(fine), reasons);
        if book.word(S::RequiredAndroidSafetyNetEvaluationType, "basic") == "hardwareBacked" {
            let backed = says(device.integrity_hardware_backed);
            book.note(S::RequiredAndroidSafetyNetEvaluationType, &action, backed, reasons);
        }
    }
    if book.word(S::RequiredAndroidSafetyNetAppsVerificationType, "none") == "enabled" {
        let action = book.word(S::AppActionIfAndroidSafetyNetAppsVerificationFailed, "block");
        let reasons = [R::AppScanOffWarn, R::AppScanOffBlock, R::AppScanOffWipe];
        let setting = S::RequiredAndroidSafetyNetAppsVerificationType;
        book.note(setting, &action, says(device.verify_apps), reasons);
    }
    let locks = [R::DeviceLockWarn, R::DeviceLockBlock, R::DeviceLockWipe];
    if book.is(S::DeviceLockRequired) {
        let action = book.word(S::AppActionIfDeviceLockNotSet, "block");
        let set = device.device_lock.map(|lock| lock != DeviceLock::None);
        book.note(S::DeviceLockRequired, &action, says(set), locks);
    }
    for (setting, enough) in [
        (
            S::AppActionIfDevicePasscodeComplexityLessThanLow,
            &[DeviceLock::Low, DeviceLock::Medium, DeviceLock::High][..],
        ),
        (S::AppActionIfDevicePasscodeComplexityLessThanMedium, &[DeviceLock::Medium, DeviceLock::High]),
        (S::AppActionIfDevicePasscodeComplexityLessThanHigh, &[DeviceLock::High]),
    ] {
        let action = book.word(setting, "");
        if !action.is_empty() {
            let fine = device.device_lock.map(|lock| enough.contains(&lock));
            book.note(setting, &action, says(fine), locks);
        }
    }
    let knox = book.word(S::AppActionIfSamsungKnoxAttestationRequired, "");
    if !knox.is_empty() {
        let reasons = [R::KnoxWarn, R::KnoxBlock, R::KnoxWipe];
        let setting = S::AppActionIfSamsungKnoxAttestationRequired;
        book.note(setting, &knox, says(device.knox_attested), reasons);
    }
    let risk = |level: ThreatLevel| match level {
        ThreatLevel::Secured => 0,
        ThreatLevel::Low => 1,
        ThreatLevel::Medium => 2,
        ThreatLevel::High => 3,
    };
    let tolerated = ["secured", "low", "medium", "high"]
        .iter()
        .position(|word| *word == book.word(S::MaximumAllowedDeviceThreatLevel, "notConfigured"));
    if let Some(tolerated) = tolerated {
        let action = book.word(S::MobileThreatDefenseRemediationAction, "block");
        let reasons = [R::ThreatLevelWarn, R::ThreatLevelBlock, R::ThreatLevelWipe];
        let fine = device.threat_level.map(|level| risk(level) <= tolerated);
        book.note(S::MaximumAllowedDeviceThreatLevel, &action, says(fine), reasons);
    }
    let disabled = book.word(S::AppActionIfUnableToAuthenticateUser, "");
    if !disabled.is_empty() {
        let reasons = [R::AccountDisabledWarn, R::AccountDisabledBlock, R::AccountDisabledWipe];
        let fine = says(Some(!account.disabled));
        book.note(S::AppActionIfUnableToAuthenticateUser, &disabled, fine, reasons);
    }
    for (setting, action) in
        [(S::PeriodOfflineBeforeWipeIsEnforced, "wipe"), (S::PeriodOfflineBeforeAccessCheck, "block")]
    {
        let span = book.span(setting);
        if span > 0 {
            let reasons = [R::ConnectionRequired, R::ConnectionRequired, R::OfflineWipe];
            book.note(setting, action, says(Some(account.offline_for.0 < span)), reasons);
        }
    }
    let clock = book.word(S::AppActionIfAccountIsClockedOut, "");
    if !clock.is_empty() {
        let grace = book.span(S::GracePeriodToBlockAppsDuringOffClockHours);
        let fine = account.clocked_out.map(|out| !out || account.clocked_out_for.0 < grace);
        let reasons = [R::OutsideWorkingTimeWarn, R::OutsideWorkingTimeBlock, R::OutsideWorkingTimeWipe];
        book.note(S::AppActionIfAccountIsClockedOut, &clock, says(fine), reasons);
    }
    if book.is(S::PinRequired) {
        let attempts = match book.number(S::MaximumPinRetries) {
            0 => 5,
            attempts => attempts,
        };
        let action = book.word(S::AppActionIfMaximumPinRetriesExceeded, "block");
        let reasons = [R::PinAttemptsReset, R::PinAttemptsReset, R::PinAttemptsWipe];
        let fine = says(Some(i64::from(account.pin_attempts) < attempts));
        book.note(S::MaximumPinRetries, &action, fine, reasons);
    }
    book.found
}
