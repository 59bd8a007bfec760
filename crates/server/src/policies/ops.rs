//! Creating, changing, assigning and deleting policies. Everything is checked before anything is written, and written
//! in one transaction.

use std::collections::{BTreeSet, HashSet};

use ringfence_model::{
    FieldError, GroupId, PolicyId, TenantId,
    document::{AppGroup, AssignmentTarget, PolicyDocument},
};
use serde_json::{Map, Value, json};

use super::{Part, Policy, body, sql};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Permission, Proof, Scope, Sight, act, out_of_reach},
    changes::{self, What},
    db::{Conn, DbError, Tx},
    directory,
    failure::Failure,
    filter,
};

/// Makes a policy from a document with or without inline apps and assignments.
///
/// # Errors
/// Wrong values, an unknown group, a name that another policy of the same kind has.
pub async fn create(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    document: PolicyDocument,
) -> Result<Policy, Failure> {
    let document = body::checked(&body::renumbered(document))?;
    let now = app.env.now();
    let policy = Policy {
        id: app.env.make_id(PolicyId::make),
        document,
        version: 1,
        created_at: now,
        modified_at: now,
    };
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Policies(vec![policy.id])).await?;
    check_sight(&mut tx, proof, None, [&policy.document]).await?;
    check_groups(&mut tx, proof.tenant(), &policy).await?;
    sql::insert(&mut tx, proof.tenant(), &policy).await.map_err(|error| name_taken(error, &policy))?;
    sql::replace_groups(&mut tx, proof.tenant(), policy.id, &groups(&policy)).await?;
    if let Scope::Groups(home) = &proof.actor().scope {
        sql::insert_home(&mut tx, proof.tenant(), policy.id, home).await?;
    }
    note(&mut tx, app, proof, "policy.create", None, Some(&policy)).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(policy)
}

/// Applies a partial document: absent members stay, present ones are replaced, apps and assignments are not touched.
pub async fn update(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    if_match: Option<&str>,
    patch: &Map<String, Value>,
) -> Result<Policy, Failure> {
    change(app, proof, id, (if_match, "policy.update"), |document| {
        let next = document.merge_patch(patch).map_err(Failure::Invalid)?;
        let faults = ringfence_policy::browser::faults(&next);
        if faults.is_empty() { Ok(next) } else { Err(Failure::Invalid(faults)) }
    })
    .await
}

/// Replaces the apps, and the app group when one is given.
pub async fn target_apps(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    if_match: Option<&str>,
    apps: Vec<Value>,
    group: Option<AppGroup>,
) -> Result<Policy, Failure> {
    change(app, proof, id, (if_match, Part::Apps.act()), |document| {
        let mut next = document.with_apps(apps);
        if let Some(group) = group {
            next.body.insert("appGroupType".to_owned(), json!(group.as_str()));
        }
        body::checked(&next)
    })
    .await
}

/// Replaces a list inside a policy; an empty one clears it.
///
/// # Errors
/// A target that is not one, a group that does not exist, an app of another platform.
pub async fn replace(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    if_match: Option<&str>,
    part: Part,
    items: Vec<Value>,
) -> Result<Policy, Failure> {
    let edit = |document: &PolicyDocument| body::checked(&part.replaced(document, items));
    change(app, proof, id, (if_match, part.act()), edit).await
}

/// Adds one item to a list inside a policy; answers its id.
pub async fn add(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    if_match: Option<&str>,
    part: Part,
    new: Value,
) -> Result<(Policy, String), Failure> {
    let mut added = String::new();
    let policy = change(app, proof, id, (if_match, part.act()), |document| {
        let (next, key) = part.added(document, new)?;
        added = key;
        body::checked(&next)
    })
    .await?;
    Ok((policy, added))
}

/// Changes one item of a list inside a policy; answers its id, which may be another.
pub async fn change_item(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    if_match: Option<&str>,
    (part, key): (Part, &str),
    patch: &Map<String, Value>,
) -> Result<(Policy, String), Failure> {
    let mut changed = String::new();
    let policy = change(app, proof, id, (if_match, part.act()), |document| {
        let (next, key) = part.changed(document, key, patch)?;
        changed = key;
        body::checked(&next)
    })
    .await?;
    Ok((policy, changed))
}

/// Removes one item of a list inside a policy.
pub async fn remove(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    if_match: Option<&str>,
    part: Part,
    key: &str,
) -> Result<Policy, Failure> {
    let edit = |document: &PolicyDocument| body::checked(&part.without(document, key)?);
    change(app, proof, id, (if_match, part.act()), edit).await
}

/// Removes a policy with its assignments.
pub async fn delete(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    if_match: Option<&str>,
) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Policies(vec![id])).await?;
    let policy = get(&mut tx, proof.tenant(), id).await?;
    check_match(&policy, if_match)?;
    check_sight(&mut tx, proof, Some(id), [&policy.document]).await?;
    sql::delete(&mut tx, proof.tenant(), id).await?;
    note(&mut tx, app, proof, "policy.delete", Some(&policy), None).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
}

/// Policies that somebody with one of these groups as his scope made.
pub(crate) async fn list_made_in(
    conn: &mut Conn,
    tenant: TenantId,
    groups: &HashSet<GroupId>,
) -> Result<HashSet<PolicyId>, DbError> {
    let homes = sql::list_homes(conn, tenant).await?;
    Ok(homes.into_iter().filter(|(_, group)| groups.contains(group)).map(|(policy, _)| policy).collect())
}

/// All policies in the order of their making.
pub async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Policy>, DbError> {
    sql::list(conn, tenant).await
}

/// A policy, if it exists.
pub async fn find(conn: &mut Conn, tenant: TenantId, id: PolicyId) -> Result<Option<Policy>, DbError> {
    sql::find(conn, tenant, id).await
}

/// A policy.
pub async fn get(conn: &mut Conn, tenant: TenantId, id: PolicyId) -> Result<Policy, Failure> {
    sql::find(conn, tenant, id).await?.ok_or_else(|| Failure::not_found("policy", id))
}

/// Names of the policies whose assignments name a group.
pub async fn names_assigned_to(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
) -> Result<Vec<String>, DbError> {
    sql::list_names_of_group(conn, tenant, group).await
}

/// Reads, changes, checks, writes: one transaction. Nothing is written when the document stays the same.
async fn change(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    (if_match, act): (Option<&str>, &'static str),
    edit: impl FnOnce(&PolicyDocument) -> Result<PolicyDocument, Failure>,
) -> Result<Policy, Failure> {
    let mut tx = app.db.write().await?;
    // First, so that two changes of one tenant wait for each other instead of overwriting.
    let change = changes::record(&mut tx, proof.tenant(), What::Policies(vec![id])).await?;
    let before = get(&mut tx, proof.tenant(), id).await?;
    check_match(&before, if_match)?;
    let document = edit(&before.document)?;
    if document == before.document {
        return Ok(before);
    }
    check_sight(&mut tx, proof, Some(id), [&before.document, &document]).await?;
    let after =
        Policy { document, version: before.version + 1, modified_at: app.env.now(), ..before.clone() };
    check_groups(&mut tx, proof.tenant(), &after).await?;
    sql::update(&mut tx, proof.tenant(), &after).await.map_err(|error| name_taken(error, &after))?;
    sql::replace_groups(&mut tx, proof.tenant(), id, &groups(&after)).await?;
    note(&mut tx, app, proof, act, Some(&before), Some(&after)).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(after)
}

/// Weak tags count as strong ones: an answer never varies by encoding.
fn check_match(policy: &Policy, if_match: Option<&str>) -> Result<(), Failure> {
    let (Some(wanted), etag) = (if_match.map(str::trim), policy.etag()) else { return Ok(()) };
    let matches = |one: &str| one.trim().trim_start_matches("W/") == etag;
    if wanted == "*" || wanted.split(',').any(matches) { Ok(()) } else { Err(Failure::Outdated) }
}

/// Who sees a part of the organisation only may change what stays in that part, before and afterwards.
async fn check_sight(
    tx: &mut Tx,
    proof: &Proof<act::WritePolicies>,
    stored: Option<PolicyId>,
    documents: impl IntoIterator<Item = &PolicyDocument>,
) -> Result<(), Failure> {
    let sight = Sight::of(tx, proof.tenant(), &proof.actor().scope).await?;
    // What is new belongs to the groups of the one who makes it.
    let seen = |document: &PolicyDocument| stored.is_none_or(|id| sight.sees_stored(id, document));
    let inside = |document: &PolicyDocument| seen(document) && sight.may_change(document);
    if documents.into_iter().all(inside) {
        return Ok(());
    }
    let detail = "your role is for some groups only: this policy must be assigned to groups among them, and to no others";
    Err(Failure::denied(out_of_reach(proof.actor(), Permission::WritePolicies, detail)))
}

fn groups(policy: &Policy) -> BTreeSet<GroupId> {
    policy.document.assignments().into_iter().filter_map(group_of).collect()
}

fn group_of(target: AssignmentTarget) -> Option<GroupId> {
    match target {
        AssignmentTarget::Include(group) | AssignmentTarget::Exclude(group) => Some(group),
        AssignmentTarget::AllLicensedUsers => None,
    }
}

async fn check_groups(tx: &mut Tx, tenant: TenantId, policy: &Policy) -> Result<(), Failure> {
    let mut errors = filter_faults(tx, tenant, policy).await?;
    for (index, target) in policy.document.assignments().into_iter().enumerate() {
        let Some(group) = group_of(target) else { continue };
        if directory::ops::find_group(tx, tenant, group).await?.is_none() {
            let path = format!("assignments[{index}].target.groupId");
            let error = FieldError::new(path, &json!(group), "names a group that does not exist");
            errors.push(error.allowing("the id of a group of this tenant"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure::Invalid(errors)) }
}

/// Filters that do not exist, and filters where none may be: what is excluded is excluded on every phone.
async fn filter_faults(tx: &mut Tx, tenant: TenantId, policy: &Policy) -> Result<Vec<FieldError>, DbError> {
    let mut errors = Vec::new();
    for (index, one) in policy.document.filtered_assignments().into_iter().enumerate() {
        let Some((filter, mode)) = one.filter else { continue };
        let path =
            |name: &str| format!("assignments[{index}].target.deviceAndAppManagementAssignmentFilter{name}");
        if matches!(one.target, AssignmentTarget::Exclude(_)) {
            let problem = "cannot narrow an exclusion: whoever is excluded is excluded on every phone";
            errors.push(FieldError::new(path("Type"), &json!(mode.as_str()), problem).allowing("none"));
        } else if filter::ops::find(tx, tenant, filter).await?.is_none() {
            let error = FieldError::new(path("Id"), &json!(filter), "names a filter that does not exist");
            errors.push(error.allowing("the id of a filter of this tenant"));
        }
    }
    Ok(errors)
}

fn name_taken(error: DbError, policy: &Policy) -> Failure {
    if error.is_unique("policies_policy") {
        let (kind, name) = (policy.document.kind.graph_type(), policy.document.display_name());
        let problem = format!(
            "must be unique: a policy of the kind {kind} is named `{name}` already, in whatever letter case"
        );
        return Failure::taken("name_taken", "displayName", name, &problem);
    }
    error.into()
}

async fn note(
    tx: &mut Tx,
    app: &App,
    proof: &Proof<act::WritePolicies>,
    act: &str,
    before: Option<&Policy>,
    after: Option<&Policy>,
) -> Result<(), DbError> {
    let canonical = |policy: Option<&Policy>| policy.map(|policy| policy.document.canonical());
    let (old, new) = (canonical(before), canonical(after));
    let object = after.or(before).map(|policy| format!("policy:{}", policy.id)).unwrap_or_default();
    let record = Record { act, object, before: old.as_deref(), after: new.as_deref() };
    audit::ops::append(tx, &app.env, proof.actor(), record).await
}
