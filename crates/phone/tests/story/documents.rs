//! Documents: sealed on disk, shared where the policy lets them go, refused elsewhere with a dialog.

use ringfence_model::Platform;
use ringfence_phone::{Identity::Personal, Identity::Work, ProtectionState, Way};

use crate::kit::{ADA, CHAT, MAIL, NOTES, SECRET, World, allowed, refused, signed_in};

#[test]
fn work_documents_are_sealed_on_disk_and_open_again() {
    let world = World::new();
    for platform in Platform::ALL {
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        let status = notes.status().unwrap();
        assert_eq!(status.state, ProtectionState::Protected);
        assert_eq!(status.user_principal_name.as_deref(), Some(ADA));
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
        allowed(notes.create(Personal, "cat.txt", b"Feed the cat.").unwrap());
        assert_eq!(phone.files_containing(SECRET.as_bytes()).unwrap(), Vec::<String>::new());
        assert_eq!(phone.files_containing(&SECRET.as_bytes()[..16]).unwrap(), Vec::<String>::new());
        assert_eq!(
            phone.files_containing(b"Feed the cat.").unwrap(),
            [format!("apps/{NOTES}/files/personal/cat.txt")]
        );
        assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
        notes.close().unwrap();
        let (notes, _) = phone.open_app(NOTES).unwrap();
        assert_eq!(allowed(notes.read(Work, "budget.txt").unwrap()).text(), SECRET);
        assert_eq!(notes.list().unwrap().documents.len(), 2);
    }
}

#[test]
fn sharing_reaches_managed_apps_and_no_others() {
    let world = World::new();
    for platform in Platform::ALL {
        let phone = world.phone(platform);
        let notes = signed_in(&phone, NOTES);
        let mail = signed_in(&phone, MAIL);
        allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());

        let outcome = allowed(notes.share(Work, "budget.txt", MAIL).unwrap());
        assert_eq!(outcome.identity, Some(Work), "{outcome:#?}");
        assert_eq!(mail.read(Work, "budget.txt").unwrap().text(), SECRET);

        let outcome = refused(notes.share(Work, "budget.txt", CHAT).unwrap(), "D4");
        let body = outcome.dialog.unwrap().body;
        assert!(body.contains("chat is not one of them"), "the name under the icon, not the id: {body}");
        let decision = outcome.decision.unwrap();
        assert!(decision.deciders.contains(&"allowedOutboundDataTransferDestinations".to_owned()));
        assert_eq!(decision.sources[0].name, format!("Staff on {platform}"));
        assert_eq!(phone.list_ordinary(CHAT).unwrap(), Vec::<String>::new());
        assert_eq!(phone.files_containing(SECRET.as_bytes()).unwrap(), Vec::<String>::new());

        allowed(notes.create(Personal, "cat.txt", b"Feed the cat.").unwrap());
        allowed(notes.share(Personal, "cat.txt", CHAT).unwrap());
        assert_eq!(phone.read_ordinary(CHAT, "cat.txt").unwrap(), b"Feed the cat.");
    }
}

#[test]
fn a_receiving_app_that_is_closed_is_opened_for_it() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    signed_in(&phone, MAIL).close().unwrap();
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    allowed(notes.share(Work, "budget.txt", MAIL).unwrap());
    let (mail, _) = phone.open_app(MAIL).unwrap();
    assert_eq!(mail.read(Work, "budget.txt").unwrap().text(), SECRET);
}

/// Catalogue S1: what the iOS share sheet carries out is unreadable outside and readable in a managed app.
#[test]
fn the_share_sheet_of_ios_lets_sealed_data_out() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    let mail = signed_in(&phone, MAIL);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    let outcome = allowed(notes.share_by(Work, "budget.txt", CHAT, Way::ShareSheet).unwrap());
    assert!(outcome.sealed, "{outcome:#?}");
    let outside = phone.read_ordinary(CHAT, "budget.txt").unwrap();
    assert!(!outside.is_empty());
    assert_eq!(phone.files_containing(SECRET.as_bytes()).unwrap(), Vec::<String>::new());
    allowed(phone.share_ordinary(CHAT, "budget.txt", MAIL, Work).unwrap());
    assert_eq!(mail.read(Work, "budget.txt").unwrap().text(), SECRET);
}

#[test]
fn incoming_data_from_elsewhere_does_not_become_work_data() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let _notes = signed_in(&phone, NOTES);
    phone.write_ordinary(CHAT, "joke.txt", b"A joke.").unwrap();
    refused(phone.share_ordinary(CHAT, "joke.txt", NOTES, Work).unwrap(), "D3");
    let outcome = allowed(phone.share_ordinary(CHAT, "joke.txt", NOTES, Personal).unwrap());
    assert_eq!(outcome.identity, Some(Personal));
}

#[test]
fn the_clipboard_serves_managed_apps_only() {
    let world = World::new();
    let phone = world.phone(Platform::Android);
    let notes = signed_in(&phone, NOTES);
    let mail = signed_in(&phone, MAIL);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    allowed(notes.copy(Work, "budget.txt").unwrap());
    assert!(phone.paste_ordinary(CHAT, "pasted.txt").unwrap().refused());
    assert_eq!(phone.list_ordinary(CHAT).unwrap(), Vec::<String>::new());
    allowed(mail.paste(Work, "pasted.txt").unwrap());
    assert_eq!(mail.read(Work, "pasted.txt").unwrap().text(), SECRET);
    assert_eq!(phone.files_containing(SECRET.as_bytes()).unwrap(), Vec::<String>::new());
}

#[test]
fn copies_go_to_the_selected_service_of_the_work_account_only() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    assert!(notes.save_as(Work, "budget.txt", "localStorage", false).unwrap().refused());
    assert!(notes.save_as(Work, "budget.txt", "sharePoint", false).unwrap().refused());
    assert_eq!(phone.files_containing(SECRET.as_bytes()).unwrap(), Vec::<String>::new());
    let outcome = allowed(notes.save_as(Work, "budget.txt", "sharePoint", true).unwrap());
    assert_eq!(outcome.place.as_deref(), Some("shared/cloud/sharepoint/budget.txt"));
    assert_eq!(notes.save_as(Work, "budget.txt", "moon", true).unwrap_err().code(), "invalid");
}
