//! Verbs on the model: who is targeted, what applies, what is decided and why.
//!
//! Pure and total: no I/O, no clock, no randomness, no panic. The same code runs on the phone, the server and in the
//! command line.

pub mod access;
pub mod compile;
pub mod decide;
pub mod explain;
pub mod launch;
pub mod merge;
pub mod targeting;
