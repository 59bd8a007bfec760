//! Groups and their members. Nesting is allowed, cycles are not.

use ringfence_model::GroupId;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Group,
    ops::kept,
    sql,
    write::{self, Membership},
};
use crate::{
    app::App,
    authz::{Proof, act},
    changes::{self, Change, What},
    db::Tx,
    failure::Failure,
    role,
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
    create_group_with(app, proof, id, display_name, body, &[]).await
}

/// The same with members.
pub(super) async fn create_group_with(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    id: Option<GroupId>,
    display_name: &str,
    body: Map<String, Value>,
    members: &[Uuid],
) -> Result<Group, Failure> {
    let now = app.env.now();
    let mut group = Group {
        id: id.unwrap_or_else(|| app.env.make_id(GroupId::make)),
        display_name: display_name.to_owned(),
        body: kept(body, &GROUP_MEMBERS)?,
        created_at: now,
        external_id: None,
        version: 1,
        changed_at: now,
    };
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Groups(vec![group.id])).await?;
    write::insert_group(&mut tx, app, proof.actor(), &group).await?;
    let home = write::join_home(&mut tx, app, proof.actor(), group.id.0).await?;
    let told = join(&mut tx, app, proof, &mut group, members).await?;
    tx.commit().await?;
    for change in std::iter::once(change).chain(home).chain(told) {
        app.changes.publish(change);
    }
    Ok(group)
}

/// Nobody comes or goes where membership carries a role that the actor could not give.
async fn check_roles(
    tx: &mut Tx,
    proof: &Proof<act::WriteDirectory>,
    group: GroupId,
    members: &[Uuid],
) -> Result<(), Failure> {
    if members.is_empty() {
        return Ok(());
    }
    role::guard::check_group(tx, proof.actor(), group).await
}

async fn join(
    tx: &mut Tx,
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    group: &mut Group,
    members: &[Uuid],
) -> Result<Vec<Change>, Failure> {
    check_roles(tx, proof, group.id, members).await?;
    let wanted = Membership { add: members.iter().copied().collect(), ..Membership::default() };
    write::change_members(tx, app, proof.actor(), group, "members@odata.bind", &wanted).await
}

/// Changes name or description.
pub async fn update_group(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    id: GroupId,
    display_name: Option<&str>,
    body: Map<String, Value>,
) -> Result<Group, Failure> {
    update_group_with(app, proof, id, display_name, body, &[]).await
}

/// The same, with members who join.
pub(super) async fn update_group_with(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    id: GroupId,
    display_name: Option<&str>,
    body: Map<String, Value>,
    members: &[Uuid],
) -> Result<Group, Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Groups(vec![id])).await?;
    let before = get(&mut tx, proof, id).await?;
    let mut group = before.clone();
    if let Some(name) = display_name {
        name.clone_into(&mut group.display_name);
    }
    group.body.extend(kept(body, &GROUP_MEMBERS)?);
    write::update_group(&mut tx, app, proof.actor(), &before, &mut group).await?;
    let told = join(&mut tx, app, proof, &mut group, members).await?;
    tx.commit().await?;
    for change in std::iter::once(change).chain(told) {
        app.changes.publish(change);
    }
    Ok(group)
}

/// Removes a group with its memberships.
///
/// # Errors
/// A policy is assigned to it: removing it would silently change who is protected.
pub async fn delete_group(app: &App, proof: &Proof<act::WriteDirectory>, id: GroupId) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Groups(vec![id])).await?;
    let group = get(&mut tx, proof, id).await?;
    write::delete_group(&mut tx, app, proof.actor(), &group).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// Adds users and groups (by id) to a group.
///
/// # Errors
/// One does not exist; the nesting would become a circle.
pub async fn add_members(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    group: GroupId,
    path: &str,
    members: &[Uuid],
) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let (tenant, actor) = (proof.tenant(), proof.actor());
    // Records nothing of its own, but waits for other writers: two of them must not close a circle together.
    let change = changes::record(&mut tx, tenant, What::Groups(Vec::new())).await?;
    let mut found = get(&mut tx, proof, group).await?;
    check_roles(&mut tx, proof, group, members).await?;
    let wanted = Membership { add: members.iter().copied().collect(), ..Membership::default() };
    let told = write::change_members(&mut tx, app, actor, &mut found, path, &wanted).await?;
    tx.commit().await?;
    for change in std::iter::once(change).chain(told) {
        app.changes.publish(change);
    }
    Ok(())
}

/// Adds one user or group (by id) to a group.
///
/// # Errors
/// Either does not exist; it is a member already; the nesting would become a circle.
pub async fn add_member(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    group: GroupId,
    member: Uuid,
) -> Result<(), Failure> {
    let mut conn = app.db.read().await?;
    if sql::find_group(&mut conn, proof.tenant(), group).await?.is_none() {
        return Err(Failure::not_found("group", group));
    }
    if sql::find_members(&mut conn, proof.tenant(), &[member]).await?.is_empty() {
        return Err(Failure::not_found("user or group", member));
    }
    if sql::is_member(&mut conn, proof.tenant(), group, member).await? {
        let detail = "it is a member of the group already".to_owned();
        return Err(Failure::Conflict { code: "member_exists", detail });
    }
    drop(conn);
    add_members(app, proof, group, "@odata.id", &[member]).await
}

/// Takes a member out of a group.
pub async fn remove_member(
    app: &App,
    proof: &Proof<act::WriteDirectory>,
    group: GroupId,
    member: Uuid,
) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Groups(Vec::new())).await?;
    let mut found = get(&mut tx, proof, group).await?;
    if !sql::is_member(&mut tx, proof.tenant(), group, member).await? {
        return Err(Failure::not_found("member", member));
    }
    check_roles(&mut tx, proof, group, &[member]).await?;
    let wanted = Membership { remove: [member].into(), ..Membership::default() };
    let told = write::change_members(&mut tx, app, proof.actor(), &mut found, "", &wanted).await?;
    tx.commit().await?;
    for change in std::iter::once(change).chain(told) {
        app.changes.publish(change);
    }
    Ok(())
}

/// A nesting that is refused.
pub(super) fn circle(path: &str, group: GroupId, nested: GroupId) -> Failure {
    let problem = format!("would nest groups in a circle: it contains `{group}` already, or is it");
    Failure::invalid(path, &json!(nested), &problem, "a group that does not contain this one")
}

async fn get(tx: &mut Tx, proof: &Proof<act::WriteDirectory>, id: GroupId) -> Result<Group, Failure> {
    sql::find_group(tx, proof.tenant(), id).await?.ok_or_else(|| Failure::not_found("group", id))
}
