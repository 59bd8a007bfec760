//! Without a network, after a crash, and while somebody turns the phone's switches.

use ringfence_model::{Millis, Platform};
use ringfence_phone::{App, AppEvent, Budget, Fault, Identity::Work};
use serde_json::json;

use crate::kit::{ADA, MAIL, NOTES, PASSWORD, PATIENCE, SECRET, World, allowed, refused, signed_in};

#[test]
fn work_goes_on_offline_and_catches_up_online() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    let before = notes.status().unwrap().obeyed_version.unwrap();
    phone.set_online(false).unwrap();
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    world.patch(Platform::Ios, &json!({ "printBlocked": true }));
    notes.check_in().unwrap();
    assert_eq!(notes.status().unwrap().obeyed_version, Some(before));
    let events = notes.events().unwrap();
    phone.set_online(true).unwrap();
    App::wait_for_event(&events, "the network", PATIENCE, |event| *event == AppEvent::Online(true)).unwrap();
    notes.wait_for_version(before + 1, PATIENCE).unwrap();
}

#[test]
fn signing_in_needs_the_network() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    phone.set_online(false).unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    let outcome = notes.sign_in(ADA, PASSWORD).unwrap();
    assert!(outcome.refused() && outcome.dialog.is_some(), "{outcome:#?}");
    phone.set_online(true).unwrap();
    allowed(notes.sign_in(ADA, PASSWORD).unwrap());
}

#[test]
fn too_long_offline_closes_work_data_until_the_next_check_in() {
    let world = World::new();
    world.patch(Platform::Ios, &json!({ "periodOfflineBeforeAccessCheck": "PT12H" }));
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    phone.set_online(false).unwrap();
    phone.advance_clock(Millis::from_minutes(13 * 60)).unwrap();
    notes.foreground().unwrap();
    refused(notes.read(Work, "budget.txt").unwrap(), "I6");
    phone.advance_clock(Millis::from_minutes(1)).unwrap();
    let outcome = notes.read(Work, "budget.txt").unwrap();
    let dialog = outcome.dialog.expect("a dialog");
    assert!(!dialog.body.contains("unknown"), "{dialog:#?}");
    // The server, whose clock has not moved, is believed.
    phone.set_online(true).unwrap();
    notes.check_in().unwrap();
    notes.wait_until("work data", PATIENCE, |status| status.blocked_by.is_empty()).unwrap();
    assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
}

#[test]
fn what_the_check_in_puts_right_at_once_is_no_refusal() {
    let world = World::new();
    world.patch(Platform::Ios, &json!({ "periodOfflineBeforeAccessCheck": "PT12H" }));
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    notes.close().unwrap();
    phone.advance_clock(Millis::from_minutes(8 * 24 * 60)).unwrap();
    let (notes, opened) = phone.open_app(NOTES).unwrap();
    assert!(opened.dialog.is_none(), "{opened:#?}");
    allowed(opened);
    assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
}

#[test]
fn a_killed_process_loses_nothing() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    let before = notes.status().unwrap();
    drop(notes);
    let notes = phone.start(NOTES).unwrap();
    let after = notes.status().unwrap();
    assert_eq!((before.instance, before.obeyed_version), (after.instance, after.obeyed_version));
    assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
}

/// Wherever the process dies while it signs in, a later attempt succeeds.
#[test]
fn signing_in_survives_being_killed_at_any_effect() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    for effects in (1..40).step_by(6) {
        let dying = phone.clone().with_budget(Budget::dying_after(effects)).start(MAIL).unwrap();
        // The process may die before it answers: that is the point.
        let _ = dying.sign_in(ADA, PASSWORD);
        drop(dying);
    }
    let mail = signed_in(&phone, MAIL);
    allowed(mail.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
}

#[test]
fn restarting_the_phone_ends_its_apps_and_keeps_their_data() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    let events = notes.events().unwrap();
    phone.restart().unwrap();
    App::wait_for_event(&events, "the end", PATIENCE, |event| *event == AppEvent::Ended).unwrap();
    notes.join().unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
}

// acceptance: AT-U5
#[test]
fn a_locked_key_store_withholds_work_data_and_gives_it_back() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    notes.close().unwrap();
    phone.key_store().set_faults(Fault { locked: true, ..Fault::default() }).unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    let outcome = notes.read(Work, "budget.txt").unwrap();
    assert!(!outcome.allowed() && outcome.bytes.is_none(), "{outcome:#?}");
    notes.close().unwrap();
    phone.key_store().set_faults(Fault::default()).unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
}

#[test]
fn one_app_is_open_once_only() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = phone.start(NOTES).unwrap();
    assert_eq!(phone.start(NOTES).unwrap_err().code(), "busy");
    notes.close().unwrap();
    phone.start(NOTES).unwrap().close().unwrap();
}
