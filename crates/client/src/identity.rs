//! Whose data is on the screen (behaviour §4.1). An app with one identity belongs to the work account as a whole; an app
//! with two shows one of them at a time, and data that carries the work account's tag makes it change over.
//!
//! The core cannot see the screen: the app says what it shows, and every request names the identity it is about.

use ringfence_policy::decide::Tag;
use serde::{Deserialize, Serialize};

use crate::{
    core::State,
    documents::{self, Stop},
    flow::Cx,
    request::{AccountTag, Answer, AppRequest, Failure, Identity},
};

/// The identities of an app, as its developer made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identities {
    /// Work and personal side by side; `false`: everything in the app belongs to the work account.
    pub multi: bool,
    /// The app can change over when incoming data demands it; one that cannot is refused the data.
    pub switches: bool,
    /// What the app shows when it starts.
    pub on_screen: Identity,
}

impl Default for Identities {
    fn default() -> Self {
        Self { multi: true, switches: true, on_screen: Identity::Work }
    }
}

/// What is on the screen.
pub(crate) fn on_screen(state: &State) -> Identity {
    let identities = &state.config.identities;
    if identities.multi { identities.on_screen } else { Identity::Work }
}

/// In an app with one identity everything is work data, whatever the app says.
pub(crate) fn as_work(request: &mut AppRequest) {
    match request {
        AppRequest::Create { identity, .. }
        | AppRequest::Write { identity, .. }
        | AppRequest::Read { identity, .. }
        | AppRequest::Delete { identity, .. }
        | AppRequest::MayI { identity, .. }
        | AppRequest::Choose { identity, .. }
        | AppRequest::Sources { identity, .. }
        | AppRequest::Send { identity, .. } => *identity = Identity::Work,
        AppRequest::Receive { identity, action, .. } => {
            *identity = Identity::Work;
            if let crate::Action::Receive { can_open_as_personal, .. } = action {
                *can_open_as_personal = false;
            }
        }
        _ => {}
    }
}

/// The user changes over. To the work account only while work data may be seen; the app stays where it was otherwise.
pub(crate) fn show(cx: &Cx, identity: Identity) -> Result<Answer, Stop> {
    if identity == Identity::Personal && !cx.with(|state| state.config.identities.multi) {
        return Err(Failure::NotApplicable.into());
    }
    documents::pass(cx, identity)?;
    cx.with(|state| state.config.identities.on_screen = identity);
    Ok(Answer::Done)
}

/// How incoming data stands to the account here; `identity` is what the app shows.
pub(crate) fn relation(state: &State, tag: Option<AccountTag>, identity: Identity) -> Tag {
    let Some(tag) = tag else { return Tag::Untagged };
    match own_tag(state) {
        None => Tag::OtherNotSignedIn,
        Some(own) if own != tag => Tag::OtherRegistered,
        Some(_) if state.obeyed.is_none() => Tag::OtherNotManaged,
        Some(_) if identity == Identity::Personal && !state.config.identities.switches => {
            Tag::OtherSwitchFailed
        }
        Some(_) => Tag::SameAccount,
    }
}

/// The tag of the account here.
pub(crate) fn own_tag(state: &State) -> Option<AccountTag> {
    state.instance.as_ref().map(|record| AccountTag { tenant: record.tenant, account: record.account })
}
