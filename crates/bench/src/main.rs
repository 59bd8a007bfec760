//! Benchmarks. Every figure stands beside a limit that was measured in the same run, interleaved with it, so that a slow or busy machine
//! changes both. Nothing here fails a build: it prints what holds and what does not.

mod decisions;
mod dice;
mod http;
mod measure;
mod table;
mod targeting;
mod vault;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{measure::Effort, table::Figure};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Ringfence against limits of the same run.
#[derive(Parser)]
#[command(name = "ringfence-bench")]
struct Args {
    /// One JSON document instead of the table.
    #[arg(long)]
    json: bool,
    /// Fewer and shorter rounds: to see that everything runs, not to quote figures.
    #[arg(long)]
    quick: bool,
    /// Only the groups whose name contains this text.
    #[arg(long)]
    only: Option<String>,
    #[command(subcommand)]
    serve: Option<Serve>,
}

/// The servers under test; this program starts itself with these.
#[derive(Subcommand)]
#[command(hide = true)]
enum Serve {
    /// The limit.
    #[command(hide = true)]
    ServeBare,
    /// Ringfence.
    #[command(hide = true)]
    ServeOurs {
        /// Data folder.
        data: String,
        /// PostgreSQL instead of SQLite.
        database_url: Option<String>,
    },
}

/// A group of figures that share their preparation.
type Group = (&'static str, fn(Effort) -> Result<Vec<Figure>>);

const GROUPS: &[Group] = &[
    ("decisions", decisions::run),
    ("vault", vault::run),
    ("targeting", |effort| Ok(targeting::run(effort))),
    ("http", http::run),
    ("phones", http::phones::run),
    ("doctor", http::doctor::run),
];

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    if let Some(serve) = &args.serve {
        return serve_one(serve);
    }
    let effort = if args.quick { Effort::quick() } else { Effort::full() };
    let mut figures = Vec::new();
    for (name, group) in GROUPS {
        if args.only.as_deref().is_none_or(|wanted| name.contains(wanted)) {
            eprintln!("{name} …");
            figures.extend(group(effort)?);
        }
    }
    if args.json {
        table::print_json(&figures)?;
    } else {
        table::print(&figures);
    }
    Ok(())
}

fn serve_one(serve: &Serve) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        match serve {
            Serve::ServeBare => http::bare::serve().await,
            Serve::ServeOurs { data, database_url } => http::ours::serve(data, database_url.as_deref()).await,
        }
    })
}
