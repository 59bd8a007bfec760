//! Lists inside a policy under paths of their own, and the actions that replace them.

use axum::{http::StatusCode, response::Response};
use ringfence_model::document::{ApiVersion, AppGroup};
use serde_json::Value;

use super::{
    Part, Policy,
    api::{PAGE, find, id, if_match, list_of, object},
    ops,
    part::id_of,
    represent,
    set::{Set, no_segment},
};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, created, entity, no_content},
    http::ApiError,
};

pub(super) async fn list(request: &Request, set: Set, part: Part) -> Result<Response, ApiError> {
    let policy = find(request, set).await?;
    check(request, &policy, part)?;
    let items = part.items(&policy.document);
    Ok(collection(request, &context(&policy, part), apply(&request.query, items, PAGE)?))
}

pub(super) async fn get(request: &Request, set: Set, part: Part) -> Result<Response, ApiError> {
    let policy = find(request, set).await?;
    check(request, &policy, part)?;
    let item = item(&policy, part, request.key(4))?;
    Ok(entity(request, &context(&policy, part), item))
}

pub(super) async fn add(request: &mut Request, part: Part) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = reachable(request, part).await?;
    let new = Value::Object(object(request).await?);
    let (policy, key) =
        ops::add(&request.app, &proof, policy.id, if_match(&request.headers).as_deref(), part, new).await?;
    let item = item(&policy, part, &key)?;
    let context = context(&policy, part);
    Ok(created(request, &context, &format!("{context}('{}')", key.replace('\'', "''")), item))
}

pub(super) async fn change(request: &mut Request, part: Part) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = reachable(request, part).await?;
    let patch = object(request).await?;
    let tag = if_match(&request.headers);
    let key = request.key(4);
    let (policy, key) =
        ops::change_item(&request.app, &proof, policy.id, tag.as_deref(), (part, key), &patch).await?;
    let item = item(&policy, part, &key)?;
    Ok(entity(request, &context(&policy, part), item))
}

pub(super) async fn remove(request: &Request, part: Part) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = reachable(request, part).await?;
    let tag = if_match(&request.headers);
    ops::remove(&request.app, &proof, policy.id, tag.as_deref(), part, request.key(4)).await?;
    Ok(no_content())
}

/// `assign`, `changeSettings`: the whole list anew.
pub(super) async fn replace(request: &mut Request, part: Part) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = reachable(request, part).await?;
    let body = request.document().await?;
    let items = list_of(&body, part.name())?;
    let tag = if_match(&request.headers);
    ops::replace(&request.app, &proof, policy.id, tag.as_deref(), part, items).await?;
    Ok(no_content())
}

/// `targetApps`: the apps anew, and the app group when one is given.
pub(super) async fn target_apps(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = reachable(request, Part::Apps).await?;
    let body = request.document().await?;
    let group = match body.get("appGroupType") {
        None | Some(Value::Null) => None,
        Some(given) => Some(given.as_str().and_then(AppGroup::from_name).ok_or_else(|| {
            let allowed = "selectedPublicApps, allCoreMicrosoftApps, allMicrosoftApps, allApps";
            Failure::invalid("appGroupType", given, "is not an app group", allowed)
        })?),
    };
    // A group of apps needs no list beside it.
    let apps = match (&group, body.get("apps")) {
        (Some(_), None | Some(Value::Null)) => Vec::new(),
        _ => list_of(&body, "apps")?,
    };
    let tag = if_match(&request.headers);
    ops::target_apps(&request.app, &proof, policy.id, tag.as_deref(), apps, group).await?;
    Ok(no_content())
}

/// Actions find a policy whatever set they are addressed to, as published samples mix them up.
async fn reachable(request: &Request, part: Part) -> Result<Policy, ApiError> {
    let proof = authorize(&request.actor, act::ReadPolicies)?;
    let sight = request.sight().await?;
    let policy = ops::get(&mut *request.app.db.read().await?, proof.tenant(), id(request)?).await?;
    if !sight.sees_stored(policy.id, &policy.document) {
        return Err(Failure::not_found("policy", request.key(2)).into());
    }
    if !Set::All.holds(&policy, request.version) {
        return Err(Failure::not_found("policy of this version", request.key(2)).into());
    }
    check(request, &policy, part)?;
    Ok(policy)
}

fn check(request: &Request, policy: &Policy, part: Part) -> Result<(), ApiError> {
    if part.is_of(policy.document.kind, request.version) {
        return Ok(());
    }
    if part.is_of(policy.document.kind, ApiVersion::Beta) {
        return Err(no_segment(part.name()));
    }
    let detail = format!("a `{}` has no `{}`", policy.document.kind.graph_type(), part.name());
    Err(ApiError::new(StatusCode::NOT_FOUND, "segment_unknown", detail))
}

fn item(policy: &Policy, part: Part, key: &str) -> Result<Value, ApiError> {
    let mut items = part.items(&policy.document).into_iter();
    items.find(|item| id_of(item).eq_ignore_ascii_case(key)).ok_or_else(|| part.missing(key).into())
}

fn context(policy: &Policy, part: Part) -> String {
    format!("{}/{}", represent::place(policy), part.name())
}
