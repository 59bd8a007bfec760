//! How an app is named: platform plus bundle id (iOS) or package id (Android); how people sign in to it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::platform::Platform;

/// A bundle or package id, compared without regard to case (kept as written).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AppId {
    /// The operating system the id belongs to.
    pub platform: Platform,
    /// `com.example.notes`
    pub id: String,
}

impl AppId {
    /// Names an app.
    pub fn new(platform: Platform, id: impl Into<String>) -> Self {
        Self { platform, id: id.into() }
    }

    /// The form that comparisons and indexes use.
    pub fn key(&self) -> String {
        self.id.to_ascii_lowercase()
    }
}

impl PartialEq for AppId {
    fn eq(&self, other: &Self) -> bool {
        self.platform == other.platform && self.id.eq_ignore_ascii_case(&other.id)
    }
}

impl Eq for AppId {}

impl std::hash::Hash for AppId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.platform.hash(state);
        for byte in self.id.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
    }
}

impl PartialOrd for AppId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AppId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let lower = |id: &str| id.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
        self.platform.cmp(&other.platform).then_with(|| lower(&self.id).cmp(&lower(&other.id)))
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// How people sign in to the service behind an app (catalogue A1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SignInMethod {
    /// OAuth 2.0 or OpenID Connect: the identity is known.
    #[default]
    Modern,
    /// Name and password to the service itself: no identity, hence no policy.
    Legacy,
}

impl SignInMethod {
    /// `modern` or `legacy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
        }
    }
}

impl FromStr for SignInMethod {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "modern" => Ok(Self::Modern),
            "legacy" => Ok(Self::Legacy),
            _ => Err(format!("`{text}` is not a way to sign in: expected modern or legacy")),
        }
    }
}
