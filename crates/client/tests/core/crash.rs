//! The process dies after every single effect, and sometimes twice; the end is always the same (AT-U2).

use crate::support::{APP, Driver, Durable, Run, Server, config, facts};
use ringfence_client::{Answer, AppRequest, Failure, Identity, Input, KeyFailure, ProtectionState};
use ringfence_model::{Millis, Platform, UnixMillis};
use ringfence_protocol::wipe::WipeOutcome;

const START: UnixMillis = UnixMillis(1_800_000_000_000);
const PLAN: &[u8] = b"the plan";

/// What a user saw being done before the crash.
#[derive(Default)]
struct Promised {
    work: bool,
    personal: bool,
    work_ever: bool,
}

fn state(driver: &mut Driver<'_>) -> Option<ProtectionState> {
    match driver.ask(AppRequest::Status)? {
        Answer::Status(status) => Some(status.state),
        other => panic!("{other:?}"),
    }
}

fn create(driver: &mut Driver<'_>, identity: Identity, promised: &mut bool) -> Option<()> {
    let name = "plan.txt".to_owned();
    if *promised {
        let answer = driver.ask(AppRequest::Read { identity, name: name.clone() })?;
        assert_eq!(answer, Answer::Content(PLAN.to_vec()), "what was saved is still there");
    }
    match driver.ask(AppRequest::Create { identity, name, content: PLAN.to_vec() })? {
        Answer::Done | Answer::Failed(Failure::Exists) => *promised = true,
        Answer::Failed(_) | Answer::Refused(_) if driver.fail_at.is_some() => {}
        other => panic!("{other:?}"),
    }
    Some(())
}

/// Register, get a policy, make documents, be wiped; goes on from wherever the last process died. `None` = died.
fn story(driver: &mut Driver<'_>, promised: &mut Promised) -> Option<()> {
    if driver.launch(facts(Platform::Ios)) == Run::Crashed {
        return None;
    }
    if driver.server.receipts.is_empty() {
        if state(driver)? == ProtectionState::SignedOut && driver.sign_in() == Run::Crashed {
            return None;
        }
        let made = create(driver, Identity::Work, &mut promised.work);
        // An effect may have happened without anybody hearing of it.
        promised.work_ever |= driver.durable.work_files() > 0;
        made?;
        create(driver, Identity::Personal, &mut promised.personal)?;
        let Some(live) = driver.server.live() else {
            assert!(driver.fail_at.is_some());
            return Some(());
        };
        if driver.server.instances[&live].orders.is_empty() {
            driver.server.order_wipe(live);
        }
        if driver.give(Input::PushHint) == Run::Crashed {
            return None;
        }
    }
    Some(())
}

/// Runs the story with a crash after each of `cuts` effects, then to the end; the number of effects of the last life.
fn run(cuts: &[usize]) -> usize {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut promised = Promised::default();
    for (life, cut) in cuts.iter().map(|cut| Some(*cut)).chain([None]).enumerate() {
        // A wipe takes the document away again, promised or not.
        promised.work &= server.receipts.is_empty() && !durable.slots.contains_key("wipe");
        server.now = server.now.plus(Millis::from_secs(5));
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.entropy.0 = (life as u64) << 32;
        driver.cut_after = cut;
        let finished = story(&mut driver, &mut promised);
        let executed = driver.executed;
        assert!(cut.is_some() || finished.is_some());
        if cut.is_none() {
            assert!(promised.work_ever && promised.personal, "the story was told, cuts {cuts:?}");
            check(&durable, &server, &promised, cuts);
            return executed;
        }
    }
    unreachable!("the last life is not cut");
}

fn check(durable: &Durable, server: &Server, promised: &Promised, cuts: &[usize]) {
    assert_eq!(durable.work_files(), 0, "work files are gone, cuts {cuts:?}");
    let personal = durable.files.get("personal/plan.txt").map(Vec::as_slice);
    assert_eq!(personal, promised.personal.then_some(PLAN), "the personal file is untouched, cuts {cuts:?}");
    assert!(durable.sign_keys.is_empty(), "signing keys are gone, cuts {cuts:?}");
    assert!(durable.seal_keys.is_empty(), "the shared key went with the only app, cuts {cuts:?}");
    for slot in ["instance", "keys", "policy", "wipe"] {
        assert!(!durable.slots.contains_key(slot), "slot {slot} is gone, cuts {cuts:?}");
    }
    assert_eq!(server.receipts.len(), 1, "one order, one receipt, cuts {cuts:?}");
    let receipt = &server.receipts[0];
    let files = u64::from(promised.work_ever);
    assert_eq!((receipt.outcome, receipt.files_removed), (WipeOutcome::Wiped, files), "cuts {cuts:?}");
    assert!(server.live().is_none());
    assert!(durable.shown.get("D5").copied().unwrap_or_default() <= 1, "no second notice, cuts {cuts:?}");
    assert!(
        durable.shown.get("D2").copied().unwrap_or_default() <= 1,
        "no second restart notice, cuts {cuts:?}"
    );
}

// acceptance: AT-U2
// acceptance: AT-P3
#[test]
fn dying_after_any_effect_leads_to_the_same_end() {
    let effects = run(&[]);
    assert!(effects > 50, "the story is long enough to be worth it: {effects}");
    for cut in 1..effects {
        run(&[cut]);
    }
}

#[test]
fn any_single_failure_is_made_good() {
    let effects = run(&[]);
    for key_failure in [KeyFailure::Broken, KeyFailure::Locked] {
        for fail_at in 0..effects {
            let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
            let mut promised = Promised::default();
            let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
            driver.fail_at = Some(fail_at);
            driver.key_failure = key_failure;
            story(&mut driver, &mut promised);
            // What waits for its time gets it, in the same process.
            driver.advance(Millis::from_minutes(61));
            promised.work &= server.receipts.is_empty() && !durable.slots.contains_key("wipe");
            let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
            driver.entropy.0 = 1 << 32;
            story(&mut driver, &mut promised).unwrap();
            check(&durable, &server, &promised, &[fail_at]);
        }
    }
}

#[test]
fn dying_twice_leads_to_the_same_end() {
    let effects = run(&[]);
    for first in (1..effects).step_by(5) {
        for second in (1..effects).step_by(7) {
            run(&[first, second]);
        }
    }
}
