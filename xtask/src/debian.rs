//! Debian's packages, installed when something that a task needs is missing.

use std::process::Command;

use anyhow::{Context, Result};

use crate::step::succeed;

/// Installs packages; through `sudo` when this is not root.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let missing = packages.join(" ");
    eprintln!("installing Debian's packages: {missing}");
    let mut add = vec!["install", "--yes", "--no-install-recommends"];
    add.extend(packages);
    for args in [&["update", "--quiet"][..], &add] {
        let mut command = Command::new(if is_root() { "apt-get" } else { "sudo" });
        if !is_root() {
            command.arg("apt-get");
        }
        command.args(["-o", "Acquire::Retries=5"]);
        succeed(command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
            .with_context(|| format!("the tests need Debian's packages {missing}: install them by hand"))?;
    }
    Ok(())
}

/// Whether a program can be started.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Whether this is the superuser.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
