//! What a managed browser obeys, read from app configuration and made ready for questions.

use std::collections::BTreeSet;

use serde::Serialize;
use url::Url;

use super::{
    keys::{self, Form, Key},
    list::{self, UrlList},
};

/// Icons on the page of a new tab, the homepage included.
const MOST_TOP_SITES: usize = 8;

/// How long the notice stays unless configured.
const NOTICE_SECONDS: u32 = 7;

/// One value as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Name of the key.
    pub name: &'a str,
    /// The value, always text.
    pub value: &'a str,
    /// The policies that it came with, as places in the caller's list of sources.
    pub sources: &'a [u32],
}

/// A value in force and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen<T> {
    /// The value.
    pub value: T,
    /// The key, as the policy names it; empty for a default.
    pub key: String,
    /// The policies, see [`Given::sources`].
    pub sources: BTreeSet<u32>,
}

impl<T: PartialEq> Chosen<T> {
    const fn default(value: T) -> Self {
        Self { value, key: String::new(), sources: BTreeSet::new() }
    }

    /// Takes a value when none has been given, or when it is stricter; an equal one adds its sources.
    fn offer(&mut self, value: T, given: &Given<'_>, stricter: impl Fn(&T, &T) -> bool) {
        if self.key.is_empty() || stricter(&value, &self.value) {
            *self =
                Self { value, key: given.name.to_owned(), sources: given.sources.iter().copied().collect() };
        } else if value == self.value {
            self.sources.extend(given.sources);
            if *given.name < *self.key {
                given.name.clone_into(&mut self.key);
            }
        }
    }
}

/// Where a blocked page goes (`AutoTransitionModeOnBlock`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AutoTransition {
    /// The user is asked.
    Ask,
    /// To the personal account when there is one, else as [`Self::InPrivate`].
    Personal,
    /// Without history, where that is permitted.
    InPrivate,
}

impl AutoTransition {
    const fn looseness(self) -> u8 {
        match self {
            Self::Ask => 0,
            Self::InPrivate => 1,
            Self::Personal => 2,
        }
    }
}

/// A list with where it came from.
#[derive(Debug, Clone)]
pub struct NamedList {
    /// The key, as the policy names it.
    pub key: String,
    /// The policies, see [`Given::sources`].
    pub sources: Vec<u32>,
    /// The entries.
    pub list: UrlList,
}

/// A title with an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// What the user reads.
    pub title: String,
    /// Where it leads.
    pub address: String,
}

/// What the browser shows under the work account besides pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Home {
    /// The page behind the first icon.
    pub homepage: Option<String>,
    /// A page instead of a new tab.
    pub new_tab_page: Option<String>,
    /// Icons on the page of a new tab, the homepage first; at most eight.
    pub top_sites: Vec<Link>,
    /// Read-only bookmarks in a folder named after the organisation.
    pub bookmarks: Vec<Link>,
}

/// What a managed browser obeys.
#[derive(Debug, Clone)]
pub struct BrowserPolicy {
    pub(super) allow: Vec<NamedList>,
    pub(super) block: Vec<NamedList>,
    pub(super) subresources: Chosen<bool>,
    pub(super) transition: Chosen<bool>,
    pub(super) in_private: Chosen<bool>,
    pub(super) notice_seconds: Chosen<u32>,
    pub(super) auto: Chosen<AutoTransition>,
    pub(super) links_stay: Chosen<bool>,
    pub(super) ignore_post: Chosen<bool>,
    pub(super) only_work: Chosen<bool>,
    pub(super) no_in_private: Chosen<bool>,
    home: Home,
}

impl Default for BrowserPolicy {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            block: Vec::new(),
            subresources: Chosen::default(false),
            transition: Chosen::default(true),
            in_private: Chosen::default(false),
            notice_seconds: Chosen::default(NOTICE_SECONDS),
            auto: Chosen::default(AutoTransition::Ask),
            links_stay: Chosen::default(true),
            ignore_post: Chosen::default(false),
            only_work: Chosen::default(false),
            no_in_private: Chosen::default(false),
            home: Home::default(),
        }
    }
}

impl BrowserPolicy {
    /// Reads the values; the order in which they arrive does not matter, and values that cannot be read are left out.
    /// An allow list without a single usable entry allows nothing; an empty value is no list.
    pub fn compile<'a>(values: impl IntoIterator<Item = Given<'a>>) -> Self {
        let mut sorted: Vec<Given<'a>> = values.into_iter().collect();
        sorted.sort_by(|one, other| (one.value, one.name).cmp(&(other.value, other.name)));
        let mut policy = Self::default();
        for given in &sorted {
            if let Some(row) = keys::row_of(given.name) {
                policy.take(row.key, given);
            }
        }
        policy.finish_home();
        policy
    }

    /// No list and nothing for the page of a new tab.
    pub fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.block.is_empty() && self.home == Home::default()
    }

    /// Homepage, icons and bookmarks.
    pub const fn home(&self) -> &Home {
        &self.home
    }

    fn take(&mut self, key: Key, given: &Given<'_>) {
        let text = given.value.trim();
        match key {
            Key::AllowList => self.allow.extend(named_list(given)),
            Key::BlockList => self.block.extend(named_list(given)),
            Key::Subresources => on(&mut self.subresources, given),
            Key::AllowTransition => off(&mut self.transition, given),
            Key::InPrivate => off(&mut self.in_private, given),
            Key::InPrivateNotice => {
                if let Some(seconds) = seconds(text) {
                    self.notice_seconds.offer(seconds, given, |new, old| new > old);
                }
            }
            Key::AutoTransition => {
                let mode = match text {
                    "0" => AutoTransition::Ask,
                    "1" => AutoTransition::Personal,
                    "2" => AutoTransition::InPrivate,
                    _ => return,
                };
                self.auto.offer(mode, given, |new, old| new.looseness() < old.looseness());
            }
            Key::WorkLinks => match text {
                "1" => self.links_stay.offer(true, given, |new, _| *new),
                "2" => self.links_stay.offer(false, given, |_, _| false),
                _ => {}
            },
            Key::IgnorePost => on(&mut self.ignore_post, given),
            Key::OnlyWorkAccount => on(&mut self.only_work, given),
            Key::DisabledFeatures => {
                let inprivate = text.split('|').any(|word| word.trim().eq_ignore_ascii_case("inprivate"));
                self.no_in_private.offer(inprivate, given, |new, old| *new && !*old);
            }
            Key::Homepage => {
                self.home.homepage = self.home.homepage.take().or_else(|| address(text));
            }
            Key::NewTabPage => {
                self.home.new_tab_page = self.home.new_tab_page.take().or_else(|| address(text));
            }
            Key::Bookmarks => self.home.bookmarks.extend(links(text)),
            Key::TopSites => self.home.top_sites.extend(links(text)),
        }
    }

    /// The homepage takes the place of the first icon.
    fn finish_home(&mut self) {
        let home = &mut self.home;
        if let Some(homepage) = &home.homepage {
            let first = Link { title: String::new(), address: homepage.clone() };
            if home.top_sites.is_empty() {
                home.top_sites.push(first);
            } else if let Some(place) = home.top_sites.first_mut() {
                *place = first;
            }
        }
        home.top_sites.truncate(MOST_TOP_SITES);
    }
}

fn named_list(given: &Given<'_>) -> Option<NamedList> {
    list::split(given.value).next()?;
    let (list, _) = UrlList::parse(given.value);
    Some(NamedList { key: given.name.to_owned(), sources: given.sources.to_vec(), list })
}

/// `true` is the stricter value.
fn on(chosen: &mut Chosen<bool>, given: &Given<'_>) {
    if let Some(value) = switch(given.value) {
        chosen.offer(value, given, |new, old| *new && !*old);
    }
}

/// `false` is the stricter value.
fn off(chosen: &mut Chosen<bool>, given: &Given<'_>) {
    if let Some(value) = switch(given.value) {
        chosen.offer(value, given, |new, old| !*new && *old);
    }
}

fn switch(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "enabled" => Some(true),
        "false" | "disabled" => Some(false),
        _ => None,
    }
}

fn seconds(text: &str) -> Option<u32> {
    text.parse().ok().filter(|seconds| (1..=60).contains(seconds))
}

/// An `http` or `https` address in its normal form.
fn address(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

fn links(text: &str) -> impl Iterator<Item = Link> + '_ {
    text.split("||").filter_map(link)
}

fn link(text: &str) -> Option<Link> {
    let (title, target) = text.split_once('|')?;
    let title = title.trim();
    (!title.is_empty()).then_some(())?;
    Some(Link { title: title.to_owned(), address: address(target)? })
}

/// What is wrong with a value of this form: the part that is wrong, why, and what would be right.
pub(super) fn wrong(form: Form, value: &str) -> Vec<(String, String, String)> {
    let text = value.trim();
    let one = |fine: bool, problem: &str| {
        let fault = (value.to_owned(), problem.to_owned(), form.allowed());
        if fine { Vec::new() } else { vec![fault] }
    };
    match form {
        Form::List => wrong_list(text),
        Form::Switch => {
            one(matches!(text.to_ascii_lowercase().as_str(), "true" | "false"), "is not a switch")
        }
        Form::Enabled => one(switch(text).is_some(), "is not a switch"),
        Form::OneOf(values) => one(values.contains(&text), "is not one of the known numbers"),
        Form::Seconds => one(seconds(text).is_some(), "is not a number of seconds"),
        Form::Address => one(address(text).is_some(), "is not a web address"),
        Form::Words => Vec::new(),
        Form::Links => text
            .split("||")
            .enumerate()
            .filter(|(_, part)| !part.trim().is_empty() && link(part).is_none())
            .map(|(at, part)| {
                (part.to_owned(), format!("link {} has no title or no web address", at + 1), form.allowed())
            })
            .collect(),
    }
}

fn wrong_list(text: &str) -> Vec<(String, String, String)> {
    let count = list::split(text).count();
    if count > list::MOST_ENTRIES {
        let allowed = format!("at most {} entries", list::MOST_ENTRIES);
        return vec![(format!("list of {count}"), format!("is a list of {count} entries"), allowed)];
    }
    if count == 0 {
        let fault = (text.to_owned(), "is a list without entries".to_owned(), Form::List.allowed());
        return vec![fault];
    }
    let entries = list::split(text).filter(|(_, entry)| !entry.contains("{{"));
    entries
        .filter_map(|(number, entry)| {
            let error = super::Pattern::parse(entry).err()?;
            Some((entry.to_owned(), format!("entry {number} {error}"), error.allowed().to_owned()))
        })
        .collect()
}
