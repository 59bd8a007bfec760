//! The HTTP agent: what it trusts and how long it waits.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider};

/// An HTTP agent that trusts `ca`, or else the certificates of the operating system.
pub(super) fn agent(server: &str, ca: Option<&Path>) -> anyhow::Result<ureq::Agent> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("ringfence/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_global(Some(Duration::from_mins(2)));
    if server.starts_with("https://") {
        config = config.tls_config(tls(ca)?);
    }
    Ok(config.build().new_agent())
}

fn tls(ca: Option<&Path>) -> anyhow::Result<TlsConfig> {
    const SYSTEM: [&str; 3] =
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    let path = match ca {
        Some(path) => path,
        None => SYSTEM
            .iter()
            .map(Path::new)
            .find(|path| path.exists())
            .context("no certificate authorities found on this machine: name a PEM file with --ca")?,
    };
    let pem = std::fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let certificates = certificates(&pem).with_context(|| format!("`{}`", path.display()))?;
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::new_with_certs(&certificates))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build())
}

fn certificates(pem: &[u8]) -> anyhow::Result<Vec<Certificate<'static>>> {
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.context("is not a PEM file")? {
            found.push(certificate);
        }
    }
    anyhow::ensure!(!found.is_empty(), "holds no certificate");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert!(certificates(b"nothing here").is_err());
    }
}
