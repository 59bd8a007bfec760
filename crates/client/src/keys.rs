//! The key hierarchy of the account in this app: a secret sealed by the phone's key store, and content keys wrapped
//! under it. Destroying either makes every sealed document unreadable.

use std::sync::Arc;

use ringfence_model::{AccountId, AppId, TenantId};
use ringfence_vault::{HwSecret, Kek, KeyRing, Scope, WrappedRing};
use zeroize::Zeroizing;

use crate::{
    core::State,
    effect::KeyOp,
    flow::{Cx, Lane},
    input::KeyFailure,
    log::LogLevel,
    names::{self, Drawn},
    request::Failure,
    state::{KeysRecord, Record as _, encode},
    witness::Witness,
};

/// Generation of the key-encryption key; grows when the sealed secret is replaced.
const KEK_GENERATION: u32 = 1;

/// Bytes drawn for a new hierarchy: secret, identity tag, content key, nonces, with room to spare.
const DRAWN: usize = 256;

fn context(tenant: TenantId, account: AccountId) -> Vec<u8> {
    format!("ringfence/hw-secret/v1\0{tenant}\0{account}").into_bytes()
}

fn scope(app: &AppId, tenant: TenantId, account: AccountId) -> Scope {
    Scope { tenant, account, app: app.clone() }
}

/// Makes whatever is missing: the shared key of the account on this device, and the hierarchy of this app. Keys that
/// exist are kept, so signing in again opens the same documents.
pub(crate) async fn ensure(cx: &Cx, tenant: TenantId, account: AccountId) -> Result<(), Failure> {
    let share = names::share_alias(account);
    cx.key(KeyOp::MakeSealKey { alias: share }).await.map_err(key_failure)?;
    if cx.with(|state| state.keys.as_ref().is_some_and(|keys| keys.account == account)) {
        return unlock(cx).await.map(drop);
    }
    let _lane = cx.enter(Lane::Keys).await;
    let alias = cx.with(|state| names::seal_alias(&state.config.app, account));
    // A key of that name without a record is left from an earlier installation (an iOS keychain outlives the app).
    cx.key(KeyOp::Destroy { alias: alias.clone() }).await.map_err(key_failure)?;
    cx.key(KeyOp::MakeSealKey { alias: alias.clone() }).await.map_err(key_failure)?;
    let random = Zeroizing::new(cx.random::<DRAWN>().await);
    let (secret, ring, wrapped) = cx
        .with(|state| make(&state.config.app, tenant, account, random.as_slice()))
        .ok_or(Failure::Broken)?;
    let plain = secret.bytes().to_vec();
    let sealed = cx
        .key_bytes(KeyOp::Seal { alias, context: context(tenant, account), plain })
        .await
        .map_err(key_failure)?;
    let record = KeysRecord { account, sealed_secret: sealed.into(), ring: wrapped.into() };
    cx.put(KeysRecord::SLOT, encode(&record)).await.map_err(|_| Failure::Broken)?;
    cx.with(|state| {
        state.keys = Some(record);
        state.ring = Some(Arc::new(ring));
    });
    Ok(())
}

fn make(
    app: &AppId,
    tenant: TenantId,
    account: AccountId,
    random: &[u8],
) -> Option<(HwSecret, KeyRing, Vec<u8>)> {
    let mut drawn = Drawn::new(random);
    let scope = scope(app, tenant, account);
    let secret = HwSecret::make(&mut |out| drawn.fill(out));
    let ring = KeyRing::make(scope.clone(), &mut |out| drawn.fill(out));
    let kek = Kek::derive(&secret, None, &scope, KEK_GENERATION).ok()?;
    let wrapped = ring.wrap(&kek, KEK_GENERATION, &mut |out| drawn.fill(out)).ok()?;
    Some((secret, ring, wrapped.to_bytes().ok()?))
}

/// The content keys, loaded when they are not in memory.
pub(crate) async fn unlock(cx: &Cx) -> Result<Arc<KeyRing>, Failure> {
    let _lane = cx.enter(Lane::Keys).await;
    if let Some(ring) = cx.with(|state| state.ring.clone()) {
        return Ok(ring);
    }
    let (op, record, scope) = cx.with(|state| request(state)).ok_or(Failure::Unreadable)?;
    let secret = Zeroizing::new(cx.key_bytes(op).await.map_err(key_failure)?);
    let secret: [u8; 32] = secret.as_slice().try_into().map_err(|_| Failure::Unreadable)?;
    let secret = HwSecret::from_bytes(secret);
    let opened = cx.with(|state| open(&state.witness, &record, &secret, scope));
    let ring = match opened {
        Ok(ring) => Arc::new(ring),
        Err(code) => {
            cx.log(LogLevel::Error, "keys_unreadable", code);
            return Err(Failure::Unreadable);
        }
    };
    // A wipe that began meanwhile has dropped the record; its keys must not come back.
    cx.with(|state| {
        if state.keys.as_ref() != Some(&record) || state.wipe.is_some() {
            return Err(Failure::Unreadable);
        }
        state.ring = Some(Arc::clone(&ring));
        Ok(ring)
    })
}

/// Unwraps the content keys. A replay has keys of its own, which open nothing that was ever sealed.
fn open(witness: &Witness, record: &KeysRecord, secret: &HwSecret, scope: Scope) -> Result<KeyRing, String> {
    let mut ring = None;
    let unwrapped = || {
        let wrapped =
            WrappedRing::from_bytes(record.ring.as_ref()).map_err(|error| error.code().to_owned())?;
        let kek = Kek::derive(secret, None, &scope, wrapped.kek_generation());
        let opened = kek.and_then(|kek| wrapped.unwrap_keys(&kek, &scope));
        ring = Some(opened.map_err(|error| error.code().to_owned())?);
        Ok(())
    };
    witness.find("keys", unwrapped).unwrap_or_else(|| Err("not_recorded".to_owned()))?;
    Ok(ring.unwrap_or_else(|| KeyRing::make(scope, &mut |out| out.fill(1))))
}

fn request(state: &State) -> Option<(KeyOp, KeysRecord, Scope)> {
    let instance = state.instance.as_ref()?;
    let record = state.keys.clone().filter(|keys| keys.account == instance.account)?;
    let op = KeyOp::Unseal {
        alias: names::seal_alias(&state.config.app, record.account),
        context: context(instance.tenant, record.account),
        sealed: record.sealed_secret.0.clone(),
    };
    Some((op, record, scope(&state.config.app, instance.tenant, instance.account)))
}

/// What a failing key store means for a request.
pub(crate) const fn key_failure(failure: KeyFailure) -> Failure {
    match failure {
        KeyFailure::Locked => Failure::Locked,
        KeyFailure::Broken => Failure::Broken,
        KeyFailure::Missing | KeyFailure::Refused => Failure::Unreadable,
    }
}
