//! What a phone and a server accept, and why they refuse the rest (protocol §4, §5, §7).

use ciborium::Value;

use crate::common::*;
use ringfence_model::{AccountId, InstanceId, Millis, Platform, TenantId, UnixMillis};
use ringfence_protocol::{
    Digest, InstanceKey, Namespace, Refusal, SigningKey,
    bundle::{self, Accepted, Audience, Bundle, BundleContent, Expected, Floors},
    envelope::{self, SignError},
    keyset::{self, Keyset, KeysetFloor, ListedKey},
    register,
    request::{ReplayWindow, ReplyParts, RequestParts, SessionHeader},
    session::{AwaitingReply, Established, MAX_SESSION, PhoneHandshake, Responder},
    wipe::{self, Recipient},
};

const LATER: UnixMillis = UnixMillis(NOW.0 + 3_600_000);

fn accept_at(bytes: &[u8], floors: Floors, wall: UnixMillis) -> Result<Accepted, Refusal> {
    let hash = Digest::of(bytes);
    bundle::accept(
        bytes,
        &keyset(),
        &Expected { audience: AUDIENCE, bundle_hash: Some(&hash), wall },
        &floors,
    )
}

fn changed(change: impl FnOnce(&mut Bundle)) -> Vec<u8> {
    let mut bundle = bundle();
    change(&mut bundle);
    bundle.sign(&signing()).unwrap()
}

fn with_content(version: u64, content: BundleContent) -> Bundle {
    Bundle::new(AUDIENCE, version, 4, NOW, Millis::from_days(1), content).unwrap()
}

#[test]
fn a_right_bundle_is_accepted_and_moves_the_floors() {
    let bytes = changed(|_| ());
    let accepted = accept_at(&bytes, Floors::default(), LATER).unwrap();
    assert_eq!(accepted.bundle, bundle());
    assert!(accepted.changed);
    assert_eq!(accepted.settings.len(), 5);
    let expected = Floors { version: 17, content_hash: Some(content().hash().unwrap()), time: NOW };
    assert_eq!(accepted.floors, expected);
    // The same again, and the same content issued again with a new lease: accepted, nothing changed.
    assert!(!accept_at(&bytes, expected, LATER).unwrap().changed);
    let renewed = changed(|b| {
        b.issued_at = LATER;
        b.expires_at = LATER.plus(Millis::from_days(1));
    });
    let accepted = accept_at(&renewed, expected, LATER).unwrap();
    assert!(!accepted.changed);
    assert_eq!(accepted.floors.time, LATER);
    let upper = Audience { app: "COM.Example.Notes", ..AUDIENCE };
    let expected = Expected { audience: upper, bundle_hash: None, wall: LATER };
    assert!(bundle::accept(&bytes, &keyset(), &expected, &Floors::default()).is_ok(), "app ids ignore case");
}

#[test]
fn recipients() {
    for (change, refusal) in [
        ((|b: &mut Bundle| b.tenant = TenantId(ORDER.0)) as fn(&mut Bundle), Refusal::WrongTenant),
        (|b| b.platform = Platform::Android, Refusal::WrongPlatform),
        (|b| b.app = "com.example.mail".into(), Refusal::WrongApp),
        (|b| b.keyset_version = 5, Refusal::KeysetMissing),
        (|b| b.content.managed_apps.clear(), Refusal::ContentDiffers),
        (|b| b.class = Digest([0; 32]), Refusal::ContentDiffers),
        (|b| b.expires_at = b.issued_at, Refusal::Expired),
    ] {
        assert_eq!(accept_at(&changed(change), Floors::default(), LATER), Err(refusal));
    }
}

#[test]
fn mix_and_match_is_refused() {
    // A right bundle of another class, in the place of the one that the reply names.
    let other = with_content(17, BundleContent::default()).sign(&signing()).unwrap();
    let named = Digest::of(&changed(|_| ()));
    let expected = Expected { audience: AUDIENCE, bundle_hash: Some(&named), wall: LATER };
    let refused = bundle::accept(&other, &keyset(), &expected, &Floors::default());
    assert_eq!(refused, Err(Refusal::NotTheNamedBundle));
}

#[test]
fn rollback_and_equal_version() {
    let content_hash = Some(content().hash().unwrap());
    let above = Floors { version: 18, content_hash, time: NOW };
    assert_eq!(accept_at(&changed(|_| ()), above, LATER), Err(Refusal::Older));
    let equal = Floors { version: 17, content_hash, time: NOW };
    let other = with_content(17, BundleContent::default()).sign(&signing()).unwrap();
    assert_eq!(accept_at(&other, equal, LATER), Err(Refusal::EqualVersionOtherContent));
    let next = with_content(18, BundleContent::default()).sign(&signing()).unwrap();
    assert!(accept_at(&next, equal, LATER).unwrap().changed);
}

#[test]
fn time_never_runs_backwards() {
    let bytes = changed(|_| ());
    let day = Millis::from_days(1);
    assert_eq!(accept_at(&bytes, Floors::default(), NOW.plus(day)), Err(Refusal::Expired));
    // The wall clock is set back, but the server has named a later instant.
    let floors = Floors { time: NOW.plus(day), ..Floors::default() };
    assert_eq!(accept_at(&bytes, floors, NOW), Err(Refusal::Expired));
    // A few minutes of clock error are forgiven, more is not.
    assert!(accept_at(&bytes, Floors::default(), UnixMillis(NOW.0 - 299_000)).is_ok());
    assert_eq!(accept_at(&bytes, Floors::default(), UnixMillis(NOW.0 - 301_000)), Err(Refusal::NotYetValid));
}

#[test]
fn keys() {
    let stranger = SigningKey::from_seed(&[9; 32]).unwrap();
    let forged = bundle().sign(&stranger).unwrap();
    assert_eq!(accept_at(&forged, Floors::default(), LATER), Err(Refusal::UnknownKey));
    // The stranger's signature under the id of the right key.
    let pending =
        envelope::prepare(envelope::Algorithm::EdDsa, Namespace::Bundle, signing().id(), &bundle()).unwrap();
    let forged = pending.sign(&stranger).unwrap();
    assert_eq!(accept_at(&forged, Floors::default(), LATER), Err(Refusal::Forged));
    // The right key, signing the same words for another purpose.
    let wrong = envelope::sign_ed25519(&signing(), Namespace::WipeOrder, &bundle()).unwrap();
    assert_eq!(accept_at(&wrong, Floors::default(), LATER), Err(Refusal::WrongNamespace));
    // A key listed for other purposes, and one whose time is over or has not come.
    let listed = |namespaces: &[Namespace], from: UnixMillis, until: UnixMillis| Keyset {
        keys: vec![ListedKey::new(signing().public(), namespaces, from, until)],
        ..keyset()
    };
    let bytes = changed(|_| ());
    let expected = Expected { audience: AUDIENCE, bundle_hash: None, wall: LATER };
    let end = NOW.plus(Millis::from_days(9));
    for (keyset, refusal) in [
        (listed(&[Namespace::WipeOrder], NOW, end), Refusal::WrongNamespace),
        (listed(&[Namespace::Bundle], LATER, end), Refusal::KeyNotValid),
        (listed(&[Namespace::Bundle], UnixMillis(0), NOW), Refusal::KeyNotValid),
    ] {
        assert_eq!(bundle::accept(&bytes, &keyset, &expected, &Floors::default()), Err(refusal));
    }
}

#[test]
fn settings_that_nobody_understands_are_refused() {
    let mut content = content();
    content.settings.insert("blockEverythingNew".into(), serde_json::json!(true));
    let bytes = with_content(17, content).sign(&signing()).unwrap();
    let refused = accept_at(&bytes, Floors::default(), LATER);
    assert_eq!(refused, Err(Refusal::Settings("blockEverythingNew".into())));
}

#[test]
fn a_member_that_a_later_version_adds_is_covered_by_the_hash() {
    let mut extended = Value::serialized(&content()).unwrap().into_map().unwrap();
    extended.push((Value::Text("later".into()), Value::Array(vec![Value::Integer(1.into())])));
    let extended = Value::Map(extended);
    let signed_with = |hash: Digest| {
        let class = bundle::class_of(TENANT, Platform::Ios, APP, &hash);
        let members = Value::serialized(&Bundle { content_hash: hash, class, ..bundle() }).unwrap();
        let mut members = members.into_map().unwrap();
        members.retain(|(name, _)| name.as_text() != Some("content"));
        members.push((Value::Text("content".into()), extended.clone()));
        envelope::sign_ed25519(&signing(), Namespace::Bundle, &Value::Map(members)).unwrap()
    };
    let understood = accept_at(&signed_with(content().hash().unwrap()), Floors::default(), LATER);
    assert_eq!(
        understood,
        Err(Refusal::ContentDiffers),
        "the hash covers what was signed, not what was understood"
    );
    // The payload of a signed object is its deterministic encoding, so this is the hash of the extended content.
    let encoded = envelope::sign_ed25519(&signing(), Namespace::Bundle, &extended).unwrap();
    let encoded = envelope::parse(&encoded).unwrap().verify(Namespace::Bundle, &signing().public()).unwrap();
    let accepted = accept_at(&signed_with(Digest::of(encoded.payload())), Floors::default(), LATER).unwrap();
    assert_eq!(accepted.bundle.content, content());
}

#[test]
fn keysets() {
    let at = |keyset: &Keyset, root_key: &SigningKey, floor: &KeysetFloor, now: UnixMillis| {
        keyset::accept(&keyset.sign(root_key).unwrap(), &root().public(), TENANT, floor, now)
    };
    let none = KeysetFloor::default();
    let accepted = at(&keyset(), &root(), &none, LATER).unwrap();
    assert_eq!(accepted.floor.version, 4);
    assert_eq!(at(&keyset(), &root(), &accepted.floor, LATER).unwrap(), accepted);
    let rotated = Keyset { version: 5, keys: vec![], ..keyset() };
    let newer = at(&rotated, &root(), &accepted.floor, LATER).unwrap();
    assert_eq!(at(&keyset(), &root(), &newer.floor, LATER), Err(Refusal::KeysetOlder));
    let other = Keyset { keys: vec![], ..keyset() };
    assert_eq!(at(&other, &root(), &accepted.floor, LATER), Err(Refusal::EqualVersionOtherContent));
    assert_eq!(at(&keyset(), &signing(), &none, LATER), Err(Refusal::OtherRoot));
    let foreign = Keyset { tenant: TenantId(ORDER.0), ..keyset() };
    assert_eq!(at(&foreign, &root(), &none, LATER), Err(Refusal::WrongTenant));
    assert_eq!(at(&keyset(), &root(), &none, keyset().expires_at), Err(Refusal::Expired));
    assert_eq!(at(&keyset(), &root(), &none, UnixMillis(0)), Err(Refusal::NotYetValid));
    let mut misnamed = keyset();
    misnamed.keys[0].kid = root().id();
    assert!(matches!(at(&misnamed, &root(), &none, LATER), Err(Refusal::Malformed(_))));
    // A key that the root does not list for anything signs nothing.
    assert_eq!(rotated.find_key(&signing().id()), None);
}

#[test]
fn orders_reach_exactly_their_recipient() {
    let me = Recipient { tenant: TENANT, account: ACCOUNT, instance: INSTANCE, app: APP };
    let bytes = order().sign(&signing()).unwrap();
    assert_eq!(wipe::accept_order(&bytes, &keyset(), &me, LATER), Ok(order()));
    for (recipient, refusal) in [
        (Recipient { tenant: TenantId(ORDER.0), ..me }, Refusal::WrongTenant),
        (Recipient { account: AccountId(ORDER.0), ..me }, Refusal::WrongAccount),
        (Recipient { instance: InstanceId(ORDER.0), ..me }, Refusal::WrongInstance),
        (Recipient { app: "com.example.mail", ..me }, Refusal::WrongApp),
    ] {
        assert_eq!(wipe::accept_order(&bytes, &keyset(), &recipient, LATER), Err(refusal));
    }
    assert_eq!(wipe::accept_order(&bytes, &keyset(), &me, order().expires_at), Err(Refusal::Expired));
    assert_eq!(wipe::accept_order(&bytes, &keyset(), &me, UnixMillis(0)), Err(Refusal::NotYetValid));
    let by_root = order().sign(&root()).unwrap();
    assert_eq!(wipe::accept_order(&by_root, &keyset(), &me, LATER), Err(Refusal::UnknownKey));
    let as_bundle = envelope::sign_ed25519(&signing(), Namespace::Bundle, &order()).unwrap();
    assert_eq!(wipe::accept_order(&as_bundle, &keyset(), &me, LATER), Err(Refusal::WrongNamespace));
}

#[test]
fn receipts_are_the_instances_own() {
    let key = instance_key();
    let bytes = receipt().prepare(&key.public()).unwrap().sign(&key).unwrap();
    assert_eq!(wipe::peek_receipt(&bytes), Ok(receipt()));
    assert_eq!(wipe::verify_receipt(&bytes, &key.public(), TENANT, INSTANCE), Ok(receipt()));
    let verify =
        |bytes: &[u8], tenant, instance| wipe::verify_receipt(bytes, &key.public(), tenant, instance);
    assert_eq!(verify(&bytes, TenantId(ORDER.0), INSTANCE), Err(Refusal::WrongTenant));
    assert_eq!(verify(&bytes, TENANT, InstanceId(ORDER.0)), Err(Refusal::WrongInstance));
    // Another instance signs the receipt, with its own key id and with this one's.
    let other = InstanceKey::from_scalar(&[8; 32]).unwrap();
    let foreign = receipt().prepare(&other.public()).unwrap().sign(&other).unwrap();
    assert_eq!(verify(&foreign, TENANT, INSTANCE), Err(Refusal::UnknownKey));
    let forged = receipt().prepare(&key.public()).unwrap().sign(&other).unwrap();
    assert_eq!(verify(&forged, TENANT, INSTANCE), Err(Refusal::Forged));
    assert_eq!(Refusal::UnknownKey.reason(Namespace::WipeReceipt), "receipt_foreign");
}

#[test]
fn registrations_prove_the_key_and_the_token() {
    let key = instance_key();
    let bytes = registration().prepare().unwrap().sign(&key).unwrap();
    let verify = |bytes: &[u8], token: &str, now| register::verify(bytes, TENANT, ACCOUNT, token, now);
    assert_eq!(verify(&bytes, TOKEN, LATER), Err(Refusal::Expired));
    assert_eq!(verify(&bytes, TOKEN, NOW), Ok(registration()));
    assert_eq!(verify(&bytes, "another", NOW), Err(Refusal::WrongAccount));
    assert_eq!(verify(&bytes, TOKEN, UnixMillis(0)), Err(Refusal::NotYetValid));
    assert_eq!(register::verify(&bytes, TENANT, AccountId(ORDER.0), TOKEN, NOW), Err(Refusal::WrongAccount));
    assert_eq!(register::verify(&bytes, TenantId(ORDER.0), ACCOUNT, TOKEN, NOW), Err(Refusal::WrongTenant));
    // Somebody else's public key.
    let other = InstanceKey::from_scalar(&[8; 32]).unwrap();
    let stolen = registration().prepare().unwrap().sign(&other).unwrap();
    assert_eq!(verify(&stolen, TOKEN, NOW), Err(Refusal::Forged));
}

fn begin(seed: u8) -> AwaitingReply {
    let key = instance_key();
    let begun = PhoneHandshake::begin(TENANT, INSTANCE, &key.public(), NOW, &mut entropy(seed)).unwrap();
    let signature = ringfence_protocol::keys::Signer::sign(&key, begun.to_be_signed()).unwrap();
    begun.signed(signature).unwrap()
}

fn respond(hello: &[u8], now: UnixMillis) -> Result<(Vec<u8>, Established), SignError> {
    let (instance_key, signing_key) = (&instance_key().public(), &signing());
    let server = Responder { tenant: TENANT, instance: INSTANCE, instance_key, signing_key, now };
    server.respond(hello, SESSION, Millis::from_days(1), &mut entropy(50))
}

#[test]
fn handshakes() {
    let phone = begin(1);
    let (reply, server) = respond(&phone.hello, NOW).unwrap();
    assert_eq!(server.reply.expires_at, NOW.plus(MAX_SESSION), "never longer than an hour");
    let other = begin(2);
    assert_eq!(other.finish(&reply, &keyset()).unwrap_err(), Refusal::OtherRequest);
    let unlisted = Keyset { keys: vec![], ..keyset() };
    assert_eq!(begin(1).finish(&reply, &unlisted).unwrap_err(), Refusal::UnknownKey);
    let foreign = envelope::sign_ed25519(&root(), Namespace::Session, &server.reply).unwrap();
    assert_eq!(begin(1).finish(&foreign, &keyset()).unwrap_err(), Refusal::UnknownKey);
    assert!(respond(&phone.hello, LATER).is_ok(), "a phone with a wrong clock can be put right");
    let mut bad = phone.hello.clone();
    let last = bad.len() - 1;
    bad[last] ^= 1;
    assert_eq!(respond(&bad, NOW).unwrap_err(), Refusal::Forged.into());
    // A point that is not on the curve.
    let mut claims = server.reply.clone();
    claims.ephemeral_key.0[64] ^= 1;
    claims.hello_hash = Digest::of(&phone.hello);
    let crooked = envelope::sign_ed25519(&signing(), Namespace::Session, &claims).unwrap();
    assert_eq!(phone.finish(&crooked, &keyset()).unwrap_err(), Refusal::KeyExchange);
}

#[test]
fn macs_cover_everything() {
    let phone = begin(1);
    let (reply, server) = respond(&phone.hello, NOW).unwrap();
    let phone = phone.finish(&reply, &keyset()).unwrap();
    let request = RequestParts {
        counter: 7,
        method: "POST",
        path_and_query: "/a?b=c",
        if_none_match: "\"1\"",
        body: b"x",
    };
    let mac = phone.keys.request_mac(&request);
    assert!(server.keys.verify_request(&request, &mac));
    for other in [
        RequestParts { counter: 8, ..request },
        RequestParts { method: "PUT", ..request },
        RequestParts { path_and_query: "/a", ..request },
        RequestParts { if_none_match: "", ..request },
        RequestParts { body: b"", ..request },
    ] {
        assert!(!server.keys.verify_request(&other, &mac), "{other:?}");
    }
    let answer = ReplyParts { counter: 7, status: 200, etag: "\"2\"", body: b"y" };
    let mac = server.keys.reply_mac(&answer);
    assert!(phone.keys.verify_reply(&answer, &mac));
    for other in [
        ReplyParts { counter: 8, ..answer },
        ReplyParts { status: 304, ..answer },
        ReplyParts { etag: "", ..answer },
        ReplyParts { body: b"", ..answer },
    ] {
        assert!(!phone.keys.verify_reply(&other, &mac), "{other:?}");
    }
    // Another handshake, other keys.
    let stranger = begin(3);
    let (_, stranger) = respond(&stranger.hello, NOW).unwrap();
    assert!(!stranger.keys.verify_request(&request, &phone.keys.request_mac(&request)));
}

#[test]
fn counters_are_taken_once() {
    let mut window = ReplayWindow::default();
    for (counter, taken) in [
        (0, false),
        (1, true),
        (1, false),
        (3, true),
        (2, true),
        (2, false),
        (70, true),
        (6, false),
        (7, true),
        (7, false),
        (69, true),
        (u64::MAX, true),
        (u64::MAX, false),
        (u64::MAX - 63, true),
        (u64::MAX - 64, false),
        (70, false),
    ] {
        assert_eq!(window.accept(counter), taken, "{counter}");
    }
}

#[test]
fn session_headers_have_one_form() {
    let right = format!("{SESSION}.7.{}", ringfence_protocol::bytes::Mac([5; 32]));
    assert!(right.parse::<SessionHeader>().is_ok());
    for wrong in [
        String::new(),
        right.to_uppercase(),
        right.replace(".7.", ".07."),
        right.replace(".7.", ".+7."),
        right.replace(".7.", ".-7."),
        right.replace(".7.", ".18446744073709551616."),
        format!("{right}.x"),
        format!("{right}="),
        right[1..].to_owned(),
        right.replace('-', ""),
        right.replacen('-', "0", 1),
        right.replace(".7.", ".0."),
        right.replace(".7.", ".."),
        right[..right.len() - 1].to_owned() + "V",
    ] {
        assert!(wrong.parse::<SessionHeader>().is_err(), "{wrong}");
    }
}
