//! Who is in a group, and in which groups somebody is.

use std::collections::BTreeSet;

use axum::response::Response;
use ringfence_model::GroupId;
use serde_json::{Value, json};

use super::{id_list, page, subject};
use crate::{
    authz::{act, authorize},
    directory::{Member, ops},
    failure::Failure,
    graph::{Page, Request, collection},
    http::ApiError,
};

/// The groups that a user or group is in.
pub(super) async fn of(request: &Request, nested: bool) -> Result<Response, ApiError> {
    let subject = subject(request).await?;
    let tenant = request.actor.tenant;
    let groups: Vec<GroupId> = if nested {
        above(request, subject).await?.into_iter().collect()
    } else {
        ops::list_parents(&mut *request.app.db.read().await?, tenant, subject).await?
    };
    let groups = groups.into_iter().map(Member::Group).collect();
    page::list_objects(request, tenant, "directoryObjects", groups).await
}

async fn above(request: &Request, member: Member) -> Result<BTreeSet<GroupId>, ApiError> {
    let mut conn = request.app.db.snapshot().await?;
    Ok(ops::list_ancestors(&mut conn, request.actor.tenant, member).await?)
}

/// The members of a group.
pub(super) async fn list(request: &Request, nested: bool) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let Member::Group(group) = subject(request).await? else {
        return Err(Failure::not_found("group", request.key(1)).into());
    };
    if !nested && request.query.is_whole() && request.cast.is_none() && request.sight().await?.is_everything()
    {
        return page::list_direct(request, proof.tenant(), group).await;
    }
    let mut conn = request.app.db.snapshot().await?;
    let members: Vec<Member> = if nested {
        ops::list_descendants(&mut conn, proof.tenant(), group).await?.into_iter().collect()
    } else {
        let direct = ops::list_members(&mut conn, proof.tenant(), Some(group)).await?;
        direct.into_iter().map(|(_, member)| member).collect()
    };
    drop(conn);
    page::list_objects(request, proof.tenant(), "directoryObjects", members).await
}

/// Which of the given groups a user or group is in, however indirectly. `member` names the list in the body.
pub(super) async fn check(request: &mut Request, member: &str) -> Result<Response, ApiError> {
    let subject = subject(request).await?;
    let body: Value = request.json().await?;
    let Some(given) = body.get(member).and_then(Value::as_array) else {
        let found = body.get(member).unwrap_or(&Value::Null);
        return Err(Failure::invalid(member, found, "is missing", "a list of ids").into());
    };
    let wanted = id_list(member, given)?;
    let above = above(request, subject).await?;
    let sight = request.sight().await?;
    let held = wanted.into_iter().map(GroupId).filter(|id| above.contains(id) && sight.sees_group(*id));
    Ok(strings(request, held.map(|id| json!(id)).collect()))
}

/// All groups that a user or group is in, however indirectly. All of them are security groups.
pub(super) async fn ids(request: &mut Request) -> Result<Response, ApiError> {
    let subject = subject(request).await?;
    let body: Value = request.json().await?;
    match body.get("securityEnabledOnly") {
        None | Some(Value::Null | Value::Bool(_)) => {}
        Some(other) => {
            let failure =
                Failure::invalid("securityEnabledOnly", other, "is not a truth value", "true or false");
            return Err(failure.into());
        }
    }
    let above = above(request, subject).await?;
    let sight = request.sight().await?;
    let held = above.into_iter().filter(|id| sight.sees_group(*id)).map(|id| json!(id));
    Ok(strings(request, held.collect()))
}

fn strings(request: &Request, items: Vec<Value>) -> Response {
    collection(request, "Collection(Edm.String)", Page { items, count: None, next: None })
}
