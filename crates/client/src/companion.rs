//! Android: the companion app. It need not be opened and enrols nothing (S2), but without it there is no protection: it
//! holds what the managed apps of an account share. Absent before sign-in, it is asked for (D6). When it goes, or its data
//! is cleared, under an account that a policy protects, the work data goes with it (behaviour §6).

use ringfence_messages::ReasonCode;
use ringfence_model::Platform;
use ringfence_protocol::{Bytes, InstancePublicKey, device::DeviceSignIn};

use crate::{
    core::State,
    effect::{CompanionOp, Effect, KeyOp},
    flow::Cx,
    input::{KeyReply, SharedAccount},
    names, registration,
    registration::{Refused, SignedIn, key_reason},
    state::{InstanceRecord, Stage, Verdict},
};

/// The companion that held this account's share of the keys is gone.
pub(crate) fn is_gone(state: &State) -> bool {
    let (Some(facts), Some(instance)) = (&state.facts, &state.instance) else { return false };
    if facts.device.platform != Platform::Android
        || instance.stage == Stage::Registering
        || !was_protected(state)
    {
        return false;
    }
    let other_data = matches!(
        (&instance.companion_data, &facts.companion_data),
        (Some(known), Some(now)) if known != now
    );
    facts.device.companion_version.is_none() || other_data
}

/// There is work data under a policy. An app that runs unprotected by design loses nothing.
fn was_protected(state: &State) -> bool {
    state
        .policy
        .as_ref()
        .is_some_and(|record| matches!(record.verdict, Verdict::Protected | Verdict::Disabled))
}

/// The account that the companion holds, for signing in without a password.
pub(crate) fn shared_account(state: &State) -> Option<SharedAccount> {
    let held = state.facts.as_ref()?.companion_account.clone();
    held.filter(|_| state.companion_present())
}

/// Makes the key that the companion keeps for the account, unless it keeps one already. `None`: there is no companion to
/// keep it, or it has one.
pub(crate) async fn make_device_key(cx: &Cx, who: &SignedIn) -> Result<Option<InstancePublicKey>, Refused> {
    let wanted = cx.with(|state| {
        let android = state.config.app.platform == Platform::Android && state.companion_present();
        android && shared_account(state).is_none_or(|held| held.account != who.account)
    });
    if !wanted {
        return Ok(None);
    }
    let alias = names::device_alias(who.account);
    match cx.key(KeyOp::MakeSignKey { alias }).await.map_err(key_reason)? {
        KeyReply::PublicKey(spki) => {
            InstancePublicKey::from_spki(&spki).map(Some).map_err(|_| ReasonCode::PinUnreadable)
        }
        KeyReply::Bytes(_) | KeyReply::Changed(_) => Err(ReasonCode::PinUnreadable),
    }
}

/// The proof that stands in for an access token: this device vouches for the new instance.
pub(crate) async fn vouch(
    cx: &Cx,
    who: &SignedIn,
    instance_key: InstancePublicKey,
) -> Result<String, Refused> {
    let proof = cx.with(|state| {
        let device_key = shared_account(state)?.device_key?;
        let proof = DeviceSignIn {
            tenant: who.tenant,
            account: who.account,
            device_tag: state.facts.as_ref()?.device_tag.clone(),
            instance_key,
            at: registration::signing_time(state),
        };
        proof.prepare(&device_key).ok()
    });
    let pending = proof.ok_or(ReasonCode::SignInRequired)?;
    let message = pending.to_be_signed().to_vec();
    let alias = names::device_alias(who.account);
    let signature =
        cx.key_bytes(KeyOp::Sign { alias, message }).await.map_err(|_| ReasonCode::SignInRequired)?;
    let signed: Bytes = pending.attach(signature).map_err(|_| ReasonCode::StartFailed)?.into();
    let text = serde_json::to_value(&signed).ok().and_then(|value| value.as_str().map(str::to_owned));
    text.ok_or(ReasonCode::StartFailed)
}

/// Tells the companion that this app has the account.
pub(crate) fn join(cx: &Cx, record: &InstanceRecord, device_key: Option<InstancePublicKey>) {
    if cx.with(|state| state.config.app.platform) == Platform::Android {
        cx.emit(Effect::Companion(CompanionOp::Joined(SharedAccount {
            tenant: record.tenant,
            account: record.account,
            user_principal_name: record.user_principal_name.clone(),
            device_key,
        })));
    }
}

/// Tells the companion that this app has no account any more.
pub(crate) fn leave(cx: &Cx) {
    if cx.with(|state| state.config.app.platform) == Platform::Android {
        cx.emit(Effect::Companion(CompanionOp::Left));
    }
}
