//! Where the server is and who is asking.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider};

use super::Api;

/// Where the server is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServerAddress {
    /// Address of the server
    #[arg(long, env = "RINGFENCE_SERVER", default_value = "http://127.0.0.1:8443", global = true)]
    server: String,
    /// PEM file of the authority that signed the server's certificate
    #[arg(long, env = "RINGFENCE_CA", global = true)]
    ca: Option<PathBuf>,
}

impl ServerAddress {
    /// A client that acts with this token, or with none when it is empty.
    pub(crate) fn open(&self, token: &str) -> anyhow::Result<Api> {
        Api::new(&self.server, token, self.ca.as_deref())
    }
}

/// Options of every command that administers a server.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Connect {
    #[command(flatten)]
    server: ServerAddress,
    /// API token (see `ringfence token create`)
    #[arg(long, env = "RINGFENCE_TOKEN", hide_env_values = true, global = true)]
    token: Option<String>,
    /// File that holds the API token
    #[arg(long, env = "RINGFENCE_TOKEN_FILE", global = true, conflicts_with = "token")]
    token_file: Option<PathBuf>,
}

impl Connect {
    /// A client with these options.
    pub(crate) fn open(&self) -> anyhow::Result<Api> {
        self.server.open(&self.read_token()?)
    }

    fn read_token(&self) -> anyhow::Result<String> {
        if let Some(token) = &self.token {
            return Ok(token.trim().to_owned());
        }
        let Some(path) = &self.token_file else {
            anyhow::bail!(
                "no API token: set RINGFENCE_TOKEN, or use --token-file (make one with `ringfence token create`)"
            );
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the token file `{}` cannot be read", path.display()))?;
        Ok(text.trim().to_owned())
    }
}

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
