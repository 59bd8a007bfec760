//! Which apps a document may be offered to (behaviour §5.1): the chooser lists only apps that may have it. When none may,
//! Android says so (N3); the test is *all are refused*, not *some are*. The picker of sources is the same the other way.

use ringfence_messages::ReasonCode;
use ringfence_model::Platform;
use ringfence_policy::decide::{Verdict, Way};

use crate::{
    action::{Action, OtherApp},
    documents::{self, Stop},
    flow::Cx,
    request::{Answer, Identity},
    transfer,
};

/// The candidates are the apps on the phone that open data of this kind.
pub(crate) fn choose(
    cx: &Cx,
    identity: Identity,
    way: Way,
    candidates: Vec<OtherApp>,
) -> Result<Answer, Stop> {
    documents::pass(cx, identity)?;
    let offered = open_to(cx, identity, candidates, |to| Action::Send { way, to });
    if !offered.is_empty() {
        return Ok(Answer::Choices(offered));
    }
    let nobody = Action::Send { way, to: OtherApp::unnamed() };
    let (mut decision, args) = cx.with(|state| transfer::judge(state, identity, &nobody, None));
    if decision.verdict != Verdict::Deny {
        // Every app may have it, and no app wants it.
        return Ok(Answer::Choices(offered));
    }
    let platform = cx.with(|state| state.config.app.platform);
    if decision.reason == ReasonCode::SendManagedAppsOnly && platform == Platform::Android {
        decision.reason = ReasonCode::SendNoManagedApp;
        decision.reason.dialog_code(platform).clone_into(&mut decision.code);
    }
    Ok(transfer::refuse(cx, decision, &args))
}

/// The candidates are the apps on the phone that have data to give (behaviour §5.2).
pub(crate) fn sources(cx: &Cx, identity: Identity, candidates: Vec<OtherApp>) -> Result<Answer, Stop> {
    documents::pass(cx, identity)?;
    let from = |from| Action::Receive { from, can_open_as_personal: false };
    let offered = open_to(cx, identity, candidates, from);
    if !offered.is_empty() {
        return Ok(Answer::Choices(offered));
    }
    let (decision, args) =
        cx.with(|state| transfer::judge(state, identity, &from(OtherApp::unnamed()), None));
    if decision.verdict != Verdict::Deny {
        return Ok(Answer::Choices(offered));
    }
    Ok(transfer::refuse(cx, decision, &args))
}

/// Those of the candidates that an action with them is not refused for. Which apps a person has is not recorded; which places of
/// the list were offered is.
fn open_to(
    cx: &Cx,
    identity: Identity,
    candidates: Vec<OtherApp>,
    action: impl Fn(OtherApp) -> Action,
) -> Vec<OtherApp> {
    let open: Vec<bool> = cx.with(|state| {
        let may = |app: &OtherApp| transfer::verdict(state, identity, &action(app.clone())) != Verdict::Deny;
        state.witness.attest("choices", || candidates.iter().map(may).collect())
    });
    candidates.into_iter().zip(open).filter_map(|(app, open)| open.then_some(app)).collect()
}
