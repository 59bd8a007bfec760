//! `ringfence token`: API tokens, made on the server's own machine without asking the running server.

mod database;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use ringfence_model::{Millis, TokenId};
use ringfence_server::authz::Role;

use database::Database;

/// Arguments of `ringfence token`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a token; prints the token and nothing else on stdout
    Create {
        #[command(flatten)]
        database: Where,
        /// global-administrator, owner, contributor, help-desk, auditor or privacy-officer
        #[arg(long, required_unless_present = "scim")]
        role: Option<Role>,
        /// Only within this group, by name or id; more than one can be named. Without it for the whole organisation
        #[arg(long, conflicts_with = "scim")]
        group: Vec<String>,
        /// A token that brings users and groups in through SCIM, and may do nothing else
        #[arg(long, conflicts_with = "role")]
        scim: bool,
        /// What the token is for
        #[arg(long)]
        name: String,
        /// Life of the token, such as 90d, 12h or 30m
        #[arg(long, default_value = "90d", value_parser = parse_life)]
        expires: Millis,
    },
    /// Sign in as an administrator; prints a token of twelve hours and nothing else on stdout. The password is read from
    /// stdin, and with --change the new one from the line after it
    SignIn {
        #[command(flatten)]
        server: crate::api::ServerAddress,
        /// Name of the administrator
        #[arg(long, default_value = "admin")]
        user: String,
        /// Change the password, as a one-time password demands
        #[arg(long)]
        change: bool,
    },
    /// List all tokens
    List {
        #[command(flatten)]
        database: Where,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End a token now
    Revoke {
        #[command(flatten)]
        database: Where,
        /// Id of the token, from `ringfence token list`
        id: TokenId,
    },
}

/// Where the server keeps its data.
#[derive(Debug, clap::Args)]
pub(crate) struct Where {
    /// Folder given to `ringfence serve --data`
    #[arg(long, env = "RINGFENCE_DATA", default_value = "ringfence-data")]
    data: PathBuf,
    /// postgres://… when the server uses PostgreSQL
    #[arg(long, env = "RINGFENCE_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// Longest life, in days.
const DAYS_MAX: u64 = 366;

/// Runs the command.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    crate::serve::runtime()?.block_on(async {
        match args.command {
            // Without a role it is for SCIM: the arguments demand one of the two.
            Command::Create { database, role, group, scim: _, name, expires } => {
                let database = Database::open(&database).await?;
                println!("{}", database.create(&name, role, &group, expires).await?);
                database.close().await;
            }
            Command::SignIn { server, user, change } => {
                println!("{}", crate::account::sign_in(&server, &user, change)?);
            }
            Command::List { database, json } => {
                let database = Database::open(&database).await?;
                database.list(json).await?;
                database.close().await;
            }
            Command::Revoke { database, id } => {
                let database = Database::open(&database).await?;
                let revoked = database.revoke(id).await?;
                database.close().await;
                anyhow::ensure!(revoked, "there is no token `{id}`, or it is revoked already");
                eprintln!("revoked {id}");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn parse_life(text: &str) -> Result<Millis, String> {
    let wrong = || format!("`{text}` is not a life of 1 minute to {DAYS_MAX} days: write 90d, 12h or 30m");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let minutes = match unit {
        'm' => Some(number),
        'h' => number.checked_mul(60),
        'd' => number.checked_mul(24 * 60),
        _ => None,
    };
    let minutes = minutes.filter(|minutes| (1..=DAYS_MAX * 24 * 60).contains(minutes)).ok_or_else(wrong)?;
    Ok(Millis::from_minutes(minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_bounded_and_have_a_unit() {
        for (text, minutes) in
            [("30m", Some(30)), ("12h", Some(720)), ("90d", Some(129_600)), ("366d", Some(527_040))]
        {
            assert_eq!(parse_life(text).ok().map(|life| life.0 / 60_000), minutes, "{text}");
        }
        for text in ["", "d", "90", "0d", "367d", "-1d", "1é", "99999999999999999999d", "999999999999999999d"]
        {
            assert!(parse_life(text).is_err(), "{text}");
        }
    }
}
