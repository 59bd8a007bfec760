//! Acceptance tests of the reference that no other file covers; the marks say which.

use ringfence_client::{Action, Answer, AppRequest, Identity, Input, OtherApp, Pin};
use ringfence_messages::ReasonCode;
use ringfence_model::{Millis, Platform, UnixMillis};
use ringfence_policy::decide::{Location, LocationAccount, Verdict, Way};
use ringfence_protocol::bundle::ConfigEntry;
use serde_json::{Value, json};

use crate::support::{APP, Driver, Durable, PEER, STRANGER, Server, USER, config, facts};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn plan(identity: Identity) -> AppRequest {
    AppRequest::Create { identity, name: "plan.txt".to_owned(), content: b"the plan".to_vec() }
}

fn read(identity: Identity) -> AppRequest {
    AppRequest::Read { identity, name: "plan.txt".to_owned() }
}

fn status(driver: &mut Driver<'_>) -> Value {
    match driver.ask(AppRequest::Status) {
        Some(Answer::Status(status)) => serde_json::to_value(&*status).unwrap(),
        other => panic!("expected a status, got {other:?}"),
    }
}

/// An app in which the work account has signed in, under these settings.
fn at_work(settings: &Value, story: impl FnOnce(&mut Driver<'_>)) {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    for (name, value) in settings.as_object().unwrap() {
        server.settings.insert(name.clone(), value.clone());
    }
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    story(&mut driver);
}

// acceptance: AT-A3, AT-B2, AT-U1
#[test]
fn a_first_sign_in_protects_at_once_and_says_so_once() {
    at_work(&json!({}), |driver| {
        assert_eq!(driver.codes(), ["D2"]);
        assert_eq!(driver.ask(plan(Identity::Work)), Some(Answer::Done), "no restart is needed for it");
        assert_eq!(status(driver)["state"], "protected");
        assert!(
            driver.durable.files["work/plan.txt"].starts_with(b"RNGF"),
            "and the policy is obeyed already"
        );
        driver.give(Input::Background);
        driver.give(Input::Foreground);
        assert_eq!(driver.codes(), ["D2"], "once");
        driver.give(Input::RemoveAccount);
        driver.sign_in();
        assert_eq!(status(driver)["state"], "protected", "signed out and in again");
    });
}

// acceptance: AT-D2
#[test]
fn the_picker_of_sources_offers_managed_apps_only_and_says_when_there_is_none() {
    at_work(&json!({"allowedInboundDataTransferSources": "managedApps"}), |driver| {
        let ask = |driver: &mut Driver<'_>, apps: &[&str]| {
            let candidates = apps.iter().map(|app| OtherApp::named(*app)).collect();
            driver.ask(AppRequest::Sources { identity: Identity::Work, candidates })
        };
        let Some(Answer::Choices(offered)) = ask(driver, &[PEER, STRANGER]) else { panic!("a choice") };
        assert_eq!(offered.iter().map(|app| app.id.as_str()).collect::<Vec<_>>(), [PEER]);
        let Some(Answer::Refused(refusal)) = ask(driver, &[STRANGER]) else { panic!("a refusal") };
        assert_eq!(refusal.reason, ReasonCode::ReceiveManagedAppsOnly);
        let personal =
            AppRequest::Sources { identity: Identity::Personal, candidates: vec![OtherApp::named(STRANGER)] };
        let Some(Answer::Choices(offered)) = driver.ask(personal) else { panic!("a choice") };
        assert_eq!(offered.len(), 1, "personal data comes from anywhere");
    });
}

// acceptance: AT-E1
#[test]
fn a_device_that_meets_all_conditions_shows_nothing() {
    let settings = json!({
        "minimumRequiredOsVersion": "17.0", "minimumWarningOsVersion": "17.0", "minimumWipeOsVersion": "16.0",
        "maximumRequiredOsVersion": "19.0", "minimumRequiredAppVersion": "2.0", "minimumRequiredSdkVersion": "1.0",
        "deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "wipe",
        "appActionIfUnableToAuthenticateUser": "block", "periodOfflineBeforeAccessCheck": "PT12H",
    });
    at_work(&settings, |driver| {
        assert_eq!(driver.ask(plan(Identity::Work)), Some(Answer::Done));
        driver.give(Input::Background);
        driver.give(Input::Foreground);
        assert!(matches!(driver.ask(read(Identity::Work)), Some(Answer::Content(_))));
        assert_eq!(driver.codes(), ["D2"], "nothing but the welcome");
        assert_eq!(status(driver)["blockedBy"], json!([]));
    });
}

// acceptance: AT-F3
#[test]
fn a_pin_that_is_not_asked_for_says_for_how_long() {
    let settings =
        json!({"pinRequired": true, "minimumPinLength": 4, "periodOnlineBeforeAccessCheck": "PT30M"});
    at_work(&settings, |driver| {
        assert_eq!(status(driver).get("accessOpenForMs"), None, "a PIN is asked for now");
        driver.give(Input::PinEntered(Pin("2580".to_owned().into())));
        let left = |driver: &mut Driver<'_>| status(driver)["accessOpenForMs"].as_u64().unwrap();
        assert_eq!(left(driver), Millis::from_minutes(30).0);
        driver.advance(Millis::from_minutes(10));
        assert_eq!(left(driver), Millis::from_minutes(20).0);
        driver.advance(Millis::from_minutes(21));
        assert_eq!(status(driver).get("accessOpenForMs"), None, "and now it is");
    });
}

// acceptance: AT-H1, AT-H2
#[test]
fn what_is_shown_for_the_work_account_is_under_policy_and_for_the_personal_one_is_not() {
    let settings = json!({
        "allowedOutboundDataTransferDestinations": "none", "allowedOutboundClipboardSharingLevel": "blocked",
        "saveAsBlocked": true, "printBlocked": true, "dataBackupBlocked": true, "contactSyncBlocked": true,
        "screenCaptureConfigurationState": "blocked", "notificationRestriction": "block",
        "dialerRestrictionLevel": "blocked", "protectedMessagingRedirectAppType": "blocked",
        "managedBrowserToOpenLinksRequired": true, "managedBrowser": "microsoftEdge",
    });
    let stranger = || OtherApp::named(STRANGER);
    let actions = [
        Action::Send { way: Way::Launch, to: stranger() },
        Action::Copy { to: stranger(), characters: 100 },
        Action::Save { location: Location::Box, account: LocationAccount::Managed, in_place: false },
        Action::Print,
        Action::Backup,
        Action::SyncNative,
        Action::ScreenCapture,
        Action::Notify { can_redact: true },
    ];
    at_work(&settings, |driver| {
        for action in actions {
            for (identity, wanted) in [(Identity::Work, false), (Identity::Personal, true)] {
                let asked = AppRequest::MayI { identity, action: action.clone() };
                let allowed = match driver.ask(asked) {
                    Some(Answer::Decision(decision)) => decision.verdict == Verdict::Allow,
                    Some(Answer::Refused(_)) => false,
                    other => panic!("{action:?}: {other:?}"),
                };
                assert_eq!(allowed, wanted, "{identity:?} {action:?}");
            }
        }
    });
}

/// The app's files as a backup brings them to another phone: slots and files, no keys.
fn restored(durable: &Durable) -> Durable {
    Durable { slots: durable.slots.clone(), files: durable.files.clone(), ..Durable::default() }
}

// acceptance: AT-M1, AT-M3
#[test]
fn a_restored_backup_holds_no_readable_work_data_and_does_no_harm() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(plan(Identity::Work));
    driver.ask(plan(Identity::Personal));
    let mut other = restored(&durable);
    for bytes in other
        .slots
        .values()
        .chain(other.files.iter().filter(|(path, _)| path.starts_with("work/")).map(|(_, b)| b))
    {
        assert!(!bytes.windows(8).any(|window| window == b"the plan"));
    }
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut other, &mut server);
    driver.launch(facts(Platform::Ios));
    assert!(matches!(driver.ask(read(Identity::Work)), Some(Answer::Refused(_) | Answer::Failed(_))));
    let personal = driver.ask(read(Identity::Personal));
    assert_eq!(personal, Some(Answer::Content(b"the plan".to_vec())), "personal data came over");
    driver.give(Input::RemoveAccount);
    // No key is left that could sign a receipt: after some tries the removal ends without one.
    for _ in 0..4 {
        driver.advance(Millis::from_minutes(10));
    }
    driver.sign_in();
    assert_eq!(status(&mut driver)["state"], "protected", "the account is set up anew");
    let fresh =
        AppRequest::Create { identity: Identity::Work, name: "new.txt".to_owned(), content: b"new".to_vec() };
    assert_eq!(driver.ask(fresh), Some(Answer::Done));
}

// acceptance: AT-U4
#[test]
fn a_new_installation_that_finds_old_keys_heals_itself() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.ask(plan(Identity::Work));
    // iOS keeps the key store of an app that was deleted.
    durable.slots.clear();
    durable.files.clear();
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    assert_eq!(status(&mut driver)["state"], "signed_out");
    driver.sign_in();
    assert_eq!(status(&mut driver)["state"], "protected");
    assert_eq!(driver.ask(plan(Identity::Work)), Some(Answer::Done));
    assert!(matches!(driver.ask(read(Identity::Work)), Some(Answer::Content(_))));
}

// acceptance: AT-R6, AT-U9
#[test]
fn logs_hold_no_names_tokens_documents_or_values_of_the_configuration() {
    const VALUE: &str = "value-of-the-configuration";
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    server.config.push(ConfigEntry { name: "server".to_owned(), value: VALUE.to_owned(), sources: vec![0] });
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in_as(USER, "not the right password");
    driver.sign_in();
    driver.ask(plan(Identity::Work));
    driver.ask(read(Identity::Personal));
    driver.server.refuse_registration = Some(ringfence_protocol::problem::ProblemCode::NotLicensed);
    driver.give(Input::RemoveAccount);
    driver.sign_in();
    let logs = format!("{:?}", driver.logs);
    assert!(driver.logs.len() > 3, "there is something to look at");
    for secret in [USER, "kim", "not the right password", "plan.txt", "the plan", VALUE, "Bearer"] {
        assert!(!logs.contains(secret), "`{secret}` is in {logs}");
    }
}

// acceptance: AT-U10
#[test]
fn a_restrictive_setting_that_this_version_does_not_know_closes_with_a_reason() {
    at_work(&json!({}), |driver| {
        driver.ask(plan(Identity::Work));
        driver.server.settings.insert("holographicProjectionBlocked".to_owned(), json!(true));
        driver.server.version += 1;
        driver.give(Input::PushHint);
        let now = status(driver);
        assert_eq!(now["blockedBy"], json!(["bundle_unreadable"]), "{now}");
        assert_eq!(now["obeyedVersion"], 1, "the last policy that was understood stays in force");
    });
}
