//! Assignments inside a document: who is included, who is excluded.

use serde_json::{Map, Value as Json};

use crate::{FieldError, GroupId};

/// Whom an assignment reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AssignmentTarget {
    /// The members of a group, nested groups included.
    Include(GroupId),
    /// Not the members of a group; wins over every inclusion.
    Exclude(GroupId),
    /// Everybody with a licence.
    AllLicensedUsers,
}

impl AssignmentTarget {
    /// Reads one `{target: …}` (or a bare target) found at `path`.
    pub fn parse(path: &str, item: &Json) -> Result<Self, FieldError> {
        let (path, target) = match item.get("target") {
            Some(target) => (format!("{path}.target"), target),
            None => (path.to_owned(), item),
        };
        let Some(members) = target.as_object() else {
            return Err(FieldError::new(path, target, "is not an assignment target"));
        };
        let named = members.get("@odata.type").and_then(Json::as_str).unwrap_or_default();
        let name = named.rsplit('.').next().unwrap_or(named).trim_start_matches('#').to_ascii_lowercase();
        match name.as_str() {
            "groupassignmenttarget" => read_group(&path, members).map(Self::Include),
            "exclusiongroupassignmenttarget" => read_group(&path, members).map(Self::Exclude),
            "alllicensedusersassignmenttarget" => Ok(Self::AllLicensedUsers),
            "" if members.contains_key("groupId") => read_group(&path, members).map(Self::Include),
            _ => {
                let found = members.get("@odata.type").unwrap_or(&Json::Null);
                let allowed =
                    "groupAssignmentTarget, exclusionGroupAssignmentTarget, allLicensedUsersAssignmentTarget";
                Err(FieldError::new(format!("{path}.@odata.type"), found, "cannot be assigned to")
                    .allowing(allowed))
            }
        }
    }

    /// The Graph form: `{id, source, sourceId, target}`.
    pub fn to_json(self) -> Json {
        let (kind, group, id) = match self {
            Self::Include(group) => ("groupAssignmentTarget", Some(group), format!("{group}_incl")),
            Self::Exclude(group) => ("exclusionGroupAssignmentTarget", Some(group), format!("{group}_excl")),
            Self::AllLicensedUsers => {
                ("allLicensedUsersAssignmentTarget", None, "all_licensed_users_incl".to_owned())
            }
        };
        let mut target = Map::new();
        target.insert("@odata.type".to_owned(), Json::from(format!("#microsoft.graph.{kind}")));
        target.insert("deviceAndAppManagementAssignmentFilterId".to_owned(), Json::Null);
        target.insert("deviceAndAppManagementAssignmentFilterType".to_owned(), Json::from("none"));
        if let Some(group) = group {
            target.insert("groupId".to_owned(), Json::from(group.to_string()));
        }
        serde_json::json!({
            "id": id,
            "source": "direct",
            "sourceId": "00000000-0000-0000-0000-000000000000",
            "target": target,
        })
    }
}

fn read_group(path: &str, members: &Map<String, Json>) -> Result<GroupId, FieldError> {
    let json = members.get("groupId").unwrap_or(&Json::Null);
    json.as_str().and_then(|text| text.trim().parse().ok()).ok_or_else(|| {
        FieldError::new(format!("{path}.groupId"), json, "is not a group id").allowing("a UUID")
    })
}

/// The assignments that read, and the faults of those that do not.
pub(super) fn read_all(body: &Map<String, Json>) -> (Vec<AssignmentTarget>, Vec<FieldError>) {
    let items = match body.get("assignments") {
        None | Some(Json::Null) => return (Vec::new(), Vec::new()),
        Some(Json::Array(items)) => items,
        Some(other) => {
            return (
                Vec::new(),
                vec![
                    FieldError::new("assignments", other, "is not a list").allowing("a list of assignments"),
                ],
            );
        }
    };
    let mut targets = Vec::new();
    let mut errors = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match AssignmentTarget::parse(&format!("assignments[{at}]"), item) {
            Ok(target) if targets.contains(&target) => {}
            Ok(target) => targets.push(target),
            Err(error) => errors.push(error),
        }
    }
    (targets, errors)
}
