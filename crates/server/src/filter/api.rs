//! `/deviceManagement/assignmentFilters`, under `/beta` as in Graph.

use axum::response::Response;
use ringfence_model::{
    AssignmentFilterId, FieldError,
    document::{ApiVersion, AssignmentTarget},
};
use ringfence_policy::filter::{Filter, FilterPlatform, Operator, Property};
use serde_json::{Map, Value, json};

use super::{AssignmentFilter, ops};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Page, Request, apply, collection, complete, created, entity, no_content, timestamp},
    http::ApiError,
};

const SET: &str = "deviceManagement/assignmentFilters";
const KIND: &str = "deviceAndAppManagementAssignmentFilter";
const PAGE: usize = 1000;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(|part| part.trim_end_matches("()")).collect();
    let ["devicemanagement", "assignmentfilters", rest @ ..] = parts.as_slice() else { return Ok(None) };
    if request.version != ApiVersion::Beta {
        return Ok(None);
    }
    let response = match (method.as_str(), rest) {
        ("GET", []) => list(request).await,
        ("POST", []) => create(request).await,
        ("GET", ["getstate"]) => state(request),
        ("GET", [one]) if one.starts_with("getplatformsupportedproperties") => platform_properties(request),
        ("POST", ["validatefilter"]) => validate(request).await,
        ("GET", [_]) => get(request).await,
        ("PATCH", [_]) => update(request).await,
        ("DELETE", [_]) => delete(request).await,
        ("GET", [_, "payloads"]) => payloads(request).await,
        ("GET", [_, "getsupportedproperties"]) => supported(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadPolicies)?;
    let filters = ops::list(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let mut items = Vec::with_capacity(filters.len());
    for filter in &filters {
        items.push(shown(request, filter, &[]));
    }
    Ok(collection(request, SET, apply(&request.query, items, PAGE)?))
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    let filter = find(request).await?;
    let uses = uses(request, filter.id).await?;
    Ok(entity(request, SET, shown(request, &filter, &uses)))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let body: Map<String, Value> = request.json().await?;
    let filter = ops::create(&request.app, &proof, &body).await?;
    let place = format!("{SET}/{}", filter.id);
    Ok(created(request, SET, &place, shown(request, &filter, &[])))
}

async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    let body: Map<String, Value> = request.json().await?;
    let filter = ops::update(&request.app, &proof, id(request)?, &body).await?;
    let uses = uses(request, filter.id).await?;
    Ok(entity(request, SET, shown(request, &filter, &uses)))
}

async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WritePolicies)?;
    ops::delete(&request.app, &proof, id(request)?).await?;
    Ok(no_content())
}

/// Whether filters are switched on: always.
fn state(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadPolicies)?;
    Ok(entity(request, "microsoft.graph.assignmentFilterState", json!({ "enabled": true })))
}

async fn payloads(request: &Request) -> Result<Response, ApiError> {
    let filter = find(request).await?;
    let items = uses(request, filter.id).await?;
    let context = format!("{SET}('{}')/payloads", filter.id);
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

fn platform_properties(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadPolicies)?;
    let named = request.argument("platform").unwrap_or_default();
    let platform = ops::read_platform("platform", named)?;
    Ok(properties(request, platform))
}

async fn supported(request: &Request) -> Result<Response, ApiError> {
    let filter = find(request).await?;
    Ok(properties(request, filter.platform))
}

fn properties(request: &Request, platform: FilterPlatform) -> Response {
    let of = |property: &Property| {
        let operators: Vec<&str> = property.operators().iter().map(|one| operator_name(*one)).collect();
        json!({
            "dataType": if *property == Property::OperatingSystemVersion { "Version" } else { "String" },
            "isCollection": false,
            "name": format!("app.{}", property.as_str()),
            "propertyRegexConstraint": null,
            "supportedOperators": operators,
            "supportedValues": property.values(platform),
        })
    };
    let items = Property::ALL.iter().filter(|one| one.is_of(platform)).map(of).collect();
    let context = "Collection(microsoft.graph.assignmentFilterSupportedProperty)";
    collection(request, context, Page { items, count: None, next: None })
}

const fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Eq => "equals",
        Operator::Ne => "notEquals",
        Operator::In => "in",
        Operator::NotIn => "notIn",
        Operator::StartsWith => "startsWith",
        Operator::NotStartsWith => "notStartsWith",
        Operator::Contains => "contains",
        Operator::NotContains => "notContains",
        Operator::Gt => "greaterThan",
        Operator::Ge => "greaterThanOrEquals",
        Operator::Lt => "lessThan",
        Operator::Le => "lessThanOrEquals",
    }
}

/// Whether a rule reads. Why not is said in a member of our own.
async fn validate(request: &mut Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadPolicies)?;
    let body: Map<String, Value> = request.json().await?;
    let given = body.get("deviceAndAppManagementAssignmentFilter").unwrap_or(&Value::Null);
    let text = |name: &str| {
        let found = given.get(name).unwrap_or(&Value::Null);
        found.as_str().ok_or_else(|| {
            let path = format!("deviceAndAppManagementAssignmentFilter.{name}");
            Failure::Invalid(vec![FieldError::new(path, found, "is not a text").allowing("a text")])
        })
    };
    let platform = ops::read_platform("deviceAndAppManagementAssignmentFilter.platform", text("platform")?)?;
    let read = Filter::parse(platform, text("rule")?);
    let mut item = json!({ "isValidRule": read.is_ok() });
    if let Err(error) = read {
        item["ringfenceProblem"] = json!(error.to_string());
    }
    Ok(entity(request, "microsoft.graph.assignmentFilterValidationResult", item))
}

fn shown(request: &Request, filter: &AssignmentFilter, payloads: &[Value]) -> Value {
    let members = json!({
        "id": filter.id,
        "createdDateTime": timestamp(filter.created_at),
        "lastModifiedDateTime": timestamp(filter.modified_at),
        "displayName": filter.display_name,
        "description": filter.description,
        "platform": filter.platform.as_str(),
        "rule": filter.rule,
        "roleScopeTags": filter.scope_tags,
        "assignmentFilterManagementType": "apps",
        "payloads": payloads,
    });
    match members {
        Value::Object(members) => Value::Object(complete(KIND, request.version, members)),
        other => other,
    }
}

/// Assignments in sight that a filter narrows.
async fn uses(request: &Request, id: AssignmentFilterId) -> Result<Vec<Value>, ApiError> {
    let sight = request.sight().await?;
    let found = ops::users(&mut *request.app.db.read().await?, request.actor.tenant, id).await?;
    let seen = found.into_iter().filter(|(policy, _)| sight.sees_stored(policy.id, &policy.document));
    let seen = seen.filter(|(_, one)| match one.target {
        AssignmentTarget::Include(group) | AssignmentTarget::Exclude(group) => sight.sees_group_name(group),
        AssignmentTarget::AllLicensedUsers => true,
    });
    let item = |(policy, one): (crate::policies::Policy, ringfence_model::document::Assignment)| {
        let group = match one.target {
            AssignmentTarget::Include(group) | AssignmentTarget::Exclude(group) => Some(group),
            AssignmentTarget::AllLicensedUsers => None,
        };
        json!({
            "payloadId": policy.wire_id(),
            "payloadType": "application",
            "groupId": group,
            "assignmentFilterType": one.filter.map_or("none", |(_, mode)| mode.as_str()),
        })
    };
    Ok(seen.map(item).collect())
}

fn id(request: &Request) -> Result<AssignmentFilterId, ApiError> {
    request.key(2).parse().map_err(|_| Failure::not_found("filter", request.key(2)).into())
}

async fn find(request: &Request) -> Result<AssignmentFilter, ApiError> {
    let proof = authorize(&request.actor, act::ReadPolicies)?;
    Ok(ops::get(&mut *request.app.db.read().await?, proof.tenant(), id(request)?).await?)
}
