//! May this page be opened, and where? (behaviour §7.1, §7.2)

use std::collections::BTreeSet;

use ringfence_messages::ReasonCode;
use ringfence_model::Platform;
use serde::{Deserialize, Serialize};

use super::{
    config::{AutoTransition, BrowserPolicy, Chosen, NamedList},
    list::Entry,
    site::{Address, Host, Site},
};

/// Under whom a page is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Context {
    /// The work account.
    Work,
    /// A personal account, or none.
    Personal,
    /// Without history, cookies or account.
    InPrivate,
}

impl Context {
    /// Key of its name in the language files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Work => "context-work",
            Self::Personal => "context-personal",
            Self::InPrivate => "context-in-private",
        }
    }
}

/// One page that is to be opened.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The address as typed or linked.
    pub address: &'a str,
    /// Where it would open.
    pub context: Context,
    /// It is not the page itself but embedded in one.
    pub subresource: bool,
    /// The link comes from a managed app: it opens under the work account.
    pub work_link: bool,
    /// A form is sent.
    pub post: bool,
    /// A personal account is signed in to the browser.
    pub personal_account: bool,
    /// Operating system.
    pub platform: Platform,
    /// Pages of the service itself, which no list closes: addresses such as `https://mam.example.org`.
    pub service: &'a [String],
}

impl<'a> Visit<'a> {
    /// The user types an address; no personal account.
    pub const fn new(address: &'a str, context: Context, platform: Platform) -> Self {
        Self {
            address,
            context,
            subresource: false,
            work_link: false,
            post: false,
            personal_account: false,
            platform,
            service: &[],
        }
    }
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It opens where it was asked for.
    Open(Context),
    /// It opens elsewhere, and the user is told.
    Moved(Context),
    /// It does not open.
    Blocked,
    /// It may be opened under the personal account: the user is asked.
    AskPersonal,
    /// It may be opened under a personal account, which has to be added first.
    AskAddAccount,
    /// The user chooses between no history and the personal account.
    AskInPrivateOrPersonal,
}

/// Which list decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ListKind {
    /// Only what is on it opens.
    Allow,
    /// What is on it does not open.
    Block,
}

/// What decided about the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided<'p> {
    /// Which list.
    pub list: ListKind,
    /// The key, as the policy names it.
    pub key: &'p str,
    /// The entry; none when the page is missing from an allow list.
    pub entry: Option<Entry<'p>>,
    /// The policies that the list came with.
    pub sources: &'p [u32],
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement<'p> {
    /// What happens.
    pub outcome: Outcome,
    /// Why.
    pub reason: ReasonCode,
    /// The list and entry; none where no list has a say.
    pub decided: Option<Decided<'p>>,
    /// Other keys that had a say in what happens to a blocked page, as the policies name them.
    pub keys: Vec<&'p str>,
    /// Every policy that had a say, see [`super::Given::sources`].
    pub sources: BTreeSet<u32>,
    /// The host, for the text of the dialog.
    pub host: Option<Host>,
    /// How long a notice about a moved page stays, in seconds.
    pub notice_seconds: u32,
    /// Section of the behaviour reference.
    pub rule: &'static str,
}

impl<'p> Judgement<'p> {
    fn open(context: Context, reason: ReasonCode) -> Self {
        Self::of(Outcome::Open(context), reason)
    }

    /// Pages under the work account stay closed for a reason that no list gave, such as a disabled account.
    pub fn withheld(visit: &Visit<'_>, reason: ReasonCode) -> Self {
        let judgement = if visit.work_link || visit.context == Context::Work {
            Self::of(Outcome::Blocked, reason)
        } else {
            Self::open(visit.context, ReasonCode::AllowedPersonalData)
        };
        Self { rule: "7.4", ..judgement }
    }

    /// A browser that no policy covers (I2, behaviour §7.4): it opens pages for the user alone, and no links of work apps.
    pub fn unmanaged(visit: &Visit<'_>) -> Self {
        let judgement = if visit.work_link {
            Self::of(Outcome::Blocked, ReasonCode::PolicyMissing)
        } else if visit.context == Context::InPrivate {
            Self::open(Context::InPrivate, ReasonCode::AllowedPersonalData)
        } else {
            Self::open(Context::Personal, ReasonCode::BrowserUnmanaged)
        };
        Self { rule: "7.4", ..judgement }
    }

    fn of(outcome: Outcome, reason: ReasonCode) -> Self {
        Self {
            outcome,
            reason,
            decided: None,
            keys: Vec::new(),
            sources: BTreeSet::new(),
            host: None,
            notice_seconds: 0,
            rule: "7.1",
        }
    }

    fn by(mut self, decided: Decided<'p>) -> Self {
        self.sources.extend(decided.sources);
        self.decided = Some(decided);
        self
    }

    fn with<T>(&mut self, chosen: &'p Chosen<T>) {
        if !chosen.key.is_empty() {
            self.keys.push(&chosen.key);
            self.sources.extend(&chosen.sources);
        }
    }

    /// Whether it opens, here or elsewhere.
    pub const fn opens(&self) -> Option<Context> {
        match self.outcome {
            Outcome::Open(context) | Outcome::Moved(context) => Some(context),
            _ => None,
        }
    }
}

/// What the lists say of a page.
enum Said<'p> {
    Free,
    Service,
    Allowed(Decided<'p>),
    Refused(Decided<'p>, ReasonCode),
}

impl BrowserPolicy {
    /// Judges a visit. Total: every text gets an answer.
    pub fn judge(&self, visit: &Visit<'_>) -> Judgement<'_> {
        let context = if visit.work_link { Context::Work } else { visit.context };
        if context != Context::Work {
            return Judgement::open(context, ReasonCode::AllowedPersonalData);
        }
        let address = Address::read(visit.address);
        let host = match &address {
            Address::Web(site) => Some(site.host.clone()),
            _ => None,
        };
        let judgement = match self.listed(&address, visit.service) {
            Said::Service => Judgement::open(context, ReasonCode::AllowedSignInSite),
            Said::Free => Judgement::open(context, ReasonCode::Allowed),
            Said::Allowed(decided) => Judgement::open(context, ReasonCode::AllowedListedSite).by(decided),
            Said::Refused(decided, reason) => self.refused(visit, decided, reason),
        };
        Judgement { host, ..judgement }
    }

    fn listed(&self, address: &Address, service: &[String]) -> Said<'_> {
        if self.allow.is_empty() && self.block.is_empty() {
            return Said::Free;
        }
        let site = match address {
            Address::Web(site) => site,
            Address::Own => return Said::Free,
            Address::Elsewhere => return self.elsewhere(ReasonCode::SiteNotAllowed),
            Address::Unreadable => return self.unreadable(),
        };
        if is_service(site, service) {
            return Said::Service;
        }
        self.web(site)
    }

    /// An allow list, when there is one, decides alone (behaviour §7.1).
    fn web(&self, site: &Site) -> Said<'_> {
        let mut allowed = None;
        for list in &self.allow {
            let entry = list.list.surely(site);
            if entry.is_none() {
                return Said::Refused(by(list, ListKind::Allow, None), ReasonCode::SiteNotAllowed);
            }
            allowed = allowed.or(Some(by(list, ListKind::Allow, entry)));
        }
        if let Some(decided) = allowed {
            return Said::Allowed(decided);
        }
        let hit = self.block.iter().find_map(|list| Some((list, list.list.possibly(site)?)));
        match hit {
            Some((list, entry)) => {
                Said::Refused(by(list, ListKind::Block, Some(entry)), ReasonCode::SiteBlocked)
            }
            None => Said::Free,
        }
    }

    /// What is no web page is on no list: an allow list closes it, a block list does not.
    fn elsewhere(&self, reason: ReasonCode) -> Said<'_> {
        self.allow.first().map_or(Said::Free, |list| Said::Refused(by(list, ListKind::Allow, None), reason))
    }

    /// Nobody can tell what a browser would make of it, so every list closes it.
    fn unreadable(&self) -> Said<'_> {
        match (self.allow.first(), self.block.first()) {
            (Some(list), _) => {
                Said::Refused(by(list, ListKind::Allow, None), ReasonCode::SiteAddressUnreadable)
            }
            (None, Some(list)) => {
                Said::Refused(by(list, ListKind::Block, None), ReasonCode::SiteAddressUnreadable)
            }
            (None, None) => Said::Free,
        }
    }

    fn refused<'p>(&'p self, visit: &Visit<'_>, decided: Decided<'p>, reason: ReasonCode) -> Judgement<'p> {
        if visit.subresource {
            return self.embedded(decided, reason);
        }
        let mut judgement = Judgement::of(Outcome::Blocked, reason).by(decided);
        if reason == ReasonCode::SiteAddressUnreadable {
            return judgement;
        }
        judgement.rule = "7.2";
        judgement.with(&self.transition);
        if self.transition.value {
            judgement.outcome = self.elsewhere_instead(visit, &mut judgement);
        }
        let moved = matches!(judgement.outcome, Outcome::Moved(_));
        if moved && visit.post && visit.platform == Platform::Ios && self.ignore_post.value {
            judgement.with(&self.ignore_post);
            judgement.outcome = Outcome::Blocked;
        }
        judgement.notice_seconds = self.notice_seconds.value;
        judgement.reason = match judgement.outcome {
            Outcome::Moved(Context::InPrivate) => ReasonCode::SiteOpenedInPrivate,
            Outcome::Moved(_) => ReasonCode::SiteOpenedPersonal,
            Outcome::AskPersonal => ReasonCode::SiteSwitchToPersonal,
            Outcome::AskAddAccount => ReasonCode::SiteAddPersonalAccount,
            Outcome::AskInPrivateOrPersonal => ReasonCode::SiteInPrivateOrPersonal,
            Outcome::Blocked | Outcome::Open(_) => reason,
        };
        judgement
    }

    /// What a page embeds is left out in silence, or not looked at.
    fn embedded<'p>(&'p self, decided: Decided<'p>, reason: ReasonCode) -> Judgement<'p> {
        let mut judgement = if self.subresources.value {
            Judgement::of(Outcome::Blocked, reason).by(decided)
        } else {
            Judgement::open(Context::Work, ReasonCode::Allowed)
        };
        judgement.with(&self.subresources);
        judgement
    }

    /// The table of behaviour §7.2, after the two keys that decide without asking.
    fn elsewhere_instead<'p>(&'p self, visit: &Visit<'_>, judgement: &mut Judgement<'p>) -> Outcome {
        let personal = visit.personal_account && !self.only_work.value;
        let feature = !self.no_in_private.value;
        judgement.with(&self.no_in_private);
        if visit.work_link && !self.links_stay.value {
            judgement.with(&self.links_stay);
            judgement.with(&self.only_work);
            match (personal, feature) {
                (true, _) => return Outcome::Moved(Context::Personal),
                (false, true) => return Outcome::Moved(Context::InPrivate),
                (false, false) => {}
            }
        }
        judgement.with(&self.in_private);
        judgement.with(&self.auto);
        judgement.with(&self.only_work);
        let in_private = self.in_private.value && feature;
        match self.auto.value {
            AutoTransition::Personal if personal => return Outcome::Moved(Context::Personal),
            AutoTransition::Personal | AutoTransition::InPrivate if in_private => {
                return Outcome::Moved(Context::InPrivate);
            }
            _ => {}
        }
        match (in_private, personal) {
            (true, true) => Outcome::AskInPrivateOrPersonal,
            (true, false) => Outcome::Moved(Context::InPrivate),
            (false, true) => Outcome::AskPersonal,
            (false, false) if self.only_work.value => Outcome::Blocked,
            (false, false) => Outcome::AskAddAccount,
        }
    }
}

fn by<'p>(list: &'p NamedList, kind: ListKind, entry: Option<Entry<'p>>) -> Decided<'p> {
    Decided { list: kind, key: &list.key, entry, sources: &list.sources }
}

/// Same scheme, host and port as the service: otherwise a list could lock people out of signing in.
fn is_service(site: &Site, service: &[String]) -> bool {
    service.iter().any(|own| match Address::read(own) {
        Address::Web(own) => own.secure == site.secure && own.host == site.host && own.port == site.port,
        _ => false,
    })
}

/// [`Decided`] in owned form, for answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryTrace {
    /// Which list.
    pub list: ListKind,
    /// The key, as the policy names it.
    pub key: String,
    /// The entry as written; none when the page is missing from an allow list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Its number, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
}

impl From<Decided<'_>> for EntryTrace {
    fn from(decided: Decided<'_>) -> Self {
        Self {
            list: decided.list,
            key: decided.key.to_owned(),
            entry: decided.entry.map(|entry| entry.text.to_owned()),
            number: decided.entry.map(|entry| entry.number),
        }
    }
}
