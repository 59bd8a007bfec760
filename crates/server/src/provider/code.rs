//! The authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636, OpenID Connect Core §3.1): where to send somebody, and
//! who it is that came back.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::Value;
use url::Url;

use super::{
    ClientAuthentication, FetchError, Identity, Metadata, Provider, ProviderError, Secret,
    claims::{ClaimError, Claims},
    fetch,
    settings::is_plain,
};
use crate::{
    app::App,
    jose::{JwsError, Unverified},
};

/// Why nobody was identified.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodeError {
    /// The provider is of no use now.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The provider does not take the code: it was used already, is too old, or was given to another client.
    #[error("the provider did not take the code: {0}")]
    Exchange(FetchError),
    /// The identity token cannot be believed.
    #[error("the provider's identity token is not accepted: {0}")]
    Signature(#[from] JwsError),
    /// The identity token says something else than it must.
    #[error("the provider's identity token is not accepted: {0}")]
    Claim(#[from] ClaimError),
    /// The identity token belongs to another sign-in.
    #[error("the provider's identity token is of another sign-in")]
    Nonce,
}

/// What an authorization request says besides what every one says.
pub(crate) struct Asking<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) state: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) verifier: &'a str,
}

/// The address to send a browser to.
pub(crate) fn address(
    provider: &Provider,
    metadata: &Metadata,
    asking: &Asking<'_>,
) -> Result<String, ProviderError> {
    let missing = |why| ProviderError::NotSetUp { name: provider.name.clone(), why };
    let endpoint =
        metadata.authorization_endpoint.as_deref().ok_or(missing("it has no authorization endpoint"))?;
    let mut url = Url::parse(endpoint).map_err(|_| missing("its authorization endpoint is no address"))?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", asking.client_id)
        .append_pair("redirect_uri", asking.redirect_uri)
        .append_pair("scope", &provider.settings.scopes.join(" "))
        .append_pair("state", asking.state)
        .append_pair("nonce", asking.nonce)
        .append_pair("code_challenge", &challenge(asking.verifier))
        .append_pair("code_challenge_method", "S256");
    Ok(url.into())
}

/// RFC 7636 §4.2, `S256`.
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()))
}

/// A code that came back.
pub(crate) struct Returned<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) secret: Option<Secret>,
    pub(crate) redirect_uri: &'a str,
    pub(crate) code: &'a str,
    pub(crate) verifier: &'a str,
    pub(crate) nonce: &'a str,
}

/// Somebody whom an identity token speaks of.
#[derive(Debug)]
pub(crate) struct Identified {
    pub(crate) identity: Identity,
    /// The token itself: signing out at the provider needs it.
    pub(crate) id_token: Secret,
}

/// Exchanges a code and believes the identity token only when everything about it is right.
pub(crate) async fn identify(
    app: &App,
    provider: &Provider,
    returned: Returned<'_>,
) -> Result<Identified, CodeError> {
    let metadata = app.providers.metadata(&app.env, provider).await?;
    let answer = exchange(provider, &metadata, &returned).await?;
    let token = answer.get("id_token").and_then(Value::as_str).ok_or(JwsError::Malformed("there is none"))?;
    let unverified = Unverified::parse(token)?;
    if unverified.kind().is_some_and(|kind| kind != "jwt") {
        return Err(ClaimError::Kind("its `typ` is not that of an identity token").into());
    }
    let keys = app.providers.keys(&app.env, provider, unverified.key_id()).await?;
    let claims = unverified.verify(&keys, &provider.settings.algorithms())?;
    let audiences = [returned.client_id.to_owned()];
    let claims = Claims::check(claims, &provider.settings.issuer, &audiences, app.env.now())?;
    let party = claims.text("azp");
    if party.map_or(claims.values("aud").len() > 1, |party| party != returned.client_id) {
        return Err(ClaimError::Audience.into());
    }
    if returned.nonce.is_empty() || claims.text("nonce") != Some(returned.nonce) {
        return Err(CodeError::Nonce);
    }
    Ok(Identified { identity: Identity::read(provider, &claims), id_token: Secret::new(token.to_owned()) })
}

async fn exchange(
    provider: &Provider,
    metadata: &Metadata,
    returned: &Returned<'_>,
) -> Result<Value, CodeError> {
    let missing = |why| ProviderError::NotSetUp { name: provider.name.clone(), why };
    let endpoint = metadata.token_endpoint.as_deref().ok_or(missing("it has no token endpoint"))?;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", returned.code),
        ("redirect_uri", returned.redirect_uri),
        ("code_verifier", returned.verifier),
    ];
    let mut authorization = None;
    match (&returned.secret, provider.settings.client_authentication) {
        (Some(secret), ClientAuthentication::ClientSecretBasic) => {
            let encode =
                |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encode(returned.client_id), encode(secret));
            authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
        }
        (Some(secret), ClientAuthentication::ClientSecretPost) => {
            form.extend([("client_id", returned.client_id), ("client_secret", secret.as_str())]);
        }
        (None, _) => form.push(("client_id", returned.client_id)),
    }
    let settings = &provider.settings;
    let plain = is_plain(&settings.issuer);
    let body =
        fetch::post_form(endpoint, plain, settings.ca_certificate.as_deref(), &form, authorization).await;
    let body = body.map_err(|error| match error {
        FetchError::Refused { status, .. } if status < 500 => CodeError::Exchange(error),
        other => ProviderError::Unavailable { name: provider.name.clone(), why: other.to_string() }.into(),
    })?;
    serde_json::from_slice(&body)
        .map_err(|_| JwsError::Malformed("the token endpoint did not answer JSON").into())
}

#[cfg(test)]
mod tests {
    /// RFC 7636 appendix B.
    #[test]
    fn challenge_of_the_standard() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(super::challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
