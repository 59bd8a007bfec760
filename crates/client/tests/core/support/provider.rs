//! A provider of identities, as the phone meets it: in the browser, and behind the server.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_client::HttpRequest;
use ringfence_protocol::{
    Digest,
    signin::{CodeSignIn, SignInProvider, SignInWays},
};

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const REDIRECT: &str = "com.example.mail://signed-in";

pub(crate) fn ways() -> SignInWays {
    let school = SignInProvider {
        name: "school".to_owned(),
        display_name: "School".to_owned(),
        issuer: ISSUER.to_owned(),
        names_issuer: true,
        authorization_endpoint: format!("{ISSUER}/auth"),
        client_id: "native".to_owned(),
        scope: "openid profile".to_owned(),
    };
    SignInWays { built_in: true, providers: vec![school] }
}

/// A member of an address whose value needs no escapes.
pub(crate) fn member<'a>(url: &'a str, name: &str) -> &'a str {
    let (_, query) = url.split_once('?').unwrap();
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

/// What a browser comes back with from an address; nothing when the user gives up.
pub(crate) type Browser = fn(&str) -> Option<String>;

/// The user signs in. The code holds what the token endpoint must check.
#[expect(clippy::unnecessary_wraps, reason = "one browser of several")]
pub(crate) fn honest(url: &str) -> Option<String> {
    assert!(url.starts_with("https://id.example/auth?response_type=code&client_id=native&"), "{url}");
    assert_eq!(member(url, "code_challenge_method"), "S256");
    let code = format!("{}~{}", member(url, "code_challenge"), member(url, "nonce"));
    let iss = "https%3A%2F%2Fid.example";
    Some(format!("{REDIRECT}?code={code}&state={}&iss={iss}", member(url, "state")))
}

pub(crate) fn carries_code(request: &HttpRequest) -> bool {
    serde_json::from_slice::<CodeSignIn>(&request.body).is_ok()
}

/// Whether the server would find the code good.
pub(crate) fn takes(request: &HttpRequest) -> bool {
    let asked: CodeSignIn = serde_json::from_slice(&request.body).unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(asked.code_verifier.as_bytes()).0);
    asked.redirect_uri == REDIRECT && asked.authorization_code == format!("{challenge}~{}", asked.nonce)
}
