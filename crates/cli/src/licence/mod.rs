//! `ringfence licence`: who may be protected at all.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;

use crate::api::{Api, Connect, text};
use crate::output::{self, Table};

/// Arguments of `ringfence licence`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    connect: Connect,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Give users a licence
    Assign {
        /// Users: names or ids
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// Take the licence from users: their apps lose protection, and work data stays on their phones; wipe first what must go
    Remove {
        /// Users: names or ids
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// Show how many licences there are and how many are assigned
    List,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    match args.command {
        Command::Assign { users } => change(&api, &users, ringfence_admin::licence::assign)?,
        Command::Remove { users } => {
            change(&api, &users, ringfence_admin::licence::remove)?;
            eprintln!(
                "Work data stays on their phones and is not protected any more: `ringfence wipe` removes it."
            );
        }
        Command::List => list(&api, args.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn change(api: &Api, users: &[String], act: fn(&Api, &str) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for user in users {
        act(api, &text(&api.user(user)?, "id"))?;
        eprintln!("{user}: done");
    }
    Ok(())
}

fn list(api: &Api, json: bool) -> anyhow::Result<()> {
    let skus = api.list("/v1.0/subscribedSkus")?;
    if json {
        return output::json(&skus);
    }
    let mut table = Table::new(&["licence", "assigned", "available", "id"]);
    for sku in &skus {
        let available = text(sku.get("prepaidUnits").unwrap_or(&Value::Null), "enabled");
        table.row([text(sku, "skuPartNumber"), text(sku, "consumedUnits"), available, text(sku, "skuId")]);
    }
    table.print()
}
