//! `ringfence wipe`.

use std::process::ExitCode;

/// Arguments of `ringfence wipe`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Runs the command.
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this command arrives with its server endpoints")
}
