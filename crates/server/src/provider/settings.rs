//! What an administrator says of a provider, and whether it can be true.

use ringfence_model::{FieldError, GroupId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{authz::Role, failure::Failure, jose::Algorithm};

const TEXT_MAX: usize = 512;
const LIST_MAX: usize = 64;
const CERTIFICATES_MAX: usize = 64 * 1024;

/// The settings of a provider, as given and answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Name for people, on the button of the sign-in page.
    pub display_name: String,
    /// The issuer, letter for letter as its tokens say it.
    pub issuer: String,
    /// Audiences of access tokens that are meant for this server; none: access tokens are not taken.
    pub audiences: Vec<String>,
    /// Signature algorithms of its tokens.
    pub algorithms: Vec<String>,
    /// Our client id for people who sign in with a browser.
    pub client_id: Option<String>,
    /// How our client proves itself when it fetches tokens.
    pub client_authentication: ClientAuthentication,
    /// Our client id for apps on phones, a public client without a secret.
    pub native_client_id: Option<String>,
    /// Scopes asked for when people sign in.
    pub scopes: Vec<String>,
    /// Clients whose access tokens are taken; none: those of every client.
    pub clients: Vec<String>,
    /// An access token must carry a scope for what it does. Without, roles suffice when it carries none at all.
    pub scopes_required: bool,
    /// Where claims are found.
    pub claims: ClaimNames,
    /// Which values of claims give which role.
    pub roles: Vec<RoleRule>,
    /// Which values of claims mean membership of which group of the directory.
    pub groups: Vec<GroupRule>,
    /// People whom the directory does not know are added to it when they sign in.
    pub create_users: bool,
    /// PEM of the authority behind the provider's certificate; without, those of the operating system are trusted.
    pub ca_certificate: Option<String>,
}

/// How a client proves itself at the provider's token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In the `Authorization` header.
    #[default]
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
}

/// Names of claims; a dot leads into an object, e.g. `realm_access.roles`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClaimNames {
    /// The sign-in name in the directory.
    pub user: String,
    /// The name for people.
    pub name: String,
    /// Where access tokens carry scopes.
    pub scopes: Vec<String>,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            user: "preferred_username".into(),
            name: "name".into(),
            scopes: ["scp", "scope", "roles"].map(String::from).into(),
        }
    }
}

/// Whoever has the value in the claim has the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleRule {
    /// Name of the claim.
    pub claim: String,
    /// The value, letter for letter.
    pub value: String,
    /// The role, e.g. `help-desk`.
    pub role: String,
    /// The groups that the role reaches; none: the whole organisation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<GroupId>,
}

/// Whoever has the value in the claim is a member of the group; whoever has it no longer is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupRule {
    /// Name of the claim.
    pub claim: String,
    /// The value, letter for letter.
    pub value: String,
    /// The group.
    pub group: GroupId,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            issuer: String::new(),
            audiences: Vec::new(),
            algorithms: ["RS256", "PS256", "ES256", "EdDSA"].map(String::from).into(),
            client_id: None,
            client_authentication: ClientAuthentication::default(),
            native_client_id: None,
            scopes: ["openid", "profile", "email"].map(String::from).into(),
            clients: Vec::new(),
            scopes_required: true,
            claims: ClaimNames::default(),
            roles: Vec::new(),
            groups: Vec::new(),
            create_users: false,
            ca_certificate: None,
        }
    }
}

impl Settings {
    /// The algorithms as values.
    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        self.algorithms.iter().filter_map(|name| Algorithm::find(name)).collect()
    }

    /// Refuses what cannot work, all of it at once.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let mut wrong = Vec::new();
        let mut refuse = |path: &str, value: Value, problem: &str, allowed: &str| {
            wrong.push(FieldError::new(path, &value, problem).allowing(allowed));
        };
        if let Err(problem) = check_issuer(&self.issuer) {
            refuse("issuer", json!(self.issuer), problem, "https://…, or http:// on a loopback address");
        }
        let known = || Algorithm::ALL.map(Algorithm::as_str).join(", ");
        for (i, name) in self.algorithms.iter().enumerate() {
            if Algorithm::find(name).is_none() {
                refuse(
                    &format!("algorithms[{i}]"),
                    json!(name),
                    "is not an algorithm that is accepted",
                    &known(),
                );
            }
        }
        if self.algorithms.is_empty() {
            refuse("algorithms", json!([]), "is empty", &known());
        }
        for (i, rule) in self.roles.iter().enumerate() {
            if rule.role.parse::<Role>().is_err() {
                let allowed = Role::ALL.map(Role::as_str).join(", ");
                refuse(&format!("roles[{i}].role"), json!(rule.role), "is not a role", &allowed);
            }
        }
        let speaks_for_people = self.client_id.is_some() || self.native_client_id.is_some();
        if speaks_for_people && !self.scopes.iter().any(|scope| scope == "openid") {
            refuse("scopes", json!(self.scopes), "lacks `openid`", "a list with `openid`");
        }
        if !speaks_for_people && self.audiences.is_empty() {
            let allowed =
                "`audiences` for access tokens, `clientId` for browsers, `nativeClientId` for phones";
            refuse(
                "audiences",
                json!([]),
                "is empty, and no client id is given: nothing could use it",
                allowed,
            );
        }
        for (path, text, max) in self.texts() {
            if text.trim().is_empty()
                || text.len() > max
                || text.chars().any(|c| c.is_control() && c != '\n' && c != '\r')
            {
                let allowed = format!("1 to {max} bytes without control characters");
                refuse(
                    &path,
                    json!(text.chars().take(80).collect::<String>()),
                    "is empty or too long",
                    &allowed,
                );
            }
        }
        for (path, length) in [
            ("audiences", self.audiences.len()),
            ("clients", self.clients.len()),
            ("scopes", self.scopes.len()),
            ("claims.scopes", self.claims.scopes.len()),
            ("roles", self.roles.len()),
            ("groups", self.groups.len()),
        ] {
            if length > LIST_MAX {
                refuse(path, json!(length), "has too many entries", &format!("at most {LIST_MAX}"));
            }
        }
        if self.ca_certificate.as_deref().is_some_and(|pem| super::fetch::certificates(pem).is_err()) {
            refuse("caCertificate", json!("…"), "holds no certificate", "certificates in PEM");
        }
        if wrong.is_empty() { Ok(()) } else { Err(Failure::Invalid(wrong)) }
    }

    /// Every text, with its place and longest length.
    fn texts(&self) -> Vec<(String, &str, usize)> {
        let mut all = vec![
            ("issuer".to_owned(), self.issuer.as_str(), TEXT_MAX),
            ("displayName".to_owned(), self.display_name.as_str(), 100),
            ("claims.user".to_owned(), self.claims.user.as_str(), TEXT_MAX),
            ("claims.name".to_owned(), self.claims.name.as_str(), TEXT_MAX),
        ];
        for (name, text) in [("clientId", &self.client_id), ("nativeClientId", &self.native_client_id)] {
            all.extend(text.as_deref().map(|text| (name.to_owned(), text, TEXT_MAX)));
        }
        all.extend(
            self.ca_certificate.as_deref().map(|pem| ("caCertificate".to_owned(), pem, CERTIFICATES_MAX)),
        );
        for (name, list) in [
            ("audiences", &self.audiences),
            ("clients", &self.clients),
            ("scopes", &self.scopes),
            ("claims.scopes", &self.claims.scopes),
        ] {
            all.extend(
                list.iter().enumerate().map(|(i, text)| (format!("{name}[{i}]"), text.as_str(), TEXT_MAX)),
            );
        }
        for (i, rule) in self.roles.iter().enumerate() {
            all.push((format!("roles[{i}].claim"), &rule.claim, TEXT_MAX));
            all.push((format!("roles[{i}].value"), &rule.value, TEXT_MAX));
        }
        for (i, rule) in self.groups.iter().enumerate() {
            all.push((format!("groups[{i}].claim"), &rule.claim, TEXT_MAX));
            all.push((format!("groups[{i}].value"), &rule.value, TEXT_MAX));
        }
        all
    }
}

fn check_issuer(issuer: &str) -> Result<(), &'static str> {
    let url = url::Url::parse(issuer).map_err(|_| "is not an address")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment");
    }
    super::fetch::check_url(&url, true)
}

/// Whether the issuer itself may be spoken to without TLS, and so may its other endpoints.
pub(super) fn is_plain(issuer: &str) -> bool {
    issuer.starts_with("http://")
}
