//! `ringfence serve`: the service in the foreground, until SIGINT or SIGTERM.

mod logs;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use ringfence_server::{Config, PublicUrl, RunningServer, Server, TlsFiles};

pub(crate) use logs::LogFormat;

/// Arguments of `ringfence serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the embedded database and the server's keys; made when missing
    #[arg(long, env = "RINGFENCE_DATA", default_value = "ringfence-data")]
    data: PathBuf,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "RINGFENCE_LISTEN", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// postgres://… to use PostgreSQL instead of the embedded database
    #[arg(long, env = "RINGFENCE_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// File of the key that seals the signing keys; nodes on one database share it
    #[arg(long, env = "RINGFENCE_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// PEM file with the certificate chain
    #[arg(long, env = "RINGFENCE_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the private key
    #[arg(long, env = "RINGFENCE_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy in front says in `X-Forwarded-For` where requests come from; believe its last address
    #[arg(long, env = "RINGFENCE_BEHIND_PROXY")]
    behind_proxy: bool,
    /// Scheme and host to write in `@odata.context`, for tools that expect `https://graph.microsoft.com` there
    #[arg(long, env = "RINGFENCE_GRAPH_ROOT")]
    graph_root: Option<String>,
    /// Where clients reach this server when a proxy in front makes that another address: scheme and host, such as
    /// `https://mam.school.example`
    #[arg(long, env = "RINGFENCE_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// Name of the organisation, used at the first start
    #[arg(long, default_value = "Ringfence")]
    tenant_name: String,
    /// How log lines are written to stderr
    #[arg(long, env = "RINGFENCE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// What is logged: error, warn, info, debug, or a filter such as `info,sqlx=warn`
    #[arg(long, env = "RINGFENCE_LOG", default_value = "info")]
    log: String,
}

impl Args {
    fn config(&self) -> Config {
        let mut config = Config::new(&self.data, self.listen);
        config.database_url.clone_from(&self.database_url);
        config.key_file.clone_from(&self.key_file);
        config.tls = match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert: cert.clone(), key: key.clone() }),
            _ => None,
        };
        config.behind_proxy = self.behind_proxy;
        config.graph_root.clone_from(&self.graph_root);
        config.public_url.clone_from(&self.public_url);
        config.tenant_name.clone_from(&self.tenant_name);
        config
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    logs::start(&args.log, args.log_format)?;
    if args.tls_cert.is_none() && !args.listen.ip().is_loopback() {
        tracing::warn!(
            "listening beyond this machine without TLS: put a TLS proxy in front, or use --tls-cert"
        );
    }
    runtime()?.block_on(async {
        let server = Server::start(args.config()).await?;
        announce(&server)?;
        stop_signal().await?;
        tracing::info!("stopping: open requests are finished first");
        server.shutdown().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The runtime of commands that run the server or open its database.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")
}

/// The address as clients write it.
pub(crate) fn url(server: &RunningServer) -> String {
    format!("{}://{}", if server.tls { "https" } else { "http" }, server.addr)
}

fn announce(server: &RunningServer) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ringfence listens on {}", url(server))?;
    if let Some(password) = &server.admin_password {
        writeln!(out, "first administrator: admin, one-time password: {password}")?;
    }
    out.flush()?;
    Ok(())
}

/// Waits for SIGINT or SIGTERM.
pub(crate) async fn stop_signal() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
