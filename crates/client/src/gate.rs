//! The gate before work data: asked anew for every request, so that it is never out of date.
//!
//! It fails closed where it must: once a user is known to be targeted, no valid bundle, an ended lease or an unmet
//! condition means no work data. It fails open only on the proven word of the server that nothing covers the user.

use ringfence_messages::{Args, Lang, ReasonCode};
use ringfence_model::{
    Platform,
    facts::{AccountFacts, AppFacts, DeviceFacts},
};
use ringfence_policy::{
    compile::CompiledPolicy,
    launch::{self, LaunchAction, LaunchOutcome},
};

use crate::{
    access, companion,
    core::State,
    dialogs,
    flow::Cx,
    legacy, notes,
    policy_store::Obeyed,
    request::ProtectionState,
    signer,
    state::{Cause, Stage, Verdict},
    wipe,
};

/// Why work data is withheld now, if it is.
pub(crate) fn withheld(state: &State) -> Option<(ReasonCode, Args)> {
    let plain = |reason| Some((reason, Args::new()));
    if let Some(reason) = state.start_failed {
        return plain(reason);
    }
    if state.storage_broken {
        return plain(ReasonCode::StartFailed);
    }
    if wipe::is_under_way(state) {
        return plain(ReasonCode::WipePending);
    }
    let Some(instance) = &state.instance else { return plain(ReasonCode::SignInRequired) };
    match instance.stage {
        Stage::Registering => return plain(ReasonCode::SignInRequired),
        Stage::Lost => return plain(ReasonCode::InstanceRefused),
        Stage::Registered => {}
    }
    let Some(facts) = &state.facts else { return plain(ReasonCode::StartFailed) };
    if facts.device.platform == Platform::Android && !state.companion_present() {
        return plain(ReasonCode::CompanionRequired);
    }
    if signer::is_foreign(state) {
        return plain(ReasonCode::AppCertificateInvalid);
    }
    match state.policy.as_ref().map(|record| record.verdict) {
        None => plain(out_of_reach(state)),
        Some(Verdict::NoPolicy) if state.config.requires_policy => plain(ReasonCode::PolicyMissing),
        Some(Verdict::NotLicensed) if state.config.requires_policy => plain(ReasonCode::NotLicensed),
        Some(Verdict::NoPolicy | Verdict::NotLicensed) => None,
        Some(Verdict::Protected | Verdict::Disabled) => closed_by_policy(state),
    }
}

fn closed_by_policy(state: &State) -> Option<(ReasonCode, Args)> {
    let plain = |reason| Some((reason, Args::new()));
    let Some(obeyed) = &state.obeyed else {
        let disabled = state.policy.as_ref().is_some_and(|record| record.verdict == Verdict::Disabled);
        return plain(if disabled { ReasonCode::AccountDisabled } else { out_of_reach(state) });
    };
    if obeyed.lease_ends_at <= state.clock.now() {
        return plain(out_of_reach(state));
    }
    let conditions = Conditions::now(state, obeyed)?;
    let outcome = conditions.outcome();
    match outcome.action {
        LaunchAction::None | LaunchAction::Warn => access::closed(state),
        LaunchAction::Block | LaunchAction::Wipe | LaunchAction::ResetPin => {
            conditions.findings(&outcome, None).into_iter().next()
        }
    }
}

/// Work data needs the server, and the server is not there.
fn out_of_reach(state: &State) -> ReasonCode {
    match state.last_failure {
        _ if !state.online => ReasonCode::ConnectionRequired,
        None => ReasonCode::ConnectionRequired,
        Some(ReasonCode::InstanceRefused) => ReasonCode::InstanceRefused,
        Some(reason) => reason,
    }
}

/// Everything that a condition looks at.
struct Conditions<'a> {
    policy: &'a CompiledPolicy,
    device: &'a DeviceFacts,
    app: AppFacts,
    account: AccountFacts,
    lang: Lang,
}

impl<'a> Conditions<'a> {
    fn now(state: &'a State, obeyed: &'a Obeyed) -> Option<Self> {
        let app = AppFacts {
            app: state.config.app.clone(),
            version: state.config.app_version,
            sdk_version: state.config.sdk_version,
        };
        let disabled = state.policy.as_ref().is_some_and(|record| record.verdict == Verdict::Disabled);
        let offline_for = state.clock.offline_for();
        let facts = state.facts.as_ref()?;
        let account = AccountFacts {
            disabled,
            offline_for,
            clocked_out: facts.clocked_out,
            clocked_out_for: notes::clocked_out_for(state),
            pin_attempts: access::attempts(state),
        };
        let device = &facts.device;
        Some(Self { policy: &obeyed.policy, device, app, account, lang: state.config.lang })
    }

    fn outcome(&self) -> LaunchOutcome {
        launch::evaluate(self.policy, self.device, &self.app, &self.account)
    }

    /// Reasons and values of what is not met, strongest first.
    fn findings(&self, outcome: &LaunchOutcome, only: Option<LaunchAction>) -> Vec<(ReasonCode, Args)> {
        outcome
            .findings(self.policy, self.device, &self.app, &self.account)
            .filter(|finding| only.is_none_or(|action| finding.action == action))
            .map(|finding| (finding.reason, finding.text_args(self.lang)))
            .collect()
    }
}

/// What the conditions demand now beyond withholding data.
enum Demand {
    Nothing,
    Warn(Vec<(ReasonCode, Args)>),
    Tell(ReasonCode, Args),
    Wipe(Cause, Args),
}

fn demand(state: &State) -> Demand {
    if let Some(reason) = state.start_failed {
        return Demand::Tell(reason, Args::new());
    }
    // An account that has to sign in again keeps its data, and its policy goes on saying when that must go.
    if state.holds_work() && companion::is_gone(state) {
        return Demand::Wipe(Cause::CompanionRemoved, Args::new());
    }
    let Some(obeyed) = state.obeyed.as_ref().filter(|_| state.holds_work()) else { return Demand::Nothing };
    let Some(mut conditions) = Conditions::now(state, obeyed) else { return Demand::Nothing };
    let outcome = conditions.outcome();
    let tells = state.may_use_work();
    if outcome.action != LaunchAction::Wipe {
        if !tells {
            return Demand::Nothing;
        }
        return match withheld(state) {
            Some((reason, args)) => Demand::Tell(reason, args),
            None => Demand::Warn(conditions.findings(&outcome, Some(LaunchAction::Warn))),
        };
    }
    // Nothing is wiped because of a clock that can be set: the same must hold with the time that the monotonic
    // clock has counted for certain.
    conditions.account.offline_for = state.clock.certain_silence().min(state.clock.offline_for());
    let sure = conditions.outcome();
    match sure.reason {
        Some(reason) if sure.action == LaunchAction::Wipe => {
            let first = conditions.findings(&sure, Some(LaunchAction::Wipe)).into_iter().next();
            Demand::Wipe(Cause::Condition(reason), first.map(|(_, args)| args).unwrap_or_default())
        }
        _ if !tells => Demand::Nothing,
        _ => Demand::Tell(ReasonCode::ConnectionRequired, Args::new()),
    }
}

/// What the conditions warn about now, most important first.
pub(crate) fn warnings(state: &State) -> Vec<ReasonCode> {
    let Some(obeyed) = state.obeyed.as_ref().filter(|_| state.may_use_work()) else { return Vec::new() };
    let Some(conditions) = Conditions::now(state, obeyed) else { return Vec::new() };
    let found = conditions.findings(&conditions.outcome(), Some(LaunchAction::Warn));
    found.into_iter().map(|(reason, _)| reason).collect()
}

/// Looks at the conditions and does what they demand: launch, resume, new facts, new policy, time (behaviour §1.4).
pub(crate) fn review(cx: &Cx) {
    let (demand, seen) = cx.with(|state| (demand(state), state.foreground));
    match demand {
        Demand::Nothing => {}
        // Nobody would see it: it is told when the app comes to the front.
        Demand::Warn(_) | Demand::Tell(..) if !seen => {}
        Demand::Warn(warnings) => {
            lift(cx, None);
            for (reason, args) in warnings {
                dialogs::show_once(cx, reason, &args);
            }
        }
        Demand::Tell(reason, args) => {
            lift(cx, Some(reason));
            dialogs::show_once(cx, reason, &args);
            cx.with(|state| state.blocked_for = Some(reason));
        }
        Demand::Wipe(cause, args) => cx.spawn(wipe::begin_local(cx.clone(), cause, args)),
    }
}

/// A reason that no longer holds goes off the screen.
fn lift(cx: &Cx, now: Option<ReasonCode>) {
    if let Some(before) = cx.with(|state| state.blocked_for.take())
        && Some(before) != now
    {
        dialogs::cured(cx, before);
    }
}

/// Where the account stands, for a status page.
pub(crate) fn protection(state: &State) -> ProtectionState {
    if wipe::is_under_way(state) {
        return ProtectionState::Wiping;
    }
    match (
        state.instance.as_ref().map(|record| record.stage),
        state.policy.as_ref().map(|record| record.verdict),
    ) {
        _ if legacy::without_identity(state) => ProtectionState::LegacySignIn,
        _ if state.registering => ProtectionState::Registering,
        (None, _) => ProtectionState::SignedOut,
        (Some(Stage::Registering), _) => ProtectionState::Registering,
        (Some(Stage::Lost), _) => ProtectionState::SignInNeeded,
        (Some(Stage::Registered), None) => ProtectionState::Pending,
        (Some(Stage::Registered), Some(Verdict::NoPolicy)) => ProtectionState::NoPolicy,
        (Some(Stage::Registered), Some(Verdict::NotLicensed)) => ProtectionState::NotLicensed,
        (Some(Stage::Registered), Some(Verdict::Protected | Verdict::Disabled)) => ProtectionState::Protected,
    }
}
