//! A throw-away PostgreSQL: its own data directory, a free port on loopback, gone when the value is dropped.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{debian, step::succeed};

/// The variable through which tests and benchmarks learn the server's address.
pub(crate) const TEST_URL: &str = "RINGFENCE_TEST_POSTGRES";

/// Name of a throw-away directory, before the id of the process that owns it.
const PREFIX: &str = "ringfence-postgres-";

const SETPRIV: &str = "/usr/bin/setpriv";

/// The server stops even when this program is killed.
const ENDS_WITH_US: &str = "--pdeathsig=QUIT";

const START_LIMIT: Duration = Duration::from_mins(1);

/// A running server.
pub(crate) struct Postgres {
    server: Child,
    directory: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a fresh cluster and starts it; installs Debian's package when no server is found.
    pub(crate) fn start() -> Result<Self> {
        let binaries = find_or_install()?;
        let account = Account::current();
        sweep();
        let directory = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
        account.give(&directory)?;
        let data = directory.join("data");
        let init = account
            .command(&binaries.join("initdb"))
            .arg("--pgdata")
            .arg(&data)
            .args(["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-locale"])
            .current_dir(&directory)
            .output()
            .context("cannot start initdb")?;
        if !init.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&init.stderr));
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let log = fs::File::create(directory.join("log"))?;
        let server = account
            .command(&binaries.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "max_connections=400", "-c"])
            .arg(format!("unix_socket_directories={}", directory.display()))
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start postgres")?;
        let mut postgres = Self { server, directory, port };
        postgres.wait(&binaries)?;
        Ok(postgres)
    }

    /// `postgres://…` of the maintenance database; every test makes a database of its own.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Waits until somebody stops the server: Ctrl-C reaches it as well as this program.
    pub(crate) fn wait_for_end(mut self) -> Result<()> {
        self.server.wait().context("cannot wait for postgres")?;
        Ok(())
    }

    fn wait(&mut self, binaries: &Path) -> Result<()> {
        let start = Instant::now();
        loop {
            let ready = Command::new(binaries.join("pg_isready"))
                .args(["--quiet", "--host", "127.0.0.1", "--port", &self.port.to_string()])
                .status()
                .context("cannot start pg_isready")?;
            if ready.success() {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                bail!("postgres ended with {status}: {}", self.log());
            }
            if start.elapsed() > START_LIMIT {
                bail!("postgres did not become ready: {}", self.log());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT: PostgreSQL's immediate stop, which ends its children too. Nothing here is worth a slower one.
        let stopped = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status();
        if !stopped.is_ok_and(|status| status.success()) {
            self.server.kill().ok();
        }
        self.server.wait().ok();
        fs::remove_dir_all(&self.directory).ok();
    }
}

/// Removes the directories of earlier runs that were interrupted.
fn sweep() {
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if owner.is_some_and(|id| Path::new("/proc/self").exists() && !Path::new("/proc").join(id).exists()) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// PostgreSQL refuses to run as root; then its programs run as the account that Debian's package made.
enum Account {
    Own,
    Postgres,
}

impl Account {
    fn current() -> Self {
        if debian::is_root() { Self::Postgres } else { Self::Own }
    }

    fn command(&self, program: &Path) -> Command {
        match self {
            Self::Own if !Path::new(SETPRIV).exists() => Command::new(program),
            Self::Own => {
                let mut command = Command::new(SETPRIV);
                command.args([ENDS_WITH_US, "--"]).arg(program);
                command
            }
            Self::Postgres => {
                let mut command = Command::new(SETPRIV);
                command.args([ENDS_WITH_US, "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]);
                command.arg(program);
                command
            }
        }
    }

    fn give(&self, directory: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Postgres => succeed(Command::new("chown").arg("postgres:postgres").arg(directory)),
        }
    }
}

fn find_or_install() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    debian::install(&["postgresql"])?;
    find().context("Debian's package postgresql is installed but /usr/lib/postgresql/*/bin/initdb is missing")
}

fn find() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<_> = versions
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|path| path.join("initdb").exists() && path.join("postgres").exists())
        .collect();
    found.sort();
    found.pop()
}
