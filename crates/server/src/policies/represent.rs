//! Policies as Graph JSON.

use ringfence_model::document::{AssignmentTarget, PolicyKind};
use serde_json::{Map, Value, json};

use super::{Part, Policy, set::Set, summary};
use crate::graph::{Request, timestamp};

/// One policy; `typed` writes the type first, as in sets of mixed kinds. `reached` is there when the summary is wanted.
pub(super) fn policy(
    request: &Request,
    policy: &Policy,
    typed: bool,
    reached: Option<&summary::Reached>,
) -> Value {
    let kind = policy.document.kind;
    let mut out = Map::new();
    if typed {
        out.insert("@odata.type".into(), json!(kind.odata_type()));
    }
    out.extend(policy.document.project(request.version, &owned(policy)));
    let place = place(policy);
    let context = |name: &str| json!(format!("{}/$metadata#{place}/{name}", request.context));
    for part in Part::ALL {
        if request.query.expands(part.name()) && part.is_of(kind, request.version) {
            out.insert(format!("{}@odata.context", part.name()), context(part.name()));
            out.insert(part.name().into(), Value::Array(part.items(&policy.document)));
        }
    }
    if let Some(reached) = reached.filter(|_| summary::is_of(policy)) {
        out.insert("deploymentSummary@odata.context".into(), context("deploymentSummary/$entity"));
        out.insert("deploymentSummary".into(), reached.of(request, policy));
    }
    Value::Object(out)
}

/// `deviceAppManagement/iosManagedAppProtections('T_…')`
pub(super) fn place(policy: &Policy) -> String {
    format!("{}('{}')", Set::Of(policy.document.kind).context(), policy.wire_id())
}

fn owned(policy: &Policy) -> Map<String, Value> {
    let document = &policy.document;
    let reaches = |target| !matches!(target, AssignmentTarget::Exclude(_));
    let mut out = Map::new();
    out.insert("createdDateTime".into(), json!(timestamp(policy.created_at)));
    out.insert("lastModifiedDateTime".into(), json!(timestamp(policy.modified_at)));
    out.insert("id".into(), json!(policy.wire_id()));
    out.insert("version".into(), json!(policy.etag()));
    if document.kind != PolicyKind::DefaultProtection {
        out.insert("isAssigned".into(), json!(document.assignments().into_iter().any(reaches)));
    }
    out.insert("deployedAppCount".into(), json!(Part::Apps.items(document).len()));
    out
}
