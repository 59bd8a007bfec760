//! `ringfence filter`: rules about phones on top of assignments.

use std::process::ExitCode;

use clap::Subcommand;
use ringfence_model::Platform;
use serde_json::{Value, json};

use crate::api::{Connect, text};
use crate::output::{self, Table};

/// Arguments of `ringfence filter`.
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
    /// List the filters
    List,
    /// Show a filter and the assignments that use it
    Show {
        /// Id or name
        filter: String,
    },
    /// Make a filter
    Create {
        /// Name
        name: String,
        /// ios or android
        #[arg(long)]
        platform: Platform,
        /// The rule, such as '(app.operatingSystemVersion -ge 17.4)'
        #[arg(long)]
        rule: String,
        /// More about it
        #[arg(long)]
        description: Option<String>,
    },
    /// Remove a filter that no assignment uses
    Delete {
        /// Id or name
        filter: String,
    },
    /// Show which app instances a filter, or a rule not stored yet, matches
    Test {
        /// Id or name of a filter
        #[arg(required_unless_present = "rule", conflicts_with = "rule")]
        filter: Option<String>,
        /// A rule
        #[arg(long, requires = "platform")]
        rule: Option<String>,
        /// ios or android, with --rule
        #[arg(long)]
        platform: Option<Platform>,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    let id = |name: &str| ringfence_admin::filter::find(&api, name).map(|found| text(&found, "id"));
    match args.command {
        Command::List => {
            let all = ringfence_admin::filter::list(&api)?;
            if args.json { output::json(&all)? } else { list(&all)? }
        }
        Command::Show { filter } => {
            let found = ringfence_admin::filter::get(&api, &id(&filter)?)?;
            if args.json { output::json(&found)? } else { show(&found)? }
        }
        Command::Create { name, platform, rule, description } => {
            let body = json!({
                "displayName": name,
                "description": description,
                "platform": graph_platform(platform),
                "rule": rule,
            });
            let made = ringfence_admin::filter::create(&api, &body)?;
            if args.json {
                output::json(&made)?;
            } else {
                println!("{}", text(&made, "id"));
            }
        }
        Command::Delete { filter } => {
            ringfence_admin::filter::delete(&api, &id(&filter)?)?;
            eprintln!("removed filter {filter}");
        }
        Command::Test { filter, rule, platform } => {
            let found = match (filter, rule, platform) {
                (Some(filter), _, _) => ringfence_admin::filter::test(&api, &id(&filter)?)?,
                (None, Some(rule), Some(platform)) => {
                    ringfence_admin::filter::test_rule(&api, graph_platform(platform), &rule)?
                }
                _ => anyhow::bail!("name a filter, or give --rule and --platform"),
            };
            if args.json { output::json(&found)? } else { tested(&found)? }
        }
    }
    Ok(ExitCode::SUCCESS)
}

const fn graph_platform(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "iOSMobileApplicationManagement",
        Platform::Android => "androidMobileApplicationManagement",
    }
}

fn list(filters: &[Value]) -> anyhow::Result<()> {
    let mut table = Table::new(&["id", "name", "platform", "rule"]);
    for filter in filters {
        table.row(["id", "displayName", "platform", "rule"].map(|name| text(filter, name)));
    }
    table.print()
}

fn show(filter: &Value) -> anyhow::Result<()> {
    list(std::slice::from_ref(filter))?;
    println!();
    let mut table = Table::new(&["policy", "group", "filter"]);
    for payload in filter["payloads"].as_array().into_iter().flatten() {
        table.row(["payloadId", "groupId", "assignmentFilterType"].map(|name| text(payload, name)));
    }
    table.print()
}

fn tested(found: &Value) -> anyhow::Result<()> {
    let mut table = Table::new(&["user", "app", "device", "matches", "not told"]);
    let rows = found["value"].as_array();
    for row in rows.into_iter().flatten() {
        let untold: Vec<&str> =
            row["untold"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        table.row([
            text(row, "userPrincipalName"),
            text(row, "app"),
            text(row, "deviceTag"),
            if row["matches"] == true { "yes" } else { "no" }.to_owned(),
            untold.join(", "),
        ]);
    }
    table.print()?;
    let count = rows.map_or(0, Vec::len);
    eprintln!("{} of {count} app instances match", found["matched"].as_u64().unwrap_or_default());
    Ok(())
}
