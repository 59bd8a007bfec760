//! Whom a phone trusts, and what it says when it does not.

use ringfence_model::Platform;
use ringfence_phone::{Identity::Work, MakePhone};
use ringfence_server::TlsFiles;

use crate::kit::{ADA, NOTES, PASSWORD, SECRET, World, allowed, signed_in};

#[test]
fn a_wrong_password_is_refused_with_a_dialog() {
    let world = World::new();
    let phone = world.phone(Platform::Ios);
    let (notes, _) = phone.open_app(NOTES).unwrap();
    let outcome = notes.sign_in(ADA, "guess").unwrap();
    assert!(outcome.refused() && outcome.dialog.is_some(), "{outcome:#?}");
    assert_eq!(notes.status().unwrap().user_principal_name, None);
}

#[test]
fn an_account_without_a_licence_is_told_so() {
    let world = World::new();
    world.person("bob@example.org");
    let phone = world.phone(Platform::Ios);
    let (notes, _) = phone.open_app(NOTES).unwrap();
    let outcome = notes.sign_in("bob@example.org", PASSWORD).unwrap();
    assert_eq!(outcome.code.as_deref(), Some("I4"), "{outcome:#?}");
}

#[test]
fn a_phone_provisioned_for_another_root_key_does_not_register() {
    let world = World::new();
    let make = MakePhone { pin: Some("ab".repeat(32)), ..MakePhone::new(Platform::Ios, world.url()) };
    let phone = world.phone_with(&make);
    let (notes, _) = phone.open_app(NOTES).unwrap();
    let outcome = notes.sign_in(ADA, PASSWORD).unwrap();
    assert!(outcome.refused(), "{outcome:#?}");
    assert_eq!(notes.status().unwrap().instance, None);
}

/// A phone that is led to the server of somebody else keeps its policy and its data, and obeys nothing there.
#[test]
fn a_server_with_another_root_key_is_not_obeyed() {
    let world = World::new();
    let stranger = World::new();
    let phone = world.phone(Platform::Android);
    let notes = signed_in(&phone, NOTES);
    allowed(notes.create(Work, "budget.txt", SECRET.as_bytes()).unwrap());
    let before = notes.status().unwrap();
    notes.close().unwrap();
    phone.set_server(&stranger.url()).unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    notes.check_in().unwrap();
    let after = notes.status().unwrap();
    assert_eq!((after.obeyed_version, after.instance), (before.obeyed_version, before.instance));
    assert_eq!(after.last_check_in_at, before.last_check_in_at);
    assert_eq!(notes.read(Work, "budget.txt").unwrap().text(), SECRET);
    notes.close().unwrap();

    phone.set_server(&world.url()).unwrap();
    let (notes, _) = phone.open_app(NOTES).unwrap();
    assert!(notes.status().unwrap().last_check_in_at > before.last_check_in_at);
}

/// Over TLS a phone talks to the server whose certificate its own authority vouches for, and to no other.
#[test]
fn tls_needs_the_right_authority() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let world = World::bare_with(|config, folder| {
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        config.tls = Some(TlsFiles { cert, key });
    });
    let sign_in = |authority: String| {
        let make = MakePhone { ca_cert: Some(authority), ..MakePhone::new(Platform::Ios, world.url()) };
        let phone = world.phone_with(&make);
        let (notes, _) = phone.open_app(NOTES).unwrap();
        notes.sign_in(ADA, PASSWORD).unwrap().code.unwrap_or_default()
    };
    let answered = sign_in(made.cert.pem());
    let untrusted = sign_in(other.cert.pem());
    // Nobody is in this directory: an answer from the server is another dialog than no connection.
    assert_ne!(answered, untrusted);
    assert_eq!(untrusted, "I9");
}
