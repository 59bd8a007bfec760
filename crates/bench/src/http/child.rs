//! A server in a process of its own, and the CPU time that processes have used.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
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
        Ok(Stat::span(Stat::read(self.process.id())?.own))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// What the kernel counts for one process, in clock ticks.
struct Stat {
    parent: u64,
    /// User and system time.
    own: u64,
    /// The same of children that have ended and were waited for.
    ended_children: u64,
}

impl Stat {
    fn read(pid: u32) -> Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name in the second field may contain anything; fields count from behind its closing bracket.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let number = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        Ok(Self { parent: number(1), own: number(11) + number(12), ended_children: number(13) + number(14) })
    }

    fn span(ticks: u64) -> Duration {
        Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }
}

/// A PostgreSQL server on this machine, found by the port it was started with.
pub(crate) struct Postgres {
    postmaster: u32,
}

impl Postgres {
    /// Finds the server of a `postgres://…` URL.
    pub(crate) fn find(url: &str) -> Result<Self> {
        let authority = url.split('/').nth(2).unwrap_or_default();
        let port = authority.rsplit(':').next().unwrap_or_default();
        for (pid, folder) in processes()? {
            let line = fs::read(folder.join("cmdline")).unwrap_or_default();
            let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
            let started_there = words.windows(2).any(|pair| pair == [b"-p".as_slice(), port.as_bytes()]);
            if started_there && is_postgres(&folder) {
                return Ok(Self { postmaster: pid });
            }
        }
        anyhow::bail!("no PostgreSQL with port {port} runs on this machine: its CPU cannot be counted")
    }

    /// CPU time of the server and all of its workers, ended ones included.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let main = Stat::read(self.postmaster)?;
        let mut ticks = main.own + main.ended_children;
        for (pid, folder) in processes()? {
            if is_postgres(&folder)
                && let Ok(stat) = Stat::read(pid)
                && stat.parent == u64::from(self.postmaster)
            {
                ticks += stat.own;
            }
        }
        Ok(Stat::span(ticks))
    }
}

fn is_postgres(folder: &Path) -> bool {
    fs::read_to_string(folder.join("comm")).is_ok_and(|comm| comm.trim() == "postgres")
}

/// Every process and its folder in `/proc`.
fn processes() -> Result<impl Iterator<Item = (u32, PathBuf)>> {
    let entries = fs::read_dir("/proc")?.flatten();
    Ok(entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))))
}
