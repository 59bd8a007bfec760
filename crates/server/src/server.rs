//! Starting and stopping the service.

use std::{net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::{
    account,
    app::{App, Shared},
    authz::{Actor, act, authorize},
    changes::Changes,
    config::Config,
    db::{Db, DbError},
    directory, export,
    http::{self, Metrics, Service},
    phones::{self, Phones},
    provider, signin,
    signing::ops::KeysError,
    tenant, ticket,
    token::{self, NewToken, Token},
};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be made or written.
    #[error("the data directory `{path}` cannot be used: {why}")]
    DataDir {
        /// The directory.
        path: String,
        /// The operating system's reason.
        why: String,
    },
    /// The address is in use or not ours.
    #[error("cannot listen on `{addr}`: {why}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// The operating system's reason.
        why: String,
    },
    /// Certificate or key cannot be used.
    #[error("the TLS file `{path}` cannot be used: {why}")]
    Tls {
        /// The file.
        path: String,
        /// The reason.
        why: String,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The signing keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database URL is of no product we know.
    #[error("the database URL must start with `postgres://` or `postgresql://`")]
    DatabaseUrl,
}

/// The service.
#[derive(Debug)]
pub struct Server;

/// A started service. Dropping it does not stop it; [`RunningServer::shutdown`] does.
#[derive(Debug)]
pub struct RunningServer {
    /// The address listened on, with the real port.
    pub addr: SocketAddr,
    /// Whether clients must use https.
    pub tls: bool,
    /// The first administrator's one-time password, only when this start made it.
    pub admin_password: Option<String>,
    app: Shared,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the database, makes what is missing at a first start, and listens.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running.
    pub async fn start(config: Config) -> Result<RunningServer, StartError> {
        let tls = config.tls.as_ref().map(http::tls_acceptor).transpose()?;
        let db = open_database(&config).await?;
        let tenant = tenant::ops::ensure_first(&db, &config.env, &config.tenant_name).await?;
        let admin_password = account::ops::ensure_administrator(&db, &config.env, tenant.id).await?;
        let listener =
            TcpListener::bind(config.listen).await.map_err(|error| cannot_listen(&config, &error))?;
        let addr = listener.local_addr().map_err(|error| cannot_listen(&config, &error))?;
        let (stop, stopping) = watch::channel(false);
        let changes = Changes::new(tenant.id);
        let phones = Phones::open(&db, &config.env, tenant.id, &config.key_file(), &changes).await?;
        let metrics = Metrics::new();
        phones.register(&metrics);
        let app = Arc::new(App {
            db,
            env: config.env.clone(),
            tenant: tenant.id,
            changes,
            metrics,
            phones,
            providers: provider::Memory::default(),
            attempts: signin::Attempts::default(),
            uploads: ticket::Uploads::default(),
            exports: export::Running::default(),
            tls: tls.is_some(),
            graph_root: config.graph_root.clone(),
            public_url: config.public_url.clone(),
            behind_proxy: config.behind_proxy,
            audit: crate::audit::limit::Limit::default(),
            stopping: stopping.clone(),
        });
        let service = Service::new(Arc::clone(&app), http::router(Arc::clone(&app)), config.deadlines);
        let is_tls = tls.is_some();
        let acceptor = http::Acceptor {
            service,
            tls,
            deadlines: config.deadlines,
            connections_max: config.connections_max,
        };
        let tasks = phones::start(&app);
        let serving = tokio::spawn(http::serve(listener, acceptor, stopping));
        Ok(RunningServer { addr, tls: is_tls, admin_password, app, stop, serving, tasks })
    }
}

impl RunningServer {
    /// The parts of the service, for embedding programs and tests.
    pub fn app(&self) -> &Shared {
        &self.app
    }

    /// Stops taking connections, lets open requests finish, closes the database.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "the accept loop failed");
        }
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a background task failed");
            }
        }
        self.app.db.close().await;
    }
}

/// Opens the database that a configuration names, making the data directory and the tables when missing.
///
/// # Errors
/// See [`StartError`].
pub async fn open_database(config: &Config) -> Result<Db, StartError> {
    match &config.database_url {
        Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
            return Err(StartError::DatabaseUrl);
        }
        _ => {}
    }
    make_private_dir(&config.data_dir).map_err(|error| StartError::DataDir {
        path: config.data_dir.display().to_string(),
        why: error.to_string(),
    })?;
    let db = Db::open(&config.database()).await?;
    directory::ops::fill_keys(&db).await?;
    Ok(db)
}

/// Makes an API token beside or without a running server, for the operator at the machine. Answers the secret.
///
/// # Errors
/// See [`StartError`].
pub async fn create_token(config: &Config, new: NewToken) -> Result<(Token, String), StartError> {
    let db = open_database(config).await?;
    let tenant = tenant::ops::ensure_first(&db, &config.env, &config.tenant_name).await?;
    let operator = Arc::new(Actor::operator(tenant.id, "command-line"));
    let proof =
        authorize(&operator, act::ManageTokens).map_err(|denied| DbError::Open(denied.to_string()))?;
    let made = token::ops::create(&db, &config.env, &proof, new).await?;
    db.close().await;
    Ok(made)
}

/// Only the operator's account may read keys and data.
fn make_private_dir(path: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn cannot_listen(config: &Config, error: &std::io::Error) -> StartError {
    StartError::Listen { addr: config.listen, why: error.to_string() }
}
