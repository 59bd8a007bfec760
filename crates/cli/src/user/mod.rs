//! `ringfence user`: the people of the tenant and their built-in accounts.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::api::{Api, Connect, escape, text};
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
            let created = create(&api, &user, name.as_deref(), &password)?;
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
            patch(&api, &user, &json!({"passwordProfile": profile(&password)}))?;
            eprintln!("the password of {user} is set");
        }
        Command::Disable { user } => {
            patch(&api, &user, &json!({"accountEnabled": false}))?;
            eprintln!("{user} is disabled");
        }
        Command::Enable { user } => {
            patch(&api, &user, &json!({"accountEnabled": true}))?;
            eprintln!("{user} is enabled");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Creates a user; the display name defaults to the part before the `@`.
pub(crate) fn create(api: &Api, user: &str, name: Option<&str>, password: &str) -> anyhow::Result<Value> {
    let nick = user.split('@').next().unwrap_or(user);
    let body = json!({
        "accountEnabled": true,
        "displayName": name.unwrap_or(nick),
        "mailNickname": nick,
        "userPrincipalName": user,
        "passwordProfile": profile(password),
    });
    api.post("/v1.0/users", &body)
}

fn profile(password: &str) -> Value {
    json!({"password": password, "forceChangePasswordNextSignIn": false})
}

fn patch(api: &Api, user: &str, change: &Value) -> anyhow::Result<()> {
    let id = text(&api.user(user)?, "id");
    api.patch(&format!("/v1.0/users/{}", escape(&id)), change)?;
    Ok(())
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
