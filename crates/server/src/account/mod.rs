//! Built-in accounts: passwords of administrators and of end users, lock-out, second factors, and the end users' access
//! tokens.
//!
//! A password is counted as a failed attempt before it is checked and forgiven afterwards, so that guessing in
//! parallel gains nothing. An unknown name costs the same time as a wrong password.

pub(crate) mod api;
pub mod ops;
mod password;
pub(crate) mod second;
mod second_sql;
mod sql;
mod totp;

use ringfence_model::{TenantId, UnixMillis, UserId};
use uuid::Uuid;

use crate::{
    authz::{Role, Scope},
    db::DbError,
    http::ApiError,
};

/// Whose password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An administrator's account.
    Administrator(Uuid),
    /// A person in the directory.
    User(UserId),
}

impl Subject {
    fn key(self) -> String {
        match self {
            Self::Administrator(id) => format!("administrator:{id}"),
            Self::User(id) => format!("user:{id}"),
        }
    }

    /// Whom the audit log names.
    pub(crate) fn holder(self) -> String {
        match self {
            Self::Administrator(id) => format!("account:{id}"),
            Self::User(id) => format!("user:{id}"),
        }
    }
}

/// An administrator's built-in account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant: TenantId,
    /// The sign-in name.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// How far that reaches.
    pub scope: Scope,
}

/// A password was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// It was given by somebody else and must be changed now.
    pub must_change: bool,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password is wrong; which of them is not told.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many failures; come back later.
    #[error("too many wrong passwords: try again in {wait_s} seconds")]
    Locked {
        /// Seconds until the next attempt is looked at.
        wait_s: u64,
    },
    /// The one-time password must be replaced first.
    #[error("this password must be changed: send `newPassword` with it")]
    MustChange,
    /// The second factor is in use and no code was sent.
    #[error("a code of the authenticator app is needed: send `code` with it")]
    CodeNeeded,
    /// The code is wrong, used already or too old.
    #[error("the code is wrong or was used already")]
    CodeWrong,
    /// The new password is too weak.
    #[error("the new password must have 12 to 256 characters and differ from the old one")]
    Weak,
    /// Below.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        let text = error.to_string();
        match error {
            SignInError::Wrong => Self::new(http::StatusCode::UNAUTHORIZED, "sign_in_failed", text),
            SignInError::Locked { wait_s } => {
                Self::new(http::StatusCode::TOO_MANY_REQUESTS, "account_locked", text).retry_after_s(wait_s)
            }
            SignInError::MustChange => {
                Self::new(http::StatusCode::FORBIDDEN, "password_change_required", text)
            }
            SignInError::CodeNeeded => Self::new(http::StatusCode::FORBIDDEN, "code_required", text),
            SignInError::CodeWrong => Self::new(http::StatusCode::UNAUTHORIZED, "code_wrong", text),
            SignInError::Weak => Self::bad_request("password_weak", text),
            SignInError::Db(error) => error.into(),
        }
    }
}

/// What an administrator signs in with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignIn<'a> {
    /// The sign-in name.
    pub(crate) name: &'a str,
    /// The password.
    pub(crate) password: &'a str,
    /// A password to have from now on.
    pub(crate) new_password: Option<&'a str>,
    /// A code of the authenticator app, or a recovery code.
    pub(crate) code: Option<&'a str>,
}

/// A short-lived token of an end user, shown once.
#[derive(Debug, Clone)]
pub struct Access {
    /// The secret.
    pub token: String,
    /// When it ends.
    pub expires_at: UnixMillis,
}
