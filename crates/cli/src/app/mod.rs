//! `ringfence app`: the catalogue of apps that policies can cover.

use std::process::ExitCode;

use clap::Subcommand;
use ringfence_model::{Platform, SignInMethod};
use serde_json::Map;

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
    /// Change how an app signs in, or which certificates it may be signed with
    Set {
        /// Bundle id (iOS) or package id (Android)
        id: String,
        /// ios or android
        #[arg(long)]
        platform: Platform,
        /// modern, or legacy: no identity, hence no policy
        #[arg(long, value_name = "METHOD")]
        sign_in: Option<SignInMethod>,
        /// SHA-256 of a certificate the app may be signed with, in hexadecimal; may be given several times and replaces
        /// those registered before
        #[arg(long = "signer", value_name = "SHA256")]
        signers: Vec<String>,
        /// Let the app be signed by anybody
        #[arg(long, conflicts_with = "signers")]
        any_signer: bool,
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
        Command::Set { id, platform, sign_in, signers, any_signer } => {
            let mut members = Map::new();
            if let Some(method) = sign_in {
                members.insert("ringfenceSignIn".to_owned(), method.as_str().into());
            }
            if any_signer || !signers.is_empty() {
                members.insert("ringfenceSigners".to_owned(), signers.into());
            }
            anyhow::ensure!(!members.is_empty(), "say what to change: --sign-in, --signer or --any-signer");
            let changed = ringfence_admin::app::change(&api, platform, &id, &members)?;
            if args.json {
                output::json(&changed)?;
            } else {
                eprintln!("changed {id} ({platform})");
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
    let mut table = Table::new(&["app", "platform", "name", "publisher", "sign-in", "signers"]);
    for app in &apps {
        let (id, platform) = match text(app, "bundleId") {
            id if id.is_empty() => (text(app, "packageId"), Platform::Android),
            id => (id, Platform::Ios),
        };
        let signers = app["ringfenceSigners"].as_array().map_or(0, Vec::len);
        let signers = if signers == 0 { "any".to_owned() } else { signers.to_string() };
        let (name, publisher) = (text(app, "displayName"), text(app, "publisher"));
        table.row([id, platform.to_string(), name, publisher, text(app, "ringfenceSignIn"), signers]);
    }
    table.print()
}
