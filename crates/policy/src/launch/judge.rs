//! One check against the facts.

use ringfence_model::facts::{AccountFacts, AppFacts, DeviceFacts};

use super::LaunchAction;
use crate::compile::{
    checks::{Check, Demand, parse_date},
    ids::Marks,
    kinds::Action,
};

/// What the facts say about a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Met,
    /// The facts contradict it.
    Unmet,
    /// The phone cannot tell.
    Unknown,
    /// There is no companion to ask.
    NoCompanion,
}

const fn met(yes: bool) -> Judgement {
    if yes { Judgement::Met } else { Judgement::Unmet }
}

fn known<T>(fact: Option<T>, test: impl FnOnce(T) -> bool) -> Judgement {
    match fact {
        Some(fact) => met(test(fact)),
        None => Judgement::Unknown,
    }
}

#[inline]
pub(super) fn judge(
    demand: &Demand,
    device: &DeviceFacts,
    app: &AppFacts,
    account: &AccountFacts,
) -> Judgement {
    match demand {
        Demand::SdkAtLeast(version) => met(app.sdk_version >= *version),
        Demand::AppAtLeast(version) => met(app.version >= *version),
        Demand::OsAtLeast(version) => met(device.os_version >= *version),
        Demand::OsAtMost(version) => met(device.os_version <= *version),
        Demand::PatchAtLeast(date) => {
            known(device.patch_level.as_deref().and_then(parse_date), |patch| patch >= *date)
        }
        Demand::CompanionAtLeast(version) => match device.companion_version {
            Some(companion) => met(companion >= *version),
            None => Judgement::NoCompanion,
        },
        Demand::CompanionAgeDays(days) => match device.companion_version {
            Some(_) => known(device.companion_update_age_days, |age| age < *days),
            None => Judgement::NoCompanion,
        },
        Demand::NotCompromised => known(device.jailbroken, |jailbroken| !jailbroken),
        Demand::Model(listed) => {
            known(device.model.as_deref(), |model| listed.set.has(model.trim(), Marks::LISTED))
        }
        Demand::Manufacturer(listed) => {
            known(device.manufacturer.as_deref(), |maker| listed.set.has(maker.trim(), Marks::LISTED))
        }
        Demand::Integrity(verdict) => known(device.integrity, |found| found >= *verdict),
        Demand::IntegrityHardwareBacked => known(device.integrity_hardware_backed, |backed| backed),
        Demand::AppScanOn => known(device.verify_apps, |on| on),
        Demand::DeviceLock(level) => known(device.device_lock, |lock| lock >= *level),
        Demand::Knox => known(device.knox_attested, |attested| attested),
        Demand::ThreatAtMost(level) => known(device.threat_level, |threat| threat <= *level),
        Demand::AccountEnabled => met(!account.disabled),
        Demand::OnlineWithin(span) => met(account.offline_for < *span),
        Demand::WorkingTime(grace) => {
            known(account.clocked_out, |out| !out || account.clocked_out_for < *grace)
        }
        Demand::PinAttempts(attempts) => met(account.pin_attempts < *attempts),
    }
}

/// What follows; see the module's rules about unknown facts.
pub(super) fn resulting_action(check: &Check, judgement: Judgement) -> LaunchAction {
    let pin = matches!(check.demand, Demand::PinAttempts(_));
    match (judgement, check.action) {
        (Judgement::Met, _) | (Judgement::Unknown, Action::BlockWhenSupported) => LaunchAction::None,
        (Judgement::Unmet, Action::Wipe) => LaunchAction::Wipe,
        (Judgement::Unmet, _) if pin => LaunchAction::ResetPin,
        (_, Action::Warn) => LaunchAction::Warn,
        (_, Action::Block | Action::BlockWhenSupported | Action::Wipe) => LaunchAction::Block,
    }
}
