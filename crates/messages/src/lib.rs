//! One registry of reason codes and every text a user sees, in English and Dutch.
//!
//! A [`ReasonCode`] is the stable name of *why* something happened; [`dialog()`] turns it into what a person reads.
//! Nothing here decides anything, and no text is written anywhere else.

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

mod catalogue;
mod dialog;
pub mod docs;
mod lang;
mod reason;
mod table;

#[cfg(test)]
mod tests;

pub use catalogue::{text, text_or_none};
pub use dialog::{Button, Dialog, dialog};
pub use lang::{Lang, LangError};
pub use reason::{ButtonAction, ReasonError, Severity};
pub use table::ReasonCode;

/// Named values for the places in a text, see [`docs::ARGUMENTS`]. What is missing is filled with neutral words.
pub type Args = std::collections::BTreeMap<String, String>;

/// Builds [`Args`] from pairs.
pub fn args<const N: usize>(pairs: [(&str, String); N]) -> Args {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
