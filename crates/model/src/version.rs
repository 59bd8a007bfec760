//! Dotted version numbers of operating systems, apps and SDKs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Up to four dotted numbers; missing parts count as zero, so `17` equals `17.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(pub [u32; 4]);

/// A text was not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a version: expected one to four numbers with dots, such as 17.4.1")]
pub struct VersionError {
    /// The text as given.
    pub value: String,
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = || VersionError { value: text.to_owned() };
        let mut parts = [0; 4];
        let mut count = 0;
        for (slot, part) in parts.iter_mut().zip(text.split('.')) {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong());
            }
            *slot = part.parse().map_err(|_| wrong())?;
            count += 1;
        }
        if count == text.split('.').count() { Ok(Self(parts)) } else { Err(wrong()) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, build, revision] = self.0;
        write!(f, "{major}.{minor}")?;
        if build != 0 || revision != 0 {
            write!(f, ".{build}")?;
        }
        if revision != 0 { write!(f, ".{revision}") } else { Ok(()) }
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
