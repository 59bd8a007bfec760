//! Check-in (protocol §5): ask what is in force, take over what is proven, report what is obeyed, come back in time.

use ringfence_messages::{Args, ReasonCode};
use ringfence_model::{Millis, UnixMillis};
use ringfence_protocol::{
    Bytes, Namespace, Refusal,
    checkin::{AccountState, CheckInReply},
    keyset,
    problem::ProblemCode,
    wipe::{Recipient, WipeOrder, accept_order},
};

use crate::{
    core::State,
    dialogs,
    effect::Effect,
    flow::{Cx, Lane},
    gate,
    input::{HttpReply, NetFailure},
    log::LogLevel,
    policy_store::{self, Candidate},
    registration,
    session::{self, Call, CallError, problem_code},
    start,
    state::{InstanceRecord, Record, ServerRecord, Stage, Verdict, encode},
    status, wipe,
};

const PATH: &str = "/phone/v1/checkin";
const EVENTS: &str = "/phone/v1/events";
/// The first wait after a failure; doubled with every further one.
const FIRST_WAIT: Millis = Millis::from_secs(15);
/// The longest wait (behaviour §2.1).
const LONGEST_WAIT: Millis = Millis::from_minutes(60);
/// Bounds for what the server wishes.
const SOONEST: Millis = Millis::from_secs(10);
const LATEST: Millis = Millis::from_days(1);

/// Checks in. When a check-in is under way already, that one goes round once more.
pub(crate) async fn check_in(cx: Cx) {
    cx.until(|state| state.booted.then_some(())).await;
    cx.with(|state| state.hinted = true);
    let Some(_lane) = cx.try_enter(Lane::CheckIn) else { return };
    while cx.with(|state| std::mem::take(&mut state.hinted) && state.may_check_in()) {
        round(&cx).await;
    }
}

/// The same, and comes back when what the server says from now on is known, or that it says nothing.
pub(crate) async fn check_in_now(cx: Cx) {
    check_in(cx.clone()).await;
    // One that was under way goes round once more before it leaves the lane.
    drop(cx.enter(Lane::CheckIn).await);
}

async fn round(cx: &Cx) {
    let mut call = Call::get(PATH);
    call.if_none_match = cx.with(|state| state.etag_to_offer());
    match session::call(cx, call).await {
        Ok(reply) if reply.status == 304 => confirmed(cx, None).await,
        Ok(reply) if reply.status == 200 => match serde_json::from_slice::<CheckInReply>(&reply.body) {
            Ok(body) => obey(cx, body, reply.header("ETag").map(str::to_owned)).await,
            Err(_) => failed(cx, ReasonCode::ConnectionProblem, "reply_unreadable").await,
        },
        Ok(reply) => refused(cx, &reply).await,
        Err(error) => no_answer(cx, error).await,
    }
}

/// An authentic refusal.
async fn refused(cx: &Cx, reply: &HttpReply) {
    match problem_code(reply) {
        Some(ProblemCode::InstanceRefused) => lost(cx).await,
        Some(code) => failed(cx, ReasonCode::ServerBusy, code.as_str()).await,
        None => failed(cx, ReasonCode::ConnectionProblem, "refused").await,
    }
}

async fn no_answer(cx: &Cx, error: CallError) {
    let reason = match error {
        CallError::Net(failure) => registration::net_reason(failure),
        CallError::Unauthentic => ReasonCode::ReplyUnauthentic,
        CallError::Key(failure) => registration::key_reason(failure),
        CallError::NotRegistered => return,
        CallError::Refused(Some(ProblemCode::InstanceRefused)) => refused_without_proof(cx).await,
        CallError::Refused(_) => ReasonCode::ConnectionProblem,
    };
    if error == CallError::Net(NetFailure::Offline) {
        cx.log(LogLevel::Info, "check_in_offline", "");
    }
    failed(cx, reason, error.code()).await;
}

/// Nothing is given up, but the user may sign in again; unless it was another organisation's server that said so.
async fn refused_without_proof(cx: &Cx) -> ReasonCode {
    if registration::meet(cx).await == Err(ReasonCode::WrongServer) {
        return ReasonCode::WrongServer;
    }
    cx.with(|state| state.sign_in_again = true);
    ReasonCode::InstanceRefused
}

/// Nothing was learnt: everything stays, and the next try waits longer.
async fn failed(cx: &Cx, reason: ReasonCode, detail: &'static str) {
    cx.log(LogLevel::Warn, "check_in_failed", detail);
    if !matches!(reason, ReasonCode::ConnectionRequired | ReasonCode::ServerBusy) {
        // Offline is told where it matters: when work data is asked for and withheld.
        dialogs::show_once(cx, reason, &Args::new());
    }
    let jitter = jitter(cx).await;
    cx.with(|state| {
        state.last_failure = Some(reason);
        state.failures = state.failures.saturating_add(1);
        state.next_check_in = Some(plus(state.clock.mono(), wait(state.failures, jitter)));
    });
    set_timer(cx);
}

/// Half of the doubled wait is certain, the other half is drawn.
pub(crate) fn wait(failures: u32, jitter: [u8; 2]) -> Millis {
    let doubled = FIRST_WAIT.0.saturating_mul(1_u64 << failures.saturating_sub(1).min(16));
    let full = doubled.min(LONGEST_WAIT.0);
    let drawn = full / 2 * u64::from(u16::from_be_bytes(jitter)) / u64::from(u16::MAX);
    Millis(full / 2 + drawn)
}

fn plus(at: Millis, span: Millis) -> Millis {
    Millis(at.0.saturating_add(span.0))
}

/// The server confirmed what is obeyed.
async fn confirmed(cx: &Cx, next: Option<Millis>) {
    let clock = cx.with(|state| {
        state.failures = 0;
        state.last_failure = None;
        state.sign_in_again = false;
        if let Some(next) = next {
            state.interval = next.clamp(SOONEST, LATEST);
        }
        state.next_check_in = Some(plus(state.clock.mono(), state.interval));
        state.clock.checked_in()
    });
    store_clock(cx, clock).await;
    for reason in [
        ReasonCode::ConnectionProblem,
        ReasonCode::ConnectionRequired,
        ReasonCode::ReplyUnauthentic,
        ReasonCode::InstanceRefused,
    ] {
        dialogs::cured(cx, reason);
    }
    status::report(cx).await;
    subscribe(cx).await;
    set_timer(cx);
    gate::review(cx);
}

/// Writes the clock; a failure costs precision after the next restart, nothing else.
pub(crate) async fn store_clock(cx: &Cx, clock: crate::state::ClockRecord) {
    if cx.put(crate::state::ClockRecord::SLOT, encode(&clock)).await.is_err() {
        cx.log(LogLevel::Warn, "slot_not_written", crate::state::ClockRecord::SLOT);
    }
}

/// Takes over a keyset, if it is newer and signed by the pinned root.
pub(crate) async fn adopt_keyset(cx: &Cx, bytes: &Bytes) {
    let judged = cx.with(|state| {
        let server = state.server.as_ref()?;
        if server.keyset == *bytes {
            return None;
        }
        let accepted = keyset::accept(
            bytes.as_ref(),
            &server.root,
            server.tenant,
            &server.keyset_floor,
            state.clock.now(),
        );
        Some(accepted.map(|accepted| ServerRecord {
            keyset: bytes.clone(),
            keyset_floor: accepted.floor,
            ..server.clone()
        }))
    });
    let Some(judged) = judged else { return };
    let written = match judged {
        Ok(record) => cx.put(ServerRecord::SLOT, encode(&record)).await.map(|()| record).ok(),
        Err(refusal) => {
            refuse(cx, refusal_reason(&refusal, Namespace::Keyset), refusal.code());
            None
        }
    };
    if let Some(record) = written {
        cx.with(|state| state.adopt_server(record));
    }
}

/// The reason code of a refused object.
pub(crate) fn refusal_reason(refusal: &Refusal, of: Namespace) -> ReasonCode {
    ReasonCode::parse(refusal.reason(of)).unwrap_or(ReasonCode::UnknownError)
}

/// Notes that something from the server was not accepted: told, logged, and reported.
fn refuse(cx: &Cx, reason: ReasonCode, detail: &'static str) {
    cx.log(LogLevel::Error, reason.as_str(), detail);
    cx.with(|state| state.refusals.insert(reason));
    dialogs::show_once(cx, reason, &Args::new());
}

async fn obey(cx: &Cx, reply: CheckInReply, etag: Option<String>) {
    cx.with(|state| {
        state.clock.server_time(reply.server_time);
        state.refusals.clear();
    });
    if let Some(keyset) = &reply.keyset {
        adopt_keyset(cx, keyset).await;
    }
    if let Some(order) = find_order(cx, &reply.orders) {
        wipe::begin_order(cx, &order).await;
        return;
    }
    let verdict = match reply.state {
        AccountState::NotRegistered => return lost(cx).await,
        AccountState::NoPolicy => Verdict::NoPolicy,
        AccountState::NotLicensed => Verdict::NotLicensed,
        AccountState::AccountDisabled => Verdict::Disabled,
        AccountState::Protected => Verdict::Protected,
    };
    let held = match (verdict, &reply.bundle) {
        (Verdict::Protected | Verdict::Disabled, Some(bundle)) => {
            take_bundle(cx, bundle, &reply, etag, verdict).await
        }
        (Verdict::Protected, None) => {
            refuse(cx, ReasonCode::BundleUnreadable, "bundle_missing");
            false
        }
        (Verdict::Disabled, None) => disable(cx, etag).await,
        (Verdict::NoPolicy | Verdict::NotLicensed, _) => unprotect(cx, verdict, etag).await,
    };
    if held {
        confirmed(cx, Some(reply.next_check_in)).await;
    } else {
        status::report(cx).await;
        failed(cx, ReasonCode::ServerBusy, "not_accepted").await;
    }
}

/// The first order that is really for this instance. Whatever else is in the list is refused and told.
fn find_order(cx: &Cx, orders: &[Bytes]) -> Option<WipeOrder> {
    for bytes in orders {
        match cx.with(|state| judge_order(state, bytes)) {
            Ok(order) => return Some(order),
            Err(refusal) => {
                let reason = refusal_reason(&refusal, Namespace::WipeOrder);
                cx.log(LogLevel::Error, reason.as_str(), refusal.code());
                cx.with(|state| state.refusals.insert(reason));
            }
        }
    }
    None
}

fn judge_order(state: &State, bytes: &Bytes) -> Result<WipeOrder, Refusal> {
    let record = state.instance.as_ref().ok_or(Refusal::WrongInstance)?;
    let recipient = Recipient {
        tenant: record.tenant,
        account: record.account,
        instance: record.instance.ok_or(Refusal::WrongInstance)?,
        app: &state.config.app.id,
    };
    let keyset = state.keyset.as_ref().ok_or(Refusal::KeysetMissing)?;
    accept_order(bytes.as_ref(), keyset, &recipient, state.clock.now())
}

async fn take_bundle(
    cx: &Cx,
    bundle: &Bytes,
    reply: &CheckInReply,
    etag: Option<String>,
    verdict: Verdict,
) -> bool {
    let mut judged = None;
    let written = policy_store::change(cx, |state| {
        match policy_store::judge(state, bundle, reply.bundle_hash.as_ref(), etag, verdict) {
            Ok(Candidate { record, obeyed, first, again }) => {
                judged = Some(Ok((obeyed, first, again)));
                Some(record)
            }
            Err(refusal) => {
                judged = Some(Err(refusal));
                None
            }
        }
    });
    let (obeyed, first, again) = match (written.await, judged) {
        (true, Some(Ok(accepted))) => accepted,
        (_, Some(Err(refusal))) => {
            refuse(cx, refusal_reason(&refusal, Namespace::Bundle), refusal.code());
            return false;
        }
        _ => return false,
    };
    cx.with(|state| state.obeyed = Some(obeyed));
    if first {
        start::protected(cx).await;
        // Catalogue D2: on both platforms the first policy asks for a restart of the app.
        dialogs::show(cx, ReasonCode::RestartRequired);
        cx.emit(Effect::RestartRequired);
    } else if again {
        dialogs::show(cx, ReasonCode::NowProtected);
    }
    true
}

async fn disable(cx: &Cx, etag: Option<String>) -> bool {
    policy_store::change(cx, |state| {
        let mut record = policy_store::without_policy(state, Verdict::Disabled, etag);
        record.restart_pending = state.policy.as_ref().is_some_and(|known| known.restart_pending);
        Some(record)
    })
    .await
}

/// The server said that this user is not covered: the account becomes unmanaged without a wipe (behaviour §2.2).
async fn unprotect(cx: &Cx, verdict: Verdict, etag: Option<String>) -> bool {
    let mut news = false;
    let written = policy_store::change(cx, |state| {
        news = state.policy.as_ref().is_none_or(|known| known.verdict != verdict);
        Some(policy_store::without_policy(state, verdict, etag))
    });
    if !written.await {
        return false;
    }
    let wanted = cx.with(|state| {
        state.obeyed = None;
        state.config.requires_policy
    });
    cx.log(
        LogLevel::Info,
        "unprotected",
        if verdict == Verdict::NoPolicy { "no_policy" } else { "not_licensed" },
    );
    if news && verdict == Verdict::NotLicensed {
        dialogs::show_once(cx, ReasonCode::NotLicensed, &Args::new());
    } else if news && wanted {
        dialogs::show_once(cx, ReasonCode::PolicyMissing, &Args::new());
    }
    true
}

/// The server does not know this instance any more: data is kept and withheld until the user signs in again.
async fn lost(cx: &Cx) {
    let record = cx.with(|state| {
        let record = state.instance.as_mut()?;
        record.stage = Stage::Lost;
        state.session = None;
        state.next_check_in = None;
        Some(encode(record))
    });
    if let Some(bytes) = record
        && cx.put(InstanceRecord::SLOT, bytes).await.is_err()
    {
        cx.log(LogLevel::Error, "slot_not_written", InstanceRecord::SLOT);
    }
    unsubscribe(cx);
    dialogs::show_once(cx, ReasonCode::InstanceRefused, &Args::new());
}

/// Opens the events stream while the app is in front.
async fn subscribe(cx: &Cx) {
    let wanted = cx.with(|state| state.foreground && state.stream.is_none() && state.may_check_in());
    if !wanted {
        return;
    }
    let Ok(ticket) = session::ticket(cx, &Call::get(EVENTS)).await else { return };
    let req = cx.emit_numbered(|req| Effect::Subscribe { req, request: ticket.request });
    cx.with(|state| state.stream = Some(req));
}

/// Two random bytes that spread the phones. They are no secret: a recording holds them.
pub(crate) async fn jitter(cx: &Cx) -> [u8; 2] {
    let drawn = cx.random::<2>().await;
    cx.with(|state| state.witness.attest("jitter", || drawn))
}

/// The events stream broke off: check in soon, after a wait that spreads the phones of a restarted server.
pub(crate) async fn come_back(cx: Cx) {
    let jitter = jitter(&cx).await;
    cx.with(|state| {
        let at = plus(state.clock.mono(), wait(state.failures.saturating_add(1), jitter));
        state.next_check_in = Some(state.next_check_in.map_or(at, |next| next.min(at)));
    });
    set_timer(&cx);
}

/// Closes the events stream.
pub(crate) fn unsubscribe(cx: &Cx) {
    if let Some(req) = cx.with(|state| state.stream.take()) {
        cx.emit(Effect::Unsubscribe { req });
    }
}

/// Wakes the core for the next thing that is due.
pub(crate) fn set_timer(cx: &Cx) {
    let next = cx.with(|state| {
        let mono = state.clock.mono();
        let lease = state.obeyed.as_ref().map(|obeyed| {
            let left: Millis = obeyed.lease_ends_at.since(state.clock.now().max(UnixMillis(0)));
            plus(mono, left)
        });
        let lease = lease.filter(|at| *at > mono);
        let next = [state.next_check_in, lease, state.next_hand_in].into_iter().flatten().min();
        let changed = next != state.timer;
        state.timer = next;
        next.filter(|_| changed)
    });
    if let Some(at) = next {
        cx.emit(Effect::SetTimer { at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_hour_and_half_of_each_is_drawn() {
        assert_eq!(wait(1, [0, 0]), Millis::from_secs(7).max(Millis(7_500)));
        assert_eq!(wait(1, [255, 255]), Millis::from_secs(15));
        assert_eq!(wait(3, [255, 255]), Millis::from_secs(60));
        for failures in [9, 20, u32::MAX] {
            assert_eq!(wait(failures, [0, 0]), Millis::from_minutes(30));
            assert_eq!(wait(failures, [255, 255]), Millis::from_minutes(60));
        }
    }
}
