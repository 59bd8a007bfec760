//! Where the server is and who is asking.

use std::path::PathBuf;

use anyhow::Context;

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
    /// A client that acts with another token than that of the options, or with none when it is empty.
    pub(crate) fn open_as(&self, token: &str) -> anyhow::Result<Api> {
        self.server.open(token)
    }

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
