//! What was found, in words: condition, reason code, required and actual values. Made only when asked for.

use std::fmt;

use ringfence_messages::{Args, Lang, ReasonCode, text};
use ringfence_model::{
    Millis, Version,
    facts::{AccountFacts, AppFacts, DeviceFacts, DeviceLock, IntegrityVerdict, ThreatLevel},
    settings::Setting,
};
use serde::{Deserialize, Serialize};

use super::{LaunchAction, numbers::Doubt};
use crate::compile::checks::{Check, Demand};

/// The conditions, in the order of evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    /// Version of the client core.
    SdkVersion,
    /// Version of the app.
    AppVersion,
    /// Oldest system version.
    OsMinimum,
    /// Newest system version.
    OsMaximum,
    /// Date of the security update.
    PatchLevel,
    /// Version of the companion.
    CompanionVersion,
    /// Age of the companion's waiting update.
    CompanionAge,
    /// Jailbreak or root.
    Compromised,
    /// Model.
    Model,
    /// Manufacturer.
    Manufacturer,
    /// Integrity verdict of the store.
    Integrity,
    /// Scanning of apps.
    AppScan,
    /// Screen lock.
    DeviceLock,
    /// Samsung Knox.
    Knox,
    /// Threat level.
    ThreatLevel,
    /// Disabled account.
    AccountDisabled,
    /// Time offline.
    Offline,
    /// Working time.
    WorkingTime,
    /// Wrong PINs.
    PinAttempts,
}

impl Condition {
    /// Key of its name in the language files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::SdkVersion => "condition-sdk-version",
            Self::AppVersion => "condition-app-version",
            Self::OsMinimum => "condition-os-minimum",
            Self::OsMaximum => "condition-os-maximum",
            Self::PatchLevel => "condition-patch-level",
            Self::CompanionVersion => "condition-companion-version",
            Self::CompanionAge => "condition-companion-age",
            Self::Compromised => "condition-compromised",
            Self::Model => "condition-model",
            Self::Manufacturer => "condition-manufacturer",
            Self::Integrity => "condition-integrity",
            Self::AppScan => "condition-app-scan",
            Self::DeviceLock => "condition-device-lock",
            Self::Knox => "condition-knox",
            Self::ThreatLevel => "condition-threat-level",
            Self::AccountDisabled => "condition-account-disabled",
            Self::Offline => "condition-offline",
            Self::WorkingTime => "condition-working-time",
            Self::PinAttempts => "condition-pin-attempts",
        }
    }
}

/// A required or actual value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<'a> {
    /// The phone cannot tell.
    Unknown,
    /// A version.
    Version(Version),
    /// A date as `YYYYMMDD`.
    Date(u32),
    /// A name.
    Name(&'a str),
    /// Names of which one is asked for.
    Names(&'a [String]),
    /// Strength of the screen lock.
    Lock(DeviceLock),
    /// Threat level.
    Threat(ThreatLevel),
    /// Integrity verdict.
    Integrity(IntegrityVerdict),
    /// Yes or no.
    Flag(bool),
    /// Whole minutes.
    Minutes(u64),
    /// Whole days.
    Days(u64),
    /// A number.
    Count(u32),
}

/// Without units, in no language: goes into texts that name the unit.
impl fmt::Display for Fact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Version(version) => write!(f, "{version}"),
            Self::Date(date) => {
                write!(f, "{:04}-{:02}-{:02}", date / 10_000, date / 100 % 100, date % 100)
            }
            Self::Name(name) => f.write_str(name),
            Self::Names(names) => f.write_str(&names.join(", ")),
            Self::Lock(lock) => f.write_str(match lock {
                DeviceLock::None => "none",
                DeviceLock::Low => "low",
                DeviceLock::Medium => "medium",
                DeviceLock::High => "high",
            }),
            Self::Threat(threat) => f.write_str(match threat {
                ThreatLevel::Secured => "secured",
                ThreatLevel::Low => "low",
                ThreatLevel::Medium => "medium",
                ThreatLevel::High => "high",
            }),
            Self::Integrity(verdict) => f.write_str(match verdict {
                IntegrityVerdict::Failed => "failed",
                IntegrityVerdict::Basic => "basic",
                IntegrityVerdict::Certified => "certified",
            }),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Minutes(count) | Self::Days(count) => write!(f, "{count}"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

/// One condition that is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding<'a> {
    /// Which condition.
    pub condition: Condition,
    /// What follows from this condition alone.
    pub action: LaunchAction,
    /// Why.
    pub reason: ReasonCode,
    /// The setting behind it.
    pub setting: Setting,
    /// What the policy asks for.
    pub required: Fact<'a>,
    /// What was found.
    pub actual: Fact<'a>,
}

impl Finding<'_> {
    /// Arguments for the text; the caller adds `app`, `account`, `organisation`.
    pub fn text_args(&self, lang: Lang) -> Args {
        let none = Args::new();
        let mut args = Args::new();
        args.insert("condition".to_owned(), text(self.condition.key(), lang, &none));
        args.insert("required".to_owned(), self.required.to_string());
        if self.actual != Fact::Unknown {
            args.insert("actual".to_owned(), self.actual.to_string());
        }
        args
    }
}

pub(super) fn finding<'a>(
    check: &'a Check,
    doubt: Doubt,
    action: LaunchAction,
    device: &'a DeviceFacts,
    app: &'a AppFacts,
    account: &'a AccountFacts,
) -> Finding<'a> {
    let (condition, required, actual) = values(check, device, app, account);
    Finding {
        condition,
        action,
        reason: reason(&check.demand, doubt, action),
        setting: check.setting,
        required,
        actual,
    }
}

fn minutes(span: Millis) -> Fact<'static> {
    Fact::Minutes(span.0 / 60_000)
}

fn values<'a>(
    check: &'a Check,
    device: &'a DeviceFacts,
    app: &'a AppFacts,
    account: &'a AccountFacts,
) -> (Condition, Fact<'a>, Fact<'a>) {
    use Condition as C;
    let flag = |fact: Option<bool>| fact.map_or(Fact::Unknown, Fact::Flag);
    let name = |fact: &'a Option<String>| fact.as_deref().map_or(Fact::Unknown, Fact::Name);
    match &check.demand {
        Demand::SdkAtLeast(version) => {
            (C::SdkVersion, Fact::Version(*version), Fact::Version(app.sdk_version))
        }
        Demand::AppAtLeast(version) => (C::AppVersion, Fact::Version(*version), Fact::Version(app.version)),
        Demand::OsAtLeast(version) => {
            (C::OsMinimum, Fact::Version(*version), Fact::Version(device.os_version))
        }
        Demand::OsAtMost(version) => {
            (C::OsMaximum, Fact::Version(*version), Fact::Version(device.os_version))
        }
        Demand::PatchAtLeast(date) => (C::PatchLevel, Fact::Date(*date), name(&device.patch_level)),
        Demand::CompanionAtLeast(version) => (
            C::CompanionVersion,
            Fact::Version(*version),
            device.companion_version.map_or(Fact::Unknown, Fact::Version),
        ),
        Demand::CompanionAgeDays(days) => (
            C::CompanionAge,
            Fact::Days(u64::from(*days)),
            device.companion_update_age_days.map_or(Fact::Unknown, |age| Fact::Days(u64::from(age))),
        ),
        Demand::NotCompromised => (C::Compromised, Fact::Flag(false), flag(device.jailbroken)),
        Demand::Model(listed) => (C::Model, Fact::Names(&listed.names), name(&device.model)),
        Demand::Manufacturer(listed) => {
            (C::Manufacturer, Fact::Names(&listed.names), name(&device.manufacturer))
        }
        Demand::Integrity(verdict) => {
            (C::Integrity, Fact::Integrity(*verdict), device.integrity.map_or(Fact::Unknown, Fact::Integrity))
        }
        Demand::IntegrityHardwareBacked => {
            (C::Integrity, Fact::Name("hardware-backed"), backing(device.integrity_hardware_backed))
        }
        Demand::AppScanOn => (C::AppScan, Fact::Flag(true), flag(device.verify_apps)),
        Demand::DeviceLock(level) => {
            (C::DeviceLock, Fact::Lock(*level), device.device_lock.map_or(Fact::Unknown, Fact::Lock))
        }
        Demand::Knox => (C::Knox, Fact::Flag(true), flag(device.knox_attested)),
        Demand::ThreatAtMost(level) => {
            (C::ThreatLevel, Fact::Threat(*level), device.threat_level.map_or(Fact::Unknown, Fact::Threat))
        }
        Demand::AccountEnabled => (C::AccountDisabled, Fact::Flag(false), Fact::Flag(account.disabled)),
        Demand::OnlineWithin(span) if check.setting == Setting::PeriodOfflineBeforeWipeIsEnforced => {
            let days = |span: Millis| Fact::Days(span.0 / 86_400_000);
            (C::Offline, days(*span), days(account.offline_for))
        }
        Demand::OnlineWithin(span) => (C::Offline, minutes(*span), minutes(account.offline_for)),
        Demand::WorkingTime(grace) => (
            C::WorkingTime,
            minutes(*grace),
            account.clocked_out.map_or(Fact::Unknown, |_| minutes(account.clocked_out_for)),
        ),
        Demand::PinAttempts(attempts) => {
            (C::PinAttempts, Fact::Count(*attempts), Fact::Count(account.pin_attempts))
        }
    }
}

fn backing(fact: Option<bool>) -> Fact<'static> {
    fact.map_or(Fact::Unknown, |backed| Fact::Name(if backed { "hardware-backed" } else { "basic" }))
}

/// The reason code of a finding.
pub(super) fn reason(demand: &Demand, doubt: Doubt, action: LaunchAction) -> ReasonCode {
    use ReasonCode as R;
    let [warn, block, wipe] = match (doubt, demand) {
        (Doubt::NoCompanion, _) => [R::CompanionRequired; 3],
        (Doubt::Unknown, _) => {
            [R::ConditionUnverifiedWarn, R::ConditionUnverifiedBlock, R::ConditionUnverifiedBlock]
        }
        (_, Demand::SdkAtLeast(_)) => [R::SdkTooOldWarn, R::SdkTooOldBlock, R::SdkTooOldWipe],
        (_, Demand::AppAtLeast(_)) => [R::AppTooOldWarn, R::AppTooOldBlock, R::AppTooOldWipe],
        (_, Demand::OsAtLeast(_)) => [R::OsTooOldWarn, R::OsTooOldBlock, R::OsTooOldWipe],
        (_, Demand::OsAtMost(_)) => [R::OsTooNewWarn, R::OsTooNewBlock, R::OsTooNewWipe],
        (_, Demand::PatchAtLeast(_)) => [R::PatchTooOldWarn, R::PatchTooOldBlock, R::PatchTooOldWipe],
        (_, Demand::CompanionAtLeast(_)) => {
            [R::CompanionTooOldWarn, R::CompanionTooOldBlock, R::CompanionTooOldWipe]
        }
        (_, Demand::CompanionAgeDays(_)) => {
            [R::CompanionUpdateOverdueWarn, R::CompanionUpdateOverdueBlock, R::CompanionUpdateOverdueWipe]
        }
        (_, Demand::NotCompromised) => {
            [R::DeviceCompromisedWarn, R::DeviceCompromisedBlock, R::DeviceCompromisedWipe]
        }
        (_, Demand::Model(_)) => [R::DeviceModelWarn, R::DeviceModelBlock, R::DeviceModelWipe],
        (_, Demand::Manufacturer(_)) => {
            [R::DeviceManufacturerWarn, R::DeviceManufacturerBlock, R::DeviceManufacturerWipe]
        }
        (_, Demand::Integrity(_) | Demand::IntegrityHardwareBacked) => {
            [R::IntegrityWarn, R::IntegrityBlock, R::IntegrityWipe]
        }
        (_, Demand::AppScanOn) => [R::AppScanOffWarn, R::AppScanOffBlock, R::AppScanOffWipe],
        (_, Demand::DeviceLock(_)) => [R::DeviceLockWarn, R::DeviceLockBlock, R::DeviceLockWipe],
        (_, Demand::Knox) => [R::KnoxWarn, R::KnoxBlock, R::KnoxWipe],
        (_, Demand::ThreatAtMost(_)) => [R::ThreatLevelWarn, R::ThreatLevelBlock, R::ThreatLevelWipe],
        (_, Demand::AccountEnabled) => {
            [R::AccountDisabledWarn, R::AccountDisabledBlock, R::AccountDisabledWipe]
        }
        (_, Demand::OnlineWithin(_)) => [R::ConnectionRequired, R::ConnectionRequired, R::OfflineWipe],
        (_, Demand::WorkingTime(_)) => {
            [R::OutsideWorkingTimeWarn, R::OutsideWorkingTimeBlock, R::OutsideWorkingTimeWipe]
        }
        (_, Demand::PinAttempts(_)) => [R::PinAttemptsReset, R::PinAttemptsReset, R::PinAttemptsWipe],
    };
    match action {
        LaunchAction::None | LaunchAction::Warn => warn,
        LaunchAction::ResetPin | LaunchAction::Block => block,
        LaunchAction::Wipe => wipe,
    }
}
