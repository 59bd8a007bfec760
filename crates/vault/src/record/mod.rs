//! Small records of the client core (floors, counters, tombstones), sealed under the hardware secret alone so that
//! they can be read before the account is unlocked.
//!
//! `"RNGR" ‖ version u8 = 1 ‖ suite u8 = 1 ‖ nonce[12] ‖ AES-256-GCM-SIV(record)`, bound to scope and label.

use aws_lc_rs::aead::{Aad, Nonce};
use zeroize::Zeroizing;

use crate::{
    Entropy,
    keys::{HwSecret, KeyError, Scope, derive, siv},
};

const MAGIC: [u8; 6] = *b"RNGR\x01\x01";

fn aad(scope: &Scope, label: &str) -> Vec<u8> {
    [b"ringfence/record/v1\0".as_slice(), label.as_bytes(), b"\0", &scope.to_bytes()].concat()
}

/// Seals a record. `label` names its kind: a record never opens under another label.
pub fn seal(
    secret: &HwSecret,
    scope: &Scope,
    label: &str,
    entropy: Entropy<'_>,
    record: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let key = derive(&[secret.bytes()], &[b"ringfence/record-key/v1"])?;
    let mut nonce = [0; 12];
    entropy(&mut nonce);
    let mut body = record.to_vec();
    siv(&key)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad(scope, label)),
            &mut body,
        )
        .map_err(|_| KeyError::Library)?;
    Ok([MAGIC.as_slice(), &nonce, &body].concat())
}

/// Opens a record.
pub fn open(
    secret: &HwSecret,
    scope: &Scope,
    label: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let rest = sealed.strip_prefix(&MAGIC).ok_or(KeyError::Malformed)?;
    let (nonce, body) = rest.split_first_chunk::<12>().ok_or(KeyError::Malformed)?;
    let key = derive(&[secret.bytes()], &[b"ringfence/record-key/v1"])?;
    let mut body = Zeroizing::new(body.to_vec());
    let length = siv(&key)?
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(aad(scope, label)),
            body.as_mut_slice(),
        )
        .map_err(|_| KeyError::WrongKey)?
        .len();
    body.truncate(length);
    Ok(body)
}

#[cfg(test)]
mod tests;
