//! App protection policies.

use anyhow::Context;
use ringfence_model::document::PolicyKind;
use serde_json::{Value, json};

use crate::{Api, text};

/// The path of one policy in the collection of its own kind.
pub fn path(policy: &Value) -> anyhow::Result<String> {
    let kind = text(policy, "@odata.type");
    let kind = PolicyKind::from_graph_type(&kind)
        .with_context(|| format!("`{kind}` is not a known type of policy"))?;
    Ok(format!("/beta/deviceAppManagement/{}/{}", kind.collection(), text(policy, "id")))
}

/// For whom a policy is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignees {
    /// Groups (name or id) whose members, also through nested groups, get it.
    pub groups: Vec<String>,
    /// Groups (name or id) whose members do not get it, whatever else includes them.
    pub excluded: Vec<String>,
    /// Everybody with a licence gets it.
    pub all_licensed_users: bool,
}

impl Assignees {
    /// The assignments as the API takes them.
    pub fn assignments(&self, api: &Api) -> anyhow::Result<Vec<Value>> {
        let mut assignments = Vec::new();
        for group in &self.groups {
            assignments.push(target("groupAssignmentTarget", Some(text(&api.group(group)?, "id"))));
        }
        for group in &self.excluded {
            let id = text(&api.group(group)?, "id");
            assignments.push(target("exclusionGroupAssignmentTarget", Some(id)));
        }
        if self.all_licensed_users {
            assignments.push(target("allLicensedUsersAssignmentTarget", None));
        }
        Ok(assignments)
    }
}

/// Replaces the assignments of a policy, as the API gave it.
pub fn assign(api: &Api, policy: &Value, assignments: &[Value]) -> anyhow::Result<()> {
    api.post(&format!("{}/assign", path(policy)?), &json!({"assignments": assignments}))?;
    Ok(())
}

fn target(kind: &str, group: Option<String>) -> Value {
    let target = match group {
        Some(group) => json!({"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": group}),
        None => json!({"@odata.type": format!("#microsoft.graph.{kind}")}),
    };
    json!({"target": target})
}
