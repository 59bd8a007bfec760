//! Everything that can go wrong with a virtual phone itself (refusals by policy are outcomes, not errors).

use std::{io, path::PathBuf};

use crate::keystore::KeyStoreError;

/// A failure of the virtual phone; refusals by policy are outcomes and never end up here.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// The file system refused.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `lock` …
        action: &'static str,
        /// The file or folder concerned.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A file of the phone does not hold what it should.
    #[error("`{}` is damaged: {problem}", path.display())]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder is not a virtual phone.
    #[error("`{}` is not a virtual phone: make one with `ringfence phone make`", .0.display())]
    NotAPhone(PathBuf),
    /// The folder is taken already.
    #[error("`{}` already exists and is not empty", .0.display())]
    Exists(PathBuf),
    /// No such app on this phone.
    #[error("app `{app}` is not installed on this phone (installed: {installed})")]
    NotInstalled {
        /// The app asked for.
        app: String,
        /// The apps that are there, separated by commas.
        installed: String,
    },
    /// The app is on the phone already.
    #[error("app `{0}` is installed already")]
    AlreadyInstalled(String),
    /// Another process has the app open.
    #[error("app `{0}` is open in another process: close it there, or act through that process")]
    Busy(String),
    /// The app has no client core inside.
    #[error("app `{0}` is an ordinary app: it embeds no client core, so it has no work account")]
    Unmanaged(String),
    /// A value was not accepted.
    #[error("{what} `{value}` is not accepted: {allowed}")]
    Invalid {
        /// What kind of value.
        what: &'static str,
        /// The value as given.
        value: String,
        /// What is allowed instead.
        allowed: String,
    },
    /// There is no such thing on the phone.
    #[error("there is no {what} `{name}`{hint}")]
    Missing {
        /// What kind of thing: `document`, `photo`, `location` …
        what: &'static str,
        /// The name asked for.
        name: String,
        /// Empty, or a hint that starts with a colon.
        hint: String,
    },
    /// The key store refused.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    /// The network configuration cannot work.
    #[error("network: {0}")]
    Network(String),
    /// The operating system gave no randomness.
    #[error("no randomness: {0}")]
    Entropy(String),
    /// Diagnostics were not sent.
    #[error("diagnostics were not sent: {why}")]
    NotSent {
        /// Stable.
        code: &'static str,
        /// What to do about it.
        why: String,
    },
    /// The app's process has ended.
    #[error("the process of app `{0}` has ended")]
    Closed(String),
    /// Something did not happen in the time allowed for it.
    #[error("{what} did not happen within {seconds} s")]
    Timeout {
        /// What was waited for.
        what: String,
        /// For how long, in seconds.
        seconds: u64,
    },
}

impl PhoneError {
    /// The stable code of the failure.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::Damaged { .. } => "damaged",
            Self::NotAPhone(_) => "not_a_phone",
            Self::Exists(_) => "exists",
            Self::NotInstalled { .. } => "not_installed",
            Self::AlreadyInstalled(_) => "already_installed",
            Self::Busy(_) => "busy",
            Self::Unmanaged(_) => "unmanaged",
            Self::Invalid { .. } => "invalid",
            Self::Missing { .. } => "missing",
            Self::KeyStore(error) => error.code(),
            Self::Network(_) => "network",
            Self::Entropy(_) => "entropy",
            Self::NotSent { code, .. } => code,
            Self::Closed(_) => "closed",
            Self::Timeout { .. } => "timeout",
        }
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, problem: impl std::fmt::Display) -> Self {
        Self::Damaged { path: path.into(), problem: format!("{problem}") }
    }

    pub(crate) fn missing(what: &'static str, name: &str) -> Self {
        Self::Missing { what, name: name.to_owned(), hint: String::new() }
    }
}
