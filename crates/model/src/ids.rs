//! Typed identifiers. On the wire each is a lower-case hyphenated UUID; new ones are version 7.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::UnixMillis;

/// A text was not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not an id: expected a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct IdError {
    /// The text as given.
    pub value: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new version 7 id: `random` are ten bytes from the caller's source of randomness.
            pub fn make(now: UnixMillis, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(now.0.unsigned_abs(), &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError { value: text.to_owned() })
            }
        }
    )+};
}

ids! {
    /// An organisation; nothing is shared between two of them.
    TenantId,
    /// A person in the directory; the identity that policies follow.
    UserId,
    /// A group of users and of groups.
    GroupId,
    /// An app protection policy or a targeted app configuration.
    PolicyId,
    /// One inclusion or exclusion of a policy.
    AssignmentId,
    /// A filter on top of assignments.
    AssignmentFilterId,
    /// A row of the app catalogue.
    AppEntryId,
    /// An app instance: user + app + device.
    InstanceId,
    /// A short authenticated session of an app instance.
    SessionId,
    /// A selective-wipe order.
    WipeId,
    /// An API token of an administrator or a program.
    TokenId,
    /// A work account as a phone knows it; equal to the [`UserId`] of its tenant.
    AccountId,
}
