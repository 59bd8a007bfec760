//! `/deviceAppManagement/…ManagedAppProtections`, `targetedManagedAppConfigurations`, `managedAppPolicies` and the
//! Windows sets: the policies themselves. Lists inside them: [`super::parts`].

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use ringfence_model::{
    FieldError, PolicyId,
    document::{PolicyDocument, PolicyKind},
};
use serde_json::{Map, Value, json};

use super::{Part, Policy, ops, parse_id, parts, represent, set::Set, summary::Reached};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, created, entity, no_content},
    http::ApiError,
};

pub(super) const PAGE: usize = 1000;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ["deviceappmanagement", set, rest @ ..] = parts.as_slice() else { return Ok(None) };
    let Some(set) = Set::parse(set, request.version)? else { return Ok(None) };
    let response = match (method.as_str(), rest) {
        ("GET", []) => list(request, set).await,
        ("POST", []) => create(request, set).await,
        ("POST", ["haspayloadlinks"]) => has_payload_links(request).await,
        ("GET", [_]) => get(request, set).await,
        ("PATCH", [_]) => update(request, set).await,
        ("DELETE", [_]) => delete(request, set).await,
        ("GET", [_, "deploymentsummary"]) => deployment_summary(request, set).await,
        ("POST", [_, "targetapps"]) => parts::target_apps(request).await,
        ("POST", [_, "assign"]) => parts::replace(request, Part::Assignments).await,
        ("POST", [_, "changesettings"]) => parts::replace(request, Part::Settings).await,
        (method, [_, name, key @ ..]) => {
            let Some(part) = Part::from_name(name) else { return Ok(None) };
            match (method, key) {
                ("GET", []) => parts::list(request, set, part).await,
                ("POST", []) => parts::add(request, part).await,
                ("GET", [_]) => parts::get(request, set, part).await,
                ("PATCH", [_]) => parts::change(request, part).await,
                ("DELETE", [_]) => parts::remove(request, part).await,
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list(request: &Request, set: Set) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadPolicies)?;
    let sight = request.sight().await?;
    let policies = ops::list(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let reached = reached(request).await?;
    let wanted = policies.into_iter().filter(|policy| set.holds(policy, request.version));
    let seen = wanted.filter(|policy| sight.sees_stored(policy.id, &policy.document));
    let items = seen
        .map(|policy| Policy { document: sight.shown(&policy.document), ..policy })
        .map(|policy| represent::policy(request, &policy, set == Set::All, reached.as_ref()))
        .collect();
    Ok(collection(request, &set.context(), apply(&request.query, items, PAGE)?))
}

async fn get(request: &Request, set: Set) -> Result<Response, ApiError> {
    let policy = find(request, set).await?;
    let reached = reached(request).await?;
    let item = represent::policy(request, &policy, set == Set::All, reached.as_ref());
    Ok(tagged(entity(request, &set.context(), item), &policy))
}

/// What the summary is made of, when it is asked for.
async fn reached(request: &Request) -> Result<Option<Reached>, ApiError> {
    if request.query.expands("deploymentSummary") {
        return Reached::gather(request).await.map(Some);
    }
    Ok(None)
}

async fn deployment_summary(request: &Request, set: Set) -> Result<Response, ApiError> {
    let policy = find(request, set).await?;
    if !super::summary::is_of(&policy) {
        return Err(super::set::no_segment("deploymentSummary"));
    }
    let item = Reached::gather(request).await?.of(request, &policy);
    Ok(entity(request, &format!("{}/deploymentSummary", represent::place(&policy)), item))
}

async fn create(request: &mut Request, set: Set) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let value = request.document().await?;
    let document = match set {
        Set::Of(kind) => PolicyDocument::parse_as(kind, value).map_err(one)?,
        Set::All => PolicyDocument::parse_named(value).map_err(one)?,
    };
    Set::admits(&document, request.version)?;
    let policy = ops::create(&request.app, &proof, document).await?;
    let location = format!("{}('{}')", set.context(), policy.wire_id());
    let item = represent::policy(request, &policy, set == Set::All, None);
    Ok(tagged(created(request, &set.context(), &location, item), &policy))
}

async fn update(request: &mut Request, set: Set) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = find(request, set).await?;
    let patch = object(request).await?;
    let policy =
        ops::update(&request.app, &proof, policy.id, if_match(&request.headers).as_deref(), &patch).await?;
    // 204 is what clients of these sets insist on; one older set is answered with its entity.
    let entity_expected = policy.document.kind == PolicyKind::WindowsInformationProtection;
    let shown =
        request.prefers("return=representation") || entity_expected && !request.prefers("return=minimal");
    let response = if shown {
        entity(request, &set.context(), represent::policy(request, &policy, set == Set::All, None))
    } else {
        no_content()
    };
    Ok(tagged(response, &policy))
}

async fn delete(request: &Request, set: Set) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = find(request, set).await?;
    ops::delete(&request.app, &proof, policy.id, if_match(&request.headers).as_deref()).await?;
    Ok(no_content())
}

/// Which of the given policies are assigned.
async fn has_payload_links(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadPolicies)?;
    let sight = request.sight().await?;
    let body = request.document().await?;
    let ids = list_of(&body, "payloadIds")?;
    let policies = ops::list(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let items = ids
        .into_iter()
        .map(|id| {
            let wanted = id.as_str().and_then(parse_id);
            let found = policies.iter().find(|policy| Some(policy.id) == wanted);
            let found = found.filter(|policy| sight.sees_stored(policy.id, &policy.document));
            let linked = found.is_some_and(|policy| !policy.document.assignments().is_empty());
            let error = if found.is_some() { "" } else { "there is no such policy" };
            let sources = if linked { json!(["direct"]) } else { json!([]) };
            json!({ "payloadId": id, "hasLink": linked, "error": error, "sources": sources })
        })
        .collect();
    let context = "Collection(microsoft.graph.hasPayloadLinkResultItem)";
    Ok(collection(request, context, apply(&request.query, items, PAGE)?))
}

/// The policy that the path names, as far as the caller sees it.
pub(super) async fn find(request: &Request, set: Set) -> Result<Policy, ApiError> {
    let proof = authorize(&request.actor, act::ReadPolicies)?;
    let sight = request.sight().await?;
    let policy = ops::get(&mut *request.app.db.read().await?, proof.tenant(), id(request)?).await?;
    if !set.holds(&policy, request.version) || !request.admits(3, &policy.document.kind.odata_type()) {
        return Err(Failure::not_found("policy of this kind", request.key(2)).into());
    }
    if !sight.sees_stored(policy.id, &policy.document) {
        return Err(Failure::not_found("policy", request.key(2)).into());
    }
    Ok(Policy { document: sight.shown(&policy.document), ..policy })
}

/// Actions find a policy whatever set they are addressed to: published samples mix them up.
pub(super) fn id(request: &Request) -> Result<PolicyId, ApiError> {
    parse_id(request.key(2)).ok_or_else(|| Failure::not_found("policy", request.key(2)).into())
}

pub(super) fn if_match(headers: &HeaderMap) -> Option<String> {
    headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

pub(super) async fn object(request: &mut Request) -> Result<Map<String, Value>, ApiError> {
    match request.document().await? {
        Value::Object(members) => Ok(members),
        _ => Err(ApiError::bad_request("invalid_value", "the body must be a JSON object")),
    }
}

pub(super) fn list_of(body: &Value, name: &str) -> Result<Vec<Value>, ApiError> {
    let found = body.get(name).unwrap_or(&Value::Null);
    found.as_array().cloned().ok_or_else(|| Failure::invalid(name, found, "is not a list", "a list").into())
}

fn one(error: FieldError) -> ApiError {
    Failure::Invalid(vec![error]).into()
}

fn tagged(mut response: Response, policy: &Policy) -> Response {
    if let Ok(value) = HeaderValue::from_str(&policy.etag()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}
