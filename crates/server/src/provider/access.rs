//! Access tokens of a trusted provider (RFC 9068, and what providers made before it): from a signed text to an actor.

use ringfence_model::UserId;

use super::{
    Identity, Provider, ProviderError,
    claims::{ClaimError, Claims},
    mapping::pseudonym,
    ops, sql,
};
use crate::{
    app::App,
    authz::{Actor, Scopes},
    db::DbError,
    http::ApiError,
    jose::{JwsError, Unverified},
    registration, role,
};

/// Why a token of a provider does not open anything.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Jws(#[from] JwsError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error("no provider of this organisation has its issuer")]
    Stranger,
    #[error("it was given to a client that is not on the provider's list")]
    Client,
    #[error("the account is disabled in the directory")]
    Disabled(UserId),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Refused {
    /// The stable code in the audit log; `None` when nothing is wrong with the token.
    const fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Self::Jws(JwsError::Malformed(_)) => "token_malformed",
            Self::Jws(JwsError::Algorithm(_)) => "token_algorithm",
            Self::Jws(JwsError::Signature) => "token_signature",
            Self::Claim(ClaimError::Issuer) | Self::Stranger => "token_issuer",
            Self::Claim(ClaimError::Audience) => "token_audience",
            Self::Claim(ClaimError::Expired) => "token_expired",
            Self::Claim(ClaimError::NotYet) => "token_not_yet_valid",
            Self::Claim(ClaimError::Missing(_)) => "token_claim_missing",
            Self::Claim(ClaimError::Kind(_)) => "token_kind",
            Self::Client => "token_client",
            Self::Disabled(_) => "account_disabled",
            Self::Provider(_) | Self::Db(_) => return None,
        })
    }
}

/// A token that opens nothing, and whose it says it is.
#[derive(Debug, thiserror::Error)]
#[error("the token is not accepted: {refused}")]
pub(crate) struct Refusal {
    provider: Option<String>,
    refused: Refused,
}

impl Refusal {
    /// Who was tried and why not, for the audit log; `None` when nothing is wrong with the token.
    pub(crate) fn tried(&self) -> Option<(String, &'static str)> {
        let object = match (&self.refused, &self.provider) {
            (Refused::Disabled(user), _) => format!("user:{user}"),
            (_, Some(name)) => format!("provider:{name}"),
            (_, None) => "provider:unknown".to_owned(),
        };
        self.refused.reason().map(|reason| (object, reason))
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        match refusal.refused {
            Refused::Db(error) => error.into(),
            Refused::Provider(ProviderError::Unavailable { .. }) => {
                tracing::warn!(why = text, "a token cannot be judged");
                Self::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "provider_unavailable", text)
                    .retry_after_s(10)
            }
            _ => Self::unauthenticated(text),
        }
    }
}

/// The actor that a provider's token stands for.
pub(crate) async fn authenticate(app: &App, token: &str) -> Result<Actor, Refusal> {
    let stranger = |refused| Refusal { provider: None, refused };
    let unverified = Unverified::parse(token).map_err(|error| stranger(error.into()))?;
    let provider = issuer(app, &unverified).await.map_err(stranger)?;
    judge(app, &provider, unverified)
        .await
        .map_err(|refused| Refusal { provider: Some(provider.name.clone()), refused })
}

/// The provider that says it issued a token.
async fn issuer(app: &App, unverified: &Unverified<'_>) -> Result<Provider, Refused> {
    let issuer = unverified.claimed_issuer().ok_or(ClaimError::Issuer)?;
    let provider = sql::find_by_issuer(&mut *app.db.read().await?, app.tenant, issuer).await?;
    provider.ok_or(Refused::Stranger)
}

async fn judge(app: &App, provider: &Provider, unverified: Unverified<'_>) -> Result<Actor, Refused> {
    let settings = &provider.settings;
    let allowed = settings.algorithms();
    // Cheap refusals first: they must not make us ask the provider.
    unverified.algorithm(&allowed)?;
    check_kind(unverified.kind().as_deref())?;
    let keys = app.providers.keys(&app.env, provider, unverified.key_id()).await?;
    let claims = unverified.verify(&keys, &allowed)?;
    let claims = Claims::check(claims, &settings.issuer, &settings.audiences, app.env.now())?;
    check_content(&claims)?;
    let client = ["azp", "client_id", "appid", "cid"].iter().find_map(|name| claims.text(name));
    if !settings.clients.is_empty()
        && !client.is_some_and(|id| settings.clients.iter().any(|known| known == id))
    {
        return Err(Refused::Client);
    }
    actor(app, provider, &claims, client).await
}

/// Other tokens that the same keys sign: identity, logout, refresh tokens, proofs of possession.
fn check_kind(kind: Option<&str>) -> Result<(), ClaimError> {
    match kind {
        None | Some("jwt" | "at+jwt") => Ok(()),
        Some(_) => Err(ClaimError::Kind("its `typ` is not that of an access token")),
    }
}

fn check_content(claims: &Claims) -> Result<(), ClaimError> {
    if ["at_hash", "c_hash", "events", "nonce"].iter().any(|name| claims.has(name)) {
        return Err(ClaimError::Kind("an identity or logout token is not an access token"));
    }
    match claims.text("typ") {
        Some("ID" | "Refresh" | "Offline" | "Logout") => Err(ClaimError::Kind("its `typ` claim says so")),
        _ => Ok(()),
    }
}

async fn actor(
    app: &App,
    provider: &Provider,
    claims: &Claims,
    client: Option<&str>,
) -> Result<Actor, Refused> {
    let identity = Identity::read(provider, claims);
    // RFC 9068 §2.2: a token that no person is behind names the client as its subject; Entra says so in `idtyp`.
    let app_only = claims.text("idtyp") == Some("app") || client == Some(identity.subject.as_str());
    let names: Vec<&str> =
        provider.settings.claims.scopes.iter().flat_map(|name| claims.values(name)).collect();
    let says_something = names.iter().flat_map(|name| name.split_whitespace()).any(Scopes::knows);
    let scopes =
        (says_something || provider.settings.scopes_required).then(|| Scopes::parse(names, app_only));
    let mut actor = Actor {
        id: pseudonym(provider, &identity.subject),
        name: identity.name.clone().or(identity.user.clone()).unwrap_or_else(|| provider.name.clone()),
        roles: Vec::new(),
        scopes,
        ..Actor::operator(app.tenant, "")
    };
    if app_only {
        let id: String =
            client.unwrap_or(&identity.subject).chars().filter(|c| !c.is_control()).take(80).collect();
        actor.id = format!("program:{}:{id}", provider.name);
        actor.name = id;
        let carried_by_scopes = identity.grants.is_empty();
        return Ok(if carried_by_scopes { actor } else { actor.granted(&identity.grants) });
    }
    let mut grants = identity.grants.clone();
    if let Some(person) = person(app, provider, &identity).await? {
        if !person.enabled {
            return Err(Refused::Disabled(person.id));
        }
        grants.extend(role::ops::grants_of_user(&mut *app.db.read().await?, app.tenant, person.id).await?);
        actor.id = format!("user:{}", person.id);
        actor.name = person.upn;
    }
    Ok(actor.granted(&grants))
}

/// Whom of the directory the token is about, if anybody.
async fn person(
    app: &App,
    provider: &Provider,
    identity: &Identity,
) -> Result<Option<registration::ops::Person>, DbError> {
    let mut conn = app.db.read().await?;
    if let Some(user) = ops::find_linked(&mut conn, provider, &identity.subject).await? {
        return registration::ops::find_person_by_id(&mut conn, app.tenant, user).await;
    }
    let Some(name) = &identity.user else { return Ok(None) };
    let Some(found) = registration::ops::find_person_by_name(&mut conn, app.tenant, name).await? else {
        return Ok(None);
    };
    // A name that was given to somebody else meanwhile does not make him the one who had it.
    Ok(if ops::is_linked(&mut conn, provider, found.id).await? { None } else { Some(found) })
}
