//! Verbs on the model: who is targeted, what applies, what is decided and why.
//!
//! Pure and total: no I/O, no clock, no randomness, no panic. The same code runs on the phone, the server and in the
//! command line.

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

pub mod access;
pub mod browser;
pub mod compile;
pub mod decide;
pub mod explain;
pub mod filter;
pub mod launch;
pub mod merge;
pub mod targeting;
