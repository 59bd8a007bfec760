//! `policy diff`: two documents compared by meaning, from files or from the server.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use ringfence_model::diff::Direction;
use ringfence_model::document::PolicyDocument;
use ringfence_policy::merge;
use serde_json::Value;

use super::source;
use crate::api::{Connect, text};
use crate::output::{self, Table};

/// Prints the changes; exit status 0 when there are none, 1 when there are.
pub(super) fn run(connect: &Connect, before: &str, after: &str, json: bool) -> anyhow::Result<ExitCode> {
    let changes = merge::diff(&load(connect, before)?, &load(connect, after)?);
    if json {
        output::json(&changes)?;
    } else if changes.is_empty() {
        eprintln!("no difference in meaning");
    } else {
        let mut table = Table::new(&["setting", "before", "after", "direction"]);
        for change in &changes {
            let direction = match change.direction {
                Direction::Tighter => "tighter",
                Direction::Looser => "looser",
                Direction::Other => "",
            };
            table.row([
                change.path.clone(),
                shown(change.before.as_ref()),
                shown(change.after.as_ref()),
                direction.to_owned(),
            ]);
        }
        table.print()?;
    }
    Ok(if changes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn load(connect: &Connect, name: &str) -> anyhow::Result<PolicyDocument> {
    let path = Path::new(name);
    if path.exists() || name == "-" {
        let mut sources = source::read(&[path.to_owned()])?;
        let documents = sources.pop().context("the folder holds no policy")?.content;
        let mut documents = documents.with_context(|| format!("`{name}`"))?;
        anyhow::ensure!(documents.len() == 1, "`{name}` holds {} policies; compare one", documents.len());
        return Ok(documents.remove(0).document);
    }
    let api = connect.open().with_context(|| format!("`{name}` is no file, so a server is asked for it"))?;
    let id = text(&api.policy(name)?, "id");
    Ok(PolicyDocument::parse_value(super::manage::fetch(&api, &id)?)?)
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "not set".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.len() > 3 => format!("{} entries", items.len()),
        Some(other) => other.to_string(),
    }
}
