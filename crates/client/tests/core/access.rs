//! The gate before work data through the core: PIN, biometrics, proof of the account, the key store out of order (I11).

use crate::support::{APP, Driver, Durable, Run, Server, config, facts};
use ringfence_client::{
    Answer, AppRequest, Credential, Identity, Input, KeyFailure, Now, PhoneBiometric, PhoneFacts, Pin,
    ProtectionState,
};
use ringfence_messages::{ButtonAction, ReasonCode};
use ringfence_model::{Millis, Platform, UnixMillis, facts::DeviceLock};
use ringfence_policy::access::BiometricKind;

const START: UnixMillis = UnixMillis(1_800_000_000_000);
const PLAN: &[u8] = b"the plan";
const HOUR: Millis = Millis::from_minutes(60);

fn server(platform: Platform) -> Server {
    let mut server = Server::new(platform, START);
    server.set("pinRequired", true);
    server.set("minimumPinLength", 4);
    server.set("maximumPinRetries", 3);
    server.set("periodOnlineBeforeAccessCheck", "PT30M");
    server
}

fn pin(driver: &mut Driver<'_>, typed: &str) -> Run {
    driver.give(Input::PinEntered(Pin(typed.to_owned().into())))
}

/// What a work document needs now; `None` when it opens.
fn asked(driver: &mut Driver<'_>) -> Option<ReasonCode> {
    match driver.ask(AppRequest::Read { identity: Identity::Work, name: "plan.txt".to_owned() })? {
        Answer::Content(content) => {
            assert_eq!(content, PLAN);
            None
        }
        Answer::Refused(refusal) => Some(refusal.reason),
        other => panic!("{other:?}"),
    }
}

fn shown(driver: &Driver<'_>) -> ReasonCode {
    driver.dialogs.last().expect("a dialog").reason
}

fn press(driver: &mut Driver<'_>, reason: ReasonCode, action: ButtonAction) {
    let code = reason.dialog_code(Platform::Ios).to_owned();
    driver.give(Input::DialogAnswer { code, action });
}

/// Signs in, chooses 2580 and writes a document.
fn settle(driver: &mut Driver<'_>, facts: PhoneFacts) {
    driver.launch(facts);
    driver.sign_in();
    assert_eq!(pin(driver, "2580"), Run::Done);
    let name = "plan.txt".to_owned();
    let create = AppRequest::Create { identity: Identity::Work, name, content: PLAN.to_vec() };
    assert_eq!(driver.ask(create), Some(Answer::Done), "{:?}", driver.codes());
}

/// The app goes to the back, time passes, the app comes to the front.
fn come_back(driver: &mut Driver<'_>, after: Millis) {
    driver.give(Input::Background);
    driver.advance(after);
    driver.give(Input::Foreground);
}

// acceptance: AT-B4
#[test]
fn a_pin_is_chosen_first_and_asked_after_inactivity() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    let create =
        |identity| AppRequest::Create { identity, name: "plan.txt".to_owned(), content: PLAN.to_vec() };
    assert!(matches!(driver.ask(create(Identity::Work)), Some(Answer::Refused(refusal))
        if refusal.reason == ReasonCode::PinCreate));
    assert_eq!(driver.ask(create(Identity::Personal)), Some(Answer::Done), "one's own data needs no PIN");
    for (typed, reason) in [("123", ReasonCode::PinTooShort), ("12a4", ReasonCode::PinNotNumeric)] {
        pin(&mut driver, typed);
        assert_eq!(shown(&driver), reason, "{typed}");
    }
    pin(&mut driver, "2580");
    assert_eq!(driver.ask(create(Identity::Work)), Some(Answer::Done));

    come_back(&mut driver, Millis::from_minutes(29));
    assert_eq!(asked(&mut driver), None, "within the recheck interval");
    come_back(&mut driver, Millis::from_minutes(29));
    assert_eq!(asked(&mut driver), None, "the interval rolls");
    come_back(&mut driver, HOUR);
    assert_eq!(shown(&driver), ReasonCode::PinEnter);
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinEnter));
    pin(&mut driver, "0000");
    assert_eq!(shown(&driver), ReasonCode::PinWrong);
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinEnter));
    pin(&mut driver, "2580");
    assert_eq!(asked(&mut driver), None);
}

#[test]
fn another_process_of_the_account_finds_the_same_pin_and_timer() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    settle(&mut Driver::new(config(Platform::Ios, APP), &mut durable, &mut server), facts(Platform::Ios));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    assert_eq!(asked(&mut driver), None, "used a moment ago");
    come_back(&mut driver, HOUR);
    pin(&mut driver, "2580");
    assert_eq!(asked(&mut driver), None);
}

// acceptance: AT-F4
#[test]
fn a_restarted_android_phone_asks_again_and_a_restarted_iphone_does_not() {
    for (platform, expected) in [(Platform::Android, Some(ReasonCode::PinEnter)), (Platform::Ios, None)] {
        let (mut durable, mut server) = (Durable::default(), server(platform));
        settle(&mut Driver::new(config(platform, APP), &mut durable, &mut server), facts(platform));
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.now.boot_id = 2;
        driver.launch(facts(platform));
        assert_eq!(asked(&mut driver), expected, "{platform}");
    }
}

/// ADR 12: setting a clock, or having it set right, never spares anybody the question.
#[test]
fn a_clock_that_was_ahead_spares_nobody_the_pin() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    settle(&mut Driver::new(config(Platform::Ios, APP), &mut durable, &mut server), facts(Platform::Ios));
    let day = Millis::from_days(1);
    for (ahead, boot_id) in [(Millis::from_days(300), 2), (day, 4)] {
        let start = server.now;
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.online = false;
        driver.now = Now { wall: start.plus(ahead), mono: Millis(5), boot_id };
        driver.launch(facts(Platform::Ios));
        pin(&mut driver, "2580");
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.now = Now { wall: start, mono: Millis(60_000), boot_id };
        driver.launch(facts(Platform::Ios));
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.online = false;
        driver.now = Now { wall: start.plus(Millis(2 * HOUR.0)), mono: Millis(5), boot_id: boot_id + 1 };
        driver.launch(facts(Platform::Ios));
        assert_eq!(asked(&mut driver), Some(ReasonCode::PinEnter), "{} days ahead", ahead.0 / day.0);
        pin(&mut driver, "2580");
        assert_eq!(asked(&mut driver), None);
    }
}

/// Whoever holds an unlocked phone can restart it and set its clock to the moment when the app was used last.
#[test]
fn a_clock_set_back_over_a_restart_spares_nobody_the_question() {
    for platform in Platform::ALL {
        for (setting, wanted) in [
            ("pinRequired", ReasonCode::PinEnter),
            ("organizationalCredentialsRequired", ReasonCode::CredentialsRequired),
        ] {
            let (mut durable, mut server) = (Durable::default(), server(platform));
            server.set("pinRequired", false);
            server.set(setting, true);
            let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
            driver.launch(facts(platform));
            driver.sign_in();
            pin(&mut driver, "2580");
            let name = "plan.txt".to_owned();
            let create = AppRequest::Create { identity: Identity::Work, name, content: PLAN.to_vec() };
            assert_eq!(driver.ask(create), Some(Answer::Done), "{setting} on {platform}");
            let used_at = driver.now.wall;
            let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
            driver.online = false;
            driver.now = Now { wall: used_at, mono: Millis(5), boot_id: 2 };
            driver.launch(facts(platform));
            assert_eq!(asked(&mut driver), Some(wanted), "{setting} on {platform}");
        }
    }
}

/// The finger that is enrolled is not the PIN: for how long it may stand in must not depend on a clock that anybody can set.
#[test]
fn a_clock_set_back_over_a_restart_lets_no_finger_stand_in_for_the_pin() {
    let biometric = PhoneBiometric { kind: BiometricKind::Face, strong: true, set: 1 };
    let with = || PhoneFacts { biometric: Some(biometric), ..facts(Platform::Ios) };
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    server.set("pinRequiredInsteadOfBiometricTimeout", "PT3H");
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    settle(&mut driver, with());
    let used_at = driver.now.wall;
    let later = used_at.plus(Millis::from_minutes(40));
    for (online, wanted) in [(false, ReasonCode::BiometricTimeout), (true, ReasonCode::BiometricPrompt)] {
        server.now = later;
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.online = online;
        driver.now = Now { wall: later, mono: Millis(5), boot_id: 2 };
        driver.launch(with());
        assert_eq!(asked(&mut driver), Some(wanted), "online: {online}");
    }
}

#[test]
fn a_token_that_nobody_looks_at_proves_no_account() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    settle(&mut driver, facts(Platform::Ios));
    come_back(&mut driver, HOUR);
    for _ in 0..3 {
        pin(&mut driver, "0000");
    }
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinAttemptsReset));
    let account = driver.server.account;
    driver.give(Input::SignIn {
        user_principal_name: crate::support::USER.to_owned(),
        credential: Credential::Token { access_token: "made up".to_owned(), account },
    });
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinAttemptsReset));
    driver.sign_in();
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinCreate));
}

#[test]
fn wrong_pins_end_in_a_new_sign_in_and_a_new_pin() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    settle(&mut driver, facts(Platform::Ios));
    come_back(&mut driver, HOUR);
    for _ in 0..2 {
        pin(&mut driver, "0000");
        assert_eq!(shown(&driver), ReasonCode::PinWrong);
    }
    pin(&mut driver, "0000");
    assert_eq!(shown(&driver), ReasonCode::PinAttemptsReset);
    pin(&mut driver, "2580");
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinAttemptsReset), "the right one comes too late");
    driver.sign_in_as(crate::support::USER, "not the one 9");
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinAttemptsReset), "a wrong password proves nothing");
    driver.sign_in();
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinCreate));
    pin(&mut driver, "1397");
    assert_eq!(asked(&mut driver), None, "nothing was lost");
    assert_eq!(driver.server.instances.len(), 1, "a proof is no new registration");
    come_back(&mut driver, HOUR);
    pin(&mut driver, "2580");
    assert_eq!(shown(&driver), ReasonCode::PinWrong, "the old one is gone");
}

#[test]
fn wrong_pins_wipe_where_the_policy_says_so() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    server.set("appActionIfMaximumPinRetriesExceeded", "wipe");
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    settle(&mut driver, facts(Platform::Ios));
    come_back(&mut driver, HOUR);
    for _ in 0..3 {
        pin(&mut driver, "0000");
    }
    assert_eq!(driver.durable.work_files(), 0);
    assert_eq!(driver.server.receipts.len(), 1, "and the server has the receipt");
    assert_eq!(driver.server.receipts[0].reason.as_deref(), Some("pin_attempts_wipe"));
    driver.sign_in();
    assert_eq!(driver.durable.work_files(), 0);
    let Some(Answer::Status(status)) = driver.ask(AppRequest::Status) else { panic!("a status") };
    assert_eq!(status.state, ProtectionState::Protected, "it is wiped once");
}

#[test]
fn a_forgotten_pin_costs_a_sign_in_and_no_data() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    settle(&mut driver, facts(Platform::Ios));
    come_back(&mut driver, HOUR);
    press(&mut driver, ReasonCode::PinEnter, ButtonAction::ForgotPin);
    assert_eq!(shown(&driver), ReasonCode::PinForgotten);
    press(&mut driver, ReasonCode::PinForgotten, ButtonAction::Cancel);
    assert_eq!(shown(&driver), ReasonCode::PinEnter, "it came back to mind");
    press(&mut driver, ReasonCode::PinEnter, ButtonAction::ForgotPin);
    driver.sign_in();
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinCreate));
    pin(&mut driver, "1397");
    assert_eq!(asked(&mut driver), None);
}

#[test]
fn an_old_pin_and_new_rules_ask_for_another() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    server.set("periodBeforePinReset", "P90D");
    server.lease = Millis::from_days(400);
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    settle(&mut driver, facts(Platform::Ios));
    come_back(&mut driver, Millis::from_days(91));
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinExpired));
    pin(&mut driver, "2580");
    assert_eq!(shown(&driver), ReasonCode::PinCreate);
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinCreate), "the old one opens nothing any more");
    pin(&mut driver, "1397");
    assert_eq!(asked(&mut driver), None);

    driver.server.set("minimumPinLength", 6);
    driver.server.version += 1;
    driver.give(Input::PushHint);
    assert_eq!(asked(&mut driver), None, "not before the next check");
    come_back(&mut driver, HOUR);
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinRulesChanged));
    pin(&mut driver, "1397");
    pin(&mut driver, "1398");
    assert_eq!(shown(&driver), ReasonCode::PinTooShort);
    pin(&mut driver, "139725");
    assert_eq!(asked(&mut driver), None);
}

#[test]
fn a_pin_of_the_history_does_not_come_back() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Android));
    server.set("previousPinBlockCount", 2);
    let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
    settle(&mut driver, facts(Platform::Android));
    let change = |driver: &mut Driver<'_>, old: &str, new: &str| {
        driver.give(Input::ChangePin);
        pin(driver, old);
        pin(driver, new);
        shown(driver) != ReasonCode::PinReused
    };
    assert!(!change(&mut driver, "2580", "2580"));
    pin(&mut driver, "1111");
    assert!(!change(&mut driver, "1111", "2580"), "the one before");
    pin(&mut driver, "2222");
    assert!(change(&mut driver, "2222", "2580"), "two others lie between");
    assert_eq!(asked(&mut driver), None);
}

#[test]
fn biometrics_stand_in_for_the_pin_until_they_change_or_time_out() {
    let biometric = PhoneBiometric { kind: BiometricKind::Face, strong: true, set: 1 };
    let with = |biometric| PhoneFacts { biometric: Some(biometric), ..facts(Platform::Ios) };
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    server.set("pinRequiredInsteadOfBiometricTimeout", "PT3H");
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    settle(&mut driver, with(biometric));
    come_back(&mut driver, HOUR);
    assert_eq!(asked(&mut driver), Some(ReasonCode::BiometricPrompt));
    driver.give(Input::Biometric { recognised: false });
    assert_eq!(asked(&mut driver), Some(ReasonCode::BiometricPrompt));
    driver.give(Input::Biometric { recognised: true });
    assert_eq!(asked(&mut driver), None);
    come_back(&mut driver, HOUR);
    pin(&mut driver, "2580");
    assert_eq!(asked(&mut driver), None, "the PIN works as well");

    driver.give(Input::Facts(Box::new(with(PhoneBiometric { set: 2, ..biometric }))));
    come_back(&mut driver, HOUR);
    assert_eq!(asked(&mut driver), Some(ReasonCode::BiometricsChanged));
    driver.give(Input::Biometric { recognised: true });
    assert_eq!(asked(&mut driver), Some(ReasonCode::BiometricsChanged), "a new finger opens nothing");
    pin(&mut driver, "2580");
    assert_eq!(asked(&mut driver), None);
    for _ in 0..2 {
        come_back(&mut driver, HOUR);
        driver.give(Input::Biometric { recognised: true });
    }
    come_back(&mut driver, HOUR);
    assert_eq!(asked(&mut driver), Some(ReasonCode::BiometricTimeout));
}

// acceptance: AT-T1
#[test]
fn the_work_account_is_proven_beside_the_pin() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    server.set("organizationalCredentialsRequired", true);
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    settle(&mut driver, facts(Platform::Ios));
    come_back(&mut driver, HOUR);
    assert_eq!(asked(&mut driver), Some(ReasonCode::CredentialsRequired));
    driver.sign_in();
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinEnter), "both are asked");
    pin(&mut driver, "2580");
    assert_eq!(asked(&mut driver), None);
}

#[test]
fn an_enrolled_phone_with_a_lock_needs_no_pin_of_its_own() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    server.set("disableAppPinIfDevicePinIsSet", true);
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    let mut facts = facts(Platform::Ios);
    facts.device.management = ringfence_model::ManagementState::Mdm;
    facts.device.device_lock = Some(DeviceLock::Low);
    driver.launch(facts.clone());
    driver.sign_in();
    let create =
        AppRequest::Create { identity: Identity::Work, name: "plan.txt".to_owned(), content: PLAN.to_vec() };
    assert_eq!(driver.ask(create), Some(Answer::Done));
    facts.device.device_lock = Some(DeviceLock::None);
    driver.give(Input::Facts(Box::new(facts)));
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinCreate));
}

#[test]
fn while_the_key_store_is_out_of_order_the_app_stays_closed_and_nothing_is_lost() {
    for failure in [KeyFailure::Broken, KeyFailure::Refused] {
        let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
        settle(&mut Driver::new(config(Platform::Ios, APP), &mut durable, &mut server), facts(Platform::Ios));
        let keys = durable.seal_keys.clone();
        let before = (durable.files.clone(), durable.slots.clone());
        match failure {
            KeyFailure::Broken => durable.seal_keys.clear(),
            _ => durable.seal_keys.values_mut().for_each(|key| key[0] ^= 1),
        }
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.launch(facts(Platform::Ios));
        assert_eq!(shown(&driver), ReasonCode::PinUnreadable);
        assert_eq!(shown(&driver).dialog_code(Platform::Ios), "I11");
        for typed in ["2580", "0000", "0000", "0000", "0000"] {
            pin(&mut driver, typed);
        }
        assert_eq!(asked(&mut driver), Some(ReasonCode::PinUnreadable));
        drop(driver);
        assert_eq!(durable.files, before.0);
        assert_eq!(durable.slots["account.pin"], before.1["account.pin"], "no attempt was counted");
        durable.seal_keys = keys;
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.launch(facts(Platform::Ios));
        come_back(&mut driver, HOUR);
        pin(&mut driver, "2580");
        assert_eq!(asked(&mut driver), None, "readable again");
    }
}

#[test]
fn a_damaged_record_needs_a_proof_of_the_account() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    settle(&mut Driver::new(config(Platform::Ios, APP), &mut durable, &mut server), facts(Platform::Ios));
    durable.slots.insert("account.pin".to_owned(), b"{".to_vec());
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinForgotten));
    pin(&mut driver, "1397");
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinForgotten));
    driver.sign_in();
    assert_eq!(asked(&mut driver), Some(ReasonCode::PinCreate));
    pin(&mut driver, "1397");
    assert_eq!(asked(&mut driver), None);
}

/// The record with so many wrong attempts.
fn with_attempts(record: &[u8], attempts: u32) -> Vec<u8> {
    let mut record: serde_json::Value = serde_json::from_slice(record).unwrap();
    record["attempts"] = attempts.into();
    serde_json::to_vec(&record).unwrap()
}

/// Two managed apps are asked at the same instant: each attempt counts, and none is checked beyond the limit.
#[test]
fn attempts_in_two_apps_at_once_all_count() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    settle(&mut Driver::new(config(Platform::Ios, APP), &mut durable, &mut server), facts(Platform::Ios));
    server.now = server.now.plus(HOUR);
    let theirs = |durable: &Durable, attempts| Some(with_attempts(&durable.slots["account.pin"], attempts));
    let counted = |durable: &Durable| {
        let record: serde_json::Value = serde_json::from_slice(&durable.slots["account.pin"]).unwrap();
        record["attempts"].as_u64()
    };

    let mut one = durable.clone();
    one.overtaken = theirs(&one, 1);
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut one, &mut server);
    driver.launch(facts(Platform::Ios));
    pin(&mut driver, "0000");
    assert_eq!(shown(&driver), ReasonCode::PinWrong);
    drop(driver);
    assert_eq!(counted(&one), Some(2), "theirs and ours");

    let mut last = durable.clone();
    last.overtaken = theirs(&last, 3);
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut last, &mut server);
    driver.launch(facts(Platform::Ios));
    pin(&mut driver, "2580");
    assert_eq!(shown(&driver), ReasonCode::PinAttemptsReset, "the last attempt was theirs");
    assert!(asked(&mut driver).is_some());
    drop(driver);
    assert_eq!(counted(&last), Some(3));
}

#[test]
fn of_two_first_pins_at_once_the_first_counts() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    drop(driver);
    let mut ours = durable.clone();
    settle(&mut Driver::new(config(Platform::Ios, APP), &mut durable, &mut server), facts(Platform::Ios));
    ours.seal_keys = durable.seal_keys;
    ours.overtaken = durable.slots.remove("account.pin");
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut ours, &mut server);
    driver.launch(facts(Platform::Ios));
    pin(&mut driver, "1397");
    come_back(&mut driver, HOUR);
    for (typed, wanted) in [("1397", Some(ReasonCode::PinEnter)), ("2580", None)] {
        pin(&mut driver, typed);
        let name = "plan.txt".to_owned();
        let read = driver.ask(AppRequest::Read { identity: Identity::Work, name });
        let refused = match read {
            Some(Answer::Refused(refusal)) => Some(refusal.reason),
            _ => None,
        };
        assert_eq!(refused, wanted, "{typed}");
    }
}

/// Killing the app never gives an attempt back: however it is cut, nobody learns more than the policy allows.
#[test]
fn no_cut_gives_an_attempt_back() {
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    settle(&mut Driver::new(config(Platform::Ios, APP), &mut durable, &mut server), facts(Platform::Ios));
    server.now = server.now.plus(HOUR);
    for cut in (1..20).map(Some).chain([None]) {
        let (mut durable, mut told, mut locked) = (durable.clone(), 0, false);
        for life in 0..6 {
            let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
            driver.entropy.0 = life << 32;
            driver.launch(facts(Platform::Ios));
            locked = shown(&driver) == ReasonCode::PinAttemptsReset;
            driver.cut_after = cut.map(|cut| driver.executed + cut);
            pin(&mut driver, "0000");
            told += usize::from(driver.dialogs.iter().any(|dialog| dialog.reason == ReasonCode::PinWrong));
        }
        assert!(told <= 2, "cut {cut:?}: the third wrong one is answered by the reset");
        assert!(told == 0 || locked, "cut {cut:?}: whoever learned something is locked out in the end");
        assert!(cut.is_some() || (told == 2 && locked));
    }
}

/// A PIN is nowhere: not in a slot, a key's name, a log line, an effect or a debug text.
#[test]
fn no_pin_leaves_a_trace() {
    let secret = "80417263";
    let (mut durable, mut server) = (Durable::default(), server(Platform::Ios));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    pin(&mut driver, secret);
    come_back(&mut driver, HOUR);
    pin(&mut driver, "0000");
    pin(&mut driver, secret);
    let inputs = format!("{:?}", driver.history);
    assert!(inputs.contains("Pin(…)") && !inputs.contains(secret));
    assert!(!driver.effects.concat().contains(secret));
    let logs = format!("{:?}", driver.logs);
    assert!(!logs.contains(secret));
    drop(driver);
    for (name, bytes) in &durable.slots {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{name}");
    }
}
