//! The real server in this process, on loopback, with data of its own that goes when the value does.

use std::path::{Path, PathBuf};

use anyhow::Context;
use ringfence_admin::Api;
use ringfence_model::Millis;
use ringfence_server::{Config, RunningServer, Server, authz::Role, token::NewToken};

/// Where the server keeps its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Database {
    /// A file in the lab's own folder.
    #[default]
    Sqlite,
    /// A schema of its own in this PostgreSQL database (`postgres://…`).
    Postgres(String),
}

/// A folder and the server that keeps its data in it.
#[derive(Debug)]
pub struct Lab {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    config: Config,
    schema: Option<ringfence_server::db::Schema>,
    server: Option<RunningServer>,
}

impl Lab {
    /// Prepares a server for an organisation; [`Lab::start`] starts it.
    pub fn new(organisation: &str, database: &Database) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("ringfence-").tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("the runtime cannot be started")?;
        let mut config = Config::new(folder.path().join("server"), ([127, 0, 0, 1], 0).into());
        organisation.clone_into(&mut config.tenant_name);
        let schema = match database {
            Database::Sqlite => None,
            Database::Postgres(url) => {
                let schema = runtime.block_on(ringfence_server::db::Schema::make(url))?;
                config.database_url = Some(schema.url().to_owned());
                Some(schema)
            }
        };
        Ok(Self { folder, runtime, config, schema, server: None })
    }

    /// What the server is started with; changes count from the next start.
    pub fn config(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Starts the server on a free port.
    pub fn start(&mut self) -> anyhow::Result<&RunningServer> {
        let server = self.runtime.block_on(Server::start(self.config.clone()))?;
        Ok(self.server.insert(server))
    }

    /// Stops the server; its data stays.
    pub fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }

    /// The folder of everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the server's data.
    pub fn data(&self) -> PathBuf {
        self.config.data_dir.clone()
    }

    /// The server's address.
    pub fn url(&self) -> anyhow::Result<String> {
        let server = self.server.as_ref().context("the server is not running")?;
        Ok(format!("{}://{}", if server.tls { "https" } else { "http" }, server.addr))
    }

    /// Makes an API token in the name of this machine's operator.
    pub fn make_token(&self, role: Role, name: &str) -> anyhow::Result<String> {
        let new = NewToken { name: name.to_owned(), roles: vec![role], life: Millis::from_days(1) };
        let (_, secret) = self.runtime.block_on(ringfence_server::create_token(&self.config, new))?;
        Ok(secret)
    }

    /// The administration API with a token.
    pub fn api(&self, token: &str) -> anyhow::Result<Api> {
        Api::new(&self.url()?, token, None)
    }

    /// Runs something of the server's until it is done.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop();
        if let Some(schema) = self.schema.take()
            && let Err(error) = self.runtime.block_on(schema.remove())
        {
            eprintln!("the schema of the scenario could not be removed: {error}");
        }
    }
}
