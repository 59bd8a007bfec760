//! Signing in: people with a browser, people on phones, and the limit on failures that all doors share.
//!
//! A browser's session is a token like any other, revocable and with an end, that travels in a cookie; it counts for
//! changes only together with a value that other sites cannot know ([`session`]).

pub(crate) mod api;
mod attempt;
mod browser;
mod pages;
mod person;
mod phone;
pub(crate) mod session;

pub(crate) use attempt::{Attempt, Attempts, kept_out};
pub(crate) use phone::{offer, sign_in as sign_in_phone};

use axum::http::StatusCode;

use crate::{
    account::SignInError,
    db::DbError,
    failure::Failure,
    http::ApiError,
    provider::{ProviderError, code::CodeError},
};

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// There is no such provider, or not for this.
    #[error("there is no such way to sign in")]
    NoProvider,
    /// Nothing is known of this sign-in: it came back already, took too long, or began elsewhere.
    #[error("this sign-in is over or did not begin in this browser: begin again")]
    StateUnknown,
    /// The answer is of another provider.
    #[error("the answer came from another provider than the one that was asked")]
    Issuer,
    /// The provider says no.
    #[error("the provider refused: {0}")]
    ByProvider(String),
    /// The answer of the provider cannot be believed.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The directory does not know this person.
    #[error("the directory does not know this account")]
    Unknown,
    /// The name belongs to somebody who signs in as another subject of the provider.
    #[error("the account in the directory belongs to another identity at the provider")]
    Taken,
    /// Switched off in the directory.
    #[error("the account is disabled in the directory")]
    Disabled,
    /// No role: there is nothing to administer.
    #[error("this account has no role here")]
    NoRole,
    /// A built-in account: name, password, code.
    #[error(transparent)]
    BuiltIn(#[from] SignInError),
    /// Too many failures from this address.
    #[error("too many failed sign-ins from this address: try again in {0} seconds")]
    Wait(u64),
    /// The form came from another site.
    #[error("the form was sent from another site")]
    CrossSite,
    /// What the provider says cannot be stored.
    #[error("what the provider says of this account cannot be stored: {0}")]
    Unfit(String),
    /// Below.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<ProviderError> for Refused {
    fn from(error: ProviderError) -> Self {
        Self::Code(error.into())
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Db(error) => Self::Db(error),
            other => Self::Unfit(ApiError::from(other).detail().to_owned()),
        }
    }
}

impl Refused {
    /// Names the text on the page and the code in the log.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NoProvider => "signin-no-provider",
            Self::StateUnknown => "signin-state-unknown",
            Self::Issuer => "signin-issuer",
            Self::ByProvider(_) => "signin-by-provider",
            Self::Code(CodeError::Provider(_)) => "signin-provider-unavailable",
            Self::Code(CodeError::Exchange(_)) => "signin-code-used",
            Self::Code(_) => "signin-token",
            Self::Unknown => "signin-unknown",
            Self::Taken => "signin-taken",
            Self::Disabled => "signin-disabled",
            Self::NoRole => "signin-no-role",
            Self::BuiltIn(SignInError::Wrong) => "signin-wrong",
            Self::BuiltIn(SignInError::MustChange) => "signin-must-change",
            Self::BuiltIn(SignInError::Weak) => "signin-weak",
            Self::BuiltIn(SignInError::CodeNeeded) => "signin-code-needed",
            Self::BuiltIn(SignInError::CodeWrong) => "signin-code-wrong",
            Self::BuiltIn(SignInError::Locked { .. }) | Self::Wait(_) => "signin-wait",
            Self::CrossSite => "signin-cross-site",
            Self::Unfit(_) => "signin-unfit",
            Self::BuiltIn(SignInError::Db(_)) | Self::Db(_) => "signin-failed",
        }
    }

    /// The HTTP status.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NoProvider => StatusCode::NOT_FOUND,
            Self::ByProvider(_) | Self::BuiltIn(SignInError::Weak) => StatusCode::BAD_REQUEST,
            Self::Code(CodeError::Provider(_)) => StatusCode::BAD_GATEWAY,
            Self::StateUnknown
            | Self::Issuer
            | Self::Code(_)
            | Self::BuiltIn(SignInError::Wrong | SignInError::CodeWrong) => StatusCode::UNAUTHORIZED,
            Self::Unknown
            | Self::Disabled
            | Self::NoRole
            | Self::CrossSite
            | Self::BuiltIn(SignInError::MustChange | SignInError::CodeNeeded) => StatusCode::FORBIDDEN,
            Self::Taken | Self::Unfit(_) => StatusCode::CONFLICT,
            Self::BuiltIn(SignInError::Locked { .. }) | Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::BuiltIn(SignInError::Db(_)) | Self::Db(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether somebody tried to be who he is not: counts against the address.
    pub(crate) const fn is_wrong(&self) -> bool {
        matches!(self, Self::Code(_) | Self::BuiltIn(SignInError::Wrong | SignInError::CodeWrong))
            && !matches!(self, Self::Code(CodeError::Provider(_)))
    }

    /// Why somebody was kept out, for the audit log; `None` for a step on the way in, and for what failed on our side.
    pub(crate) fn kept_out(&self) -> Option<(&'static str, String)> {
        let on_the_way = matches!(
            self,
            Self::BuiltIn(
                SignInError::MustChange | SignInError::Weak | SignInError::CodeNeeded | SignInError::Db(_)
            ) | Self::NoProvider
                | Self::Db(_)
                | Self::Code(CodeError::Provider(_))
        );
        (!on_the_way).then(|| (self.code(), self.to_string()))
    }
}
