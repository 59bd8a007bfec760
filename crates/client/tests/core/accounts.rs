//! Work and personal data side by side in one app, and what passes between apps: policy follows the account, never the
//! app (behaviour §4.1, §5.1, §5.2).

use ringfence_client::{
    AccountTag, Action, Answer, AppRequest, Connectivity, Identity, Input, OtherApp, ProtectionState, Way,
};
use ringfence_messages::ReasonCode as R;
use ringfence_model::{Platform, UnixMillis};
use ringfence_policy::compile::Transfer;

use crate::support::{APP, Driver, Durable, Entropy, PEER, STRANGER, Server, config, facts};

const START: UnixMillis = UnixMillis(1_800_000_000_000);
const SEND: &str = "allowedOutboundDataTransferDestinations";
const RECEIVE: &str = "allowedInboundDataTransferSources";
const PLAN: &[u8] = b"the plan";

fn create(identity: Identity, name: &str) -> AppRequest {
    AppRequest::Create { identity, name: name.to_owned(), content: PLAN.to_vec() }
}

fn read(identity: Identity, name: &str) -> AppRequest {
    AppRequest::Read { identity, name: name.to_owned() }
}

/// Handed over by the app itself, which both platforms can refuse.
fn give(identity: Identity, to: &str) -> AppRequest {
    let action = Action::Send { way: Way::Launch, to: OtherApp::named(to) };
    AppRequest::Send { identity, name: "plan.txt".to_owned(), action }
}

fn take(identity: Identity, from: OtherApp, tag: Option<AccountTag>) -> AppRequest {
    let action = Action::Receive { from, can_open_as_personal: false };
    AppRequest::Receive { action, bytes: PLAN.to_vec(), tag, name: "in.txt".to_owned(), identity }
}

fn refusal(answer: Option<Answer>) -> R {
    match answer {
        Some(Answer::Refused(refusal)) => refusal.reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn received(answer: Option<Answer>) -> Identity {
    match answer {
        Some(Answer::Received { identity, .. }) => identity,
        other => panic!("expected a document, got {other:?}"),
    }
}

fn own_tag(driver: &Driver<'_>) -> AccountTag {
    AccountTag { tenant: driver.server.tenant, account: driver.server.account }
}

/// A server with these settings, and an app in which both accounts have a document.
fn with(platform: Platform, app: &str, settings: &[(&str, &str)], story: impl FnOnce(&mut Driver<'_>)) {
    let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
    for (name, value) in settings {
        server.set(name, *value);
    }
    let mut driver = Driver::new(config(platform, app), &mut durable, &mut server);
    driver.launch(facts(platform));
    driver.sign_in();
    for identity in [Identity::Work, Identity::Personal] {
        assert_eq!(driver.ask(create(identity, "plan.txt")), Some(Answer::Done));
    }
    story(&mut driver);
}

// acceptance: AT-I1
// acceptance: AT-I2
// acceptance: AT-I4
#[test]
fn work_data_goes_to_managed_apps_only_and_personal_data_anywhere() {
    for platform in Platform::ALL {
        with(platform, APP, &[], |driver| {
            assert_eq!(refusal(driver.ask(give(Identity::Work, STRANGER))), R::SendManagedAppsOnly);
            let tag = own_tag(driver);
            for (identity, to, expected) in [
                (Identity::Work, PEER, Some(tag)),
                (Identity::Personal, STRANGER, None),
                (Identity::Personal, PEER, None),
            ] {
                match driver.ask(give(identity, to)) {
                    Some(Answer::Outgoing { bytes, sealed: false, tag, .. }) => {
                        assert_eq!((bytes.as_slice(), tag), (PLAN, expected), "{identity:?} to {to}");
                    }
                    other => panic!("{platform}: {identity:?} to {to}: {other:?}"),
                }
            }
        });
    }
}

// acceptance: AT-D3
// acceptance: AT-D4
// acceptance: AT-I3
// acceptance: AT-I5
// acceptance: AT-I6
// acceptance: AT-I8
// acceptance: AT-I9
// acceptance: AT-I10
// acceptance: AT-I12
#[test]
fn work_documents_take_in_work_data_only() {
    for platform in Platform::ALL {
        with(platform, PEER, &[], |driver| {
            let stranger = || OtherApp::named(STRANGER);
            let refused = driver.ask(take(Identity::Work, stranger(), None));
            assert_eq!(refusal(refused), R::ReceiveManagedAppsOnly);
            // Personal data of a managed app carries no tag, and is not let in because of the app it comes from.
            let refused = driver.ask(take(Identity::Work, OtherApp::named(APP), None));
            assert_eq!(refusal(refused), R::ReceiveManagedAppsOnly);
            let tag = Some(own_tag(driver));
            let work = driver.ask(take(Identity::Work, OtherApp::named(APP), tag));
            assert_eq!(received(work), Identity::Work);
            for from in [STRANGER, APP] {
                let personal = driver.ask(take(Identity::Personal, OtherApp::named(from), None));
                assert_eq!(received(personal), Identity::Personal, "from {from}");
            }
        });
    }
}

/// Work data that arrives while the personal account is on screen is the work account's all the same.
#[test]
fn work_data_never_becomes_personal() {
    for platform in Platform::ALL {
        with(platform, PEER, &[], |driver| {
            let tag = Some(own_tag(driver));
            let answer = driver.ask(take(Identity::Personal, OtherApp::named(APP), tag));
            assert_eq!(received(answer), Identity::Work);
            assert!(!driver.durable.files.contains_key("personal/in.txt"));
            assert!(!driver.durable.files["work/in.txt"].windows(PLAN.len()).any(|part| part == PLAN));
        });
    }
}

// acceptance: AT-T2
#[test]
fn every_pair_of_send_and_receive_holds() {
    for platform in Platform::ALL {
        for send in ["none", "managedApps", "allApps"] {
            for inbound in ["none", "managedApps", "allApps"] {
                with(platform, APP, &[(SEND, send), (RECEIVE, inbound)], |driver| {
                    let allowed = |answer: Option<Answer>| !matches!(answer, Some(Answer::Refused(_)));
                    let tag = Some(own_tag(driver));
                    let found = [
                        allowed(driver.ask(give(Identity::Work, PEER))),
                        allowed(driver.ask(give(Identity::Work, STRANGER))),
                        allowed(driver.ask(take(Identity::Work, OtherApp::named(PEER), tag))),
                        allowed(driver.ask(take(Identity::Work, OtherApp::named(STRANGER), None))),
                    ];
                    let expected =
                        [send != "none", send == "allApps", inbound != "none", inbound == "allApps"];
                    assert_eq!(found, expected, "{platform}: send {send}, receive {inbound}");
                });
            }
        }
    }
}

// acceptance: AT-F6
// acceptance: AT-F7
#[test]
fn a_refusal_says_which_side_refused() {
    with(Platform::Android, APP, &[], |driver| {
        let closed = OtherApp { receives: Some(Transfer::None), ..OtherApp::named(PEER) };
        let action = Action::Send { way: Way::Launch, to: closed };
        let request = AppRequest::Send { identity: Identity::Work, name: "plan.txt".to_owned(), action };
        assert_eq!(refusal(driver.ask(request)), R::SendReceiverRefuses);
        let mute = OtherApp { sends: Some(Transfer::None), ..OtherApp::named(PEER) };
        let tag = Some(own_tag(driver));
        assert_eq!(refusal(driver.ask(take(Identity::Work, mute, tag))), R::ReceiveSenderRefuses);
        driver.server.set(SEND, "none");
        driver.server.set(RECEIVE, "none");
        driver.give(Input::PushHint);
        assert_eq!(refusal(driver.ask(give(Identity::Work, PEER))), R::SendNone);
        assert_eq!(refusal(driver.ask(take(Identity::Work, OtherApp::named(PEER), tag))), R::ReceiveNone);
    });
}

// acceptance: AT-G1
// acceptance: AT-G2
// acceptance: AT-G4
// acceptance: AT-G5
#[test]
fn either_account_comes_first_and_either_goes_without_the_other() {
    for personal_first in [true, false] {
        let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.launch(facts(Platform::Ios));
        if personal_first {
            assert_eq!(driver.ask(create(Identity::Personal, "plan.txt")), Some(Answer::Done));
        }
        driver.sign_in();
        assert_eq!(driver.ask(create(Identity::Work, "plan.txt")), Some(Answer::Done));
        if !personal_first {
            assert_eq!(driver.ask(create(Identity::Personal, "plan.txt")), Some(Answer::Done));
        }
        assert_eq!(driver.durable.files["personal/plan.txt"], PLAN);
        assert!(!driver.durable.files["work/plan.txt"].windows(PLAN.len()).any(|part| part == PLAN));
        // The personal account goes: the app deletes what is its.
        let delete = AppRequest::Delete { identity: Identity::Personal, name: "plan.txt".to_owned() };
        assert_eq!(driver.ask(delete), Some(Answer::Done));
        assert_eq!(driver.ask(read(Identity::Work, "plan.txt")), Some(Answer::Content(PLAN.to_vec())));
        let still = AppRequest::MayI {
            identity: Identity::Work,
            action: Action::Send { way: Way::Launch, to: OtherApp::named(STRANGER) },
        };
        assert_eq!(refusal(driver.ask(still)), R::SendManagedAppsOnly);
        // The work account goes.
        assert_eq!(driver.ask(create(Identity::Personal, "plan.txt")), Some(Answer::Done));
        driver.give(Input::RemoveAccount);
        assert_eq!(driver.durable.work_files(), 0);
        let kept = driver.ask(read(Identity::Personal, "plan.txt"));
        assert_eq!(kept, Some(Answer::Content(PLAN.to_vec())));
        assert!(matches!(driver.ask(give(Identity::Personal, STRANGER)), Some(Answer::Outgoing { .. })));
    }
}

/// The same draws in every run.
fn draw(entropy: &mut Entropy, below: u8) -> u8 {
    let mut byte = [0];
    entropy.fill(&mut byte);
    byte[0] % below
}

/// Whatever happens to the app, work data is protected and personal data is not.
fn judge(driver: &mut Driver<'_>, step: usize) {
    assert_eq!(refusal(driver.ask(give(Identity::Work, STRANGER))), R::SendManagedAppsOnly, "step {step}");
    assert!(matches!(driver.ask(give(Identity::Work, PEER)), Some(Answer::Outgoing { .. })), "step {step}");
    match driver.ask(give(Identity::Personal, STRANGER)) {
        Some(Answer::Outgoing { bytes, sealed: false, tag: None, .. }) => assert_eq!(bytes, PLAN),
        other => panic!("step {step}: {other:?}"),
    }
}

// acceptance: AT-H4
// acceptance: AT-H5
// acceptance: AT-H6
// acceptance: AT-H7
// acceptance: AT-H8
#[test]
fn switching_pausing_and_killing_never_mixes_the_accounts() {
    let platform = Platform::Android;
    let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
    let mut entropy = Entropy(7_000);
    with_documents(&mut durable, &mut server);
    for life in 0..12 {
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(facts(platform));
        for step in 0..12 {
            match draw(&mut entropy, 5) {
                0 => {
                    driver.give(Input::Background);
                    driver.give(Input::Foreground);
                }
                1 => {
                    driver.give(Input::Connectivity(Connectivity::Offline));
                }
                2 => {
                    driver.give(Input::PushHint);
                }
                3 => {
                    let answer = driver.ask(read(Identity::Work, "plan.txt"));
                    assert_eq!(answer, Some(Answer::Content(PLAN.to_vec())));
                }
                _ => {
                    let answer = driver.ask(read(Identity::Personal, "plan.txt"));
                    assert_eq!(answer, Some(Answer::Content(PLAN.to_vec())));
                }
            }
            judge(&mut driver, life * 100 + step);
        }
        // The process is killed here: no further input reaches this core.
    }
}

fn with_documents(durable: &mut Durable, server: &mut Server) {
    let mut driver = Driver::new(config(Platform::Android, APP), durable, server);
    driver.launch(facts(Platform::Android));
    driver.sign_in();
    driver.ask(create(Identity::Work, "plan.txt"));
    driver.ask(create(Identity::Personal, "plan.txt"));
    match driver.ask(AppRequest::Status) {
        Some(Answer::Status(status)) => assert_eq!(status.state, ProtectionState::Protected),
        other => panic!("{other:?}"),
    }
}
