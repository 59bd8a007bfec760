//! Nouns of the system: typed ids, the app protection policy document, facts about devices and apps.
//!
//! Everything here parses instead of validating twice: a value that exists is a valid one. No I/O, no clock,
//! no randomness, no async.

pub mod app;
pub mod facts;
pub mod ids;
pub mod platform;
pub mod time;
pub mod version;

pub use app::AppId;
pub use ids::{
    AccountId, AppEntryId, AssignmentId, GroupId, InstanceId, PolicyId, SessionId, TenantId, TokenId, UserId,
    WipeId,
};
pub use platform::{ManagementState, Platform};
pub use time::{Millis, UnixMillis};
pub use version::Version;
