//! Servers that lie and people in between: the state stays, the refusal has a code, is told, logged and reported.

use crate::support::{APP, Driver, Durable, PEER, STRANGER, Server, config, facts, server::Lie};
use ringfence_client::{Action, Answer, AppRequest, CoreStatus, HttpReply, Identity, Input, OtherApp, Way};
use ringfence_model::{Millis, Platform, TenantId, UnixMillis};
use ringfence_protocol::{
    Bytes, Digest, SigningKey, bundle::Bundle, checkin::CheckInReply, keyset::ListedKey, wipe::WipeOrder,
};

const START: UnixMillis = UnixMillis(1_800_000_000_000);

fn status(driver: &mut Driver<'_>) -> CoreStatus {
    match driver.ask(AppRequest::Status) {
        Some(Answer::Status(status)) => *status,
        other => panic!("{other:?}"),
    }
}

/// A driver that obeys version 2, with a document; the server has version 3 in force.
fn obeying<'a>(durable: &'a mut Durable, server: &'a mut Server) -> Driver<'a> {
    server.version = 2;
    let mut driver = Driver::new(config(Platform::Android, APP), durable, server);
    driver.launch(facts(Platform::Android));
    driver.sign_in();
    let name = "plan.txt".to_owned();
    driver.ask(AppRequest::Create { identity: Identity::Work, name, content: b"the plan".to_vec() });
    assert_eq!(status(&mut driver).obeyed_version, Some(2));
    driver.server.set("printBlocked", true);
    driver
}

fn put(reply: &mut CheckInReply, bytes: Vec<u8>) {
    reply.bundle_hash = Some(Digest::of(&bytes));
    reply.bundle = Some(bytes.into());
}

fn signed(bundle: &Bundle, seed: u8) -> Vec<u8> {
    bundle.sign(&SigningKey::from_seed(&[seed; 32]).unwrap()).unwrap()
}

/// What a server may try, and the code of the refusal.
fn lies(server: &Server) -> Vec<(&'static str, &'static str, Lie)> {
    let right = server.bundle(APP);
    let changed = |change: &dyn Fn(&mut Bundle), seed: u8| -> Lie {
        let mut bundle = right.clone();
        change(&mut bundle);
        let bytes = signed(&bundle, seed);
        Box::new(move |reply| put(reply, bytes.clone()))
    };
    let rebuilt = |platform: Platform, app: &str, tenant: TenantId| -> Lie {
        let audience = ringfence_protocol::bundle::Audience { tenant, platform, app };
        let bundle =
            Bundle::new(audience, 3, 1, right.issued_at, Millis::from_days(1), right.content.clone())
                .unwrap();
        let bytes = signed(&bundle, 2);
        Box::new(move |reply| put(reply, bytes.clone()))
    };
    let other_content = |version: u64, name: &str, value: serde_json::Value| -> Lie {
        let mut content = right.content.clone();
        content.settings.insert(name.to_owned(), value);
        let audience =
            ringfence_protocol::bundle::Audience { tenant: right.tenant, platform: right.platform, app: APP };
        let bundle =
            Bundle::new(audience, version, 1, right.issued_at, Millis::from_days(1), content).unwrap();
        let bytes = signed(&bundle, 2);
        Box::new(move |reply| put(reply, bytes.clone()))
    };
    vec![
        ("signed by a key that is not listed", "bundle_forged", changed(&|_| {}, 9)),
        (
            "a flipped bit",
            "bundle_forged",
            Box::new(|reply| {
                let mut bytes = reply.bundle.clone().unwrap().0;
                *bytes.last_mut().unwrap() ^= 1;
                put(reply, bytes);
            }),
        ),
        ("no object at all", "bundle_unreadable", Box::new(|reply| put(reply, b"nonsense".to_vec()))),
        ("an older version", "bundle_older", changed(&|bundle| bundle.version = 1, 2)),
        (
            "an expired lease",
            "bundle_expired",
            changed(&|bundle| bundle.expires_at = bundle.issued_at.plus(Millis(1)), 2),
        ),
        (
            "content that was changed after hashing",
            "bundle_content_differs",
            changed(
                &|bundle| {
                    bundle.content.settings.clear();
                },
                2,
            ),
        ),
        (
            "another organisation",
            "bundle_wrong_recipient",
            rebuilt(Platform::Android, APP, TenantId(uuid::Uuid::from_u128(99))),
        ),
        ("another app", "bundle_wrong_recipient", rebuilt(Platform::Android, PEER, right.tenant)),
        ("another platform", "bundle_wrong_recipient", rebuilt(Platform::Ios, APP, right.tenant)),
        (
            "the version obeyed with other content",
            "bundle_content_differs",
            other_content(2, "printBlocked", false.into()),
        ),
        ("a setting nobody knows", "bundle_unreadable", other_content(3, "fromTheFuture", 1.into())),
        ("a bundle swapped for another signed one", "bundle_content_differs", {
            let bytes: Bytes = {
                // Rightly signed and newer, for another class of users of the same app.
                let mut other = server.bundle(APP);
                other.version = 4;
                signed(&other, 2).into()
            };
            Box::new(move |reply| reply.bundle = Some(bytes.clone()))
        }),
        ("no hash", "bundle_content_differs", Box::new(|reply| reply.bundle_hash = None)),
        (
            "protected without a bundle",
            "bundle_unreadable",
            Box::new(|reply| {
                reply.bundle = None;
                reply.bundle_hash = None;
            }),
        ),
    ]
}

#[test]
fn lies_about_the_policy_change_nothing_and_are_reported() {
    let count = lies(&Server::new(Platform::Android, START)).len();
    for index in 0..count {
        let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
        let mut driver = obeying(&mut durable, &mut server);
        driver.advance(Millis::from_secs(1));
        let (what, code, lie) = lies(driver.server).into_iter().nth(index).unwrap();
        driver.advance(Millis(5));
        let bundle = |driver: &Driver<'_>| {
            let slot: serde_json::Value = serde_json::from_slice(&driver.durable.slots["policy"]).unwrap();
            (slot["bundle"].clone(), slot["floors"].clone())
        };
        let before = bundle(&driver);
        driver.server.lie = Some(lie);
        driver.give(Input::PushHint);
        let now = status(&mut driver);
        assert_eq!(now.obeyed_version, Some(2), "{what}");
        assert_eq!(bundle(&driver), before, "{what}");
        assert!(now.blocked_by.iter().any(|reason| reason.as_str() == code), "{what}: {:?}", now.blocked_by);
        assert!(driver.logs.iter().any(|line| line.event == code), "{what}");
        assert!(driver.dialogs.iter().any(|dialog| dialog.reason.as_str() == code), "{what}");
        let reported = driver.server.statuses.last().unwrap();
        assert!(reported.obeyed_version == 2 && reported.blocked_by.iter().any(|r| r == code), "{what}");
        // The old policy still decides.
        let action = Action::Send { way: Way::ShareSheet, to: OtherApp::named(STRANGER) };
        let answer = driver.ask(AppRequest::MayI { identity: Identity::Work, action });
        assert!(matches!(answer, Some(Answer::Refused(_))), "{what}: {answer:?}");
        // The truth is taken when it comes, by itself.
        driver.server.lie = None;
        driver.advance(Millis::from_minutes(61));
        assert_eq!(status(&mut driver).obeyed_version, Some(3), "{what}");
        assert!(driver.server.statuses.last().unwrap().blocked_by.is_empty(), "{what}");
    }
}

#[test]
fn people_in_between_are_a_failed_connection() {
    let attacks: Vec<(&str, crate::support::server::Tamper)> = vec![
        ("the MAC taken off", Box::new(|_, reply| reply.headers.retain(|(name, _)| name == "ETag"))),
        ("a body changed", Box::new(|_, reply| reply.body.push(b' '))),
        ("a status changed", Box::new(|_, reply| reply.status = 201)),
        (
            "an etag changed",
            Box::new(|_, reply| {
                for (name, value) in &mut reply.headers {
                    if name == "ETag" {
                        value.push('x');
                    }
                }
            }),
        ),
        (
            "a forged 304",
            Box::new(|_, reply| {
                *reply = HttpReply { status: 304, headers: Vec::new(), body: Vec::new() };
            }),
        ),
    ];
    for (what, attack) in attacks {
        let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
        let mut driver = obeying(&mut durable, &mut server);
        driver.server.tamper = Some(Box::new(move |request, reply| {
            if request.path == "/phone/v1/checkin" {
                attack(request, reply);
            }
        }));
        let before = status(&mut driver).last_check_in_at;
        driver.advance(Millis::from_secs(2));
        driver.give(Input::PushHint);
        let now = status(&mut driver);
        assert_eq!((now.obeyed_version, now.last_check_in_at), (Some(2), before), "{what}");
        assert!(driver.logs.iter().any(|line| line.event == "reply_unauthentic"), "{what}");
        assert_eq!(driver.codes().last(), Some(&"RF-502"), "{what}");
        driver.server.tamper = None;
        driver.give(Input::PushHint);
        assert_eq!(status(&mut driver).obeyed_version, Some(3), "{what}");
    }
}

#[test]
fn a_replayed_reply_is_not_believed() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
    let mut driver = obeying(&mut durable, &mut server);
    let recorded = std::sync::Arc::new(std::sync::Mutex::new(None::<HttpReply>));
    let recorder = std::sync::Arc::clone(&recorded);
    driver.server.tamper = Some(Box::new(move |request, reply| {
        if request.path == "/phone/v1/checkin" {
            let mut recorded = recorder.lock().unwrap();
            match recorded.as_ref() {
                Some(old) => *reply = old.clone(),
                None => *recorded = Some(reply.clone()),
            }
        }
    }));
    driver.give(Input::PushHint);
    assert_eq!(status(&mut driver).obeyed_version, Some(3));
    driver.server.set("saveAsBlocked", true);
    driver.give(Input::PushHint);
    assert_eq!(status(&mut driver).obeyed_version, Some(3));
    assert_eq!(driver.codes().last(), Some(&"RF-502"));
}

#[test]
fn orders_that_are_not_for_this_instance_are_refused() {
    let forge = |driver: &Driver<'_>, change: &dyn Fn(&mut WipeOrder), seed: u8| -> Bytes {
        let instance = driver.server.live().unwrap();
        let mut order = WipeOrder {
            tenant: driver.server.tenant,
            order: ringfence_model::WipeId(uuid::Uuid::from_u128(1)),
            account: driver.server.account,
            instance,
            app: APP.to_owned(),
            issued_at: driver.server.now,
            expires_at: driver.server.now.plus(Millis::from_days(1)),
            reason: "administrator".to_owned(),
        };
        change(&mut order);
        order.sign(&SigningKey::from_seed(&[seed; 32]).unwrap()).unwrap().into()
    };
    type Change = Box<dyn Fn(&mut WipeOrder)>;
    let other = || uuid::Uuid::from_u128(77);
    let cases: Vec<(&str, &str, Change, u8)> = vec![
        ("another key", "order_forged", Box::new(|_| {}), 9),
        ("another instance", "order_foreign", Box::new(move |o| o.instance.0 = other()), 2),
        ("another account", "order_foreign", Box::new(move |o| o.account.0 = other()), 2),
        ("another organisation", "order_foreign", Box::new(move |o| o.tenant.0 = other()), 2),
        ("another app", "order_foreign", Box::new(|o| o.app = PEER.to_owned()), 2),
        ("expired", "order_expired", Box::new(|o| o.expires_at = o.issued_at), 2),
    ];
    for (what, code, change, seed) in cases {
        let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
        let mut driver = obeying(&mut durable, &mut server);
        let order = forge(&driver, &*change, seed);
        driver.server.lie = Some(Box::new(move |reply| reply.orders = vec![order.clone()]));
        driver.give(Input::PushHint);
        assert_eq!(driver.durable.work_files(), 1, "{what}");
        assert!(driver.logs.iter().any(|line| line.event == code), "{what}");
        assert!(driver.server.statuses.last().unwrap().blocked_by.iter().any(|r| r == code), "{what}");
    }
}

#[test]
fn the_wrong_server_is_not_signed_in_to() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Ios, START));
    let mut pinned = config(Platform::Ios, APP);
    pinned.server_pin = Some([9; 32]);
    let mut driver = Driver::new(pinned, &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    assert_eq!(driver.codes(), ["RF-501"]);
    assert!(!driver.server.requests.iter().any(|line| line.contains("signin")), "no password was sent");
    // Pinned on first contact: another root later is as wrong.
    let mut driver = Driver::new(config(Platform::Ios, APP), &mut durable, &mut server);
    driver.launch(facts(Platform::Ios));
    driver.sign_in();
    driver.give(Input::RemoveAccount);
    driver.server.root = SigningKey::from_seed(&[7; 32]).unwrap();
    driver.sign_in();
    assert_eq!(driver.codes().last(), Some(&"RF-501"));
}

#[test]
fn keysets_rotate_forward_only() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
    let mut driver = obeying(&mut durable, &mut server);
    let old = driver.server.signed_keyset();
    let next = SigningKey::from_seed(&[3; 32]).unwrap();
    let listed = ListedKey::new(
        next.public(),
        &ringfence_protocol::Namespace::SERVER,
        START,
        START.plus(Millis::from_days(3_650)),
    );
    driver.server.keyset.version = 2;
    driver.server.keyset.keys.push(listed);
    driver.server.signing = next;
    driver.give(Input::PushHint);
    assert_eq!(status(&mut driver).obeyed_version, Some(3));
    driver.server.set("saveAsBlocked", true);
    driver.server.lie = Some(Box::new(move |reply| reply.keyset = Some(old.clone())));
    driver.give(Input::PushHint);
    assert!(driver.logs.iter().any(|line| line.event == "keyset_older"));
    // After a restart the new keyset is still the one in force.
    let mut driver = Driver::new(config(Platform::Android, APP), &mut durable, &mut server);
    driver.online = false;
    driver.launch(facts(Platform::Android));
    assert_eq!(status(&mut driver).obeyed_version, Some(4));
}

#[test]
fn a_server_whose_clock_was_ahead_for_a_while_is_believed_again() {
    let (mut durable, mut server) = (Durable::default(), Server::new(Platform::Android, START));
    let mut driver = obeying(&mut durable, &mut server);
    let right = driver.server.now;
    driver.server.now = right.plus(Millis::from_days(365));
    driver.give(Input::PushHint);
    assert_eq!(status(&mut driver).obeyed_version, Some(3));
    driver.server.now = right.plus(Millis::from_minutes(10));
    driver.server.set("printBlocked", false);
    driver.server.forget_sessions();
    driver.advance(Millis::from_minutes(10));
    driver.give(Input::PushHint);
    assert_eq!(status(&mut driver).obeyed_version, Some(4), "{:?}", driver.codes());
}
