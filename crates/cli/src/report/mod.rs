//! `ringfence report`: who is protected by what, live.

use std::process::ExitCode;

use serde_json::Value;

use crate::api::{Api, Connect, text};
use crate::output::{self, Table, count};

/// Arguments of `ringfence report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    connect: Connect,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV (RFC 4180)
    #[arg(long)]
    csv: bool,
}

/// Columns: heading and member of a row.
const COLUMNS: [(&str, &str); 7] = [
    ("user", "userPrincipalName"),
    ("app", "app"),
    ("platform", "platform"),
    ("state", "state"),
    ("obeys", "obeyedVersion"),
    ("in force", "versionInForce"),
    ("blocked by", "blockedBy"),
];

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    if args.csv {
        print!("{}", api.get_text("/api/v1/report", "text/csv")?);
        return Ok(ExitCode::SUCCESS);
    }
    let report = fetch(&api)?;
    if args.json {
        output::json(&report)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = rows(&report);
    let mut table = Table::new(&COLUMNS.map(|(heading, _)| heading));
    for row in &rows {
        table.row(COLUMNS.map(|(_, member)| cell(row, member)));
    }
    table.print()?;
    eprintln!("{}", count(rows.len(), "row", "rows"));
    Ok(ExitCode::SUCCESS)
}

/// The report as the server gives it.
pub(crate) fn fetch(api: &Api) -> anyhow::Result<Value> {
    api.get("/api/v1/report")
}

/// The rows of a report.
pub(crate) fn rows(report: &Value) -> Vec<Value> {
    report["value"].as_array().cloned().unwrap_or_default()
}

fn cell(row: &Value, member: &str) -> String {
    match row.get(member) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => text(row, member),
    }
}
