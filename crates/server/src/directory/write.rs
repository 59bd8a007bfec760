//! Changes of users and groups inside a transaction, for whoever may make them: Graph, SCIM, a provider of identities.
//! Each writes its audit entry; the caller has recorded what changes before, and commits.

use std::collections::BTreeSet;

use ringfence_model::{GroupId, TenantId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Group, Member, User, groups, ops, represent, sql};
use crate::{
    account,
    app::App,
    audit::{self, Record},
    authz::{Actor, Permission, Scope, out_of_reach},
    changes::{self, Change, What},
    db::{DbError, Tx},
    failure::Failure,
    provider, role, ticket, trail,
};

/// Up to so many changed memberships are told one by one; beyond, the group is read again as a whole.
const TOLD_SINGLY: usize = 100;

/// Adds a user that was checked.
///
/// # Errors
/// The id or the sign-in name is taken.
pub(crate) async fn insert_user(tx: &mut Tx, app: &App, actor: &Actor, user: &User) -> Result<(), Failure> {
    ops::check_user(user)?;
    let id = user.id.to_string();
    if sql::find_group(tx, actor.tenant, GroupId(user.id.0)).await?.is_some()
        || sql::find_user(tx, actor.tenant, &id).await?.is_some()
    {
        return Err(ops::taken(&id));
    }
    sql::insert_user(tx, actor.tenant, user).await.map_err(|error| ops::name_taken(error, user))?;
    let after = represent::user(user, false);
    note(tx, app, actor, ("user.create", format!("user:{id}")), (None, Some(&after))).await?;
    Ok(())
}

/// Replaces what is stored of a user, whose version grows. A user who is disabled loses what he has signed in to.
pub(crate) async fn update_user(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    before: &User,
    after: &mut User,
) -> Result<(), Failure> {
    ops::check_user(after)?;
    (after.version, after.changed_at) = (before.version + 1, app.env.now());
    sql::update_user(tx, actor.tenant, after).await.map_err(|error| ops::name_taken(error, after))?;
    if before.enabled && !after.enabled {
        account::ops::end_access(tx, &app.env, actor.tenant, after.id).await?;
    }
    let (old, new) = (represent::user(before, false), represent::user(after, false));
    note(tx, app, actor, ("user.update", format!("user:{}", after.id)), (Some(&old), Some(&new))).await?;
    Ok(())
}

/// Removes a user with memberships, licences, password, tickets and what is remembered of signing in.
pub(crate) async fn delete_user(tx: &mut Tx, app: &App, actor: &Actor, user: &User) -> Result<(), Failure> {
    sql::delete_user(tx, actor.tenant, user.id).await?;
    account::ops::forget_user(tx, &app.env, actor.tenant, user.id).await?;
    trail::ops::forget(tx, actor.tenant, user.id).await?;
    provider::ops::forget_user(tx, actor.tenant, user.id).await?;
    ticket::ops::forget_user(tx, actor.tenant, user.id).await?;
    role::ops::forget_user(tx, app, actor, user.id).await?;
    let before = represent::user(user, false);
    note(tx, app, actor, ("user.delete", format!("user:{}", user.id)), (Some(&before), None)).await?;
    Ok(())
}

/// Adds a group.
///
/// # Errors
/// The id is taken; the name is none.
pub(crate) async fn insert_group(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    group: &Group,
) -> Result<(), Failure> {
    ops::check_name("displayName", &group.display_name)?;
    let id = group.id.to_string();
    if sql::find_user(tx, actor.tenant, &id).await?.is_some_and(|user| user.id.0 == group.id.0) {
        return Err(ops::taken(&id));
    }
    sql::insert_group(tx, actor.tenant, group)
        .await
        .map_err(|error| if error.is_unique("directory_group") { ops::taken(&id) } else { error.into() })?;
    let after = represent::group(group, false);
    note(tx, app, actor, ("group.create", format!("group:{id}")), (None, Some(&after))).await?;
    Ok(())
}

/// Replaces what is stored of a group, whose version grows.
pub(crate) async fn update_group(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    before: &Group,
    after: &mut Group,
) -> Result<(), Failure> {
    ops::check_name("displayName", &after.display_name)?;
    (after.version, after.changed_at) = (before.version + 1, app.env.now());
    sql::update_group(tx, actor.tenant, after).await?;
    let (old, new) = (represent::group(before, false), represent::group(after, false));
    note(tx, app, actor, ("group.update", format!("group:{}", after.id)), (Some(&old), Some(&new))).await?;
    Ok(())
}

/// Removes a group with its memberships.
///
/// # Errors
/// A policy is assigned to it: removing it would silently change who is protected. Roles are given to it: who makes a
/// group with its id would give them anew.
pub(crate) async fn delete_group(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    group: &Group,
) -> Result<(), Failure> {
    let policies = crate::policies::ops::names_assigned_to(tx, actor.tenant, group.id).await?;
    if !policies.is_empty() {
        let detail = format!("the group is named by the assignments of: {}", policies.join(", "));
        return Err(Failure::Conflict { code: "group_assigned", detail });
    }
    let roles = role::guard::names_of_group(tx, actor.tenant, group.id).await?;
    if !roles.is_empty() {
        let detail =
            format!("roles are given to the group, or within it: {}: take them first", roles.join(", "));
        return Err(Failure::Conflict { code: "group_has_role", detail });
    }
    sql::delete_group(tx, actor.tenant, group.id).await?;
    let before = represent::group(group, false);
    note(tx, app, actor, ("group.delete", format!("group:{}", group.id)), (Some(&before), None)).await?;
    Ok(())
}

/// How the members of a group change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Users and groups to take in; those that are members already stay.
    pub(crate) add: BTreeSet<Uuid>,
    /// Members to take out; what is none is passed over.
    pub(crate) remove: BTreeSet<Uuid>,
}

/// Changes the members of a group, whose version grows. Answers the changes to publish after the commit.
///
/// # Errors
/// One to take in does not exist, or the nesting would become a circle; `path` names the value in the request.
pub(crate) async fn change_members(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    group: &mut Group,
    path: &str,
    wanted: &Membership,
) -> Result<Vec<Change>, Failure> {
    let tenant = actor.tenant;
    let named: BTreeSet<Uuid> = wanted.add.union(&wanted.remove).copied().collect();
    let there = sql::find_among(tx, tenant, group.id, &named).await?;
    let new: BTreeSet<Uuid> = wanted.add.difference(&there).copied().collect();
    let added = to_add(tx, tenant, group.id, path, &new).await?;
    let removed: BTreeSet<Uuid> = wanted.remove.intersection(&there).copied().collect();
    let count = added.len() + removed.len();
    if count == 0 {
        return Ok(Vec::new());
    }
    sql::insert_members(tx, tenant, group.id, &added).await?;
    sql::delete_members(tx, tenant, group.id, &removed).await?;
    (group.version, group.changed_at) = (group.version + 1, app.env.now());
    sql::update_group(tx, tenant, group).await?;
    let after = json!({
        "added": added.iter().map(|member| member.id()).collect::<Vec<_>>(),
        "removed": removed,
    });
    note(tx, app, actor, ("group.members", format!("group:{}", group.id)), (None, Some(&after))).await?;
    if count > TOLD_SINGLY {
        return Ok(vec![changes::record(tx, tenant, What::Groups(vec![group.id])).await?]);
    }
    let mut told = Vec::with_capacity(count);
    for member in added.iter().map(|member| member.id()).chain(removed) {
        told.push(changes::record(tx, tenant, What::Member { group: group.id, member }).await?);
    }
    Ok(told)
}

/// What the ids stand for; an error when one stands for nothing or would make a circle.
async fn to_add(
    tx: &mut Tx,
    tenant: TenantId,
    group: GroupId,
    path: &str,
    ids: &BTreeSet<Uuid>,
) -> Result<Vec<Member>, Failure> {
    let wanted: Vec<Uuid> = ids.iter().copied().collect();
    let known = sql::find_members(tx, tenant, &wanted).await?;
    if let Some(missing) = wanted.iter().find(|id| !known.contains_key(id)) {
        return Err(Failure::invalid(
            path,
            &json!(missing),
            "is neither a user nor a group",
            "ids that exist",
        ));
    }
    let added: Vec<Member> = known.into_values().collect();
    if added.iter().any(|member| matches!(member, Member::Group(_))) {
        let above = ops::list_ancestors(tx, tenant, Member::Group(group)).await?;
        for member in &added {
            if let Member::Group(nested) = member
                && (*nested == group || above.contains(nested))
            {
                return Err(groups::circle(path, group, *nested));
            }
        }
    }
    Ok(added)
}

async fn note(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    (act, object): (&str, String),
    (before, after): (Option<&Value>, Option<&Value>),
) -> Result<(), DbError> {
    let text = |value: Option<&Value>| value.map(Value::to_string);
    let (before, after) = (text(before), text(after));
    let record = Record {
        act,
        object,
        before: before.as_deref().map(str::as_bytes),
        after: after.as_deref().map(str::as_bytes),
    };
    audit::ops::append(tx, &app.env, actor, record).await
}

/// What somebody with a scope makes belongs to his first group; it would be out of his own sight otherwise.
pub(crate) async fn join_home(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    member: Uuid,
) -> Result<Vec<Change>, Failure> {
    let Scope::Groups(groups) = &actor.scope else { return Ok(Vec::new()) };
    let Some(home) = groups.first() else {
        let detail = "your role reaches no group, so nothing that you make would belong anywhere";
        return Err(Failure::denied(out_of_reach(actor, Permission::WriteDirectory, detail)));
    };
    let group = sql::find_group(tx, actor.tenant, *home).await?;
    let mut group = group.ok_or_else(|| Failure::not_found("group", home))?;
    if !actor.provisioning {
        role::guard::check_group(tx, actor, group.id).await?;
    }
    let wanted = Membership { add: BTreeSet::from([member]), ..Membership::default() };
    change_members(tx, app, actor, &mut group, "id", &wanted).await
}
