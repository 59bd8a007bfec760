//! Giving and taking roles, and roles of an organisation's own.

use ringfence_model::{GroupId, TenantId, UserId, ids::IdError};
use serde_json::json;
use uuid::Uuid;

use super::{
    Assignment, Definition, Member, NewAssignment, NewDefinition, sql,
    visible::{check, sees, sees_member, told, unknown},
};
use crate::{
    account,
    app::App,
    audit::{self, Record},
    authz::{Actor, Grant, Permissions, Proof, Role, Sight, act},
    db::{Conn, DbError, Tx},
    directory,
    failure::Failure,
    http::ApiError,
};

const TEXT_MAX: usize = 1024;
const MEMBERS_MAX: usize = 1000;

/// What is given to a person: himself, or through a group that he is in.
///
/// # Errors
/// The database cannot be read.
pub async fn grants_of_user(conn: &mut Conn, tenant: TenantId, user: UserId) -> Result<Vec<Grant>, DbError> {
    let mut members = vec![Member::User(user)];
    let groups = directory::ops::list_ancestors(conn, tenant, directory::Member::User(user)).await?;
    members.extend(groups.into_iter().map(Member::Group));
    grants_of(conn, tenant, &members).await
}

/// What is given to an administrator's account, its own roles included.
///
/// # Errors
/// The database cannot be read.
pub async fn grants_of_account(
    conn: &mut Conn,
    tenant: TenantId,
    account: Uuid,
) -> Result<Vec<Grant>, DbError> {
    let mut grants = grants_of(conn, tenant, &[Member::Account(account)]).await?;
    if let Some(own) = account::ops::find_administrator_by_id(conn, tenant, account).await? {
        grants.extend(own.roles.into_iter().map(|role| Grant { role, scope: own.scope.clone() }));
    }
    Ok(grants)
}

pub(super) async fn grants_of(
    conn: &mut Conn,
    tenant: TenantId,
    members: &[Member],
) -> Result<Vec<Grant>, DbError> {
    let mut grants = Vec::new();
    for member in members {
        for (role, scope) in sql::list_of(conn, tenant, *member).await? {
            // A role that is gone carries nothing.
            if let Some(definition) = find_definition(conn, tenant, role).await? {
                grants.push(Grant { role: definition.role, scope });
            }
        }
    }
    Ok(grants)
}

/// The built-in roles, and those of the organisation's own.
///
/// # Errors
/// The database cannot be read.
pub async fn list_definitions(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Definition>, DbError> {
    let mut all: Vec<Definition> = Role::ALL.into_iter().map(Definition::built_in).collect();
    all.extend(sql::list_definitions(conn, tenant, None).await?);
    Ok(all)
}

/// A role by id.
///
/// # Errors
/// The database cannot be read.
pub async fn find_definition(
    conn: &mut Conn,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<Definition>, DbError> {
    let built_in = Role::ALL.into_iter().map(Definition::built_in).find(|definition| definition.id == id);
    if built_in.is_some() {
        return Ok(built_in);
    }
    Ok(sql::list_definitions(conn, tenant, Some(id)).await?.pop())
}

/// Makes or changes a role of the organisation's own.
///
/// # Errors
/// It is built in, its name is taken or is not one, or it would carry what the actor does not hold.
pub(crate) async fn put_definition(
    app: &App,
    proof: &Proof<act::ManageRoles>,
    id: Option<Uuid>,
    new: NewDefinition,
) -> Result<Definition, ApiError> {
    check_text("displayName", &new.name, 1)?;
    check_text("description", &new.description, 0)?;
    let tenant = proof.tenant();
    let mut tx = app.db.write().await?;
    let before = match id {
        Some(id) => Some(own_definition(&mut tx, tenant, id).await?),
        None => None,
    };
    let definition = Definition {
        id: id.unwrap_or_else(|| app.env.make_id(GroupId::make).0),
        name: new.name,
        description: new.description,
        role: Role::Custom(new.permissions),
        actions: new.actions,
    };
    check(&mut tx, proof.actor(), definition.role, &crate::authz::Scope::Everything).await?;
    sql::upsert_definition(&mut tx, tenant, &definition, new.permissions).await.map_err(|error| {
        if error.is_unique("role_definition") {
            let problem = "is the name of another role";
            ApiError::from(Failure::taken("name_taken", "displayName", &definition.name, problem))
        } else {
            error.into()
        }
    })?;
    let (old, new) = (before.as_ref().map(text), text(&definition));
    let record = Record {
        act: if old.is_some() { "role.update" } else { "role.create" },
        object: format!("role:{}", definition.id),
        before: old.as_deref().map(str::as_bytes),
        after: Some(new.as_bytes()),
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(definition)
}

/// Removes a role of the organisation's own.
///
/// # Errors
/// It is built in, unknown, or somebody has it.
pub(crate) async fn delete_definition(
    app: &App,
    proof: &Proof<act::ManageRoles>,
    id: Uuid,
) -> Result<(), ApiError> {
    let tenant = proof.tenant();
    let mut tx = app.db.write().await?;
    let definition = own_definition(&mut tx, tenant, id).await?;
    check(&mut tx, proof.actor(), definition.role, &crate::authz::Scope::Everything).await?;
    if sql::count_of_role(&mut tx, tenant, id).await? > 0 {
        return Err(ApiError::conflict("role_assigned", "somebody has this role: take it from them first"));
    }
    sql::delete_definition(&mut tx, tenant, id).await?;
    let before = text(&definition);
    let record = Record {
        act: "role.delete",
        object: format!("role:{id}"),
        before: Some(before.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    Ok(tx.commit().await?)
}

async fn own_definition(tx: &mut Tx, tenant: TenantId, id: Uuid) -> Result<Definition, ApiError> {
    let found = find_definition(tx, tenant, id).await?.ok_or_else(|| Failure::not_found("role", id))?;
    if found.is_built_in() {
        let detail = "a built-in role cannot be changed or removed: make one of your own";
        return Err(ApiError::bad_request("role_built_in", detail));
    }
    Ok(found)
}

fn text(definition: &Definition) -> String {
    let permissions = match definition.role {
        Role::Custom(permissions) => permissions,
        _ => Permissions::default(),
    };
    json!({
        "name": definition.name, "description": definition.description, "permissions": permissions.print(),
        "actions": definition.actions,
    })
    .to_string()
}

/// The assignments in sight.
///
/// # Errors
/// The database cannot be read.
pub async fn list(conn: &mut Conn, tenant: TenantId, sight: &Sight) -> Result<Vec<Assignment>, DbError> {
    let mut all = sql::list(conn, tenant, None).await?;
    all.retain(|assignment| sees(sight, assignment));
    Ok(all)
}

/// An assignment in sight.
///
/// # Errors
/// There is none.
pub async fn get(conn: &mut Conn, tenant: TenantId, sight: &Sight, id: Uuid) -> Result<Assignment, Failure> {
    let found = sql::list(conn, tenant, Some(id)).await?.pop();
    found.filter(|assignment| sees(sight, assignment)).ok_or_else(|| unknown(id))
}

/// Gives a role.
///
/// # Errors
/// It, a member or a group is unknown; nobody is named; it goes beyond what the actor holds.
pub(crate) async fn create(
    app: &App,
    proof: &Proof<act::ManageRoles>,
    new: NewAssignment,
) -> Result<Assignment, ApiError> {
    let mut tx = app.db.write().await?;
    let made = Assignment {
        id: app.env.make_id(GroupId::make).0,
        role: new.role,
        name: new.name,
        description: new.description,
        members: new.members,
        scope: new.scope,
        created_at: app.env.now(),
    };
    let definition = checked(&mut tx, proof, &made).await?;
    sql::insert(&mut tx, proof.tenant(), &made).await?;
    note(&mut tx, app, proof.actor(), "role.assign", (None, Some(&made)), Some(&definition)).await?;
    tx.commit().await?;
    Ok(made)
}

/// Replaces an assignment.
///
/// # Errors
/// As for [`create`]; it is unknown.
pub(crate) async fn update(
    app: &App,
    proof: &Proof<act::ManageRoles>,
    id: Uuid,
    change: impl FnOnce(&Assignment) -> NewAssignment,
) -> Result<Assignment, ApiError> {
    let mut tx = app.db.write().await?;
    let before = in_hand(&mut tx, proof, id).await?;
    let new = change(&before);
    let after = Assignment {
        role: new.role,
        name: new.name,
        description: new.description,
        members: new.members,
        scope: new.scope,
        ..before.clone()
    };
    let definition = checked(&mut tx, proof, &after).await?;
    sql::delete(&mut tx, proof.tenant(), id).await?;
    sql::insert(&mut tx, proof.tenant(), &after).await?;
    note(&mut tx, app, proof.actor(), "role.reassign", (Some(&before), Some(&after)), Some(&definition))
        .await?;
    tx.commit().await?;
    Ok(after)
}

/// Takes a role: gone with the next request of whoever had it.
///
/// # Errors
/// The assignment is unknown, or it gives more than the actor holds.
pub(crate) async fn delete(app: &App, proof: &Proof<act::ManageRoles>, id: Uuid) -> Result<(), ApiError> {
    let mut tx = app.db.write().await?;
    let before = in_hand(&mut tx, proof, id).await?;
    let definition = find_definition(&mut tx, proof.tenant(), before.role).await?;
    let definition = definition.ok_or_else(|| Failure::not_found("role", before.role))?;
    sql::delete(&mut tx, proof.tenant(), id).await?;
    note(&mut tx, app, proof.actor(), "role.unassign", (Some(&before), None), Some(&definition)).await?;
    Ok(tx.commit().await?)
}

/// An assignment that the actor may change: he holds what it gives.
async fn in_hand(tx: &mut Tx, proof: &Proof<act::ManageRoles>, id: Uuid) -> Result<Assignment, ApiError> {
    let sight = Sight::of(tx, proof.tenant(), &proof.actor().scope).await?;
    let found = get(tx, proof.tenant(), &sight, id).await?;
    if let Some(definition) = find_definition(tx, proof.tenant(), found.role).await? {
        check(tx, proof.actor(), definition.role, &found.scope).await?;
    }
    Ok(found)
}

async fn checked(
    tx: &mut Tx,
    proof: &Proof<act::ManageRoles>,
    wanted: &Assignment,
) -> Result<Definition, ApiError> {
    let tenant = proof.tenant();
    check_text("displayName", &wanted.name, 0)?;
    check_text("description", &wanted.description, 0)?;
    let definition = find_definition(tx, tenant, wanted.role).await?;
    let definition = definition.ok_or_else(|| {
        invalid("roleDefinition", &wanted.role.to_string(), "is not a role", "the id of a role")
    })?;
    if wanted.members.is_empty() || wanted.members.len() > MEMBERS_MAX {
        let allowed = format!("1 to {MEMBERS_MAX} users, groups or administrators");
        return Err(invalid(
            "members",
            &wanted.members.len().to_string(),
            "are too few or too many",
            &allowed,
        ));
    }
    let sight = Sight::of(tx, tenant, &proof.actor().scope).await?;
    for (index, member) in wanted.members.iter().enumerate() {
        if !sees_member(&sight, *member) || !exists(tx, tenant, *member).await? {
            let path = format!("members[{index}]");
            return Err(invalid(
                &path,
                &member.to_string(),
                "is not known",
                "a user, a group or an administrator",
            ));
        }
    }
    if let crate::authz::Scope::Groups(groups) = &wanted.scope {
        for (index, group) in groups.iter().enumerate() {
            if !sight.sees_group(*group) || directory::ops::find_group(tx, tenant, *group).await?.is_none() {
                let path = format!("groups[{index}]");
                return Err(invalid(&path, &group.to_string(), "is not known", "the id of a group"));
            }
        }
    }
    check(tx, proof.actor(), definition.role, &wanted.scope).await?;
    Ok(definition)
}

/// Takes what is given to a person who is removed: nobody else may come by it under the same id.
pub(crate) async fn forget_user(tx: &mut Tx, app: &App, actor: &Actor, user: UserId) -> Result<(), DbError> {
    let gone = Member::User(user);
    for before in sql::list(tx, actor.tenant, None).await? {
        if !before.members.contains(&gone) {
            continue;
        }
        let definition = find_definition(tx, actor.tenant, before.role).await?;
        let members: Vec<Member> = before.members.iter().copied().filter(|member| *member != gone).collect();
        sql::delete(tx, actor.tenant, before.id).await?;
        let after = Assignment { members, ..before.clone() };
        let left = (!after.members.is_empty()).then_some(&after);
        if let Some(after) = left {
            sql::insert(tx, actor.tenant, after).await?;
        }
        let act = if left.is_some() { "role.reassign" } else { "role.unassign" };
        note(tx, app, actor, act, (Some(&before), left), definition.as_ref()).await?;
    }
    Ok(())
}

async fn exists(tx: &mut Tx, tenant: TenantId, member: Member) -> Result<bool, DbError> {
    Ok(match member {
        Member::Account(id) => account::ops::find_administrator_by_id(tx, tenant, id).await?.is_some(),
        Member::User(id) => directory::ops::find_user(tx, tenant, &id.to_string()).await?.is_some(),
        Member::Group(id) => directory::ops::find_group(tx, tenant, id).await?.is_some(),
    })
}

async fn note(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    act: &str,
    (before, after): (Option<&Assignment>, Option<&Assignment>),
    definition: Option<&Definition>,
) -> Result<(), DbError> {
    let object = after.or(before).map(|it| format!("roleAssignment:{}", it.id)).unwrap_or_default();
    let (before, after) = (before.map(|it| told(it, definition)), after.map(|it| told(it, definition)));
    let record = Record {
        act,
        object,
        before: before.as_deref().map(str::as_bytes),
        after: after.as_deref().map(str::as_bytes),
    };
    audit::ops::append(tx, &app.env, actor, record).await
}

fn check_text(path: &str, text: &str, least: usize) -> Result<(), ApiError> {
    let length = text.trim().chars().count();
    if length < least || length > TEXT_MAX || text.chars().any(|c| c.is_control() && c != '\n') {
        let allowed = format!("{least} to {TEXT_MAX} characters, none of them a control character");
        let problem = if length < least {
            "is empty".to_owned()
        } else if length > TEXT_MAX {
            format!("has {length} characters")
        } else {
            "holds a control character".to_owned()
        };
        return Err(invalid(path, text, &problem, &allowed));
    }
    Ok(())
}

fn invalid(path: &str, value: &str, problem: &str, allowed: &str) -> ApiError {
    Failure::invalid(path, &json!(value), problem, allowed).into()
}

/// The groups that texts name by id.
///
/// # Errors
/// One of them is no id.
pub(crate) fn parse_groups(texts: &[String]) -> Result<Vec<GroupId>, ApiError> {
    let parse = |(index, text): (usize, &String)| {
        let wrong =
            |_: IdError| invalid(&format!("groups[{index}]"), text, "is not an id", "the id of a group");
        text.parse::<GroupId>().map_err(wrong)
    };
    texts.iter().enumerate().map(parse).collect()
}
