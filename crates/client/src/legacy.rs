//! Signing in with a method that gives no identity (catalogue A1): the service behind the app knows the user, the client
//! core does not. No account is registered, so no policy can apply; the app runs as without the client core, and says so.
//!
//! The server checks the password and remembers the method, which is how the troubleshooter can name the cause.

use ringfence_messages::ReasonCode;
use ringfence_model::{SignInMethod, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::{
    core::State,
    dialogs,
    flow::{Cx, Lane},
    log::LogLevel,
    registration::{self, Refused},
    request::{AppRequest, Identity},
    session::plain,
    state::{Record, encode},
};

/// Somebody signed in without an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LegacyRecord {
    /// The name that was typed. Proves nothing.
    pub user_principal_name: String,
    /// When.
    pub at: UnixMillis,
}

impl Record for LegacyRecord {
    const SLOT: &'static str = "legacy";
}

/// The user signs in the old way.
pub(crate) async fn sign_in(cx: Cx, user_principal_name: String, password: String) {
    cx.until(|state| state.booted.then_some(())).await;
    let _lane = cx.enter(Lane::Account).await;
    match run(&cx, user_principal_name, password).await {
        Ok(()) => {
            cx.log(LogLevel::Warn, "legacy_sign_in", "");
            dialogs::show(&cx, ReasonCode::LegacySignIn);
        }
        Err(reason) => {
            cx.log(LogLevel::Warn, "legacy_sign_in_refused", reason.as_str());
            dialogs::show(&cx, reason);
        }
    }
}

async fn run(cx: &Cx, user_principal_name: String, password: String) -> Result<(), Refused> {
    if let Some(reason) = cx.with(|state| registration::closed(state)) {
        return Err(reason);
    }
    if cx.with(|state| state.instance.is_some() || state.wipe.is_some()) {
        // An account with an identity is there: it stays the only one until it is removed.
        return Err(ReasonCode::OtherAccountRegistered);
    }
    let body = registration::sign_in_request(cx, &user_principal_name, password, SignInMethod::Legacy);
    registration::ask(cx, plain("/phone/v1/signin", Some(&body), None), 200).await?;
    let record = cx.with(|state| LegacyRecord { user_principal_name, at: state.clock.now() });
    cx.put(LegacyRecord::SLOT, encode(&record)).await.map_err(|_| ReasonCode::StartFailed)?;
    cx.with(|state| state.legacy = Some(record));
    Ok(())
}

/// The user leaves; `true` when nobody with an identity was there. The caller is in the account lane.
pub(crate) async fn sign_out(cx: &Cx) -> bool {
    if cx.with(|state| state.legacy.is_none()) {
        return false;
    }
    if cx.forget(LegacyRecord::SLOT).await.is_err() {
        cx.log(LogLevel::Error, "slot_not_removed", LegacyRecord::SLOT);
        return false;
    }
    cx.with(|state| state.legacy = None);
    true
}

/// Somebody is signed in without an identity, and nobody with one.
pub(crate) fn without_identity(state: &State) -> bool {
    state.legacy.is_some() && state.instance.is_none() && state.wipe.is_none()
}

/// Without an identity nothing belongs to an organisation, whatever the app thinks.
pub(crate) fn as_personal(request: &mut AppRequest) {
    match request {
        AppRequest::Create { identity, .. }
        | AppRequest::Write { identity, .. }
        | AppRequest::Read { identity, .. }
        | AppRequest::Delete { identity, .. }
        | AppRequest::MayI { identity, .. }
        | AppRequest::Choose { identity, .. }
        | AppRequest::Sources { identity, .. }
        | AppRequest::Send { identity, .. }
        | AppRequest::Receive { identity, .. } => *identity = Identity::Personal,
        _ => {}
    }
}
