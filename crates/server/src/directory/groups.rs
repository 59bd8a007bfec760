//! Groups and their members. Nesting is allowed, cycles are not.

use ringfence_model::GroupId;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Group, Member,
    ops::{check_name, kept, list_descendants, note, taken},
    sql,
};
use crate::{
    app::App,
    authz::{Proof, act},
    changes::{self, What},
    db::Tx,
    failure::Failure,
};

/// Members of a group that are kept besides the typed ones.
const GROUP_MEMBERS: [&str; 2] = ["description", "mailNickname"];

/// Makes a group; a given id is kept, so that a directory can move here with its ids. Names need not be unique, because
/// in the directories that move here they are not: only the id says which group an assignment means.
pub async fn create_group(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    id: Option<GroupId>,
    display_name: &str,
    body: Map<String, Value>,
) -> Result<Group, Failure> {
    check_name("displayName", display_name)?;
    let group = Group {
        id: id.unwrap_or_else(|| app.env.make_id(GroupId::make)),
        display_name: display_name.to_owned(),
        body: kept(body, &GROUP_MEMBERS)?,
        created_at: app.env.now(),
    };
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Groups(vec![group.id])).await?;
    if sql::find_user(&mut tx, proof.tenant(), &group.id.to_string()).await?.is_some() {
        return Err(taken(&group.id.to_string()));
    }
    sql::insert_group(&mut tx, proof.tenant(), &group).await.map_err(|error| {
        if error.is_unique("directory_group") { taken(&group.id.to_string()) } else { error.into() }
    })?;
    note(&mut tx, app, proof.actor(), "group.create", format!("group:{}", group.id)).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(group)
}

/// Changes name or description.
pub async fn update_group(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    id: GroupId,
    display_name: Option<&str>,
    body: Map<String, Value>,
) -> Result<Group, Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Groups(vec![id])).await?;
    let mut group = get(&mut tx, proof, id).await?;
    if let Some(name) = display_name {
        check_name("displayName", name)?;
        group.display_name = name.to_owned();
    }
    group.body.extend(kept(body, &GROUP_MEMBERS)?);
    sql::update_group(&mut tx, proof.tenant(), &group).await?;
    note(&mut tx, app, proof.actor(), "group.update", format!("group:{id}")).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(group)
}

/// Removes a group with its memberships.
///
/// # Errors
/// A policy is assigned to it: removing it would silently change who is protected.
pub async fn delete_group(app: &App, proof: &Proof<act::WriteDirectory>, id: GroupId) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Groups(vec![id])).await?;
    get(&mut tx, proof, id).await?;
    let policies = crate::policies::ops::names_assigned_to(&mut tx, proof.tenant(), id).await?;
    if !policies.is_empty() {
        let detail = format!("the group is named by the assignments of: {}", policies.join(", "));
        return Err(Failure::Conflict { code: "group_assigned", detail });
    }
    sql::delete_group(&mut tx, proof.tenant(), id).await?;
    note(&mut tx, app, proof.actor(), "group.delete", format!("group:{id}")).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// Adds a user or a group (by id) to a group.
///
/// # Errors
/// Either does not exist; it is a member already; the nesting would become a circle.
pub async fn add_member(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    group: GroupId,
    member: Uuid,
) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let tenant = proof.tenant();
    let change = changes::record(&mut tx, tenant, What::Member { group, member }).await?;
    get(&mut tx, proof, group).await?;
    let member = match sql::find_user(&mut tx, tenant, &member.to_string()).await? {
        Some(user) => Member::User(user.id),
        None => match sql::find_group(&mut tx, tenant, GroupId(member)).await? {
            Some(nested) => Member::Group(nested.id),
            None => return Err(Failure::not_found("user or group", member)),
        },
    };
    if let Member::Group(nested) = member
        && (nested == group
            || list_descendants(&mut tx, tenant, nested).await?.contains(&Member::Group(group)))
    {
        let detail = format!("`{nested}` contains `{group}` already: groups must not contain each other");
        return Err(Failure::Conflict { code: "group_cycle", detail });
    }
    if !sql::insert_member(&mut tx, tenant, group, member).await? {
        let detail = "it is a member of the group already".to_owned();
        return Err(Failure::Conflict { code: "member_exists", detail });
    }
    note(&mut tx, app, proof.actor(), "group.addMember", format!("group:{group}")).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// Takes a member out of a group.
pub async fn remove_member(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    group: GroupId,
    member: Uuid,
) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Member { group, member }).await?;
    if !sql::delete_member(&mut tx, proof.tenant(), group, member).await? {
        return Err(Failure::not_found("member", member));
    }
    note(&mut tx, app, proof.actor(), "group.removeMember", format!("group:{group}")).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

async fn get(tx: &mut Tx, proof: &Proof<act::WriteDirectory>, id: GroupId) -> Result<Group, Failure> {
    sql::find_group(tx, proof.tenant(), id).await?.ok_or_else(|| Failure::not_found("group", id))
}
