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
            // An address that nobody has checked is a text that anybody can type, and a provider that does not say
            // that it has checked it may not have.
            user: text(&settings.claims.user)
                .filter(|_| settings.claims.user != "email" || claims.is_true("email_verified")),
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

#[cfg(test)]
mod tests {
    use ringfence_model::{TenantId, UnixMillis};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;
    use crate::provider::Settings;

    #[test]
    fn an_address_counts_when_it_is_said_to_be_verified() {
        let read = |claim: &str, verified: Option<Value>| {
            let mut settings = Settings::default();
            settings.claims.user = claim.to_owned();
            let at = UnixMillis(1_800_000_000_000);
            let provider = Provider {
                id: Uuid::nil(),
                tenant: TenantId(Uuid::nil()),
                name: "school".into(),
                settings,
                has_secret: false,
                created_at: at,
                changed_at: at,
                sealed_secret: None,
            };
            let mut claims = json!({"iss": "https://op", "aud": "api", "sub": "7", "exp": 1_800_000_100,
                "email": "kim@school.example", "preferred_username": "kim@school.example"});
            if let Some(verified) = verified {
                claims["email_verified"] = verified;
            }
            let Value::Object(claims) = claims else { unreachable!() };
            let claims = Claims::check(claims, "https://op", &["api".into()], at).unwrap();
            Identity::read(&provider, &claims).user.is_some()
        };
        for (verified, counts) in [
            (None, false),
            (Some(json!(false)), false),
            (Some(json!("false")), false),
            (Some(json!(null)), false),
            (Some(json!(1)), false),
            (Some(json!(true)), true),
            (Some(json!("true")), true),
        ] {
            assert_eq!(read("email", verified.clone()), counts, "{verified:?}");
            assert!(read("preferred_username", verified));
        }
    }
}
