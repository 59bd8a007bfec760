//! What provisioning does: each change is one transaction with its audit entry.

use std::collections::BTreeSet;

use ringfence_model::{GroupId, TenantId, UserId};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Resource,
    group::{self, needs_current},
    patch::{self, Change},
    user::{self, canonical},
};
use crate::{
    app::App,
    authz::{Proof, act},
    changes::{self, What},
    db::{Conn, Tx},
    directory::{
        self, Group, Member, User,
        write::{self, Membership},
    },
    failure::Failure,
    http::ApiError,
};

/// The versions that a client has seen (`If-Match`); `None` when it does not say.
pub(super) type Seen = Option<Vec<i64>>;

fn check_seen(seen: &Seen, version: i64) -> Result<(), Failure> {
    match seen {
        Some(versions) if !versions.contains(&version) => Err(Failure::Outdated),
        _ => Ok(()),
    }
}

/// The user with this id.
pub(super) async fn get_user(conn: &mut Conn, tenant: TenantId, id: Uuid) -> Result<User, Failure> {
    let found = directory::ops::find_user(conn, tenant, &id.to_string()).await?;
    // A sign-in name may look like an id.
    found.filter(|user| user.id.0 == id).ok_or_else(|| Failure::not_found("user", id))
}

/// The group with this id.
pub(super) async fn get_group(conn: &mut Conn, tenant: TenantId, id: Uuid) -> Result<Group, Failure> {
    let found = directory::ops::find_group(conn, tenant, GroupId(id)).await?;
    found.ok_or_else(|| Failure::not_found("group", id))
}

/// Makes a user.
pub(super) async fn create_user(
    app: &App,
    proof: &Proof<act::Provision>,
    body: &Map<String, Value>,
) -> Result<User, ApiError> {
    let now = app.env.now();
    let mut user = User {
        id: app.env.make_id(UserId::make),
        upn: String::new(),
        display_name: String::new(),
        enabled: true,
        body: Map::new(),
        created_at: now,
        external_id: None,
        version: 1,
        changed_at: now,
        licences: Vec::new(),
    };
    user::write(&mut user, &canonical(Resource::User, body)?)?;
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Users(vec![user.id])).await?;
    write::insert_user(&mut tx, app, proof.actor(), &user).await.map_err(named)?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(user)
}

/// Replaces a user; what the body leaves out is removed, `active` stays as it is.
pub(super) async fn replace_user(
    app: &App,
    proof: &Proof<act::Provision>,
    id: Uuid,
    seen: &Seen,
    body: &Map<String, Value>,
) -> Result<User, ApiError> {
    let given = canonical(Resource::User, body)?;
    change_user(app, proof, id, seen, |_| Ok(given)).await
}

/// Changes a user.
pub(super) async fn patch_user(
    app: &App,
    proof: &Proof<act::Provision>,
    id: Uuid,
    seen: &Seen,
    changes: &[Change],
) -> Result<User, ApiError> {
    change_user(app, proof, id, seen, |mut attributes| {
        for change in changes {
            patch::apply(&mut attributes, change)?;
        }
        Ok(attributes)
    })
    .await
}

async fn change_user(
    app: &App,
    proof: &Proof<act::Provision>,
    id: Uuid,
    seen: &Seen,
    change: impl FnOnce(Map<String, Value>) -> Result<Map<String, Value>, ApiError>,
) -> Result<User, ApiError> {
    let mut tx = app.db.write().await?;
    let told = changes::record(&mut tx, proof.tenant(), What::Users(vec![UserId(id)])).await?;
    let before = get_user(&mut tx, proof.tenant(), id).await?;
    check_seen(seen, before.version)?;
    let mut after = before.clone();
    user::write(&mut after, &change(user::read(&before))?)?;
    if after == before {
        // Nothing to write down, and nobody to tell.
        return Ok(before);
    }
    write::update_user(&mut tx, app, proof.actor(), &before, &mut after).await.map_err(named)?;
    tx.commit().await?;
    app.changes.publish(told);
    Ok(after)
}

/// Removes a user.
pub(super) async fn delete_user(
    app: &App,
    proof: &Proof<act::Provision>,
    id: Uuid,
    seen: &Seen,
) -> Result<(), ApiError> {
    let mut tx = app.db.write().await?;
    let told = changes::record(&mut tx, proof.tenant(), What::Users(vec![UserId(id)])).await?;
    let user = get_user(&mut tx, proof.tenant(), id).await?;
    check_seen(seen, user.version)?;
    write::delete_user(&mut tx, app, proof.actor(), &user).await?;
    tx.commit().await?;
    app.changes.publish(told);
    Ok(())
}

/// Makes a group with its members.
pub(super) async fn create_group(
    app: &App,
    proof: &Proof<act::Provision>,
    body: &Map<String, Value>,
) -> Result<Group, ApiError> {
    let now = app.env.now();
    let mut group = Group {
        id: app.env.make_id(GroupId::make),
        display_name: String::new(),
        body: Map::new(),
        created_at: now,
        external_id: None,
        version: 1,
        changed_at: now,
    };
    let mut given = without_members(body);
    given = canonical(Resource::Group, &given)?;
    group::write(&mut group, &given)?;
    let wanted = Membership { add: group::members_of(body)?.unwrap_or_default(), ..Membership::default() };
    let mut tx = app.db.write().await?;
    let told = changes::record(&mut tx, proof.tenant(), What::Groups(vec![group.id])).await?;
    write::insert_group(&mut tx, app, proof.actor(), &group).await?;
    let joined = write::change_members(&mut tx, app, proof.actor(), &mut group, "members", &wanted).await?;
    tx.commit().await?;
    for change in std::iter::once(told).chain(joined) {
        app.changes.publish(change);
    }
    Ok(group)
}

fn without_members(body: &Map<String, Value>) -> Map<String, Value> {
    let rest = body.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("members"));
    rest.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// How a request changes a group: its attributes, then its members given those that are there.
struct GroupChange<'a> {
    attributes: Map<String, Value>,
    members: Members<'a>,
}

enum Members<'a> {
    Stay,
    All(BTreeSet<Uuid>),
    Changes(Vec<&'a Change>),
}

/// Replaces a group. Members stay when the body does not name them: leaving them out must not unprotect everybody.
pub(super) async fn replace_group(
    app: &App,
    proof: &Proof<act::Provision>,
    id: Uuid,
    seen: &Seen,
    body: &Map<String, Value>,
) -> Result<Group, ApiError> {
    let attributes = canonical(Resource::Group, &without_members(body))?;
    let members = group::members_of(body)?.map_or(Members::Stay, Members::All);
    change_group(app, proof, id, seen, |_| Ok(GroupChange { attributes, members })).await
}

/// Changes a group.
pub(super) async fn patch_group(
    app: &App,
    proof: &Proof<act::Provision>,
    id: Uuid,
    seen: &Seen,
    changes: &[Change],
) -> Result<Group, ApiError> {
    change_group(app, proof, id, seen, |mut attributes| {
        let members = Members::Changes(group::split(&mut attributes, changes)?);
        Ok(GroupChange { attributes, members })
    })
    .await
}

async fn change_group<'a>(
    app: &App,
    proof: &Proof<act::Provision>,
    id: Uuid,
    seen: &Seen,
    change: impl FnOnce(Map<String, Value>) -> Result<GroupChange<'a>, ApiError>,
) -> Result<Group, ApiError> {
    let (tenant, actor) = (proof.tenant(), proof.actor());
    let mut tx = app.db.write().await?;
    // Tells nobody anything, but waits for other writers.
    let mut told = vec![changes::record(&mut tx, tenant, What::Groups(Vec::new())).await?];
    let before = get_group(&mut tx, tenant, id).await?;
    check_seen(seen, before.version)?;
    let GroupChange { attributes, members } = change(group::read(&before))?;
    let mut after = before.clone();
    group::write(&mut after, &attributes)?;
    if after != before {
        write::update_group(&mut tx, app, actor, &before, &mut after).await?;
    }
    if after.display_name != before.display_name {
        told.push(changes::record(&mut tx, tenant, What::Groups(vec![after.id])).await?);
    }
    let wanted = membership(&mut tx, tenant, after.id, members).await?;
    told.extend(write::change_members(&mut tx, app, actor, &mut after, "members", &wanted).await?);
    if after == before {
        return Ok(before);
    }
    tx.commit().await?;
    for change in told {
        app.changes.publish(change);
    }
    Ok(after)
}

async fn membership(
    tx: &mut Tx,
    tenant: TenantId,
    group: GroupId,
    members: Members<'_>,
) -> Result<Membership, ApiError> {
    let mut wanted = Membership::default();
    match members {
        Members::Stay => {}
        Members::All(new) => {
            let current = list_members(tx, tenant, group).await?;
            wanted.remove = current.iter().map(|member| member.id()).filter(|id| !new.contains(id)).collect();
            wanted.add = new;
        }
        Members::Changes(changes) => {
            let mut current = if changes.iter().any(|change| needs_current(change)) {
                list_members(tx, tenant, group).await?
            } else {
                Vec::new()
            };
            current.sort_unstable_by_key(|member| member.id());
            group::check_effort(&changes, current.len())?;
            for change in changes {
                group::plan(&mut wanted, &current, change)?;
            }
        }
    }
    Ok(wanted)
}

/// The direct members of a group.
pub(super) async fn list_members(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
) -> Result<Vec<Member>, ApiError> {
    let pairs = directory::ops::list_members(conn, tenant, Some(group)).await?;
    Ok(pairs.into_iter().map(|(_, member)| member).collect())
}

/// Removes a group.
pub(super) async fn delete_group(
    app: &App,
    proof: &Proof<act::Provision>,
    id: Uuid,
    seen: &Seen,
) -> Result<(), ApiError> {
    let mut tx = app.db.write().await?;
    let told = changes::record(&mut tx, proof.tenant(), What::Groups(vec![GroupId(id)])).await?;
    let group = get_group(&mut tx, proof.tenant(), id).await?;
    check_seen(seen, group.version)?;
    write::delete_group(&mut tx, app, proof.actor(), &group).await?;
    tx.commit().await?;
    app.changes.publish(told);
    Ok(())
}

/// What is wrong is told under the name that SCIM gives it.
fn named(failure: Failure) -> ApiError {
    let rename = |path: &mut String| {
        if path == "userPrincipalName" {
            "userName".clone_into(path);
        }
    };
    match failure {
        Failure::Taken { code, mut error } => {
            rename(&mut error.path);
            Failure::Taken { code, error }.into()
        }
        Failure::Invalid(mut errors) => {
            for error in &mut errors {
                rename(&mut error.path);
            }
            Failure::Invalid(errors).into()
        }
        other => other.into(),
    }
}
