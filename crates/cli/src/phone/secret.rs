//! Passwords: from standard input, a file, or a person at the terminal; never from the command line.

use std::{
    io::{self, BufRead, IsTerminal},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context;

/// Reads a password; at a terminal it is asked for without echo.
pub(super) fn password(stdin: bool, file: Option<&Path>, user: &str) -> anyhow::Result<String> {
    if let Some(path) = file {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        return Ok(first_line(&text));
    }
    if !stdin && io::stdin().is_terminal() {
        eprint!("password of {user}: ");
        let hidden = echo(false);
        let line = line();
        if hidden {
            echo(true);
            eprintln!();
        }
        return line;
    }
    if !stdin {
        anyhow::bail!("no terminal to ask for a password: use --password-stdin or --password-file");
    }
    line()
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(first_line(&line))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Turns the terminal's echo on or off; `false` when that did not work.
fn echo(on: bool) -> bool {
    let mode = if on { "echo" } else { "-echo" };
    Command::new("stty").arg(mode).stdin(Stdio::inherit()).status().is_ok_and(|status| status.success())
}
