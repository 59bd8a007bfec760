//! A changed policy reaches open apps by push and closed apps at their next check-in.

use ringfence_model::Platform;
use ringfence_phone::{App, AppEvent, Identity::Work};
use serde_json::json;

use crate::kit::{CHAT, NOTES, PATIENCE, SECRET, World, allowed, refused, signed_in};

#[test]
fn an_open_app_obeys_a_tighter_policy_at_once() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let other = world.phone(Platform::Android);
    let notes = signed_in(&phone, NOTES);
    let untouched = signed_in(&other, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    allowed(notes.print(Work, "budget.txt").unwrap());
    let before = notes.status().unwrap().obeyed_version.unwrap();
    let same = untouched.status().unwrap().obeyed_version;

    world.patch(Platform::Ios, &json!({ "printBlocked": true }));
    notes.wait_for_version(before + 1, PATIENCE).unwrap();
    let outcome = notes.print(Work, "budget.txt").unwrap();
    assert!(outcome.refused(), "{outcome:#?}");
    assert_eq!(outcome.decision.unwrap().deciders, ["printBlocked"]);
    assert_eq!(untouched.status().unwrap().obeyed_version, same);

    world.patch(
        Platform::Ios,
        &json!({ "allowedOutboundDataTransferDestinations": "allApps", "printBlocked": false }),
    );
    notes.wait_for_version(before + 2, PATIENCE).unwrap();
    allowed(notes.share(Work, "budget.txt", CHAT).unwrap());
    assert_eq!(phone.read_ordinary(CHAT, "budget.txt").unwrap(), SECRET.as_bytes());
}

#[test]
fn a_closed_app_learns_when_it_is_opened() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    let before = notes.status().unwrap().obeyed_version.unwrap();
    notes.close().unwrap();
    world.patch(Platform::Android, &json!({ "allowedOutboundDataTransferDestinations": "none" }));
    let (notes, _) = phone.open_app(NOTES).unwrap();
    notes.wait_for_version(before + 1, PATIENCE).unwrap();
    let outcome = notes.share(Work, "budget.txt", CHAT).unwrap();
    assert!(outcome.refused(), "{outcome:#?}");
}

#[test]
fn a_fact_that_breaks_a_condition_closes_the_open_app() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    let before = notes.status().unwrap().obeyed_version.unwrap();
    let events = notes.events().unwrap();
    world.patch(
        Platform::Ios,
        &json!({ "deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "block" }),
    );
    notes.wait_for_version(before + 1, PATIENCE).unwrap();
    phone.set_facts(&["jailbroken=true"]).unwrap();
    App::wait_for_event(
        &events,
        "the dialog",
        PATIENCE,
        |event| matches!(event, AppEvent::Dialog(dialog) if dialog.code == "I5"),
    )
    .unwrap();
    refused(notes.read(Work, "budget.txt").unwrap(), "I5");
    phone.set_facts(&["jailbroken=false"]).unwrap();
    notes.foreground().unwrap();
    assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
}
