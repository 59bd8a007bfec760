//! The `ringfence` command: the server, its administration, virtual phones and the demo in one binary.
//!
//! Data goes to stdout, everything else to stderr. Exit status: 0 done, 1 failed or refused, 2 wrong usage; `doctor` 3: a cause
//! was found.

mod account;
mod api;
mod app;
mod audit;
mod browser;
mod cli;
mod demo;
mod device;
mod doctor;
mod explain;
mod filter;
mod group;
mod keys;
mod licence;
mod output;
mod phone;
mod policy;
mod program;
mod provider;
mod report;
mod role;
mod scenario;
mod serve;
mod ticket;
mod token;
mod user;
mod wipe;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    output::end_quietly_with_the_reader();
    let args = cli::Cli::parse();
    match cli::run(args) {
        Ok(code) => code,
        Err(error) if output::reader_is_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}
