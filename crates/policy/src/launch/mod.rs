//! May work data be opened now? The conditions of behaviour §1.3, evaluated at launch, resume and identity switch.
//!
//! **Order.** Of everything that is not met the strongest action counts: wipe, then block, then PIN reset, then warning.
//! Within one action the order is: version of the client core, app, system (oldest, newest), patch, companion, its age,
//! jailbreak or root, model, manufacturer, integrity, app scan, screen lock, Knox, threat level, disabled account, time
//! offline, working time, wrong PINs. The reference names wipe before block for iOS only; here it holds for both.
//!
//! **Unknown facts.** What a phone cannot tell counts as not met, but a wipe rests on facts alone: unknown turns *wipe*
//! into *block*. *Block when supported* ignores what the phone cannot tell. A missing companion is told as such.
//!
//! **Limits.** A minimum is met by an equal version, a maximum too; a span is over when it has been reached.

mod finding;
mod numbers;

use ringfence_messages::ReasonCode;
use ringfence_model::{
    facts::{AccountFacts, AppFacts, DeviceFacts},
    settings::Setting,
};
use serde::{Deserialize, Serialize};

pub use self::finding::{Condition, Fact, Finding};
use self::numbers::Numbers;
pub(crate) use self::numbers::{Doubt, resulting_action};
use crate::compile::{
    CompiledPolicy,
    checks::{Bound, Check},
};

/// What follows from a condition that is not met; later is stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LaunchAction {
    /// Nothing: work data may be opened.
    #[default]
    None,
    /// A notice that may be dismissed.
    Warn,
    /// Sign in and choose a new PIN.
    ResetPin,
    /// No access to work data until the condition is met or the work account removed.
    Block,
    /// Work data of the account is removed.
    Wipe,
}

impl LaunchAction {
    /// Key of its name in the language files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::None => "action-none",
            Self::Warn => "action-warn",
            Self::ResetPin => "action-reset-pin",
            Self::Block => "action-block",
            Self::Wipe => "action-wipe",
        }
    }
}

/// The outcome. Small and without allocation; [`LaunchOutcome::findings`] gives the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchOutcome {
    /// The strongest action.
    pub action: LaunchAction,
    /// Why; `None` when nothing is wrong.
    pub reason: Option<ReasonCode>,
    /// The setting that decided.
    pub decider: Option<Setting>,
    /// Checks that are not met, by their place in the compiled policy.
    failed: u64,
}

/// Evaluates all conditions that the policy asks for.
pub fn evaluate(
    policy: &CompiledPolicy,
    device: &DeviceFacts,
    app: &AppFacts,
    account: &AccountFacts,
) -> LaunchOutcome {
    let numbers = Numbers::new(policy, device, app, account);
    let failed = numbers.failed(&policy.widths);
    let mut outcome = LaunchOutcome { action: LaunchAction::None, reason: None, decider: None, failed };
    if failed == 0 {
        return outcome;
    }
    let strongest = if numbers.knows(policy.places.slots) {
        strongest_known(policy, failed)
    } else {
        strongest_doubted(policy, &numbers, failed)
    };
    if let Some((check, doubt, action)) = strongest {
        outcome.action = action;
        outcome.reason = Some(finding::reason(&check.demand, doubt, action));
        outcome.decider = Some(check.setting);
    }
    outcome
}

type Strongest<'a> = Option<(&'a Check, Doubt, LaunchAction)>;

/// The first of the strongest, when everything that is looked at is known.
fn strongest_known(policy: &CompiledPolicy, failed: u64) -> Strongest<'_> {
    let found = policy.places.by_action.iter().find(|(_, places)| failed & places != 0);
    let (action, places) = found?;
    let check = policy.checks.get((failed & places).trailing_zeros() as usize)?;
    Some((check, Doubt::Unmet, *action))
}

/// The first of the strongest, one by one, because what is unknown weakens an action.
fn strongest_doubted<'a>(policy: &'a CompiledPolicy, numbers: &Numbers, mut failed: u64) -> Strongest<'a> {
    let mut strongest: Strongest<'a> = None;
    while failed != 0 {
        let place = failed.trailing_zeros() as usize;
        failed &= failed - 1;
        if let (Some(check), Some(bound)) = (policy.checks.get(place), policy.bounds.get(place)) {
            let doubt = numbers.doubt(bound.slot);
            let action = resulting_action(check, doubt);
            let so_far = strongest.map_or(LaunchAction::None, |(_, _, action)| action);
            if action > so_far {
                strongest = Some((check, doubt, action));
            }
        }
    }
    strongest
}

impl LaunchOutcome {
    /// Everything that is not met, strongest first. Give the same policy and facts as to [`evaluate`].
    pub fn findings<'a>(
        &self,
        policy: &'a CompiledPolicy,
        device: &'a DeviceFacts,
        app: &'a AppFacts,
        account: &'a AccountFacts,
    ) -> impl Iterator<Item = Finding<'a>> + use<'a> {
        let failed = self.failed;
        let numbers = Numbers::new(policy, device, app, account);
        let found = move |place: usize, check: &'a Check, bound: &Bound, action: LaunchAction| {
            let doubt = numbers.doubt(bound.slot);
            let here = failed.checked_shr(place as u32).is_some_and(|bits| bits & 1 == 1);
            (here && resulting_action(check, doubt) == action)
                .then(|| finding::finding(check, doubt, action, device, app, account))
        };
        let actions = [LaunchAction::Wipe, LaunchAction::Block, LaunchAction::ResetPin, LaunchAction::Warn];
        let places = policy.checks.iter().zip(&policy.bounds).enumerate();
        actions
            .into_iter()
            .flat_map(move |action| places.clone().map(move |place| (action, place)))
            .filter_map(move |(action, (place, (check, bound)))| found(place, check, bound, action))
    }
}
