//! Checking and choosing PINs, biometrics, proofs of the account.

use ringfence_messages::{Args, ButtonAction, ReasonCode, args};
use ringfence_model::{AccountId, Millis, TenantId};
use ringfence_policy::{access::check_new_pin, compile::CompiledPolicy};
use ringfence_protocol::Bytes;
use ringfence_vault::{HwSecret, PinVerifier};
use zeroize::Zeroizing;

use super::{
    Changing, PinRecord, Step, is_locked_out, own,
    record::{KeptPin, KeptRules},
    slot::{Kept, context, keep, read},
    step, uses_up,
};
use crate::{
    core::State,
    dialogs,
    effect::KeyOp,
    flow::{Cx, Lane},
    gate,
    log::LogLevel,
    names,
};

/// Use is written down when it is this much later than the last time.
const USE_INTERVAL: Millis = Millis::from_minutes(1);

/// Reads what the account's apps share, and asks the key store for the pepper while the app is in front.
pub(crate) async fn load(cx: &Cx) {
    let _lane = cx.enter(Lane::Access).await;
    read(cx).await;
}

/// Before a request of the app: another app of the account may have asked for the PIN meanwhile, or have set one.
pub(crate) async fn refresh(cx: &Cx) {
    let asks = cx.with(|state| {
        state.obeyed.as_ref().is_some_and(|obeyed| {
            let rules = obeyed.policy.access();
            rules.pin.is_some() || rules.credentials
        })
    });
    if !asks {
        return;
    }
    let before = cx.with(|state| step(state));
    load(cx).await;
    if cx.with(|state| step(state)) != before {
        clear(cx);
        gate::review(cx);
    }
}

/// The user typed something into the entry field of the dialog on screen.
pub(crate) async fn enter(cx: Cx, typed: Zeroizing<String>) {
    cx.until(|state| state.booted.then_some(())).await;
    let lane = cx.enter(Lane::Access).await;
    read(&cx).await;
    // Nobody types into an app that is not in front.
    let now =
        cx.with(|state| if is_locked_out(state) || !state.foreground { Step::Open } else { step(state) });
    match now {
        Step::Open | Step::Unreadable | Step::Prove(_) => {}
        Step::Choose(_) => choose(&cx, &typed).await,
        Step::Enter(reason) => check(&cx, &typed, is_change(reason)).await,
        Step::Biometric => check(&cx, &typed, false).await,
    }
    drop(lane);
    gate::review(&cx);
}

/// The right PIN opens nothing yet: it has to be replaced.
const fn is_change(reason: ReasonCode) -> bool {
    matches!(reason, ReasonCode::PinExpired | ReasonCode::PinRulesChanged)
}

/// What checking needs; `None` when there is nothing to check against.
fn material(state: &State) -> Option<(PinRecord, PinVerifier, HwSecret, TenantId)> {
    let record = own(state)?.clone();
    let verifier = record.pins.first()?.verifier()?;
    Some((record, verifier, state.access.pepper.clone()?, state.instance.as_ref()?.tenant))
}

async fn check(cx: &Cx, typed: &str, change: bool) {
    let mut counted = None;
    let kept = keep(cx, |state| {
        if is_locked_out(state) {
            return None;
        }
        let (mut record, verifier, pepper, tenant) = material(state)?;
        record.attempts = record.attempts.saturating_add(1);
        record.used_up = uses_up(state, record.attempts);
        counted = Some((record.clone(), verifier, pepper, tenant));
        Some(record)
    });
    match (kept.await, counted) {
        (Kept::Yes, Some(against)) => judge(cx, typed, change, against).await,
        (Kept::Yes | Kept::Unneeded, _) => cx.with(|state| {
            // Unless another app has used up the last attempt meanwhile.
            state.access.unreadable |= material(state).is_none();
        }),
        (Kept::Failed, _) => dialogs::show(cx, ReasonCode::UnknownError),
    }
}

/// The attempt is counted: was it right?
async fn judge(
    cx: &Cx,
    typed: &str,
    change: bool,
    (counted, verifier, pepper, tenant): (PinRecord, PinVerifier, HwSecret, TenantId),
) {
    let right = || verifier.is(typed, &pepper, tenant, counted.account) == Ok(true);
    if !cx.with(|state| state.witness.attest("pin", right)) {
        cx.log(LogLevel::Warn, "pin_wrong", counted.attempts.to_string());
        if !cx.with(|state| is_locked_out(state)) {
            let left = cx.with(|state| attempts_left(state));
            dialogs::show_with(cx, ReasonCode::PinWrong, &args([("attempts", left)]));
        }
        return;
    }
    let change = change || cx.with(|state| state.access.changing == Changing::Wanted);
    let passed = keep(cx, |state| {
        // What was right is the PIN no more when another app has a new one by now.
        let mut record = own(state).filter(|record| record.pins.first() == counted.pins.first())?.clone();
        record.attempts = 0;
        record.used_up = false;
        record.entered_at = Some(state.clock.now());
        record.biometric_set = biometric_set(state);
        if !change {
            use_now(state, &mut record);
        }
        Some(record)
    });
    if passed.await == Kept::Yes && change {
        cx.with(|state| state.access.changing = Changing::Allowed);
    }
    clear(cx);
}

/// What the gate puts on the screen.
const QUESTIONS: [ReasonCode; 18] = {
    use ReasonCode as R;
    [
        R::PinCreate,
        R::PinEnter,
        R::PinWrong,
        R::PinExpired,
        R::PinRulesChanged,
        R::PinForgotten,
        R::PinUnreadable,
        R::PinAttemptsReset,
        R::PinTooShort,
        R::PinTooLong,
        R::PinNotNumeric,
        R::PinNeedsLetterOrSymbol,
        R::PinNeedsAllKinds,
        R::PinTooSimple,
        R::PinReused,
        R::BiometricPrompt,
        R::BiometricsChanged,
        R::BiometricTimeout,
    ]
};

/// The questions go off the screen; what is still to be done comes anew.
fn clear(cx: &Cx) {
    for reason in QUESTIONS.into_iter().chain([ReasonCode::CredentialsRequired]) {
        dialogs::cured(cx, reason);
    }
}

fn attempts_left(state: &State) -> String {
    let limit =
        state.obeyed.as_ref().and_then(|obeyed| obeyed.policy.access().pin).map(|pin| pin.max_attempts);
    limit.unwrap_or_default().saturating_sub(super::attempts(state)).to_string()
}

fn use_now(state: &State, record: &mut PinRecord) {
    record.used_at = Some(state.clock.now());
    record.used_boot = state.clock.boot_id();
    record.used_mono_ms = state.clock.mono();
}

fn biometric_set(state: &State) -> Option<u64> {
    state.facts.as_ref().and_then(|facts| facts.biometric).map(|known| known.set)
}

async fn choose(cx: &Cx, typed: &str) {
    let Some((policy, tenant, account)) = cx.with(|state| {
        let instance = state.instance.as_ref()?;
        Some((state.obeyed.as_ref()?.policy.clone(), instance.tenant, instance.account))
    }) else {
        return;
    };
    let before = cx.with(|state| own(state).cloned());
    let known = cx.with(|state| state.access.pepper.clone());
    let judged = || acceptable(&policy, typed, before.as_ref(), known.as_ref(), (tenant, account));
    if let Err((reason, args)) = cx.with(|state| state.witness.attest("newPin", judged)) {
        return dialogs::show_with(cx, reason, &args);
    }
    let held = before.as_ref().and_then(|record| record.pepper.clone());
    let Some((pepper, sealed)) = pepper(cx, held, known, (tenant, account)).await else {
        cx.with(|state| state.access.unreadable = true);
        return;
    };
    let salt = cx.random::<16>().await;
    let Ok(verifier) = PinVerifier::make(typed, &pepper, salt, tenant, account) else {
        return dialogs::show(cx, ReasonCode::UnknownError);
    };
    let kept = keep(cx, |state| {
        // Another app of the account may have chosen one meanwhile: then that one counts.
        let now = own(state);
        let same = |then: &PinRecord, now: &PinRecord| then.pepper == now.pepper && then.pins == now.pins;
        if !now.zip(before.as_ref()).map_or(now.is_none() && before.is_none(), |(now, then)| same(then, now))
        {
            return None;
        }
        let mut record = now.cloned().unwrap_or_else(|| PinRecord::new(account));
        record.pepper = Some(sealed.clone());
        record.push(KeptPin::new(&verifier, state.clock.now()));
        record.rules = policy.access().pin.as_ref().map(KeptRules::of);
        record.attempts = 0;
        record.entered_at = Some(state.clock.now());
        record.biometric_set = biometric_set(state);
        record.forgotten = false;
        record.must_choose = false;
        use_now(state, &mut record);
        Some(record)
    });
    match kept.await {
        Kept::Yes => {}
        // Another app was faster: its PIN counts, and is asked for.
        Kept::Unneeded => return cx.with(|state| state.access.changing = Changing::No),
        Kept::Failed => return dialogs::show(cx, ReasonCode::UnknownError),
    }
    cx.with(|state| {
        state.access.changing = Changing::No;
        state.access.damaged = false;
        state.access.pepper = Some(pepper);
    });
    cx.log(LogLevel::Info, "pin_set", "");
    clear(cx);
}

fn acceptable(
    policy: &CompiledPolicy,
    typed: &str,
    record: Option<&PinRecord>,
    pepper: Option<&HwSecret>,
    (tenant, account): (TenantId, AccountId),
) -> Result<(), (ReasonCode, Args)> {
    let was_used = |last: u32| {
        let Some((record, pepper)) = record.zip(pepper) else { return false };
        let earlier = record.pins.iter().take(last as usize).filter_map(KeptPin::verifier);
        earlier.map(|kept| kept.is(typed, pepper, tenant, account)).any(|same| same != Ok(false))
    };
    check_new_pin(policy, typed, was_used).map_err(|refusal| (refusal.reason, refusal.text_args()))
}

/// The pepper and the same sealed; made with the first PIN.
async fn pepper(
    cx: &Cx,
    held: Option<Bytes>,
    known: Option<HwSecret>,
    (tenant, account): (TenantId, AccountId),
) -> Option<(HwSecret, Bytes)> {
    if let Some(sealed) = held {
        return Some((known?, sealed));
    }
    let alias = names::pin_alias(account);
    cx.key(KeyOp::MakeSealKey { alias: alias.clone() }).await.ok()?;
    let bytes = Zeroizing::new(cx.random::<32>().await);
    let plain = bytes.to_vec();
    let sealed = cx.key_bytes(KeyOp::Seal { alias, context: context(tenant, account), plain }).await.ok()?;
    Some((HwSecret::from_bytes(*bytes), sealed.into()))
}

/// The system showed its biometric prompt.
pub(crate) async fn biometric(cx: Cx, recognised: bool) {
    cx.until(|state| state.booted.then_some(())).await;
    let lane = cx.enter(Lane::Access).await;
    read(&cx).await;
    if recognised {
        let passed = keep(&cx, |state| {
            let asked = step(state) == Step::Biometric && !is_locked_out(state);
            let mut record = own(state).filter(|_| asked)?.clone();
            use_now(state, &mut record);
            Some(record)
        });
        if passed.await == Kept::Yes {
            clear(&cx);
        }
    }
    drop(lane);
    gate::review(&cx);
}

/// The user wants another PIN.
pub(crate) async fn change(cx: Cx) {
    cx.until(|state| state.booted.then_some(())).await;
    load(&cx).await;
    cx.with(|state| {
        if own(state).is_some_and(|record| !record.pins.is_empty()) && state.access.changing == Changing::No {
            state.access.changing = Changing::Wanted;
        }
    });
    gate::review(&cx);
}

/// A button of one of the gate's dialogs.
pub(crate) fn answered(cx: &Cx, code: &str, action: ButtonAction) {
    let Ok(reason) = ReasonCode::parse(code) else { return };
    match action {
        ButtonAction::ForgotPin => cx.spawn(forget(cx.clone(), true)),
        ButtonAction::Cancel if reason == ReasonCode::PinForgotten => cx.spawn(forget(cx.clone(), false)),
        ButtonAction::Cancel if cx.with(|state| state.access.changing != Changing::No) => {
            cx.with(|state| state.access.changing = Changing::No);
            clear(cx);
            gate::review(cx);
        }
        ButtonAction::Retry if asks_again(reason) => {
            cx.with(|state| state.told.clear());
            gate::review(cx);
        }
        _ => {}
    }
}

/// Trying again shows the question again.
const fn asks_again(reason: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        reason,
        R::PinWrong
            | R::PinTooShort
            | R::PinTooLong
            | R::PinNotNumeric
            | R::PinNeedsLetterOrSymbol
            | R::PinNeedsAllKinds
            | R::PinTooSimple
            | R::PinReused
    )
}

/// The user does not know the PIN, or does after all.
async fn forget(cx: Cx, forgotten: bool) {
    cx.until(|state| state.booted.then_some(())).await;
    let lane = cx.enter(Lane::Access).await;
    read(&cx).await;
    let told = keep(&cx, |state| {
        let record = own(state).filter(|record| record.forgotten != forgotten)?;
        Some(PinRecord { forgotten, ..record.clone() })
    });
    if told.await != Kept::Unneeded {
        clear(&cx);
    }
    drop(lane);
    gate::review(&cx);
}

/// The work account was proven just now: a forgotten PIN may be replaced, wrong attempts are forgiven.
pub(crate) async fn proven(cx: &Cx) {
    let _lane = cx.enter(Lane::Access).await;
    read(cx).await;
    let kept = keep(cx, |state| {
        let account = state.instance.as_ref()?.account;
        let mut record = own(state).cloned().unwrap_or_else(|| PinRecord::new(account));
        // After a wipe the policy, hence its limit, is not known any more.
        let replace = record.forgotten || record.used_up || is_locked_out(state) || state.access.damaged;
        record.must_choose |= replace && (!record.pins.is_empty() || state.access.damaged);
        record.forgotten = false;
        record.used_up = false;
        record.attempts = 0;
        record.proven_at = Some(state.clock.now());
        record.proven_boot = state.clock.boot_id();
        record.proven_mono_ms = state.clock.mono();
        let only_credentials =
            state.obeyed.as_ref().is_some_and(|obeyed| obeyed.policy.access().pin.is_none());
        if only_credentials {
            use_now(state, &mut record);
        }
        Some(record)
    });
    if kept.await == Kept::Yes {
        cx.with(|state| state.access.damaged = false);
        clear(cx);
    }
}

/// Work data was used behind the open gate.
pub(crate) async fn touch(cx: Cx, leaving: bool) {
    let Some(_lane) = cx.try_enter(Lane::Access) else { return };
    keep(&cx, |state| {
        let mut record = own(state)?.clone();
        let now = state.clock.now();
        let due = leaving || record.used_at.is_none_or(|at| at > now || now.since(at) >= USE_INTERVAL);
        let asks = state.obeyed.as_ref().is_some_and(|obeyed| {
            let rules = obeyed.policy.access();
            rules.pin.is_some() || rules.credentials
        });
        let open = due && asks && step(state) == Step::Open;
        open.then(|| {
            use_now(state, &mut record);
            record
        })
    })
    .await;
}
