//! `ringfence keys`: what a phone has to trust, for provisioning it with the app.

use std::process::ExitCode;

use ringfence_protocol::bytes::Digest;
use serde_json::{Value, json};

use crate::api::{bytes, text};
use crate::output::{self, Table};

/// Arguments of `ringfence keys`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    server: crate::api::ServerAddress,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the tenant and the pin of its root key: SHA-256 of the raw public key, hexadecimal.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let tenant = args.server.open("")?.get("/phone/v1/tenant")?;
    let pin = pin(&tenant)?;
    if args.json {
        output::json(&json!({"tenantId": tenant["tenantId"], "name": tenant["name"], "pin": pin}))?;
    } else {
        let mut table = Table::new(&["property", "value"]);
        table.row(["tenant".to_owned(), text(&tenant, "name")]);
        table.row(["id".to_owned(), text(&tenant, "tenantId")]);
        table.row(["pin".to_owned(), pin]);
        table.print()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The pin of the root key in the answer of `GET /phone/v1/tenant`.
pub(crate) fn pin(tenant: &Value) -> anyhow::Result<String> {
    let key = bytes(tenant, "rootKey")?;
    anyhow::ensure!(key.0.len() == 32, "the server's root key has {} bytes, not 32", key.0.len());
    Ok(output::hex(&Digest::of(&key.0).0))
}
