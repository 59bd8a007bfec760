//! `policy list|show|assign|set|delete`: policies on the server.

use anyhow::Context;
use ringfence_admin::policy::{Assignees, path};
use ringfence_model::settings::Setting;
use serde_json::{Map, Value};

use crate::api::{Api, POLICIES, text};
use crate::output::{self, Table};

/// What `policy set` changes besides settings.
const MEMBERS: &[&str] = &[
    "displayName",
    "description",
    "appGroupType",
    "customSettings",
    "roleScopeTagIds",
    "targetedAppManagementLevels",
];

/// Options of `policy assign`.
#[derive(Debug, clap::Args)]
pub(super) struct Assign {
    /// Name or id of the policy
    policy: String,
    /// Groups (name or id) whose members, also through nested groups, get the policy
    #[arg(long = "group")]
    groups: Vec<String>,
    /// Groups (name or id) whose members do not get it, whatever else includes them
    #[arg(long = "exclude")]
    excluded: Vec<String>,
    /// Everybody with a licence gets it
    #[arg(long)]
    all_licensed_users: bool,
    /// Take all assignments away
    #[arg(long, conflicts_with_all = ["groups", "excluded", "all_licensed_users"])]
    none: bool,
}

/// A whole policy: settings, apps and assignments.
pub(super) fn fetch(api: &Api, id: &str) -> anyhow::Result<Value> {
    let found = api.policy(id)?;
    let mut policy = api.get(&format!("{}?$expand=apps,assignments", path(&found)?))?;
    if policy.get("@odata.type").is_none() {
        policy["@odata.type"] = found["@odata.type"].clone();
    }
    Ok(policy)
}

/// Prints all policies.
pub(super) fn list(api: &Api, json: bool) -> anyhow::Result<()> {
    let policies = api.list(POLICIES)?;
    if json {
        return output::json(&policies);
    }
    let mut table = Table::new(&["policy", "kind", "assigned", "changed", "id"]);
    for policy in &policies {
        table.row([
            text(policy, "displayName"),
            text(policy, "@odata.type").replace("#microsoft.graph.", ""),
            text(policy, "isAssigned"),
            text(policy, "lastModifiedDateTime"),
            text(policy, "id"),
        ]);
    }
    table.print()
}

/// Prints one policy as the document it is.
pub(super) fn show(api: &Api, name: &str) -> anyhow::Result<()> {
    let id = text(&api.policy(name)?, "id");
    output::json(&fetch(api, &id)?)
}

/// Replaces the assignments.
pub(super) fn assign(api: &Api, options: &Assign) -> anyhow::Result<()> {
    let assignees = Assignees {
        groups: options.groups.clone(),
        excluded: options.excluded.clone(),
        all_licensed_users: options.all_licensed_users,
    };
    let assignments = assignees.assignments(api)?;
    anyhow::ensure!(
        options.none || !assignments.is_empty(),
        "name whom the policy is for: --group, --exclude, --all-licensed-users or --none"
    );
    let policy = api.policy(&options.policy)?;
    ringfence_admin::policy::assign(api, &policy, &assignments)?;
    let number = output::count(assignments.len(), "assignment", "assignments");
    eprintln!("{}: {number}", text(&policy, "displayName"));
    Ok(())
}

/// Changes some settings.
pub(super) fn set(api: &Api, name: &str, settings: &[String]) -> anyhow::Result<()> {
    let mut change = Map::new();
    for setting in settings {
        let (name, value) = setting
            .split_once('=')
            .with_context(|| format!("`{setting}` is not SETTING=VALUE, such as printBlocked=true"))?;
        // The document would keep an unknown member, and the change would have no effect.
        anyhow::ensure!(
            Setting::from_name(name).is_some() || MEMBERS.contains(&name) || value == "null",
            "`{name}` is not a setting that Ringfence knows; nothing was changed"
        );
        // A bare word is a text, so that `allowedOutboundDataTransferDestinations=managedApps` needs no quotes.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        change.insert(name.to_owned(), value);
    }
    let policy = api.policy(name)?;
    api.patch(&path(&policy)?, &Value::Object(change))?;
    eprintln!(
        "{}: {} changed",
        text(&policy, "displayName"),
        output::count(settings.len(), "setting", "settings")
    );
    Ok(())
}

/// Deletes a policy; an assigned one only with `yes`.
pub(super) fn delete(api: &Api, name: &str, yes: bool) -> anyhow::Result<()> {
    let policy = api.policy(name)?;
    let title = text(&policy, "displayName");
    let assigned = policy.get("isAssigned") == Some(&Value::Bool(true));
    anyhow::ensure!(yes || !assigned, "`{title}` is assigned and protects people: delete it with --yes");
    api.delete(&path(&policy)?)?;
    eprintln!("deleted {title}");
    Ok(())
}
