//! Decisions and launches never allocate, whatever is asked.

use std::{collections::BTreeSet, hint::black_box};

use allocation_counter::measure;
use ringfence_model::{
    AppId, Millis, Platform, Version,
    facts::{AccountFacts, AppFacts, DeviceFacts, DeviceLock, IntegrityVerdict, ThreatLevel},
    settings::{Kind, Pair, Setting, Settings, Value},
};
use ringfence_policy::{
    access::{GateFacts, gate},
    compile::CompiledPolicy,
    decide::{Action, Location, LocationAccount, Opener, Peer, Relation, Request, Tag, Way, decide},
    launch,
};

/// Sets every setting of a platform, enumerations to `member` (from the end), lists to twenty entries.
fn everything(platform: Platform, member: usize) -> Settings {
    let texts = |prefix: &str| (0..20).map(|n| format!("{prefix}{n}.example")).collect::<Vec<_>>();
    let value = |setting: Setting| match setting.spec().kind {
        Kind::Bool => Value::Bool(true),
        Kind::Int { max, .. } => Value::Int(max.min(7)),
        Kind::Choice(all) => Value::Choice(all[all.len() - 1 - member.min(all.len() - 1)]),
        Kind::Flags(all) => Value::Flags(all[1..].iter().copied().collect::<BTreeSet<_>>()),
        Kind::Choices(all) => Value::Choices(all.iter().copied().take(3).collect()),
        Kind::Span => Value::Span(Millis::from_minutes(30)),
        Kind::Version => Value::Version(Version([17, 4, 0, 0])),
        Kind::Date => Value::Date("2026-01-01".to_owned()),
        Kind::Text => Value::Text("com.one.app".to_owned()),
        Kind::Texts | Kind::JoinedTexts => Value::Texts(texts("https://*.")),
        Kind::Pairs => Value::Pairs(
            texts("com.").into_iter().map(|text| Pair { name: text.clone(), value: text }).collect(),
        ),
    };
    Setting::list_for(platform).map(|setting| (setting, value(setting))).collect()
}

fn actions() -> Vec<Action<'static>> {
    let mut actions = vec![
        Action::Print,
        Action::Notify { can_redact: true },
        Action::Notify { can_redact: false },
        Action::Keyboard { id: "com.3.example", system: false },
        Action::ScreenCapture,
        Action::Backup,
        Action::SyncNative,
        Action::Widget,
        Action::SystemSearch,
        Action::Genmoji,
        Action::WritingTools,
    ];
    for location in Location::ALL {
        for account in [LocationAccount::Managed, LocationAccount::Other] {
            actions.push(Action::Save { location, account, in_place: false });
            actions.push(Action::Open { location, account, tag: Tag::Untagged });
        }
    }
    for id in ["com.work.mail", "COM.7.EXAMPLE", "com.android.phone", "org.unknown", ""] {
        for relation in [Relation::Unknown, Relation::Managed, Relation::Unmanaged] {
            let peer = Peer { scheme: Some("com.5.example"), ..Peer::new(id, relation) };
            for way in [Way::Launch, Way::ShareSheet, Way::OpenIn] {
                actions.push(Action::Send { way, to: peer });
            }
            for tag in [Tag::Untagged, Tag::SameAccount, Tag::OtherNotSignedIn] {
                actions.push(Action::Receive { from: peer, tag, can_open_as_personal: false });
            }
            actions.push(Action::Copy { to: peer, characters: 8 });
            actions.push(Action::Paste { from: peer, characters: 6 });
            actions.push(Action::Dial { with: peer });
            actions.push(Action::Message { with: peer });
            let url = "https://user@Docs.7.Example:443/some/long/path?query";
            for with in [Opener::ManagedBrowser, Opener::Browser(peer), Opener::App(peer)] {
                actions.push(Action::Link { url, with });
            }
        }
    }
    actions
}

#[test]
fn the_counter_counts() {
    assert!(measure(|| drop(black_box(vec![1_u8; 10]))).count_total > 0);
}

#[test]
fn decisions_do_not_allocate() {
    let actions = actions();
    for platform in Platform::ALL {
        for member in 0..4 {
            let managed = [AppId::new(platform, "com.work.mail")];
            let policy = CompiledPolicy::compile(platform, &everything(platform, member), &managed);
            for &action in &actions {
                for request in [Request::work(action), Request::personal(action)] {
                    let used = measure(|| {
                        black_box(decide(black_box(&policy), black_box(&request)));
                    });
                    assert_eq!(used.count_total, 0, "{request:?}");
                }
            }
        }
    }
}

#[test]
fn launches_and_gates_do_not_allocate() {
    for platform in Platform::ALL {
        for member in 0..4 {
            let policy = CompiledPolicy::compile(platform, &everything(platform, member), &[]);
            for device in [ordinary(platform), DeviceFacts::silent(platform, Version([16, 0, 0, 0]))] {
                let app = AppFacts {
                    app: AppId::new(platform, "com.work.notes"),
                    version: Version([1, 0, 0, 0]),
                    sdk_version: Version([1, 0, 0, 0]),
                };
                let account = AccountFacts { pin_attempts: 9, ..AccountFacts::default() };
                let facts = GateFacts {
                    idle_for: None,
                    pin: None,
                    biometric: None,
                    enrolled: false,
                    device_lock: device.device_lock,
                };
                let used = measure(|| {
                    let outcome = launch::evaluate(&policy, &device, &app, &account);
                    let findings = outcome.findings(&policy, &device, &app, &account);
                    black_box(findings.map(|finding| finding.action).max());
                    black_box(gate(&policy, &facts));
                });
                assert_eq!(used.count_total, 0);
            }
        }
    }
}

fn ordinary(platform: Platform) -> DeviceFacts {
    DeviceFacts {
        patch_level: Some("2025-06-01".to_owned()),
        model: Some("Fone 7".to_owned()),
        manufacturer: Some("Acme".to_owned()),
        jailbroken: Some(true),
        device_lock: Some(DeviceLock::Low),
        threat_level: Some(ThreatLevel::High),
        integrity: Some(IntegrityVerdict::Basic),
        integrity_hardware_backed: Some(false),
        verify_apps: Some(false),
        knox_attested: Some(false),
        companion_version: Some(Version([5, 0, 0, 0])),
        companion_update_age_days: Some(30),
        ..DeviceFacts::silent(platform, Version([16, 0, 0, 0]))
    }
}
