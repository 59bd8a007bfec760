//! `/deviceManagement/roleAssignments`. `members` are groups, users or administrators' accounts; `resourceScopes` are
//! the groups that the role reaches, and the scope type says when it reaches everything.

use axum::response::Response;
use ringfence_model::{GroupId, UserId, document::ApiVersion};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{PAGE, definitions, invalid, key, reference, text, texts};
use crate::{
    account, audit,
    authz::{Scope, act, authorize, sight},
    db::Conn,
    directory,
    graph::{Request, apply, collection, created, entity, no_content},
    http::ApiError,
    role::{Assignment, Member, NewAssignment, ops},
};

pub(super) const CONTEXT: &str = "deviceManagement/roleAssignments";

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
        ("GET", [_, "roledefinition"]) => definition(request).await,
        ("GET", [_, "rolescopetags"]) if request.version == ApiVersion::Beta => tags(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let items = seen(request, None).await?;
    Ok(collection(request, CONTEXT, apply(&request.query, items, PAGE)?))
}

/// The assignments of the role that the path names.
pub(super) async fn of_definition(request: &Request) -> Result<Response, ApiError> {
    let definition = definitions::find(request).await?;
    let items = seen(request, Some(definition.id)).await?;
    let context = format!("{}('{}')/roleAssignments", definitions::CONTEXT, definition.id);
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

/// The assignments of a role, to be written inline.
pub(super) async fn list_of(request: &Request, role: Uuid) -> Result<Vec<Value>, ApiError> {
    seen(request, Some(role)).await
}

async fn seen(request: &Request, role: Option<Uuid>) -> Result<Vec<Value>, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let sight = sight(&request.app, proof.actor()).await?;
    let mut conn = request.app.db.snapshot().await?;
    let all = ops::list(&mut conn, proof.tenant(), &sight).await?;
    let mut items = Vec::with_capacity(all.len());
    for assignment in all.iter().filter(|one| role.is_none_or(|role| role == one.role)) {
        items.push(represent(request, &mut conn, assignment).await?);
    }
    drop(conn);
    let named = all.iter().filter(|one| role.is_none_or(|role| role == one.role));
    let objects = named.map(|one| format!("roleAssignment:{}", one.id));
    audit::ops::note_read(&request.app, proof.actor(), "role.read", objects).await?;
    Ok(items)
}

async fn find(request: &Request) -> Result<Assignment, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let sight = sight(&request.app, proof.actor()).await?;
    let id = key(request, 2, "role assignment")?;
    Ok(ops::get(&mut *request.app.db.read().await?, proof.tenant(), &sight, id).await?)
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    let found = find(request).await?;
    let objects = [format!("roleAssignment:{}", found.id)];
    audit::ops::note_read(&request.app, &request.actor, "role.read", objects).await?;
    let item = represent(request, &mut *request.app.db.read().await?, &found).await?;
    Ok(entity(request, CONTEXT, item))
}

async fn definition(request: &Request) -> Result<Response, ApiError> {
    let found = find(request).await?;
    let role =
        ops::find_definition(&mut *request.app.db.read().await?, request.actor.tenant, found.role).await?;
    let role = role.ok_or_else(|| crate::failure::Failure::not_found("role", found.role))?;
    Ok(entity(request, definitions::CONTEXT, definitions::plain(request.version, &role)))
}

async fn tags(request: &Request) -> Result<Response, ApiError> {
    find(request).await?;
    let items = vec![super::tags::standard()];
    Ok(collection(request, "deviceManagement/roleScopeTags", apply(&request.query, items, PAGE)?))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let body: Map<String, Value> = request.json().await?;
    let new = merged(request, &body, None).await?;
    let made = ops::create(&request.app, &proof, new).await?;
    let item = represent(request, &mut *request.app.db.read().await?, &made).await?;
    Ok(created(request, CONTEXT, &format!("{CONTEXT}/{}", made.id), item))
}

async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    let before = find(request).await?;
    let body: Map<String, Value> = request.json().await?;
    let new = merged(request, &body, Some(&before)).await?;
    let made = ops::update(&request.app, &proof, before.id, |_| new).await?;
    let item = represent(request, &mut *request.app.db.read().await?, &made).await?;
    Ok(entity(request, CONTEXT, item))
}

async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ManageRoles)?;
    ops::delete(&request.app, &proof, key(request, 2, "role assignment")?).await?;
    Ok(no_content())
}

/// What a body says, on top of what is there.
async fn merged(
    request: &Request,
    body: &Map<String, Value>,
    before: Option<&Assignment>,
) -> Result<NewAssignment, ApiError> {
    let known = |pick: fn(&Assignment) -> &String| before.map(pick).cloned().unwrap_or_default();
    let members = match texts(body, "members")? {
        None => before.map(|before| before.members.clone()).unwrap_or_default(),
        Some(ids) => members(request, &ids).await?,
    };
    Ok(NewAssignment {
        role: role(body)?.or(before.map(|before| before.role)).unwrap_or_default(),
        name: text(body, "displayName")?.unwrap_or_else(|| known(|before| &before.name)),
        description: text(body, "description")?.unwrap_or_else(|| known(|before| &before.description)),
        members,
        scope: scope(body, before)?,
    })
}

fn role(body: &Map<String, Value>) -> Result<Option<Uuid>, ApiError> {
    if let Some(bound) = text(body, "roleDefinition@odata.bind")? {
        return reference("roleDefinition@odata.bind", &bound).map(Some);
    }
    match body.get("roleDefinition") {
        None | Some(Value::Null) => Ok(None),
        Some(given) => {
            let id =
                given.get("id").and_then(Value::as_str).or(given.get("@odata.id").and_then(Value::as_str));
            let id = id.ok_or_else(|| invalid("roleDefinition", given, "has no id", "a role with its id"))?;
            reference("roleDefinition.id", id).map(Some)
        }
    }
}

/// No groups, no reach: what names nothing reaches nothing.
fn scope(body: &Map<String, Value>, before: Option<&Assignment>) -> Result<Scope, ApiError> {
    let kind = text(body, "scopeType")?;
    let everything = match kind.as_deref().unwrap_or_default() {
        "" | "resourceScope" => false,
        "allLicensedUsers" | "allDevices" | "allDevicesAndLicensedUsers" => true,
        other => {
            let allowed = "resourceScope, allDevices, allLicensedUsers, allDevicesAndLicensedUsers";
            return Err(invalid("scopeType", &json!(other), "is not a scope type", allowed));
        }
    };
    let tags = texts(body, "roleScopeTagIds")?.unwrap_or_default();
    if let Some(tag) = tags.iter().find(|tag| *tag != "0") {
        let problem = "narrows nothing here: scope tags are kept as labels only";
        return Err(invalid("roleScopeTagIds", &json!(tag), problem, "\"0\"; name groups in resourceScopes"));
    }
    if everything {
        return Ok(Scope::Everything);
    }
    let mut groups: Option<Vec<GroupId>> = None;
    for name in ["resourceScopes", "scopeMembers"] {
        let Some(ids) = texts(body, name)? else { continue };
        for id in ids {
            let group =
                id.parse().map_err(|_| invalid(name, &json!(id), "is not an id", "the id of a group"))?;
            let groups = groups.get_or_insert_default();
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups.get_or_insert_default();
    }
    match (groups, before) {
        (Some(groups), _) => Ok(Scope::Groups(groups)),
        (None, Some(before)) if kind.is_none() => Ok(before.scope.clone()),
        (None, _) => Ok(Scope::Groups(Vec::new())),
    }
}

/// Each id is looked up: a group, a user, an account.
async fn members(request: &Request, ids: &[String]) -> Result<Vec<Member>, ApiError> {
    let mut conn = request.app.db.read().await?;
    let (tenant, mut members) = (request.actor.tenant, Vec::with_capacity(ids.len()));
    for (index, id) in ids.iter().enumerate() {
        let unknown = || {
            invalid(&format!("members[{index}]"), &json!(id), "is not known", "the id of a group or a user")
        };
        let uuid: Uuid = id.parse().map_err(|_| unknown())?;
        let member = if directory::ops::find_group(&mut conn, tenant, GroupId(uuid)).await?.is_some() {
            Member::Group(GroupId(uuid))
        } else if directory::ops::find_user(&mut conn, tenant, &uuid.to_string()).await?.is_some() {
            Member::User(UserId(uuid))
        } else if account::ops::find_administrator_by_id(&mut conn, tenant, uuid).await?.is_some() {
            Member::Account(uuid)
        } else {
            return Err(unknown());
        };
        if !members.contains(&member) {
            members.push(member);
        }
    }
    Ok(members)
}

async fn represent(request: &Request, conn: &mut Conn, assignment: &Assignment) -> Result<Value, ApiError> {
    let (everything, groups) = match &assignment.scope {
        Scope::Everything => (true, Vec::new()),
        Scope::Groups(groups) => (false, groups.clone()),
    };
    let members = assignment.members.iter().map(|member| match member {
        Member::Account(id) | Member::User(UserId(id)) | Member::Group(GroupId(id)) => *id,
    });
    let mut item = json!({
        "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleAssignment",
        "id": assignment.id,
        "displayName": assignment.name,
        "description": assignment.description,
        "resourceScopes": groups,
        "members": members.collect::<Vec<_>>(),
    });
    if request.version == ApiVersion::Beta {
        item["scopeMembers"] = item["resourceScopes"].clone();
        item["scopeType"] = json!(if everything { "allDevicesAndLicensedUsers" } else { "resourceScope" });
        item["roleScopeTagIds"] = json!(["0"]);
        if request.query.expands("roleScopeTags")
            || request.query.expands("microsoft.graph.deviceAndAppManagementRoleAssignment/roleScopeTags")
        {
            item["roleScopeTags"] = json!([super::tags::standard()]);
        }
    }
    if request.query.expands("roleDefinition") {
        let role = ops::find_definition(conn, request.actor.tenant, assignment.role).await?;
        item["roleDefinition"] = role.map_or(Value::Null, |role| definitions::plain(request.version, &role));
    }
    Ok(item)
}
