//! Every message and signed object against its golden file in `fixtures/protocol/v1`.
//!
//! Ed25519 signs deterministically, so signed objects of the server must come out byte for byte. ECDSA does not:
//! those files keep one signature, which must verify for ever; everything but the signature must come out equal.

use std::fmt::Debug;

use crate::common::*;
use ringfence_model::{Millis, Platform, SignInMethod, UnixMillis};
use ringfence_protocol::{
    Bytes, Digest, Namespace, Pending,
    bundle::Bundle,
    checkin::{AccountState, ChangedEvent, CheckInReply},
    device::{self, DeviceSignIn},
    envelope,
    keys::Signer,
    keyset::Keyset,
    problem::{Problem, ProblemCode},
    register::{
        LegacySignIn, RegistrationHello, RegistrationReply, RegistrationRequest, SignInPlace, SignInReply,
        SignInRequest, TenantInfo,
    },
    request::{ReplyParts, RequestParts, SessionHeader},
    session::{PhoneHandshake, Responder, SessionAnswer, SessionReply, SessionRequest},
    status::{ReceiptRequest, ShownDialog, StatusReport},
    wipe::{WipeCause, WipeOrder, WipeReceipt},
};
use serde::{Serialize, de::DeserializeOwned};

fn json<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, message: &T) {
    golden(&format!("{name}.json"), &(serde_json::to_string_pretty(message).unwrap() + "\n"));
    let stored: T = serde_json::from_str(&read_golden(&format!("{name}.json")).unwrap()).unwrap();
    assert_eq!(stored, *message, "{name} reads back");
    // A later server may say more.
    let mut more = serde_json::to_value(message).unwrap();
    more["somethingNew"] = serde_json::json!({"a": [1]});
    assert_eq!(serde_json::from_value::<T>(more).unwrap(), *message, "{name}: unknown members are ignored");
}

/// A signed object of the server, and the JSON view of its payload.
fn signed<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    name: &str,
    namespace: Namespace,
    key: &ringfence_protocol::SigningKey,
    message: &T,
) -> Vec<u8> {
    let bytes = envelope::sign_ed25519(key, namespace, message).unwrap();
    golden(&format!("{name}.cbor.hex"), &hex_lines(&bytes));
    json(&format!("{name}.payload"), message);
    let stored = unhex(&read_golden(&format!("{name}.cbor.hex")).unwrap());
    let verified = envelope::parse(&stored).unwrap().verify(namespace, &key.public()).unwrap();
    assert_eq!(verified.message::<T>().unwrap(), *message, "{name} reads back");
    bytes
}

/// A signed object of an instance: keeps the signature of the golden file.
fn signed_by_instance<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    name: &str,
    namespace: Namespace,
    pending: Pending,
    message: &T,
) -> Vec<u8> {
    let file = format!("{name}.cbor.hex");
    let stored = read_golden(&file).map(|text| unhex(&text));
    let last = stored.as_deref().and_then(<[u8]>::last_chunk::<64>).map(|s| s.to_vec());
    let kept = last.filter(|s| instance_key().public().verify(pending.to_be_signed(), s));
    let signature = match kept {
        Some(signature) => signature,
        None if blessing() => instance_key().sign(pending.to_be_signed()).unwrap(),
        None => panic!("{file}: the kept signature does not verify"),
    };
    let bytes = pending.attach(signature).unwrap();
    golden(&file, &hex_lines(&bytes));
    json(&format!("{name}.payload"), message);
    let verified =
        envelope::parse(&bytes).unwrap().verify_instance(namespace, &instance_key().public()).unwrap();
    assert_eq!(verified.message::<T>().unwrap(), *message, "{name} reads back");
    bytes
}

#[test]
fn signed_objects_of_the_server() {
    signed::<Keyset>("keyset", Namespace::Keyset, &root(), &keyset());
    signed::<Bundle>("bundle", Namespace::Bundle, &signing(), &bundle());
    signed::<WipeOrder>("wipe-order", Namespace::WipeOrder, &signing(), &order());
}

#[test]
fn signed_objects_of_an_instance() {
    let key = instance_key().public();
    signed_by_instance::<WipeReceipt>(
        "wipe-receipt",
        Namespace::WipeReceipt,
        receipt().prepare(&key).unwrap(),
        &receipt(),
    );
    let without_order = WipeReceipt {
        order: None,
        cause: WipeCause::Condition,
        reason: Some("device_compromised_wipe".into()),
        ..receipt()
    };
    signed_by_instance::<WipeReceipt>(
        "wipe-receipt-condition",
        Namespace::WipeReceipt,
        without_order.prepare(&key).unwrap(),
        &without_order,
    );
    let hello = registration();
    signed_by_instance::<RegistrationHello>(
        "registration",
        Namespace::Registration,
        hello.prepare().unwrap(),
        &hello,
    );
}

#[test]
fn a_device_vouches_for_an_instance() {
    let key = instance_key().public();
    let proof = DeviceSignIn {
        tenant: TENANT,
        account: ACCOUNT,
        device_tag: "tag-1".into(),
        instance_key: ringfence_protocol::InstanceKey::from_scalar(&[9; 32]).unwrap().public(),
        at: NOW,
    };
    let signed = signed_by_instance::<DeviceSignIn>(
        "device-sign-in",
        Namespace::DeviceSignIn,
        proof.prepare(&key).unwrap(),
        &proof,
    );
    assert_eq!(device::peek(&signed), Ok(proof.clone()));
    assert_eq!(device::verify(&signed, &key, TENANT, NOW), Ok(proof.clone()));
    let late = NOW.plus(Millis::from_minutes(11));
    assert!(device::verify(&signed, &key, TENANT, late).is_err(), "a proof is good for ten minutes");
    assert!(device::verify(&signed, &proof.instance_key, TENANT, NOW).is_err(), "by the device key only");
}

#[test]
fn a_session_from_hello_to_macs() {
    let key = instance_key().public();
    let begin = || PhoneHandshake::begin(TENANT, INSTANCE, &key, NOW, &mut entropy(10)).unwrap();
    // The prepared hello is deterministic; only its signature is kept from the golden file.
    let unsigned = hello(&begin().signed(vec![0; 64]).unwrap().hello);
    let pending =
        envelope::prepare(envelope::Algorithm::Es256, Namespace::Hello, key.id(), &unsigned).unwrap();
    assert_eq!(pending.to_be_signed(), begin().to_be_signed());
    let bytes = signed_by_instance("hello", Namespace::Hello, pending, &unsigned);

    let phone = begin().signed(bytes.last_chunk::<64>().unwrap().to_vec()).unwrap();
    assert_eq!(phone.hello, bytes);
    let server = Responder {
        tenant: TENANT,
        instance: INSTANCE,
        instance_key: &key,
        signing_key: &signing(),
        now: NOW.plus(Millis(40)),
    };
    let (reply, at_server) =
        server.respond(&bytes, SESSION, Millis::from_minutes(30), &mut entropy(20)).unwrap();
    assert_eq!(reply, signed::<SessionReply>("session", Namespace::Session, &signing(), &at_server.reply));
    let at_phone = phone.finish(&reply, &keyset()).unwrap();
    assert_eq!(at_phone.reply, at_server.reply);

    let request = RequestParts {
        counter: 1,
        method: "GET",
        path_and_query: "/phone/v1/checkin",
        if_none_match: "\"17-1\"",
        body: b"",
    };
    let mac = at_phone.keys.request_mac(&request);
    assert!(at_server.keys.verify_request(&request, &mac));
    let answer = ReplyParts { counter: 1, status: 200, etag: "\"18-1\"", body: b"{}" };
    let reply_mac = at_server.keys.reply_mac(&answer);
    assert!(at_phone.keys.verify_reply(&answer, &reply_mac));
    let header = SessionHeader { session: SESSION, counter: 1, mac };
    golden("headers.txt", &format!("Ringfence-Session: {header}\nRingfence-Reply: {reply_mac}\n"));
    assert_eq!(header.to_string().parse(), Ok(header));
}

#[test]
fn sign_in_requests() {
    json(
        "sign-in-request",
        &SignInRequest {
            user_principal_name: "kim@example.org".into(),
            password: "correct horse".into(),
            method: SignInMethod::Modern,
            one_time_code: None,
            from: None,
        },
    );
    json(
        "sign-in-request-code",
        &SignInRequest {
            user_principal_name: "kim@example.org".into(),
            password: "correct horse".into(),
            method: SignInMethod::Modern,
            one_time_code: Some("123456".into()),
            from: None,
        },
    );
    json(
        "sign-in-request-legacy",
        &SignInRequest {
            user_principal_name: "kim@example.org".into(),
            password: "correct horse".into(),
            method: SignInMethod::Legacy,
            one_time_code: None,
            from: Some(SignInPlace {
                platform: Platform::Ios,
                app: APP.into(),
                device_tag: Some("a-device-tag".into()),
            }),
        },
    );
}

#[test]
fn plain_messages() {
    let bundle = bundle().sign(&signing()).unwrap();
    json(
        "tenant-info",
        &TenantInfo {
            tenant_id: TENANT,
            name: "Example".into(),
            root_key: root().public(),
            keyset: Bytes(keyset().sign(&root()).unwrap()),
            now: None,
        },
    );
    json("sign-in-reply-legacy", &LegacySignIn { method: SignInMethod::Legacy });
    json(
        "sign-in-reply",
        &SignInReply {
            access_token: TOKEN.into(),
            expires_at: NOW.plus(Millis::from_minutes(10)),
            account_id: ACCOUNT,
            user_principal_name: "kim@example.org".into(),
            display_name: "Kim".into(),
            tenant_id: TENANT,
        },
    );
    json("registration-request", &RegistrationRequest { hello: Bytes(vec![1, 2, 3]) });
    json(
        "registration-reply",
        &RegistrationReply { instance_id: INSTANCE, tenant_id: TENANT, keyset: Bytes(vec![1, 2, 3]) },
    );
    json("session-request", &SessionRequest { hello: Bytes(vec![1, 2, 3]) });
    json("session-answer", &SessionAnswer { reply: Bytes(vec![1, 2, 3]) });
    json(
        "check-in",
        &CheckInReply {
            server_time: NOW,
            state: AccountState::Protected,
            bundle_hash: Some(Digest::of(&bundle)),
            bundle: Some(Bytes(bundle)),
            keyset: Some(Bytes(vec![4, 5, 6])),
            orders: vec![Bytes(order().sign(&signing()).unwrap())],
            next_check_in: Millis::from_minutes(30),
        },
    );
    json(
        "check-in-no-policy",
        &CheckInReply {
            server_time: NOW,
            state: AccountState::NoPolicy,
            bundle: None,
            bundle_hash: None,
            keyset: None,
            orders: vec![],
            next_check_in: Millis::from_minutes(30),
        },
    );
    json("event", &ChangedEvent { revision: 18 });
    json("receipt-request", &ReceiptRequest { receipt: Bytes(vec![1, 2, 3]) });
    let mut problem = Problem::new(ProblemCode::Malformed, "`counter` is not a number", "0190-1");
    problem.field = Some("counter".into());
    problem.value = Some(serde_json::json!("x"));
    json("problem", &problem);
}

#[test]
fn status_reports() {
    json(
        "status",
        &StatusReport {
            sequence: 3,
            obeyed_version: 17,
            content_hash: Some(Digest::of(b"content")),
            blocked_by: vec!["os_version_too_old".into()],
            warnings: vec![],
            dialogs: vec![],
            companion_version: None,
            app_version: "4.2".parse().unwrap(),
            sdk_version: "0.1".parse().unwrap(),
            os_version: "18.1".parse().unwrap(),
            at: UnixMillis(1_790_000_000_001),
        },
    );
    json(
        "status-with-dialogs",
        &StatusReport {
            sequence: 4,
            obeyed_version: 17,
            content_hash: None,
            blocked_by: vec![],
            warnings: vec!["os_too_old_warn".into()],
            dialogs: vec![
                ShownDialog { reason: "os_too_old_warn".into(), at: NOW.plus(Millis(5)) },
                ShownDialog { reason: "sign_in_required".into(), at: NOW },
            ],
            companion_version: Some("5.0.1".parse().unwrap()),
            app_version: "4.2".parse().unwrap(),
            sdk_version: "0.1".parse().unwrap(),
            os_version: "15.0".parse().unwrap(),
            at: UnixMillis(1_790_000_000_002),
        },
    );
}

#[test]
fn enumerations_have_stable_names() {
    let states = [
        AccountState::Protected,
        AccountState::NoPolicy,
        AccountState::NotLicensed,
        AccountState::AccountDisabled,
        AccountState::NotRegistered,
    ];
    let names = serde_json::to_string(&states).unwrap();
    let codes: Vec<_> = ProblemCode::ALL.iter().map(|c| format!("{} {}", c.as_str(), c.status())).collect();
    let spaces: Vec<_> = Namespace::ALL.iter().map(|n| n.content_type()).collect();
    golden("names.txt", &format!("{names}\n{}\n{}\n", codes.join("\n"), spaces.join("\n")));
    let mut unique = codes.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), codes.len());
}
