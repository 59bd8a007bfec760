//! What phone and server say to each other (`docs/protocol.md`): messages, signed objects, sessions and the
//! rules by which a phone accepts what it is given. Pure: no transport, no clock, no storage; randomness is
//! handed in by the caller.
//!
//! Start at [`bundle::accept`] (phone), [`bundle::Bundle::sign`] (server) and [`session`].
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::todo,
        clippy::unreachable
    )
)]

pub mod bundle;
pub mod bytes;
mod cbor;
pub mod checkin;
pub mod device;
pub mod envelope;
pub mod keys;
pub mod keyset;
pub mod problem;
pub mod refusal;
pub mod register;
pub mod request;
pub mod session;
pub mod signin;
pub mod status;
pub mod wipe;

pub use bytes::{Bytes, Digest, KeyId};
pub use envelope::{Namespace, Pending};
pub use keys::{InstanceKey, InstancePublicKey, SigningKey, VerifyKey};
pub use refusal::Refusal;

/// Largest signed object anyone parses, in bytes.
pub const MAX_SIGNED_BYTES: usize = 256 * 1024;

/// How far a clock may run ahead of ours before an instant counts as *in the future*.
pub const CLOCK_SKEW: ringfence_model::Millis = ringfence_model::Millis::from_minutes(5);
