//! The start of the app: read what is durable, finish what a crash interrupted, then let requests through.

use ringfence_messages::ReasonCode;
use ringfence_model::AccountId;

use crate::{
    access, companion, dialogs,
    effect::KeyOp,
    flow::{Cx, Lane},
    input::StorageFailure,
    legacy::LegacyRecord,
    log::LogLevel,
    names,
    notes::{self, NotesRecord},
    policy_store, start,
    state::{
        ClockRecord, InstanceRecord, KeysRecord, PolicyRecord, Record, ServerRecord, Stage, WipeRecord,
        decode,
    },
    wipe,
};

/// Reads every slot and resumes. Requests wait until this is done. Done again when a slot could not be read.
pub(crate) async fn boot(cx: Cx) {
    let lane = cx.enter(Lane::Account).await;
    if !cx.with(|state| std::mem::take(&mut state.storage_broken) || !state.booted) {
        return;
    }
    cx.with(|state| state.booted = false);
    let careful = start::begin(&cx).await;
    if let Some(clock) = load::<ClockRecord>(&cx).await {
        cx.with(|state| state.clock.restore(clock));
    }
    if let Some(server) = load::<ServerRecord>(&cx).await {
        cx.with(|state| state.adopt_server(server));
    }
    let legacy = load::<LegacyRecord>(&cx).await;
    let wipe = load::<WipeRecord>(&cx).await;
    let instance = load::<InstanceRecord>(&cx).await;
    let notes = load::<NotesRecord>(&cx).await.unwrap_or_default();
    let careful = careful && wipe.is_none();
    let keys = if careful { None } else { load::<KeysRecord>(&cx).await };
    let policy = if careful { None } else { load::<PolicyRecord>(&cx).await };
    let unfinished = cx.with(|state| {
        state.keys = keys;
        state.policy = policy;
        state.legacy = legacy;
        state.notes_kept.clone_from(&notes);
        notes::restore(state, notes);
        state.wipe_kept = wipe.is_some();
        state.wipe = wipe;
        state.instance = instance;
        state
            .instance
            .as_ref()
            .filter(|record| record.stage == Stage::Registering)
            .map(|record| record.account)
    });
    if cx.with(|state| state.clock.wall_is_behind()) {
        cx.log(LogLevel::Warn, "clock_behind", "");
    }
    if careful {
        start::refuse(&cx);
        cx.with(|state| state.booted = true);
        return;
    }
    let wiping = cx.with(|state| state.wipe.is_some());
    if let Some(account) = unfinished.filter(|_| !wiping) {
        cx.log(LogLevel::Warn, "registration_unfinished", "");
        sweep_registration(&cx, account).await;
    }
    if !wiping {
        policy_store::restore(&cx).await;
    }
    if !wiping {
        access::load(&cx).await;
    }
    start::end(&cx).await;
    let registered =
        cx.with(|state| state.instance.clone().filter(|record| record.stage == Stage::Registered));
    if let Some(record) = registered.filter(|_| !wiping) {
        // In case the process died before the companion was told.
        companion::join(&cx, &record, None);
    }
    cx.with(|state| state.booted = true);
    drop(lane);
    if wiping {
        wipe::resume(cx).await;
    }
}

async fn load<T: Record>(cx: &Cx) -> Option<T> {
    match cx.get(T::SLOT).await {
        Ok(None) | Err(StorageFailure::Missing) => None,
        Ok(Some(bytes)) => match decode(&bytes) {
            Ok(record) => Some(record),
            Err(_) => {
                // Damage is never guessed at: what cannot be read does not count, and work data stays closed.
                cx.log(LogLevel::Error, "slot_damaged", T::SLOT);
                None
            }
        },
        Err(_) => {
            cx.log(LogLevel::Error, "slot_unreadable", T::SLOT);
            cx.with(|state| state.storage_broken = true);
            dialogs::show(cx, ReasonCode::StartFailed);
            None
        }
    }
}

/// Removes what an unfinished registration left. Data of an account that had been registered before stays: its
/// keys are only made, never replaced, by a registration.
pub(crate) async fn sweep_registration(cx: &Cx, account: AccountId) {
    let alias = cx.with(|state| names::sign_alias(&state.config.app, account));
    if cx.key(KeyOp::Destroy { alias }).await.is_err() {
        cx.log(LogLevel::Warn, "key_not_destroyed", "sign");
    }
    let had_data = cx.with(|state| state.policy.is_some());
    if had_data {
        // Signing in again was interrupted: the account stays, waiting for the next sign-in.
        let record = cx.with(|state| {
            let record = state.instance.as_mut()?;
            record.stage = Stage::Lost;
            // Its policy goes on counting, with what it wipes for; its key is gone.
            record.instance = record.replaces.take();
            record.key = None;
            Some(crate::state::encode(record))
        });
        if let Some(bytes) = record
            && cx.put(InstanceRecord::SLOT, bytes).await.is_err()
        {
            cx.log(LogLevel::Error, "slot_not_written", InstanceRecord::SLOT);
        }
        return;
    }
    if cx.forget(InstanceRecord::SLOT).await.is_err() {
        cx.log(LogLevel::Error, "slot_not_written", InstanceRecord::SLOT);
    }
    let keeps_keys = cx.with(|state| {
        state.instance = None;
        state.session = None;
        state.keys.as_ref().is_some_and(|keys| keys.account == account)
    });
    let alias = names::share_alias(account);
    if !keeps_keys && cx.key(KeyOp::Destroy { alias }).await.is_err() {
        cx.log(LogLevel::Warn, "key_not_destroyed", "share");
    }
}
