//! Whatever is changed in a signed object, and however the bytes are written: refused, without a panic.

use crate::common::*;
use ciborium::Value;
use proptest::prelude::*;
use ringfence_protocol::{MAX_SIGNED_BYTES, Namespace, Refusal, envelope, session, wipe};

fn value(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

fn verify(signed: &[u8]) -> Result<(), Refusal> {
    envelope::parse(signed)?.verify(Namespace::Bundle, &signing().public()).map(|_| ())
}

#[test]
fn any_flipped_bit_is_refused() {
    let key = instance_key();
    let by_server = bundle().sign(&signing()).unwrap();
    let by_phone = receipt().prepare(&key.public()).unwrap().sign(&key).unwrap();
    for bit in 0..by_server.len() * 8 {
        let mut bad = by_server.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&bad).is_err(), "bit {bit} of the bundle");
    }
    for bit in 0..by_phone.len() * 8 {
        let mut bad = by_phone.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(
            wipe::verify_receipt(&bad, &key.public(), TENANT, INSTANCE).is_err(),
            "bit {bit} of the receipt"
        );
    }
}

#[test]
fn cut_and_extended_are_refused() {
    let signed = bundle().sign(&signing()).unwrap();
    assert_eq!(verify(&signed), Ok(()));
    for cut in 0..signed.len() {
        assert!(verify(&signed[..cut]).is_err(), "cut to {cut}");
    }
    assert!(verify(&[signed.as_slice(), b"\0"].concat()).is_err());
    assert!(verify(&[signed.as_slice(), signed.as_slice()].concat()).is_err());
}

/// Rebuilds a signed object around other header or payload bytes, signed by the right key where that matters.
fn resigned(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let structure = Value::Array(vec![
        Value::Text("Signature1".into()),
        Value::Bytes(protected.to_vec()),
        Value::Bytes(vec![]),
        Value::Bytes(payload.to_vec()),
    ]);
    let signature = ringfence_protocol::keys::Signer::sign(&signing(), &bytes(&structure)).unwrap();
    bytes(&Value::Array(vec![
        Value::Bytes(protected.to_vec()),
        Value::Map(vec![]),
        Value::Bytes(payload.to_vec()),
        Value::Bytes(signature),
    ]))
}

fn parts() -> (Vec<(Value, Value)>, Vec<u8>) {
    let signed = value(&bundle().sign(&signing()).unwrap());
    let parts = signed.into_array().unwrap();
    let header = value(parts[0].as_bytes().unwrap()).into_map().unwrap();
    (header, parts[2].as_bytes().unwrap().clone())
}

fn is_malformed(signed: &[u8]) -> bool {
    matches!(verify(signed), Err(Refusal::Malformed(_)))
}

#[test]
fn the_rebuilt_object_itself_is_right() {
    let (header, payload) = parts();
    assert_eq!(verify(&resigned(&bytes(&Value::Map(header)), &payload)), Ok(()));
}

#[test]
fn headers_are_exactly_ours() {
    let (header, payload) = parts();
    let with = |change: fn(&mut Vec<(Value, Value)>)| {
        let mut header = header.clone();
        change(&mut header);
        header.sort_by_key(|(k, _)| bytes(k));
        resigned(&bytes(&Value::Map(header)), &payload)
    };
    for (about, signed) in [
        (
            "critical",
            with(|h| h.push((Value::Integer(2.into()), Value::Array(vec![Value::Integer(1.into())])))),
        ),
        ("unknown number", with(|h| h.push((Value::Integer(99.into()), Value::Bool(true))))),
        ("unknown text", with(|h| h.push((Value::Text("x".into()), Value::Bool(true))))),
        ("nonce", with(|h| h.push((Value::Integer(5.into()), Value::Bytes(vec![1]))))),
        ("no algorithm", with(|h| h.retain(|(k, _)| *k != Value::Integer(1.into())))),
        ("no content type", with(|h| h.retain(|(k, _)| *k != Value::Integer(3.into())))),
        ("no key id", with(|h| h.retain(|(k, _)| *k != Value::Integer(4.into())))),
        ("algorithm none", with(|h| h[0].1 = Value::Integer(0.into()))),
        ("ES512", with(|h| h[0].1 = Value::Integer((-36).into()))),
        (
            "short key id",
            with(|h| {
                h.retain(|(k, _)| *k != Value::Integer(4.into()));
                h.push((Value::Integer(4.into()), Value::Bytes(vec![1, 2])));
            }),
        ),
    ] {
        assert!(is_malformed(&signed), "{about}: {:?}", verify(&signed));
    }
    // ES256 claimed for an Ed25519 signature.
    assert_eq!(verify(&with(|h| h[0].1 = Value::Integer((-7).into()))), Err(Refusal::UnknownKey));
}

#[test]
fn the_unprotected_header_is_empty() {
    let mut parts = value(&bundle().sign(&signing()).unwrap()).into_array().unwrap();
    parts[1] = Value::Map(vec![(Value::Integer(4.into()), Value::Bytes(vec![1]))]);
    assert_eq!(
        verify(&bytes(&Value::Array(parts.clone()))),
        Err(Refusal::Malformed("unprotected header is not empty"))
    );
    parts[1] = Value::Map(vec![]);
    assert_eq!(verify(&bytes(&Value::Array(parts.clone()))), Ok(()));
    // Tagged, detached payload, three parts.
    assert!(is_malformed(&bytes(&Value::Tag(18, Box::new(Value::Array(parts.clone()))))));
    parts[2] = Value::Null;
    assert!(is_malformed(&bytes(&Value::Array(parts.clone()))));
    parts.pop();
    assert!(is_malformed(&bytes(&Value::Array(parts))));
}

#[test]
fn only_the_deterministic_encoding_is_read() {
    let (header, payload) = parts();
    let protected = bytes(&Value::Map(header.clone()));
    let text = |t: &str| bytes(&Value::Text(t.into()));
    let pair = |k: &str, n: u8| [text(k), vec![n]].concat();
    let payloads: [(&str, Vec<u8>); 8] = [
        ("duplicate key", [vec![0xa2], pair("a", 1), pair("a", 1)].concat()),
        ("keys out of order", [vec![0xa2], pair("b", 1), pair("a", 1)].concat()),
        ("long form of a number", [vec![0xa1], text("a"), vec![0x18, 0x01]].concat()),
        ("long form of a length", [vec![0xb8, 0x01], pair("a", 1)].concat()),
        ("indefinite length", [vec![0xbf], pair("a", 1), vec![0xff]].concat()),
        ("long form of a float", [vec![0xa1], text("a"), vec![0xfa, 0, 0, 0, 0]].concat()),
        ("invalid UTF-8", vec![0xa1, 0x61, 0xff, 0x01]),
        ("trailing byte", [vec![0xa1], pair("a", 1), vec![0]].concat()),
    ];
    for (about, payload) in payloads {
        assert!(is_malformed(&resigned(&protected, &payload)), "{about}");
    }
    let mut reversed = header;
    reversed.reverse();
    assert!(is_malformed(&resigned(&bytes(&Value::Map(reversed)), &payload)), "headers out of order");
}

#[test]
fn size_and_depth_are_limited() {
    assert_eq!(verify(&vec![0x5b; MAX_SIGNED_BYTES + 1]), Err(Refusal::TooLarge));
    let big = Value::Bytes(vec![0; MAX_SIGNED_BYTES]);
    assert_eq!(envelope::sign_ed25519(&signing(), Namespace::Bundle, &big), Err(Refusal::TooLarge.into()));
    assert!(is_malformed(&vec![0x81; 100_000]), "an array in an array in an array …");
    assert!(is_malformed(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), "an array of 2⁶⁴ − 1");
    let nested = |depth| (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    assert!(envelope::sign_ed25519(&signing(), Namespace::Bundle, &nested(14)).is_ok());
    assert!(envelope::sign_ed25519(&signing(), Namespace::Bundle, &nested(17)).is_err());
}

proptest! {
    #[test]
    fn parsers_are_total(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let key = instance_key().public();
        prop_assert!(verify(&bytes).is_err());
        prop_assert!(session::peek_hello(&bytes).is_err());
        prop_assert!(wipe::verify_receipt(&bytes, &key, TENANT, INSTANCE).is_err());
        prop_assert!(ringfence_protocol::register::verify(&bytes, TENANT, ACCOUNT, TOKEN, NOW).is_err());
        let _ = serde_json::from_slice::<ringfence_protocol::checkin::CheckInReply>(&bytes);
    }

    #[test]
    fn right_signatures_over_random_payloads_do_not_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let (header, _) = parts();
        let signed = resigned(&bytes(&Value::Map(header)), &payload);
        if let Ok(object) = envelope::parse(&signed) {
            prop_assert!(object.claims::<ringfence_protocol::bundle::Bundle>().is_err());
        }
    }

    #[test]
    fn what_is_encoded_reads_back(numbers in prop::collection::btree_map(".{0,20}", any::<i64>(), 0..20)) {
        let signed = envelope::sign_ed25519(&signing(), Namespace::Bundle, &numbers).unwrap();
        let verified = envelope::parse(&signed).unwrap().verify(Namespace::Bundle, &signing().public()).unwrap();
        prop_assert_eq!(verified.message::<std::collections::BTreeMap<String, i64>>().unwrap(), numbers);
    }
}
