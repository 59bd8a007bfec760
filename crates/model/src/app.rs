//! How an app is named: platform plus bundle id (iOS) or package id (Android).

use std::fmt;

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
