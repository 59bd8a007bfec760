//! The client core that an app embeds: sans-IO, one [`Core`] per app on a phone.
//!
//! Clocks, randomness, network, key store, files and screen are inputs and effects. The core never blocks, never
//! panics, reads no clock and draws no randomness of its own; before anything that cannot be undone it writes an
//! intent and waits until it is durable. Start at [`Core::step`], [`Input`] and [`Effect`].
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

mod provider;
pub mod recording;

mod access;
mod action;
mod boot;
mod browse;
mod checkin;
mod chooser;
mod companion;
mod core;
mod dialogs;
mod documents;
mod effect;
mod flow;
mod gate;
mod identity;
mod input;
mod keys;
mod legacy;
mod log;
mod names;
mod notes;
mod policy_store;
mod registration;
mod request;
mod session;
mod share;
mod signer;
mod start;
mod state;
mod status;
mod time;
mod transfer;
mod wipe;
mod witness;

pub use action::{Action, LinkOpener, OtherApp};
pub use browse::{PageAnswer, PageFacts};
pub use core::{AppConfig, Core};
pub use effect::{CompanionOp, Effect, FileOp, HttpRequest, KeyOp, ReqId, StateOp};
pub use identity::Identities;
pub use input::{
    Connectivity, Credential, FileReply, HttpReply, Input, KeyFailure, KeyReply, NetFailure, Now, Outcome,
    PhoneBiometric, PhoneFacts, Pin, SharedAccount, StorageFailure,
};
pub use log::{LogLevel, LogRecord};
pub use request::{
    AccountTag, Answer, AppRequest, CoreStatus, DecisionAnswer, DocumentEntry, Failure, Identity,
    PolicySource, ProtectionState, Refusal, RequestId,
};
pub use witness::Testimony;

pub use ringfence_policy::{
    browser::{Context as BrowserContext, EntryTrace, Home as BrowserHome, Link as BrowserLink},
    compile::Transfer,
    decide::{Location, LocationAccount, Relation, Verdict, Way},
};
