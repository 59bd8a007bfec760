//! The languages.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A language with a complete set of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Dutch.
    Nl,
}

/// A text named no language we have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a language: expected en or nl")]
pub struct LangError {
    /// The text as given.
    pub value: String,
}

impl Lang {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::En, Self::Nl];

    /// `en` or `nl`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lang {
    type Err = LangError;

    /// Takes `nl`, `NL`, `nl-BE` and `nl_NL.UTF-8` alike.
    fn from_str(text: &str) -> Result<Self, LangError> {
        let primary = text.split(['-', '_', '.']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|lang| lang.as_str().eq_ignore_ascii_case(primary))
            .ok_or_else(|| LangError { value: text.to_owned() })
    }
}
