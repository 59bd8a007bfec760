//! Which apps a document may be offered to (behaviour §5.1): the chooser lists only apps that may have it. When none may,
//! Android says so (N3); the test is *all are refused*, not *some are*.

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
    // Which apps a person has is not recorded; which places of the list were offered is.
    let open: Vec<bool> = cx.with(|state| {
        let may = |to: &OtherApp| {
            let action = Action::Send { way, to: to.clone() };
            transfer::verdict(state, identity, &action) != Verdict::Deny
        };
        state.witness.attest("choices", || candidates.iter().map(may).collect())
    });
    let offered: Vec<OtherApp> =
        candidates.into_iter().zip(open).filter_map(|(app, open)| open.then_some(app)).collect();
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
