//! What a user gets in an app: the state of the account and the content of the class.

use std::{collections::BTreeSet, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use ringfence_model::{
    AppId, PolicyId, UserId,
    appconfig::AppConfiguration,
    document::PolicyKind,
    settings::{Pair, settings_to_json},
};
use ringfence_policy::{
    filter::Facts,
    merge::{Effective, Part, merge},
    targeting::{AppScope, Query, Target},
};
use ringfence_protocol::{
    bundle::{BundleContent, BundleSource, ConfigEntry},
    checkin::AccountState,
};

use super::{
    Memory, Policy, State,
    content::{Content, Deciders, Key, Made},
};
use crate::registration::{self, Instance};

/// What a check-in is answered with, before versions and orders.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) state: AccountState,
    /// With [`AccountState::Protected`].
    pub(crate) content: Option<Arc<Content>>,
    /// The revision it is of.
    pub(crate) revision: i64,
}

impl Answer {
    /// Names the content in the database; empty without one.
    pub(crate) fn hash(&self) -> String {
        self.content.as_ref().map(|content| content.hash.to_string()).unwrap_or_default()
    }

    /// The same on a device that was enrolled without a user: there is nobody to target (catalogue A6).
    pub(crate) fn without_user(self) -> Self {
        match self.state {
            AccountState::Protected => Self { state: AccountState::NoPolicy, content: None, ..self },
            _ => self,
        }
    }
}

/// Facts about one person that configuration may name (`{{userprincipalname}}`).
#[derive(Debug, Clone, Default)]
pub(crate) struct PersonFacts {
    pub(crate) user_id: String,
    pub(crate) upn: String,
}

impl PersonFacts {
    fn token(&self, name: &str) -> Option<String> {
        match name {
            "userid" | "accountid" => Some(self.user_id.clone()),
            "userprincipalname" | "mail" | "primarysmtpaddress" => Some(self.upn.clone()),
            "partialupn" | "username" => self.upn.split('@').next().map(str::to_owned),
            _ => None,
        }
    }
}

impl Memory {
    /// What a registered instance gets.
    pub(crate) fn answer_of(&self, instance: &Instance) -> Answer {
        let facts = registration::facts(instance);
        let query = Query { facts: &facts, ..Query::new(&instance.app, instance.management) };
        self.answer(instance.user, &instance.upn, &query)
    }

    /// What the user gets in the app on a phone like this.
    pub(crate) fn answer(&self, user: UserId, upn: &str, query: &Query<'_>) -> Answer {
        let state = self.read();
        let revision = state.revision;
        let only = |state| Answer { state, content: None, revision };
        match state.index.licensed(user) {
            None => return only(AccountState::AccountDisabled),
            Some(_) if state.disabled.contains(&user) => return only(AccountState::AccountDisabled),
            Some(false) => return only(AccountState::NotLicensed),
            Some(true) => {}
        }
        let content = match state.made(user, query, revision) {
            Made::Nothing => return only(AccountState::NoPolicy),
            Made::Shared(content) => content,
            Made::Personal(draft) => {
                let facts = PersonFacts { user_id: user.to_string(), upn: upn.to_owned() };
                match state.personal(&draft, query.app, &facts, revision) {
                    Some(content) => content,
                    None => return only(AccountState::NoPolicy),
                }
            }
        };
        Answer { state: AccountState::Protected, content: Some(content), revision }
    }
}

impl State {
    /// Whether the directory says that the account may not be used.
    pub(crate) fn is_disabled(&self, user: UserId) -> bool {
        self.disabled.contains(&user)
    }

    fn made(&self, user: UserId, query: &Query<'_>, revision: i64) -> Made {
        let kept = self.kept(user, query);
        let key = Key {
            class: self.index.class(user),
            app: query.app.clone(),
            management: query.management,
            kept_here: kept.here.clone(),
            kept_elsewhere: kept.elsewhere.clone(),
        };
        if let Some(made) = self.contents.find(&key) {
            return made;
        }
        let made = self.make(user, query, &kept, revision);
        let depends = self.index.assigned(user).map(|target| target.policy).collect();
        self.contents.insert(key, made.clone(), depends);
        made
    }

    fn make(&self, user: UserId, query: &Query<'_>, kept: &Kept, revision: i64) -> Made {
        let app = query.app;
        let matched = self.matched(user, query);
        let Some(content) = self.content(user, query, kept, &matched) else { return Made::Nothing };
        if content.config.iter().any(|entry| entry.value.contains("{{")) {
            return Made::Personal(Arc::new(content));
        }
        match content.hash() {
            Ok(hash) => Made::Shared(self.contents.intern(app, content, hash, revision)),
            Err(error) => {
                tracing::error!(%error, app = %app, "an effective policy cannot be expressed");
                Made::Nothing
            }
        }
    }

    fn personal(
        &self,
        draft: &BundleContent,
        app: &AppId,
        facts: &PersonFacts,
        revision: i64,
    ) -> Option<Arc<Content>> {
        let values =
            draft.config.iter().map(|entry| Pair { name: entry.name.clone(), value: entry.value.clone() });
        let config = AppConfiguration { values: values.collect() }.with_tokens(|token| facts.token(token));
        // Tokens are replaced one by one, so the values are still in the order of the draft.
        let replaced = config.values.into_iter().zip(&draft.config);
        let config = replaced.map(|(pair, entry)| ConfigEntry {
            name: pair.name,
            value: pair.value,
            sources: entry.sources.clone(),
        });
        let content = BundleContent { config: config.collect(), ..draft.clone() };
        let hash = content.hash().ok()?;
        Some(self.contents.intern(app, content, hash, revision))
    }

    /// Whether the organisation has anything to do with an app: it is in the catalogue, or a policy covers it.
    pub(crate) fn knows(&self, app: &AppId) -> bool {
        let covers = |target: &Target| match &target.apps {
            AppScope::Listed(apps) => apps.contains(app),
            AppScope::All => target.platforms.contains(&app.platform),
        };
        self.catalogue.contains_key(app) || self.index.targets().any(covers)
    }

    /// The policies that reach a user in an app: protection first, then configuration, each ordered by id.
    pub(crate) fn matched(&self, user: UserId, query: &Query<'_>) -> Vec<Arc<Policy>> {
        let mut matched: Vec<_> =
            self.index.matching(user, query).filter_map(|id| self.policies.get(&id).cloned()).collect();
        matched.sort_by_key(|policy| (policy.kind == PolicyKind::TargetedConfiguration, policy.id));
        matched
    }

    /// The merged protection of [`Self::matched`] policies; sources are places in that list.
    pub(crate) fn merged(app: &AppId, matched: &[Arc<Policy>]) -> Effective {
        let protection = matched.iter().enumerate().filter(|(_, policy)| policy.kind.platform().is_some());
        let parts: Vec<Part<'_>> = protection
            .map(|(source, policy)| Part { source, platform: app.platform, settings: &policy.settings })
            .collect();
        merge(&parts)
    }

    fn content(
        &self,
        user: UserId,
        query: &Query<'_>,
        kept: &Kept,
        matched: &[Arc<Policy>],
    ) -> Option<BundleContent> {
        let app = query.app;
        if !matched.iter().any(|policy| policy.kind.platform().is_some()) {
            return None;
        }
        let effective = Self::merged(app, matched);
        let deciders: Deciders = effective
            .settings
            .iter()
            .map(|(setting, merged)| {
                (setting.name().to_owned(), merged.deciders.iter().map(|source| *source as u32).collect())
            })
            .collect();
        let configurations = matched.iter().filter(|policy| policy.kind == PolicyKind::TargetedConfiguration);
        let config = AppConfiguration::combine(configurations.map(|policy| &policy.config));
        Some(BundleContent {
            settings: settings_to_json(&effective.values()),
            sources: matched.iter().map(|policy| source(policy)).collect(),
            deciders,
            managed_apps: self.managed_unless(user, query, kept).into_iter().map(|app| app.id).collect(),
            config: entries(&config, matched),
            app_signers: self.catalogue.get(app).map(|app| app.signers.clone()).unwrap_or_default(),
        })
    }

    /// Every app that is protected for this user on this platform: where work data may go.
    pub(crate) fn managed_apps(&self, user: UserId, query: &Query<'_>) -> BTreeSet<AppId> {
        self.managed_unless(user, query, &self.kept(user, query))
    }

    /// What filters keep from the user's phone. Free when none of the user's policies has a filter.
    fn kept(&self, user: UserId, query: &Query<'_>) -> Kept {
        if !self.index.has_narrowed(user) {
            return Kept::default();
        }
        // Versions of the other apps on the device are not known.
        let others = Facts { app_version: None, ..query.facts.clone() };
        Kept {
            here: self.index.kept_away(user, query),
            elsewhere: self.index.kept_away(user, &Query { facts: &others, ..*query }),
        }
    }

    fn managed_unless(&self, user: UserId, query: &Query<'_>, kept: &Kept) -> BTreeSet<AppId> {
        let (app, management) = (query.app, query.management);
        let is_protection = |target: &&Target| {
            self.policies
                .get(&target.policy)
                .is_some_and(|policy| policy.kind.platform() == Some(app.platform))
                && (target.management.is_empty() || target.management.contains(&management))
        };
        let mut managed = BTreeSet::new();
        for target in self.index.assigned(user).filter(is_protection) {
            let (here, elsewhere) = (kept.has_here(target.policy), kept.has_elsewhere(target.policy));
            let through = |one: &&AppId| if *one == app { !here } else { !elsewhere };
            match &target.apps {
                AppScope::Listed(apps) => managed.extend(apps.iter().filter(through).cloned()),
                AppScope::All => managed.extend(self.catalogue.keys().filter(through).cloned()),
            }
        }
        managed.retain(|managed| managed.platform == app.platform);
        managed
    }
}

/// Policies that are assigned to a user and kept from the phone by filters, ordered by id.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// In the app asked about.
    here: Vec<PolicyId>,
    /// In the other apps on the device.
    elsewhere: Vec<PolicyId>,
}

impl Kept {
    fn has_here(&self, policy: PolicyId) -> bool {
        self.here.binary_search(&policy).is_ok()
    }

    fn has_elsewhere(&self, policy: PolicyId) -> bool {
        self.elsewhere.binary_search(&policy).is_ok()
    }
}

/// Every value with the places of the policies that gave it.
fn entries(config: &AppConfiguration, matched: &[Arc<Policy>]) -> Vec<ConfigEntry> {
    let gave = |policy: &Policy, pair: &Pair| {
        policy.kind == PolicyKind::TargetedConfiguration && policy.config.values.contains(pair)
    };
    let entry = |pair: &Pair| ConfigEntry {
        name: pair.name.clone(),
        value: pair.value.clone(),
        sources: (0_u32..).zip(matched).filter(|(_, policy)| gave(policy, pair)).map(|(at, _)| at).collect(),
    };
    config.values.iter().map(entry).collect()
}

/// How the phone names a policy. The version tells apart what phones obey: assigning the policy to one more group
/// changes nothing for those who have it.
fn source(policy: &Policy) -> BundleSource {
    let settings = serde_json::to_vec(&settings_to_json(&policy.settings)).unwrap_or_default();
    let mut text = settings;
    for pair in &policy.config.values {
        text.extend_from_slice(format!("\0{}\0{}", pair.name, pair.value).as_bytes());
    }
    let version = hex::encode(digest(&SHA256, &text)).chars().take(12).collect();
    BundleSource { policy: policy.id, name: policy.name.clone(), version }
}
