//! `ringfence user`: the people of the tenant and their built-in accounts.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::api::{Api, Connect, text};
use crate::output::{self, Table};

/// Arguments of `ringfence user`.
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
    /// Create a user with a built-in account; the password is read from stdin unless given
    Create {
        /// User principal name, such as anna@school.example
        user: String,
        /// Name for people
        #[arg(long)]
        name: Option<String>,
        /// Password; without it the first line of stdin
        #[arg(long, env = "RINGFENCE_USER_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// List all users
    List,
    /// Show one user, the groups it is in, and its licence
    Show {
        /// User principal name or id
        user: String,
    },
    /// Set a new password
    SetPassword {
        /// User principal name or id
        user: String,
        /// Password; without it the first line of stdin
        #[arg(long, env = "RINGFENCE_USER_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// Take the second factor off the account of somebody who has lost it
    ResetTotp {
        /// User principal name or id
        user: String,
    },
    /// Disable the account: its apps stop giving access to work data
    Disable {
        /// User principal name or id
        user: String,
    },
    /// Enable the account again
    Enable {
        /// User principal name or id
        user: String,
    },
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    match args.command {
        Command::Create { user, name, password } => {
            let password = password_or_stdin(password)?;
            let created = ringfence_admin::user::create(&api, &user, name.as_deref(), &password)?;
            if args.json {
                output::json(&created)?;
            } else {
                eprintln!("created user {user} ({})", text(&created, "id"));
            }
        }
        Command::List => list(&api, args.json)?,
        Command::Show { user } => show(&api, &user, args.json)?,
        Command::SetPassword { user, password } => {
            let password = password_or_stdin(password)?;
            ringfence_admin::user::set_password(&api, &user, &password)?;
            eprintln!("the password of {user} is set");
        }
        Command::ResetTotp { user } => {
            ringfence_admin::user::reset_totp(&api, &user)?;
            eprintln!("{user} signs in without a second factor now");
        }
        Command::Disable { user } => {
            ringfence_admin::user::enable(&api, &user, false)?;
            eprintln!("{user} is disabled");
        }
        Command::Enable { user } => {
            ringfence_admin::user::enable(&api, &user, true)?;
            eprintln!("{user} is enabled");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn password_or_stdin(given: Option<String>) -> anyhow::Result<String> {
    given.map_or_else(|| output::ask_secret("password"), Ok)
}

fn list(api: &Api, json: bool) -> anyhow::Result<()> {
    let users = api.list("/v1.0/users")?;
    if json {
        return output::json(&users);
    }
    let mut table = Table::new(&["user", "name", "enabled", "id"]);
    for user in &users {
        table.row([
            text(user, "userPrincipalName"),
            text(user, "displayName"),
            text(user, "accountEnabled"),
            text(user, "id"),
        ]);
    }
    table.print()
}

fn show(api: &Api, user: &str, json: bool) -> anyhow::Result<()> {
    let mut found = api.user(user)?;
    let id = text(&found, "id");
    let groups = api.list(&format!("/v1.0/users/{id}/transitiveMemberOf"))?;
    let licences = api.list(&format!("/v1.0/users/{id}/licenseDetails"))?;
    if json {
        found["transitiveMemberOf"] = json!(groups);
        found["licenseDetails"] = json!(licences);
        return output::json(&found);
    }
    let names = |items: &[Value], name: &str| {
        let names: Vec<String> = items.iter().map(|item| text(item, name)).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let mut table = Table::new(&["property", "value"]);
    for property in ["userPrincipalName", "displayName", "accountEnabled", "id"] {
        table.row([property.to_owned(), text(&found, property)]);
    }
    table.row(["groups".to_owned(), names(&groups, "displayName")]);
    table.row(["licences".to_owned(), names(&licences, "skuPartNumber")]);
    table.print()
}
