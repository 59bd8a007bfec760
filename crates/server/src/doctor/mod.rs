//! The troubleshooter: from a user, an app or a code read off a phone to one cause, its place in the catalogue and the
//! cure for user and administrator.
//!
//! `gather` collects what is known, `diagnose` judges it: a pure, total function over [`evidence::Evidence`]. What a
//! policy decides is asked of `policy::decide` and `policy::launch`, the same functions as on the phone. Nothing here
//! waits or guesses: what is not known is said to be unknown, with the way to find out.

pub(crate) mod api;
mod cause;
mod diagnosis;
mod evidence;
mod gather;
mod ladder;
mod near;
mod probe;
mod reported;
mod tell;

/// The checks of the ladder, as answers name them.
pub fn checks() -> impl Iterator<Item = &'static str> {
    diagnosis::Rung::ALL.into_iter().map(diagnosis::Rung::as_str)
}

/// The causes that are no reasons of a phone, as answers name them.
pub fn causes() -> impl Iterator<Item = &'static str> {
    cause::Kind::ALL.iter().map(|kind| kind.key())
}
