//! `ringfence explain`: the decision that phones make, asked of the server, with its trace.

use std::process::ExitCode;

use ringfence_messages::Lang;
use ringfence_model::Platform;
use serde_json::{Value, json};

use crate::api::{Api, Connect, text};
use crate::output::{self, Style, say};

/// Arguments of `ringfence explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    connect: Connect,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Language of the answer: en or nl
    #[arg(long, default_value_t)]
    lang: Lang,
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
    let answer = ask(&args.connect.open()?, &args.question, args.lang)?;
    if args.json {
        output::json(&answer)?;
    } else {
        show(&args.question, &answer, args.lang);
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the server.
pub(crate) fn ask(api: &Api, question: &Question, lang: Lang) -> anyhow::Result<Value> {
    let mut body = json!({
        "user": question.user,
        "app": question.app,
        "platform": question.platform,
        "action": question.action,
        "lang": lang,
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

fn show(question: &Question, answer: &Value, lang: Lang) {
    let style = Style::stdout();
    let word = |key: &str| say(lang, &format!("explain-{key}"), []);
    let line = |key: &str, value: &str| println!("  {:<10} {value}", word(key));
    let verdict = text(answer, "verdict");
    let said = match verdict.as_str() {
        "deny" => style.bad(&word("deny")),
        "allow" => style.good(&word("allow")),
        other => style.good(other),
    };
    let arrow =
        if matches!(question.action.as_str(), "receive" | "openFrom" | "paste") { "<-" } else { "->" };
    let to = question.to.as_deref().map(|to| format!(" {arrow} {to}")).unwrap_or_default();
    println!("{said}  {} {}{to} ({})", question.app, question.action, question.user);
    println!("  {}", text(answer, "title"));
    if answer["reason"].is_null() {
        return;
    }
    line("reason", &format!("{} ({})", text(answer, "reason"), text(answer, "code")));
    line("rule", &text(answer, "rule"));
    for decider in answer["deciders"].as_array().into_iter().flatten() {
        let value = if decider["value"].is_null() { word("not-set") } else { text(decider, "value") };
        let default = match &decider["isDefault"] {
            Value::Bool(true) => format!(" ({})", word("default")),
            _ => String::new(),
        };
        line("setting", &format!("{} = {value}{default}", text(decider, "setting")));
        for source in decider["sources"].as_array().into_iter().flatten() {
            line("from", &by(source, lang));
        }
    }
}

/// `Staff by Teachers (Maths > Teachers)`
fn by(source: &Value, lang: Lang) -> String {
    let path: Vec<&str> =
        source["groupPath"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let policy = text(source, "policyName");
    if path.is_empty() {
        let everybody = say(lang, "explain-everybody", []);
        return say(lang, "explain-by", [("policy", &policy), ("assignment", &everybody)]);
    }
    let assignment = text(source, "assignment");
    let said = say(lang, "explain-by", [("policy", &policy), ("assignment", &assignment)]);
    format!("{said} ({})", path.join(" > "))
}
