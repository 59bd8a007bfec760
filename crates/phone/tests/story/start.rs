//! Starts that fail, apps with a foreign certificate, the companion, and wipes without an order, over real HTTP.

use ringfence_messages::{ButtonAction, ReasonCode};
use ringfence_model::{Platform, Version};
use ringfence_phone::{
    Identity::Personal, Identity::Work, Install, Phone, PhoneError, Press, ProtectionState,
};
use serde_json::{Value, json};

use crate::kit::{ADA, MAIL, NOTES, PASSWORD, PATIENCE, SECRET, World, allowed, refused, signed_in};

const BEN: &str = "ben@example.org";

fn work_files(phone: &Phone, app: &str) -> usize {
    let prefix = format!("apps/{app}/files/work/");
    phone.every_file().unwrap().keys().filter(|name| name.starts_with(&prefix)).count()
}

/// What the server knows of wipes that nobody ordered: cause and reason, newest first.
fn receipts(world: &World) -> Vec<(String, Value)> {
    let all = world.admin("GET", "/api/v1/receipts", &Value::Null);
    let all = all["value"].as_array().unwrap().clone();
    assert!(all.iter().all(|receipt| receipt["verified"] == json!(true)), "{all:?}");
    all.iter()
        .map(|receipt| (receipt["cause"].as_str().unwrap().to_owned(), receipt["reason"].clone()))
        .collect()
}

/// The phone repeats its receipts until the server has them.
fn await_receipts(world: &World, count: usize) -> Vec<(String, Value)> {
    let started = std::time::Instant::now();
    loop {
        let told = receipts(world);
        if told.len() >= count {
            return told;
        }
        assert!(started.elapsed() < PATIENCE, "{told:?}");
        std::thread::yield_now();
    }
}

/// The app dies while it starts.
fn dies(phone: &Phone, app: &str) {
    let handle = phone.start(app).unwrap();
    let ended = handle.foreground();
    assert!(matches!(ended, Err(PhoneError::Closed(_))), "{ended:?}");
}

#[test]
fn an_app_whose_protection_dies_at_the_start_says_so_and_an_update_cures_it() {
    let world = World::new();
    for (platform, code) in [(Platform::Android, "N2"), (Platform::Ios, "I7")] {
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        notes.close().unwrap();
        phone.let_start_fail(NOTES, u32::MAX).unwrap();
        for _ in 0..3 {
            dies(&phone, NOTES);
        }
        let (notes, opened) = phone.open_app(NOTES).unwrap();
        refused(opened, code);
        refused(notes.read(Work, "budget.txt").unwrap(), code);
        notes.close().unwrap();
        dies(&phone, NOTES);
        phone.install_update(NOTES, Version([2, 0, 0, 0]), None).unwrap();
        let (notes, opened) = phone.open_app(NOTES).unwrap();
        allowed(opened);
        assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
        notes.close().unwrap();
        phone.uninstall(NOTES).unwrap();
    }
}

#[test]
fn a_passing_failure_at_the_start_passes() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    signed_in(&phone, NOTES).close().unwrap();
    phone.let_start_fail(NOTES, 3).unwrap();
    for _ in 0..3 {
        dies(&phone, NOTES);
    }
    let (notes, opened) = phone.open_app(NOTES).unwrap();
    refused(opened, "I7");
    notes.close().unwrap();
    allowed(phone.open_app(NOTES).unwrap().1);
}

#[test]
fn clearing_the_data_of_an_app_makes_it_start_afresh() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    assert_eq!(phone.clear_data(NOTES).unwrap_err().code(), "busy");
    notes.close().unwrap();
    phone.clear_data(NOTES).unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    assert_eq!(notes.status().unwrap().state, ProtectionState::SignedOut);
    assert!(notes.list().unwrap().documents.is_empty());
    allowed(notes.sign_in(ADA, PASSWORD).unwrap());
}

#[test]
fn a_build_that_does_not_register_is_refused_until_it_is_updated() {
    let world = World::new();
    for (platform, code) in [(Platform::Ios, "I3"), (Platform::Android, "N8")] {
        let phone = world.phone(platform);
        let id = NOTES;
        phone.uninstall(id).unwrap();
        phone.install(&Install { registers: false, requires_policy: true, ..Install::managed(id) }).unwrap();
        let (draft, _) = phone.open_app(id).unwrap();
        refused(draft.sign_in(ADA, PASSWORD).unwrap(), code);
        assert_eq!(draft.status().unwrap().state, ProtectionState::SignedOut);
        draft.close().unwrap();
        phone.install_update(id, Version([1, 1, 0, 0]), None).unwrap();
        let (draft, _) = phone.open_app(id).unwrap();
        draft.sign_in(ADA, PASSWORD).unwrap();
        assert_eq!(draft.status().unwrap().user_principal_name.as_deref(), Some(ADA));
    }
}

/// Behaviour §6: *Removing it or clearing its data: org data wiped*.
#[test]
fn removing_or_clearing_the_companion_removes_the_work_data() {
    let world = World::new();
    for (round, clear) in [false, true].into_iter().enumerate() {
        let phone = world.phone(Platform::Android);
        let notes = signed_in(&phone, NOTES);
        let mail = signed_in(&phone, MAIL);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        allowed(mail.create(Work, "letter.txt", SECRET.as_bytes()).unwrap());
        allowed(notes.create(Personal, "cat.txt", b"Feed the cat.").unwrap());
        if clear {
            phone.clear_companion().unwrap();
        } else {
            phone.set_facts(&["companionVersion=unknown"]).unwrap();
        }
        for app in [&notes, &mail] {
            app.wait_until("the wipe", PATIENCE, |status| status.user_principal_name.is_none()).unwrap();
        }
        assert_eq!(work_files(&phone, NOTES) + work_files(&phone, MAIL), 0);
        assert_eq!(notes.read(Personal, "cat.txt").unwrap().text(), "Feed the cat.");
        let removed = |line: &ringfence_phone::JournalLine| line.event == "dialog" && line.detail == "RF-605";
        assert_eq!(phone.log(NOTES).unwrap().iter().filter(|line| removed(line)).count(), 1);
        if !clear {
            refused_sign_in(&notes, "D6");
            phone.set_facts(&["companionVersion=5.1"]).unwrap();
        }
        allowed(notes.sign_in(ADA, PASSWORD).unwrap());
        let told = await_receipts(&world, 2 * round + 2);
        for app in [notes, mail] {
            app.close().unwrap();
        }
        let gone = ("companionRemoved".to_owned(), Value::Null);
        assert!(told.iter().take(2).all(|receipt| *receipt == gone), "{told:?}");
    }
}

fn refused_sign_in(app: &ringfence_phone::App, code: &str) {
    let outcome = app.sign_in(ADA, PASSWORD).unwrap();
    assert_eq!(outcome.dialog.map(|dialog| dialog.code).as_deref(), Some(code));
    assert_eq!(app.status().unwrap().user_principal_name, None);
}

#[test]
fn a_condition_that_wipes_is_told_to_the_server_and_frees_the_device() {
    let world = World::new();
    let ben = world.person(BEN);
    world.license(&ben);
    world.patch(Platform::Ios, &json!({ "minimumWipeOsVersion": "17.0" }));
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    refused_other(&phone);
    phone.set_facts(&["osVersion=16.0"]).unwrap();
    notes.wait_until("the wipe", PATIENCE, |status| status.user_principal_name.is_none()).unwrap();
    assert_eq!(await_receipts(&world, 1), [("condition".to_owned(), json!("os_too_old_wipe"))]);
    notes.close().unwrap();
    phone.set_facts(&["osVersion=18.0"]).unwrap();
    let (mail, _) = phone.open_app(MAIL).unwrap();
    allowed(mail.sign_in(BEN, PASSWORD).unwrap());
}

/// Ada has the device: Ben is sent away.
fn refused_other(phone: &Phone) {
    let (mail, _) = phone.open_app(MAIL).unwrap();
    let outcome = mail.sign_in(BEN, PASSWORD).unwrap();
    assert_eq!(outcome.reason, Some(ReasonCode::OtherAccountRegistered), "{outcome:#?}");
    mail.close().unwrap();
}

#[test]
fn signing_out_offline_frees_the_device_when_the_network_is_back() {
    let world = World::new();
    let ben = world.person(BEN);
    world.license(&ben);
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    phone.set_online(false).unwrap();
    allowed(notes.remove_account().unwrap());
    assert_eq!(notes.status().unwrap().state, ProtectionState::SignedOut);
    notes.close().unwrap();
    phone.set_online(true).unwrap();
    refused_other(&phone);
    let (notes, _) = phone.open_app(NOTES).unwrap();
    let told = |line: &ringfence_phone::JournalLine| line.event == "deregistered";
    notes.wait_until("the receipt", PATIENCE, |_| phone.log(NOTES).unwrap().iter().any(told)).unwrap();
    let (mail, _) = phone.open_app(MAIL).unwrap();
    allowed(mail.sign_in(BEN, PASSWORD).unwrap());
    assert_eq!(receipts(&world), [("signOut".to_owned(), Value::Null)]);
}

#[test]
fn help_desk_reads_which_dialogs_a_user_saw() {
    let world = World::new();
    world.patch(Platform::Ios, &json!({ "minimumWarningOsVersion": "17.0" }));
    let phone = world.phone(Platform::Ios);
    phone.set_facts(&["osVersion=16.0"]).unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    notes.sign_in(ADA, "wrong").unwrap();
    allowed(notes.sign_in(ADA, PASSWORD).unwrap());
    let instance = notes.status().unwrap().instance.unwrap();
    let path = format!("/api/v1/instances/{instance}/status");
    let said = |wanted: &dyn Fn(&Value) -> bool| {
        let started = std::time::Instant::now();
        loop {
            let (_, said) = world.try_admin("GET", &path, &Value::Null);
            if wanted(&said) {
                return said;
            }
            assert!(started.elapsed() < PATIENCE, "{said}");
            std::thread::yield_now();
        }
    };
    let report = said(&|said| said["warnings"] == json!(["os_too_old_warn"]));
    let shown: Vec<_> = report["dialogs"].as_array().unwrap().iter().map(|d| d["reason"].clone()).collect();
    assert!(shown.contains(&json!("sign_in_failed")), "seen before there was a session: {shown:?}");
}

fn screen(phone: &Phone, app: &str) -> Option<String> {
    phone.screen(app).unwrap().map(|dialog| dialog.code)
}

#[test]
fn the_buttons_of_dialogs_do_what_they_say() {
    let world = World::new();
    world.patch(Platform::Android, &json!({ "minimumRequiredAppVersion": "2.0" }));
    let phone = world.phone(Platform::Android);
    phone.set_facts(&["companionVersion=unknown"]).unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    refused_sign_in(&notes, "D6");
    assert_eq!(screen(&phone, NOTES).as_deref(), Some("D6"));
    let wrong = phone.press(NOTES, None, &Press::new(ButtonAction::Update)).unwrap_err();
    assert!(wrong.to_string().contains("install-companion, cancel"), "{wrong}");

    let (notes, _) = phone.press(NOTES, Some(notes), &Press::new(ButtonAction::InstallCompanion)).unwrap();
    assert_eq!(phone.record().unwrap().facts.companion_version, Some(Version([4, 10, 0, 0])));
    refused(notes.as_ref().unwrap().read(Work, "budget.txt").unwrap(), "D1");
    let account = Some((ADA.to_owned(), PASSWORD.to_owned()));
    let sign_in = Press { account, ..Press::new(ButtonAction::SignIn) };
    let (notes, _) = phone.press(NOTES, notes, &sign_in).unwrap();
    let notes = notes.unwrap();
    notes.wait_until("the policy", PATIENCE, |status| status.obeyed_version.is_some()).unwrap();
    refused(notes.create(Work, "budget.txt", b"x").unwrap(), "RF-205");

    let update = Press { with: vec!["2.0".to_owned()], ..Press::new(ButtonAction::Update) };
    let (notes, outcome) = phone.press(NOTES, Some(notes), &update).unwrap();
    allowed(outcome);
    let notes = notes.unwrap();
    allowed(notes.create(Work, "budget.txt", b"x").unwrap());

    world.patch(
        Platform::Android,
        &json!({ "deviceLockRequired": true, "appActionIfDeviceLockNotSet": "block" }),
    );
    phone.set_facts(&["deviceLock=none"]).unwrap();
    notes.check_in().unwrap();
    notes.wait_until("the block", PATIENCE, |status| !status.blocked_by.is_empty()).unwrap();
    refused(notes.read(Work, "budget.txt").unwrap(), "RF-238");
    let settings =
        Press { with: vec!["deviceLock=high".to_owned()], ..Press::new(ButtonAction::OpenSettings) };
    let (notes, outcome) = phone.press(NOTES, Some(notes), &settings).unwrap();
    allowed(outcome);
    let notes = notes.unwrap();
    allowed(notes.read(Work, "budget.txt").unwrap());

    phone.set_facts(&["deviceLock=none"]).unwrap();
    notes.foreground().unwrap();
    refused(notes.read(Work, "budget.txt").unwrap(), "RF-238");
    notes.close().unwrap();
    // The dialog is still there when the app is closed, and another terminal presses.
    let (notes, _) = phone.press(NOTES, None, &Press::new(ButtonAction::RemoveAccount)).unwrap();
    assert_eq!(work_files(&phone, NOTES), 0);
    assert_eq!(screen(&phone, NOTES).as_deref(), Some("RF-602"));
    let (notes, _) = phone.press(NOTES, notes, &Press::new(ButtonAction::Ok)).unwrap();
    assert_eq!(screen(&phone, NOTES), None);
    notes.unwrap().close().unwrap();
}

#[test]
fn restart_and_close_end_the_process() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    assert_eq!(screen(&phone, NOTES).as_deref(), Some("D2"));
    assert!(notes.status().unwrap().restart_pending);
    let (notes, outcome) = phone.press(NOTES, Some(notes), &Press::new(ButtonAction::Restart)).unwrap();
    allowed(outcome);
    let notes = notes.unwrap();
    assert!(!notes.status().unwrap().restart_pending);
    let before = notes.status().unwrap().obeyed_version.unwrap();
    world.patch(Platform::Ios, &json!({ "periodOfflineBeforeAccessCheck": "PT1H" }));
    notes.check_in().unwrap();
    notes.wait_for_version(before + 1, PATIENCE).unwrap();
    phone.set_online(false).unwrap();
    phone.advance_clock(ringfence_model::Millis::from_minutes(120)).unwrap();
    notes.foreground().unwrap();
    refused(notes.read(Work, "budget.txt").unwrap(), "I6");
    let (none, _) = phone.press(NOTES, Some(notes), &Press::new(ButtonAction::CloseApp)).unwrap();
    assert!(none.is_none());
    assert!(phone.find_open(NOTES).unwrap().is_none());
}

#[test]
fn signing_in_the_old_way_protects_nothing_and_is_named() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let (chat, _) = phone.open_app(MAIL).unwrap();
    let outcome = chat.sign_in_legacy(ADA, PASSWORD).unwrap();
    assert_eq!(outcome.dialog.map(|dialog| dialog.code).as_deref(), Some("RF-418"));
    assert_eq!(chat.status().unwrap().state, ProtectionState::LegacySignIn);
    allowed(chat.create(Work, "letter.txt", SECRET.as_bytes()).unwrap());
    assert_eq!(work_files(&phone, MAIL), 0, "nothing here is known as work data");
    allowed(chat.remove_account().unwrap());
    assert_eq!(chat.status().unwrap().state, ProtectionState::SignedOut);
}

/// Behaviour §6: the account is registered once per device; the companion holds it for every managed app.
#[test]
fn a_second_app_signs_in_with_the_account_of_the_companion() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    let (mail, _) = phone.open_app(MAIL).unwrap();
    let outcome = mail.sign_in_shared().unwrap();
    assert!(outcome.refused(), "the companion holds nobody yet: {outcome:#?}");
    let notes = signed_in(&phone, NOTES);
    assert_eq!(phone.companion().unwrap().unwrap().account.unwrap().user_principal_name, ADA);
    allowed(mail.sign_in_shared().unwrap());
    mail.wait_until("protection", PATIENCE, |status| status.obeyed_version.is_some()).unwrap();
    assert_ne!(mail.status().unwrap().instance, notes.status().unwrap().instance);
    allowed(mail.create(Work, "letter.txt", SECRET.as_bytes()).unwrap());

    // Signing out of one app leaves the other and the account of the companion.
    allowed(notes.remove_account().unwrap());
    assert!(phone.companion().unwrap().unwrap().account.is_some());
    allowed(notes.sign_in_shared().unwrap());
    allowed(notes.remove_account().unwrap());
    allowed(mail.remove_account().unwrap());
    await_receipts(&world, 3);
    assert_eq!(phone.companion().unwrap().unwrap().account, None, "with the last app the account goes");
    assert!(mail.sign_in_shared().unwrap().refused());
    for app in [notes, mail] {
        app.close().unwrap();
    }
}

#[test]
fn a_cleared_companion_vouches_for_nobody() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    let notes = signed_in(&phone, NOTES);
    let held = phone.companion().unwrap().unwrap();
    let foreign = world.phone(Platform::Android);
    let (mail, _) = foreign.open_app(MAIL).unwrap();
    // Somebody copies what the companion says to another phone: the key is not there.
    std::fs::write(foreign.folder().join("companion.json"), serde_json::to_vec(&held).unwrap()).unwrap();
    foreign.set_online(true).unwrap();
    let outcome = mail.sign_in_shared().unwrap();
    assert_eq!(outcome.reason, Some(ReasonCode::SignInRequired), "{outcome:#?}");
    phone.clear_companion().unwrap();
    notes.wait_until("the wipe", PATIENCE, |status| status.user_principal_name.is_none()).unwrap();
    assert!(notes.sign_in_shared().unwrap().refused());
    allowed(notes.sign_in(ADA, PASSWORD).unwrap());
}

#[test]
fn data_removed_while_nobody_looked_is_told_when_the_app_comes_to_the_front() {
    let world = World::new();
    for platform in Platform::ALL {
        world.patch(
            platform,
            &json!({ "deviceComplianceRequired": true, "appActionIfDeviceComplianceRequired": "wipe" }),
        );
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        allowed(notes.background().unwrap());
        phone.set_facts(&["jailbroken=true"]).unwrap();
        notes.wait_until("the wipe", PATIENCE, |status| status.state == ProtectionState::SignedOut).unwrap();
        refused(notes.foreground().unwrap(), "RF-224");
        assert_eq!(work_files(&phone, NOTES), 0);
        // Told once: afterwards the app is an ordinary one.
        allowed(notes.foreground().unwrap());
        notes.close().unwrap();
    }
}
