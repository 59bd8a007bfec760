//! People with a browser: out to the provider and back, and what becomes of who came back.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_model::Millis;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Attempt, Refused, person};
use crate::{
    account::{self, SignIn, Subject},
    app::App,
    authz::Grant,
    http::BaseUrl,
    provider::{
        self, Identity, Provider,
        code::{Asking, Identified, Returned, address, identify},
        pseudonym,
    },
    role,
    token::{self, NewToken, ops::SIGN_IN_LIFE},
};

/// How long somebody may take at the provider.
pub(super) const UNDER_WAY: Millis = Millis::from_minutes(10);

/// A sign-in under way, as remembered between going and coming back.
#[derive(Debug, Serialize, Deserialize)]
struct UnderWay {
    nonce: String,
    verifier: String,
    redirect_uri: String,
    next: String,
    /// Hash of the cookie of the browser that began.
    browser: String,
}

/// What a browser came back with.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Callback {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Somebody who is signed in: the secret of the session, and where to go now.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) secret: String,
    pub(super) next: String,
}

/// Somebody who is not signed in: why, and who it was as far as that is known.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) refused: Refused,
    pub(super) who: Option<String>,
}

/// A provider at which browsers can sign in, with our client id there.
pub(super) async fn find(app: &App, name: &str) -> Result<(Provider, String), Refused> {
    let found = provider::ops::find(&mut *app.db.read().await?, app.tenant, name).await?;
    let provider = found.ok_or(Refused::NoProvider)?;
    let client_id = provider.settings.client_id.clone().ok_or(Refused::NoProvider)?;
    Ok((provider, client_id))
}

/// Begins a sign-in: where to send the browser.
pub(super) async fn begin(
    app: &App,
    name: &str,
    base: &BaseUrl,
    browser: &str,
    next: &str,
) -> Result<String, Refused> {
    let (provider, client_id) = find(app, name).await?;
    let metadata = app.providers.metadata(&app.env, &provider).await?;
    let random = || URL_SAFE_NO_PAD.encode(app.env.bytes::<32>());
    let state = random();
    let under_way = UnderWay {
        nonce: random(),
        verifier: random(),
        redirect_uri: format!("{base}/auth/oidc/{name}/callback"),
        next: next.to_owned(),
        browser: token::hash_of(browser),
    };
    let asking = Asking {
        client_id: &client_id,
        redirect_uri: &under_way.redirect_uri,
        state: &state,
        nonce: &under_way.nonce,
        verifier: &under_way.verifier,
    };
    let target = address(&provider, &metadata, &asking)?;
    let content = serde_json::to_vec(&under_way).unwrap_or_default();
    provider::ops::remember(app, &provider, &state, &content, app.env.now().plus(UNDER_WAY)).await?;
    Ok(target)
}

/// Ends a sign-in: believes what came back, or says why not. Whatever comes of it, the state is used up.
pub(super) async fn complete(
    app: &App,
    name: &str,
    callback: &Callback,
    browser: Option<&str>,
    attempt: &Attempt,
) -> Result<Entered, Outside> {
    let (provider, client_id) = find(app, name).await.map_err(|refused| Outside { refused, who: None })?;
    let outside = |refused| Outside { refused, who: Some(format!("provider:{}", provider.name)) };
    let (identified, next) = believe(app, &provider, &client_id, callback, browser).await.map_err(outside)?;
    match enter(app, &provider, &identified, attempt).await {
        Ok(secret) => Ok(Entered { secret, next }),
        Err(refused) => {
            Err(Outside { refused, who: Some(known(app, &provider, &identified.identity).await) })
        }
    }
}

/// Whom of the directory an identity is, or else its pseudonym.
async fn known(app: &App, provider: &Provider, identity: &Identity) -> String {
    let found = match app.db.read().await {
        Ok(mut conn) => provider::ops::find_linked(&mut conn, provider, &identity.subject).await,
        Err(error) => Err(error),
    };
    let user = found.unwrap_or_default();
    user.map_or_else(|| pseudonym(provider, &identity.subject), |user| format!("user:{user}"))
}

/// Who came back and where to go now, when everything about the answer is right.
async fn believe(
    app: &App,
    provider: &Provider,
    client_id: &str,
    callback: &Callback,
    browser: Option<&str>,
) -> Result<(Identified, String), Refused> {
    let state = callback.state.as_deref().ok_or(Refused::StateUnknown)?;
    let content = provider::ops::recall(app, provider, state).await?.ok_or(Refused::StateUnknown)?;
    let under_way: UnderWay = serde_json::from_slice(&content).map_err(|_| Refused::StateUnknown)?;
    if browser.map(token::hash_of).as_deref() != Some(under_way.browser.as_str()) {
        return Err(Refused::StateUnknown);
    }
    let metadata = app.providers.metadata(&app.env, provider).await?;
    // RFC 9207: the answer of another provider must not be exchanged at this one.
    let named = callback.iss.as_deref().is_some_and(|iss| iss == metadata.issuer);
    if !named && (callback.iss.is_some() || metadata.names_issuer) {
        return Err(Refused::Issuer);
    }
    if let Some(error) = &callback.error {
        return Err(Refused::ByProvider(error.chars().filter(char::is_ascii_graphic).take(64).collect()));
    }
    let returned = Returned {
        client_id,
        secret: provider::ops::secret(app, provider)?,
        redirect_uri: &under_way.redirect_uri,
        code: callback.code.as_deref().ok_or(Refused::StateUnknown)?,
        verifier: &under_way.verifier,
        nonce: &under_way.nonce,
    };
    Ok((identify(app, provider, returned).await?, under_way.next))
}

/// Makes the session of somebody whom the provider vouches for, and who has a role.
async fn enter(
    app: &App,
    provider: &Provider,
    identified: &Identified,
    attempt: &Attempt,
) -> Result<String, Refused> {
    let identity = &identified.identity;
    let user = person::resolve(app, provider, identity).await?;
    let given = match &user {
        Some(user) => role::ops::grants_of_user(&mut *app.db.read().await?, provider.tenant, user.id).await?,
        None => Vec::new(),
    };
    let grants: Vec<Grant> = identity.grants.iter().cloned().chain(given).collect();
    if grants.is_empty() {
        return Err(Refused::NoRole);
    }
    let holder = match &user {
        Some(user) => format!("user:{}", user.id),
        None => pseudonym(provider, &identity.subject),
    };
    let name = user.as_ref().map(|user| user.display_name.clone()).or_else(|| identity.name.clone());
    let name = name.or_else(|| identity.user.clone()).unwrap_or_else(|| provider.name.clone());
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    let actor = attempt.actor(app, holder.clone()).granted(&grants);
    // Roles of the directory count as long as they are given there; those of claims as long as the session lasts.
    let of_claims = identity.grants.clone();
    let roles = of_claims.iter().map(|grant| grant.role).collect();
    let new = NewToken { name, roles, life: SIGN_IN_LIFE };
    let made = token::ops::create_for(&app.db, &app.env, &actor, new, |token| {
        token.user = user.map(|user| user.id);
        token.provider = Some(provider.id);
        token.holder = Some(holder);
        token.grants = of_claims;
    });
    let (token, secret) = made.await?;
    token::ops::keep_id_token(app, &token, &identified.id_token).await?;
    Ok(secret)
}

/// Signs an administrator with a built-in account in.
pub(super) async fn enter_built_in(
    app: &App,
    with: SignIn<'_>,
    attempt: &Attempt,
) -> Result<String, Refused> {
    let account = account::ops::sign_in_administrator(app, with, attempt).await?;
    let actor = attempt.actor(app, Subject::Administrator(account.id).holder());
    Ok(token::ops::create_for_sign_in(&app.db, &app.env, &actor, &account).await?.1)
}

/// Where to go for signing out at the provider too (OpenID Connect RP-Initiated Logout 1.0).
/// The token with which the session began saves the provider from asking whether this is meant.
pub(super) async fn farewell(
    app: &App,
    name: &str,
    base: &BaseUrl,
    id_token: Option<&str>,
) -> Option<String> {
    let (provider, client_id) = find(app, name).await.ok()?;
    let metadata = app.providers.metadata(&app.env, &provider).await.ok()?;
    let mut url = Url::parse(metadata.end_session_endpoint.as_deref()?).ok()?;
    url.query_pairs_mut()
        .append_pair("client_id", &client_id)
        .append_pair("post_logout_redirect_uri", &format!("{base}/auth/login"));
    if let Some(id_token) = id_token {
        url.query_pairs_mut().append_pair("id_token_hint", id_token);
    }
    Some(url.into())
}

/// A path of this server to go to, or our own page: never an address that somebody else chose.
pub(super) fn safe_next(given: Option<&str>) -> String {
    let given = given.unwrap_or_default();
    let local = given.starts_with('/') && !given.starts_with("//") && given.len() <= 512;
    let plain = given.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if local && plain { given.to_owned() } else { "/auth/me".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (given, wanted) in [
            ("/console?x=1#y", "/console?x=1#y"),
            ("https://evil.example", "/auth/me"),
            ("//evil.example", "/auth/me"),
            ("/\\evil.example", "/auth/me"),
            ("/a\r\nset-cookie: x", "/auth/me"),
            ("javascript:alert(1)", "/auth/me"),
            ("", "/auth/me"),
        ] {
            assert_eq!(safe_next(Some(given)), wanted);
        }
    }
}
