//! The managed browser: which pages open under the work account, and what happens to those that do not.
//!
//! Everything arrives as app configuration. Reading is total: what cannot be used is left out here and told where a
//! policy is written ([`faults()`]). `docs/browser.md` has the rules and the corners that were decided.

mod config;
mod docs;
mod explain;
mod faults;
mod judge;
pub mod keys;
mod list;
mod pattern;
mod site;

pub use config::{AutoTransition, BrowserPolicy, Chosen, Given, Home, Link, NamedList};
pub use docs::page;
pub use explain::{Explained, explain};
pub use faults::faults;
pub use judge::{Context, Decided, EntryTrace, Judgement, ListKind, Outcome, Visit};
pub use list::{BadEntry, Entry, MOST_ENTRIES, UrlList};
pub use pattern::{LONGEST_ENTRY, Pattern, PatternError};
pub use site::{Address, Host, Path, Site};
