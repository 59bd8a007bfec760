//! `ringfence ticket`: references under which people send diagnostics, and what they sent.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::api::{Api, Connect, text};
use crate::output::{self, Table};

/// Arguments of `ringfence ticket`.
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
    /// Make a reference that a person sends diagnostics under (`ringfence phone send-logs`)
    Create {
        /// Whom it is about: name or id
        #[arg(long)]
        user: Option<String>,
        /// What help desk wants to remember
        #[arg(long, default_value = "")]
        note: String,
    },
    /// List tickets
    List,
    /// Show a ticket and what came in under it
    Show {
        /// The reference
        reference: String,
    },
    /// Save what came in, for `ringfence phone replay`
    Download {
        /// The reference
        reference: String,
        /// Which bundle (otherwise the newest)
        #[arg(long)]
        bundle: Option<String>,
        /// Where to (otherwise the terminal)
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Delete a ticket and everything that came in under it
    Delete {
        /// The reference
        reference: String,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    match args.command {
        Command::Create { user, note } => create(&api, user.as_deref(), &note, args.json)?,
        Command::List => list(&api, args.json)?,
        Command::Show { reference } => show(&api, &reference, args.json)?,
        Command::Download { reference, bundle, output } => {
            download(&api, &reference, bundle, output.as_deref())?;
        }
        Command::Delete { reference } => {
            api.delete(&path(&reference))?;
            eprintln!("{reference}: deleted");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn path(reference: &str) -> String {
    format!("/api/v1/tickets/{}", ringfence_admin::escape(reference))
}

fn create(api: &Api, user: Option<&str>, note: &str, json: bool) -> anyhow::Result<()> {
    let user = user.map(|user| api.user(user)).transpose()?.map(|user| text(&user, "id"));
    let mut body = json!({ "note": note });
    if let (Some(user), Value::Object(members)) = (user, &mut body) {
        members.insert("user".to_owned(), json!(user));
    }
    let made = api.post("/api/v1/tickets", &body)?;
    if json {
        return output::json(&made);
    }
    println!("{}", text(&made, "reference"));
    eprintln!("tell this reference to the person; it takes diagnostics for seven days");
    Ok(())
}

fn list(api: &Api, json: bool) -> anyhow::Result<()> {
    let all = api.list("/api/v1/tickets")?;
    if json {
        return output::json(&all);
    }
    let mut table = Table::new(&["reference", "state", "bundles", "user", "note"]);
    for one in &all {
        table.row(["reference", "state", "bundleCount", "user", "note"].map(|name| text(one, name)));
    }
    table.print()
}

fn show(api: &Api, reference: &str, json: bool) -> anyhow::Result<()> {
    let found = api.get(&path(reference))?;
    if json {
        return output::json(&found);
    }
    println!("{} ({})", text(&found, "reference"), text(&found, "state"));
    let mut table = Table::new(&["app", "version", "device", "bytes", "bundle"]);
    for one in bundles(&found) {
        table.row(["app", "appVersion", "deviceTag", "sizeBytes", "id"].map(|name| text(one, name)));
    }
    table.print()
}

fn bundles(ticket: &Value) -> &[Value] {
    ticket.get("bundles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn download(
    api: &Api,
    reference: &str,
    bundle: Option<String>,
    output: Option<&std::path::Path>,
) -> anyhow::Result<()> {
    let id = match bundle {
        Some(id) => id,
        None => {
            let found = api.get(&path(reference))?;
            let newest = bundles(&found).last().context("nothing has come in under this ticket yet")?;
            text(newest, "id")
        }
    };
    let from = format!("{}/bundles/{}", path(reference), ringfence_admin::escape(&id));
    let content = api.get_text(&from, "application/x-ndjson")?;
    match output {
        None => print!("{content}"),
        Some(file) => {
            std::fs::write(file, content).with_context(|| format!("cannot write `{}`", file.display()))?;
            eprintln!("saved to {}; look at it with `ringfence phone replay`", file.display());
        }
    }
    Ok(())
}
