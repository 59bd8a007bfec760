//! Settings of app protection policies: the table, typed values, and their Graph forms.
//!
//! A [`Settings`] map holds what a policy *sets*. What it leaves out, sets to `null`, or writes in a form that means
//! *not set* (empty text, version 0.0, patch date 0000-00-00, PIN length 0) is absent; absent means [`Setting::default_value`], and
//! where that is `None`, no constraint.

mod convert;
pub mod members;
mod span;
mod table;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use self::convert::{read_flags, read_member};
pub use self::{
    convert::{settings_from_json, settings_to_json},
    span::{format_span, parse_span},
    table::Setting,
};
use crate::{Millis, Platform, Version};

/// What a policy sets: non-null settings with their values.
pub type Settings = BTreeMap<Setting, Value>;

/// The Graph version that first declares a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Since {
    /// Declared in v1.0 (and beta).
    V1,
    /// Declared in beta only.
    Beta,
}

/// What is known about a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Graph name.
    pub name: &'static str,
    /// Platforms whose policies have it.
    pub platforms: &'static [Platform],
    /// First Graph version that declares it.
    pub since: Since,
    /// `null` is a legal value.
    pub nullable: bool,
    /// Form and range of its values.
    pub kind: Kind,
    /// What absence means.
    pub fallback: Fallback,
}

/// Form and range of a setting's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON boolean → [`Value::Bool`].
    Bool,
    /// JSON integer within the range → [`Value::Int`].
    Int {
        /// Least allowed value.
        min: i64,
        /// Greatest allowed value.
        max: i64,
    },
    /// One member name → [`Value::Choice`].
    Choice(&'static [&'static str]),
    /// Comma-separated member names, the first member standing for none → [`Value::Flags`].
    Flags(&'static [&'static str]),
    /// Array of member names → [`Value::Choices`].
    Choices(&'static [&'static str]),
    /// ISO 8601 duration of days and smaller → [`Value::Span`].
    Span,
    /// Dotted version, one to four numbers; empty and zero mean not set → [`Value::Version`].
    Version,
    /// `YYYY-MM-DD`; empty and `0000-00-00` mean not set → [`Value::Date`].
    Date,
    /// Text; empty means not set → [`Value::Text`].
    Text,
    /// Array of texts → [`Value::Texts`].
    Texts,
    /// One text with parts separated by `;`; empty means not set → [`Value::Texts`].
    JoinedTexts,
    /// Array of `{name, value}` → [`Value::Pairs`].
    Pairs,
}

/// What the absence of a setting means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Nothing: no constraint.
    Nothing,
    /// This boolean.
    Bool(bool),
    /// This number.
    Int(i64),
    /// This span in minutes.
    Minutes(u64),
    /// This member.
    Choice(&'static str),
    /// The empty list or set.
    Empty,
}

/// A name with a value (`keyValuePair`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pair {
    /// Key or label, depending on the setting.
    pub name: String,
    /// Value; absent in JSON means empty.
    #[serde(default)]
    pub value: String,
}

/// The typed value of a setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// On or off.
    Bool(bool),
    /// A number.
    Int(i64),
    /// A member of an enumeration.
    Choice(&'static str),
    /// A set of flags; the empty set is written as the enumeration's first member.
    Flags(BTreeSet<&'static str>),
    /// A span of time.
    Span(Millis),
    /// A version.
    Version(Version),
    /// A date, `YYYY-MM-DD`, comparable as text.
    Date(String),
    /// A text, never empty.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A set of members.
    Choices(BTreeSet<&'static str>),
    /// A list of names with values.
    Pairs(Vec<Pair>),
}

impl Setting {
    /// Graph name.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// Whether policies of this platform have the setting.
    pub fn applies_to(self, platform: Platform) -> bool {
        self.spec().platforms.contains(&platform)
    }

    /// The settings of one platform, in table order.
    pub fn list_for(platform: Platform) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |setting| setting.applies_to(platform))
    }

    /// What absence means; `None` where absence is no constraint.
    pub fn default_value(self) -> Option<Value> {
        let spec = self.spec();
        match spec.fallback {
            Fallback::Nothing => None,
            Fallback::Bool(value) => Some(Value::Bool(value)),
            Fallback::Int(value) => Some(Value::Int(value)),
            Fallback::Minutes(value) => Some(Value::Span(Millis::from_minutes(value))),
            Fallback::Choice(value) => Some(Value::Choice(value)),
            Fallback::Empty => Some(match spec.kind {
                Kind::Flags(_) => Value::Flags(BTreeSet::new()),
                Kind::Choices(_) => Value::Choices(BTreeSet::new()),
                Kind::Pairs => Value::Pairs(Vec::new()),
                _ => Value::Texts(Vec::new()),
            }),
        }
    }

    /// The value in `settings`, or what its absence means.
    pub fn effective(self, settings: &Settings) -> Option<Value> {
        settings.get(&self).cloned().or_else(|| self.default_value())
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| serde::de::Error::custom(format!("`{name}` is not a setting")))
    }
}

/// For people: members and texts joined with commas, spans in ISO 8601.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &mut dyn Iterator<Item = String>| {
            let text = items.collect::<Vec<_>>().join(", ");
            f.write_str(if text.is_empty() { "(none)" } else { &text })
        };
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Choice(value) => f.write_str(value),
            Self::Flags(set) | Self::Choices(set) => list(f, &mut set.iter().map(ToString::to_string)),
            Self::Span(value) => f.write_str(&format_span(*value)),
            Self::Version(value) => write!(f, "{value}"),
            Self::Date(value) | Self::Text(value) => f.write_str(value),
            Self::Texts(values) => list(f, &mut values.iter().cloned()),
            Self::Pairs(pairs) => {
                list(f, &mut pairs.iter().map(|pair| format!("{}={}", pair.name, pair.value)))
            }
        }
    }
}
