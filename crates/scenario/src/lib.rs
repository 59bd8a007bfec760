//! Situations of the catalogue as files: set up, played on the real server and virtual phones, and judged.
//!
//! A scenario sets a *cause* (a licence removed, a phone jailbroken); dialog, code, state and finding must follow,
//! and so must the cure. Nothing here decides what an app or the server does. The format is `docs/scenarios.md`.
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
mod crash;
mod expect;
mod facts;
mod format;
mod lab;
mod play;
mod report;
mod run;
mod steps;
mod texts;
mod words;
mod world;

pub use catalogue::{ROWS, Row};
pub use crash::{Rest, cut};
pub use format::{FileError, FindError, Problem, Scenario, embedded, find, nearest};
pub use lab::{Database, Lab};
pub use report::{Check, Part, Played, StepReport, Verdict};
pub use run::{Options, run, run_all};
