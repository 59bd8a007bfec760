//! `ringfence group`: groups of users and of groups.

use std::process::ExitCode;

use clap::Subcommand;

use crate::api::{Api, Connect, text};
use crate::output::{self, Table};

/// Arguments of `ringfence group`.
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
    /// Create a group
    Create {
        /// Display name
        name: String,
    },
    /// List all groups, or the members of one
    List {
        /// Group whose members are listed: name or id
        group: Option<String>,
    },
    /// Add users or groups to a group
    Add {
        /// Group: name or id
        group: String,
        /// Users (name or id) to add
        #[arg(long = "user")]
        users: Vec<String>,
        /// Groups (name or id) to add
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Remove users or groups from a group
    Remove {
        /// Group: name or id
        group: String,
        /// Users (name or id) to remove
        #[arg(long = "user")]
        users: Vec<String>,
        /// Groups (name or id) to remove
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    match args.command {
        Command::Create { name } => {
            let created = ringfence_admin::group::create(&api, &name)?;
            if args.json {
                output::json(&created)?;
            } else {
                eprintln!("created group {name} ({})", text(&created, "id"));
            }
        }
        Command::List { group: None } => list(&api, args.json)?,
        Command::List { group: Some(group) } => members(&api, &group, args.json)?,
        Command::Add { group, users, groups } => {
            let id = text(&api.group(&group)?, "id");
            let members = ids(&api, &users, &groups)?;
            for member in &members {
                ringfence_admin::group::add(&api, &id, member)?;
            }
            eprintln!("added {} to {group}", counted(members.len()));
        }
        Command::Remove { group, users, groups } => {
            let id = text(&api.group(&group)?, "id");
            let members = ids(&api, &users, &groups)?;
            for member in &members {
                ringfence_admin::group::remove(&api, &id, member)?;
            }
            eprintln!("removed {} from {group}", counted(members.len()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn counted(members: usize) -> String {
    format!("{members} member{}", if members == 1 { "" } else { "s" })
}

fn ids(api: &Api, users: &[String], groups: &[String]) -> anyhow::Result<Vec<String>> {
    anyhow::ensure!(!users.is_empty() || !groups.is_empty(), "name the members with --user or --group");
    let users = users.iter().map(|user| Ok(text(&api.user(user)?, "id")));
    let groups = groups.iter().map(|group| Ok(text(&api.group(group)?, "id")));
    users.chain(groups).collect()
}

fn list(api: &Api, json: bool) -> anyhow::Result<()> {
    let groups = api.list("/v1.0/groups")?;
    if json {
        return output::json(&groups);
    }
    let mut table = Table::new(&["group", "id"]);
    for group in &groups {
        table.row([text(group, "displayName"), text(group, "id")]);
    }
    table.print()
}

fn members(api: &Api, group: &str, json: bool) -> anyhow::Result<()> {
    let id = text(&api.group(group)?, "id");
    let members = api.list(&format!("/v1.0/groups/{id}/members"))?;
    if json {
        return output::json(&members);
    }
    let mut table = Table::new(&["member", "kind", "id"]);
    for member in &members {
        let kind = text(member, "@odata.type").replace("#microsoft.graph.", "");
        table.row([text(member, "displayName"), kind, text(member, "id")]);
    }
    table.print()
}
