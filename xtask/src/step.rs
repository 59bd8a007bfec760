//! Runs the steps of a task one after the other, each with its number, its name and its time.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// The steps of one task.
pub(crate) struct Plan {
    total: usize,
    done: usize,
}

impl Plan {
    /// A plan of `total` steps.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, done: 0 }
    }

    /// Runs a command as the next step.
    pub(crate) fn run(&mut self, name: &str, command: &mut Command) -> Result<()> {
        self.prepare(name, || succeed(command))
    }

    /// Does something as the next step.
    pub(crate) fn prepare<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        let label = format!("[{}/{}] {name}", self.done, self.total);
        eprintln!("{label} …");
        let start = Instant::now();
        let result = work().with_context(|| format!("step `{name}` failed"))?;
        eprintln!("{label}: ok, {}", seconds(start.elapsed()));
        Ok(result)
    }
}

/// The cargo that runs this very program.
pub(crate) fn cargo<const N: usize>(args: [&str; N]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    command
}

/// Runs a command to its end; anything but status 0 is an error that names the command.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} ended with {status}");
    }
    Ok(())
}

fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}
