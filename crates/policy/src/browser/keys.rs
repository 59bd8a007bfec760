//! The keys of app configuration that a managed browser obeys, under our names and under the documented ones of the
//! reference system (behaviour §7). Names are compared with case.

use serde::Serialize;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Key {
    /// Pages that may be opened; nothing else may.
    AllowList,
    /// Pages that may not be opened.
    BlockList,
    /// The lists hold for what a page embeds as well.
    Subresources,
    /// A blocked page may be opened elsewhere.
    AllowTransition,
    /// A blocked page may be opened without history under the work account.
    InPrivate,
    /// How long the notice about that stays.
    InPrivateNotice,
    /// Whether the user is asked where to open a blocked page.
    AutoTransition,
    /// Where blocked links from work apps open.
    WorkLinks,
    /// Blocked forms are not sent elsewhere (iOS).
    IgnorePost,
    /// Only the work account may be used in this app.
    OnlyWorkAccount,
    /// Features that are switched off; `inprivate` counts here.
    DisabledFeatures,
    /// The page behind the first icon.
    Homepage,
    /// Bookmarks of the organisation.
    Bookmarks,
    /// Icons on the page of a new tab.
    TopSites,
    /// A page instead of a new tab.
    NewTabPage,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Entries separated by `|`.
    List,
    /// `true` or `false`.
    Switch,
    /// One of these numbers.
    OneOf(&'static [&'static str]),
    /// Whole seconds.
    Seconds,
    /// One web address.
    Address,
    /// `Title|address||Title|address`.
    Links,
    /// Words separated by `|`.
    Words,
    /// `Enabled`.
    Enabled,
}

impl Form {
    /// In words, for errors and for the documentation.
    pub fn allowed(self) -> String {
        match self {
            Self::List => "entries separated by `|`".to_owned(),
            Self::Switch => "`true` or `false`".to_owned(),
            Self::OneOf(values) => {
                values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
            }
            Self::Seconds => "whole seconds from 1 to 60".to_owned(),
            Self::Address => "an `http` or `https` address".to_owned(),
            Self::Links => "`Title|address||Title|address`".to_owned(),
            Self::Words => "words separated by `|`".to_owned(),
            Self::Enabled => "`Enabled`, `true` or `false`".to_owned(),
        }
    }
}

/// Our names begin so.
pub const OWN: &str = "ringfence.browser.";

/// The documented names begin so.
pub const DOCUMENTED: &str = "com.microsoft.intune.mam.managedbrowser.";

/// One row of the table of keys.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub key: Key,
    /// Our name after [`OWN`].
    pub own: &'static str,
    /// The documented name, in full.
    pub documented: &'static str,
    /// What a value looks like.
    pub form: Form,
    /// What holds without a value.
    pub default: &'static str,
    /// What holds when several values arrive.
    pub several: &'static str,
}

macro_rules! documented {
    ($name:literal) => {
        concat!("com.microsoft.intune.mam.managedbrowser.", $name)
    };
}

const fn row(
    key: Key,
    names: [&'static str; 2],
    form: Form,
    default: &'static str,
    several: &'static str,
) -> Row {
    let [own, documented] = names;
    Row { key, own, documented, form, default, several }
}

/// All keys.
pub const KEYS: [Row; 15] = [
    row(
        Key::AllowList,
        ["allowList", documented!("AllowListURLs")],
        Form::List,
        "no list",
        "a page must be on each of them",
    ),
    row(
        Key::BlockList,
        ["blockList", documented!("BlockListURLs")],
        Form::List,
        "no list",
        "a page on any of them is blocked",
    ),
    row(
        Key::Subresources,
        ["blockSubresources", documented!("ManageRestrictedSubresourceEnabled")],
        Form::Switch,
        "false",
        "`true` wins",
    ),
    row(
        Key::AllowTransition,
        ["allowTransition", documented!("AllowTransitionOnBlock")],
        Form::Switch,
        "true",
        "`false` wins",
    ),
    row(
        Key::InPrivate,
        ["openInPrivate", documented!("openInPrivateIfBlocked")],
        Form::Switch,
        "false",
        "`false` wins",
    ),
    row(
        Key::InPrivateNotice,
        ["inPrivateNoticeSeconds", documented!("durationOfOpenInPrivateSnackBar")],
        Form::Seconds,
        "7",
        "the longest wins",
    ),
    row(
        Key::AutoTransition,
        ["autoTransition", documented!("AutoTransitionModeOnBlock")],
        Form::OneOf(&["0", "1", "2"]),
        "0",
        "0 wins, then 2",
    ),
    row(
        Key::WorkLinks,
        ["workLinks", documented!("ProfileAutoSwitchToWork")],
        Form::OneOf(&["1", "2"]),
        "1",
        "1 wins",
    ),
    row(
        Key::IgnorePost,
        ["ignorePost", documented!("IgnorePostRequestOnAutoTransition")],
        Form::Switch,
        "false",
        "`true` wins",
    ),
    row(
        Key::OnlyWorkAccount,
        ["onlyWorkAccount", "IntuneMAMAllowedAccountsOnly"],
        Form::Enabled,
        "false",
        "`true` wins",
    ),
    row(
        Key::DisabledFeatures,
        ["disabledFeatures", documented!("disabledFeatures")],
        Form::Words,
        "none",
        "all of them",
    ),
    row(
        Key::Homepage,
        ["homepage", documented!("homepage")],
        Form::Address,
        "none",
        "the first in alphabetical order",
    ),
    row(Key::Bookmarks, ["bookmarks", documented!("bookmarks")], Form::Links, "none", "all of them"),
    row(
        Key::TopSites,
        ["topSites", documented!("managedTopSites")],
        Form::Links,
        "none",
        "all of them, eight at most",
    ),
    row(
        Key::NewTabPage,
        ["newTabPage", documented!("NewTabPage.CustomURL")],
        Form::Address,
        "none",
        "the first in alphabetical order",
    ),
];

impl Row {
    /// Whether `name` is one of its names.
    pub fn is_named(&self, name: &str) -> bool {
        name == self.documented || name.strip_prefix(OWN) == Some(self.own)
    }

    fn is_nearly(&self, name: &str) -> bool {
        let own = format!("{OWN}{}", self.own);
        name.eq_ignore_ascii_case(self.documented) || name.eq_ignore_ascii_case(&own)
    }
}

/// The row of a name; `None` for a name that is not ours to read.
pub fn row_of(name: &str) -> Option<&'static Row> {
    KEYS.iter().find(|row| row.is_named(name))
}

/// The name that was meant, when only the case of letters is wrong.
pub fn meant(name: &str) -> Option<String> {
    let row = KEYS.iter().find(|row| row.is_nearly(name) && !row.is_named(name))?;
    Some(if name.len() == row.documented.len() {
        row.documented.to_owned()
    } else {
        format!("{OWN}{}", row.own)
    })
}
