//! What a server is started with.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use crate::{db::DbConfig, env::Env};

/// Everything `Server::start` needs; [`Config::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the embedded database and of keys made at first start.
    pub data_dir: PathBuf,
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// `postgres://…`; without it SQLite in `data_dir`.
    pub database_url: Option<String>,
    /// Certificate chain and key; without them plain HTTP.
    pub tls: Option<TlsFiles>,
    /// File of the key that seals the signing keys, shared by the nodes on one database; `data.key` in `data_dir`
    /// unless given.
    pub key_file: Option<PathBuf>,
    /// Clock and randomness.
    pub env: Env,
    /// How long silent and slow clients are waited for.
    pub deadlines: Deadlines,
    /// Connections held at once; more wait in the kernel's queue.
    pub connections_max: usize,
    /// Whether a proxy in front adds the client's address to `X-Forwarded-For`; without it that header is not believed.
    pub behind_proxy: bool,
    /// Scheme and host that Graph answers write in `@odata.context`, for clients that expect a certain one, such as
    /// `https://graph.microsoft.com`; the server's own unless given.
    pub graph_root: Option<String>,
    /// Where clients reach this server, when a proxy in front makes that another address than requests tell.
    pub public_url: Option<PublicUrl>,
    /// Display name of the tenant made at first start.
    pub tenant_name: String,
}

/// Scheme, host and port under which clients reach the server: `https://mam.school.example`, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// A text is no address of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}: expected scheme and host alone, such as https://mam.school.example or http://127.0.0.1:8080")]
pub struct PublicUrlError(&'static str);

impl PublicUrl {
    /// Without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let url = url::Url::parse(text).map_err(|_| PublicUrlError("it is no address"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(PublicUrlError("it begins with neither http:// nor https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PublicUrlError("it holds a user name or a password"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(PublicUrlError("it holds more than scheme, host and port"));
        }
        Ok(Self(url.origin().ascii_serialization()))
    }
}

/// PEM files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Certificate chain, leaf first.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// Deadlines towards clients.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// From accepting a connection to its first complete request head, TLS included.
    pub first_request: Duration,
    /// For a request head, and for silence between two requests.
    pub header_read: Duration,
    /// For a whole request body.
    pub body_read: Duration,
    /// For the client to take some of what is sent to it.
    pub write_stall: Duration,
    /// For open requests when the server stops.
    pub stop: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            first_request: Duration::from_secs(10),
            header_read: Duration::from_mins(1),
            body_read: Duration::from_secs(30),
            write_stall: Duration::from_secs(30),
            stop: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// SQLite in `data_dir`, plain HTTP, the machine's clock and randomness.
    pub fn new(data_dir: impl Into<PathBuf>, listen: SocketAddr) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen,
            database_url: None,
            tls: None,
            key_file: None,
            env: Env::system(),
            deadlines: Deadlines::default(),
            connections_max: 100_000,
            behind_proxy: false,
            graph_root: None,
            public_url: None,
            tenant_name: "Ringfence".to_owned(),
        }
    }

    /// Where the key is that seals the signing keys.
    pub fn key_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data_dir.join("data.key"))
    }

    /// Where the data lives.
    pub fn database(&self) -> DbConfig {
        match &self.database_url {
            Some(url) => DbConfig::Postgres(url.clone()),
            None => DbConfig::Sqlite(self.data_dir.join("ringfence.db")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_an_origin() {
        for (given, wanted) in [
            ("https://mam.school.example", Some("https://mam.school.example")),
            ("https://MAM.School.example:443/", Some("https://mam.school.example")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("https://[::1]:8443", Some("https://[::1]:8443")),
            ("mam.school.example", None),
            ("ftp://mam.school.example", None),
            ("https://mam.school.example/mam", None),
            ("https://mam.school.example?x", None),
            ("https://mam.school.example#x", None),
            ("https://kim:secret@mam.school.example", None),
            ("https://", None),
            ("javascript:alert(1)", None),
            ("", None),
        ] {
            let read = given.parse::<PublicUrl>().ok();
            assert_eq!(read.as_ref().map(PublicUrl::as_str), wanted, "{given}");
        }
    }
}
