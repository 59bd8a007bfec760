//! Developer tasks. `cargo xtask test` is the one command that decides whether a change is good; CI runs the same.

mod conformance;
mod debian;
mod postgres;
mod step;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{
    postgres::Postgres,
    step::{Plan, cargo},
};

/// Developer tasks of Ringfence.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Formatting, lints (warnings are errors) and documentation.
    Check,
    /// `check`, then every test on SQLite and on a throw-away PostgreSQL (installed when missing), then the demo, every scenario and every published client.
    Test,
    /// Runs published clients against a real server: the scripts of `conformance/`, all or those named.
    Conformance {
        /// Names of scripts, without ending.
        names: Vec<String>,
    },
    /// Rewrites every generated file: golden files, merge table, reason codes, permissions.
    Gen,
    /// Runs a throw-away PostgreSQL until Ctrl-C and prints the variable that the tests read.
    Db,
    /// Measures speed against limits of the same run; further arguments go to the benchmark program.
    Bench {
        /// Passed on, for example `--json`, `--quick`, `--only vault`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Args::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Check => check(&mut Plan::new(3)),
        Task::Test => test(),
        Task::Conformance { names } => conformance::run(&names),
        Task::Gen => generate(),
        Task::Db => database(),
        Task::Bench { rest } => bench(&rest),
    }
}

fn check(plan: &mut Plan) -> Result<()> {
    plan.run("formatting", &mut cargo(["fmt", "--all", "--check"]))?;
    plan.run(
        "lints",
        &mut cargo(["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]),
    )?;
    plan.run(
        "documentation",
        cargo(["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"])
            .env("RUSTDOCFLAGS", "--deny warnings --allow rustdoc::private_intra_doc_links"),
    )
}

fn test() -> Result<()> {
    let mut plan = Plan::new(8);
    check(&mut plan)?;
    let postgres = plan.prepare("PostgreSQL", Postgres::start)?;
    plan.run("tests", cargo(["test", "--workspace"]).env(postgres::TEST_URL, postgres.url()))?;
    plan.run("demo", &mut cargo(["run", "--quiet", "--", "demo", "--once"]))?;
    plan.run("scenarios", &mut cargo(["run", "--quiet", "--", "scenario", "run", "--lang", "nl"]))?;
    plan.prepare("published clients", || conformance::run(&[]))
}

fn generate() -> Result<()> {
    let mut plan = Plan::new(1);
    plan.run("generated files", cargo(["test", "--workspace", "--quiet"]).env("RINGFENCE_BLESS", "1"))
}

fn database() -> Result<()> {
    let postgres = Postgres::start()?;
    println!("export {}={}", postgres::TEST_URL, postgres.url());
    eprintln!("Ctrl-C stops it");
    postgres.wait_for_end()
}

fn bench(rest: &[String]) -> Result<()> {
    let postgres = Postgres::start()?;
    let mut command = cargo(["run", "--release", "--quiet", "--package", "ringfence-bench", "--"]);
    command.args(rest).env(postgres::TEST_URL, postgres.url());
    step::succeed(&mut command)
}
