//! Sign-in of people on phones through a provider of identities (protocol §3): which ways there are, and the code that came
//! back from one of them. The password, if there is one, is typed at the provider and never here (RFC 8252).

use serde::{Deserialize, Serialize};

use crate::register::SignInPlace;

/// Answer to `GET /phone/v1/signin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInWays {
    /// Built-in accounts have passwords here.
    pub built_in: bool,
    /// Providers that can be asked in a browser.
    pub providers: Vec<SignInProvider>,
}

/// How to ask a provider: the parts of an authorization request (OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInProvider {
    /// Names it in [`CodeSignIn::provider`].
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// Who must have sent the answer (RFC 9207).
    pub issuer: String,
    /// Whether every answer names the issuer.
    #[serde(default)]
    pub names_issuer: bool,
    /// Where to send the browser.
    pub authorization_endpoint: String,
    /// The organisation's public client there.
    pub client_id: String,
    /// What to ask for, separated by spaces.
    pub scope: String,
}

/// `POST /phone/v1/signin` with the code that came back in the browser. The server exchanges it; answered as a password is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeSignIn {
    /// Which provider.
    pub provider: String,
    /// The authorization code.
    pub authorization_code: String,
    /// The verifier whose SHA-256 went out as `code_challenge` (RFC 7636).
    pub code_verifier: String,
    /// As in the authorization request; the identity token must carry it.
    pub nonce: String,
    /// As in the authorization request.
    pub redirect_uri: String,
    /// Where somebody signs in; the troubleshooter's evidence, decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SignInPlace>,
}

impl std::fmt::Debug for CodeSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeSignIn").field("provider", &self.provider).finish_non_exhaustive()
    }
}
