//! Nouns of the system: typed ids, the app protection policy document, facts about devices and apps.
//!
//! Everything here parses instead of validating twice: a value that exists is a valid one. No I/O, no clock,
//! no randomness, no async.

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

pub mod app;
pub mod appconfig;
pub mod diff;
pub mod document;
pub mod facts;
mod field_error;
pub mod ids;
pub mod import;
pub mod platform;
pub mod settings;
pub mod time;
pub mod version;

pub use app::{AppId, SignInMethod};
pub use field_error::{FieldError, name_fault, prose_fault, text_fault};
pub use ids::{
    AccountId, AppEntryId, AssignmentFilterId, AssignmentId, GroupId, InstanceId, PolicyId, SessionId,
    TenantId, TokenId, UserId, WipeId,
};
pub use platform::{ManagementState, Platform};
pub use time::{Millis, UnixMillis};
pub use version::Version;
