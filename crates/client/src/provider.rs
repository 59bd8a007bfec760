//! Signing in at a provider of identities (protocol §3, RFC 8252): the authorization code flow with PKCE, in the system's
//! browser. The password, if there is one, is typed at the provider; this core never sees it.
//!
//! State, nonce and verifier are random and used once. The answer counts only when it carries this state and, where the
//! provider says so, its issuer (RFC 9207). The code goes to the server, which exchanges it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_messages::ReasonCode;
use ringfence_protocol::{
    Digest,
    register::SignInReply,
    signin::{CodeSignIn, SignInProvider, SignInWays},
};

use crate::{
    flow::Cx,
    log::LogLevel,
    registration::{Refused, ask, parse, place},
    session::plain,
};

const PATH: &str = "/phone/v1/signin";

/// Signs in at the provider of this name.
pub(crate) async fn sign_in(cx: &Cx, name: &str, redirect_uri: String) -> Result<SignInReply, Refused> {
    let ways: SignInWays = parse(&ask(cx, plain(PATH, None::<&()>, None), 200).await?)?;
    let Some(provider) = ways.providers.into_iter().find(|provider| provider.name == name) else {
        cx.log(LogLevel::Warn, "provider_not_offered", "");
        return Err(ReasonCode::SignInFailed);
    };
    let (state, nonce, verifier) = (secret(cx).await, secret(cx).await, secret(cx).await);
    let url = address(&provider, &redirect_uri, [&state, &nonce, &verifier]);
    let Some(came_back) = cx.authorize(url, redirect_uri.clone()).await else {
        cx.log(LogLevel::Info, "provider_given_up", "");
        return Err(ReasonCode::SignInFailed);
    };
    let answer = read(&came_back, &redirect_uri);
    // A recording holds neither the answer nor what it must carry.
    let problem =
        cx.with(|core| core.witness.attest("redirect", || problem(&answer, &state, &provider).to_owned()));
    if !problem.is_empty() {
        cx.log(LogLevel::Warn, "provider_answer_refused", problem);
        return Err(ReasonCode::SignInFailed);
    }
    let body = CodeSignIn {
        provider: provider.name,
        authorization_code: find(&answer, "code").unwrap_or_default().to_owned(),
        code_verifier: verifier,
        nonce,
        redirect_uri,
        from: Some(place(cx)),
    };
    parse(&ask(cx, plain(PATH, Some(&body), None), 200).await?)
}

/// 256 random bits as text.
async fn secret(cx: &Cx) -> String {
    URL_SAFE_NO_PAD.encode(cx.random::<32>().await)
}

/// The authorization request.
fn address(provider: &SignInProvider, redirect_uri: &str, [state, nonce, verifier]: [&str; 3]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).0);
    let members = [
        ("response_type", "code"),
        ("client_id", &provider.client_id),
        ("redirect_uri", redirect_uri),
        ("scope", &provider.scope),
        ("state", state),
        ("nonce", nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let mut url = provider.authorization_endpoint.clone();
    for (name, value) in members {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(name);
        url.push('=');
        escape(value, &mut url);
    }
    url
}

/// RFC 3986 §2.1; everything but unreserved characters.
fn escape(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| char::from(HEX.get(usize::from(value)).copied().unwrap_or(b'0'));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// The members of the answer; none when the browser came to another address.
fn read(came_back: &str, redirect_uri: &str) -> Vec<(String, String)> {
    let Some(query) = came_back.strip_prefix(redirect_uri).and_then(|rest| rest.strip_prefix('?')) else {
        return Vec::new();
    };
    let query = query.split('#').next().unwrap_or_default();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (unescape(name), unescape(value))).collect()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high << 4 | low) as u8);
                rest = ahead;
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The value of a member; none when it comes twice, which an honest provider never does.
fn find<'a>(answer: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = answer.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// What is wrong with the answer, as a stable name; empty when nothing is.
fn problem(answer: &[(String, String)], state: &str, provider: &SignInProvider) -> &'static str {
    let issuer = find(answer, "iss");
    if find(answer, "state") != Some(state) {
        "state"
    } else if issuer.map_or(provider.names_issuer, |issuer| issuer != provider.issuer) {
        "issuer"
    } else if find(answer, "error").is_some() {
        "refused"
    } else if find(answer, "code").is_none_or(str::is_empty) {
        "code"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider() -> SignInProvider {
        SignInProvider {
            name: "school".into(),
            display_name: "School".into(),
            issuer: "https://id.example".into(),
            names_issuer: true,
            authorization_endpoint: "https://id.example/auth?tenant=1".into(),
            client_id: "app".into(),
            scope: "openid profile".into(),
        }
    }

    #[test]
    fn the_request_carries_everything_escaped() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let url = address(&provider(), "app.example://cb", ["s", "n&n", verifier]);
        assert_eq!(
            url,
            "https://id.example/auth?tenant=1&response_type=code&client_id=app&redirect_uri=app.example%3A%2F%2Fcb\
             &scope=openid%20profile&state=s&nonce=n%26n\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
    }

    #[test]
    fn only_the_answer_to_this_request_counts() {
        let judge = |query: &str| {
            problem(&read(&format!("app.example://cb{query}"), "app.example://cb"), "s+1", &provider())
        };
        let iss = "iss=https%3A%2F%2Fid.example";
        for (query, wanted) in [
            (format!("?code=c&state=s%2B1&{iss}"), ""),
            (format!("?code=c&state=s%2b1&{iss}#x"), ""),
            (format!("?code=c&state=s&{iss}"), "state"),
            (format!("?code=c&state=s%2B1&state=s%2B1&{iss}"), "state"),
            (format!("?code=c&{iss}"), "state"),
            (format!("x?code=c&state=s%2B1&{iss}"), "state"),
            (format!("#code=c&state=s%2B1&{iss}"), "state"),
            (String::new(), "state"),
            ("?code=c&state=s%2B1".into(), "issuer"),
            ("?code=c&state=s%2B1&iss=https%3A%2F%2Fevil.example".into(), "issuer"),
            (format!("?error=access_denied&state=s%2B1&{iss}"), "refused"),
            (format!("?state=s%2B1&{iss}"), "code"),
            (format!("?code=&state=s%2B1&{iss}"), "code"),
            (format!("?code=%&state=s%2B1&{iss}&%=%x%"), ""),
        ] {
            assert_eq!(judge(&query), wanted, "{query}");
        }
    }
}
