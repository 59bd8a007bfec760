//! `/deviceManagement/roleDefinitions`.

use axum::response::Response;
use ringfence_model::document::ApiVersion;
use serde_json::{Map, Value, json};

use super::{PAGE, actions, assignments, invalid, key, text};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, created, entity, no_content},
    http::ApiError,
    role::{Definition, NewDefinition, ops, permissions},
};

pub(super) const CONTEXT: &str = "deviceManagement/roleDefinitions";

pub(super) async fn handle(
    request: &mut Request,
    method: &str,
    rest: &[&str],
) -> Result<Option<Response>, ApiError> {
    let response = match (method, rest) {
        ("GET", []) => list(request).await,
        ("POST", []) => create(request).await,
        ("GET", [_]) => get(request).await,
        ("PATCH", [_]) => update(request).await,
        ("DELETE", [_]) => delete(request).await,
        ("GET", [_, "roleassignments"]) => assignments::of_definition(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let all = ops::list_definitions(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let mut items = Vec::with_capacity(all.len());
    for definition in &all {
        items.push(represent(request, definition).await?);
    }
    Ok(collection(request, CONTEXT, apply(&request.query, items, PAGE)?))
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    let definition = find(request).await?;
    Ok(entity(request, CONTEXT, represent(request, &definition).await?))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let body: Map<String, Value> = request.json().await?;
    let new = merged(&body, None)?;
    let made = ops::put_definition(&request.app, &proof, None, new).await?;
    let item = represent(request, &made).await?;
    Ok(created(request, CONTEXT, &format!("{CONTEXT}/{}", made.id), item))
}

async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let before = find(request).await?;
    let body: Map<String, Value> = request.json().await?;
    let new = merged(&body, Some(&before))?;
    let made = ops::put_definition(&request.app, &proof, Some(before.id), new).await?;
    Ok(entity(request, CONTEXT, represent(request, &made).await?))
}

async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    ops::delete_definition(&request.app, &proof, key(request, 2, "role")?).await?;
    Ok(no_content())
}

pub(super) async fn find(request: &Request) -> Result<Definition, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let id = key(request, 2, "role")?;
    let found = ops::find_definition(&mut *request.app.db.read().await?, proof.tenant(), id).await?;
    found.ok_or_else(|| Failure::not_found("role", id).into())
}

/// What a body says, on top of what is there.
fn merged(body: &Map<String, Value>, before: Option<&Definition>) -> Result<NewDefinition, ApiError> {
    let known = |pick: fn(&Definition) -> &String| before.map(pick).cloned().unwrap_or_default();
    let (mut allowed, mut refused, mut told) = (Vec::new(), Vec::new(), false);
    for name in ["rolePermissions", "permissions"] {
        let list = match body.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(list)) => list,
            Some(other) => return Err(invalid(name, other, "is not a list", "a list of rolePermission")),
        };
        told = true;
        for (index, one) in list.iter().enumerate() {
            let path = format!("{name}[{index}]");
            read(one.get("actions"), &format!("{path}.actions"), &mut allowed)?;
            let resource = match one.get("resourceActions") {
                None | Some(Value::Null) => continue,
                Some(Value::Array(list)) => list,
                Some(other) => {
                    return Err(invalid(&path, other, "is not a list", "a list of resourceAction"));
                }
            };
            for one in resource {
                read(
                    one.get("allowedResourceActions"),
                    &format!("{path}.allowedResourceActions"),
                    &mut allowed,
                )?;
                read(
                    one.get("notAllowedResourceActions"),
                    &format!("{path}.notAllowedResourceActions"),
                    &mut refused,
                )?;
            }
        }
    }
    if !told {
        allowed = before.map(|before| before.actions.clone()).unwrap_or_default();
    }
    allowed.dedup();
    let permissions = actions::gather(&allowed, &refused);
    Ok(NewDefinition {
        name: text(body, "displayName")?.unwrap_or_else(|| known(|before| &before.name)),
        description: text(body, "description")?.unwrap_or_else(|| known(|before| &before.description)),
        actions: allowed.into_iter().filter(|action| !refused.contains(action)).collect(),
        permissions,
    })
}

fn read(found: Option<&Value>, path: &str, into: &mut Vec<String>) -> Result<(), ApiError> {
    let items = match found {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(items)) => items,
        Some(other) => return Err(invalid(path, other, "is not a list", "a list of texts")),
    };
    for item in items {
        let text =
            item.as_str().ok_or_else(|| invalid(path, item, "is not a text", "the name of an action"))?;
        if !into.iter().any(|known| known == text) {
            into.push(text.to_owned());
        }
    }
    Ok(())
}

/// A role in the form of Graph; the actions of a built-in one are the names of its permissions.
pub(super) async fn represent(request: &Request, definition: &Definition) -> Result<Value, ApiError> {
    let mut item = plain(request.version, definition);
    if request.query.expands("roleAssignments") {
        item["roleAssignments"] = Value::Array(assignments::list_of(request, definition.id).await?);
    }
    Ok(item)
}

pub(super) fn plain(version: ApiVersion, definition: &Definition) -> Value {
    let actions: Vec<String> = if definition.is_built_in() {
        permissions(definition.role).map(|permission| permission.name().to_owned()).collect()
    } else {
        definition.actions.clone()
    };
    let mut role_permission = json!({
        "resourceActions": [{ "allowedResourceActions": actions, "notAllowedResourceActions": [] }],
    });
    let beta = version == ApiVersion::Beta;
    if beta {
        role_permission["actions"] = json!(actions);
    }
    let mut item = json!({
        "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleDefinition",
        "id": definition.id,
        "displayName": definition.name,
        "description": definition.description,
        "isBuiltIn": definition.is_built_in(),
        "rolePermissions": [role_permission],
    });
    if beta {
        item["isBuiltInRoleDefinition"] = json!(definition.is_built_in());
        item["permissions"] = item["rolePermissions"].clone();
        item["roleScopeTagIds"] = json!(["0"]);
    }
    item
}
