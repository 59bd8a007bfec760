//! Asking a provider over HTTP: bounded in time and size, no redirects, no proxies, TLS unless it is this very machine.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider};
use url::{Host, Url};

const WHOLE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);

/// Largest answer that is read, in bytes: a set of keys is a few kilobytes.
const ANSWER_MAX: u64 = 256 * 1024;

/// Where operating systems keep the certificate authorities.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Why there is no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    /// The address may not be spoken to.
    #[error("`{0}` may not be asked: {1}")]
    Address(String, &'static str),
    /// No answer, or one that is too large or too late.
    #[error("`{0}` gave no answer: {1}")]
    Network(String, String),
    /// An answer that is an error.
    #[error("`{url}` answered {status}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        /// Which address.
        url: String,
        /// The status.
        status: u16,
        /// The OAuth error code, if it gave one.
        code: Option<String>,
    },
}

/// Whether an address may be spoken to: https, or http on a loopback address where `plain` allows it.
pub(super) fn check_url(url: &Url, plain: bool) -> Result<(), &'static str> {
    if url.host().is_none() {
        return Err("it names no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user name");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if plain && is_loopback(url) => Ok(()),
        "http" => Err("http is allowed on loopback addresses only"),
        _ => Err("it is not https"),
    }
}

/// Whether an address is of this machine itself.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What to send.
enum Ask {
    Get,
    Post { form: String, authorization: Option<String> },
}

/// `GET`.
pub(super) async fn get(url: &str, plain: bool, ca: Option<&str>) -> Result<Vec<u8>, FetchError> {
    ask(url, plain, ca, Ask::Get).await
}

/// `POST` of a form, e.g. to a token endpoint.
pub(super) async fn post_form(
    url: &str,
    plain: bool,
    ca: Option<&str>,
    form: &[(&str, &str)],
    authorization: Option<String>,
) -> Result<Vec<u8>, FetchError> {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    ask(url, plain, ca, Ask::Post { form, authorization }).await
}

async fn ask(url: &str, plain: bool, ca: Option<&str>, what: Ask) -> Result<Vec<u8>, FetchError> {
    let refuse = |why| FetchError::Address(url.to_owned(), why);
    check_url(&Url::parse(url).map_err(|_| refuse("it is not an address"))?, plain).map_err(refuse)?;
    let (url, ca) = (url.to_owned(), ca.map(str::to_owned));
    let failed = FetchError::Network(url.clone(), "the server is stopping".into());
    tokio::task::spawn_blocking(move || send(&url, ca.as_deref(), what)).await.unwrap_or(Err(failed))
}

fn send(url: &str, ca: Option<&str>, what: Ask) -> Result<Vec<u8>, FetchError> {
    let failed = |error: String| FetchError::Network(url.to_owned(), error);
    let agent = agent(url, ca).map_err(failed)?;
    let answer = match what {
        Ask::Get => agent.get(url).header("accept", "application/json").call(),
        Ask::Post { form, authorization } => {
            let mut request = agent
                .post(url)
                .header("accept", "application/json")
                .header("content-type", "application/x-www-form-urlencoded");
            if let Some(value) = authorization {
                request = request.header("authorization", value);
            }
            request.send(form)
        }
    };
    let mut answer = answer.map_err(|error| failed(error.to_string()))?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec();
    let body = body.map_err(|error| failed(error.to_string()))?;
    if status == 200 {
        return Ok(body);
    }
    // Only the code: a description may quote what was sent.
    let code = serde_json::from_slice::<Value>(&body).ok();
    let code = code.and_then(|body| body.get("error")?.as_str().map(|code| code.chars().take(64).collect()));
    Err(FetchError::Refused { url: url.to_owned(), status, code })
}

fn agent(url: &str, ca: Option<&str>) -> Result<ureq::Agent, String> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(concat!("ringfence/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(WHOLE));
    if url.starts_with("https:") {
        let roots = match ca {
            Some(pem) => certificates(pem)?,
            None => {
                let file = SYSTEM_ROOTS.iter().find_map(|path| std::fs::read_to_string(path).ok());
                certificates(
                    &file
                        .ok_or("this machine has no list of certificate authorities: set `caCertificate`")?,
                )?
            }
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        config = config.tls_config(tls);
    }
    Ok(config.build().new_agent())
}

/// The certificates of a PEM text, at least one.
pub(super) fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, String> {
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(pem.as_bytes()) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err("holds no certificate".into()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_without_tls_are_of_this_machine_only() {
        let may = |url: &str, plain| check_url(&Url::parse(url).unwrap(), plain).is_ok();
        for url in ["https://id.school.example/", "https://127.0.0.1:8443/op"] {
            assert!(may(url, false) && may(url, true), "{url}");
        }
        for url in ["http://127.0.0.1:3000", "http://localhost/x", "http://[::1]:80/", "http://127.8.8.8/"] {
            assert!(may(url, true) && !may(url, false), "{url}");
        }
        for url in [
            "http://id.school.example",
            "http://10.0.0.1",
            "http://127.0.0.1.example",
            "file:///etc/passwd",
            "https://a:b@c/",
        ] {
            assert!(!may(url, true), "{url}");
        }
    }
}
