//! The main job through the core: register, obey, seal, refuse, tighten, wipe.

use crate::support::{APP, Driver, Durable, PEER, STRANGER, Server, config, facts};
use ringfence_client::{
    Action, Answer, AppRequest, Identity, Input, OtherApp, ProtectionState, Verdict, Way,
};
use ringfence_messages::ReasonCode;
use ringfence_model::{Millis, Platform, UnixMillis};
use ringfence_protocol::{
    checkin::AccountState,
    problem::ProblemCode,
    wipe::{WipeCause, WipeOutcome},
};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn create(identity: Identity, name: &str) -> AppRequest {
    AppRequest::Create { identity, name: name.to_owned(), content: b"the plan".to_vec() }
}

fn read(identity: Identity, name: &str) -> AppRequest {
    AppRequest::Read { identity, name: name.to_owned() }
}

fn share(to: &str) -> AppRequest {
    let action = Action::Send { way: Way::ShareSheet, to: OtherApp::named(to) };
    AppRequest::Send { identity: Identity::Work, name: "plan.txt".to_owned(), action }
}

fn reason(answer: Option<Answer>) -> ReasonCode {
    match answer {
        Some(Answer::Refused(refusal)) => refusal.reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn state(driver: &mut Driver<'_>) -> ProtectionState {
    match driver.ask(AppRequest::Status) {
        Some(Answer::Status(status)) => status.state,
        other => panic!("expected a status, got {other:?}"),
    }
}

fn obeyed(driver: &mut Driver<'_>) -> Option<u64> {
    match driver.ask(AppRequest::Status) {
        Some(Answer::Status(status)) => status.obeyed_version,
        other => panic!("expected a status, got {other:?}"),
    }
}

#[test]
fn before_sign_in_personal_documents_work_and_work_documents_do_not() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    assert_eq!(driver.ask(AppRequest::List), Some(Answer::Failed(ringfence_client::Failure::NotStarted)));
    driver.launch(facts(Platform::Ios));
    assert_eq!(driver.ask(create(Identity::Personal, "diary.txt")), Some(Answer::Done));
    assert_eq!(driver.durable.files["personal/diary.txt"], b"the plan");
    assert_eq!(reason(driver.ask(create(Identity::Work, "plan.txt"))), ReasonCode::SignInRequired);
    assert_eq!(state(&mut driver), ProtectionState::SignedOut);
    assert!(driver.server.requests.is_empty());
}

/// The cure of a block often ends the process: an update of the system, a restart.
#[test]
fn a_block_that_ended_with_the_process_is_taken_back() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.set("minimumRequiredOsVersion", "17.0");
    let mut old = facts(Platform::Ios);
    old.device.os_version = "16.0".parse().unwrap();
    let mut cured = old.clone();
    cured.device.os_version = "18.0".parse().unwrap();
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(old);
    driver.sign_in();
    assert_eq!(driver.server.statuses.last().unwrap().blocked_by, ["os_too_old_block"]);
    for _ in 0..2 {
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.launch(cured.clone());
        let last = driver.server.statuses.last().unwrap();
        assert_eq!((last.blocked_by.len(), last.os_version), (0, cured.device.os_version));
    }
    let count = server.statuses.len();
    assert_eq!(
        server.statuses.iter().filter(|report| report.blocked_by.is_empty()).count(),
        1,
        "{count} reports"
    );
}

/// A late answer to a report of the old policy writes down what was reported, and nothing else.
#[test]
fn a_late_answer_to_a_report_puts_no_older_policy_back() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.set("minimumRequiredOsVersion", "17.0");
    let mut old = facts(Platform::Ios);
    old.device.os_version = "16.0".parse().unwrap();
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.slow_path = Some("/phone/v1/status");
    let (before, version) = (driver.server.statuses.len(), obeyed(&mut driver));
    driver.give(Input::Facts(Box::new(old)));
    driver.advance(Millis::from_minutes(2));
    assert_eq!(driver.server.statuses.len(), before + 1, "the block is being reported");
    driver.server.set("printBlocked", true);
    driver.give(Input::PushHint);
    let newer = obeyed(&mut driver);
    assert!(newer > version, "{newer:?} {version:?}");
    // The process dies with the answer written down, before anything else is.
    driver.cut_after = Some(driver.executed + 1);
    driver.release();
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.online = false;
    driver.launch(facts(Platform::Ios));
    assert_eq!(obeyed(&mut driver), newer, "after a restart without a connection");
    // What was told is known: numbers go on, and nothing is told twice.
    let mut numbers: Vec<u64> = server.statuses.iter().map(|report| report.sequence).collect();
    numbers.dedup();
    assert!(numbers.is_sorted() && numbers.len() == server.statuses.len(), "{numbers:?}");
}

// acceptance: AT-T5
#[test]
fn registers_obeys_seals_and_reports() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    assert_eq!(state(&mut driver), ProtectionState::Protected);
    assert_eq!(driver.codes(), ["D2"]);
    assert_eq!(driver.restarts, 1);
    assert!(driver.stream.is_some());
    let reported: Vec<_> = driver.server.statuses.iter().map(|report| report.obeyed_version).collect();
    assert_eq!(reported, [1]);
    assert_eq!(driver.ask(create(Identity::Work, "plan.txt")), Some(Answer::Done));
    let sealed = &driver.durable.files["work/plan.txt"];
    assert!(sealed.starts_with(b"RNGF") && !sealed.windows(8).any(|window| window == b"the plan"));
    let answer = driver.ask(read(Identity::Work, "plan.txt"));
    assert_eq!(answer, Some(Answer::Content(b"the plan".to_vec())));
    // After a restart everything is there, and the restart notice is not repeated.
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    let answer = driver.ask(read(Identity::Work, "plan.txt"));
    assert_eq!(answer, Some(Answer::Content(b"the plan".to_vec())));
    assert!(driver.codes().is_empty());
    assert_eq!(driver.server.statuses.len(), 1, "nothing new to report");
}

#[test]
fn shares_with_managed_apps_and_seals_or_refuses_towards_others() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    let Some(Answer::Outgoing { bytes, sealed: false, tag: Some(tag), .. }) = driver.ask(share(PEER)) else {
        panic!("a managed app gets the document as it is");
    };
    assert_eq!(bytes, b"the plan");
    let Some(Answer::Outgoing { bytes: packet, sealed: true, decision, .. }) = driver.ask(share(STRANGER))
    else {
        panic!("the share sheet of iOS seals");
    };
    assert_eq!(decision.verdict, Verdict::AllowSealed);
    assert_eq!(decision.deciders, ["allowedOutboundDataTransferDestinations"]);
    assert_eq!(decision.sources[0].name, "Everybody");
    assert!(!packet.windows(8).any(|window| window == b"the plan"));
    // S1: in another managed app of the same account on this device it opens.
    let mut peer_slots = durable.clone();
    peer_slots.slots.clear();
    peer_slots.files.clear();
    let mut peer = Driver::new(config(Platform::Ios, PEER), &mut peer_slots, &mut server);
    peer.launch(facts(Platform::Ios));
    peer.sign_in();
    let receive = |bytes: Vec<u8>, tag| AppRequest::Receive {
        action: Action::Receive { from: OtherApp::named(STRANGER), can_open_as_personal: false },
        bytes,
        tag,
        name: "in.txt".to_owned(),
        identity: Identity::Personal,
    };
    let answer = peer.ask(receive(packet.clone(), None));
    assert!(matches!(answer, Some(Answer::Received { identity: Identity::Work, .. })), "{answer:?}");
    assert_eq!(peer.ask(read(Identity::Work, "in.txt")), Some(Answer::Content(b"the plan".to_vec())));
    assert!(matches!(
        peer.ask(receive(b"the plan".to_vec(), Some(tag))),
        Some(Answer::Received { identity: Identity::Work, .. })
    ));
    // Changed on its way: unreadable, nothing written.
    let mut broken = packet;
    *broken.last_mut().unwrap() ^= 1;
    let answer = peer.ask(AppRequest::Receive {
        action: Action::Receive { from: OtherApp::named(STRANGER), can_open_as_personal: false },
        bytes: broken,
        tag: None,
        name: "broken.txt".to_owned(),
        identity: Identity::Work,
    });
    assert_eq!(answer, Some(Answer::Failed(ringfence_client::Failure::Unreadable)));
    assert!(!peer.durable.files.contains_key("work/broken.txt"));
}

/// What lies among the work documents and is not sealed under the account's keys was put there by somebody else.
#[test]
fn only_sealed_work_documents_open() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    let sealed = driver.durable.files["work/plan.txt"].clone();
    let mut flipped = sealed.clone();
    flipped[0] ^= 1;
    for put in [b"the plan".to_vec(), Vec::new(), sealed[1..].to_vec(), sealed[..20].to_vec(), flipped] {
        driver.durable.files.insert("work/plan.txt".to_owned(), put);
        let answer = driver.ask(read(Identity::Work, "plan.txt"));
        assert_eq!(answer, Some(Answer::Failed(ringfence_client::Failure::Unreadable)));
    }
    driver.durable.files.insert("work/plan.txt".to_owned(), sealed);
    assert_eq!(driver.ask(read(Identity::Work, "plan.txt")), Some(Answer::Content(b"the plan".to_vec())));
}

#[test]
fn android_refuses_with_dialog_and_trace_and_tells_when_there_is_no_managed_app() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
    let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Android));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    assert_eq!(reason(driver.ask(share(STRANGER))), ReasonCode::SendManagedAppsOnly);
    assert_eq!(driver.codes().last(), Some(&"D4"));
    let mut lonely = facts(Platform::Android);
    lonely.installed.retain(|app| app.id != PEER);
    driver.give(Input::Facts(Box::new(lonely)));
    assert_eq!(reason(driver.ask(share(STRANGER))), ReasonCode::SendNoManagedApp);
    assert_eq!(driver.codes().last(), Some(&"N3"));
    let from_stranger = AppRequest::Receive {
        action: Action::Receive { from: OtherApp::named(STRANGER), can_open_as_personal: false },
        bytes: b"x".to_vec(),
        tag: None,
        name: "x.txt".to_owned(),
        identity: Identity::Work,
    };
    assert_eq!(reason(driver.ask(from_stranger)), ReasonCode::ReceiveManagedAppsOnly);
}

#[test]
fn the_companion_is_demanded_on_android() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
    let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
    let mut bare = facts(Platform::Android);
    bare.device.companion_version = None;
    driver.launch(bare.clone());
    driver.sign_in();
    assert_eq!(driver.codes(), ["D6"]);
    assert!(driver.server.instances.is_empty());
    driver.give(Input::Facts(Box::new(facts(Platform::Android))));
    driver.sign_in();
    assert_eq!(state(&mut driver), ProtectionState::Protected);
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.give(Input::Facts(Box::new(bare)));
    assert_eq!(reason(driver.ask(create(Identity::Work, "plan.txt"))), ReasonCode::SignInRequired);
    assert_eq!(driver.durable.work_files(), 0, "without the companion the data goes");
    driver.sign_in();
    assert_eq!(driver.codes().last(), Some(&"D6"));
}

#[test]
fn a_tighter_policy_is_obeyed_after_a_hint_and_reported() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
    let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Android));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    assert!(matches!(driver.ask(share(PEER)), Some(Answer::Outgoing { .. })));
    driver.server.set("allowedOutboundDataTransferDestinations", "none");
    driver.give(Input::PushHint);
    assert_eq!(reason(driver.ask(share(PEER))), ReasonCode::SendNone);
    assert_eq!(driver.server.statuses.last().unwrap().obeyed_version, 2);
    let sequences: Vec<_> = driver.server.statuses.iter().map(|report| report.sequence).collect();
    assert!(sequences.is_sorted_by(|a, b| a < b), "{sequences:?}");
    // Nothing new: a 304, no report.
    let before = driver.server.statuses.len();
    driver.give(Input::PushHint);
    assert_eq!(driver.server.statuses.len(), before);
}

#[test]
fn refusals_of_registration_are_told_and_leave_nothing_behind() {
    let cases = [
        (ProblemCode::NotLicensed, "I4", "N7"),
        (ProblemCode::OtherAccountRegistered, "I8", "N4"),
        (ProblemCode::ProofInvalid, "I3", "N8"),
        (ProblemCode::AccountDisabled, "RF-415", "RF-415"),
    ];
    for platform in Platform::ALL {
        for (code, ios, android) in cases {
            let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
            server.refuse_registration = Some(code);
            let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
            driver.launch(facts(platform));
            driver.sign_in();
            let expected = if platform == Platform::Ios { ios } else { android };
            assert_eq!(driver.codes(), [expected]);
            assert_eq!(state(&mut driver), ProtectionState::SignedOut);
            assert!(
                driver.durable.own_sign_keys().is_empty() && !driver.durable.slots.contains_key("instance")
            );
            driver.server.refuse_registration = None;
            driver.sign_in();
            assert_eq!(state(&mut driver), ProtectionState::Protected);
        }
    }
}

#[test]
fn wrong_password_no_network_and_a_second_account() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in_as(crate::support::USER, "mistyped horse");
    assert_eq!(driver.codes(), ["RF-409"]);
    driver.online = false;
    driver.sign_in();
    assert_eq!(driver.codes().last(), Some(&"I6"));
    driver.online = true;
    driver.sign_in();
    assert_eq!(state(&mut driver), ProtectionState::Protected);
    driver.sign_in_as("robin@example.org", "correct horse 7");
    assert_eq!(driver.codes().last(), Some(&"I8"));
    assert_eq!(state(&mut driver), ProtectionState::Protected);
}

// acceptance: AT-J1
#[test]
fn a_wipe_destroys_keys_then_files_and_proves_it() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.ask(create(Identity::Work, "other.txt"));
    driver.ask(create(Identity::Personal, "diary.txt"));
    let before = driver.durable.clone();
    let instance = driver.server.live().unwrap();
    let order = driver.server.order_wipe(instance);
    driver.give(Input::PushHint);
    let receipt = driver.server.receipts.last().expect("a receipt").clone();
    assert_eq!((receipt.order, receipt.outcome), (Some(order), WipeOutcome::Wiped));
    assert_eq!((receipt.files_removed, receipt.keys_destroyed), (2, 2));
    assert_eq!(driver.codes().last(), Some(&"D5"));
    assert_eq!(driver.durable.work_files(), 0);
    assert_eq!(driver.durable.files["personal/diary.txt"], b"the plan");
    assert!(!driver.durable.seal_keys.keys().any(|alias| alias.starts_with("app.")));
    assert!(driver.durable.sign_keys.is_empty());
    assert!(
        ["keys", "policy", "instance", "wipe"].iter().all(|slot| !driver.durable.slots.contains_key(*slot))
    );
    assert_eq!(state(&mut driver), ProtectionState::SignedOut);
    // W5: even with all old files and slots put back, nothing opens, because the key store has forgotten.
    let mut resurrected = before;
    resurrected.sign_keys.clear();
    resurrected.seal_keys.retain(|alias, _| !alias.starts_with("app."));
    let mut thief = Driver::new(config(Platform::Ios, APP), &mut resurrected, &mut server);
    thief.online = false;
    thief.launch(facts(Platform::Ios));
    let answer = thief.ask(read(Identity::Work, "plan.txt"));
    assert_eq!(answer, Some(Answer::Failed(ringfence_client::Failure::Unreadable)));
    // The wiped instance must register anew, and is not hit by the old order.
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    assert_eq!(state(&mut driver), ProtectionState::Protected);
    assert_ne!(driver.server.live(), Some(instance));
    driver.ask(create(Identity::Work, "new.txt"));
    driver.give(Input::PushHint);
    assert_eq!(driver.durable.work_files(), 1);
}

// acceptance: AT-U6
#[test]
fn a_wipe_that_loses_the_network_hands_in_its_receipt_later() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.tamper = Some(Box::new(|request, reply| {
        if request.path == "/phone/v1/receipts" {
            *reply = crate::support::server::problem(ProblemCode::Unavailable);
        }
    }));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    let instance = driver.server.live().unwrap();
    driver.server.order_wipe(instance);
    driver.give(Input::PushHint);
    assert_eq!(driver.durable.work_files(), 0);
    assert_eq!(driver.durable.shown["D5"], 1);
    assert!(driver.durable.slots.contains_key("wipe") && driver.durable.sign_keys.is_empty());
    assert_eq!(state(&mut driver), ProtectionState::SignedOut, "only the receipt is still owed");
    driver.server.tamper = None;
    driver.advance(Millis::from_minutes(60));
    assert!(!driver.durable.slots.contains_key("wipe"));
    assert_eq!(driver.durable.shown["D5"], 1);
}

// acceptance: AT-B6
#[test]
fn removing_the_account_wipes_here_only() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
    let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Android));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.ask(create(Identity::Personal, "diary.txt"));
    driver.give(Input::RemoveAccount);
    assert_eq!(driver.durable.work_files(), 0);
    assert!(driver.durable.files.contains_key("personal/diary.txt"));
    assert_eq!(driver.codes().last(), Some(&"RF-602"));
    assert_eq!(driver.server.receipts.len(), 1);
    assert_eq!(driver.server.receipts[0].cause, WipeCause::SignOut);
    assert!(driver.server.live().is_none(), "the server was told");
    // Without the network the data goes all the same.
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.online = false;
    driver.give(Input::RemoveAccount);
    assert_eq!((driver.durable.work_files(), state(&mut driver)), (0, ProtectionState::SignedOut));
    assert!(driver.server.live().is_some(), "the server cannot know yet");
    driver.online = true;
    driver.give(Input::Connectivity(ringfence_client::Connectivity::Online));
    assert!(driver.server.live().is_none(), "told later, which frees the device");
    assert_eq!(driver.server.receipts.len(), 2);
}

// acceptance: AT-A2
#[test]
fn no_policy_is_no_protection_unless_the_app_requires_one() {
    for (requires, expected) in [(false, None), (true, Some("I1"))] {
        let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
        server.state = AccountState::NoPolicy;
        let mut config = config(Platform::Ios, APP);
        config.requires_policy = requires;
        let mut driver = Driver::new(config, &mut durable, &mut server);
        driver.launch(facts(Platform::Ios));
        driver.sign_in();
        assert_eq!(state(&mut driver), ProtectionState::NoPolicy);
        let answer = driver.ask(create(Identity::Work, "plan.txt"));
        match expected {
            None => {
                assert_eq!(answer, Some(Answer::Done));
                assert!(matches!(driver.ask(share(STRANGER)), Some(Answer::Outgoing { sealed: false, .. })));
            }
            Some(code) => {
                assert_eq!(reason(answer), ReasonCode::PolicyMissing);
                assert_eq!(driver.codes().last(), Some(&code));
            }
        }
        // A policy later: no need to sign out and in.
        driver.server.state = AccountState::Protected;
        driver.give(Input::PushHint);
        assert_eq!(state(&mut driver), ProtectionState::Protected);
    }
}

#[test]
fn offline_the_lease_closes_and_a_check_in_opens_again() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.online = false;
    driver.give(Input::Connectivity(ringfence_client::Connectivity::Offline));
    driver.advance(Millis::from_minutes(60));
    assert!(matches!(driver.ask(read(Identity::Work, "plan.txt")), Some(Answer::Content(_))));
    driver.advance(Millis::from_days(1));
    assert_eq!(reason(driver.ask(read(Identity::Work, "plan.txt"))), ReasonCode::ConnectionRequired);
    assert_eq!(driver.codes().last(), Some(&"I6"));
    // Neither a clock set back nor a restart of the phone opens it.
    driver.now.wall = START;
    assert_eq!(reason(driver.ask(read(Identity::Work, "plan.txt"))), ReasonCode::ConnectionRequired);
    driver.give(Input::Background);
    let mut rebooted = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    rebooted.online = false;
    rebooted.now = ringfence_client::Now { wall: START, mono: Millis(5), boot_id: 2 };
    rebooted.launch(facts(Platform::Ios));
    assert_eq!(reason(rebooted.ask(read(Identity::Work, "plan.txt"))), ReasonCode::ConnectionRequired);
    // Online again, with the clock right: open.
    rebooted.now.wall = rebooted.server.now;
    rebooted.online = true;
    rebooted.give(Input::Connectivity(ringfence_client::Connectivity::Online));
    assert!(matches!(rebooted.ask(read(Identity::Work, "plan.txt")), Some(Answer::Content(_))));
}

#[test]
fn a_phone_whose_clock_ran_ahead_opens_again_after_contact() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.give(Input::Background);
    // Offline, a restart shows a clock that is a year ahead, and the floor follows it.
    let mut ahead = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    ahead.online = false;
    ahead.now =
        ringfence_client::Now { wall: START.plus(Millis::from_days(365)), mono: Millis(5), boot_id: 2 };
    ahead.launch(facts(Platform::Ios));
    assert_eq!(reason(ahead.ask(read(Identity::Work, "plan.txt"))), ReasonCode::ConnectionRequired);
    ahead.give(Input::Background);
    // Whether the clock is right again or not: the server says what time it is.
    for days in [0, 365] {
        let mut right = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        right.server.forget_sessions();
        right.now = ringfence_client::Now {
            wall: START.plus(Millis::from_days(days)),
            mono: Millis(5),
            boot_id: 3 + days,
        };
        right.launch(facts(Platform::Ios));
        assert!(matches!(right.ask(read(Identity::Work, "plan.txt")), Some(Answer::Content(_))), "{days}");
        right.give(Input::Background);
    }
}

#[test]
fn nothing_is_wiped_because_of_a_clock_alone() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.lease = Millis::from_days(400);
    server.set("periodOfflineBeforeWipeIsEnforced", "P90D");
    server.set("periodOfflineBeforeAccessCheck", "PT720M");
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.give(Input::Background);
    // The phone restarts with a clock one year ahead, offline.
    let mut jumped = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    jumped.online = false;
    jumped.now =
        ringfence_client::Now { wall: START.plus(Millis::from_days(365)), mono: Millis(5), boot_id: 2 };
    jumped.launch(facts(Platform::Ios));
    assert_eq!(jumped.durable.work_files(), 1);
    assert_eq!(jumped.codes().last(), Some(&"I6"));
    // The monotonic clock has counted ninety days: now it is certain.
    jumped.now.mono = Millis::from_days(91);
    jumped.give(Input::Foreground);
    assert_eq!(jumped.durable.work_files(), 0);
    assert_eq!(jumped.codes().last(), Some(&"RF-253"));
}

#[test]
fn conditions_block_and_wipe() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.set("deviceComplianceRequired", true);
    server.set("appActionIfDeviceComplianceRequired", "block");
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    let mut jailbroken = facts(Platform::Ios);
    jailbroken.device.jailbroken = Some(true);
    driver.give(Input::Facts(Box::new(jailbroken.clone())));
    assert_eq!(driver.codes().last(), Some(&"I5"));
    assert_eq!(reason(driver.ask(read(Identity::Work, "plan.txt"))), ReasonCode::DeviceCompromisedBlock);
    driver.give(Input::Facts(Box::new(facts(Platform::Ios))));
    assert_eq!(driver.dismissed.last().map(String::as_str), Some("I5"));
    assert!(matches!(driver.ask(read(Identity::Work, "plan.txt")), Some(Answer::Content(_))));
    driver.server.set("appActionIfDeviceComplianceRequired", "wipe");
    driver.give(Input::PushHint);
    driver.give(Input::Facts(Box::new(jailbroken)));
    assert_eq!(driver.durable.work_files(), 0);
    assert_eq!(driver.codes().last(), Some(&"RF-224"));
}

#[test]
fn a_lost_session_is_opened_again_and_a_lost_registration_asks_to_sign_in() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.server.forget_sessions();
    driver.server.set("printBlocked", true);
    driver.give(Input::PushHint);
    assert_eq!(driver.server.statuses.last().unwrap().obeyed_version, 2);
    driver.server.state = AccountState::NotRegistered;
    driver.give(Input::PushHint);
    assert_eq!(state(&mut driver), ProtectionState::SignInNeeded);
    assert_eq!(reason(driver.ask(read(Identity::Work, "plan.txt"))), ReasonCode::InstanceRefused);
    driver.server.state = AccountState::Protected;
    driver.sign_in();
    // The same account again: its documents are still there.
    assert!(matches!(driver.ask(read(Identity::Work, "plan.txt")), Some(Answer::Content(_))));
}

// acceptance: AT-E2
#[test]
fn warnings_are_shown_once_each_time_the_app_comes_to_the_front() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.set("minimumWarningOsVersion", "18.0");
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    let warnings = |driver: &Driver<'_>| driver.codes().iter().filter(|code| **code == "RF-207").count();
    assert_eq!(warnings(&driver), 1);
    driver.advance(Millis::from_minutes(31));
    driver.give(Input::PushHint);
    assert_eq!(warnings(&driver), 1);
    assert_eq!(driver.ask(create(Identity::Work, "plan.txt")), Some(Answer::Done));
    driver.give(Input::Background);
    driver.give(Input::Foreground);
    assert_eq!(warnings(&driver), 2);
}

#[test]
fn text_is_copied_for_managed_apps_only() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
    server.set("allowedOutboundClipboardSharingLevel", "managedApps");
    let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Android));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    let copy = |to: OtherApp| AppRequest::Send {
        identity: Identity::Work,
        name: "plan.txt".to_owned(),
        action: Action::Copy { to, characters: 8 },
    };
    let Some(Answer::Outgoing { bytes, sealed: true, .. }) = driver.ask(copy(OtherApp::unnamed())) else {
        panic!("sealed onto the clipboard");
    };
    assert_eq!(reason(driver.ask(copy(OtherApp::named(STRANGER)))), ReasonCode::CopyBlocked);
    let paste = AppRequest::Receive {
        action: Action::Paste { from: OtherApp::named(PEER), characters: 8 },
        bytes,
        tag: None,
        name: "pasted.txt".to_owned(),
        identity: Identity::Work,
    };
    assert!(matches!(driver.ask(paste), Some(Answer::Received { identity: Identity::Work, .. })));
    assert_eq!(driver.ask(read(Identity::Work, "pasted.txt")), Some(Answer::Content(b"the plan".to_vec())));
    driver.server.set("allowedOutboundClipboardSharingLevel", "blocked");
    driver.give(Input::PushHint);
    assert_eq!(reason(driver.ask(copy(OtherApp::unnamed()))), ReasonCode::CopyBlocked);
}
