//! Scenario files: their form, where they come from, and what is wrong with them.

mod error;
mod fields;
mod find;
mod names;
mod read;

pub use error::{FileError, Problem, nearest};
pub(crate) use fields::{Document, Fields};
pub use find::{FindError, embedded, find};
pub(crate) use names::Names;
pub use read::Scenario;
