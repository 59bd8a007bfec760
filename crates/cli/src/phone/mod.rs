//! `ringfence phone`: a virtual phone is a folder driven by the real client core over real HTTP.

use std::process::ExitCode;

/// Arguments of `ringfence phone`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Runs the command.
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("the virtual phone is not linked in yet")
}
