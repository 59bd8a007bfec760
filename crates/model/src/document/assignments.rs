//! Assignments inside a document: who is included, who is excluded, and which filter narrows it.

use serde_json::{Map, Value as Json};

use crate::{AssignmentFilterId, FieldError, GroupId};

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

/// How a filter narrows an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FilterMode {
    /// Only what the filter matches.
    Include,
    /// Only what the filter does not match.
    Exclude,
}

impl FilterMode {
    /// Graph name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Include => "include",
            Self::Exclude => "exclude",
        }
    }
}

/// A target, and the filter on top of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assignment {
    /// Whom it reaches.
    pub target: AssignmentTarget,
    /// What narrows it.
    pub filter: Option<(AssignmentFilterId, FilterMode)>,
}

impl AssignmentTarget {
    /// Reads one `{target: …}` (or a bare target) found at `path`.
    pub fn parse(path: &str, item: &Json) -> Result<Self, FieldError> {
        let (path, members) = target_of(path, item)?;
        Self::read(&path, members)
    }

    fn read(path: &str, members: &Map<String, Json>) -> Result<Self, FieldError> {
        let named = members.get("@odata.type").and_then(Json::as_str).unwrap_or_default();
        let name = named.rsplit('.').next().unwrap_or(named).trim_start_matches('#').to_ascii_lowercase();
        match name.as_str() {
            "groupassignmenttarget" => read_group(path, members).map(Self::Include),
            "exclusiongroupassignmenttarget" => read_group(path, members).map(Self::Exclude),
            "alllicensedusersassignmenttarget" => Ok(Self::AllLicensedUsers),
            "" if members.contains_key("groupId") => read_group(path, members).map(Self::Include),
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
        Assignment { target: self, filter: None }.to_json()
    }
}

impl Assignment {
    /// Reads one `{target: …}` (or a bare target) found at `path`.
    pub fn parse(path: &str, item: &Json) -> Result<Self, FieldError> {
        let (path, members) = target_of(path, item)?;
        let target = AssignmentTarget::read(&path, members)?;
        Ok(Self { target, filter: read_filter(&path, members)? })
    }

    /// The id within its policy.
    pub fn id(self) -> String {
        match self.target {
            AssignmentTarget::Include(group) => format!("{group}_incl"),
            AssignmentTarget::Exclude(group) => format!("{group}_excl"),
            AssignmentTarget::AllLicensedUsers => "all_licensed_users_incl".to_owned(),
        }
    }

    /// The Graph form: `{id, source, sourceId, target}`.
    pub fn to_json(self) -> Json {
        let (kind, group) = match self.target {
            AssignmentTarget::Include(group) => ("groupAssignmentTarget", Some(group)),
            AssignmentTarget::Exclude(group) => ("exclusionGroupAssignmentTarget", Some(group)),
            AssignmentTarget::AllLicensedUsers => ("allLicensedUsersAssignmentTarget", None),
        };
        let (filter, mode) = match self.filter {
            Some((filter, mode)) => (Json::from(filter.to_string()), mode.as_str()),
            None => (Json::Null, "none"),
        };
        let mut target = Map::new();
        target.insert("@odata.type".to_owned(), Json::from(format!("#microsoft.graph.{kind}")));
        target.insert(FILTER_ID.to_owned(), filter);
        target.insert(FILTER_TYPE.to_owned(), Json::from(mode));
        if let Some(group) = group {
            target.insert("groupId".to_owned(), Json::from(group.to_string()));
        }
        serde_json::json!({
            "id": self.id(),
            "source": "direct",
            "sourceId": "00000000-0000-0000-0000-000000000000",
            "target": target,
        })
    }
}

const FILTER_ID: &str = "deviceAndAppManagementAssignmentFilterId";
const FILTER_TYPE: &str = "deviceAndAppManagementAssignmentFilterType";

fn target_of<'a>(path: &str, item: &'a Json) -> Result<(String, &'a Map<String, Json>), FieldError> {
    let (path, target) = match item.get("target") {
        Some(target) => (format!("{path}.target"), target),
        None => (path.to_owned(), item),
    };
    match target.as_object() {
        Some(members) => Ok((path, members)),
        None => Err(FieldError::new(path, target, "is not an assignment target")),
    }
}

fn read_group(path: &str, members: &Map<String, Json>) -> Result<GroupId, FieldError> {
    let json = members.get("groupId").unwrap_or(&Json::Null);
    json.as_str().and_then(|text| text.trim().parse().ok()).ok_or_else(|| {
        FieldError::new(format!("{path}.groupId"), json, "is not a group id").allowing("a UUID")
    })
}

/// The mode decides: `none`, or no mode, narrows nothing, as in what consoles send by default.
fn read_filter(
    path: &str,
    members: &Map<String, Json>,
) -> Result<Option<(AssignmentFilterId, FilterMode)>, FieldError> {
    let found = members.get(FILTER_TYPE).unwrap_or(&Json::Null);
    let mode = match found.as_str().map(str::to_ascii_lowercase).as_deref() {
        None if found.is_null() => return Ok(None),
        Some("" | "none") => return Ok(None),
        Some("include") => FilterMode::Include,
        Some("exclude") => FilterMode::Exclude,
        _ => {
            let path = format!("{path}.{FILTER_TYPE}");
            return Err(
                FieldError::new(path, found, "is not a known value").allowing("none, include, exclude")
            );
        }
    };
    let json = members.get(FILTER_ID).unwrap_or(&Json::Null);
    let id = json.as_str().and_then(|text| text.trim().parse().ok()).ok_or_else(|| {
        FieldError::new(format!("{path}.{FILTER_ID}"), json, "is not the id of a filter").allowing("a UUID")
    })?;
    Ok(Some((id, mode)))
}

/// The assignments that read, each once, and the faults of those that do not.
pub(super) fn read_all(body: &Map<String, Json>) -> (Vec<Assignment>, Vec<FieldError>) {
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
    let mut all: Vec<Assignment> = Vec::new();
    let mut errors = Vec::new();
    let mut seen = std::collections::HashMap::new();
    for (at, item) in items.iter().enumerate() {
        let path = format!("assignments[{at}]");
        match Assignment::parse(&path, item) {
            Ok(one) => match seen.insert(one.target, one.filter) {
                None => all.push(one),
                Some(filter) if filter == one.filter => {}
                Some(_) => errors.push(
                    FieldError::new(
                        format!("{path}.target"),
                        item,
                        "is assigned twice, with different filters",
                    )
                    .allowing("each target once"),
                ),
            },
            Err(error) => errors.push(error),
        }
    }
    (all, errors)
}
