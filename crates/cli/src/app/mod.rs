//! `ringfence app`: the catalogue of apps that policies can cover.

use std::process::ExitCode;

use clap::Subcommand;
use ringfence_model::Platform;

use crate::api::{Api, Connect, text};
use crate::output::{self, Table};

/// Arguments of `ringfence app`.
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
    /// List the catalogue
    List,
    /// Add an app
    Add {
        /// Bundle id (iOS) or package id (Android)
        id: String,
        /// ios or android
        #[arg(long)]
        platform: Platform,
        /// Name for people
        #[arg(long)]
        name: Option<String>,
        /// Who makes it
        #[arg(long, default_value = "")]
        publisher: String,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    match args.command {
        Command::List => list(&api, args.json)?,
        Command::Add { id, platform, name, publisher } => {
            let created =
                ringfence_admin::app::add(&api, platform, &id, name.as_deref().unwrap_or(&id), &publisher)?;
            if args.json {
                output::json(&created)?;
            } else {
                eprintln!("added {id} ({platform})");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(api: &Api, json: bool) -> anyhow::Result<()> {
    let apps = api.list(ringfence_admin::app::APPS)?;
    if json {
        return output::json(&apps);
    }
    let mut table = Table::new(&["app", "platform", "name", "publisher"]);
    for app in &apps {
        let (id, platform) = match text(app, "bundleId") {
            id if id.is_empty() => (text(app, "packageId"), Platform::Android),
            id => (id, Platform::Ios),
        };
        table.row([id, platform.to_string(), text(app, "displayName"), text(app, "publisher")]);
    }
    table.print()
}
