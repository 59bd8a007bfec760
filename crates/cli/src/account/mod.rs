//! `ringfence login` and `ringfence account`: one's own built-in account.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};

use crate::api::{Api, ApiError, Connect, ServerAddress, text};
use crate::output;

/// Arguments of `ringfence login`.
#[derive(Debug, clap::Args)]
pub(crate) struct Login {
    #[command(flatten)]
    server: ServerAddress,
    /// Name of the administrator
    #[arg(long, default_value = "admin")]
    user: String,
    /// Change the password, as a one-time password demands
    #[arg(long)]
    change: bool,
}

/// Arguments of `ringfence account`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    connect: Connect,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an authenticator app to the account that `ringfence login` signed in, whose password is asked for; prints recovery
    /// codes
    Enrol {
        /// To the account of this person in the directory instead, whose password is asked for
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
}

/// Runs `ringfence login`: prints the token and nothing else on stdout.
pub(crate) fn login(args: &Login) -> anyhow::Result<ExitCode> {
    println!("{}", sign_in(&args.server, &args.user, args.change)?);
    Ok(ExitCode::SUCCESS)
}

/// Signs in, asking for what is needed, and answers the token.
pub(crate) fn sign_in(server: &ServerAddress, user: &str, change: bool) -> anyhow::Result<String> {
    let mut body = json!({"userName": user, "password": output::ask_secret("password")?});
    if change {
        body["newPassword"] = output::ask_secret("new password")?.into();
    }
    let api = server.open("")?;
    let answer = match api.post("/api/v1/signin", &body) {
        Err(error) if is_code_needed(&error) => {
            body["code"] = output::ask_secret("code of the authenticator app")?.into();
            api.post("/api/v1/signin", &body)?
        }
        other => other?,
    };
    Ok(text(&answer, "token"))
}

fn is_code_needed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<ApiError>().is_some_and(|error| error.code == "code_required")
}

/// Runs `ringfence account`.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Enrol { user: None } => {
            let api = args.connect.open()?;
            enrol(&api, "/api/v1/account/totp", &output::ask_secret("password")?)
        }
        Command::Enrol { user: Some(user) } => {
            let password = output::ask_secret("password")?;
            let body = json!({ "userPrincipalName": user, "password": password });
            let signed_in = args.connect.open_as("")?.post("/phone/v1/signin", &body)?;
            enrol(&args.connect.open_as(&text(&signed_in, "accessToken"))?, "/phone/v1/totp", &password)
        }
    }
}

fn enrol(api: &Api, path: &str, password: &str) -> anyhow::Result<ExitCode> {
    let made = api.post(path, &json!({ "password": password }))?;
    eprintln!("give this to the authenticator app:\n{}", text(&made, "uri"));
    let code = output::ask_secret("code that it shows")?;
    let confirmed = api.post(&format!("{path}/confirm"), &json!({ "code": code }))?;
    eprintln!("recovery codes, each good once; they are not shown again:");
    for code in confirmed.get("recoveryCodes").and_then(Value::as_array).into_iter().flatten() {
        println!("{}", code.as_str().unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}
