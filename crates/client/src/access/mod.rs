//! The gate before work data: PIN, biometrics, proof of the work account (behaviour §1.2, catalogue I11).
//!
//! `policy::access` says what must be shown; this flow shows it, checks what comes, and keeps the shared record. An
//! attempt is counted before it is checked, so that killing the app gives none back. No PIN is kept anywhere: the record
//! holds a verifier that is worth nothing without the pepper in the phone's key store. While the key store does not give
//! the pepper, work data stays closed and nothing else happens; it opens again when the key store does.

mod flow;
mod record;
mod slot;

use ringfence_messages::{Args, ReasonCode, args};
use ringfence_model::{ManagementState, Platform};
use ringfence_policy::access::{self, Biometric, Gate, GateFacts, PinState, PinStep};
use ringfence_vault::HwSecret;

pub(crate) use self::{
    flow::{answered, biometric, change, enter, load, proven, refresh, touch},
    record::PinRecord,
};
use crate::core::State;

/// What is known in this process.
#[derive(Default)]
pub(crate) struct Access {
    /// The shared record, of whichever account.
    record: Option<PinRecord>,
    /// What the slot held when it was read or written last.
    slot: Slot,
    /// While the app is in front.
    pepper: Option<HwSecret>,
    /// The key store does not give the pepper (I11).
    unreadable: bool,
    /// The slot is there and cannot be read: a new PIN needs a proof of the account.
    damaged: bool,
    changing: Changing,
}

/// What is known of the bytes in the shared slot.
enum Slot {
    /// These; `None`: it was empty.
    Holds(Option<Vec<u8>>),
    /// It could not be read: whatever is in it has to be replaced.
    Unreadable,
}

impl Default for Slot {
    fn default() -> Self {
        Self::Holds(None)
    }
}

/// How far a change of PIN is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Changing {
    #[default]
    No,
    /// The user wants one: the old PIN first.
    Wanted,
    /// The old PIN was right: choose a new one.
    Allowed,
}

impl Access {
    /// The app goes to the back: what unlocks goes out of memory.
    pub(crate) fn rest(&mut self) {
        self.pepper = None;
        self.changing = Changing::No;
    }
}

/// What the user has to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Nothing: work data opens.
    Open,
    /// The key store is out of order.
    Unreadable,
    /// Prove the work account.
    Prove(ReasonCode),
    /// Choose a PIN.
    Choose(ReasonCode),
    /// Enter the PIN.
    Enter(ReasonCode),
    /// Show a finger or a face; the PIN may be entered instead.
    Biometric,
}

/// The record, if it is of the account in this app.
fn own(state: &State) -> Option<&PinRecord> {
    let account = state.instance.as_ref()?.account;
    state.access.record.as_ref().filter(|record| record.account == account)
}

/// Wrong PINs in a row, a fact for conditional launch.
pub(crate) fn attempts(state: &State) -> u32 {
    own(state).map_or(0, |record| record.attempts)
}

/// Why work data is closed now, if it is.
pub(crate) fn closed(state: &State) -> Option<(ReasonCode, Args)> {
    let reason = match step(state) {
        Step::Open => return None,
        Step::Unreadable => ReasonCode::PinUnreadable,
        Step::Prove(reason) | Step::Choose(reason) | Step::Enter(reason) => reason,
        Step::Biometric => ReasonCode::BiometricPrompt,
    };
    let least = state.obeyed.as_ref().and_then(|obeyed| obeyed.policy.access().pin).map(|pin| pin.min_length);
    Some((reason, args([("required", least.unwrap_or_default().to_string())])))
}

fn step(state: &State) -> Step {
    let Some(obeyed) = &state.obeyed else { return Step::Open };
    let rules = obeyed.policy.access();
    if rules.pin.is_none() && !rules.credentials {
        return Step::Open;
    }
    let facts = gate_facts(state);
    let gate = access::gate(&obeyed.policy, &facts);
    let wants_pin = gate.pin != PinStep::Nothing || state.access.changing != Changing::No;
    if rules.pin.is_some() && state.access.unreadable {
        return Step::Unreadable;
    }
    if state.access.damaged && gate.pin == PinStep::Create {
        return Step::Prove(ReasonCode::PinForgotten);
    }
    if own(state).is_some_and(|record| record.forgotten) && rules.pin.is_some() {
        return Step::Prove(ReasonCode::PinForgotten);
    }
    if gate.credentials && !is_proven(state, rules.recheck_after) {
        return Step::Prove(ReasonCode::CredentialsRequired);
    }
    if !wants_pin {
        return Step::Open;
    }
    if own(state).is_some_and(|record| record.must_choose) || state.access.changing == Changing::Allowed {
        return Step::Choose(ReasonCode::PinCreate);
    }
    pin_step(state.access.changing, gate)
}

fn pin_step(changing: Changing, gate: Gate) -> Step {
    let reason = gate.reason.unwrap_or(ReasonCode::PinEnter);
    match gate.pin {
        PinStep::Create => Step::Choose(reason),
        PinStep::Change | PinStep::Enter => Step::Enter(reason),
        PinStep::Biometric if changing == Changing::No => Step::Biometric,
        PinStep::Biometric | PinStep::Nothing => Step::Enter(ReasonCode::PinEnter),
    }
}

/// The work account was proven recently enough.
fn is_proven(state: &State, within: ringfence_model::Millis) -> bool {
    own(state)
        .and_then(|record| record.proven_for(&state.clock))
        .is_some_and(|ago| ago < within.max(access::LEAST_RECHECK))
}

/// For how long the gate stays open without use; `None` when nothing guards work data, or it is closed.
pub(crate) fn open_for(state: &State) -> Option<ringfence_model::Millis> {
    let rules = state.obeyed.as_ref()?.policy.access();
    if step(state) != Step::Open || (rules.pin.is_none() && !rules.credentials) {
        return None;
    }
    let within = rules.recheck_after.max(access::LEAST_RECHECK);
    let idle = gate_facts(state).idle_for?;
    Some(ringfence_model::Millis(within.0.saturating_sub(idle.0)))
}

/// Signing in again is wanted although the account is registered.
pub(crate) fn wants_proof(state: &State) -> bool {
    matches!(step(state), Step::Prove(_)) || is_locked_out(state)
}

/// The policy's number of wrong attempts has been reached.
fn is_locked_out(state: &State) -> bool {
    uses_up(state, attempts(state))
}

/// So many wrong attempts are as many as the policy allows.
fn uses_up(state: &State, attempts: u32) -> bool {
    let limit =
        state.obeyed.as_ref().and_then(|obeyed| obeyed.policy.access().pin).map(|pin| pin.max_attempts);
    limit.is_some_and(|limit| limit > 0 && attempts >= limit)
}

fn gate_facts(state: &State) -> GateFacts {
    let now = state.clock.now();
    let record = own(state);
    let facts = state.facts.as_ref();
    let rules = state.obeyed.as_ref().and_then(|obeyed| obeyed.policy.access().pin);
    // An Android phone forgets its timer when it is restarted (behaviour §1.2).
    let forgets = facts.is_some_and(|facts| facts.device.platform == Platform::Android);
    let counts = |record: &&PinRecord| !forgets || record.used_boot == state.clock.boot_id();
    let pin = record.and_then(|record| {
        Some(PinState {
            age: record.age(now)?,
            follows_rules: rules.is_none_or(|rules| record.follows(&rules)),
            idle_since_entry: record.entered_for(&state.clock)?,
        })
    });
    GateFacts {
        idle_for: record.filter(counts).and_then(|record| record.idle_for(&state.clock)),
        pin,
        biometric: facts.and_then(|facts| facts.biometric).map(|known| Biometric {
            kind: known.kind,
            strong: known.strong,
            changed: record.is_some_and(|record| record.biometric_set != Some(known.set)),
        }),
        enrolled: facts.is_some_and(|facts| facts.device.management != ManagementState::Unmanaged),
        device_lock: facts.and_then(|facts| facts.device.device_lock),
    }
}
