//! A virtual phone: a folder that behaves like a telephone, driven by the real client core over real HTTP.
//!
//! A phone has an operating system with facts, a software key store, a network switch, shared places and
//! installed apps. Managed apps embed the client core of `ringfence-client`; this crate only executes the
//! core's effects and never decides anything about policy itself.
//!
//! ```text
//! phone.json          operating system, facts, server, network switch, clock
//! lock                advisory lock of the whole phone, held for short changes
//! keystore/           keys that never leave the store: sign, agree, seal and unseal only
//! shared/             places outside apps: photos, files, clipboard.json
//! apps/<bundle id>/   app.json, lock, state/ (the core's durable slots), files/
//! ```
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

pub mod accounts;
pub mod atomic;
mod browse;
mod browser;
mod budget;
pub mod companion;
mod config;
mod crash;
pub mod dialog;
mod error;
pub mod facts;
mod handle;
pub mod http;
pub mod install;
mod journal;
pub mod keystore;
pub mod lock;
pub mod outcome;
pub mod phone;
mod ports;
pub mod press;
mod process;
pub mod push;
mod reset;
mod send;
pub mod shared;
pub mod span;
mod tape;
pub mod transfer;
mod watch;

pub use browser::Opener;
pub use budget::Budget;
pub use error::PhoneError;
pub use handle::{App, AppHandle};
pub use install::{AppRecord, Install};
pub use journal::JournalLine;
pub use keystore::{Fault, KeyStore};
pub use outcome::{Document, Ending, Outcome};
pub use phone::{MakePhone, Phone, PhoneRecord};
pub use press::{Press, parse_button};
pub use process::{AppEvent, level_name};
pub use send::Sent;

/// The words of the client core that callers need.
pub use ringfence_client::{
    Action, BrowserContext, BrowserHome, CoreStatus, DecisionAnswer, EntryTrace, Identity, LinkOpener,
    OtherApp, PageFacts, ProtectionState, Verdict, Way,
};
