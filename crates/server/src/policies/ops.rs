//! Creating, changing, assigning and deleting policies. Everything is checked before anything is written, and written
//! in one transaction.

use std::collections::BTreeSet;

use ringfence_model::{
    FieldError, GroupId, PolicyId, TenantId,
    document::{AppGroup, AssignmentTarget, PolicyDocument},
};
use serde_json::{Map, Value, json};

use super::{Policy, body, sql};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Proof, act},
    changes::{self, What},
    db::{Conn, DbError, Tx},
    directory,
    failure::Failure,
};

/// Makes a policy from a document with or without inline apps and assignments.
///
/// # Errors
/// Wrong values, an empty list of apps for hand-picked apps, an unknown group, a name that another policy of the same
/// kind has.
pub async fn create(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    document: PolicyDocument,
) -> Result<Policy, Failure> {
    let document = body::checked(&document)?;
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
    check_groups(&mut tx, proof.tenant(), &policy).await?;
    sql::insert(&mut tx, proof.tenant(), &policy).await.map_err(|error| name_taken(error, &policy))?;
    sql::replace_groups(&mut tx, proof.tenant(), policy.id, &groups(&policy)).await?;
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
    apps: Vec<Value>,
    group: Option<AppGroup>,
) -> Result<Policy, Failure> {
    change(app, proof, id, (None, "policy.targetApps"), |document| {
        let mut next = document.with_apps(apps);
        if let Some(group) = group {
            next.body.insert("appGroupType".to_owned(), json!(group.as_str()));
        }
        body::checked(&next)
    })
    .await
}

/// Adds one app.
pub async fn add_app(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    new: Value,
) -> Result<Policy, Failure> {
    change(app, proof, id, (None, "policy.targetApps"), |document| {
        let mut apps = body::apps(document);
        apps.push(new);
        body::checked(&document.with_apps(apps))
    })
    .await
}

/// Removes one app by its id within the policy.
pub async fn remove_app(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    key: &str,
) -> Result<Policy, Failure> {
    change(app, proof, id, (None, "policy.targetApps"), |document| {
        let mut apps = body::apps(document);
        let before = apps.len();
        apps.retain(|item| !body::app_key(item).eq_ignore_ascii_case(key));
        if apps.len() == before {
            return Err(Failure::not_found("app in this policy", key));
        }
        body::checked(&document.with_apps(apps))
    })
    .await
}

/// Replaces the assignments; an empty list clears them.
///
/// # Errors
/// A target that is not one, or a group that does not exist.
pub async fn assign(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    assignments: Vec<Value>,
) -> Result<Policy, Failure> {
    change(app, proof, id, (None, "policy.assign"), |document| {
        body::checked(&document.with_assignments(assignments))
    })
    .await
}

/// Adds one assignment.
pub async fn add_assignment(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    new: Value,
) -> Result<Policy, Failure> {
    change(app, proof, id, (None, "policy.assign"), |document| {
        let mut all = body::assignments(document);
        all.push(new);
        body::checked(&document.with_assignments(all))
    })
    .await
}

/// Removes one assignment by its id within the policy.
pub async fn remove_assignment(
    app: &App,
    proof: &Proof<act::WritePolicies>,
    id: PolicyId,
    key: &str,
) -> Result<Policy, Failure> {
    change(app, proof, id, (None, "policy.assign"), |document| {
        let mut all = body::assignments(document);
        let before = all.len();
        all.retain(|item| {
            item.get("id").and_then(Value::as_str).is_none_or(|id| !id.eq_ignore_ascii_case(key))
        });
        if all.len() == before {
            return Err(Failure::not_found("assignment of this policy", key));
        }
        body::checked(&document.with_assignments(all))
    })
    .await
}

/// Removes a policy with its assignments.
pub async fn delete(app: &App, proof: &Proof<act::WritePolicies>, id: PolicyId) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Policies(vec![id])).await?;
    let policy = get(&mut tx, proof.tenant(), id).await?;
    sql::delete(&mut tx, proof.tenant(), id).await?;
    note(&mut tx, app, proof, "policy.delete", Some(&policy), None).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(())
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
    if if_match
        .is_some_and(|wanted| wanted != "*" && !wanted.split(',').any(|one| one.trim() == before.etag()))
    {
        return Err(Failure::Outdated);
    }
    let document = edit(&before.document)?;
    if document == before.document {
        return Ok(before);
    }
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
    let mut errors = Vec::new();
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
