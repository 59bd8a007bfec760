//! The phone's network: HTTP requests over rustls, with the network switch in front.
//!
//! Replies are data, whatever their status; only what prevents a reply is a failure. Redirects are never
//! followed: a phone talks to the server it was provisioned with and to no other.

use std::{fs, io, sync::Arc, time::Duration};

use rustls_pki_types::{CertificateDer, pem::PemObject};
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig, TlsProvider},
};

use crate::{PhoneError, PhoneRecord};

/// Where Linux distributions keep the certificate authorities of the system.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// The largest reply that is read (a bundle is at most 256 KiB, base64 and keyset around it).
pub const MAX_REPLY_BYTES: u64 = 1024 * 1024;

const CONNECT_SECS: u64 = 5;
const REQUEST_SECS: u64 = 20;
/// Silence on the push stream for this long means it is dead; servers send a comment more often.
const PUSH_SILENCE_SECS: u64 = 90;

/// One request, relative to the server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// Path and query, from `/`.
    pub path: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body, empty for none.
    pub body: Vec<u8>,
}

/// A reply of the server, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, with values; values that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetFail {
    /// The network is switched off, or the server cannot be found or reached.
    #[error("the network is off or the server cannot be reached")]
    Offline,
    /// The server was reached but the certificate or the TLS handshake is wrong.
    #[error("the server's certificate is not accepted")]
    Tls,
    /// No answer in time.
    #[error("the server did not answer in time")]
    Timeout,
    /// The connection broke or the answer is no HTTP.
    #[error("the connection broke")]
    Broken,
    /// The reply is larger than [`MAX_REPLY_BYTES`].
    #[error("the reply is too large")]
    TooLarge,
}

/// The HTTP client of one app.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    tls: TlsConfig,
    agent: Agent,
}

impl Http {
    /// A client for the server in the phone's record.
    ///
    /// # Errors
    /// [`PhoneError::Network`] when the certificates of the record or of the system cannot be read.
    pub fn new(record: &PhoneRecord) -> Result<Self, PhoneError> {
        let roots =
            if record.server.starts_with("https:") { roots(record.ca_cert.as_deref())? } else { Vec::new() };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let agent = agent(&tls, Some(REQUEST_SECS), None);
        Ok(Self { base: record.server.clone(), tls, agent })
    }

    /// The address the client talks to.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request and reads the whole reply.
    pub fn send(&self, request: &Request) -> Result<Reply, NetFail> {
        let mut response = self.agent.run(self.build(request)?).map_err(|error| classify(&error))?;
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_REPLY_BYTES).read_to_vec();
        Ok(Reply { status, headers, body: body.map_err(|error| classify(&error))? })
    }

    fn build(&self, request: &Request) -> Result<ureq::http::Request<Vec<u8>>, NetFail> {
        let mut builder = ureq::http::Request::builder()
            .method(request.method.as_str())
            .uri(format!("{}{}", self.base, request.path));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        builder.body(request.body.clone()).map_err(|_| NetFail::Broken)
    }

    /// Opens a long-lived reply: the status, a reader of the body and the switch that ends it from elsewhere.
    pub(crate) fn stream(&self, request: &Request) -> Stream {
        Stream { agent: agent(&self.tls, None, Some(PUSH_SILENCE_SECS)), request: self.build(request) }
    }

    /// Interrupts every request in flight.
    pub fn shut_down(&self) {
        self.agent.clone().shutdown();
    }
}

/// A long-lived request that has not been sent yet.
pub(crate) struct Stream {
    agent: Agent,
    request: Result<ureq::http::Request<Vec<u8>>, NetFail>,
}

impl Stream {
    /// The switch that ends the stream from another thread.
    pub(crate) fn switch(&self) -> StreamSwitch {
        StreamSwitch(self.agent.clone())
    }

    /// Sends the request; the reader blocks until the server says something.
    pub(crate) fn open(self) -> Result<(u16, impl io::Read), NetFail> {
        let response = self.agent.run(self.request?).map_err(|error| classify(&error))?;
        Ok((response.status().as_u16(), response.into_body().into_reader()))
    }
}

/// Ends a stream from another thread.
#[derive(Debug)]
pub(crate) struct StreamSwitch(Agent);

impl StreamSwitch {
    pub(crate) fn off(self) {
        self.0.shutdown();
    }
}

fn agent(tls: &TlsConfig, whole_secs: Option<u64>, silence_secs: Option<u64>) -> Agent {
    Agent::config_builder()
        .tls_config(tls.clone())
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("ringfence-phone/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(CONNECT_SECS)))
        .timeout_global(whole_secs.map(Duration::from_secs))
        .timeout_per_read(silence_secs.map(Duration::from_secs))
        .build()
        .new_agent()
}

fn roots(pem: Option<&str>) -> Result<Vec<Certificate<'static>>, PhoneError> {
    let text = match pem {
        Some(text) => text.as_bytes().to_vec(),
        None => SYSTEM_ROOTS.iter().find_map(|path| fs::read(path).ok()).unwrap_or_default(),
    };
    let mut roots = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate
            .map_err(|error| PhoneError::Network(format!("the certificate is no PEM: {error}")))?;
        roots.push(Certificate::from_der(certificate.as_ref()).to_owned());
    }
    if roots.is_empty() {
        return Err(PhoneError::Network(
            "no certificate authority to trust: give one with --ca-cert FILE".to_owned(),
        ));
    }
    Ok(roots)
}

fn classify(error: &ureq::Error) -> NetFail {
    use ureq::Error;
    match error {
        Error::HostNotFound | Error::ConnectionFailed => NetFail::Offline,
        Error::Tls(_) | Error::Rustls(_) => NetFail::Tls,
        Error::Timeout(_) => NetFail::Timeout,
        Error::BodyExceedsLimit(_) => NetFail::TooLarge,
        Error::Io(error) => classify_io(error),
        _ => NetFail::Broken,
    }
}

fn classify_io(error: &io::Error) -> NetFail {
    // A refused handshake arrives as the input/output error of the stream below.
    if error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some() {
        return NetFail::Tls;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::NotFound => NetFail::Offline,
        io::ErrorKind::TimedOut => NetFail::Timeout,
        _ => NetFail::Broken,
    }
}
