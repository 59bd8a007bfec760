//! `/deviceAppManagement/…ManagedAppProtections`, `targetedManagedAppConfigurations`, `managedAppPolicies`.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use ringfence_model::{
    FieldError, PolicyId,
    document::{AppGroup, PolicyDocument, PolicyKind},
};
use serde_json::{Value, json};

use super::{Policy, body, ops, parse_id, represent};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, created, entity, no_content},
    http::ApiError,
};

const ALL: &str = "deviceAppManagement/managedAppPolicies";
const PAGE: usize = 1000;

/// Which set a request addresses: one kind, or all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    All,
    Of(PolicyKind),
}

impl Set {
    fn parse(name: &str) -> Option<Self> {
        if name == "managedapppolicies" {
            return Some(Self::All);
        }
        PolicyKind::from_collection(name).map(Self::Of)
    }

    fn holds(self, policy: &Policy) -> bool {
        match self {
            Self::All => true,
            Self::Of(kind) => policy.document.kind == kind,
        }
    }

    fn context(self) -> String {
        match self {
            Self::All => ALL.to_owned(),
            Self::Of(kind) => represent::context(kind),
        }
    }
}

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ["deviceappmanagement", set, rest @ ..] = parts.as_slice() else { return Ok(None) };
    let Some(set) = Set::parse(set) else { return Ok(None) };
    let response = match (method.as_str(), rest) {
        ("GET", []) => list(request, set).await,
        ("POST", []) => create(request, set).await,
        ("GET", [_]) => get(request, set).await,
        ("PATCH", [_]) => update(request, set).await,
        ("DELETE", [_]) => delete(request, set).await,
        ("GET", [_, "apps"]) => part(request, set, "apps", body::apps).await,
        ("GET", [_, "assignments"]) => part(request, set, "assignments", body::assignments).await,
        ("POST", [_, "targetapps"]) => target_apps(request).await,
        ("POST", [_, "assign"]) => assign(request).await,
        ("POST", [_, "apps"]) => add_app(request).await,
        ("DELETE", [_, "apps", _]) => remove_app(request).await,
        ("POST", [_, "assignments"]) => add_assignment(request).await,
        ("DELETE", [_, "assignments", _]) => remove_assignment(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list(request: &Request, set: Set) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadPolicies)?;
    let policies = ops::list(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let wanted = policies.iter().filter(|policy| set.holds(policy));
    let items = wanted.map(|policy| represent::policy(request, policy, set == Set::All)).collect();
    Ok(collection(request, &set.context(), apply(&request.query, items, PAGE)?))
}

async fn get(request: &Request, set: Set) -> Result<Response, ApiError> {
    let policy = find(request, set).await?;
    let item = represent::policy(request, &policy, set == Set::All);
    Ok(tagged(entity(request, &set.context(), item), &policy))
}

async fn create(request: &mut Request, set: Set) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let value = request.document().await?;
    let document = match set {
        Set::Of(kind) => PolicyDocument::parse_as(kind, value).map_err(one)?,
        Set::All => {
            if value.is_object()
                && value.get("@odata.type").is_none()
                && value.get("@odata.context").is_none()
            {
                let allowed = "the type of the policy, such as #microsoft.graph.iosManagedAppProtection";
                return Err(
                    one(FieldError::new("@odata.type", &Value::Null, "is missing").allowing(allowed)),
                );
            }
            PolicyDocument::parse_value(value).map_err(one)?
        }
    };
    let policy = ops::create(&request.app, &proof, document).await?;
    let location = format!("{}('{}')", set.context(), policy.wire_id());
    let item = represent::policy(request, &policy, set == Set::All);
    Ok(tagged(created(request, &set.context(), &location, item), &policy))
}

async fn update(request: &mut Request, set: Set) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = find(request, set).await?;
    let Value::Object(patch) = request.document().await? else {
        return Err(ApiError::bad_request("invalid_value", "the body must be a JSON object"));
    };
    let if_match =
        request.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let policy = ops::update(&request.app, &proof, policy.id, if_match.as_deref(), &patch).await?;
    // 204 is what clients of these sets insist on; one older set is answered with its entity.
    if request.prefers("return=representation")
        || policy.document.kind == PolicyKind::WindowsInformationProtection
    {
        let item = represent::policy(request, &policy, set == Set::All);
        return Ok(tagged(entity(request, &set.context(), item), &policy));
    }
    Ok(tagged(no_content(), &policy))
}

async fn delete(request: &Request, set: Set) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let policy = find(request, set).await?;
    ops::delete(&request.app, &proof, policy.id).await?;
    Ok(no_content())
}

async fn part(
    request: &Request,
    set: Set,
    name: &str,
    items: fn(&PolicyDocument) -> Vec<Value>,
) -> Result<Response, ApiError> {
    let policy = find(request, set).await?;
    let context = format!("{}('{}')/{name}", represent::context(policy.document.kind), policy.wire_id());
    Ok(collection(request, &context, apply(&request.query, items(&policy.document), PAGE)?))
}

async fn target_apps(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let id = id(request)?;
    let body = request.document().await?;
    let apps = list_of(&body, "apps")?;
    let group = match body.get("appGroupType") {
        None | Some(Value::Null) => None,
        Some(given) => Some(given.as_str().and_then(AppGroup::from_name).ok_or_else(|| {
            let allowed = "selectedPublicApps, allCoreMicrosoftApps, allMicrosoftApps, allApps";
            Failure::invalid("appGroupType", given, "is not an app group", allowed)
        })?),
    };
    ops::target_apps(&request.app, &proof, id, apps, group).await?;
    Ok(no_content())
}

async fn assign(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let id = id(request)?;
    let body = request.document().await?;
    ops::assign(&request.app, &proof, id, list_of(&body, "assignments")?).await?;
    Ok(no_content())
}

async fn add_app(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let id = id(request)?;
    let new = request.document().await?;
    let policy = ops::add_app(&request.app, &proof, id, new.clone()).await?;
    let key = body::app_key(&new);
    Ok(created_part(request, &policy, "apps", body::apps(&policy.document), &key))
}

async fn remove_app(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    ops::remove_app(&request.app, &proof, id(request)?, request.key(4)).await?;
    Ok(no_content())
}

async fn add_assignment(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let id = id(request)?;
    let new = request.document().await?;
    let policy = ops::add_assignment(&request.app, &proof, id, new).await?;
    let all = body::assignments(&policy.document);
    let key = all.last().and_then(|item| item.get("id")?.as_str()).unwrap_or_default().to_owned();
    Ok(created_part(request, &policy, "assignments", all, &key))
}

async fn remove_assignment(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    ops::remove_assignment(&request.app, &proof, id(request)?, request.key(4)).await?;
    Ok(no_content())
}

fn created_part(request: &Request, policy: &Policy, name: &str, items: Vec<Value>, key: &str) -> Response {
    let context = format!("{}('{}')/{name}", represent::context(policy.document.kind), policy.wire_id());
    let item = items.into_iter().find(|item| item.get("id").and_then(Value::as_str) == Some(key));
    created(request, &context, &format!("{context}/{key}"), item.unwrap_or_else(|| json!({})))
}

async fn find(request: &Request, set: Set) -> Result<Policy, ApiError> {
    let proof = authorize(&request.actor, act::ReadPolicies)?;
    let policy = ops::get(&mut *request.app.db.read().await?, proof.tenant(), id(request)?).await?;
    if !set.holds(&policy) {
        return Err(Failure::not_found("policy of this kind", request.key(2)).into());
    }
    Ok(policy)
}

/// Actions find a policy whatever set they are addressed to: published samples mix them up.
fn id(request: &Request) -> Result<PolicyId, ApiError> {
    parse_id(request.key(2)).ok_or_else(|| Failure::not_found("policy", request.key(2)).into())
}

fn list_of(body: &Value, name: &str) -> Result<Vec<Value>, ApiError> {
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
