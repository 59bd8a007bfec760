//! One server for one script.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// A running server; killed when the value is dropped.
pub(super) struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(super) url: String,
    /// Of a global administrator.
    pub(super) token: String,
    /// Its folder.
    pub(super) data: PathBuf,
}

impl Server {
    pub(super) fn start(program: &Path, data: &Path) -> Result<Self> {
        let parent = data.parent().context("a server's folder has a parent")?;
        let log = fs::File::create(parent.join("server.log"))?;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut first = String::new();
        let out = child.stdout.take().context("the server has no output")?;
        let mut out = BufReader::new(out);
        out.read_line(&mut first)?;
        // From here on the value's drop ends the process, whatever fails.
        let mut server = Self { child, url: String::new(), token: String::new(), data: data.to_owned() };
        let Some(url) = first.trim().strip_prefix("ringfence listens on ") else {
            bail!("the server did not start: see {}", parent.join("server.log").display());
        };
        url.clone_into(&mut server.url);
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let made = Command::new(program)
            .args(["token", "create", "--role", "global-administrator", "--name", "conformance", "--data"])
            .arg(data)
            .output()?;
        if !made.status.success() {
            bail!("no token: {}", String::from_utf8_lossy(&made.stderr));
        }
        String::from_utf8(made.stdout)?.trim().clone_into(&mut server.token);
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
