//! Sealed files and the key hierarchy of an app instance. No I/O beyond `Read`, `Write` and `Seek`; no clock;
//! randomness is handed in by the caller.
//!
//! [`container`] is our file: a header and a [`chunked`] message (C2SP chunked-encryption, Cobblestone-256) under
//! a content key of the identity's [`keys::KeyRing`]. Destroying the hardware secret and the wrapped ring makes
//! every file unreadable at once (crypto-erase).
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

pub mod chunked;
pub mod container;
pub mod keys;
pub mod pin;
pub mod record;

pub use container::{ContainerError, FileHeader};
pub use keys::{ContentKey, HwSecret, Kek, KeyRing, Scope, WrappedRing};
pub use pin::PinVerifier;

/// The caller's source of randomness: fills the slice.
pub type Entropy<'a> = &'a mut dyn FnMut(&mut [u8]);
