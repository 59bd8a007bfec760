//! `ringfence audit`: who did what, from where; and whether the log is whole.

mod verify;

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use serde_json::Value;

use crate::api::{Api, Connect, escape, text};
use crate::output::{self, Table};
use crate::token::Where;

/// Lines between two words on how far it is.
const STEP: i64 = 5000;

/// Arguments of `ringfence audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    connect: Connect,
    #[command(subcommand)]
    command: Command,
}

/// Which entries.
#[derive(Debug, Clone, Default, clap::Args)]
struct Only {
    /// Only from this time on: 2026-01-31 or 2026-01-31T12:00:00Z
    #[arg(long)]
    since: Option<String>,
    /// Only before this time
    #[arg(long)]
    until: Option<String>,
    /// Only what concerns this user or was done by him: name or id
    #[arg(long)]
    user: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// JSON lines: can be checked without the server
    Jsonl,
    /// For spreadsheets
    Csv,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List entries, newest last
    List {
        #[command(flatten)]
        only: Only,
        /// Only this act, such as policy.update
        #[arg(long)]
        act: Option<String>,
        /// Only entries after this number
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// At most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check that no entry was changed, removed, added or moved: on a running server, in its folder, or in an export
    Verify {
        /// An export in JSON lines; `-` reads stdin
        file: Option<PathBuf>,
        /// Check in the server's folder instead of asking a server
        #[arg(long, conflicts_with = "file")]
        offline: bool,
        #[command(flatten)]
        database: Where,
        /// The hash that the newest entry must have, noted at an earlier check
        #[arg(long)]
        head: Option<String>,
    },
    /// Write the log to a file or the terminal
    Export {
        #[command(flatten)]
        only: Only,
        /// What is written
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// Where to (otherwise the terminal)
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Erase what the log says about a person; its entries stay, and the chain holds
    Erase {
        /// Name or id
        #[arg(long)]
        user: String,
    },
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List { only, act, after, limit, json } => {
            let mut query = only.query();
            query.extend([format!("after={after}"), format!("limit={limit}")]);
            query.extend(act.as_ref().map(|act| format!("act={}", escape(act))));
            let found = args.connect.open()?.get(&format!("/api/v1/audit?{}", query.join("&")))?;
            list(&found, *json)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Verify { file, offline, database, head } => {
            let checked = match file {
                Some(file) => verify::file(file),
                None if *offline => verify::folder(database),
                None => verify::server(&args.connect.open()?),
            };
            Ok(verify::tell(checked?, head.as_deref()))
        }
        Command::Export { only, format, output } => {
            export(&args.connect.open()?, only, *format, output.as_ref())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Erase { user } => {
            let path = format!("/api/v1/audit/content?user={}", escape(user));
            let told = args.connect.open()?.delete(&path)?;
            eprintln!("erased what {} said", output::count(number(&told, "erased"), "entry", "entries"));
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Only {
    fn query(&self) -> Vec<String> {
        let named = [("since", &self.since), ("until", &self.until), ("user", &self.user)];
        let given = named.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        given.map(|(name, value)| format!("{name}={}", escape(value))).collect()
    }
}

fn number(value: &Value, name: &str) -> usize {
    value.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or_default()
}

fn list(found: &Value, json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(found);
    }
    let mut table = Table::new(&["nr", "at", "who", "what", "on what", "from", "outcome"]);
    for entry in found.get("entries").and_then(Value::as_array).into_iter().flatten() {
        table.row([
            text(entry, "seq"),
            output::time(entry.get("at").and_then(Value::as_i64).unwrap_or_default()),
            text(entry, "actor"),
            text(entry, "act"),
            text(entry, "object"),
            text(entry, "from"),
            text(entry, "outcome"),
        ]);
    }
    table.print()
}

fn export(api: &Api, only: &Only, format: Format, output: Option<&PathBuf>) -> anyhow::Result<()> {
    let mut query = only.query();
    query.push(format!("format={}", if format == Format::Csv { "csv" } else { "jsonl" }));
    let mut lines = api.stream(&format!("/api/v1/audit/export?{}", query.join("&")), "*/*")?;
    let mut out: Box<dyn Write> = match output {
        None => Box::new(std::io::stdout().lock()),
        Some(path) => {
            let file = std::fs::File::create(path)
                .with_context(|| format!("`{}` cannot be written", path.display()))?;
            Box::new(std::io::BufWriter::new(file))
        }
    };
    let progress = Progress::new(output.is_some());
    let (mut line, mut written, mut last) = (Vec::new(), 0_i64, Vec::new());
    while lines.read_until(b'\n', &mut line)? > 0 {
        out.write_all(&line)?;
        written += 1;
        progress.tell(written, None);
        std::mem::swap(&mut last, &mut line);
        line.clear();
    }
    out.flush()?;
    progress.end();
    let whole = format == Format::Csv || last.starts_with(b"{\"head\":");
    anyhow::ensure!(
        whole,
        "the export broke off after {written} lines: see the server's log, and export again"
    );
    if output.is_some() {
        eprintln!("wrote {written} lines");
    }
    Ok(())
}

/// Says on a terminal how far a long work is.
#[derive(Debug)]
struct Progress {
    told: bool,
}

impl Progress {
    fn new(wanted: bool) -> Self {
        Self { told: wanted && std::io::stderr().is_terminal() }
    }

    fn tell(&self, done: i64, of: Option<i64>) {
        if self.told && done % STEP == 0 {
            match of {
                Some(of) => eprint!("\r{done} of {of}"),
                None => eprint!("\r{done}"),
            }
        }
    }

    fn end(&self) {
        if self.told {
            eprint!("\r\x1b[K");
        }
    }
}
