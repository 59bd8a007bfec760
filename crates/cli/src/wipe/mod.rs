//! `ringfence wipe`: selective wipe of app instances, and its proof.

mod receipt;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::api::{Api, Connect, escape, text};
use crate::output::{self, Table, count};

pub(crate) use receipt::Proof;

const WIPES: &str = "/api/v1/wipes";

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
pub(crate) struct Target {
    /// User principal name or id: all app instances of this user
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Only this app: bundle or package id
    #[arg(long, requires = "user")]
    pub(crate) app: Option<String>,
    /// Only the apps of this device (device tag)
    #[arg(long, requires = "user")]
    pub(crate) device: Option<String>,
    /// One app instance by its id
    #[arg(long, conflicts_with_all = ["user", "app", "device"])]
    pub(crate) instance: Option<String>,
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
        Command::Preview { target } => show_orders(&preview(&args.connect.open()?, target)?, args.json)?,
        Command::Request { target, yes } => return ask(&args.connect.open()?, target, *yes, args.json),
        Command::Status { order } => {
            let api = args.connect.open()?;
            let orders = match order {
                Some(order) => vec![status(&api, order)?],
                None => items(api.get(WIPES)?),
            };
            show_orders(&orders, args.json)?;
        }
        Command::Receipt { order, key } => {
            let answer = match PathBuf::from(order) {
                path if path.exists() => serde_json::from_slice(&std::fs::read(path)?)?,
                _ => fetch_receipt(&args.connect.open()?, order)?,
            };
            let proof = Proof::verify(&answer, key.as_deref())?;
            if args.json {
                output::json(&answer)?;
            } else {
                proof.print()?;
            }
        }
        Command::Cancel { order } => {
            args.connect.open()?.delete(&format!("{WIPES}/{}", escape(order)))?;
            eprintln!("the order is taken back");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The instances that a wipe would reach.
pub(crate) fn preview(api: &Api, target: &Target) -> anyhow::Result<Vec<Value>> {
    Ok(items(api.post(&format!("{WIPES}/preview"), &target.body()?)?))
}

/// Orders a wipe and answers the orders, one per instance.
pub(crate) fn request(api: &Api, target: &Target) -> anyhow::Result<Vec<Value>> {
    Ok(items(api.post(WIPES, &target.body()?)?))
}

/// One order.
pub(crate) fn status(api: &Api, order: &str) -> anyhow::Result<Value> {
    api.get(&format!("{WIPES}/{}", escape(order)))
}

/// The receipt of an order with everything needed to verify it.
pub(crate) fn fetch_receipt(api: &Api, order: &str) -> anyhow::Result<Value> {
    api.get(&format!("{WIPES}/{}/receipt", escape(order)))
}

impl Target {
    fn body(&self) -> anyhow::Result<Value> {
        anyhow::ensure!(
            self.user.is_some() || self.instance.is_some(),
            "say whose data is to be removed: --user or --instance"
        );
        let mut body = json!({});
        let parts = [
            ("user", &self.user),
            ("app", &self.app),
            ("deviceTag", &self.device),
            ("instance", &self.instance),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        Ok(body)
    }
}

fn ask(api: &Api, target: &Target, yes: bool, json: bool) -> anyhow::Result<ExitCode> {
    if !yes {
        let reached = preview(api, target)?;
        show_orders(&reached, json)?;
        eprintln!(
            "{} would lose the organisation's data for ever; repeat with --yes to order it",
            count(reached.len(), "app instance", "app instances")
        );
        return Ok(ExitCode::FAILURE);
    }
    show_orders(&request(api, target)?, json)?;
    Ok(ExitCode::SUCCESS)
}

fn items(mut answer: Value) -> Vec<Value> {
    match answer.get_mut("value").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
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
