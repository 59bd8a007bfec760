//! Diagnostics of real runs: replayed step by step, searched for what they may not hold, sent under a ticket.

use ringfence_client::recording::replay;
use ringfence_model::Platform;
use ringfence_phone::{Identity::Personal, Identity::Work, Phone};
use serde_json::{Value, json};

use crate::kit::{ADA, CHAT, MAIL, NOTES, PASSWORD, SECRET, World, allowed, refused, signed_in};

/// A day with the phone, over two starts of the app.
fn live(phone: &Phone) {
    let notes = signed_in(phone, NOTES);
    let mail = signed_in(phone, MAIL);
    allowed(notes.create(Work, "Merger with Umbrella.txt", SECRET.as_bytes()).unwrap());
    allowed(notes.create(Personal, "Feeding the cat.txt", b"Twice a day, says the vet.").unwrap());
    allowed(notes.share(Work, "Merger with Umbrella.txt", MAIL).unwrap());
    refused(notes.share(Work, "Merger with Umbrella.txt", CHAT).unwrap(), "D4");
    notes.list().unwrap();
    notes.close().unwrap();
    mail.close().unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    assert_eq!(allowed(notes.read(Work, "Merger with Umbrella.txt").unwrap()).text(), SECRET);
    notes.check_in().unwrap();
    notes.kill().unwrap();
}

fn holds_no_secret(phone: &Phone, bundle: &str) {
    let words =
        [ADA, PASSWORD, SECRET, &SECRET[..16], "Merger", "Umbrella", "Feeding", "Twice a day", "Bearer "];
    for word in words {
        assert!(!bundle.to_lowercase().contains(&word.to_lowercase()), "`{word}` is in the bundle");
    }
    // What the key store and the vault made is not in it either, in any of the forms in which JSON has it.
    for app in [NOTES, MAIL] {
        let slot = std::fs::read(phone.app_folder(app).join("state/keys"))
            .or_else(|_| std::fs::read(phone.app_folder(app).join("state/keys.json")));
        let Ok(slot) = slot else { continue };
        let keys: Value = serde_json::from_slice(&slot).unwrap();
        for member in ["sealedSecret", "ring"] {
            let value = keys[member].as_str().unwrap();
            assert!(!bundle.contains(value), "{member}");
        }
    }
}

#[test]
fn a_bundle_replays_to_the_same_outputs_and_holds_no_secret() {
    let world = World::new();
    for platform in Platform::ALL {
        let phone = world.phone(platform);
        live(&phone);
        for app in [NOTES, MAIL] {
            let bundle = phone.bundle(app).unwrap();
            let played = replay(&bundle, None).unwrap();
            assert_eq!(played.difference, None, "{app}");
            assert_eq!(played.same, played.steps.len());
            assert!(played.same > 20, "{}", played.same);
            holds_no_secret(&phone, &bundle);
        }
        let processes = replay(&phone.bundle(NOTES).unwrap(), None).unwrap().steps.last().unwrap().process;
        assert!(processes >= 1);
    }
}

#[test]
fn a_changed_bundle_says_where_it_differs() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    live(&phone);
    let bundle = phone.bundle(NOTES).unwrap();
    let other = bundle.replacen("\"code\":\"D4\"", "\"code\":\"D5\"", 1);
    assert_ne!(bundle, other);
    let played = replay(&other, None).unwrap();
    assert_eq!(played.same + 1, played.steps.len());
    assert!(played.difference.unwrap().recorded.unwrap().to_string().contains("\"D5\""));
    assert_eq!(replay(&bundle, Some(5)).unwrap().steps.len(), 5);
    let half = bundle.get(..bundle.len() - 40).unwrap();
    let cut_off = replay(half, None).unwrap();
    assert!(
        cut_off.cut_off && cut_off.difference.is_none(),
        "a line that was cut off is left out, and that is told"
    );
    assert!(!replay(&bundle, None).unwrap().cut_off);
    for (text, code) in [
        ("", "recording_empty"),
        ("{}\n", "recording_unreadable"),
        ("{\"bundle\":{\"version\":2,\"at\":0}}\n", "recording_version"),
    ] {
        assert_eq!(replay(text, None).unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn diagnostics_are_sent_under_a_ticket_without_a_session_and_never_offline() {
    let world = World::new();
    let ticket = world.admin("POST", "/api/v1/tickets", &json!({ "note": "N8" }));
    let reference = ticket["reference"].as_str().unwrap();
    let path = format!("/api/v1/tickets/{reference}");
    let count = || world.admin("GET", &path, &Value::Null)["bundles"].as_array().unwrap().len();

    let iphone = world.phone(Platform::Ios);
    assert_eq!(iphone.send_logs(reference, Some(NOTES)).unwrap_err().code(), "missing", "never started");
    iphone.open_app(NOTES).unwrap().0.close().unwrap();
    iphone.open_app(MAIL).unwrap().0.close().unwrap();
    assert_eq!(iphone.send_logs("AAAAA-AAAAA", Some(NOTES)).unwrap_err().code(), "ticket_unknown");
    iphone.set_online(false).unwrap();
    assert_eq!(iphone.send_logs(reference, Some(NOTES)).unwrap_err().code(), "offline");
    assert_eq!(count(), 0);
    iphone.set_online(true).unwrap();
    let sent = iphone.send_logs(reference, Some(NOTES)).unwrap();
    assert_eq!((sent.len(), count()), (1, 1));

    // With the companion one app sends for all of them.
    let android = world.phone(Platform::Android);
    android.open_app(NOTES).unwrap().0.close().unwrap();
    android.open_app(MAIL).unwrap().0.close().unwrap();
    let apps: Vec<_> =
        android.send_logs(reference, Some(NOTES)).unwrap().into_iter().map(|sent| sent.app).collect();
    assert!(apps.contains(&NOTES.to_owned()) && apps.contains(&MAIL.to_owned()), "{apps:?}");
    assert_eq!(count(), 1 + apps.len());
}
