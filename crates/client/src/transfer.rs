//! Data in and out: one question to `policy::decide`, and the bytes in the form that the answer allows.

use ringfence_messages::{Args, ReasonCode};
use ringfence_model::{ManagementState, Platform};
use ringfence_policy::decide::{self, Decision, Owner, Request, Tag, Verdict};

use crate::{
    action::Action,
    core::State,
    dialogs, documents,
    documents::Stop,
    effect::Effect,
    flow::Cx,
    identity,
    policy_store::Obeyed,
    request::{AccountTag, Answer, DecisionAnswer, Failure, Identity, Refusal},
    share::{self, Packet},
};

/// Data that came from elsewhere.
pub(crate) struct Incoming {
    pub(crate) action: Action,
    pub(crate) bytes: Vec<u8>,
    pub(crate) tag: Option<AccountTag>,
    pub(crate) name: String,
    pub(crate) identity: Identity,
}

/// Asks without doing.
pub(crate) fn may_i(cx: &Cx, identity: Identity, action: &Action) -> Result<Answer, Stop> {
    documents::pass(cx, identity)?;
    let (decision, args) = cx.with(|state| judge(state, identity, action, None));
    if decision.verdict == Verdict::Deny {
        return Ok(refuse(cx, decision, &args));
    }
    Ok(Answer::Decision(decision))
}

pub(crate) fn refuse(cx: &Cx, decision: DecisionAnswer, args: &Args) -> Answer {
    let reason = decision.reason;
    dialogs::show_with(cx, reason, args);
    let dialog = cx.with(|state| dialogs::make(state, reason, args));
    Answer::Refused(Box::new(Refusal { reason, dialog, decision: Some(decision) }))
}

/// Only the verdict; what it takes to say why is left out.
pub(crate) fn verdict(state: &State, identity: Identity, action: &Action) -> Verdict {
    let Some(obeyed) = &state.obeyed else { return unprotected(state, Tag::Untagged).verdict };
    decide::decide(&obeyed.policy, &request(state, identity, action, Tag::Untagged)).verdict
}

fn request<'a>(state: &State, identity: Identity, action: &'a Action, tag: Tag) -> Request<'a> {
    let owner = match identity {
        Identity::Work => Owner::Work,
        Identity::Personal => Owner::Personal,
    };
    let enrolled = state.facts.as_ref().is_some_and(|facts| facts.device.management == ManagementState::Mdm);
    Request { owner, enrolled, action: action.ask(tag) }
}

/// Decides, with the texts' arguments. `identity` is what the app shows.
pub(crate) fn judge(
    state: &State,
    identity: Identity,
    action: &Action,
    tag: Option<AccountTag>,
) -> (DecisionAnswer, Args) {
    let tag = identity::relation(state, tag, identity);
    let identity = if tag == Tag::SameAccount { Identity::Work } else { identity };
    let Some(obeyed) = &state.obeyed else { return (unprotected(state, tag), Args::new()) };
    let request = request(state, identity, action, tag);
    let decided = || in_words(state, obeyed, &weigh(state, obeyed, &request));
    let args = decide::text_args(&obeyed.policy, &request);
    // A recording holds no addresses that people visit, so it holds what came of them.
    let is_link = matches!(action, Action::Link { .. });
    (if is_link { state.witness.attest("link", decided) } else { decided() }, args)
}

fn weigh(state: &State, obeyed: &Obeyed, request: &Request<'_>) -> Decision {
    let mut decision = decide::decide(&obeyed.policy, request);
    if decision.verdict == Verdict::Deny
        && let Some(sealed) = onto_the_clipboard(obeyed, request)
    {
        decision = sealed;
    }
    if decision.reason == ReasonCode::SendManagedAppsOnly && nobody_to_send_to(state, obeyed) {
        decision.reason = ReasonCode::SendNoManagedApp;
    }
    if let Some(missing) = without_the_app(decision.reason)
        && wanted_is_missing(state, obeyed, request)
    {
        decision.reason = missing;
    }
    decision
}

/// What a refusal that sends the user to one app says when that app is not there (behaviour §12, dialogs 81 and 82).
const fn without_the_app(reason: ReasonCode) -> Option<ReasonCode> {
    match reason {
        ReasonCode::LinkOneBrowserOnly => Some(ReasonCode::LinkBrowserMissing),
        ReasonCode::DialOneAppOnly => Some(ReasonCode::DialAppMissing),
        ReasonCode::MessageOneAppOnly => Some(ReasonCode::MessageAppMissing),
        _ => None,
    }
}

/// Android knows apps by their package; on iOS an app may only ask whether anybody answers to a URL scheme.
fn wanted_is_missing(state: &State, obeyed: &Obeyed, request: &Request<'_>) -> bool {
    let (Some(facts), Some(wanted)) =
        (&state.facts, decide::text_args(&obeyed.policy, request).remove("required"))
    else {
        return false;
    };
    let missing = || match state.config.app.platform {
        Platform::Android => !facts.installed.iter().any(|app| app.id.eq_ignore_ascii_case(&wanted)),
        Platform::Ios => !facts.schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case(&wanted)),
    };
    // What becomes of a link is attested as a whole.
    let is_link = matches!(request.action, decide::Action::Link { .. });
    if is_link { missing() } else { state.witness.attest("wantedAppMissing", missing) }
}

/// Text copied for nobody in particular may be pasted in managed apps: it goes onto the clipboard sealed when they
/// may have it and others may not (behaviour §5.4).
fn onto_the_clipboard(obeyed: &Obeyed, request: &Request<'_>) -> Option<Decision> {
    let decide::Action::Copy { to, characters } = request.action else { return None };
    let managed = decide::Peer::new("", decide::Relation::Managed);
    let action = decide::Action::Copy { to: managed, characters };
    let decision = decide::decide(&obeyed.policy, &Request { action, ..*request });
    let open = to.id.is_empty() && decision.verdict == Verdict::Allow;
    open.then_some(Decision { verdict: Verdict::AllowSealed, reason: ReasonCode::AllowedSealed, ..decision })
}

/// N3: on Android, where the app offers the choice itself, no other managed app is installed.
fn nobody_to_send_to(state: &State, obeyed: &Obeyed) -> bool {
    let own = &state.config.app;
    own.platform == Platform::Android
        && state.facts.as_ref().is_some_and(|facts| {
            let alone = || !facts.installed.iter().any(|app| app != own && obeyed.policy.is_managed(&app.id));
            state.witness.attest("noManagedApp", alone)
        })
}

/// Without a policy nothing is restricted, except that work data that comes in stays closed: nothing protects it here.
fn unprotected(state: &State, tag: Tag) -> DecisionAnswer {
    let (verdict, reason) = match tag {
        Tag::Untagged => (Verdict::Allow, ReasonCode::Allowed),
        _ if state.instance.is_none() => (Verdict::Deny, ReasonCode::ReceiveOwnerNotSignedIn),
        Tag::OtherRegistered => (Verdict::Deny, ReasonCode::ReceiveOwnerOtherAccount),
        _ => (Verdict::Deny, ReasonCode::ReceiveOwnerNotManaged),
    };
    DecisionAnswer {
        verdict,
        reason,
        code: reason.dialog_code(state.config.app.platform).to_owned(),
        deciders: Vec::new(),
        rule: "2.1".to_owned(),
        sources: Vec::new(),
        policy_version: None,
        entry: None,
    }
}

fn in_words(state: &State, obeyed: &Obeyed, decision: &Decision) -> DecisionAnswer {
    DecisionAnswer {
        verdict: decision.verdict,
        reason: decision.reason,
        code: decision.reason.dialog_code(state.config.app.platform).to_owned(),
        deciders: decision.settings().map(|setting| setting.name().to_owned()).collect(),
        rule: decision.rule.to_owned(),
        sources: obeyed.sources_of(decision),
        policy_version: Some(obeyed.version),
        entry: None,
    }
}

/// Decides, and on consent hands out the bytes of a document.
pub(crate) async fn send(cx: &Cx, identity: Identity, name: &str, action: &Action) -> Result<Answer, Stop> {
    if !action.carries_out() {
        return Err(Failure::NotApplicable.into());
    }
    documents::pass(cx, identity)?;
    let (first, args) = cx.with(|state| judge(state, identity, action, None));
    if first.verdict == Verdict::Deny {
        return Ok(refuse(cx, first, &args));
    }
    let bytes = documents::read(cx, identity, name).await?;
    // Decided again on what is obeyed now: a tighter policy may have come while the document was read.
    let (decision, args) = cx.with(|state| judge(state, identity, action, None));
    if decision.verdict == Verdict::Deny {
        return Ok(refuse(cx, decision, &args));
    }
    let own = cx.with(|state| identity::own_tag(state)).filter(|_| identity == Identity::Work);
    if decision.verdict != Verdict::AllowSealed {
        let tag = own.filter(|_| cx.with(|state| goes_to_managed(state, action)));
        return Ok(Answer::Outgoing { bytes, sealed: false, tag, decision });
    }
    let own = own.ok_or(Failure::Broken)?;
    let bytes = share::seal(cx, own, &bytes).await?;
    documents::pass(cx, identity)?;
    Ok(Answer::Outgoing { bytes, sealed: true, tag: Some(own), decision })
}

fn goes_to_managed(state: &State, action: &Action) -> bool {
    let (Action::Send { to, .. } | Action::Copy { to, .. }) = action else { return false };
    let known = matches!(to.relation, decide::Relation::Managed);
    known || state.obeyed.as_ref().is_some_and(|obeyed| obeyed.policy.is_managed(&to.id))
}

/// Decides, and on consent makes a document of what came in.
pub(crate) async fn receive(cx: &Cx, incoming: Incoming) -> Result<Answer, Stop> {
    if !incoming.action.carries_in() {
        return Err(Failure::NotApplicable.into());
    }
    crate::names::document_path(incoming.identity, &incoming.name)?;
    let packet = if Packet::is_one(&incoming.bytes) { Some(Packet::parse(&incoming.bytes)?) } else { None };
    let tag = packet.map(|packet| packet.tag).or(incoming.tag);
    let ours = tag.is_some() && cx.with(|state| identity::own_tag(state)) == tag;
    // Whose the data is comes first: somebody else's stays closed whatever the state of the account here.
    if ours || tag.is_none() {
        documents::pass(cx, if ours { Identity::Work } else { incoming.identity })?;
    }
    let action = incoming.action.clone();
    let action = if tag.is_none() { action.without_identity() } else { action };
    let (decision, args) = cx.with(|state| judge(state, incoming.identity, &action, tag));
    if decision.verdict == Verdict::Deny {
        return Ok(refuse(cx, decision, &args));
    }
    let identity = if ours { Identity::Work } else { incoming.identity };
    let becomes = match (decision.verdict, decision.reason) {
        (Verdict::AllowTagged, _) => Identity::Work,
        (_, ReasonCode::AllowedAsPersonal) => Identity::Personal,
        _ => identity,
    };
    let content = match packet {
        Some(packet) if ours => share::open(cx, packet).await?.to_vec(),
        _ => incoming.bytes.clone(),
    };
    documents::store(cx, becomes, &incoming.name, content).await?;
    // The app follows the data to its owner.
    cx.with(|state| state.config.identities.on_screen = becomes);
    Ok(Answer::Received { identity: becomes, name: incoming.name, decision })
}

/// The button that a refusal offered was pressed: nothing to do but to take the dialog away.
pub(crate) fn dismissed(cx: &Cx, code: String) {
    cx.with(|state| state.on_screen = None);
    cx.emit(Effect::DismissDialog { code });
}
