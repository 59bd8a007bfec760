//! The facts as numbers, so that a check is one comparison: met when the number is not below the bound of the check.
//!
//! What a phone cannot tell is zero, below every bound, and marked as unknown. *At most* is *at least* of the reversed
//! number. Versions and dates need wide numbers, everything else fits 64 bits. Built in one go, without branches that depend on the facts.

use ringfence_model::facts::{AccountFacts, AppFacts, DeviceFacts};

use super::LaunchAction;
use crate::compile::{
    CompiledPolicy,
    checks::{Check, Demand, NARROW_SLOTS, Slot, WIDE_ROOM, Widths, date_number, elapsed, version_number},
    ids::{IdSet, Marks},
    kinds::Action,
};

/// What the facts say about a demand that is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// The facts contradict it.
    Unmet,
    /// The phone cannot tell.
    Unknown,
    /// There is no companion to ask.
    NoCompanion,
}

/// Facts as numbers.
pub(super) struct Numbers {
    wide: [u128; WIDE_ROOM],
    narrow: [u64; NARROW_SLOTS],
    /// One bit for each slot whose fact the phone cannot tell.
    unknown: u32,
    no_companion: bool,
}

fn flag(fact: Option<bool>) -> u64 {
    u64::from(fact == Some(true))
}

fn listed(list: Option<&IdSet>, name: Option<&str>) -> u64 {
    match (list, name) {
        (Some(list), Some(name)) => u64::from(list.has(name.trim(), Marks::LISTED)),
        _ => 0,
    }
}

impl Numbers {
    #[expect(clippy::inline_always, reason = "a copy of the numbers costs as much as the checks")]
    #[inline(always)]
    pub(super) fn new(
        policy: &CompiledPolicy,
        device: &DeviceFacts,
        app: &AppFacts,
        account: &AccountFacts,
    ) -> Self {
        let os = version_number(device.os_version);
        let lists = &policy.lists;
        let patch = device.patch_level.as_deref().filter(|_| lists.patch).and_then(date_number);
        let age = device.companion_version.and(device.companion_update_age_days);
        let unknown = |slot: Slot, fact: bool| u32::from(fact) << slot as u32;
        Self {
            // In the order of the slots.
            wide: [
                version_number(app.sdk_version),
                version_number(app.version),
                os,
                !os,
                patch.unwrap_or(0),
                device.companion_version.map_or(0, version_number),
                0,
                0,
            ],
            narrow: [
                age.map_or(0, |days| elapsed(u64::from(days))),
                flag(device.jailbroken.map(|jailbroken| !jailbroken)),
                listed(lists.models.as_ref(), device.model.as_deref()),
                listed(lists.manufacturers.as_ref(), device.manufacturer.as_deref()),
                device.integrity.map_or(0, |verdict| verdict as u64),
                flag(device.integrity_hardware_backed),
                flag(device.verify_apps),
                device.device_lock.map_or(0, |lock| lock as u64),
                flag(device.knox_attested),
                device.threat_level.map_or(0, |level| !(level as u64)),
                u64::from(!account.disabled),
                elapsed(account.offline_for.0),
                match account.clocked_out {
                    Some(false) => u64::MAX,
                    Some(true) => elapsed(account.clocked_out_for.0),
                    None => 0,
                },
                elapsed(u64::from(account.pin_attempts)),
                0,
                0,
            ],
            unknown: unknown(Slot::Patch, patch.is_none())
                | unknown(Slot::Companion, device.companion_version.is_none())
                | unknown(Slot::CompanionAge, age.is_none())
                | unknown(Slot::NotCompromised, device.jailbroken.is_none())
                | unknown(Slot::Model, device.model.is_none())
                | unknown(Slot::Manufacturer, device.manufacturer.is_none())
                | unknown(Slot::Integrity, device.integrity.is_none())
                | unknown(Slot::HardwareBacked, device.integrity_hardware_backed.is_none())
                | unknown(Slot::AppScan, device.verify_apps.is_none())
                | unknown(Slot::DeviceLock, device.device_lock.is_none())
                | unknown(Slot::Knox, device.knox_attested.is_none())
                | unknown(Slot::Threat, device.threat_level.is_none())
                | unknown(Slot::WorkingTime, account.clocked_out.is_none()),
            no_companion: device.companion_version.is_none(),
        }
    }

    /// Whether the phone can tell all facts of these slots.
    pub(super) const fn knows(&self, slots: u32) -> bool {
        self.unknown & slots == 0
    }

    /// The places of the checks that are not met.
    #[inline]
    pub(super) fn failed(&self, widths: &Widths) -> u64 {
        let mut failed = 0;
        let mut bit = 1_u64;
        for (least, slot) in &widths.wide {
            let met = self.wide.get(usize::from(*slot) % WIDE_ROOM).is_some_and(|number| number >= least);
            failed |= bit & u64::from(met).wrapping_sub(1);
            bit <<= 1;
        }
        for (least, slot) in &widths.narrow {
            let met =
                self.narrow.get(usize::from(*slot) % NARROW_SLOTS).is_some_and(|number| number >= least);
            failed |= bit & u64::from(met).wrapping_sub(1);
            bit <<= 1;
        }
        failed
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
pub(crate) fn resulting_action(check: &Check, doubt: Doubt) -> LaunchAction {
    match (doubt, check.action) {
        (Doubt::Unknown, Action::BlockWhenSupported) => LaunchAction::None,
        (Doubt::Unmet, Action::Wipe) => LaunchAction::Wipe,
        _ if matches!(check.demand, Demand::PinAttempts(_)) => LaunchAction::ResetPin,
        (_, Action::Warn) => LaunchAction::Warn,
        (_, Action::Block | Action::BlockWhenSupported | Action::Wipe) => LaunchAction::Block,
    }
}
