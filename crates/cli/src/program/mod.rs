//! `ringfence program`: programs that fetch their tokens with a client id and a secret.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use crate::api::{Connect, escape, text};
use crate::output::{self, Table};

/// Arguments of `ringfence program`.
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
    /// Register a program; prints tenant id, client id and client secret, the secret this once
    Add {
        /// What it is
        name: String,
        /// Role that it acts in; may be repeated
        #[arg(long)]
        role: Vec<String>,
        /// Graph permission name, such as DeviceManagementApps.ReadWrite.All; may be repeated
        #[arg(long)]
        scope: Vec<String>,
    },
    /// List programs
    List,
    /// Remove a program; its tokens end at once
    Remove {
        /// The client id
        id: String,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    match args.command {
        Command::Add { name, role, scope } => {
            let made =
                api.post("/api/v1/programs", &json!({"name": name, "roles": role, "scopes": scope}))?;
            if args.json {
                output::json(&made)?;
            } else {
                for member in ["tenantId", "clientId", "clientSecret"] {
                    println!("{member} {}", text(&made, member));
                }
                eprintln!(
                    "the secret is not shown again; tokens come from {}/{}/oauth2/v2.0/token",
                    api.base(),
                    text(&made, "tenantId")
                );
            }
        }
        Command::List => {
            let all = api.list("/api/v1/programs")?;
            if args.json {
                output::json(&all)?;
            } else {
                let mut table = Table::new(&["client id", "name", "roles", "scopes"]);
                for one in &all {
                    table.row(["clientId", "name", "roles", "scopes"].map(|name| joined(one, name)));
                }
                table.print()?;
            }
        }
        Command::Remove { id } => {
            api.delete(&format!("/api/v1/programs/{}", escape(&id)))?;
            eprintln!("{id}: removed");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn joined(one: &serde_json::Value, name: &str) -> String {
    match one.get(name).and_then(serde_json::Value::as_array) {
        Some(list) => list.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(" "),
        None => text(one, name),
    }
}
