//! `ringfence policy`: app protection policies as Graph documents.

mod check;
mod diff;
mod effective;
mod import;
mod manage;
pub(crate) mod source;
pub(crate) mod template;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use ringfence_model::Platform;

use crate::api::Connect;

/// Arguments of `ringfence policy`.
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
    /// Import policies as found in the wild: files, folders, or `-` for stdin
    Import(import::Options),
    /// Check policy files without a server
    Validate {
        /// Files, folders, or `-`
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// List all policies
    List,
    /// Show one policy as the Graph document it is
    Show {
        /// Name or id
        policy: String,
    },
    /// Show what reaches a user in an app: each setting with the policy, assignment and group path it came from
    Effective {
        /// User principal name or id
        #[arg(long)]
        user: String,
        /// Bundle or package id
        #[arg(long)]
        app: String,
        /// ios or android
        #[arg(long)]
        platform: Platform,
        /// How the device is managed, such as unmanaged, mdm or androidEnterprise
        #[arg(long)]
        management: Option<String>,
    },
    /// Compare two policies by meaning; exit status 1 when they differ
    Diff {
        /// File, or name or id of a policy on the server
        before: String,
        /// File, or name or id of a policy on the server
        after: String,
    },
    /// Set the assignments of a policy
    Assign(manage::Assign),
    /// Change settings of a policy: NAME=JSON
    Set {
        /// Name or id
        policy: String,
        /// Such as printBlocked=true or minimumRequiredOsVersion='"17.0"'
        #[arg(required = true, value_name = "SETTING=VALUE")]
        settings: Vec<String>,
    },
    /// Delete a policy
    Delete {
        /// Name or id
        policy: String,
        /// Delete although the policy is assigned
        #[arg(long)]
        yes: bool,
    },
    /// Our own three levels of data protection
    Template(template::Args),
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let json = args.json;
    match args.command {
        Command::Validate { files } => return check::run(&files, json),
        Command::Template(template) => return template::run(&template, json),
        Command::Diff { before, after } => return diff::run(&args.connect, &before, &after, json),
        Command::Import(options) => return import::run(&args.connect, &options, json),
        Command::List => manage::list(&args.connect.open()?, json)?,
        Command::Show { policy } => manage::show(&args.connect.open()?, &policy)?,
        Command::Effective { user, app, platform, management } => {
            let question = effective::Question { user, app, platform, management };
            effective::run(&args.connect.open()?, &question, json)?;
        }
        Command::Assign(assign) => manage::assign(&args.connect.open()?, &assign)?,
        Command::Set { policy, settings } => manage::set(&args.connect.open()?, &policy, &settings)?,
        Command::Delete { policy, yes } => manage::delete(&args.connect.open()?, &policy, yes)?,
    }
    Ok(ExitCode::SUCCESS)
}
