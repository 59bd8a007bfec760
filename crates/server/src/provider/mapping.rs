//! What the claims of a provider mean here: roles, groups of the directory, names.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use ringfence_model::GroupId;

use super::{Provider, RoleRule, claims::Claims};
use crate::authz::{Grant, Scope};

/// Somebody whom a provider vouches for.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// Unique and never reused at the provider.
    pub(crate) subject: String,
    /// The sign-in name in the directory, as the provider tells it.
    pub(crate) user: Option<String>,
    /// The name for people.
    pub(crate) name: Option<String>,
    /// The roles that claims give, with how far they reach.
    pub(crate) grants: Vec<Grant>,
    /// Of the groups that the rules speak of: whether this person is a member.
    pub(crate) groups: BTreeMap<GroupId, bool>,
}

impl Identity {
    /// Reads the claims by the provider's rules.
    pub(crate) fn read(provider: &Provider, claims: &Claims) -> Self {
        let settings = &provider.settings;
        let has = |claim: &str, value: &str| claims.values(claim).contains(&value);
        let grants = settings.roles.iter().filter(|rule| has(&rule.claim, &rule.value)).filter_map(grant);
        let mut groups = BTreeMap::new();
        for rule in &settings.groups {
            *groups.entry(rule.group).or_insert(false) |= has(&rule.claim, &rule.value);
        }
        let text =
            |name: &str| claims.text(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            subject: claims.subject().to_owned(),
            // An address that nobody has checked is a text that anybody can type.
            user: text(&settings.claims.user)
                .filter(|_| settings.claims.user != "email" || !claims.is_false("email_verified")),
            name: text(&settings.claims.name),
            grants: grants.collect(),
            groups,
        }
    }
}

fn grant(rule: &RoleRule) -> Option<Grant> {
    let scope = if rule.scope.is_empty() { Scope::Everything } else { Scope::Groups(rule.scope.clone()) };
    Some(Grant { role: rule.role.parse().ok()?, scope })
}

/// Names somebody at a provider in the audit log without saying who: no personal data belongs there.
pub(crate) fn pseudonym(provider: &Provider, subject: &str) -> String {
    let hash = digest(&SHA256, format!("{}\0{subject}", provider.id).as_bytes());
    format!(
        "person:{}:{}",
        provider.name,
        hex::encode(hash.as_ref().iter().take(8).copied().collect::<Vec<_>>())
    )
}
