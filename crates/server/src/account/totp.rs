//! Time-based one-time codes (RFC 6238 over RFC 4226): HMAC-SHA-1, six digits, thirty seconds, as every authenticator app
//! has them.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use ringfence_model::UnixMillis;

/// Bytes of a secret, as RFC 4226 §4 recommends.
pub(super) const SECRET_LEN: usize = 20;

const STEP_S: i64 = 30;

/// Steps before and after the present one that are taken, for clocks that differ.
const DRIFT: i64 = 1;

/// The step that a time is in.
pub(super) const fn step(now: UnixMillis) -> i64 {
    now.0.div_euclid(1000 * STEP_S)
}

/// The code of a step.
pub(super) fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
    let four = bytes.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// The step whose code this is, of those that count now and were not used yet.
pub(super) fn find_step(secret: &[u8], given: &str, now: UnixMillis, last_step: i64) -> Option<i64> {
    let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let present = step(now);
    (present - DRIFT..=present + DRIFT)
        .filter(|step| *step > last_step)
        .find(|step| verify_slices_are_equal(code(secret, *step).as_bytes(), given.as_bytes()).is_ok())
}

/// What an authenticator app reads from a QR code or a link.
pub(super) fn uri(organisation: &str, account: &str, secret: &[u8]) -> String {
    let escape = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
    };
    let (issuer, account) = (escape(organisation), escape(account));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        base32(secret)
    )
}

/// RFC 4648 §6 without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |value: u32| char::from(LETTERS.get(value as usize & 31).copied().unwrap_or(b'A'));
    let (mut out, mut held, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(letter(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(letter(held << (5 - bits)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B for SHA-1, the last six of the eight digits.
    #[test]
    fn vectors_of_the_standard() {
        let secret = b"12345678901234567890";
        for (seconds, wanted) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, step(UnixMillis(seconds * 1000))), wanted, "at {seconds}");
        }
    }

    #[test]
    fn a_step_counts_once_and_its_neighbours_too() {
        let (secret, now) = (b"12345678901234567890", UnixMillis(1_234_567_890_000));
        let present = step(now);
        for drift in -2..=2 {
            let found = find_step(secret, &code(secret, present + drift), now, 0);
            assert_eq!(found, (drift.abs() <= 1).then_some(present + drift), "{drift}");
        }
        assert_eq!(find_step(secret, "005 924", now, 0), Some(present));
        assert_eq!(find_step(secret, "005924", now, present), None);
        for wrong in ["", "5924", "0059240", "００5924"] {
            assert_eq!(find_step(secret, wrong, now, 0), None, "{wrong}");
        }
    }

    /// RFC 4648 §10.
    #[test]
    fn base32_of_the_standard() {
        for (plain, wanted) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), wanted);
        }
        assert!(
            uri("School & Co", "anna", b"foobar")
                .starts_with("otpauth://totp/School%20%26%20Co:anna?secret=MZXW6YTBOI&")
        );
    }
}
