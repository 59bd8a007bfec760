//! Checking a PIN without keeping anything that can be attacked alone.
//!
//! ```text
//! PIN ── Argon2id(salt) ── 32 bytes ─┐
//! pepper (32 bytes, sealed by the key store) ─┴─ HKDF-SHA-512, bound to tenant and account ── tag
//! ```
//!
//! Salt and tag may lie in a file: without the pepper, which only the phone's key store gives out, no guess can be
//! tried against them (security §6.2).

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use ringfence_model::{AccountId, TenantId};
use zeroize::Zeroizing;

use crate::keys::{HwSecret, KeyError, derive};

/// Memory of one attempt, in KiB: OWASP's floor for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes of one attempt.
const PASSES: u32 = 2;

/// Tells whether a PIN is the right one; worth nothing without the pepper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinVerifier {
    /// Drawn anew for every PIN.
    pub salt: [u8; 16],
    /// What PIN and pepper give.
    pub tag: [u8; 32],
}

impl PinVerifier {
    /// Makes the verifier of a PIN.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn make(
        pin: &str,
        pepper: &HwSecret,
        salt: [u8; 16],
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Self, KeyError> {
        Ok(Self { salt, tag: *tag(pin, pepper, &salt, tenant, account)? })
    }

    /// Whether this is the PIN.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn is(
        &self,
        pin: &str,
        pepper: &HwSecret,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<bool, KeyError> {
        let found = tag(pin, pepper, &self.salt, tenant, account)?;
        Ok(verify_slices_are_equal(&*found, &self.tag).is_ok())
    }
}

fn tag(
    pin: &str,
    pepper: &HwSecret,
    salt: &[u8; 16],
    tenant: TenantId,
    account: AccountId,
) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let stretched = stretch(pin.as_bytes(), salt, MEMORY_KIB, PASSES)?;
    let bound = [b"ringfence/pin/v1".as_slice(), tenant.0.as_bytes(), account.0.as_bytes()];
    derive(&[&stretched, pepper.bytes()], &bound)
}

fn stretch(pin: &[u8], salt: &[u8], memory: u32, passes: u32) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let params = Params::new(memory, passes, 1, Some(32)).map_err(|_| KeyError::Library)?;
    let mut out = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin, salt, &mut *out)
        .map_err(|_| KeyError::Library)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use ringfence_model::{AccountId, TenantId};

    use super::*;

    /// From the test suite of the reference implementation of Argon2 (`src/test.c`, version 0x13, Argon2id).
    #[test]
    fn argon2id_is_the_published_function() {
        let out = stretch(b"password", b"somesalt", 1 << 16, 2).unwrap();
        let known = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        assert_eq!(hex::encode(*out), known);
        let out = stretch(b"differentpassword", b"somesalt", 1 << 16, 2).unwrap();
        let known = "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde";
        assert_eq!(hex::encode(*out), known);
    }

    #[test]
    fn only_the_same_pin_pepper_and_account_fit() {
        let (tenant, account) = (TenantId(uuid(1)), AccountId(uuid(2)));
        let pepper = HwSecret::from_bytes([7; 32]);
        let verifier = PinVerifier::make("2580", &pepper, [9; 16], tenant, account).unwrap();
        assert!(verifier.is("2580", &pepper, tenant, account).unwrap());
        assert!(!verifier.is("2581", &pepper, tenant, account).unwrap());
        assert!(!verifier.is("", &pepper, tenant, account).unwrap());
        assert!(!verifier.is("2580", &HwSecret::from_bytes([8; 32]), tenant, account).unwrap());
        assert!(!verifier.is("2580", &pepper, tenant, AccountId(uuid(3))).unwrap());
        assert!(!verifier.is("2580", &pepper, TenantId(uuid(3)), account).unwrap());
        let other = PinVerifier { salt: [8; 16], ..verifier };
        assert!(!other.is("2580", &pepper, tenant, account).unwrap());
    }

    fn uuid(last: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(last)
    }
}
