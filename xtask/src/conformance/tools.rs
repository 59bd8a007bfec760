//! Python and Node programs, installed below the build folder and again only when their list changes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{debian, step::succeed};

/// The variable through which tests find published reference data; without it they look beside the repository.
const REFERENCE_DATA: &str = "RINGFENCE_REFERENCE_DATA";

/// A registry that fails once is asked again.
const RETRIES: &str = "8";

/// Where the interpreters and their packages are.
pub(super) struct Tools {
    pub(super) python: PathBuf,
    pub(super) node: PathBuf,
    pub(super) node_modules: PathBuf,
}

impl Tools {
    /// Installs what is missing below `home`.
    pub(super) fn install(home: &Path) -> Result<Self> {
        fs::create_dir_all(home)?;
        let (venv, node) = (home.join("venv"), home.join("node"));
        once(&venv, &["conformance/requirements.txt"], || {
            if !Command::new("python3")
                .args(["-c", "import ensurepip, venv"])
                .status()
                .is_ok_and(|s| s.success())
            {
                debian::install(&["python3", "python3-venv"])?;
            }
            succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
            let mut pip = Command::new(venv.join("bin/python"));
            pip.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--retries",
                RETRIES,
            ]);
            succeed(pip.args(["--requirement", "conformance/requirements.txt"]))
        })?;
        once(&node, &["conformance/package.json", "conformance/package-lock.json"], || {
            if !debian::has("node") || !debian::has("npm") {
                debian::install(&["nodejs", "npm"])?;
            }
            fs::create_dir_all(&node)?;
            for name in ["package.json", "package-lock.json"] {
                fs::copy(Path::new("conformance").join(name), node.join(name))?;
            }
            let mut npm = Command::new("npm");
            npm.args(["ci", "--silent", "--no-audit", "--no-fund", "--fetch-retries", RETRIES]);
            succeed(npm.current_dir(&node))
        })?;
        Ok(Self {
            python: venv.join("bin/python"),
            node: PathBuf::from("node"),
            node_modules: node.join("node_modules"),
        })
    }
}

/// Does `work` unless it was done with the same lists before; a run that was cut off is done again.
fn once(folder: &Path, lists: &[&str], work: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut wanted = String::new();
    for list in lists {
        wanted.push_str(&fs::read_to_string(list).with_context(|| format!("cannot read {list}"))?);
    }
    let mark = folder.join("installed");
    if fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    eprintln!("  installing the programs of {}", lists.join(", "));
    fs::remove_file(&mark).ok();
    work()?;
    fs::write(mark, wanted)?;
    Ok(())
}

/// A program beyond Python and Node that a script needs.
pub(super) fn provide(need: &str) -> Result<()> {
    match need {
        "java" if !debian::has("java") => debian::install(&["default-jre-headless"]),
        "chromium" if !debian::has("chromium") => debian::install(&["chromium"]),
        "openssl" if Command::new("openssl").arg("version").output().is_err() => {
            debian::install(&["openssl"])
        }
        "java" | "chromium" | "openssl" => Ok(()),
        other => bail!("`needs: {other}` is not known: expected java, chromium, openssl"),
    }
}

/// The folder in which this program and `ringfence` were built.
pub(super) fn build_folder() -> Result<PathBuf> {
    let program = env::current_exe().context("this program cannot find itself")?;
    program.parent().map(Path::to_owned).context("a program is in a folder")
}

/// Reference data of the field, if present.
pub(super) fn reference_data() -> Option<PathBuf> {
    let named = env::var_os(REFERENCE_DATA).map(PathBuf::from);
    named.or_else(|| fs::canonicalize("../shared/data").ok()).filter(|folder| folder.is_dir())
}
