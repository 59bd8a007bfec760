//! Programs that nobody here wrote, against a real server: every script of `/conformance`, each with a server of its own.
//!
//! A script says in a comment among its first lines what it wants: `server: own` to start what it needs itself,
//! `needs: java` for programs beyond Python and Node. It ends with 0 when everything held and with 77 when it could not
//! run here; its last line says why, or what was checked.

mod server;
mod tools;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, bail};

use self::{server::Server, tools::Tools};
use crate::step::{cargo, succeed};

const SKIPPED: i32 = 77;
/// Nothing here takes minutes; what hangs is killed, and named.
const LIMIT_S: &str = "900";
const HEAD_LINES: usize = 12;
const TAIL_LINES: usize = 60;

/// Runs the named scripts, or all.
pub(crate) fn run(names: &[String]) -> Result<()> {
    let scripts = Script::list(names)?;
    if scripts.is_empty() {
        bail!("no such script in conformance/: {}", names.join(", "));
    }
    succeed(&mut cargo(["build", "--quiet", "--package", "ringfence"]))?;
    let programs = tools::build_folder()?;
    let home = programs.parent().context("the build folder has no parent")?.join("conformance");
    let tools = Tools::install(&home)?;
    let mut failed = Vec::new();
    for (index, script) in scripts.iter().enumerate() {
        eprintln!("  [{}/{}] {} …", index + 1, scripts.len(), script.name);
        let start = Instant::now();
        let log = home.join("logs").join(format!("{}.log", script.name));
        let status = script.run(&tools, &programs.join("ringfence"), &home, &log)?;
        let text = fs::read_to_string(&log).unwrap_or_default();
        let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        let took = start.elapsed().as_secs_f64();
        match status {
            Some(0) => eprintln!("  {}: holds, {took:.1} s: {last}", script.name),
            Some(SKIPPED) => eprintln!("  {}: SKIPPED: {last}", script.name),
            other => {
                let lines: Vec<_> = text.lines().collect();
                eprintln!("{}", lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n"));
                let code = other.map_or("a signal".to_owned(), |code| format!("status {code}"));
                eprintln!(
                    "  {}: FAILED with {code}, {took:.1} s; all of it is in {}",
                    script.name,
                    log.display()
                );
                failed.push(script.name.clone());
            }
        }
    }
    println!("conformance: {} of {} did not fail", scripts.len() - failed.len(), scripts.len());
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

struct Script {
    name: String,
    path: PathBuf,
    own_server: bool,
    needs: Vec<String>,
}

impl Script {
    fn list(names: &[String]) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for entry in fs::read_dir("conformance").context("run this from the root of the repository")? {
            let path = entry?.path();
            let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            // A leading underscore marks what scripts share.
            if !["py", "mjs"].contains(&kind) || name.starts_with('_') {
                continue;
            }
            if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let said = |what: &str| {
                let mut head = text.lines().take(HEAD_LINES);
                head.find_map(|line| line.split_once(what)).map(|(_, rest)| rest.trim().to_owned())
            };
            let needs = said("needs:").unwrap_or_default();
            found.push(Self {
                name: name.to_owned(),
                own_server: said("server:").is_some_and(|which| which.starts_with("own")),
                needs: needs.split([' ', ',']).filter(|need| !need.is_empty()).map(str::to_owned).collect(),
                path,
            });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Its exit status; everything it wrote is in `log`.
    fn run(&self, tools: &Tools, program: &Path, home: &Path, log: &Path) -> Result<Option<i32>> {
        for need in &self.needs {
            tools::provide(need)?;
        }
        let folder = home.join("work").join(&self.name);
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder)?;
        fs::create_dir_all(log.parent().context("a log has a folder")?)?;
        let python = self.path.extension().is_some_and(|kind| kind == "py");
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", LIMIT_S]).arg(if python { &tools.python } else { &tools.node });
        command
            .arg(&self.path)
            .env("RINGFENCE_BIN", program)
            .env("RINGFENCE_WORK", &folder)
            .env("NODE_PATH", &tools.node_modules)
            .env("PYTHONUNBUFFERED", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(data) = tools::reference_data() {
            command.env("RINGFENCE_REFERENCE_DATA", data);
        }
        let server =
            if self.own_server { None } else { Some(Server::start(program, &folder.join("server"))?) };
        if let Some(server) = &server {
            command
                .env("RINGFENCE_URL", &server.url)
                .env("RINGFENCE_TOKEN", &server.token)
                .env("RINGFENCE_DATA", &server.data);
        }
        let out = fs::File::create(log)?;
        let status =
            command.stdout(out.try_clone()?).stderr(out).status().context("cannot start `timeout`")?;
        Ok(status.code())
    }
}
