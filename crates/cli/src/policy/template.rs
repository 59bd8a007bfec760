//! `policy template`: our own three levels of data protection, ready to import.

use std::process::ExitCode;

use clap::Subcommand;
use ringfence_admin::template::{TEMPLATES, Template};
use serde_json::json;

use crate::output::{self, Table};

/// Arguments of `ringfence policy template`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the templates
    List,
    /// Print a template; pipe it into `ringfence policy import -`
    Show {
        /// Such as level-2-ios
        template: String,
    },
}

/// Runs the command.
pub(super) fn run(args: &Args, json: bool) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Show { template } => print!("{}", Template::find(template)?.text),
        Command::List => list(json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(json: bool) -> anyhow::Result<()> {
    let mut table = Table::new(&["template", "name", "for"]);
    let mut values = Vec::new();
    for template in TEMPLATES {
        let document = template.document()?;
        let member = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        values.push(json!({"template": template.name, "name": member("displayName"), "description": member("description")}));
        table.row([template.name.to_owned(), member("displayName"), member("description")]);
    }
    if json { output::json(&values) } else { table.print() }
}
