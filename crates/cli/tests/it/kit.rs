//! A server process on a free port, and the command run against it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// What a run of the command gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Asserts success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{self:#?}");
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// A command with a clean environment.
pub(crate) fn ringfence<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(args: I) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
    command.args(args).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if let Some(temp) = std::env::var_os("TMPDIR") {
        command.env("TMPDIR", temp);
    }
    command
}

/// Runs a command to its end with this text on stdin.
pub(crate) fn run(command: &mut Command, stdin: &[u8]) -> Run {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        // A command that does not read its input ends without it.
        let _ = input.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running server with a token of its administrator.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    stdout: std::cell::RefCell<BufReader<ChildStdout>>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: String,
    pub(crate) token: String,
    /// What the server printed after its address, as far as it was read.
    printed: std::cell::RefCell<String>,
}

impl Server {
    /// Starts a server on a new folder.
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    /// Starts a server on this folder.
    pub(crate) fn start_in(folder: tempfile::TempDir) -> Self {
        Self::start_with(folder, &[])
    }

    /// Starts a server on this folder with further options; on a database of its own it has no token yet.
    pub(crate) fn start_with(folder: tempfile::TempDir, options: &[&str]) -> Self {
        let data = folder.path().join("data");
        let mut command = ringfence(["serve", "--listen", "127.0.0.1:0", "--log", "error", "--data"]);
        let mut child = command.arg(&data).args(options).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let url =
            line.trim().strip_prefix("ringfence listens on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        let args = ["token", "create", "--role", "global-administrator", "--name", "test", "--data"];
        let token = if options.contains(&"--database-url") {
            String::new()
        } else {
            run(ringfence(args).arg(&data), b"").ok().stdout.trim().to_owned()
        };
        Self { child, stdout: stdout.into(), folder, url, token, printed: String::new().into() }
    }

    /// Folder of the server's data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command that talks to this server.
    pub(crate) fn command<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, args: I) -> Command {
        let mut command = ringfence(args);
        command.env("RINGFENCE_SERVER", &self.url).env("RINGFENCE_TOKEN", &self.token);
        command
    }

    /// Runs a command against this server.
    pub(crate) fn run<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(&self, args: I) -> Run {
        run(&mut self.command(args), b"")
    }

    /// Writes a file into the test's folder and answers its path.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        write(self.folder.path(), name, content)
    }

    /// The first administrator's password, from the line after the address.
    pub(crate) fn one_time_password(&self) -> String {
        let mut line = String::new();
        self.stdout.borrow_mut().read_line(&mut line).unwrap();
        let password = line.trim().strip_prefix("first administrator: admin, one-time password: ");
        let password = password.unwrap_or_else(|| panic!("{line}")).to_owned();
        self.printed.borrow_mut().push_str(&line);
        password
    }

    /// Asks the server to stop and waits; answers what else it printed and its folder.
    pub(crate) fn stop(mut self) -> (String, tempfile::TempDir) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut rest = self.printed.take();
        std::io::Read::read_to_string(self.stdout.get_mut(), &mut rest).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the server ended with {status}");
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (rest, folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a file.
pub(crate) fn write(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// The reference policies, when they are on this machine.
pub(crate) fn reference_policies() -> Option<PathBuf> {
    let root = std::env::var_os("RINGFENCE_REFERENCE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let policies = root.join("policies");
    if policies.is_dir() {
        return Some(policies);
    }
    println!("skipped: the reference data is absent (set RINGFENCE_REFERENCE_DATA)");
    None
}
