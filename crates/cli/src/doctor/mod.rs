//! `ringfence doctor`: why it does not work, and the cure.

mod show;

use std::process::ExitCode;

use ringfence_admin::escape;
use ringfence_messages::Lang;
use ringfence_model::Platform;
use serde_json::Value;

use crate::{
    api::{Api, Connect},
    output,
};

/// Exit status when a cause was found.
const CAUSE_FOUND: u8 = 3;

/// Arguments of `ringfence doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 nothing wrong (or a code explained), 3 a cause was found, 1 failed, 2 wrong usage",
    group(clap::ArgGroup::new("whom").required(true).multiple(true).args(["user", "code"]))
)]
pub(crate) struct Args {
    #[command(flatten)]
    connect: Connect,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Language of the answer: en or nl
    #[arg(long, default_value_t)]
    lang: Lang,
    /// User principal name or id
    #[arg(long)]
    user: Option<String>,
    /// Bundle or package id of the app, or its name in the catalogue
    #[arg(long, requires = "user")]
    app: Option<String>,
    /// ios or android
    #[arg(long, requires = "user")]
    platform: Option<Platform>,
    /// Device tag
    #[arg(long, requires = "user")]
    device: Option<String>,
    /// Code read off the phone (D4, RF-104), a reason, or a row of the catalogue (A5)
    #[arg(long)]
    code: Option<String>,
}

/// Runs the command; a cause found is an answer, told by the exit status.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let answer = ask(&args.connect.open()?, args)?;
    if args.json {
        output::json(&answer)?;
    } else {
        show::diagnosis(&answer, args.lang);
    }
    Ok(if answer["cause"].is_null() { ExitCode::SUCCESS } else { ExitCode::from(CAUSE_FOUND) })
}

fn ask(api: &Api, args: &Args) -> anyhow::Result<Value> {
    let mut path = format!("/api/v1/doctor?lang={}", args.lang);
    let platform = args.platform.map(|platform| platform.to_string());
    let given = [
        ("user", &args.user),
        ("app", &args.app),
        ("platform", &platform),
        ("device", &args.device),
        ("code", &args.code),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", escape(value)));
        }
    }
    api.get(&path)
}
