//! A selective wipe: exactly the instance named, with a receipt, and nothing personal.

use ringfence_messages::ReasonCode;
use ringfence_model::Platform;
use ringfence_phone::{Budget, Identity::Personal, Identity::Work, Phone};
use serde_json::{Value, json};

use crate::kit::{ADA, MAIL, NOTES, PASSWORD, PATIENCE, SECRET, World, allowed, signed_in};

fn order(world: &World, app: &str) -> String {
    let answer = world.admin("POST", "/api/v1/wipes", &json!({ "user": ADA, "app": app }));
    let orders = answer["value"].as_array().or_else(|| answer.as_array()).unwrap().clone();
    assert_eq!(orders.len(), 1, "{answer}");
    orders[0]["order"].as_str().unwrap().to_owned()
}

fn work_files(phone: &Phone, app: &str) -> usize {
    let prefix = format!("apps/{app}/files/work/");
    phone.every_file().unwrap().keys().filter(|name| name.starts_with(&prefix)).count()
}

/// Waits for the receipt: the phone repeats it until the server has acknowledged it.
fn receipt(world: &World, order: &str) -> Value {
    let started = std::time::Instant::now();
    loop {
        let (status, answer) =
            world.try_admin("GET", &format!("/api/v1/wipes/{order}/receipt"), &Value::Null);
        if status == 200 && answer["receipt"].is_string() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "no receipt: {status} {answer}");
        std::thread::yield_now();
    }
}

/// How many keys of this kind that the apps of an account share are left on the phone.
fn shared_keys(phone: &Phone, purpose: &str) -> usize {
    let shared = |alias: &&String| alias.starts_with("account.") && alias.ends_with(purpose);
    phone.key_store().list().unwrap().iter().filter(shared).count()
}

#[test]
fn the_shared_key_goes_with_the_last_app_of_the_account() {
    let world = World::new();
    for platform in Platform::ALL {
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        let mail = signed_in(&phone, MAIL);
        assert_eq!(shared_keys(&phone, ".share"), 1);
        notes.remove_account().unwrap();
        assert_eq!(shared_keys(&phone, ".share"), 1, "Mail still needs it on {platform}");
        let notes = {
            notes.close().unwrap();
            signed_in(&phone, NOTES)
        };
        mail.remove_account().unwrap();
        assert_eq!(shared_keys(&phone, ".share"), 1, "Notes has it again on {platform}");
        // Without a network too: nothing need be told before the key goes.
        phone.set_online(false).unwrap();
        notes.remove_account().unwrap();
        assert_eq!(shared_keys(&phone, ".share"), 0, "{platform}");
        phone.set_online(true).unwrap();
        notes.close().unwrap();
        mail.close().unwrap();
    }
}

/// Behaviour §6: Android's companion hears of apps that are removed; on iOS nobody does, and their keys stay.
#[test]
fn removing_the_last_app_of_the_account_takes_what_the_companion_kept() {
    let world = World::new();
    for (platform, left) in [(Platform::Android, 0), (Platform::Ios, 1)] {
        let phone = world.phone(platform);
        signed_in(&phone, NOTES).close().unwrap();
        signed_in(&phone, MAIL).close().unwrap();
        phone.uninstall(NOTES).unwrap();
        assert_eq!(shared_keys(&phone, ".share"), 1, "Mail still needs it on {platform}");
        if let Some(companion) = phone.companion().unwrap() {
            assert_eq!(companion.apps.iter().collect::<Vec<_>>(), [MAIL]);
            assert!(companion.account.is_some());
        }
        phone.uninstall(MAIL).unwrap();
        assert_eq!(shared_keys(&phone, ".share"), left, "{platform}");
        if let Some(companion) = phone.companion().unwrap() {
            assert!(companion.apps.is_empty() && companion.account.is_none(), "{companion:?}");
            assert_eq!(shared_keys(&phone, ".device"), 0);
        }
    }
}

#[test]
fn a_wipe_takes_the_work_data_of_one_app_and_leaves_the_rest() {
    let world = World::new();
    for platform in Platform::ALL {
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        let mail = signed_in(&phone, MAIL);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        allowed(notes.create(Personal, "cat.txt", b"Feed the cat.").unwrap());
        allowed(mail.create(Work, "letter.txt", SECRET.as_bytes()).unwrap());
        assert_eq!(work_files(&phone, NOTES), 1);

        let order = order(&world, NOTES);
        notes.wait_until("the wipe", PATIENCE, |status| status.user_principal_name.is_none()).unwrap();
        let receipt = receipt(&world, &order);
        assert!(receipt["receipt"].as_str().unwrap().len() > 100, "{receipt}");

        assert_eq!(work_files(&phone, NOTES), 0);
        assert!(!notes.read(Work, "budget.txt").unwrap().allowed());
        assert_eq!(notes.read(Personal, "cat.txt").unwrap().text(), "Feed the cat.");
        assert_eq!(mail.read(Work, "letter.txt").unwrap().text(), SECRET);
        // One platform at a time: an order names the user and the app.
        notes.close().unwrap();
        phone.uninstall(NOTES).unwrap();
    }
}

#[test]
fn a_wipe_reaches_a_closed_app_when_it_is_opened() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    notes.close().unwrap();
    let order = order(&world, NOTES);
    assert_eq!(work_files(&phone, NOTES), 1);
    let (notes, _) = phone.open_app(NOTES).unwrap();
    notes.wait_until("the wipe", PATIENCE, |status| status.user_principal_name.is_none()).unwrap();
    receipt(&world, &order);
    assert_eq!(work_files(&phone, NOTES), 0);
}

/// Invariant 7: wherever the process is killed, the next start finishes the wipe and the receipt arrives.
#[test]
fn a_wipe_survives_being_killed_at_any_effect() {
    let world = World::new();
    for effects in (1..60).step_by(7) {
        let phone = world.phone(Platform::Ios);
        let notes = signed_in(&phone, NOTES);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        allowed(notes.create(Personal, "cat.txt", b"Feed the cat.").unwrap());
        notes.close().unwrap();
        let order = order(&world, NOTES);
        let dying = phone.clone().with_budget(Budget::dying_after(effects)).start(NOTES).unwrap();
        // The process may die before it has come to rest: that is the point.
        let _ = dying.foreground();
        drop(dying);
        let (notes, _) = phone.open_app(NOTES).unwrap();
        notes.wait_until("the wipe", PATIENCE, |status| status.user_principal_name.is_none()).unwrap();
        receipt(&world, &order);
        assert_eq!(work_files(&phone, NOTES), 0, "killed after {effects} effects");
        assert_eq!(notes.read(Personal, "cat.txt").unwrap().text(), "Feed the cat.");
        notes.close().unwrap();
        phone.uninstall(NOTES).unwrap();
    }
}

#[test]
fn signing_in_after_a_wipe_makes_a_new_instance_without_the_old_data() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    let notes = signed_in(&phone, NOTES);
    let first = notes.status().unwrap().instance;
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    let order = order(&world, NOTES);
    notes.wait_until("the wipe", PATIENCE, |status| status.user_principal_name.is_none()).unwrap();
    receipt(&world, &order);
    allowed(notes.sign_in(ADA, PASSWORD).unwrap());
    notes.wait_until("protection", PATIENCE, |status| status.obeyed_version.is_some()).unwrap();
    assert_ne!(notes.status().unwrap().instance, first);
    assert!(notes.list().unwrap().documents.is_empty());
    allowed(notes.create(Work, "budget.txt", b"new").unwrap());
}

#[test]
fn removing_the_account_removes_its_data_here_only() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    allowed(notes.create(Personal, "cat.txt", b"Feed the cat.").unwrap());
    allowed(notes.remove_account().unwrap());
    notes.wait_until("the end", PATIENCE, |status| status.user_principal_name.is_none()).unwrap();
    assert_eq!(work_files(&phone, NOTES), 0);
    assert_eq!(notes.read(Personal, "cat.txt").unwrap().text(), "Feed the cat.");
    // The server was told, so that the device is free for another account.
    assert!(phone.log(NOTES).unwrap().iter().any(|line| line.event == "deregistered"));
}

#[test]
fn a_wipe_at_the_start_of_the_app_is_told_when_it_opens() {
    let world = World::new();
    world.patch(Platform::Ios, &json!({ "minimumWipeOsVersion": "17.0" }));
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    notes.close().unwrap();
    phone.set_facts(&["osVersion=16.0"]).unwrap();
    let (_notes, opened) = phone.open_app(NOTES).unwrap();
    assert_eq!(opened.reason.map(ReasonCode::as_str), Some("os_too_old_wipe"), "{opened:#?}");
    assert!(opened.refused(), "{opened:#?}");
    assert_eq!(work_files(&phone, NOTES), 0);
}
