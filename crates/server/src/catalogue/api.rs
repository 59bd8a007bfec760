//! `/deviceAppManagement` itself, `mobileApps`, `mobileAppCategories`, `mobileAppConfigurations`. How an app signs in,
//! whether it is a core app and who may have signed it are our own members, `ringfenceSignIn`, `ringfenceCore` and
//! `ringfenceSigners`.

use axum::response::Response;
use ringfence_model::AppEntryId;
use serde_json::{Map, Value, json};

use super::{assignments, body, categories, ops, represent};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, complete, created, entity, no_content},
    http::ApiError,
};

const CONTEXT: &str = "deviceAppManagement/mobileApps";
const PAGE: usize = 1000;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ["deviceappmanagement", rest @ ..] = parts.as_slice() else { return Ok(None) };
    let response = match (method.as_str(), rest) {
        ("GET", []) => area(request),
        ("GET", ["mobileapps"]) => list(request).await,
        ("POST", ["mobileapps"]) => create(request).await,
        ("POST", ["mobileapps", "haspayloadlinks"]) => has_payload_links(request).await,
        ("GET", ["mobileapps", _]) => get(request).await,
        ("PATCH", ["mobileapps", _]) => update(request).await,
        ("DELETE", ["mobileapps", _]) => delete(request).await,
        (_, ["mobileapps", _, "assign" | "assignments", ..]) => {
            let id = id(request)?;
            return assignments::handle(request, id).await;
        }
        (_, ["mobileapps", _, "categories", ..]) => {
            let id = id(request)?;
            return categories::handle_of_app(request, id).await;
        }
        (_, ["mobileappcategories", ..]) => return categories::handle(request).await,
        ("GET", ["managedappstatuses", "managedapplist"]) => managed_app_list(request).await,
        ("GET", ["mobileappconfigurations"]) => configurations(request),
        ("GET", ["mobileappconfigurations", _]) => {
            authorize(&request.actor, act::ReadApps)?;
            Err(Failure::not_found("configuration for enrolled devices", request.key(2)).into())
        }
        _ => return Ok(None),
    };
    response.map(Some)
}

/// The singleton that all sets hang off; nothing of what it says beside them exists here.
fn area(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadApps)?;
    let mut members = Map::new();
    members.insert("id".to_owned(), json!("deviceAppManagement"));
    let item = Value::Object(complete("deviceAppManagement", request.version, members));
    Ok(entity(request, "deviceAppManagement", item))
}

/// The list that consoles offer for targeting.
async fn managed_app_list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadApps)?;
    let entries = ops::list(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let item = json!({
        "@odata.type": "#microsoft.graph.managedAppStatusRaw",
        "displayName": "Managed apps",
        "id": "managedAppList",
        "version": null,
        "content": represent::managed_app_list(&entries),
    });
    Ok(entity(request, "deviceAppManagement/managedAppStatuses", item))
}

/// Configurations for enrolled devices belong to device management: there are none, and that is the whole truth.
fn configurations(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadApps)?;
    let page = apply(&request.query, Vec::new(), PAGE)?;
    Ok(collection(request, "deviceAppManagement/mobileAppConfigurations", page))
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadApps)?;
    let categories = categories::all(request).await?;
    let apps = ops::list_apps(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let items = apps.iter().map(|app| represent::app(request, app, &categories)).collect();
    Ok(collection(request, CONTEXT, apply(&request.query, items, PAGE)?))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let new = body::new(&object(request).await?)?;
    let app = ops::create(&request.app, &proof, new).await?;
    Ok(created(request, CONTEXT, &format!("{CONTEXT}/{}", app.id), represent::app(request, &app, &[])))
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadApps)?;
    let categories = categories::all(request).await?;
    let app = ops::get(&mut *request.app.db.read().await?, proof.tenant(), id(request)?).await?;
    Ok(entity(request, CONTEXT, represent::app(request, &app, &categories)))
}

async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let patch = object(request).await?;
    let id = id(request)?;
    let app = ops::update(&request.app, &proof, id, |app| body::patch(app, &patch)).await?;
    Ok(entity(request, CONTEXT, represent::app(request, &app, &[])))
}

async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    ops::delete(&request.app, &proof, id(request)?).await?;
    Ok(no_content())
}

/// Which of the given apps are assigned.
async fn has_payload_links(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadApps)?;
    let body = object(request).await?;
    let found = body.get("payloadIds").unwrap_or(&Value::Null);
    let ids =
        found.as_array().ok_or_else(|| Failure::invalid("payloadIds", found, "is not a list", "a list"))?;
    let apps = ops::list_apps(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let items = ids
        .iter()
        .map(|id| {
            let found = apps.iter().find(|app| id.as_str() == Some(app.id.to_string().as_str()));
            let linked = found.is_some_and(|app| !app.assignments().is_empty());
            let error = if found.is_some() { "" } else { "there is no such app" };
            let sources = if linked { json!(["direct"]) } else { json!([]) };
            json!({ "payloadId": id, "hasLink": linked, "error": error, "sources": sources })
        })
        .collect();
    let context = "Collection(microsoft.graph.hasPayloadLinkResultItem)";
    Ok(collection(request, context, apply(&request.query, items, PAGE)?))
}

fn id(request: &Request) -> Result<AppEntryId, ApiError> {
    request.key(2).parse().map_err(|_| Failure::not_found("app", request.key(2)).into())
}

async fn object(request: &mut Request) -> Result<Map<String, Value>, ApiError> {
    match request.document().await? {
        Value::Object(members) => Ok(members),
        _ => Err(ApiError::bad_request("invalid_value", "the body must be a JSON object")),
    }
}
