//! `ringfence browser`: what a managed browser does with a page, asked of the server for a user or of policy files.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use ringfence_messages::Lang;
use ringfence_model::Platform;
use ringfence_model::appconfig::AppConfiguration;
use ringfence_model::document::PolicyKind;
use ringfence_policy::browser::{BrowserPolicy, Context, Given, Visit, explain};
use serde_json::{Value, json};

use crate::api::{Connect, text};
use crate::output::{self, Style};
use crate::policy::source;

/// Arguments of `ringfence browser`.
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
    /// May this page be opened, and if not, what happens?
    Check(Check),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// The address
    url: String,
    /// Ask these policy files, without a server; all of them are taken to reach the browser
    #[arg(long = "policy", value_name = "FILE", conflicts_with_all = ["user", "app"], required_unless_present = "user")]
    policies: Vec<PathBuf>,
    /// User principal name or id
    #[arg(long, requires = "app", requires = "platform")]
    user: Option<String>,
    /// Bundle or package id of the browser
    #[arg(long)]
    app: Option<String>,
    /// ios or android
    #[arg(long)]
    platform: Option<Platform>,
    /// Under whom the page would open
    #[arg(long, value_enum, default_value = "work")]
    context: Where,
    /// The address is embedded in a page
    #[arg(long)]
    subresource: bool,
    /// The link comes from a work app
    #[arg(long)]
    work_link: bool,
    /// A form is sent
    #[arg(long)]
    post: bool,
    /// A personal account is signed in to the browser
    #[arg(long)]
    personal_account: bool,
    /// Language of the texts: en or nl
    #[arg(long, default_value = "en")]
    lang: Lang,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Where {
    /// The work account.
    Work,
    /// A personal account, or none.
    Personal,
    /// Without history.
    InPrivate,
}

impl Where {
    const fn context(self) -> Context {
        match self {
            Self::Work => Context::Work,
            Self::Personal => Context::Personal,
            Self::InPrivate => Context::InPrivate,
        }
    }
}

/// Runs the command; a page that stays closed is an answer, not a failure.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Check(check) = args.command;
    let answer = match &check.user {
        Some(user) => ask(&args.connect, user, &check)?,
        None => from_files(&check)?,
    };
    if args.json {
        output::json(&answer)?;
    } else {
        show(&check.url, &answer);
    }
    Ok(ExitCode::SUCCESS)
}

fn ask(connect: &Connect, user: &str, check: &Check) -> anyhow::Result<Value> {
    let question = json!({
        "user": user,
        "app": check.app,
        "platform": check.platform,
        "url": check.url,
        "context": check.context.context(),
        "subresource": check.subresource,
        "workLink": check.work_link,
        "post": check.post,
        "personalAccount": check.personal_account,
        "lang": check.lang,
    });
    connect.open()?.post("/api/v1/browser/check", &question)
}

/// What phones would do if these configurations, and nothing else, reached the browser.
fn from_files(check: &Check) -> anyhow::Result<Value> {
    let mut names = Vec::new();
    let mut values: Vec<(String, String, u32)> = Vec::new();
    for read in source::read(&check.policies)? {
        let documents = match read.content {
            Ok(documents) => documents,
            Err(error) => bail!("`{}`: {error}", read.name),
        };
        for document in documents.into_iter().map(|imported| imported.document) {
            if document.kind != PolicyKind::TargetedConfiguration {
                continue;
            }
            for fault in source::faults(&document) {
                eprintln!("warning: `{}`: {fault}", document.display_name());
            }
            let at = u32::try_from(names.len())?;
            names.push(document.display_name().to_owned());
            let configuration = AppConfiguration::parse(&document).unwrap_or_default();
            values.extend(configuration.values.into_iter().map(|pair| (pair.name, pair.value, at)));
        }
    }
    if names.is_empty() {
        bail!("the files hold no app configuration (`targetedManagedAppConfiguration`)");
    }
    let sources: Vec<[u32; 1]> = values.iter().map(|(.., at)| [*at]).collect();
    let given = values.iter().zip(&sources).map(|((name, value, _), sources)| Given { name, value, sources });
    let policy = BrowserPolicy::compile(given);
    let platform = check.platform.unwrap_or(Platform::Ios);
    let visit = Visit {
        subresource: check.subresource,
        work_link: check.work_link,
        post: check.post,
        personal_account: check.personal_account,
        ..Visit::new(&check.url, check.context.context(), platform)
    };
    let judgement = policy.judge(&visit);
    let had_a_say = judgement.sources.iter().filter_map(|at| names.get(usize::try_from(*at).ok()?));
    let sources: Vec<Value> = had_a_say.map(|name| json!({ "name": name })).collect();
    let mut answer = serde_json::to_value(explain(&judgement, platform, check.lang))?;
    answer["sources"] = json!(sources);
    Ok(answer)
}

fn show(url: &str, answer: &Value) {
    let style = Style::stdout();
    let opens = answer["opensIn"].as_str();
    let verdict = match opens {
        Some("work") => style.good("opens"),
        Some(context) => style.good(&format!("opens ({context})")),
        None => style.bad("closed"),
    };
    println!("{verdict}  {url}");
    println!("  {}", text(answer, "title"));
    println!("  {}", text(answer, "text"));
    let buttons: Vec<&str> =
        answer["buttons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !buttons.is_empty() {
        println!("  buttons {}", buttons.join(", "));
    }
    println!("  reason  {} ({})", text(answer, "reason"), text(answer, "code"));
    println!("  rule    {}", text(answer, "rule"));
    let entry = &answer["entry"];
    if entry.is_object() {
        let list = text(entry, "key");
        match entry["number"].as_u64() {
            Some(number) => println!("  entry   {number} of {list}: {}", text(entry, "entry")),
            None => println!("  entry   none of {list}"),
        }
    }
    for key in answer["keys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        println!("  key     {key}");
    }
    for source in answer["sources"].as_array().into_iter().flatten() {
        println!("  policy  {}", text(source, "name"));
    }
}
