//! Rules of assignment filters: `(app.osVersion -startsWith "17") and (app.deviceManufacturer -eq "Apple")`.
//!
//! A rule asks what a phone told about itself. What it did not tell satisfies nothing but `-eq $null`; a comparison with
//! it is false, whichever way round it is put. Letter case never matters. Parsing is total: every text is a rule or an
//! error that names a place in it.

mod check;
mod eval;
mod parse;

#[cfg(test)]
mod tests;

use ringfence_model::{ManagementState, Platform, Version};

/// Longest rule, in characters (behaviour §6, filters).
pub const RULE_MAX: usize = 3072;

/// Parentheses within each other at most.
pub const DEPTH_MAX: usize = 32;

macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($(#[$note:meta])* $name:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $kind { $($(#[$note])* $name,)+ }

        impl $kind {
            /// All, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// As written in a rule.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            fn read(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str().eq_ignore_ascii_case(text))
            }
        }
    };
}

names! {
    /// What a rule may ask, without `app.` in front.
    Property {
        /// Version of the app, as text.
        AppVersion = "appVersion",
        /// How the device is managed.
        DeviceManagementType = "deviceManagementType",
        /// Maker of the hardware.
        DeviceManufacturer = "deviceManufacturer",
        /// Model of the hardware.
        DeviceModel = "deviceModel",
        /// Version of the operating system, as numbers.
        OperatingSystemVersion = "operatingSystemVersion",
        /// Version of the operating system, as text.
        OsVersion = "osVersion",
    }
}

names! {
    /// How a value is compared, without the dash.
    Operator {
        /// Equal.
        Eq = "eq",
        /// Not equal.
        Ne = "ne",
        /// One of a list.
        In = "in",
        /// None of a list.
        NotIn = "notIn",
        /// Begins with.
        StartsWith = "startsWith",
        /// Does not begin with.
        NotStartsWith = "notStartsWith",
        /// Has in it.
        Contains = "contains",
        /// Does not have in it.
        NotContains = "notContains",
        /// Greater.
        Gt = "gt",
        /// Greater or equal.
        Ge = "ge",
        /// Less.
        Lt = "lt",
        /// Less or equal.
        Le = "le",
    }
}

/// The operating system that a filter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterPlatform {
    /// Android.
    Android,
    /// iOS and iPadOS.
    Ios,
    /// Windows: kept and checked; no phone ever matches.
    Windows,
}

impl FilterPlatform {
    /// All.
    pub const ALL: [Self; 3] = [Self::Android, Self::Ios, Self::Windows];

    /// Name in Graph.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Android => "androidMobileApplicationManagement",
            Self::Ios => "iOSMobileApplicationManagement",
            Self::Windows => "windowsMobileApplicationManagement",
        }
    }

    /// Reads the name, in any letter case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str().eq_ignore_ascii_case(text))
    }

    /// The same as the platform of phones.
    pub const fn of_phones(self) -> Option<Platform> {
        match self {
            Self::Android => Some(Platform::Android),
            Self::Ios => Some(Platform::Ios),
            Self::Windows => None,
        }
    }
}

/// What a phone has told about itself; `None` where it has not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Facts {
    /// Version of the app.
    pub app_version: Option<String>,
    /// Maker of the hardware.
    pub manufacturer: Option<String>,
    /// Model of the hardware.
    pub model: Option<String>,
    /// Version of the operating system.
    pub os_version: Option<String>,
}

impl Facts {
    /// Of a phone that nothing is known of.
    pub const UNKNOWN: Self = Self { app_version: None, manufacturer: None, model: None, os_version: None };
}

/// The phone that a rule is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Operating system.
    pub platform: Platform,
    /// How it is managed.
    pub management: ManagementState,
    /// The rest.
    pub facts: &'a Facts,
}

/// A text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {problem}")]
pub struct RuleError {
    /// The character, counted from 1.
    pub at: usize,
    /// What is wrong there.
    pub problem: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Compare(Comparison),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparison {
    property: Property,
    operator: Operator,
    value: Operand,
}

/// What a property is compared with; texts are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Null,
    Text(String),
    Texts(Vec<String>),
    Version(Version),
}

/// A filter as targeting needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Operating system it is for.
    pub platform: FilterPlatform,
    rule: Node,
}

impl Filter {
    /// Reads and checks a rule.
    ///
    /// # Errors
    /// The first place at which it is none: grammar, an unknown property or operator, an operator or a value that the
    /// property does not take on this platform.
    pub fn parse(platform: FilterPlatform, rule: &str) -> Result<Self, RuleError> {
        Ok(Self { platform, rule: parse::parse(platform, rule)? })
    }

    /// Whether a phone matches. Phones of another platform never do.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.platform.of_phones() == Some(subject.platform) && eval::holds(&self.rule, subject)
    }

    /// Properties that the rule asks and the phone has not told, each once.
    pub fn untold(&self, subject: &Subject<'_>) -> Vec<Property> {
        let mut found = Vec::new();
        eval::untold(&self.rule, subject, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Property {
    /// The operators that it takes.
    pub const fn operators(self) -> &'static [Operator] {
        use Operator::{Contains, Eq, Ge, Gt, In, Le, Lt, Ne, NotContains, NotIn, NotStartsWith, StartsWith};
        match self {
            Self::DeviceManagementType => &[Eq, Ne],
            Self::OperatingSystemVersion => &[Eq, Ne, Gt, Ge, Lt, Le],
            _ => &[Eq, Ne, In, NotIn, StartsWith, NotStartsWith, Contains, NotContains],
        }
    }

    /// Whether filters of a platform know it.
    pub fn is_of(self, platform: FilterPlatform) -> bool {
        self != Self::DeviceManagementType || platform != FilterPlatform::Windows
    }

    /// The values that it takes; empty for any.
    pub const fn values(self, platform: FilterPlatform) -> &'static [&'static str] {
        match (self, platform) {
            (Self::DeviceManagementType, FilterPlatform::Ios) => &["Unmanaged", "Managed"],
            (Self::DeviceManagementType, FilterPlatform::Android) => &[
                "Unmanaged",
                "Android device administrator",
                "Android Enterprise",
                "AOSP userless devices",
                "AOSP user-associated devices",
                "Corporate-owned dedicated devices with Azure AD Shared mode",
            ],
            _ => &[],
        }
    }
}
