//! Selective wipe (behaviour §3, security §6.4): tombstone, keys, files, receipt, in this order and resumable.
//!
//! | stage on disk | done before the next stage is written |
//! |---|---|
//! | `intended` | the sealing key, the hold on the shared key, and the slots with keys, policy and account are destroyed: data is unreadable |
//! | `keysDestroyed` | work files are removed, the receipt is signed |
//! | `signed` | the signing key is destroyed; the receipt is handed in until the server has it; the slot goes |
//!
//! Every action may be repeated, so a crash anywhere is cured by doing the stage again. Personal files are never
//! listed, let alone touched. The notice (D5) is shown once: `signed` is durable before it appears.

use ringfence_messages::{Args, ReasonCode};
use ringfence_model::{Millis, WipeId};
use ringfence_protocol::{
    problem::ProblemCode,
    status::ReceiptRequest,
    wipe::{WipeCause, WipeOrder, WipeOutcome, WipeReceipt},
};

use crate::{
    checkin, companion,
    core::State,
    dialogs,
    effect::{FileOp, KeyOp},
    flow::{Cx, Lane},
    input::{FileReply, KeyFailure, StorageFailure},
    legacy,
    log::LogLevel,
    names,
    request::Identity,
    session::{plain, problem_code},
    state::{
        Cause, ClockRecord, InstanceRecord, KeysRecord, PolicyRecord, Record as _, WipeRecord, WipeStage,
        encode,
    },
};

const PATH: &str = "/phone/v1/receipts";
/// The secret in the key store and the slot with the wrapped content keys.
const KEYS_PER_ACCOUNT: u64 = 2;

/// Tries of one stage before a wipe goes on without what it could not do.
const PATIENCE: u32 = 4;

/// Carries out an order that has been verified.
pub(crate) async fn begin_order(cx: &Cx, order: &WipeOrder) {
    cx.log(LogLevel::Info, "wipe_ordered", order.order.to_string());
    let lane = cx.enter(Lane::Account).await;
    let same = cx
        .with(|state| state.instance.as_ref().is_some_and(|record| record.instance == Some(order.instance)));
    if same {
        begin(cx, Cause::Order(order.order), Args::new()).await;
    }
    drop(lane);
}

/// Wipes because a condition of the policy demands it, or because the user removes the account.
pub(crate) async fn begin_local(cx: Cx, cause: Cause, told: Args) {
    cx.until(|state| state.booted.then_some(())).await;
    let _lane = cx.enter(Lane::Account).await;
    if cause == Cause::SignOut && legacy::sign_out(&cx).await {
        return;
    }
    begin(&cx, cause, told).await;
}

/// Work data is being removed. Afterwards only a receipt may be owed, which is no concern of the user's.
pub(crate) fn is_under_way(state: &State) -> bool {
    state.wipe.as_ref().is_some_and(|record| record.stage != WipeStage::Signed)
}

/// Goes on where a crash, a locked phone or a missing connection stopped.
pub(crate) async fn resume(cx: Cx) {
    let _lane = cx.enter(Lane::Account).await;
    run(&cx).await;
}

/// A receipt waits to be handed in.
pub(crate) fn receipt_is_owed(cx: &Cx) -> bool {
    cx.with(|state| state.wipe.is_some())
}

async fn begin(cx: &Cx, cause: Cause, told: Args) {
    let record = cx.with(|state| {
        let Some(record) = prepare(state, cause, told) else { return false };
        // From here on work data is withheld, durable or not.
        state.wipe = Some(record);
        state.wipe_kept = false;
        state.wipe_tries = 0;
        state.ring = None;
        state.session = None;
        true
    });
    if !record {
        return;
    }
    checkin::unsubscribe(cx);
    run(cx).await;
}

fn prepare(state: &State, cause: Cause, told: Args) -> Option<WipeRecord> {
    if state.wipe.is_some() {
        return None;
    }
    let instance = state.instance.as_ref()?;
    Some(WipeRecord {
        cause,
        stage: WipeStage::Intended,
        tenant: instance.tenant,
        account: instance.account,
        instance: instance.instance,
        key: instance.key,
        started_at: state.clock.now(),
        had_data: state.keys.is_some() || state.start_failed.is_some(),
        files: 0,
        keys: None,
        told,
        receipt: None,
    })
}

async fn run(cx: &Cx) {
    while let Some(record) = cx.with(|state| state.wipe.clone()) {
        if !keep(cx, &record).await {
            return later(cx).await;
        }
        let next = match record.stage {
            WipeStage::Intended => destroy_keys(cx, record).await,
            WipeStage::KeysDestroyed => remove_files(cx, record).await,
            WipeStage::Signed => {
                hand_in(cx).await;
                return;
            }
        };
        let Some(next) = next else { return later(cx).await };
        cx.with(|state| {
            state.wipe = Some(next);
            state.wipe_kept = false;
            state.wipe_tries = 0;
        });
    }
}

/// Makes the stage durable; false when that is to be tried again. Whoever fills the disk stops no wipe: keys and files go
/// without a tombstone, because what is repeated after a crash does no harm and an order comes again. A signed receipt gets
/// [`PATIENCE`] tries, because the key that signs it is destroyed next; by then removed files have made room.
async fn keep(cx: &Cx, record: &WipeRecord) -> bool {
    if cx.with(|state| state.wipe_kept) {
        return true;
    }
    if cx.put(WipeRecord::SLOT, encode(record)).await.is_err() {
        cx.log(LogLevel::Error, "slot_not_written", WipeRecord::SLOT);
        if record.stage == WipeStage::Signed && worth_another_try(cx, KeyFailure::Broken) {
            return false;
        }
    }
    cx.with(|state| state.wipe_kept = true);
    if record.stage == WipeStage::Signed {
        dialogs::show_with(cx, notice(cx, record.cause), &record.told);
    }
    true
}

/// Who signs out without a network is told that the organisation does not know yet: until it does, no other account can be
/// registered on the device (behaviour §4.4).
fn notice(cx: &Cx, cause: Cause) -> ReasonCode {
    match cause {
        Cause::SignOut if !cx.with(|state| state.online) => ReasonCode::SignedOutOffline,
        other => reason(other),
    }
}

const fn reason(cause: Cause) -> ReasonCode {
    match cause {
        Cause::Order(_) => ReasonCode::WipedByAdministrator,
        Cause::Condition(reason) => reason,
        Cause::SignOut => ReasonCode::WipedOnSignOut,
        Cause::CompanionRemoved => ReasonCode::WipedCompanionRemoved,
    }
}

/// Step 1: from here on nothing opens the data. The files are counted first, because a repetition finds fewer; keys go also
/// where they cannot be counted.
async fn destroy_keys(cx: &Cx, mut record: WipeRecord) -> Option<WipeRecord> {
    record.files = list(cx).await.map_or(0, |names| names.len() as u64);
    let mut destroyed = KEYS_PER_ACCOUNT;
    let alias = cx.with(|state| names::seal_alias(&state.config.app, record.account));
    match cx.key(KeyOp::Destroy { alias }).await {
        Ok(_) | Err(KeyFailure::Missing) => {}
        Err(failure) if worth_another_try(cx, failure) => return None,
        Err(_) => {
            // The slot below holds the only copy of what that key seals; without it the data is as unreadable.
            cx.log(LogLevel::Error, "key_not_destroyed", "seal");
            destroyed = destroyed.saturating_sub(1);
        }
    }
    // Other apps of the account go on using it; with the last one, packets that lie about (S1) are unreadable too.
    match cx.key(KeyOp::Destroy { alias: names::share_alias(record.account) }).await {
        Ok(_) | Err(KeyFailure::Missing) => {}
        Err(failure) if worth_another_try(cx, failure) => return None,
        Err(_) => cx.log(LogLevel::Error, "key_not_destroyed", "share"),
    }
    for slot in [KeysRecord::SLOT, PolicyRecord::SLOT, InstanceRecord::SLOT] {
        if cx.forget(slot).await.is_err() {
            cx.log(LogLevel::Error, "slot_not_removed", slot);
            return None;
        }
    }
    let clock = cx.with(|state| {
        state.forget_account();
        state.clock.forget_contact()
    });
    if cx.put(ClockRecord::SLOT, encode(&clock)).await.is_err() {
        cx.log(LogLevel::Warn, "slot_not_written", ClockRecord::SLOT);
    }
    record.keys = record.had_data.then_some(destroyed);
    record.stage = WipeStage::KeysDestroyed;
    Some(record)
}

async fn list(cx: &Cx) -> Option<Vec<String>> {
    match cx.file(FileOp::List { folder: Identity::Work.folder() }).await {
        Ok(FileReply::Names(names)) => Some(names),
        Err(StorageFailure::Missing) => Some(Vec::new()),
        Ok(FileReply::Done | FileReply::Bytes(_))
        | Err(StorageFailure::Exists | StorageFailure::Changed | StorageFailure::Failed) => {
            cx.log(LogLevel::Error, "container_unreadable", "");
            None
        }
    }
}

/// Step 2: files of the work identity, then the receipt.
async fn remove_files(cx: &Cx, mut record: WipeRecord) -> Option<WipeRecord> {
    let names = list(cx).await;
    let mut left = u64::from(names.is_none());
    let names = names.unwrap_or_default();
    // Not counted before, perhaps; after a crash fewer are left than were counted then.
    record.files = record.files.max(names.len() as u64);
    for name in names {
        let path = format!("{}/{name}", Identity::Work.folder());
        match cx.file(FileOp::Delete { path }).await {
            Ok(_) | Err(StorageFailure::Missing) => {}
            Err(StorageFailure::Exists | StorageFailure::Changed | StorageFailure::Failed) => {
                left = left.saturating_add(1);
            }
        }
    }
    if left > 0 {
        cx.log(LogLevel::Error, "files_left", left.to_string());
        dialogs::show_once(cx, ReasonCode::WipeFailed, &Args::new());
        if worth_another_try(cx, KeyFailure::Broken) {
            return None;
        }
    }
    match sign_receipt(cx, &record, left).await {
        Ok(receipt) => record.receipt = receipt.map(Into::into),
        Err(failure) if worth_another_try(cx, failure) => return None,
        Err(_) => cx.log(LogLevel::Error, "receipt_not_signed", ""),
    }
    record.stage = WipeStage::Signed;
    Some(record)
}

async fn sign_receipt(cx: &Cx, record: &WipeRecord, left: u64) -> Result<Option<Vec<u8>>, KeyFailure> {
    let (Some(instance), Some(key)) = (record.instance, record.key) else { return Ok(None) };
    let (order, cause, reason) = told(record.cause);
    let nothing = !record.had_data && record.files == 0;
    let outcome = match (left, nothing) {
        (0, true) => WipeOutcome::NothingToWipe,
        (0, false) => WipeOutcome::Wiped,
        _ => WipeOutcome::Failed,
    };
    let receipt = WipeReceipt {
        tenant: record.tenant,
        order,
        cause,
        reason,
        instance,
        outcome,
        files_removed: record.files.saturating_sub(left),
        keys_destroyed: record.keys.unwrap_or_default(),
        started_at: record.started_at,
        finished_at: cx.with(|state| state.clock.now()),
    };
    let pending = receipt.prepare(&key).map_err(|_| KeyFailure::Broken)?;
    let alias = cx.with(|state| names::sign_alias(&state.config.app, record.account));
    let message = pending.to_be_signed().to_vec();
    let signature = cx.key_bytes(KeyOp::Sign { alias, message }).await?;
    pending.attach(signature).map(Some).map_err(|_| KeyFailure::Broken)
}

/// A cause as the server is told.
fn told(cause: Cause) -> (Option<WipeId>, WipeCause, Option<String>) {
    match cause {
        Cause::Order(order) => (Some(order), WipeCause::Order, None),
        Cause::Condition(reason) => (None, WipeCause::Condition, Some(reason.as_str().to_owned())),
        Cause::SignOut => (None, WipeCause::SignOut, None),
        Cause::CompanionRemoved => (None, WipeCause::CompanionRemoved, None),
    }
}

/// Step 3: destroys the signing key, which has nothing left to sign, and hands in the receipt. The caller is in the
/// account lane.
pub(crate) async fn hand_in(cx: &Cx) -> bool {
    let Some(record) = cx.with(|state| state.wipe.clone()) else { return true };
    if record.stage != WipeStage::Signed {
        return false;
    }
    let alias = cx.with(|state| names::sign_alias(&state.config.app, record.account));
    match cx.key(KeyOp::Destroy { alias }).await {
        Ok(_) | Err(KeyFailure::Missing) => {}
        Err(failure) if worth_another_try(cx, failure) => {
            later(cx).await;
            return false;
        }
        Err(_) => cx.log(LogLevel::Error, "key_not_destroyed", "sign"),
    }
    let handed = match &record.receipt {
        None => true,
        Some(receipt) => post(cx, &ReceiptRequest { receipt: receipt.clone() }).await,
    };
    if !handed {
        later(cx).await;
        return false;
    }
    companion::leave(cx);
    if cx.forget(WipeRecord::SLOT).await.is_err() {
        cx.log(LogLevel::Error, "slot_not_removed", WipeRecord::SLOT);
        later(cx).await;
        return false;
    }
    cx.with(|state| {
        state.wipe = None;
        state.wipe_tries = 0;
        state.next_hand_in = None;
        state.failures = 0;
    });
    if record.cause == Cause::SignOut && record.receipt.is_some() {
        cx.log(LogLevel::Info, "deregistered", "");
    }
    cx.log(LogLevel::Info, "wipe_done", "");
    true
}

/// Whether the server has the receipt, or will never take it.
async fn post(cx: &Cx, request: &ReceiptRequest) -> bool {
    let Ok(reply) = cx.http(plain(PATH, Some(request), None)).await else { return false };
    if reply.status == 204 {
        return true;
    }
    let never = matches!(
        problem_code(&reply),
        Some(
            ProblemCode::ReceiptForeign
                | ProblemCode::ProofInvalid
                | ProblemCode::NotFound
                | ProblemCode::Malformed
        )
    );
    if never {
        cx.log(LogLevel::Error, "receipt_refused", reply.status.to_string());
    }
    never
}

/// A locked phone will be unlocked; what is broken gets [`PATIENCE`] tries, so that a wipe always ends.
fn worth_another_try(cx: &Cx, failure: KeyFailure) -> bool {
    failure == KeyFailure::Locked
        || cx.with(|state| {
            state.wipe_tries = state.wipe_tries.saturating_add(1);
            state.wipe_tries < PATIENCE
        })
}

/// Tries again after a while.
async fn later(cx: &Cx) {
    let jitter = checkin::jitter(cx).await;
    cx.with(|state| {
        state.failures = state.failures.saturating_add(1);
        let wait = checkin::wait(state.failures, jitter);
        state.next_hand_in = Some(Millis(state.clock.mono().0.saturating_add(wait.0)));
    });
    checkin::set_timer(cx);
}
