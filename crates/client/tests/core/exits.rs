//! Clipboard, storage, print, notification, screen and backup through the core: the setting decides for work data, and
//! personal data is never asked about (behaviour §5.4, §5.6, §5.7).

use ringfence_client::{Action, Answer, AppRequest, Identity, OtherApp, Verdict};
use ringfence_messages::ReasonCode as R;
use ringfence_model::{Platform, UnixMillis};
use ringfence_policy::decide::{Location, LocationAccount};
use serde_json::{Value, json};

use crate::support::{APP, Driver, Durable, PEER, STRANGER, Server, config, facts};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn with(platform: Platform, settings: Value, story: impl FnOnce(&mut Driver<'_>)) {
    let (mut durable, mut server) = (Durable::default(), Server::new(platform, START));
    let Value::Object(settings) = settings else { panic!("settings are an object") };
    for (name, value) in settings {
        server.set(&name, value);
    }
    let mut driver = Driver::new(config(platform, APP), &mut durable, &mut server);
    driver.launch(facts(platform));
    driver.sign_in();
    story(&mut driver);
}

/// Verdict and reason of a question.
fn may(driver: &mut Driver<'_>, identity: Identity, action: Action) -> (Verdict, R) {
    match driver.ask(AppRequest::MayI { identity, action }) {
        Some(Answer::Decision(decision)) => (decision.verdict, decision.reason),
        Some(Answer::Refused(refusal)) => {
            let shown = driver.dialogs.last().map(|dialog| dialog.code.clone());
            assert_eq!(shown, Some(refusal.dialog.code.clone()), "every refusal is shown");
            (Verdict::Deny, refusal.reason)
        }
        other => panic!("{other:?}"),
    }
}

fn allowed(driver: &mut Driver<'_>, action: Action) -> bool {
    may(driver, Identity::Work, action).0.is_allowed()
}

fn save(location: Location) -> Action {
    Action::Save { location, account: LocationAccount::Managed, in_place: false }
}

fn open(location: Location) -> Action {
    Action::Open { location, account: LocationAccount::Managed }
}

// acceptance: AT-C2
// acceptance: AT-C3
// acceptance: AT-T3
#[test]
fn the_clipboard_follows_its_level_in_both_directions() {
    let copy = |to: &str| Action::Copy { to: OtherApp::named(to), characters: 9 };
    let paste = |from: &str| Action::Paste { from: OtherApp::named(from), characters: 9 };
    // To a managed app, to another, from a managed app, from another.
    for (level, expected) in [
        ("blocked", [false, false, false, false]),
        ("managedApps", [true, false, true, false]),
        ("managedAppsWithPasteIn", [true, false, true, true]),
        ("allApps", [true, true, true, true]),
    ] {
        for platform in Platform::ALL {
            with(platform, json!({ "allowedOutboundClipboardSharingLevel": level }), |driver| {
                let questions = [copy(PEER), copy(STRANGER), paste(PEER), paste(STRANGER)];
                let found = questions.clone().map(|action| allowed(driver, action));
                assert_eq!(found, expected, "{platform}: {level}");
                for action in questions {
                    let personal = may(driver, Identity::Personal, action);
                    assert_eq!(personal, (Verdict::Allow, R::AllowedPersonalData));
                }
            });
        }
    }
}

// acceptance: AT-C4
// acceptance: AT-S2
// acceptance: AT-S3
#[test]
fn printing_is_refused_with_an_alert_or_allowed() {
    for platform in Platform::ALL {
        with(platform, json!({ "printBlocked": true }), |driver| {
            let found = may(driver, Identity::Work, Action::Print);
            assert_eq!(found, (Verdict::Deny, R::PrintBlocked));
            assert!(may(driver, Identity::Personal, Action::Print).0.is_allowed());
        });
        with(platform, json!({ "printBlocked": false }), |driver| {
            assert!(allowed(driver, Action::Print));
        });
    }
}

const STORES: [Location; 7] = [
    Location::OneDriveForBusiness,
    Location::SharePoint,
    Location::Box,
    Location::LocalStorage,
    Location::PhotoLibrary,
    Location::IManage,
    Location::Egnyte,
];

// acceptance: AT-K1
// acceptance: AT-K2
// acceptance: AT-K3
// acceptance: AT-T4
#[test]
fn copies_go_where_the_policy_lets_them() {
    for platform in Platform::ALL {
        with(platform, json!({ "saveAsBlocked": false }), |driver| {
            for place in Location::ALL {
                assert!(allowed(driver, save(place)), "{place:?}");
            }
        });
        with(platform, json!({ "saveAsBlocked": true }), |driver| {
            for place in Location::ALL {
                assert!(!allowed(driver, save(place)), "{place:?}");
            }
        });
        for exempt in STORES {
            let settings = json!({ "saveAsBlocked": true, "allowedDataStorageLocations": [exempt.as_str()] });
            with(platform, settings, |driver| {
                for place in Location::ALL {
                    assert_eq!(allowed(driver, save(place)), place == exempt, "{exempt:?}: {place:?}");
                }
            });
        }
    }
}

// acceptance: AT-K4
// acceptance: AT-K5
// acceptance: AT-K6
#[test]
fn work_documents_open_from_where_the_policy_lets_them() {
    let blocked = "blockDataIngestionIntoOrganizationDocuments";
    for platform in Platform::ALL {
        with(platform, json!({ blocked: false }), |driver| {
            for place in Location::ALL {
                assert!(allowed(driver, open(place)), "{place:?}");
            }
        });
        with(platform, json!({ blocked: true }), |driver| {
            for place in Location::ALL {
                assert!(!allowed(driver, open(place)), "{place:?}");
            }
        });
        for exempt in [Location::OneDriveForBusiness, Location::SharePoint, Location::Camera] {
            let settings = json!({ blocked: true, "allowedDataIngestionLocations": [exempt.as_str()] });
            with(platform, settings, |driver| {
                for place in Location::ALL {
                    assert_eq!(allowed(driver, open(place)), place == exempt, "{exempt:?}: {place:?}");
                }
            });
        }
    }
}

// acceptance: AT-L2
// acceptance: AT-L3
#[test]
fn notifications_show_what_the_policy_lets_them() {
    let notify = || Action::Notify { can_redact: true };
    for platform in Platform::ALL {
        for (restriction, expected) in [
            ("block", Verdict::Deny),
            ("blockOrganizationalData", Verdict::AllowRedacted),
            ("allow", Verdict::Allow),
        ] {
            with(platform, json!({ "notificationRestriction": restriction }), |driver| {
                assert_eq!(may(driver, Identity::Work, notify()).0, expected, "{platform}: {restriction}");
                assert_eq!(may(driver, Identity::Personal, notify()).0, Verdict::Allow);
            });
        }
    }
}

// acceptance: AT-N1
// acceptance: AT-N2
// acceptance: AT-T6
#[test]
fn screen_and_backup_follow_their_settings() {
    for blocked in [true, false] {
        let settings = json!({ "screenCaptureBlocked": blocked, "dataBackupBlocked": blocked });
        with(Platform::Android, settings, |driver| {
            for action in [Action::ScreenCapture, Action::Backup] {
                assert_eq!(allowed(driver, action.clone()), !blocked);
                assert!(may(driver, Identity::Personal, action).0.is_allowed());
            }
        });
    }
}
