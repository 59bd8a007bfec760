//! What the last attempts of a user came to: how somebody signed in, and why a registration was refused. It is the
//! troubleshooter's evidence about phones that never got so far as to report anything themselves (catalogue A1, I3, I4,
//! I8, I10).
//!
//! Only who knows the password leaves a mark: a wrong one changes nothing here (its count is with the account), so that
//! nobody can fill the table or learn from the time it takes whether a user exists. Only the last attempt per kind, app
//! and device is kept, at most [`ROWS_MAX`] per user, at most [`KEPT`] long.

pub mod ops;
mod sql;

use ringfence_model::{AppId, Millis, SignInMethod, UnixMillis};

/// Rows kept per user, the newest.
pub const ROWS_MAX: i64 = 64;

/// How long a row is kept.
pub const KEPT: Millis = Millis::from_days(30);

/// What was attempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Signing in with a built-in account.
    SignIn,
    /// Registering an app instance.
    Registration,
}

impl Kind {
    /// `signIn` or `registration`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "signIn",
            Self::Registration => "registration",
        }
    }
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What was attempted.
    pub kind: Kind,
    /// From which app, when it said so.
    pub app: Option<AppId>,
    /// From which device.
    pub device_tag: Option<String>,
    /// How.
    pub method: SignInMethod,
    /// Problem code of the refusal (protocol §8); `None` when it was done.
    pub refused: Option<String>,
    /// When.
    pub at: UnixMillis,
}
