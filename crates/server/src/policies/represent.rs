//! Policies as Graph JSON.

use ringfence_model::document::{ApiVersion, PolicyKind};
use serde_json::{Map, Value, json};

use super::{Policy, body};
use crate::graph::{Request, timestamp};

/// One policy; `typed` writes the type first, as in sets of mixed kinds.
pub(super) fn policy(request: &Request, policy: &Policy, typed: bool) -> Value {
    let (kind, id) = (policy.document.kind, policy.wire_id());
    let mut out = Map::new();
    if typed {
        out.insert("@odata.type".into(), json!(kind.odata_type()));
    }
    let mut members = policy.document.project(request.version);
    for name in ["displayName", "description"] {
        out.insert(name.into(), members.shift_remove(name).unwrap_or(Value::Null));
    }
    out.insert("createdDateTime".into(), json!(timestamp(policy.created_at)));
    out.insert("lastModifiedDateTime".into(), json!(timestamp(policy.modified_at)));
    if let Some(tags) = members.shift_remove("roleScopeTagIds") {
        out.insert("roleScopeTagIds".into(), tags);
    }
    out.insert("id".into(), json!(id));
    out.insert("version".into(), json!(policy.etag()));
    out.extend(members);
    let assignments = body::assignments(&policy.document);
    let apps = body::apps(&policy.document);
    if is_targeted(kind) {
        out.insert("isAssigned".into(), json!(!assignments.is_empty()));
    }
    if is_targeted(kind) || kind == PolicyKind::DefaultProtection {
        out.insert("deployedAppCount".into(), json!(apps.len()));
    }
    let place = format!("{}/$metadata#{}('{id}')", request.root, context(kind));
    for (name, items) in [("apps", apps), ("assignments", assignments)] {
        if request.query.expands(name) {
            out.insert(format!("{name}@odata.context"), json!(format!("{place}/{name}")));
            out.insert(name.into(), json!(items));
        }
    }
    if request.query.expands("settings") && request.version == ApiVersion::Beta {
        out.insert("settings".into(), policy.document.body.get("settings").cloned().unwrap_or(json!([])));
    }
    Value::Object(out)
}

/// The set of a kind, as in `@odata.context`.
pub(super) fn context(kind: PolicyKind) -> String {
    format!("deviceAppManagement/{}", kind.collection())
}

fn is_targeted(kind: PolicyKind) -> bool {
    kind.platform().is_some() || kind == PolicyKind::TargetedConfiguration
}
