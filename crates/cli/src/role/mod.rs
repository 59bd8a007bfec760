//! `ringfence role`: who has which role, and how far it reaches.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::api::{Api, Connect, escape, text};
use crate::output::{self, Table};

/// Arguments of `ringfence role`.
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
    /// Show the roles and what each may do
    Show,
    /// List who has which role
    List,
    /// Give a role to a user, to the people of a group, or to an administrator's account
    Assign {
        /// global-administrator, owner, contributor, help-desk, auditor, privacy-officer, or a role of your own
        #[arg(long)]
        role: String,
        /// To this user: name or id
        #[arg(long, required_unless_present_any = ["to_group", "administrator"])]
        user: Option<String>,
        /// To everybody in this group
        #[arg(long, conflicts_with = "user")]
        to_group: Option<String>,
        /// To this administrator's account
        #[arg(long, conflicts_with_all = ["user", "to_group"])]
        administrator: Option<String>,
        /// Only within this group; more than one can be named. Without it for the whole organisation
        #[arg(long)]
        group: Vec<String>,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Take a role back; it is gone at once, also from open sessions
    Remove {
        /// The number in `ringfence role list`
        id: String,
    },
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    match &args.command {
        Command::Show => show(&api.get("/api/v1/roles")?, args.json)?,
        Command::List => list(&api.get("/api/v1/role-assignments")?, args.json)?,
        Command::Assign { role, user, to_group, administrator, group, description } => {
            let mut body = json!({ "role": role, "description": description });
            let to_group = to_group.as_ref().map(|name| id_of(&api, name)).transpose()?;
            let given = [("user", user), ("group", &to_group), ("administrator", administrator)];
            for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
                body[name] = json!(value);
            }
            if !group.is_empty() {
                let groups =
                    group.iter().map(|name| id_of(&api, name)).collect::<anyhow::Result<Vec<_>>>()?;
                body["groups"] = json!(groups);
            }
            let made = api.post("/api/v1/role-assignments", &body)?;
            if args.json {
                output::json(&made)?;
            } else {
                println!("{}", text(&made, "id"));
            }
        }
        Command::Remove { id } => {
            api.delete(&format!("/api/v1/role-assignments/{}", escape(id)))?;
            eprintln!("removed {id}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The id of a group named by id or name.
fn id_of(api: &Api, name: &str) -> anyhow::Result<String> {
    Ok(text(&api.group(name)?, "id"))
}

fn show(roles: &Value, json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(roles);
    }
    let mut table = Table::new(&["role", "name", "may"]);
    for role in items(roles) {
        table.row([text(role, "role"), text(role, "name"), joined(role, "permissions")]);
    }
    table.print()
}

fn list(found: &Value, json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(found);
    }
    let mut table = Table::new(&["role", "who", "within", "description", "number"]);
    for assignment in items(found) {
        let named = |name: &str| -> Vec<String> {
            let list = assignment.get(name).and_then(Value::as_array).into_iter().flatten();
            list.map(|one| {
                if one.get("name").is_some_and(Value::is_string) {
                    text(one, "name")
                } else {
                    text(one, "id")
                }
            })
            .collect()
        };
        let within = match assignment.get("groups") {
            Some(Value::Array(groups)) if groups.is_empty() => "nothing".to_owned(),
            Some(Value::Array(_)) => named("groups").join(", "),
            _ => "everything".to_owned(),
        };
        table.row([
            text(assignment, "roleName"),
            named("members").join(", "),
            within,
            text(assignment, "description"),
            text(assignment, "id"),
        ]);
    }
    table.print()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.get("value").and_then(Value::as_array).into_iter().flatten()
}

fn joined(value: &Value, name: &str) -> String {
    let list = value.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}
