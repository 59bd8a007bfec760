//! JSON Web Signatures of others: reading, and verifying with the public keys of whoever issued them (RFC 7515, 7517,
//! 8725). Pure: no network, no clock, nothing of ours is signed this way.
//!
//! The algorithm of a token must be on the allow-list *and* fit the key. `none` and the symmetric algorithms do not
//! exist here, so no list can name them. Keys come from the issuer's own key set only: `jku`, `x5u` and `jwk` of a header are
//! never looked at, and a header with `crit` is refused.

mod algorithm;
mod jwk;
mod jws;

pub(crate) use algorithm::Algorithm;
pub(crate) use jwk::KeySet;
pub(crate) use jws::{JwsError, Unverified};

#[cfg(test)]
mod tests;
