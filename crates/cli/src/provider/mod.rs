//! `ringfence provider`: the OpenID Connect providers that the organisation trusts.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::api::{Api, Connect, escape, text};
use crate::output::{self, Table};

/// Arguments of `ringfence provider`.
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
    /// Trust a provider, for access tokens (--audience), browsers (--client-id), phones (--native-client-id)
    Add(Box<Settings>),
    /// Replace the settings of a provider; its client secret stays unless another one is given
    Set(Box<Settings>),
    /// List providers
    List,
    /// Show the settings of a provider
    Show {
        /// Its name
        name: String,
    },
    /// Ask a provider now whether it can be used
    Test {
        /// Its name
        name: String,
    },
    /// Trust a provider no longer; whoever signed in through it is signed out
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, clap::Args)]
struct Settings {
    /// Names it in addresses: a-z, 0-9 and -
    name: String,
    /// Settings as JSON (`ringfence provider show --json`); options given besides replace them
    #[arg(long)]
    file: Option<PathBuf>,
    /// The issuer, letter for letter as in its tokens
    #[arg(long)]
    issuer: Option<String>,
    /// Name for people, on the sign-in page
    #[arg(long)]
    display_name: Option<String>,
    /// Audience of access tokens for this server; may be repeated
    #[arg(long)]
    audience: Vec<String>,
    /// Our client id for people with a browser
    #[arg(long)]
    client_id: Option<String>,
    /// File that holds the secret of that client (`-` reads it from the terminal)
    #[arg(long)]
    client_secret_file: Option<PathBuf>,
    /// Send the secret in the body (client_secret_post) instead of the header
    #[arg(long)]
    client_secret_post: bool,
    /// Our client id for apps on phones, a public client
    #[arg(long)]
    native_client_id: Option<String>,
    /// CLAIM=VALUE:ROLE, such as groups=Admins:owner; may be repeated
    #[arg(long, value_parser = parse_rule)]
    role: Vec<(String, String, String)>,
    /// CLAIM=VALUE:GROUP-ID, whoever has the value is a member; may be repeated
    #[arg(long, value_parser = parse_rule)]
    group: Vec<(String, String, String)>,
    /// Accepted signature algorithm; may be repeated
    #[arg(long)]
    algorithm: Vec<String>,
    /// The claim with the sign-in name of the directory
    #[arg(long)]
    user_claim: Option<String>,
    /// Roles suffice for access tokens that carry no scope
    #[arg(long)]
    scopes_optional: bool,
    /// Add people whom the directory does not know
    #[arg(long)]
    create_users: bool,
    /// PEM file of the authority behind the provider's certificate
    #[arg(long)]
    provider_ca: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let api = args.connect.open()?;
    let done = match args.command {
        Command::Add(settings) => api.post("/api/v1/providers", &settings.body()?)?,
        Command::Set(settings) => api.put(&path(&settings.name), &settings.body()?)?,
        Command::List => return list(&api, args.json),
        Command::Show { name } => api.get(&path(&name))?,
        Command::Test { name } => return test(&api, &name, args.json),
        Command::Remove { name } => {
            api.delete(&path(&name))?;
            eprintln!("{name}: trusted no longer");
            return Ok(ExitCode::SUCCESS);
        }
    };
    output::json(&done)?;
    Ok(ExitCode::SUCCESS)
}

fn path(name: &str) -> String {
    format!("/api/v1/providers/{}", escape(name))
}

fn list(api: &Api, json: bool) -> anyhow::Result<ExitCode> {
    let all = api.list("/api/v1/providers")?;
    if json {
        output::json(&all)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["name", "issuer", "client", "phones", "display name"]);
    for one in &all {
        table
            .row(["name", "issuer", "clientId", "nativeClientId", "displayName"].map(|name| text(one, name)));
    }
    table.print()?;
    Ok(ExitCode::SUCCESS)
}

fn test(api: &Api, name: &str, json: bool) -> anyhow::Result<ExitCode> {
    let found = api.post(&format!("{}/test", path(name)), &json!({}))?;
    if json {
        output::json(&found)?;
    } else {
        for problem in found.get("problems").and_then(Value::as_array).into_iter().flatten() {
            eprintln!("{name}: {}", problem.as_str().unwrap_or_default());
        }
        if found.get("works") == Some(&Value::Bool(true)) {
            println!("{name}: works, {} keys", text(&found, "keys"));
        }
    }
    let works = found.get("works") == Some(&Value::Bool(true));
    Ok(if works { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Settings {
    fn body(&self) -> anyhow::Result<Value> {
        let mut body = match &self.file {
            None => Map::new(),
            Some(path) => {
                let text =
                    std::fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
                serde_json::from_slice(&text)
                    .with_context(|| format!("`{}` is not a JSON object", path.display()))?
            }
        };
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("name", json!(self.name));
        for (name, value) in [
            ("issuer", &self.issuer),
            ("displayName", &self.display_name),
            ("clientId", &self.client_id),
            ("nativeClientId", &self.native_client_id),
        ] {
            if let Some(value) = value {
                set(name, json!(value));
            }
        }
        for (name, list) in [("audiences", &self.audience), ("algorithms", &self.algorithm)] {
            if !list.is_empty() {
                set(name, json!(list));
            }
        }
        if !self.role.is_empty() {
            let rules = self
                .role
                .iter()
                .map(|(claim, value, role)| json!({"claim": claim, "value": value, "role": role}));
            set("roles", rules.collect());
        }
        if !self.group.is_empty() {
            let rules = self
                .group
                .iter()
                .map(|(claim, value, id)| json!({"claim": claim, "value": value, "group": id}));
            set("groups", rules.collect());
        }
        if self.client_secret_post {
            set("clientAuthentication", json!("client_secret_post"));
        }
        if self.scopes_optional {
            set("scopesRequired", json!(false));
        }
        if self.create_users {
            set("createUsers", json!(true));
        }
        if let Some(path) = &self.provider_ca {
            set("caCertificate", json!(read(path)?));
        }
        match &self.client_secret_file {
            None => {}
            Some(path) if path.as_os_str() == "-" => {
                set("clientSecret", json!(output::ask_secret("client secret")?));
            }
            Some(path) => {
                set("clientSecret", json!(read(path)?.trim()));
            }
        }
        if let Some(claim) = &self.user_claim {
            let claims = body.entry("claims").or_insert_with(|| json!({}));
            if let Value::Object(claims) = claims {
                claims.insert("user".to_owned(), json!(claim));
            }
        }
        Ok(Value::Object(body))
    }
}

fn read(path: &std::path::Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))
}

/// `CLAIM=VALUE:MEANING`; the value may hold colons, the claim no `=`.
fn parse_rule(text: &str) -> Result<(String, String, String), String> {
    let wrong = || format!("`{text}` is not of the form CLAIM=VALUE:MEANING, such as groups=Admins:owner");
    let (claim, rest) = text.split_once('=').ok_or_else(wrong)?;
    let (value, meaning) = rest.rsplit_once(':').ok_or_else(wrong)?;
    if claim.is_empty() || value.is_empty() || meaning.is_empty() {
        return Err(wrong());
    }
    Ok((claim.to_owned(), value.to_owned(), meaning.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_three_parts() {
        let parts = parse_rule("https://x.example/g=a:b:owner").unwrap();
        assert_eq!(parts, ("https://x.example/g".into(), "a:b".into(), "owner".into()));
        for wrong in ["", "a", "a=b", "=b:c", "a=:c", "a=b:"] {
            assert!(parse_rule(wrong).is_err(), "{wrong}");
        }
    }
}
