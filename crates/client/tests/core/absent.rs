//! What should be there and is not: the app that the policy sends people to, the organisation's own server, storage that
//! deletes.

use ringfence_client::{
    Action, Answer, AppRequest, Identity, Input, LinkOpener, OtherApp, PhoneFacts, ProtectionState,
};
use ringfence_messages::ReasonCode as R;
use ringfence_model::{AppId, Millis, Platform, TenantId, UnixMillis};
use ringfence_protocol::{
    checkin::AccountState, problem::ProblemCode, register::TenantInfo, wipe::WipeOutcome,
};

use crate::support::{APP, Driver, Durable, STRANGER, Server, config, facts, server};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn ask(driver: &mut Driver<'_>, action: Action) -> R {
    match driver.ask(AppRequest::MayI { identity: Identity::Work, action }) {
        Some(Answer::Decision(decision)) => decision.reason,
        Some(Answer::Refused(refusal)) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refusal_that_names_an_app_says_so_when_the_app_is_not_there() {
    let wanted = [("browser", "surf"), ("dialler", "workphone"), ("messenger", "worktext")];
    for platform in Platform::ALL {
        let id = |name: &str| match platform {
            Platform::Ios => name.to_owned(),
            Platform::Android => format!("org.example.{name}"),
        };
        let settings = match platform {
            Platform::Ios => {
                ["customBrowserProtocol", "customDialerAppProtocol", "messagingRedirectAppUrlScheme"]
            }
            Platform::Android => {
                ["customBrowserPackageId", "customDialerAppPackageId", "messagingRedirectAppPackageId"]
            }
        };
        let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
        server.set("managedBrowserToOpenLinksRequired", true);
        server.set("dialerRestrictionLevel", "customApp");
        server.set("protectedMessagingRedirectAppType", "specificApps");
        for (setting, (_, name)) in settings.into_iter().zip(wanted) {
            server.set(setting, id(name));
        }
        let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
        driver.launch(facts(platform));
        driver.sign_in();
        let other = || OtherApp::named(STRANGER);
        let actions = [
            Action::Link { url: "https://museum.example/".to_owned(), with: LinkOpener::Browser(other()) },
            Action::Dial { with: other() },
            Action::Message { with: other() },
        ];
        let found = actions.clone().map(|action| ask(&mut driver, action));
        assert_eq!(found, [R::LinkBrowserMissing, R::DialAppMissing, R::MessageAppMissing], "{platform}");
        let present = facts(platform);
        let all = wanted.map(|(_, name)| id(name));
        driver.give(Input::Facts(Box::new(match platform {
            Platform::Ios => PhoneFacts { schemes: all.to_vec(), ..present },
            Platform::Android => {
                PhoneFacts { installed: all.map(|id| AppId::new(platform, id)).to_vec(), ..present }
            }
        })));
        let found = actions.map(|action| ask(&mut driver, action));
        assert_eq!(found, [R::LinkOneBrowserOnly, R::DialOneAppOnly, R::MessageOneAppOnly], "{platform}");
    }
}

#[test]
fn another_organisations_server_that_refuses_is_not_taken_for_ones_own() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    // Nothing that is said without proof ends the registration; who says it is asked for.
    for (tenant, code) in [(Some(TenantId(uuid::Uuid::from_u128(99))), "RF-501"), (None, "RF-414")] {
        server.tamper = Some(Box::new(move |request, reply| {
            if request.path != "/phone/v1/tenant" {
                *reply = server::problem(ProblemCode::InstanceRefused);
            } else if let Some(tenant) = tenant {
                let own: TenantInfo = serde_json::from_slice(&reply.body).unwrap();
                reply.body = serde_json::to_vec(&TenantInfo { tenant_id: tenant, ..own }).unwrap();
            }
        }));
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        driver.launch(facts(Platform::Ios));
        assert_eq!(driver.codes().last(), Some(&code));
        let Some(Answer::Status(status)) = driver.ask(AppRequest::Status) else { panic!("no status") };
        assert_eq!(status.state, ProtectionState::Protected, "{code}");
    }
}

#[test]
fn work_data_that_cannot_be_deleted_is_told_once_and_tried_again() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    let name = "plan.txt".to_owned();
    driver.ask(AppRequest::Create { identity: Identity::Work, name, content: b"the plan".to_vec() });
    driver.durable.stuck = true;
    let instance = driver.server.live().unwrap();
    driver.server.order_wipe(instance);
    driver.give(Input::PushHint);
    assert_eq!((driver.durable.shown["RF-603"], driver.durable.work_files()), (1, 1));
    assert!(driver.server.receipts.is_empty());
    driver.durable.stuck = false;
    driver.advance(Millis::from_minutes(60));
    assert_eq!((driver.durable.shown["RF-603"], driver.durable.work_files()), (1, 0));
    assert_eq!((driver.codes().last(), driver.server.receipts.len()), (Some(&"D5"), 1));
}

/// Signs in and writes a document.
fn protect(driver: &mut Driver<'_>) {
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    let name = "plan.txt".to_owned();
    let create = AppRequest::Create { identity: Identity::Work, name, content: b"the plan".to_vec() };
    assert_eq!(driver.ask(create), Some(Answer::Done));
}

fn has_keys(driver: &Driver<'_>) -> bool {
    driver.durable.seal_keys.keys().any(|alias| alias.starts_with("app."))
}

#[test]
fn a_full_disk_stops_no_wipe() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    protect(&mut driver);
    driver.durable.full = true;
    let instance = driver.server.live().unwrap();
    driver.server.order_wipe(instance);
    driver.give(Input::PushHint);
    assert!(!has_keys(&driver), "keys first");
    assert_eq!(driver.durable.work_files(), 0);
    let name = "plan.txt".to_owned();
    let read = driver.ask(AppRequest::Read { identity: Identity::Work, name });
    assert!(matches!(read, Some(Answer::Refused(_))), "{read:?}");
    driver.advance(Millis::from_minutes(60));
    driver.durable.full = false;
    driver.advance(Millis::from_minutes(60));
    assert_eq!(driver.server.receipts.len(), 1);
    assert_eq!((driver.server.receipts[0].files_removed, driver.server.receipts[0].keys_destroyed), (1, 2));
    assert_eq!(driver.durable.shown["D5"], 1);
}

#[test]
fn keys_are_destroyed_where_files_cannot_even_be_listed() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    protect(&mut driver);
    driver.durable.unlistable = true;
    let instance = driver.server.live().unwrap();
    driver.server.order_wipe(instance);
    driver.give(Input::PushHint);
    assert!(!has_keys(&driver));
    assert!(!driver.durable.slots.contains_key("keys"));
    for _ in 0..6 {
        driver.advance(Millis::from_minutes(60));
    }
    let receipt = &driver.server.receipts[0];
    assert_eq!((receipt.outcome, receipt.keys_destroyed), (WipeOutcome::Failed, 2), "it ends, and says how");
}

#[test]
fn a_key_that_stays_is_not_counted_as_destroyed() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    protect(&mut driver);
    driver.durable.undying = true;
    let instance = driver.server.live().unwrap();
    driver.server.order_wipe(instance);
    driver.give(Input::PushHint);
    for _ in 0..12 {
        driver.advance(Millis::from_minutes(60));
    }
    assert_eq!(driver.server.receipts[0].keys_destroyed, 1, "the slot alone");
    assert!(!driver.durable.slots.contains_key("keys"));
}

/// Somebody in between drops the new registration; the policy of the old one goes on counting.
#[test]
fn an_account_that_cannot_register_again_is_wiped_all_the_same() {
    for restart in [false, true] {
        let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
        server.lease = Millis::from_days(90);
        server.set("periodOfflineBeforeWipeIsEnforced", "P30D");
        let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
        protect(&mut driver);
        driver.server.state = AccountState::NotRegistered;
        driver.give(Input::PushHint);
        driver.server.tamper = Some(Box::new(|request, reply| {
            if request.path == "/phone/v1/registrations" {
                reply.status = 502;
                reply.body.clear();
            }
        }));
        driver.sign_in();
        let Some(Answer::Status(status)) = driver.ask(AppRequest::Status) else { panic!("no status") };
        assert_eq!(status.state, ProtectionState::SignInNeeded);
        driver.online = false;
        driver.give(Input::Connectivity(ringfence_client::Connectivity::Offline));
        let now = driver.now;
        let mut driver = if restart {
            let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
            driver.online = false;
            driver.now = now;
            driver.give(Input::Connectivity(ringfence_client::Connectivity::Offline));
            driver.launch(facts(Platform::Ios));
            driver
        } else {
            driver
        };
        driver.advance(Millis::from_days(29));
        driver.give(Input::Foreground);
        assert!(driver.durable.work_files() == 1 && has_keys(&driver), "not before its time");
        driver.advance(Millis::from_days(2));
        driver.give(Input::Foreground);
        assert!(driver.durable.work_files() == 0 && !has_keys(&driver), "restarted: {restart}");
    }
}

#[test]
fn a_policy_that_is_written_during_a_wipe_does_not_stay() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    protect(&mut driver);
    driver.server.set("printBlocked", true);
    driver.slow_slot = Some("policy");
    driver.give(Input::PushHint);
    driver.give(Input::RemoveAccount);
    assert!(!has_keys(&driver), "the wipe waits for nobody");
    driver.release();
    assert!(!driver.durable.slots.contains_key("policy"));
    let Some(Answer::Status(status)) = driver.ask(AppRequest::Status) else { panic!("no status") };
    assert_eq!((status.state, status.obeyed_version), (ProtectionState::SignedOut, None));
}

#[test]
fn a_server_that_was_forgotten_is_met_again() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    protect(&mut Driver::new(config(Platform::Ios, APP), &mut durable, &mut server));
    let read = |driver: &mut Driver<'_>| {
        driver.ask(AppRequest::Read { identity: Identity::Work, name: "plan.txt".to_owned() })
    };
    durable.slots.insert("server".to_owned(), b"damaged".to_vec());
    // Another organisation's server does not take its place.
    server.tamper = Some(Box::new(|request, reply| {
        if request.path == "/phone/v1/tenant" {
            let own: TenantInfo = serde_json::from_slice(&reply.body).unwrap();
            let tenant_id = TenantId(uuid::Uuid::from_u128(99));
            reply.body = serde_json::to_vec(&TenantInfo { tenant_id, ..own }).unwrap();
        }
    }));
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    assert!(matches!(read(&mut driver), Some(Answer::Refused(_))));
    server.tamper = None;
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    assert_eq!(read(&mut driver), Some(Answer::Content(b"the plan".to_vec())), "{:?}", driver.codes());
}
