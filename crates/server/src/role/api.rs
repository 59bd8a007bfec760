//! `/api/v1/roles`, `/api/v1/role-assignments`.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use ringfence_model::{GroupId, TenantId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{Assignment, Definition, Member, NewAssignment, ops, permissions};
use crate::{
    account::{self, Administrator},
    app::{App, Shared},
    audit,
    authz::{Actor, Proof, Role, Scope, Sight, act, authorize, needs_everything, sight},
    db::{Conn, DbError},
    directory,
    failure::Failure,
    http::{ApiError, Json},
    token::Authenticated,
};

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(roles)).routes(routes!(list, create)).routes(routes!(one, remove))
}

#[utoipa::path(
    get,
    path = "/api/v1/roles",
    tag = "access",
    summary = "Roles.",
    responses((status = 200, description = "Roles with their permissions", body = Value)),
)]
async fn roles(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
) -> Result<Answer<Value>, ApiError> {
    let all = ops::list_definitions(&mut *app.db.read().await?, actor.tenant).await?;
    let shown = all.iter().map(|definition| {
        let carried: Vec<_> = permissions(definition.role).collect();
        let whole = carried.iter().filter(|permission| needs_everything(**permission));
        json!({
            "id": definition.id,
            "role": key(definition),
            "name": definition.name,
            "description": definition.description,
            "builtIn": definition.is_built_in(),
            "permissions": carried.iter().map(|permission| permission.name()).collect::<Vec<_>>(),
            "onlyForEverything": whole.map(|permission| permission.name()).collect::<Vec<_>>(),
        })
    });
    Ok(Answer(json!({ "value": shown.collect::<Vec<_>>() })))
}

/// The machine name of a built-in role, the id of another.
fn key(definition: &Definition) -> String {
    if definition.is_built_in() { definition.role.as_str().to_owned() } else { definition.id.to_string() }
}

#[utoipa::path(
    get,
    path = "/api/v1/role-assignments",
    tag = "access",
    summary = "Role assignments.",
    responses((status = 200, description = "Who has which role, and where", body = Value)),
)]
async fn list(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize(&actor, act::ManageRoles)?;
    let sight = sight(&app, proof.actor()).await?;
    let mut conn = app.db.snapshot().await?;
    let mut shown = own_roles(&mut conn, proof.tenant(), &sight).await?;
    for assignment in ops::list(&mut conn, proof.tenant(), &sight).await? {
        shown.push(represent(&mut conn, proof.tenant(), &assignment).await?);
    }
    note_read(&app, proof.actor(), &shown).await?;
    Ok(Answer(json!({ "value": shown })))
}

#[utoipa::path(
    get,
    path = "/api/v1/role-assignments/{id}",
    tag = "access",
    summary = "One role assignment.",
    params(("id" = String, Path)),
    responses((status = 200, description = "The assignment", body = Value), (status = 404, description = "No such assignment")),
)]
async fn one(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(id): Path<String>,
) -> Result<Answer<Value>, ApiError> {
    let proof = authorize(&actor, act::ManageRoles)?;
    let sight = sight(&app, proof.actor()).await?;
    let mut conn = app.db.snapshot().await?;
    let assignment = ops::get(&mut conn, proof.tenant(), &sight, parse(&id)?).await?;
    let shown = represent(&mut conn, proof.tenant(), &assignment).await?;
    drop(conn);
    note_read(&app, proof.actor(), std::slice::from_ref(&shown)).await?;
    Ok(Answer(shown))
}

/// Who has which role concerns the people named.
async fn note_read(app: &App, actor: &Actor, shown: &[Value]) -> Result<(), DbError> {
    let objects = shown.iter().filter_map(|one| one["id"].as_str()).map(|id| format!("roleAssignment:{id}"));
    audit::ops::note_read(app, actor, "role.read", objects).await
}

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewRoleAssignment)]
#[serde(deny_unknown_fields)]
struct Create {
    role: String,
    user: Option<String>,
    group: Option<String>,
    administrator: Option<String>,
    /// Ids of the groups it reaches; everything without.
    groups: Option<Vec<String>>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
}

#[utoipa::path(
    post,
    path = "/api/v1/role-assignments",
    tag = "access",
    summary = "Gives a role.",
    request_body = Create,
    responses((status = 201, description = "The assignment", body = Value)),
)]
async fn create(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Json(body): Json<Create>,
) -> Result<(StatusCode, Answer<Value>), ApiError> {
    let proof = authorize(&actor, act::ManageRoles)?;
    let scope = match &body.groups {
        None => Scope::Everything,
        Some(groups) => Scope::Groups(ops::parse_groups(groups)?),
    };
    let role = definition(&app, proof.tenant(), &body.role).await?;
    let member = member(&app, &proof, &body).await?;
    let new = NewAssignment {
        role: role.id,
        name: body.name,
        description: body.description,
        members: vec![member],
        scope,
    };
    let made = ops::create(&app, &proof, new).await?;
    let shown = represent(&mut *app.db.read().await?, proof.tenant(), &made).await?;
    Ok((StatusCode::CREATED, Answer(shown)))
}

#[utoipa::path(
    delete,
    path = "/api/v1/role-assignments/{id}",
    tag = "access",
    summary = "Takes a role.",
    params(("id" = String, Path)),
    responses((status = 204, description = "Taken, at once"), (status = 404, description = "No such assignment")),
)]
async fn remove(
    State(app): State<Shared>,
    Authenticated(actor): Authenticated,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let proof = authorize(&actor, act::ManageRoles)?;
    let Some((account, role)) = id.split_once('.') else {
        ops::delete(&app, &proof, parse(&id)?).await?;
        return Ok(StatusCode::NO_CONTENT);
    };
    let sight = sight(&app, proof.actor()).await?;
    let account = parse(account)?;
    let mut conn = app.db.read().await?;
    let found = account::ops::find_administrator_by_id(&mut conn, proof.tenant(), account).await?;
    drop(conn);
    let found = found.filter(|found| super::visible::sees_scope(&sight, &found.scope));
    let found = found.filter(|found| found.roles.iter().any(|own| own.as_str() == role));
    let found = found.ok_or_else(|| super::visible::unknown(&id))?;
    for own in found.roles.iter().filter(|own| own.as_str() == role) {
        super::check_grant(&mut *app.db.read().await?, proof.actor(), *own, &found.scope).await?;
    }
    let left: Vec<Role> = found.roles.iter().copied().filter(|own| own.as_str() != role).collect();
    account::ops::update_roles(&app, &proof, &found, &left, &found.scope).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn parse(id: &str) -> Result<Uuid, ApiError> {
    id.parse().map_err(|_| super::visible::unknown(id).into())
}

/// A role by machine name, title, id or own name.
async fn definition(app: &App, tenant: TenantId, text: &str) -> Result<Definition, ApiError> {
    if let Ok(role) = text.parse::<Role>() {
        return Ok(Definition::built_in(role));
    }
    let all = ops::list_definitions(&mut *app.db.read().await?, tenant).await?;
    let found = all.into_iter().find(|one| one.id.to_string() == text || one.name.eq_ignore_ascii_case(text));
    let allowed = format!("{}, or a role of your organisation", Role::ALL.map(Role::as_str).join(", "));
    found.ok_or_else(|| Failure::invalid("role", &json!(text), "is not a role", &allowed).into())
}

/// Whom a request names, as far as he is in sight.
async fn member(app: &App, proof: &Proof<act::ManageRoles>, body: &Create) -> Result<Member, ApiError> {
    let tenant = proof.tenant();
    let sight = sight(app, proof.actor()).await?;
    let seen = |member: &Member| super::visible::sees_member(&sight, *member);
    let mut conn = app.db.read().await?;
    let unknown = |path: &str, text: &str| -> ApiError {
        Failure::invalid(path, &json!(text), "is not known", "one that exists").into()
    };
    match (&body.user, &body.group, &body.administrator) {
        (Some(user), None, None) => {
            let found = directory::ops::find_user(&mut conn, tenant, user).await?;
            found.map(|found| Member::User(found.id)).filter(seen).ok_or_else(|| unknown("user", user))
        }
        (None, Some(group), None) => {
            let id: GroupId = group.parse().map_err(|_| unknown("group", group))?;
            let found = directory::ops::find_group(&mut conn, tenant, id).await?;
            found.map(|found| Member::Group(found.id)).filter(seen).ok_or_else(|| unknown("group", group))
        }
        (None, None, Some(name)) => {
            let all = account::ops::list_administrators(&mut conn, tenant).await?;
            let found =
                all.iter().find(|one| one.name.eq_ignore_ascii_case(name) || one.id.to_string() == *name);
            found
                .map(|found| Member::Account(found.id))
                .filter(seen)
                .ok_or_else(|| unknown("administrator", name))
        }
        _ => Err(ApiError::bad_request("invalid_value", "name one of `user`, `group` and `administrator`")),
    }
}

/// What administrators' accounts have of their own.
async fn own_roles(conn: &mut Conn, tenant: TenantId, sight: &Sight) -> Result<Vec<Value>, DbError> {
    let mut shown = Vec::new();
    for account in account::ops::list_administrators(conn, tenant).await? {
        if !super::visible::sees_scope(sight, &account.scope) {
            continue;
        }
        let groups = groups(conn, tenant, &account.scope).await?;
        let Administrator { id, name, roles, .. } = account;
        shown.extend(roles.iter().map(|role| {
            json!({
                "id": format!("{id}.{}", role.as_str()), "role": role.as_str(), "roleName": role.title(),
                "members": [{ "kind": "administrator", "id": id, "name": name }], "groups": groups,
                "name": "", "description": "",
            })
        }));
    }
    Ok(shown)
}

async fn groups(conn: &mut Conn, tenant: TenantId, scope: &Scope) -> Result<Value, DbError> {
    let Scope::Groups(ids) = scope else { return Ok(Value::Null) };
    let names = directory::ops::group_names(conn, tenant, ids).await?;
    Ok(ids.iter().map(|id| json!({ "id": id, "name": names.get(id) })).collect())
}

async fn represent(conn: &mut Conn, tenant: TenantId, assignment: &Assignment) -> Result<Value, DbError> {
    let definition = ops::find_definition(conn, tenant, assignment.role).await?;
    let mut members = Vec::with_capacity(assignment.members.len());
    for member in &assignment.members {
        members.push(match member {
            Member::Account(id) => {
                let found = account::ops::find_administrator_by_id(conn, tenant, *id).await?;
                json!({ "kind": "administrator", "id": id, "name": found.map(|found| found.name) })
            }
            Member::User(id) => {
                json!({ "kind": "user", "id": id, "name": user_name(conn, tenant, *id).await? })
            }
            Member::Group(id) => {
                let found = directory::ops::find_group(conn, tenant, *id).await?;
                json!({ "kind": "group", "id": id, "name": found.map(|found| found.display_name) })
            }
        });
    }
    Ok(json!({
        "id": assignment.id,
        "role": definition.as_ref().map(key),
        "roleName": definition.map(|definition| definition.name),
        "members": members,
        "groups": groups(conn, tenant, &assignment.scope).await?,
        "name": assignment.name,
        "description": assignment.description,
        "createdAt": assignment.created_at,
    }))
}

async fn user_name(conn: &mut Conn, tenant: TenantId, id: UserId) -> Result<Option<String>, DbError> {
    Ok(directory::ops::find_user(conn, tenant, &id.to_string()).await?.map(|user| user.upn))
}
