//! Sealed files: golden file, refusals, crypto-erase.

use std::{fs, io::Cursor, path::PathBuf};

use proptest::prelude::*;
use ringfence_model::{AccountId, AppId, Platform, TenantId};

use super::*;
use crate::keys::{HwSecret, Kek, KeyError, Scope, WrappedRing};

fn scope() -> Scope {
    let id = |text: &str| text.parse().unwrap();
    Scope {
        tenant: TenantId(id("01890a5d-ac96-774b-bcce-b302099a8057")),
        account: AccountId(id("01890a5d-ac96-774b-bcce-b302099a8058")),
        app: AppId::new(Platform::Ios, "com.example.notes"),
    }
}

/// Randomness that is the same in every run: 0, 1, 2 …
fn counting() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u8;
    move |out: &mut [u8]| {
        for byte in out {
            *byte = next;
            next = next.wrapping_add(1);
        }
    }
}

fn ring() -> KeyRing {
    KeyRing::make(scope(), &mut counting())
}

/// Compares with a file of `fixtures/vault/v1`; `RINGFENCE_BLESS=1` writes it.
fn golden(name: &str, bytes: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/vault/v1").join(name);
    let text: String = hex::encode(bytes)
        .as_bytes()
        .chunks(64)
        .fold(String::new(), |text, line| text + std::str::from_utf8(line).unwrap() + "\n");
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(stored, text, "{} has changed: a stored format is kept for ever", path.display());
}

const TEXT: &[u8] = b"A plan that stays at work.";

#[test]
fn golden_files() {
    let mut ring = ring();
    let first = seal(&ring, &mut counting(), TEXT).unwrap();
    golden("file.hex", &first);
    ring.rotate(&mut counting()).unwrap();
    golden("file-generation-2.hex", &seal(&ring, &mut counting(), TEXT).unwrap());
    let kek = Kek::derive(&HwSecret::from_bytes([3; 32]), None, &scope(), 1).unwrap();
    let wrapped = ring.wrap(&kek, 1, &mut counting()).unwrap().to_bytes().unwrap();
    golden("wrapped-ring.hex", &wrapped);
    let record =
        crate::record::seal(&HwSecret::from_bytes([3; 32]), &scope(), "state", &mut counting(), TEXT);
    golden("record.hex", &record.unwrap());

    // What was stored opens: from the wrapped ring alone.
    let ring = WrappedRing::from_bytes(&wrapped).unwrap().unwrap_keys(&kek, &scope()).unwrap();
    assert_eq!(*open(&ring, &first).unwrap(), TEXT);
}

#[test]
fn streams_and_slices_agree() {
    let ring = ring();
    let plain = vec![5; 100_000];
    let sealed = seal(&ring, &mut counting(), &plain).unwrap();
    assert_eq!(sealed.len() as u64, sealed_len(100_000).unwrap());
    assert_eq!(plain_len(sealed.len() as u64), Ok(100_000));
    let mut writer = writer(Vec::new(), &ring, &mut counting()).unwrap();
    writer.write_all(&plain).unwrap();
    assert!(writer.finish().unwrap() == sealed);
    let mut opened = Vec::new();
    reader(Cursor::new(&sealed), &ring).unwrap().read_to_end(&mut opened).unwrap();
    assert!(opened == plain);
}

#[test]
fn every_bit_and_every_cut_is_refused() {
    let ring = ring();
    let sealed = seal(&ring, &mut counting(), TEXT).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut bad = sealed.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&ring, &bad).is_err(), "bit {bit}");
        assert!(reader(Cursor::new(&bad), &ring).is_err(), "bit {bit}");
    }
    for cut in 0..sealed.len() {
        assert!(open(&ring, &sealed[..cut]).is_err(), "cut to {cut}");
        assert!(reader(Cursor::new(&sealed[..cut]), &ring).is_err(), "cut to {cut}");
    }
    assert!(open(&ring, &[sealed.as_slice(), b"x"].concat()).is_err());
}

#[test]
fn refusals_say_why() {
    let mut ring = ring();
    let sealed = seal(&ring, &mut counting(), TEXT).unwrap();
    assert_eq!(open(&ring, b"Dear diary,").unwrap_err().code(), "not_sealed");
    assert_eq!(open(&ring, b"").unwrap_err().code(), "not_sealed");
    assert_eq!(open(&ring, b"RNGF\x02\x01").unwrap_err().code(), "sealed_truncated");
    let mut newer = sealed.clone();
    newer[4] = 2;
    assert_eq!(open(&ring, &newer).unwrap_err().code(), "unknown_format");
    let other = KeyRing::make(scope(), &mut |out: &mut [u8]| out.fill(77));
    assert_eq!(open(&other, &sealed).unwrap_err().code(), "other_identity");
    ring.rotate(&mut counting()).unwrap();
    assert_eq!(*open(&ring, &sealed).unwrap(), TEXT, "older files open after a rotation");
    assert!(!ring.retire(2), "the current key stays");
    assert!(ring.retire(1));
    assert_eq!(open(&ring, &sealed).unwrap_err().code(), "key_gone");
}

#[test]
fn a_header_is_read_without_a_key() {
    let ring = ring();
    let sealed = seal(&ring, &mut counting(), TEXT).unwrap();
    let mut file = Cursor::new(&sealed);
    let header = inspect(&mut file).unwrap();
    assert_eq!(header, FileHeader { generation: 1, identity: ring.tag() });
    assert_eq!(file.position(), FILE_HEADER_BYTES as u64);
}

#[test]
fn after_a_crypto_erase_nothing_opens() {
    let secret = HwSecret::from_bytes([3; 32]);
    let ring = ring();
    let sealed = seal(&ring, &mut counting(), TEXT).unwrap();
    let kek = Kek::derive(&secret, None, &scope(), 1).unwrap();
    let wrapped = ring.wrap(&kek, 1, &mut counting()).unwrap();
    drop((ring, kek, secret));

    // The secret is destroyed, the wrapped ring survives (an old backup): the key store can only make a new secret.
    let new_secret = HwSecret::make(&mut counting());
    let kek = Kek::derive(&new_secret, None, &scope(), 1).unwrap();
    assert_eq!(wrapped.unwrap_keys(&kek, &scope()).unwrap_err(), KeyError::WrongKey);
    // The wrapped ring is gone, the secret survives: a new ring has other keys and another tag.
    let new_ring = KeyRing::make(scope(), &mut |out: &mut [u8]| out.fill(1));
    assert_eq!(open(&new_ring, &sealed).unwrap_err().code(), "other_identity");
    let body = &sealed[FILE_HEADER_BYTES..];
    for key in [[0; 32], *new_ring.find_key(1).unwrap().bytes()] {
        let context = FileHeader::parse(&sealed).unwrap().context();
        assert_eq!(chunked::open(&key, &context, body), Err(ChunkedError::WrongKey));
    }
}

proptest! {
    #[test]
    fn parsers_are_total(bytes in prop::collection::vec(any::<u8>(), 0..300), magic in 0_usize..4) {
        let start: &[u8] = [b"".as_slice(), b"RNGF\x01\x01\0\0", b"RNGK\x01\x01\0\x02", b"RNGR\x01\x01"][magic];
        let bytes = [start, &bytes].concat();
        let _ = FileHeader::parse(&bytes);
        prop_assert!(open(&ring(), &bytes).is_err());
        prop_assert!(crate::record::open(&HwSecret::from_bytes([3; 32]), &scope(), "state", &bytes).is_err());
        if let Ok(ring) = WrappedRing::from_bytes(&bytes) {
            prop_assert_eq!(ring.to_bytes().unwrap(), bytes);
        }
    }
}
