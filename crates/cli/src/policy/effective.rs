//! `policy effective`: the merged policy of one user in one app, each setting with its origin.

use ringfence_model::Platform;
use serde_json::Value;

use crate::api::{Api, escape, text};
use crate::output::{self, Table};

/// Whose policy is asked for.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) user: String,
    pub(super) app: String,
    pub(super) platform: Platform,
    pub(super) management: Option<String>,
}

/// Prints the answer.
pub(super) fn run(api: &Api, question: &Question, json: bool) -> anyhow::Result<()> {
    let mut path = format!(
        "/api/v1/effective?user={}&app={}&platform={}",
        escape(&question.user),
        escape(&question.app),
        question.platform
    );
    if let Some(management) = &question.management {
        path = format!("{path}&management={}", escape(management));
    }
    let answer = api.get(&path)?;
    if json {
        return output::json(&answer);
    }
    eprintln!("state: {}", text(&answer, "state"));
    let mut table = Table::new(&["setting", "value", "policy", "assignment", "group path"]);
    for setting in answer["settings"].as_array().into_iter().flatten() {
        let value = shown(&setting["value"]);
        for (at, source) in setting["sources"].as_array().into_iter().flatten().enumerate() {
            let (name, value) =
                if at == 0 { (text(setting, "name"), value.clone()) } else { (String::new(), String::new()) };
            let path: Vec<&str> =
                source["groupPath"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            table.row([
                name,
                value,
                text(source, "policyName"),
                text(source, "assignment"),
                path.join(" > "),
            ]);
        }
    }
    let settings = answer["settings"].as_array().is_some_and(|settings| !settings.is_empty());
    if settings { table.print() } else { why_none(&answer) }
}

/// Nothing reaches the user: what became of each policy that covers the app or is assigned.
fn why_none(answer: &Value) -> anyhow::Result<()> {
    let mut table = Table::new(&["policy", "outcome", "group path"]);
    for policy in answer["policies"].as_array().into_iter().flatten() {
        let path: Vec<&str> =
            policy["groupPath"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        table.row([text(policy, "policyName"), text(policy, "outcome"), path.join(" > ")]);
    }
    table.print()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => output::count(items.len(), "entry", "entries"),
        other => other.to_string(),
    }
}
