//! `ringfence device`: what is known of devices besides what their apps report.

use std::process::ExitCode;

use clap::Subcommand;
use ringfence_model::Platform;
use serde_json::{Map, Value, json};

use crate::api::{Connect, text};
use crate::output::{self, Table};

/// Arguments of `ringfence device`.
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
    /// List the devices of which something was said
    List,
    /// Show what was said of a device, and what its apps report
    Show {
        /// Tag of the device, as `ringfence report` and `ringfence phone show` name it
        tag: String,
    },
    /// Say how a device was enrolled, as its device-management system knows it
    Set {
        /// Tag of the device
        tag: String,
        /// ios or android
        #[arg(long)]
        platform: Platform,
        /// unmanaged, deviceEnrolment; iOS: adeUser, adeUserless, userEnrolment; Android: workProfile,
        /// corporateWorkProfile, fullyManaged, dedicated, dedicatedShared, aospUser, aospUserless
        #[arg(long)]
        enrolment: String,
        /// Name of the enrolment profile
        #[arg(long)]
        profile: Option<String>,
        /// Whether the profile names a user; follows from most enrolments
        #[arg(long)]
        user_affinity: Option<bool>,
        /// The work account that was handed over to the apps
        #[arg(long)]
        work_account: Option<String>,
        /// Name of the device-management system
        #[arg(long)]
        managed_by: Option<String>,
    },
    /// Forget what was said of a device
    Forget {
        /// Tag of the device
        tag: String,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    match args.command {
        Command::List => {
            let devices = ringfence_admin::device::list(&api)?;
            if args.json {
                output::json(&devices)?;
            } else {
                list(&devices)?;
            }
        }
        Command::Show { tag } => {
            let device = ringfence_admin::device::get(&api, &tag)?;
            if args.json {
                output::json(&device)?;
            } else {
                show(&device)?;
            }
        }
        Command::Set { tag, platform, enrolment, profile, user_affinity, work_account, managed_by } => {
            let mut said = Map::new();
            said.insert("platform".to_owned(), json!(platform));
            said.insert("enrolment".to_owned(), json!(enrolment));
            let more = [
                ("profile", profile.map(Value::from)),
                ("userAffinity", user_affinity.map(Value::from)),
                ("workAccount", work_account.map(Value::from)),
                ("managedBy", managed_by.map(Value::from)),
            ];
            said.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
            let device = ringfence_admin::device::put(&api, &tag, &said)?;
            if args.json {
                output::json(&device)?;
            } else {
                eprintln!(
                    "{tag}: enrolled as {}, user affinity {}",
                    text(&device, "enrolment"),
                    affinity(&device)
                );
            }
        }
        Command::Forget { tag } => {
            ringfence_admin::device::delete(&api, &tag)?;
            eprintln!("forgot what was said of {tag}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn affinity(device: &Value) -> &'static str {
    match device["userAffinity"].as_bool() {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

fn list(devices: &[Value]) -> anyhow::Result<()> {
    let mut table =
        Table::new(&["device", "platform", "enrolment", "profile", "user affinity", "work account"]);
    for device in devices {
        table.row([
            text(device, "deviceTag"),
            text(device, "platform"),
            text(device, "enrolment"),
            text(device, "profile"),
            affinity(device).to_owned(),
            text(device, "workAccount"),
        ]);
    }
    table.print()
}

fn show(device: &Value) -> anyhow::Result<()> {
    let said = &device["said"];
    if said.is_null() {
        println!("nobody has said how this device is enrolled");
    } else {
        list(std::slice::from_ref(said))?;
        println!();
    }
    let mut table = Table::new(&["app", "user", "management", "system", "model"]);
    for app in device["apps"].as_array().into_iter().flatten() {
        let columns = ["app", "userPrincipalName", "management", "osVersion", "model"];
        table.row(columns.map(|column| text(app, column)));
    }
    table.print()
}
