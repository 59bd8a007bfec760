//! Plain enums for what settings say.

use serde::{Deserialize, Serialize};

/// Which apps take part in a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Transfer {
    /// Every app.
    AllApps,
    /// Apps managed for the same account.
    ManagedApps,
    /// No app.
    None,
}

/// Which apps share the clipboard (behaviour §5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Clipboard {
    AllApps,
    ManagedAppsWithPasteIn,
    ManagedApps,
    Blocked,
}

/// Which app may take a phone number or a message; `One` holds a package id or URL scheme, empty when none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redirect {
    Any,
    Managed,
    One(Box<str>),
    Blocked,
}

/// Which browser opens links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Browser {
    Any,
    Managed,
    One(Box<str>),
}

/// What a notification may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notifications {
    Allow,
    WithoutContent,
    Block,
}

/// What a condition that is not met leads to, as a policy says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    Warn,
    BlockWhenSupported,
    Block,
    Wipe,
}

impl Action {
    pub(crate) fn parse(member: &str) -> Option<Self> {
        match member {
            "warn" => Some(Self::Warn),
            "blockWhenSettingIsSupported" => Some(Self::BlockWhenSupported),
            "block" => Some(Self::Block),
            "wipe" => Some(Self::Wipe),
            _ => None,
        }
    }
}
