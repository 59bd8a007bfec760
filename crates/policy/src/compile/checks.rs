//! Conditional launch as a short list: only the checks a policy asks for, in the order of evaluation, versions as
//! numbers (behaviour §1.3).

use ringfence_model::{
    Millis, Platform, Version,
    facts::{DeviceLock, IntegrityVerdict, ThreatLevel},
    settings::{Setting, Value},
};

use crate::launch::{Doubt, LaunchAction, resulting_action};

use super::{
    ids::{IdSet, Marks},
    kinds::Action,
    read::Reader,
};

/// What a check compares with; the order of the variants is not the order of evaluation.
#[derive(Debug, Clone)]
pub(crate) enum Demand {
    SdkAtLeast(Version),
    AppAtLeast(Version),
    OsAtLeast(Version),
    OsAtMost(Version),
    /// `YYYYMMDD`
    PatchAtLeast(u32),
    CompanionAtLeast(Version),
    CompanionAgeDays(u32),
    NotCompromised,
    Model(Box<Listed>),
    Manufacturer(Box<Listed>),
    Integrity(IntegrityVerdict),
    IntegrityHardwareBacked,
    AppScanOn,
    DeviceLock(DeviceLock),
    Knox,
    ThreatAtMost(ThreatLevel),
    AccountEnabled,
    OnlineWithin(Millis),
    WorkingTime(Millis),
    PinAttempts(u32),
}

/// A list of names that are allowed.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) names: Vec<String>,
    pub(crate) set: IdSet,
}

/// One check.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    pub(crate) demand: Demand,
    pub(crate) action: Action,
    pub(crate) setting: Setting,
}

/// Which fact a check looks at; the place of its number in `launch::numbers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Sdk,
    App,
    OsMinimum,
    OsMaximum,
    Patch,
    Companion,
    CompanionAge,
    NotCompromised,
    Model,
    Manufacturer,
    Integrity,
    HardwareBacked,
    AppScan,
    DeviceLock,
    Knox,
    Threat,
    AccountEnabled,
    Online,
    WorkingTime,
    PinAttempts,
}

/// The checks as numbers: a check is met when the number of its fact is not below its bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) least: u128,
    pub(crate) slot: Slot,
}

/// A version as one number.
pub(crate) const fn version_number(version: Version) -> u128 {
    let Version([major, minor, patch, build]) = version;
    (major as u128) << 96 | (minor as u128) << 64 | (patch as u128) << 32 | build as u128
}

/// Slots whose numbers are wide; they come first, in the slots as in the order of evaluation.
pub(crate) const WIDE_SLOTS: usize = 6;
/// Room for them, a power of two so that a masked place is always inside.
pub(crate) const WIDE_ROOM: usize = 8;
/// Room for the other slots, a power of two so that a masked place is always inside.
pub(crate) const NARROW_SLOTS: usize = 16;

/// The bounds apart by width, in the order of evaluation: first the wide, then the narrow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Widths {
    pub(crate) wide: Box<[(u128, u8)]>,
    /// Slots count from [`WIDE_SLOTS`].
    pub(crate) narrow: Box<[(u64, u8)]>,
}

impl Widths {
    pub(super) fn of(bounds: &[Bound]) -> Self {
        let is_wide = |bound: &&Bound| (bound.slot as usize) < WIDE_SLOTS;
        let narrow = bounds.iter().filter(|bound| !is_wide(bound));
        Self {
            wide: bounds.iter().filter(is_wide).map(|bound| (bound.least, bound.slot as u8)).collect(),
            narrow: narrow
                .map(|bound| {
                    (u64::try_from(bound.least).unwrap_or(u64::MAX), bound.slot as u8 - WIDE_SLOTS as u8)
                })
                .collect(),
        }
    }
}

impl Demand {
    /// The demand as a number; see [`Bound`].
    fn bound(&self) -> Bound {
        let (slot, least) = match self {
            Self::SdkAtLeast(version) => (Slot::Sdk, version_number(*version)),
            Self::AppAtLeast(version) => (Slot::App, version_number(*version)),
            Self::OsAtLeast(version) => (Slot::OsMinimum, version_number(*version)),
            Self::OsAtMost(version) => (Slot::OsMaximum, !version_number(*version)),
            Self::PatchAtLeast(date) => (Slot::Patch, packed_date(*date)),
            Self::CompanionAtLeast(version) => (Slot::Companion, version_number(*version)),
            Self::CompanionAgeDays(days) => (Slot::CompanionAge, before(u64::from(*days))),
            Self::NotCompromised => (Slot::NotCompromised, 1),
            Self::Model(_) => (Slot::Model, 1),
            Self::Manufacturer(_) => (Slot::Manufacturer, 1),
            Self::Integrity(verdict) => (Slot::Integrity, *verdict as u128),
            Self::IntegrityHardwareBacked => (Slot::HardwareBacked, 1),
            Self::AppScanOn => (Slot::AppScan, 1),
            Self::DeviceLock(level) => (Slot::DeviceLock, *level as u128),
            Self::Knox => (Slot::Knox, 1),
            Self::ThreatAtMost(level) => (Slot::Threat, u128::from(!(*level as u64))),
            Self::AccountEnabled => (Slot::AccountEnabled, 1),
            Self::OnlineWithin(span) => (Slot::Online, before(span.0)),
            Self::WorkingTime(grace) => (Slot::WorkingTime, before(grace.0)),
            Self::PinAttempts(attempts) => (Slot::PinAttempts, before(u64::from(*attempts))),
        };
        Bound { least, slot }
    }
}

/// The bound that [`elapsed`] reaches as long as less than `limit` has passed.
const fn before(limit: u64) -> u128 {
    !limit as u128
}

/// What has passed, as a number that falls below [`before`] the limit when the limit is reached.
pub(crate) const fn elapsed(passed: u64) -> u64 {
    !passed.saturating_add(1)
}

/// `20260131` with one byte for each digit and hyphen, as [`date_number`] makes it.
fn packed_date(date: u32) -> u128 {
    let digit = |place: u32| u128::from(date / 10_u32.pow(place) % 10);
    let digits = |places: [u32; 2]| places.iter().fold(0, |number, place| number << 8 | digit(*place));
    digits([7, 6]) << 64 | digits([5, 4]) << 48 | digits([3, 2]) << 24 | digits([1, 0])
}

/// The same as [`parse_date`], eight bytes at a time: larger for later dates, `None` for what is no date.
pub(crate) fn date_number(text: &str) -> Option<u128> {
    let (head, tail) = text.as_bytes().split_first_chunk::<8>()?;
    let head = u64::from_be_bytes(*head) ^ 0x3030_3030_2d30_302d;
    let tail = u16::from_be_bytes(*tail.as_array::<2>()?) ^ 0x3030;
    // Digits are now 0 to 9 and hyphens 0: adding 6 must not carry a digit into the high half of its byte.
    let wrong_head = (head | head.wrapping_add(0x0606_0606_0006_0600)) & 0xf0f0_f0f0_fff0_f0ff;
    let wrong_tail = (tail | tail.wrapping_add(0x0606)) & 0xf0f0;
    let number = u128::from(head) << 16 | u128::from(tail);
    (wrong_head == 0 && wrong_tail == 0 && number > 0).then_some(number)
}

/// Places of checks by what follows when the facts contradict them, and the slots that are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Places {
    /// One set for each action, strongest first.
    pub(crate) by_action: [(LaunchAction, u64); 4],
    /// One bit for each slot.
    pub(crate) slots: u32,
}

impl Places {
    pub(super) fn of(checks: &[Check], bounds: &[Bound]) -> Self {
        let strongest_first =
            [LaunchAction::Wipe, LaunchAction::Block, LaunchAction::ResetPin, LaunchAction::Warn];
        let by_action = strongest_first.map(|action| {
            let fits = |check: &Check| resulting_action(check, Doubt::Unmet) == action;
            let places = checks.iter().enumerate().filter(|(_, check)| fits(check));
            (action, places.fold(0, |bits, (place, _)| bits | 1 << (place & 63)))
        });
        let slots = bounds.iter().fold(0, |bits, bound| bits | 1 << bound.slot as u32);
        Self { by_action, slots }
    }
}

/// The numbers of checks, in the same order.
pub(super) fn bounds(checks: &[Check]) -> Box<[Bound]> {
    checks.iter().map(|check| check.demand.bound()).collect()
}

/// `2026-01-31` as `20260131`; `None` for anything else and for the date zero.
pub(crate) fn parse_date(text: &str) -> Option<u32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes().as_array::<10>()? else {
        return None;
    };
    let mut date = 0;
    for byte in [y1, y2, y3, y4, m1, m2, d1, d2] {
        if !byte.is_ascii_digit() {
            return None;
        }
        date = date * 10 + u32::from(byte - b'0');
    }
    (date > 0).then_some(date)
}

/// The checks a policy asks for, in the order of evaluation: protection, app and system version first (behaviour §1.4),
/// then patch, companion, device, account, time. Actions are ordered later, when they are known to apply.
pub(super) fn list(reader: Reader<'_>) -> Box<[Check]> {
    let mut checks = Vec::new();
    versions(reader, &mut checks);
    companion(reader, &mut checks);
    device(reader, &mut checks);
    account(reader, &mut checks);
    checks.into_boxed_slice()
}

fn push(checks: &mut Vec<Check>, setting: Setting, action: Option<Action>, demand: Option<Demand>) {
    if let (Some(action), Some(demand)) = (action, demand) {
        checks.push(Check { demand, action, setting });
    }
}

fn versions(reader: Reader<'_>, checks: &mut Vec<Check>) {
    type Make = fn(Version) -> Demand;
    let rows: [([Setting; 3], Make); 4] = [
        (
            [
                Setting::MinimumWipeSdkVersion,
                Setting::MinimumRequiredSdkVersion,
                Setting::MinimumWarningSdkVersion,
            ],
            Demand::SdkAtLeast,
        ),
        (
            [
                Setting::MinimumWipeAppVersion,
                Setting::MinimumRequiredAppVersion,
                Setting::MinimumWarningAppVersion,
            ],
            Demand::AppAtLeast,
        ),
        (
            [
                Setting::MinimumWipeOsVersion,
                Setting::MinimumRequiredOsVersion,
                Setting::MinimumWarningOsVersion,
            ],
            Demand::OsAtLeast,
        ),
        (
            [
                Setting::MaximumWipeOsVersion,
                Setting::MaximumRequiredOsVersion,
                Setting::MaximumWarningOsVersion,
            ],
            Demand::OsAtMost,
        ),
    ];
    for (settings, make) in rows {
        for (setting, action) in settings.into_iter().zip([Action::Wipe, Action::Block, Action::Warn]) {
            push(checks, setting, Some(action), reader.version(setting).map(make));
        }
    }
    let patches = [
        (Setting::MinimumWipePatchVersion, Action::Wipe),
        (Setting::MinimumRequiredPatchVersion, Action::Block),
        (Setting::MinimumWarningPatchVersion, Action::Warn),
    ];
    for (setting, action) in patches {
        push(checks, setting, Some(action), reader.date(setting).map(Demand::PatchAtLeast));
    }
}

fn companion(reader: Reader<'_>, checks: &mut Vec<Check>) {
    let versions = [
        (Setting::MinimumWipeCompanyPortalVersion, Action::Wipe),
        (Setting::MinimumRequiredCompanyPortalVersion, Action::Block),
        (Setting::MinimumWarningCompanyPortalVersion, Action::Warn),
    ];
    for (setting, action) in versions {
        push(checks, setting, Some(action), reader.version(setting).map(Demand::CompanionAtLeast));
    }
    let ages = [
        (Setting::WipeAfterCompanyPortalUpdateDeferralInDays, Action::Wipe),
        (Setting::BlockAfterCompanyPortalUpdateDeferralInDays, Action::Block),
        (Setting::WarnAfterCompanyPortalUpdateDeferralInDays, Action::Warn),
    ];
    for (setting, action) in ages {
        let days = Some(reader.int(setting)).filter(|days| *days > 0);
        push(checks, setting, Some(action), days.map(Demand::CompanionAgeDays));
    }
}

fn listed(names: &[String]) -> Option<Box<Listed>> {
    let names: Vec<String> =
        names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let set = IdSet::new(names.iter().map(|name| (name.as_str(), Marks::LISTED)));
    (!set.is_empty()).then(|| Box::new(Listed { names, set }))
}

fn device(reader: Reader<'_>, checks: &mut Vec<Check>) {
    use Setting as S;
    let action = |setting| reader.action(setting);
    let on = |setting, demand: Demand| reader.flag(setting).then_some(demand);
    push(
        checks,
        S::DeviceComplianceRequired,
        action(S::AppActionIfDeviceComplianceRequired),
        on(S::DeviceComplianceRequired, Demand::NotCompromised),
    );
    let (models, model_action) = match reader.platform {
        Platform::Ios => (S::AllowedIosDeviceModels, S::AppActionIfIosDeviceModelNotAllowed),
        Platform::Android => (S::AllowedAndroidDeviceModels, S::AppActionIfAndroidDeviceModelNotAllowed),
    };
    push(checks, models, action(model_action), listed(reader.texts(models)).map(Demand::Model));
    let makers = S::AllowedAndroidDeviceManufacturers;
    push(
        checks,
        makers,
        action(S::AppActionIfAndroidDeviceManufacturerNotAllowed),
        listed(reader.texts(makers)).map(Demand::Manufacturer),
    );
    integrity(reader, checks);
    push(
        checks,
        S::DeviceLockRequired,
        action(S::AppActionIfDeviceLockNotSet),
        on(S::DeviceLockRequired, Demand::DeviceLock(DeviceLock::Low)),
    );
    for (setting, level) in [
        (S::AppActionIfDevicePasscodeComplexityLessThanLow, DeviceLock::Low),
        (S::AppActionIfDevicePasscodeComplexityLessThanMedium, DeviceLock::Medium),
        (S::AppActionIfDevicePasscodeComplexityLessThanHigh, DeviceLock::High),
    ] {
        push(checks, setting, action(setting), Some(Demand::DeviceLock(level)));
    }
    let knox = S::AppActionIfSamsungKnoxAttestationRequired;
    push(checks, knox, action(knox), Some(Demand::Knox));
    let level = match reader.choice(S::MaximumAllowedDeviceThreatLevel) {
        Some("secured") => Some(ThreatLevel::Secured),
        Some("low") => Some(ThreatLevel::Low),
        Some("medium") => Some(ThreatLevel::Medium),
        Some("high") => Some(ThreatLevel::High),
        _ => None,
    };
    push(
        checks,
        S::MaximumAllowedDeviceThreatLevel,
        action(S::MobileThreatDefenseRemediationAction),
        level.map(Demand::ThreatAtMost),
    );
}

fn integrity(reader: Reader<'_>, checks: &mut Vec<Check>) {
    use Setting as S;
    let verdict = match reader.choice(S::RequiredAndroidSafetyNetDeviceAttestationType) {
        Some("basicIntegrity") => Some(IntegrityVerdict::Basic),
        Some("basicIntegrityAndDeviceCertification") => Some(IntegrityVerdict::Certified),
        _ => None,
    };
    let action = reader.action(S::AppActionIfAndroidSafetyNetDeviceAttestationFailed);
    push(checks, S::RequiredAndroidSafetyNetDeviceAttestationType, action, verdict.map(Demand::Integrity));
    let hardware = reader.choice(S::RequiredAndroidSafetyNetEvaluationType) == Some("hardwareBacked");
    push(
        checks,
        S::RequiredAndroidSafetyNetEvaluationType,
        action,
        (verdict.is_some() && hardware).then_some(Demand::IntegrityHardwareBacked),
    );
    let scan = reader.choice(S::RequiredAndroidSafetyNetAppsVerificationType) == Some("enabled");
    push(
        checks,
        S::RequiredAndroidSafetyNetAppsVerificationType,
        reader.action(S::AppActionIfAndroidSafetyNetAppsVerificationFailed),
        scan.then_some(Demand::AppScanOn),
    );
}

fn account(reader: Reader<'_>, checks: &mut Vec<Check>) {
    use Setting as S;
    let disabled = S::AppActionIfUnableToAuthenticateUser;
    push(checks, disabled, reader.action(disabled), Some(Demand::AccountEnabled));
    for (setting, action) in [
        (S::PeriodOfflineBeforeWipeIsEnforced, Action::Wipe),
        (S::PeriodOfflineBeforeAccessCheck, Action::Block),
    ] {
        push(checks, setting, Some(action), reader.limit(setting).map(Demand::OnlineWithin));
    }
    let clock = S::AppActionIfAccountIsClockedOut;
    let grace = reader.span(S::GracePeriodToBlockAppsDuringOffClockHours).unwrap_or_default();
    push(checks, clock, reader.action(clock), Some(Demand::WorkingTime(grace)));
    if reader.flag(S::PinRequired) {
        push(
            checks,
            S::MaximumPinRetries,
            reader.action(S::AppActionIfMaximumPinRetriesExceeded),
            Some(Demand::PinAttempts(pin_attempts(reader))),
        );
    }
}

/// Attempts before the action; out of range counts as the documented preset of 5.
pub(super) fn pin_attempts(reader: Reader<'_>) -> u32 {
    match reader.get(Setting::MaximumPinRetries) {
        Some(Value::Int(attempts)) if *attempts > 0 => u32::try_from(*attempts).unwrap_or(u32::MAX),
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::{date_number, packed_date, parse_date};

    #[test]
    fn dates_are_read_strictly() {
        assert_eq!(parse_date("2026-01-31"), Some(20_260_131));
        for wrong in ["0000-00-00", "2026-1-31", "2026/01/31", "", "2026-01-31T", "２026-01-3"] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn both_ways_of_reading_dates_agree() {
        let characters = ['0', '1', '5', '9', '-', '/', ':', 'a', 'é', '\0', '\u{7f}', 'ÿ'];
        for date in ["2026-01-31", "0000-00-00", "0000-00-01", "9999-99-99", "1900-10-09", "2026-01-3", ""] {
            let mut texts = vec![date.to_owned()];
            for (at, _) in date.char_indices() {
                for other in characters {
                    texts.push(format!("{}{other}{}", &date[..at], &date[at + 1..]));
                }
            }
            for text in texts {
                assert_eq!(date_number(&text), parse_date(&text).map(packed_date), "{text:?}");
            }
        }
        assert!(packed_date(20_251_231) < packed_date(20_260_101));
    }
}
