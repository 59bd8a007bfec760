//! Starts that fail, apps that are not what they should be, and wipes that nobody ordered; each also with the process
//! dying after every single effect.

use ringfence_client::{
    Answer, AppRequest, Connectivity, Credential, Identity, Input, PhoneFacts, ProtectionState,
};
use ringfence_messages::ReasonCode;
use ringfence_model::{Millis, Platform, UnixMillis};
use ringfence_protocol::{
    problem::ProblemCode,
    wipe::{WipeCause, WipeOutcome},
};

use crate::support::{APP, Driver, Durable, Run, Server, USER, config, facts};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn create(identity: Identity) -> AppRequest {
    AppRequest::Create { identity, name: "plan.txt".to_owned(), content: b"plan".to_vec() }
}

fn state(driver: &mut Driver<'_>) -> ProtectionState {
    match driver.ask(AppRequest::Status) {
        Some(Answer::Status(status)) => status.state,
        other => panic!("{other:?}"),
    }
}

fn read(driver: &mut Driver<'_>) -> Result<Vec<u8>, ReasonCode> {
    match driver.ask(AppRequest::Read { identity: Identity::Work, name: "plan.txt".to_owned() }) {
        Some(Answer::Content(bytes)) => Ok(bytes),
        Some(Answer::Refused(refusal)) => Err(refusal.reason),
        other => panic!("{other:?}"),
    }
}

/// Signed in, protected, with a work and a personal document.
fn at_work(platform: Platform) -> (Durable, Server) {
    let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
    let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
    driver.launch(facts(platform));
    driver.sign_in();
    for identity in [Identity::Work, Identity::Personal] {
        assert_eq!(driver.ask(create(identity)), Some(Answer::Done));
    }
    (durable, server)
}

/// The process dies in the middle of its start, as often as this.
fn die(durable: &mut Durable, server: &mut Server, platform: Platform, times: u32) {
    for _ in 0..times {
        let mut driver = Driver::new(config(platform, APP), durable, server);
        driver.cut_after = Some(9);
        assert_eq!(driver.launch(facts(platform)), Run::Crashed);
        assert!(driver.dialogs.is_empty());
    }
}

#[test]
fn protection_that_dies_while_starting_is_noticed_and_tried_again() {
    for (platform, code) in [(Platform::Android, "N2"), (Platform::Ios, "I7")] {
        let (mut durable, mut server) = at_work(platform);
        die(&mut durable, &mut server, platform, 3);
        let before = server.requests.len();
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(facts(platform));
        assert_eq!(driver.codes(), [code], "told once");
        assert_eq!(read(&mut driver).unwrap_err().dialog_code(platform), code, "closed");
        driver.sign_in();
        assert_eq!(driver.codes().last(), Some(&code), "nobody signs in over it");
        assert_eq!(driver.server.requests.len(), before, "the server is not asked");
        // The next start tries again, and nothing is lost.
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(facts(platform));
        assert_eq!(read(&mut driver), Ok(b"plan".to_vec()));
        assert!(driver.codes().is_empty());
        // Once it has succeeded the count begins anew.
        die(&mut durable, &mut server, platform, 2);
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(facts(platform));
        assert_eq!(read(&mut driver), Ok(b"plan".to_vec()));
    }
}

#[test]
fn a_start_that_keeps_dying_is_told_after_each_try_and_ended_by_an_update() {
    let (mut durable, mut server) = at_work(Platform::Android);
    die(&mut durable, &mut server, Platform::Android, 3);
    for _ in 0..2 {
        let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
        driver.launch(facts(Platform::Android));
        assert_eq!(driver.codes(), ["N2"]);
        die(&mut durable, &mut server, Platform::Android, 1);
    }
    let mut newer = config(Platform::Android, APP);
    newer.app_version = "2.2".parse().unwrap();
    let mut driver = Driver::new(newer, &mut durable, &mut server);
    driver.launch(facts(Platform::Android));
    assert_eq!(read(&mut driver), Ok(b"plan".to_vec()));
    driver.give(Input::PushHint);
    let told = &driver.server.statuses.last().unwrap().dialogs;
    assert_eq!(told[0].reason, "start_failed", "what was seen before is reported later: {told:?}");
}

#[test]
fn the_account_can_be_removed_from_an_app_that_does_not_start() {
    let (mut durable, mut server) = at_work(Platform::Android);
    die(&mut durable, &mut server, Platform::Android, 3);
    let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Android));
    driver.give(Input::RemoveAccount);
    assert_eq!(driver.durable.work_files(), 0);
    assert_eq!(driver.server.receipts.last().unwrap().outcome, WipeOutcome::Wiped);
}

#[test]
fn an_app_with_another_certificate_is_closed_until_it_is_replaced() {
    for (platform, code) in [(Platform::Ios, "I10"), (Platform::Android, "RF-411")] {
        let (mut durable, mut server) = at_work(platform);
        server.app_signers = vec!["AB".repeat(32)];
        server.version += 1;
        let signed = |signer: Option<String>| PhoneFacts { app_signer: signer, ..facts(platform) };
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(signed(Some("cd".repeat(32))));
        assert_eq!(driver.codes(), [code]);
        for foreign in [Some("cd".repeat(32)), None] {
            driver.give(Input::Facts(Box::new(signed(foreign))));
            assert_eq!(read(&mut driver), Err(ReasonCode::AppCertificateInvalid));
        }
        assert_eq!(driver.durable.work_files(), 1, "nothing is removed");
        driver.give(Input::Facts(Box::new(signed(Some("ab".repeat(32))))));
        assert_eq!(read(&mut driver), Ok(b"plan".to_vec()), "a genuine build opens it again");
    }
}

#[test]
fn a_registration_refused_for_the_certificate_is_told_as_such() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.refuse_registration = Some(ProblemCode::AppCertificateInvalid);
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    assert_eq!(driver.codes(), ["I10"]);
    assert_eq!(state(&mut driver), ProtectionState::SignedOut);
}

#[test]
fn a_build_that_does_not_register_gets_no_work_data() {
    for (platform, code) in [(Platform::Ios, "I3"), (Platform::Android, "N8")] {
        let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
        let mut broken = config(platform, APP);
        broken.registers = false;
        let mut driver = Driver::new(broken, &mut durable, &mut server);
        driver.launch(facts(platform));
        driver.sign_in();
        assert_eq!(driver.codes(), [code]);
        assert!(driver.server.requests.contains(&"POST /phone/v1/signin".to_owned()), "who it is, is proven");
        assert!(driver.server.instances.is_empty());
        assert!(matches!(driver.ask(create(Identity::Work)), Some(Answer::Refused(_))));
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(facts(platform));
        driver.sign_in();
        assert_eq!(state(&mut driver), ProtectionState::Protected, "a sound build registers");
    }
}

#[test]
fn a_sign_in_without_identity_is_unprotected_and_says_so() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    let old = |password: &str| Input::SignIn {
        user_principal_name: USER.to_owned(),
        credential: Credential::Legacy(password.to_owned()),
    };
    driver.give(old("mistyped horse"));
    assert_eq!(driver.codes(), ["RF-409"]);
    assert_eq!(state(&mut driver), ProtectionState::SignedOut);
    driver.give(old("correct horse 7"));
    assert_eq!(driver.codes().last(), Some(&"RF-418"));
    assert!(driver.server.instances.is_empty(), "nothing is registered");
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    assert_eq!(state(&mut driver), ProtectionState::LegacySignIn, "still so after a restart");
    assert_eq!(driver.ask(create(Identity::Work)), Some(Answer::Done));
    assert_eq!(
        driver.durable.files["personal/plan.txt"], b"plan",
        "without identity it is nobody's work data"
    );
    // The modern way gives an identity, and with it a policy.
    driver.sign_in();
    assert_eq!(state(&mut driver), ProtectionState::Protected);
    driver.give(Input::RemoveAccount);
    assert_eq!(state(&mut driver), ProtectionState::SignedOut);
}

/// What makes an app wipe itself.
#[derive(Clone, Copy)]
enum Why {
    Condition,
    Companion,
    CompanionCleared,
    SignOut,
}

/// One life of a phone on which a wipe is due; false when it died.
fn life(driver: &mut Driver<'_>, why: Why) -> bool {
    let mut now = facts(driver.server.platform);
    match why {
        Why::Condition => now.device.jailbroken = Some(true),
        Why::Companion => now.device.companion_version = None,
        Why::CompanionCleared => now.companion_data = Some("other".to_owned()),
        Why::SignOut => {}
    }
    if driver.launch(now) == Run::Crashed {
        return false;
    }
    let instance = driver.durable.slots.contains_key("instance");
    !matches!(why, Why::SignOut) || !instance || driver.give(Input::RemoveAccount) == Run::Done
}

/// At work, then what makes the app wipe itself, cut off after each of `cuts` effects; the effects of the last life.
fn wipes_itself(why: Why, cuts: &[usize]) -> usize {
    let platform = Platform::Android;
    let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
    server.set("deviceComplianceRequired", true);
    server.set("appActionIfDeviceComplianceRequired", "wipe");
    let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
    driver.launch(PhoneFacts { companion_data: Some("one".to_owned()), ..facts(platform) });
    driver.sign_in();
    driver.ask(create(Identity::Work));
    driver.ask(create(Identity::Personal));
    let mut executed = 0;
    for (life_no, cut) in cuts.iter().map(|cut| Some(*cut)).chain([None]).enumerate() {
        server.now = server.now.plus(Millis::from_secs(5));
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.entropy.0 = (life_no as u64 + 1) << 32;
        driver.cut_after = cut;
        assert!(life(&mut driver, why) || cut.is_some());
        executed = driver.executed;
    }
    let (cause, code) = match why {
        Why::Condition => (WipeCause::Condition, "RF-224"),
        Why::Companion | Why::CompanionCleared => (WipeCause::CompanionRemoved, "RF-605"),
        Why::SignOut => (WipeCause::SignOut, "RF-602"),
    };
    assert_eq!(durable.work_files(), 0, "cuts {cuts:?}");
    assert!(durable.files.contains_key("personal/plan.txt"), "cuts {cuts:?}");
    for slot in ["instance", "keys", "policy", "wipe"] {
        assert!(!durable.slots.contains_key(slot), "slot {slot}, cuts {cuts:?}");
    }
    assert!(durable.own_sign_keys().is_empty(), "cuts {cuts:?}");
    let told: Vec<_> = server.receipts.iter().map(|receipt| (receipt.cause, receipt.files_removed)).collect();
    assert_eq!(told, [(cause, 1)], "cuts {cuts:?}");
    assert!(server.live().is_none(), "the device is free, cuts {cuts:?}");
    assert!(durable.shown.get(code).copied().unwrap_or_default() <= 1, "no second notice, cuts {cuts:?}");
    executed
}

#[test]
fn dying_after_any_effect_of_a_wipe_without_order_leads_to_the_same_end() {
    for why in [Why::Condition, Why::Companion, Why::CompanionCleared, Why::SignOut] {
        let effects = wipes_itself(why, &[]);
        assert!(effects > 15, "{effects}");
        for cut in 1..effects {
            wipes_itself(why, &[cut]);
            if cut % 3 == 0 {
                wipes_itself(why, &[cut, (cut * 7) % effects + 1]);
            }
        }
    }
}

#[test]
fn dying_after_any_effect_of_a_start_loses_nothing() {
    let platform = Platform::Android;
    let (durable, mut server) = at_work(platform);
    let starts = |durable: &mut Durable, server: &mut Server, cut: Option<usize>| {
        server.now = server.now.plus(Millis::from_secs(5));
        let mut driver = Driver::new(config(platform, APP), durable, server);
        driver.cut_after = cut;
        driver.launch(facts(platform));
        if cut.is_none() {
            assert_eq!(read(&mut driver), Ok(b"plan".to_vec()));
            assert!(driver.codes().is_empty(), "{:?}", driver.codes());
        }
        driver.executed
    };
    let effects = starts(&mut durable.clone(), &mut server, None);
    for cut in 1..effects {
        let mut durable = durable.clone();
        for _ in 0..2 {
            starts(&mut durable, &mut server, Some(cut));
        }
        starts(&mut durable, &mut server, None);
    }
}

#[test]
fn the_receipt_of_a_sign_out_waits_for_the_network() {
    let (mut durable, mut server) = at_work(Platform::Ios);
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.online = false;
    driver.give(Input::Connectivity(Connectivity::Offline));
    driver.give(Input::RemoveAccount);
    assert_eq!((driver.durable.work_files(), state(&mut driver)), (0, ProtectionState::SignedOut));
    assert!(driver.server.live().is_some());
    // Also over a restart of the app, months later.
    let mut now = driver.now;
    now.wall = now.wall.plus(Millis::from_days(120));
    now.boot_id += 1;
    server.now = now.wall;
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.now = now;
    driver.launch(facts(Platform::Ios));
    assert_eq!(driver.server.receipts.len(), 1);
    assert!(driver.server.live().is_none() && !driver.durable.slots.contains_key("wipe"));
}

#[test]
fn dialogs_are_reported_newest_first_and_at_most_eight() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    for _ in 0..9 {
        driver.sign_in_as(USER, "mistyped horse");
    }
    assert!(driver.server.statuses.is_empty(), "there is nobody to report to yet");
    driver.sign_in();
    let reports = driver.server.statuses.clone();
    let last = reports.last().unwrap();
    let reasons: Vec<_> = last.dialogs.iter().map(|dialog| dialog.reason.as_str()).collect();
    assert_eq!(reasons, [&["restart_required"][..], &["sign_in_failed"; 7]].concat());
    driver.give(Input::PushHint);
    assert_eq!(driver.server.statuses.len(), reports.len(), "nothing new to report");
}

#[test]
fn a_second_factor_is_asked_for_in_words() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.code = Some("123456".to_owned());
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    assert_eq!(driver.codes().last(), Some(&"RF-420"));
    let with = |code: &str| Input::SignIn {
        user_principal_name: USER.to_owned(),
        credential: Credential::PasswordAndCode {
            password: "correct horse 7".to_owned(),
            code: code.to_owned(),
        },
    };
    driver.give(with("654321"));
    assert_eq!(driver.codes().last(), Some(&"RF-421"));
    assert!(driver.server.instances.is_empty());
    driver.give(with("123456"));
    assert_eq!(driver.server.instances.len(), 1);
}
