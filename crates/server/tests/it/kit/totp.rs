//! Codes as an authenticator app shows them.

use aws_lc_rs::hmac;
use ringfence_model::UnixMillis;

/// RFC 6238, written a second time.
pub(crate) fn totp(secret: &str, at: UnixMillis) -> String {
    let bits: Vec<u8> = secret
        .bytes()
        .map(|letter| if letter >= b'A' { letter - b'A' } else { letter - b'2' + 26 })
        .flat_map(|value| (0..5).rev().map(move |bit| (value >> bit) & 1))
        .collect();
    let key: Vec<u8> =
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(at.0 / 30_000).to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 15);
    let four: [u8; 4] = tag.as_ref()[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}
