//! Assignments of apps: kept and served. Nothing installs apps here.

use axum::response::Response;
use ringfence_model::{AppEntryId, FieldError, GroupId, TenantId};
use serde_json::{Map, Value, json};

use super::{MobileApp, ops};
use crate::{
    authz::{act, authorize},
    db::Tx,
    directory,
    failure::Failure,
    graph::{Request, apply, collection, created, entity, faults, no_content},
    http::ApiError,
};

const PAGE: usize = 1000;
const INTENTS: [&str; 4] = ["available", "required", "uninstall", "availableWithoutEnrollment"];
const TARGETS: [&str; 4] = [
    "groupAssignmentTarget",
    "exclusionGroupAssignmentTarget",
    "allLicensedUsersAssignmentTarget",
    "allDevicesAssignmentTarget",
];

/// Answers `…/mobileApps/{id}/assign` and `…/assignments`.
pub(super) async fn handle(request: &mut Request, id: AppEntryId) -> Result<Option<Response>, ApiError> {
    let lower = request.lower();
    let rest: Vec<&str> = lower.iter().skip(3).map(String::as_str).collect();
    let response = match (request.method.as_str(), rest.as_slice()) {
        ("POST", ["assign"]) => assign(request, id).await,
        ("GET", ["assignments"]) => list(request, id).await,
        ("POST", ["assignments"]) => add(request, id).await,
        ("GET", ["assignments", _]) => get(request, id).await,
        ("PATCH", ["assignments", _]) => change(request, id).await,
        ("DELETE", ["assignments", _]) => remove(request, id).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn assign(request: &mut Request, id: AppEntryId) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let body: Map<String, Value> = request.json().await?;
    let found = body.get("mobileAppAssignments").unwrap_or(&Value::Null);
    let items = found
        .as_array()
        .ok_or_else(|| Failure::invalid("mobileAppAssignments", found, "is not a list", "a list"))?;
    let items = normal("mobileAppAssignments", items)?;
    ops::update(&request.app, &proof, id, |app| {
        set(app, items);
        Ok(())
    })
    .await?;
    Ok(no_content())
}

async fn list(request: &Request, id: AppEntryId) -> Result<Response, ApiError> {
    let app = read(request, id).await?;
    Ok(collection(request, &context(id), apply(&request.query, app.assignments(), PAGE)?))
}

async fn get(request: &Request, id: AppEntryId) -> Result<Response, ApiError> {
    let app = read(request, id).await?;
    let item = app.assignments().into_iter().find(|item| id_of(item).eq_ignore_ascii_case(request.key(4)));
    let item = item.ok_or_else(|| missing(request.key(4)))?;
    Ok(entity(request, &context(id), item))
}

async fn add(request: &mut Request, id: AppEntryId) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let body: Map<String, Value> = request.json().await?;
    let item = one("", &Value::Object(body))?;
    let new = item.clone();
    ops::update(&request.app, &proof, id, |app| {
        let mut items = app.assignments();
        items.retain(|old| id_of(old) != id_of(&new));
        items.push(new);
        set(app, items);
        Ok(())
    })
    .await?;
    let location = format!("{}/{}", context(id), id_of(&item));
    Ok(created(request, &context(id), &location, item))
}

async fn change(request: &mut Request, id: AppEntryId) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let patch: Map<String, Value> = request.json().await?;
    let key = request.key(4);
    let mut changed = Value::Null;
    ops::update(&request.app, &proof, id, |app| {
        let mut items = app.assignments();
        let found = items.iter_mut().find(|item| id_of(item).eq_ignore_ascii_case(key));
        let item = found.ok_or_else(|| missing(key))?;
        if let Value::Object(members) = item {
            members.extend(patch);
        }
        *item = one("", item)?;
        changed = item.clone();
        set(app, items);
        Ok(())
    })
    .await?;
    Ok(entity(request, &context(id), changed))
}

async fn remove(request: &Request, id: AppEntryId) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let key = request.key(4);
    ops::update(&request.app, &proof, id, |app| {
        let mut items = app.assignments();
        let before = items.len();
        items.retain(|item| !id_of(item).eq_ignore_ascii_case(key));
        if items.len() == before {
            return Err(missing(key));
        }
        set(app, items);
        Ok(())
    })
    .await?;
    Ok(no_content())
}

async fn read(request: &Request, id: AppEntryId) -> Result<MobileApp, ApiError> {
    let proof = authorize(&request.actor, act::ReadApps)?;
    Ok(ops::get(&mut *request.app.db.read().await?, proof.tenant(), id).await?)
}

fn set(app: &mut MobileApp, items: Vec<Value>) {
    app.body.insert("assignments".to_owned(), Value::Array(items));
}

fn id_of(item: &Value) -> &str {
    item.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn missing(key: &str) -> Failure {
    Failure::not_found("assignment of this app", key)
}

fn context(id: AppEntryId) -> String {
    format!("deviceAppManagement/mobileApps('{id}')/assignments")
}

/// Assignments in normal form, each once; `path` is where the list stands.
pub(super) fn normal(path: &str, items: &[Value]) -> Result<Vec<Value>, Failure> {
    let mut out: Vec<Value> = Vec::new();
    let mut errors = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match one(&format!("{path}[{at}]"), item) {
            Ok(item) if out.iter().any(|known| id_of(known) == id_of(&item)) => {}
            Ok(item) => out.push(item),
            Err(Failure::Invalid(found)) => errors.extend(found),
            Err(other) => return Err(other),
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(Failure::Invalid(errors)) }
}

fn one(path: &str, item: &Value) -> Result<Value, Failure> {
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let invalid = |path: String, found: &Value, problem: &str, allowed: &str| {
        Failure::Invalid(vec![FieldError::new(path, found, problem).allowing(allowed)])
    };
    let Some(members) = item.as_object() else {
        return Err(invalid(path.to_owned(), item, "is not an assignment", "an object"));
    };
    let wrong: Vec<FieldError> = faults("mobileAppAssignment", members)
        .into_iter()
        .map(|fault| FieldError { path: at(&fault.path), ..fault })
        .collect();
    if !wrong.is_empty() {
        return Err(Failure::Invalid(wrong));
    }
    let target = members.get("target").unwrap_or(&Value::Null);
    let named = target.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
    let short = named.rsplit('.').next().unwrap_or(named).trim_start_matches('#');
    let Some(kind) = TARGETS.into_iter().find(|kind| kind.eq_ignore_ascii_case(short)) else {
        return Err(invalid(at("target.@odata.type"), target, "cannot be assigned to", &TARGETS.join(", ")));
    };
    let given = members.get("intent").and_then(Value::as_str).unwrap_or("available");
    let intent = INTENTS.iter().position(|name| name.eq_ignore_ascii_case(given)).unwrap_or_default();
    let mut shown = Map::new();
    shown.insert("@odata.type".into(), json!(format!("#microsoft.graph.{kind}")));
    for (name, absent) in [
        ("deviceAndAppManagementAssignmentFilterId", Value::Null),
        ("deviceAndAppManagementAssignmentFilterType", json!("none")),
    ] {
        shown.insert(name.into(), target.get(name).cloned().unwrap_or(absent));
    }
    let mut whom = kind.trim_end_matches("AssignmentTarget").to_owned();
    if kind.ends_with("roupAssignmentTarget") {
        let found = target.get("groupId").unwrap_or(&Value::Null);
        let group: Option<GroupId> = found.as_str().and_then(|text| text.trim().parse().ok());
        let group =
            group.ok_or_else(|| invalid(at("target.groupId"), found, "is not a group id", "a UUID"))?;
        shown.insert("groupId".into(), json!(group));
        let side = if kind.starts_with("exclusion") { "_excl" } else { "" };
        whom = format!("{group}{side}");
    }
    Ok(json!({
        "id": format!("{whom}_{intent}_0"),
        "intent": INTENTS.get(intent),
        "source": "direct",
        "sourceId": "00000000-0000-0000-0000-000000000000",
        "target": shown,
        "settings": members.get("settings").cloned().unwrap_or(Value::Null),
    }))
}

/// Every group that is named exists.
pub(super) async fn check_groups(
    tx: &mut Tx,
    tenant: TenantId,
    body: &Map<String, Value>,
) -> Result<(), Failure> {
    let items = body.get("assignments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut errors = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let found = item.pointer("/target/groupId").unwrap_or(&Value::Null);
        let Some(group) = found.as_str().and_then(|text| text.parse::<GroupId>().ok()) else { continue };
        if directory::ops::find_group(tx, tenant, group).await?.is_none() {
            let path = format!("assignments[{at}].target.groupId");
            let error = FieldError::new(path, found, "names a group that does not exist");
            errors.push(error.allowing("the id of a group of this tenant"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure::Invalid(errors)) }
}
