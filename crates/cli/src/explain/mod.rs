//! `ringfence explain`: the decision that phones make, asked of the server, with its trace.

use std::process::ExitCode;

use ringfence_model::Platform;
use serde_json::{Value, json};

use crate::api::{Api, Connect, text};
use crate::output::{self, Style};

/// Arguments of `ringfence explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    connect: Connect,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    question: Question,
}

/// What is asked.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Question {
    /// User principal name or id
    #[arg(long)]
    pub(crate) user: String,
    /// Bundle or package id of the app that holds the data
    #[arg(long)]
    pub(crate) app: String,
    /// ios or android
    #[arg(long)]
    pub(crate) platform: Platform,
    /// send, receive, copy, paste, saveTo, openFrom, openLink, dial, message, print, notify, keyboard, screenCapture,
    /// backup, contactSync, widget, systemSearch, genmoji or writingTools
    #[arg(long)]
    pub(crate) action: String,
    /// The other side: an app, a storage location, a browser, a dialler, a keyboard
    #[arg(long, visible_alias = "from")]
    pub(crate) to: Option<String>,
    /// Number of characters, for copy and paste
    #[arg(long)]
    pub(crate) characters: Option<u64>,
    /// The storage location belongs to the work account
    #[arg(long)]
    pub(crate) managed_account: bool,
    /// How the device is managed
    #[arg(long)]
    pub(crate) management: Option<String>,
}

/// Runs the command; a refusal is an answer, not a failure.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let answer = ask(&args.connect.open()?, &args.question)?;
    if args.json {
        output::json(&answer)?;
    } else {
        show(&args.question, &answer);
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the server.
pub(crate) fn ask(api: &Api, question: &Question) -> anyhow::Result<Value> {
    let mut body = json!({
        "user": question.user,
        "app": question.app,
        "platform": question.platform,
        "action": question.action,
        "managedAccount": question.managed_account,
    });
    if let Some(to) = &question.to {
        body["to"] = json!(to);
    }
    if let Some(characters) = question.characters {
        body["characters"] = json!(characters);
    }
    if let Some(management) = &question.management {
        body["management"] = json!(management);
    }
    api.post("/api/v1/explain", &body)
}

fn show(question: &Question, answer: &Value) {
    let style = Style::stdout();
    let verdict = text(answer, "verdict");
    let verdict = if verdict == "deny" { style.bad(&verdict) } else { style.good(&verdict) };
    let arrow =
        if matches!(question.action.as_str(), "receive" | "openFrom" | "paste") { "<-" } else { "->" };
    let to = question.to.as_deref().map(|to| format!(" {arrow} {to}")).unwrap_or_default();
    println!("{verdict}  {} {}{to} ({})", question.app, question.action, question.user);
    println!("  {}", text(answer, "title"));
    if answer["reason"].is_null() {
        return;
    }
    println!("  reason  {} ({})", text(answer, "reason"), text(answer, "code"));
    println!("  rule    {}", text(answer, "rule"));
    for decider in answer["deciders"].as_array().into_iter().flatten() {
        let value = if decider["value"].is_null() { "not set".to_owned() } else { text(decider, "value") };
        let default = if decider["isDefault"] == Value::Bool(true) { " (default)" } else { "" };
        println!("  setting {} = {value}{default}", text(decider, "setting"));
        for source in decider["sources"].as_array().into_iter().flatten() {
            let path: Vec<&str> =
                source["groupPath"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            println!(
                "    from  {} by {} ({})",
                text(source, "policyName"),
                text(source, "assignment"),
                path.join(" > ")
            );
        }
    }
}
