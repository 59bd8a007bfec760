//! A server in a process of its own, and the CPU time that processes have used.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};

/// A child process that serves on loopback.
pub(crate) struct Served {
    process: Child,
    /// What it printed before it was ready, one word a line; the first is the port.
    pub(crate) announced: Vec<String>,
}

impl Served {
    /// Starts this program again with a hidden sub-command and reads `lines` lines of announcement.
    pub(crate) fn start(args: &[&str], lines: usize) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server under test")?;
        let output = process.stdout.take().context("no output of the server under test")?;
        let announced: Vec<String> = BufReader::new(output).lines().take(lines).collect::<Result<_, _>>()?;
        anyhow::ensure!(announced.len() == lines, "the server under test ended before it was ready");
        Ok(Self { process, announced })
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> Result<u16> {
        self.announced.first().context("no port announced")?.parse().context("no port announced")
    }

    /// CPU time used so far, kernel included.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.process.id())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// User and system time of one process.
fn cpu_of(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in the second field may contain anything; fields count from behind its closing bracket.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64((ticks(11) + ticks(12)) as f64 / per_second as f64))
}

/// User and system time of every process with this name (the database's workers come and go: finished children count too).
pub(crate) fn cpu_of_all(name: &str) -> Result<Duration> {
    let mut total = Duration::ZERO;
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|text| text.parse().ok()) else { continue };
        let is_it = fs::read_to_string(entry.path().join("comm")).is_ok_and(|comm| comm.trim() == name);
        if is_it {
            total += cpu_of(pid).unwrap_or_default();
        }
    }
    Ok(total)
}
