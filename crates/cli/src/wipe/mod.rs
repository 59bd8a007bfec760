//! `ringfence wipe`: selective wipe of app instances, and its proof.

mod receipt;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use ringfence_admin::wipe;
use serde_json::Value;

use crate::api::{Api, Connect, text};
use crate::output::{self, Table, count};

pub(crate) use receipt::Proof;

/// Arguments of `ringfence wipe`.
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

/// Which app instances.
#[derive(Debug, Clone, Default, clap::Args)]
struct Target {
    /// User principal name or id: all app instances of this user
    #[arg(long)]
    user: Option<String>,
    /// Only this app: bundle or package id
    #[arg(long, requires = "user")]
    app: Option<String>,
    /// Only the apps of this device (device tag)
    #[arg(long, requires = "user")]
    device: Option<String>,
    /// One app instance by its id
    #[arg(long, conflicts_with_all = ["user", "app", "device"])]
    instance: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which app instances a wipe would reach; changes nothing
    Preview {
        #[command(flatten)]
        target: Target,
    },
    /// Order a wipe; the organisation's data in these apps is removed for ever
    Request {
        #[command(flatten)]
        target: Target,
        /// Do it without showing first whom it reaches
        #[arg(long)]
        yes: bool,
    },
    /// Show one order, or all
    Status {
        /// Id of the order
        order: Option<String>,
    },
    /// Show the receipt of an order and verify its signature here
    Receipt {
        /// Id of the order, or a file saved with --json
        order: String,
        /// SHA-256 of the instance's public key, when known from elsewhere
        #[arg(long)]
        key: Option<String>,
    },
    /// Take an order back that no phone has carried out yet
    Cancel {
        /// Id of the order
        order: String,
    },
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Preview { target } => {
            show_orders(&wipe::preview(&args.connect.open()?, &target.into())?, args.json)?;
        }
        Command::Request { target, yes } => return ask(&args.connect.open()?, target, *yes, args.json),
        Command::Status { order } => {
            let api = args.connect.open()?;
            let orders = match order {
                Some(order) => vec![wipe::status(&api, order)?],
                None => wipe::list(&api)?,
            };
            show_orders(&orders, args.json)?;
        }
        Command::Receipt { order, key } => {
            let answer = match PathBuf::from(order) {
                path if path.exists() => serde_json::from_slice(&std::fs::read(path)?)?,
                _ => wipe::fetch_receipt(&args.connect.open()?, order)?,
            };
            let proof = Proof::verify(&answer, key.as_deref())?;
            if args.json {
                output::json(&answer)?;
            } else {
                proof.print()?;
            }
        }
        Command::Cancel { order } => {
            wipe::cancel(&args.connect.open()?, order)?;
            eprintln!("the order is taken back");
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl From<&Target> for wipe::Target {
    fn from(target: &Target) -> Self {
        Self {
            user: target.user.clone(),
            app: target.app.clone(),
            device: target.device.clone(),
            instance: target.instance.clone(),
        }
    }
}

fn ask(api: &Api, target: &Target, yes: bool, json: bool) -> anyhow::Result<ExitCode> {
    if !yes {
        let reached = wipe::preview(api, &target.into())?;
        show_orders(&reached, json)?;
        eprintln!(
            "{} would lose the organisation's data for ever; repeat with --yes to order it",
            count(reached.len(), "app instance", "app instances")
        );
        return Ok(ExitCode::FAILURE);
    }
    show_orders(&wipe::request(api, &target.into())?, json)?;
    Ok(ExitCode::SUCCESS)
}

fn show_orders(orders: &[Value], json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(&orders);
    }
    let mut table = Table::new(&["user", "app", "platform", "device", "state", "instance", "order"]);
    for order in orders {
        table.row([
            text(order, "userPrincipalName"),
            text(order, "app"),
            text(order, "platform"),
            text(order, "deviceTag").chars().take(8).collect(),
            text(order, "state"),
            text(order, "instance"),
            text(order, "order"),
        ]);
    }
    table.print()
}
