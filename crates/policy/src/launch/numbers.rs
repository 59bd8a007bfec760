//! The facts as numbers, so that a check is one comparison: met when the number is not below the bound of the check.
//!
//! What a phone cannot tell is zero, below every bound, and marked as unknown. *At most* is *at least* of the reversed
//! number. Built in one go, without branches that depend on the facts.

use ringfence_model::facts::{AccountFacts, AppFacts, DeviceFacts};

use super::LaunchAction;
use crate::compile::{
    CompiledPolicy,
    checks::{Bound, Check, Demand, Slot, elapsed, parse_date, reversed, version_number},
    ids::{IdSet, Marks},
    kinds::Action,
};

/// What the facts say about a demand that is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The facts contradict it.
    Unmet,
    /// The phone cannot tell.
    Unknown,
    /// There is no companion to ask.
    NoCompanion,
}

/// Facts as numbers.
pub(super) struct Numbers {
    values: [u128; 20],
    /// One bit for each slot whose fact the phone cannot tell.
    unknown: u32,
    no_companion: bool,
}

/// A number and whether it is unknown.
type Number = (u128, bool);

fn flag(fact: Option<bool>) -> Number {
    (u128::from(fact == Some(true)), fact.is_none())
}

fn number(fact: Option<u128>) -> Number {
    (fact.unwrap_or(0), fact.is_none())
}

const fn sure(number: u128) -> Number {
    (number, false)
}

fn listed(list: Option<&IdSet>, name: Option<&str>) -> Number {
    match (list, name) {
        (Some(list), Some(name)) => sure(u128::from(list.has(name.trim(), Marks::LISTED))),
        _ => (0, true),
    }
}

impl Numbers {
    #[inline]
    pub(super) fn new(
        policy: &CompiledPolicy,
        device: &DeviceFacts,
        app: &AppFacts,
        account: &AccountFacts,
    ) -> Self {
        let os = version_number(device.os_version);
        let lists = &policy.lists;
        let patch = device.patch_level.as_deref().filter(|_| lists.patch);
        let age = device.companion_version.and(device.companion_update_age_days);
        let clocked_out = match account.clocked_out {
            Some(false) => sure(u128::MAX),
            Some(true) => sure(elapsed(account.clocked_out_for.0)),
            None => (0, true),
        };
        // In the order of the slots.
        let numbers = [
            sure(version_number(app.sdk_version)),
            sure(version_number(app.version)),
            sure(os),
            sure(reversed(os)),
            number(patch.and_then(parse_date).map(u128::from)),
            number(device.companion_version.map(version_number)),
            number(age.map(|days| elapsed(u64::from(days)))),
            flag(device.jailbroken.map(|jailbroken| !jailbroken)),
            listed(lists.models.as_ref(), device.model.as_deref()),
            listed(lists.manufacturers.as_ref(), device.manufacturer.as_deref()),
            number(device.integrity.map(|verdict| verdict as u128)),
            flag(device.integrity_hardware_backed),
            flag(device.verify_apps),
            number(device.device_lock.map(|lock| lock as u128)),
            flag(device.knox_attested),
            number(device.threat_level.map(|level| reversed(level as u128))),
            sure(u128::from(!account.disabled)),
            sure(elapsed(account.offline_for.0)),
            clocked_out,
            sure(elapsed(u64::from(account.pin_attempts))),
        ];
        let unknown = numbers.iter().rev().fold(0, |bits, (_, unknown)| bits << 1 | u32::from(*unknown));
        Self {
            values: numbers.map(|(value, _)| value),
            unknown,
            no_companion: device.companion_version.is_none(),
        }
    }

    /// Whether a check is met.
    #[inline]
    pub(super) fn meets(&self, bound: &Bound) -> bool {
        self.values.get(bound.slot as usize).is_some_and(|value| *value >= bound.least)
    }

    /// Why a check is not met.
    pub(super) fn doubt(&self, slot: Slot) -> Doubt {
        if self.no_companion && matches!(slot, Slot::Companion | Slot::CompanionAge) {
            Doubt::NoCompanion
        } else if self.unknown >> slot as u32 & 1 == 1 {
            Doubt::Unknown
        } else {
            Doubt::Unmet
        }
    }
}

/// What follows; see the module's rules about unknown facts.
pub(super) fn resulting_action(check: &Check, doubt: Doubt) -> LaunchAction {
    match (doubt, check.action) {
        (Doubt::Unknown, Action::BlockWhenSupported) => LaunchAction::None,
        (Doubt::Unmet, Action::Wipe) => LaunchAction::Wipe,
        _ if matches!(check.demand, Demand::PinAttempts(_)) => LaunchAction::ResetPin,
        (_, Action::Warn) => LaunchAction::Warn,
        (_, Action::Block | Action::BlockWhenSupported | Action::Wipe) => LaunchAction::Block,
    }
}
