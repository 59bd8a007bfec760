//! Whose data is on the phone: one work account at a time, and data that opens under its owner only.

use ringfence_messages::ButtonAction;
use ringfence_model::Platform;
use ringfence_phone::{Identity::Personal, Identity::Work, Install, Phone, Press, ProtectionState, Way};
use serde_json::Value;

use crate::kit::{ADA, CHAT, MAIL, NOTES, PASSWORD, SECRET, World, allowed, refused, signed_in};

const BEN: &str = "ben@example.org";

fn no_one_else_reads(phone: &Phone) {
    assert_eq!(phone.files_containing(SECRET.as_bytes()).unwrap(), Vec::<String>::new());
}

// acceptance: AT-G3, AT-B6
#[test]
fn the_first_account_on_the_phone_wins_until_it_is_removed() {
    let world = World::new();
    world.license(&world.person(BEN));
    for (platform, code) in [(Platform::Ios, "I8"), (Platform::Android, "N4")] {
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        allowed(notes.create(Personal, "cat.txt", b"Feed the cat.").unwrap());

        let (mail, _) = phone.open_app(MAIL).unwrap();
        let outcome = refused(mail.sign_in(BEN, PASSWORD).unwrap(), code);
        assert!(outcome.dialog.unwrap().body.contains(ADA));
        assert_eq!(mail.status().unwrap().registered_account.as_deref(), Some(ADA), "filled in");
        let [account] = phone.accounts().unwrap().try_into().unwrap();
        assert_eq!((account.user_principal_name.as_str(), account.apps), (ADA, vec![NOTES.to_owned()]));

        let press = Press::new(ButtonAction::RemoveAccount);
        let (mail, outcome) = phone.press(MAIL, Some(mail), &press).unwrap();
        allowed(outcome);
        assert_eq!(phone.accounts().unwrap(), []);
        assert_eq!(notes.status().unwrap().state, ProtectionState::SignedOut);
        refused(notes.read(Work, "budget.txt").unwrap(), "D1");
        assert_eq!(notes.read(Personal, "cat.txt").unwrap().text(), "Feed the cat.");

        let mail = mail.unwrap();
        allowed(mail.sign_in(BEN, PASSWORD).unwrap());
        assert_eq!(mail.status().unwrap().user_principal_name.as_deref(), Some(BEN));
        refused(notes.sign_in(ADA, PASSWORD).unwrap(), code);
    }
}

#[test]
fn the_registered_account_is_filled_in_and_signs_in() {
    let world = World::new();
    world.license(&world.person(BEN));
    let phone = world.phone(Platform::Ios);
    let _notes = signed_in(&phone, NOTES);
    let (mail, _) = phone.open_app(MAIL).unwrap();
    refused(mail.sign_in(BEN, PASSWORD).unwrap(), "I8");
    let account = Some((String::new(), PASSWORD.to_owned()));
    let press = Press { account, ..Press::new(ButtonAction::SignIn) };
    let (mail, outcome) = phone.press(MAIL, Some(mail), &press).unwrap();
    allowed(outcome);
    assert_eq!(mail.unwrap().status().unwrap().user_principal_name.as_deref(), Some(ADA));
}

#[test]
fn an_account_made_anew_under_the_same_name_replaces_the_old_one_only_after_removal() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    world.admin("DELETE", &format!("/v1.0/users/{}", world.ada), &Value::Null);
    world.license(&world.person(ADA));

    let (mail, _) = phone.open_app(MAIL).unwrap();
    refused(mail.sign_in(ADA, PASSWORD).unwrap(), "RF-419");
    let press = Press::new(ButtonAction::RemoveAccount);
    let (mail, _) = phone.press(MAIL, Some(mail), &press).unwrap();
    assert_eq!(notes.list().unwrap().documents, []);
    allowed(mail.unwrap().sign_in(ADA, PASSWORD).unwrap());
}

#[test]
fn signing_out_without_a_network_says_that_the_organisation_must_still_be_told() {
    let world = World::new();
    world.license(&world.person(BEN));
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    phone.set_online(false).unwrap();
    let outcome = allowed(notes.remove_account().unwrap());
    assert_eq!(outcome.code.as_deref(), Some("RF-606"));
    assert_eq!(notes.list().unwrap().documents, []);
    phone.set_online(true).unwrap();
    notes.foreground().unwrap();
    let (mail, _) = phone.open_app(MAIL).unwrap();
    allowed(mail.sign_in(BEN, PASSWORD).unwrap());
}

#[test]
fn tagged_data_switches_an_app_to_its_owner_and_the_app_remembers_what_it_showed() {
    let world = World::new();
    for platform in Platform::ALL {
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        let mail = signed_in(&phone, MAIL);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        allowed(mail.show(Personal).unwrap());
        assert_eq!(mail.status().unwrap().on_screen, Personal);
        mail.kill().unwrap();
        let (mail, _) = phone.open_app(MAIL).unwrap();
        assert_eq!(mail.status().unwrap().on_screen, Personal);

        let outcome = allowed(notes.share(Work, "budget.txt", MAIL).unwrap());
        assert_eq!(outcome.identity, Some(Work));
        assert_eq!(mail.status().unwrap().on_screen, Work);
        assert_eq!(mail.read(Work, "budget.txt").unwrap().text(), SECRET);
        no_one_else_reads(&phone);
    }
}

#[test]
fn an_app_that_cannot_switch_refuses_the_owners_data_while_it_shows_personal_data() {
    let world = World::new();
    for platform in Platform::ALL {
        let phone = world.phone(platform);
        phone.update_app(MAIL, |app| app.switches = false).unwrap();
        let notes = signed_in(&phone, NOTES);
        let mail = signed_in(&phone, MAIL);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        allowed(mail.show(Personal).unwrap());
        refused(notes.share(Work, "budget.txt", MAIL).unwrap(), "RF-116");
        assert_eq!(mail.list().unwrap().documents, []);
        allowed(mail.show(Work).unwrap());
        allowed(notes.share(Work, "budget.txt", MAIL).unwrap());
    }
}

#[test]
fn data_of_an_account_that_is_not_signed_in_stays_closed() {
    let world = World::new();
    for platform in Platform::ALL {
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        let outcome = refused(notes.share(Work, "budget.txt", MAIL).unwrap(), "RF-114");
        assert!(outcome.dialog.unwrap().buttons.iter().any(|button| button.action == ButtonAction::SignIn));
        no_one_else_reads(&phone);
        let mail = signed_in(&phone, MAIL);
        allowed(notes.share(Work, "budget.txt", MAIL).unwrap());
        assert_eq!(mail.read(Work, "budget.txt").unwrap().text(), SECRET);
    }
}

#[test]
fn everything_in_an_app_with_one_identity_is_work_data() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    phone.uninstall(NOTES).unwrap();
    phone.install(&Install { multi_identity: false, ..Install::managed(NOTES) }).unwrap();
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Personal, "budget.txt", SECRET.as_bytes()).unwrap());
    assert_eq!(notes.list().unwrap().documents[0].identity, Work);
    no_one_else_reads(&phone);
    refused(notes.share(Personal, "budget.txt", CHAT).unwrap(), "D4");
    phone.write_ordinary(CHAT, "joke.txt", b"A joke.").unwrap();
    refused(phone.share_ordinary(CHAT, "joke.txt", NOTES, Personal).unwrap(), "D3");
    let outcome = notes.show(Personal).unwrap();
    assert_eq!(outcome.code.as_deref(), Some("not_applicable"));
    assert_eq!(notes.status().unwrap().on_screen, Work);
}

/// S1 with real bytes: what left through the share sheet opens in managed apps of the same account and nowhere else.
// acceptance: AT-S1
#[test]
fn what_leaves_through_the_share_sheet_opens_for_its_owner_only() {
    let world = World::new();
    world.license(&world.person(BEN));
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    let outcome = allowed(notes.share_by(Work, "budget.txt", CHAT, Way::ShareSheet).unwrap());
    assert!(outcome.sealed, "{outcome:#?}");
    let outside = phone.read_ordinary(CHAT, "budget.txt").unwrap();
    assert!(
        outside.len() > SECRET.len() && !outside.windows(8).any(|part| SECRET.as_bytes().starts_with(part))
    );
    no_one_else_reads(&phone);

    // The same account in another managed app, whatever it shows.
    let mail = signed_in(&phone, MAIL);
    allowed(notes.open_in(Work, "budget.txt", MAIL).unwrap());
    assert_eq!(mail.read(Work, "budget.txt").unwrap().text(), SECRET);
    allowed(mail.delete(Work, "budget.txt").unwrap());
    let outcome = allowed(phone.share_ordinary(CHAT, "budget.txt", MAIL, Personal).unwrap());
    assert_eq!(outcome.identity, Some(Work));
    assert_eq!(mail.read(Work, "budget.txt").unwrap().text(), SECRET);

    // Another account, on another phone.
    let other = world.phone(Platform::Ios);
    other.write_ordinary(CHAT, "budget.txt", &outside).unwrap();
    let (bens, _) = other.open_app(NOTES).unwrap();
    allowed(bens.sign_in(BEN, PASSWORD).unwrap());
    refused(other.share_ordinary(CHAT, "budget.txt", NOTES, Work).unwrap(), "RF-118");
    assert_eq!(bens.list().unwrap().documents, []);

    // The same account on another phone, which does not hold the key.
    let third = world.phone(Platform::Ios);
    third.write_ordinary(CHAT, "budget.txt", &outside).unwrap();
    let adas = signed_in(&third, NOTES);
    let outcome = third.share_ordinary(CHAT, "budget.txt", NOTES, Work).unwrap();
    assert_eq!(outcome.code.as_deref(), Some("unreadable"), "{outcome:#?}");
    assert_eq!(adas.list().unwrap().documents, []);

    // Tampered on the way.
    let mut bent = outside.clone();
    *bent.last_mut().unwrap() ^= 1;
    phone.write_ordinary(CHAT, "bent.txt", &bent).unwrap();
    let outcome = phone.share_ordinary(CHAT, "bent.txt", MAIL, Work).unwrap();
    assert_eq!(outcome.code.as_deref(), Some("unreadable"), "{outcome:#?}");

    // After the data of the account was removed.
    allowed(mail.remove_account().unwrap());
    refused(phone.share_ordinary(CHAT, "budget.txt", MAIL, Work).unwrap(), "RF-114");
    assert_eq!(mail.list().unwrap().documents, []);
}

#[test]
fn work_data_stays_closed_in_an_app_where_no_policy_covers_the_account() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    allowed(notes.share_by(Work, "budget.txt", CHAT, Way::ShareSheet).unwrap());
    let policy = format!("/beta/deviceAppManagement/iosManagedAppProtections/{}", world.policies[0]);
    world.admin("DELETE", &policy, &Value::Null);
    notes.check_in().unwrap();
    let unprotected = |status: &ringfence_phone::CoreStatus| status.state == ProtectionState::NoPolicy;
    notes.wait_until("no policy", crate::kit::PATIENCE, unprotected).unwrap();
    let outcome = refused(phone.share_ordinary(CHAT, "budget.txt", NOTES, Work).unwrap(), "RF-115");
    assert!(outcome.dialog.unwrap().body.contains(ADA));
}

/// N3: apps that open this kind of data are there, and none of them may have it.
// acceptance: AT-D1
#[test]
fn the_chooser_lists_managed_apps_only_and_says_when_there_is_none() {
    let world = World::new();
    for (platform, code) in [(Platform::Ios, "D4"), (Platform::Android, "N3")] {
        let phone = world.phone(platform);
        phone.update_app(MAIL, |app| app.accepts = vec!["eml".to_owned()]).unwrap();
        let notes = signed_in(&phone, NOTES);
        for name in ["letter.eml", "plan.pdf"] {
            allowed(notes.create(Work, name, SECRET.as_bytes()).unwrap());
        }
        let (offered, outcome) = notes.offer_apps(Work, "letter.eml", Way::Launch).unwrap();
        allowed(outcome);
        assert_eq!(offered.into_iter().map(|app| app.id).collect::<Vec<_>>(), [MAIL]);
        let (offered, outcome) = notes.offer_apps(Work, "plan.pdf", Way::Launch).unwrap();
        refused(outcome, code);
        assert_eq!(offered, []);
        allowed(notes.create(Personal, "cat.pdf", b"cat").unwrap());
        let (offered, _) = notes.offer_apps(Personal, "cat.pdf", Way::Launch).unwrap();
        assert_eq!(offered.into_iter().map(|app| app.id).collect::<Vec<_>>(), [CHAT]);
    }
}
