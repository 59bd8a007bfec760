//! Signing in: people with a browser, people on phones, and the limit on failures that all doors share.

mod attempt;

pub(crate) use attempt::{Attempt, Attempts};
