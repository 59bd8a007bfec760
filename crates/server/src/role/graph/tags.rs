//! `/beta/deviceManagement/roleScopeTags`: labels of other tools, kept with the groups they are given to. What a role
//! reaches is said by the groups of its assignment, never by a label.

use axum::response::Response;
use ringfence_model::{
    GroupId, TenantId,
    document::{ApiVersion, AssignmentTarget},
};
use serde_json::{Map, Value, json};
use sqlx::Row as _;

use super::{PAGE, invalid, text};
use crate::{
    audit::{self, Record},
    authz::{Scope, act, authorize, authorize_everywhere},
    db::{Conn, DbError, Row},
    directory,
    failure::Failure,
    graph::{Request, apply, collection, created, entity, no_content},
    http::ApiError,
};

const CONTEXT: &str = "deviceManagement/roleScopeTags";
const NAME_MAX: usize = 256;

#[derive(Debug, Clone)]
struct Tag {
    id: i64,
    name: String,
    description: String,
    groups: Vec<GroupId>,
}

pub(super) async fn handle(
    request: &mut Request,
    method: &str,
    rest: &[&str],
) -> Result<Option<Response>, ApiError> {
    if request.version != ApiVersion::Beta {
        return Ok(None);
    }
    let response = match (method, rest) {
        ("GET", []) => list(request).await,
        ("POST", []) => create(request).await,
        ("GET", [one]) if one.starts_with("hascustomrolescopetag") => has_custom(request).await,
        ("GET", [_]) => get(request).await,
        ("PATCH", [_]) => update(request).await,
        ("DELETE", [_]) => delete(request).await,
        ("POST", [_, "assign"]) => assign(request).await,
        ("GET", [_, "assignments"]) => assignments(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

/// The label that everything has.
pub(super) fn standard() -> Value {
    json!({
        "id": "0", "displayName": "Default", "description": "Everything has this label.", "isBuiltIn": true,
    })
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let all = stored(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let mut items = vec![standard()];
    items.extend(all.iter().map(|tag| represent(request, tag)));
    Ok(collection(request, CONTEXT, apply(&request.query, items, PAGE)?))
}

async fn has_custom(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let all = stored(&mut *request.app.db.read().await?, proof.tenant()).await?;
    Ok(entity(request, "Edm.Boolean", json!({ "value": !all.is_empty() })))
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ManageRoles)?;
    if request.key(2) == "0" {
        return Ok(entity(request, CONTEXT, standard()));
    }
    let tag = find(request).await?;
    Ok(entity(request, CONTEXT, represent(request, &tag)))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let body: Map<String, Value> = request.json().await?;
    let blank = Tag { id: 0, name: String::new(), description: String::new(), groups: Vec::new() };
    let tag = write(request, None, merged(&body, blank)?).await?;
    Ok(created(request, CONTEXT, &format!("{CONTEXT}/{}", tag.id), represent(request, &tag)))
}

async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let before = find(request).await?;
    let body: Map<String, Value> = request.json().await?;
    let tag = write(request, Some(&before), merged(&body, before.clone())?).await?;
    Ok(entity(request, CONTEXT, represent(request, &tag)))
}

async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize_everywhere(&request.actor, act::ManageRoles)?;
    let before = find(request).await?;
    let mut tx = request.app.db.write().await?;
    sqlx::query("DELETE FROM role_scope_tag WHERE tenant_id = $1 AND tag_id = $2")
        .bind(proof.tenant().to_string())
        .bind(before.id)
        .execute(&mut *tx)
        .await
        .map_err(DbError::from)?;
    let old = told(&before);
    let record = Record {
        act: "roleScopeTag.delete",
        object: format!("roleScopeTag:{}", before.id),
        before: Some(old.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, &request.app.env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(no_content())
}

async fn assign(request: &mut Request) -> Result<Response, ApiError> {
    let before = find(request).await?;
    let body: Map<String, Value> = request.json().await?;
    let found = body.get("assignments").unwrap_or(&Value::Null);
    let list = found.as_array().ok_or_else(|| invalid("assignments", found, "is not a list", "a list"))?;
    let mut groups = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let path = format!("assignments[{index}]");
        match AssignmentTarget::parse(&path, item)
            .map_err(|error| ApiError::from(Failure::Invalid(vec![error])))?
        {
            AssignmentTarget::Include(group) if !groups.contains(&group) => groups.push(group),
            AssignmentTarget::Include(_) => {}
            _ => return Err(invalid(&path, item, "is not a group", "a groupAssignmentTarget")),
        }
    }
    let tag = write(request, Some(&before), Tag { groups, ..before.clone() }).await?;
    let items = shown(&tag);
    let context = format!("{CONTEXT}('{}')/assignments", tag.id);
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

async fn assignments(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ManageRoles)?;
    let items = if request.key(2) == "0" { Vec::new() } else { shown(&find(request).await?) };
    let context = format!("{CONTEXT}('{}')/assignments", request.key(2));
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

async fn find(request: &Request) -> Result<Tag, ApiError> {
    let proof = authorize_everywhere(&request.actor, act::ManageRoles)?;
    if request.key(2) == "0" {
        return Err(ApiError::bad_request("role_built_in", "the default scope tag cannot be changed"));
    }
    let all = stored(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let found = all.into_iter().find(|tag| tag.id.to_string() == request.key(2));
    found.ok_or_else(|| Failure::not_found("scope tag", request.key(2)).into())
}

fn merged(body: &Map<String, Value>, before: Tag) -> Result<Tag, ApiError> {
    let name = text(body, "displayName")?.unwrap_or(before.name);
    let description = text(body, "description")?.unwrap_or(before.description);
    for (path, text, least) in [("displayName", &name, 1), ("description", &description, 0)] {
        let length = text.trim().chars().count();
        if length < least || length > NAME_MAX * 4 || text.chars().any(char::is_control) {
            let allowed = "a text of at most 1024 characters";
            return Err(invalid(
                path,
                &json!(text),
                "is empty, too long or holds a control character",
                allowed,
            ));
        }
    }
    Ok(Tag { name, description, ..before })
}

async fn write(request: &Request, before: Option<&Tag>, mut tag: Tag) -> Result<Tag, ApiError> {
    let proof = authorize_everywhere(&request.actor, act::ManageRoles)?;
    let tenant = proof.tenant();
    let mut tx = request.app.db.write().await?;
    for (index, group) in tag.groups.iter().enumerate() {
        if directory::ops::find_group(&mut tx, tenant, *group).await?.is_none() {
            let path = format!("assignments[{index}].target.groupId");
            return Err(invalid(
                &path,
                &json!(group),
                "names a group that does not exist",
                "the id of a group",
            ));
        }
    }
    if before.is_none() {
        let row = sqlx::query("SELECT COALESCE(MAX(tag_id), 0) + 1 FROM role_scope_tag WHERE tenant_id = $1")
            .bind(tenant.to_string())
            .fetch_one(&mut *tx)
            .await
            .map_err(DbError::from)?;
        tag.id = row.try_get(0).map_err(DbError::from)?;
    }
    upsert(&mut tx, tenant, &tag).await.map_err(|error| {
        if error.is_unique("role_scope_tag") {
            let problem = "is the name of another scope tag";
            ApiError::from(Failure::taken("name_taken", "displayName", &tag.name, problem))
        } else {
            error.into()
        }
    })?;
    let (old, new) = (before.map(told), told(&tag));
    let record = Record {
        act: if before.is_some() { "roleScopeTag.update" } else { "roleScopeTag.create" },
        object: format!("roleScopeTag:{}", tag.id),
        before: old.as_deref().map(str::as_bytes),
        after: Some(new.as_bytes()),
    };
    audit::ops::append(&mut tx, &request.app.env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(tag)
}

async fn upsert(conn: &mut Conn, tenant: TenantId, tag: &Tag) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO role_scope_tag (tenant_id, tag_id, name, name_key, description, groups)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, tag_id) DO UPDATE SET name = excluded.name,
         name_key = excluded.name_key, description = excluded.description, groups = excluded.groups",
    )
    .bind(tenant.to_string())
    .bind(tag.id)
    .bind(&tag.name)
    .bind(tag.name.to_lowercase())
    .bind(&tag.description)
    .bind(Scope::Groups(tag.groups.clone()).print())
    .execute(conn)
    .await?;
    Ok(())
}

async fn stored(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Tag>, DbError> {
    let rows = sqlx::query(
        "SELECT tag_id, name, description, groups FROM role_scope_tag WHERE tenant_id = $1 ORDER BY tag_id",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Tag, DbError> {
    let Some(Scope::Groups(groups)) = Scope::parse(row.try_get(3)?) else {
        return Err(DbError::Corrupt { column: "groups" });
    };
    Ok(Tag { id: row.try_get(0)?, name: row.try_get(1)?, description: row.try_get(2)?, groups })
}

fn shown(tag: &Tag) -> Vec<Value> {
    let one = |group: &GroupId| {
        let target = json!({
            "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group,
            "deviceAndAppManagementAssignmentFilterId": null, "deviceAndAppManagementAssignmentFilterType": "none",
        });
        json!({ "id": format!("{}_{group}", tag.id), "target": target })
    };
    tag.groups.iter().map(one).collect()
}

fn represent(request: &Request, tag: &Tag) -> Value {
    let mut item = json!({
        "id": tag.id.to_string(), "displayName": tag.name, "description": tag.description, "isBuiltIn": false,
    });
    if request.query.expands("assignments") {
        item["assignments"] = Value::Array(shown(tag));
    }
    item
}

fn told(tag: &Tag) -> String {
    json!({ "name": tag.name, "description": tag.description, "groups": tag.groups }).to_string()
}
