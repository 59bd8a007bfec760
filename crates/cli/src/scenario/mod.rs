//! `ringfence scenario`: the situations of the catalogue, played here on the real server and virtual phones.

use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use ringfence_messages::Lang;
use ringfence_phone::dialog::Frame;
use ringfence_scenario::{Database, Options, ROWS, Scenario, Verdict, embedded, find};
use serde_json::json;

use crate::output::{self, Table};

/// Arguments of `ringfence scenario`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Language of the story, its dialogs and findings: en or nl
    #[arg(long, default_value = "en", global = true)]
    lang: Lang,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the scenarios that come with Ringfence
    List,
    /// Play scenarios; without a name all of them
    Run {
        /// Ids such as D1 or A2 (every variant), or scenario files
        scenarios: Vec<String>,
        /// `postgres://…`: every scenario gets a schema of its own in this database
        #[arg(long, value_name = "URL")]
        database_url: Option<String>,
        /// Draw with plain ASCII characters
        #[arg(long)]
        ascii: bool,
    },
}

/// Runs the command; exit status 1 when a scenario does not hold.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List => list(args),
        Command::Run { scenarios, database_url, ascii } => {
            let scenarios = chosen(scenarios)?;
            let database = database_url.clone().map_or(Database::Sqlite, Database::Postgres);
            let frame = if *ascii { Frame::Ascii } else { Frame::Unicode };
            play(&scenarios, &Options { lang: args.lang, database }, args.json, frame)
        }
    }
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<Scenario>> {
    if names.is_empty() {
        return Ok(embedded()?);
    }
    let mut all: Vec<Scenario> = Vec::new();
    for name in names {
        for scenario in find(name)? {
            if all.iter().all(|known| known.file != scenario.file) {
                all.push(scenario);
            }
        }
    }
    Ok(all)
}

fn list(args: &Args) -> anyhow::Result<ExitCode> {
    let all = embedded()?;
    let platforms = |scenario: &Scenario| -> Vec<&'static str> {
        scenario.platforms.iter().map(|platform| platform.as_str()).collect()
    };
    if args.json {
        let entries: Vec<_> = all
            .iter()
            .map(|scenario| {
                json!({
                    "id": scenario.id, "row": scenario.row(), "variant": scenario.variant(), "file": scenario.file,
                    "title": {"en": scenario.title(Lang::En), "nl": scenario.title(Lang::Nl)},
                    "platforms": platforms(scenario), "languages": Lang::ALL.map(Lang::as_str),
                })
            })
            .collect();
        output::json(&entries)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["id", "platforms", "languages", "title"]);
    let languages = Lang::ALL.map(Lang::as_str).join(", ");
    for scenario in &all {
        let title = scenario.title(args.lang).to_owned();
        table.row([scenario.id.clone(), platforms(scenario).join(", "), languages.clone(), title]);
    }
    table.print()?;
    for row in ROWS.iter().filter(|row| all.iter().all(|scenario| scenario.row() != row.id)) {
        eprintln!("{}: no scenario", row.id);
    }
    Ok(ExitCode::SUCCESS)
}

fn play(scenarios: &[Scenario], options: &Options, json: bool, frame: Frame) -> anyhow::Result<ExitCode> {
    let mut told = 0;
    let verdicts = ringfence_scenario::run_all(scenarios, options, |verdict| {
        told += 1;
        tell(verdict, told, scenarios.len(), json, frame);
    });
    let held = verdicts.iter().filter(|verdict| verdict.holds).count();
    if json {
        let report = json!({"scenarios": verdicts, "held": held, "total": verdicts.len()});
        output::json(&report).context("the report cannot be printed")?;
    } else {
        // Once more together: in a long run nobody finds them above.
        for line in verdicts.iter().flat_map(Verdict::failures) {
            println!("{line}");
        }
        println!("scenarios: {held} of {} hold", verdicts.len());
    }
    let all = held == verdicts.len() && !verdicts.is_empty();
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Progress goes to stderr when stdout holds JSON.
fn tell(verdict: &Verdict, told: usize, total: usize, json: bool, frame: Frame) {
    if json {
        let holds = if verdict.holds { "holds" } else { "does not hold" };
        eprintln!("{told}/{total} {} {holds}", verdict.id);
    } else {
        print!("{}", verdict.transcript(frame));
    }
}
