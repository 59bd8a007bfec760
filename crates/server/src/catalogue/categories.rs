//! `/deviceAppManagement/mobileAppCategories`, and which of them an app is in.

use axum::response::Response;
use ringfence_model::AppEntryId;
use serde_json::{Map, Value, json};

use super::{Category, ops, represent, sql};
use crate::{
    audit::{self, Record},
    authz::{Proof, act, authorize},
    failure::Failure,
    graph::{Request, apply, collection, created, entity, no_content},
    http::ApiError,
};

const CONTEXT: &str = "deviceAppManagement/mobileAppCategories";
const PAGE: usize = 1000;

/// Answers `mobileAppCategories…`.
pub(super) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let response = match (request.method.as_str(), request.path.len()) {
        ("GET", 2) => list(request).await,
        ("POST", 2) => create(request).await,
        ("GET", 3) => get(request).await,
        ("PATCH", 3) => update(request).await,
        ("DELETE", 3) => delete(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

/// Answers `mobileApps/{id}/categories…`.
pub(super) async fn handle_of_app(
    request: &mut Request,
    app: AppEntryId,
) -> Result<Option<Response>, ApiError> {
    let lower = request.lower();
    let rest: Vec<&str> = lower.iter().skip(4).map(String::as_str).collect();
    let response = match (request.method.as_str(), rest.as_slice()) {
        ("GET", []) => list_of_app(request, app).await,
        ("GET", [_]) => get_of_app(request, app).await,
        ("POST", ["$ref"]) => add_to_app(request, app).await,
        ("DELETE", [_, "$ref"]) => remove_from_app(request, app).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let items = all(request).await?.iter().map(represent::category).collect();
    Ok(collection(request, CONTEXT, apply(&request.query, items, PAGE)?))
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    let found = find(all(request).await?, request.key(2))?;
    Ok(entity(request, CONTEXT, represent::category(&found)))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let body: Map<String, Value> = request.json().await?;
    let id = request.app.env.make_id(AppEntryId::make);
    let made = put(request, &proof, id, &body, "category.create").await?;
    Ok(created(request, CONTEXT, &format!("{CONTEXT}/{id}"), represent::category(&made)))
}

async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let body: Map<String, Value> = request.json().await?;
    let found = find(all(request).await?, request.key(2))?;
    let changed = put(request, &proof, found.id, &body, "category.update").await?;
    Ok(entity(request, CONTEXT, represent::category(&changed)))
}

async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let found = find(all(request).await?, request.key(2))?;
    let mut tx = request.app.db.write().await?;
    sql::delete_category(&mut tx, proof.tenant(), found.id).await?;
    let object = format!("category:{}", found.id);
    let record = Record { act: "category.delete", object, ..Record::default() };
    audit::ops::append(&mut tx, &request.app.env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(no_content())
}

async fn put(
    request: &Request,
    proof: &Proof<act::WriteApps>,
    id: AppEntryId,
    body: &Map<String, Value>,
    act: &str,
) -> Result<Category, ApiError> {
    let found = body.get("displayName").unwrap_or(&Value::Null);
    let name =
        found.as_str().ok_or_else(|| Failure::invalid("displayName", found, "is not a text", "a name"))?;
    ops::check_name(name)?;
    let category = Category { id, display_name: name.to_owned(), modified_at: request.app.env.now() };
    let mut tx = request.app.db.write().await?;
    sql::put_category(&mut tx, proof.tenant(), &category).await?;
    let after = json!({ "displayName": name }).to_string();
    let object = format!("category:{id}");
    let record = Record { act, object, after: Some(after.as_bytes()), ..Record::default() };
    audit::ops::append(&mut tx, &request.app.env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(category)
}

/// Every category.
pub(super) async fn all(request: &Request) -> Result<Vec<Category>, ApiError> {
    let proof = authorize(&request.actor, act::ReadApps)?;
    Ok(sql::list_categories(&mut *request.app.db.read().await?, proof.tenant()).await?)
}

fn find(all: Vec<Category>, key: &str) -> Result<Category, ApiError> {
    let found = all.into_iter().find(|category| category.id.to_string().eq_ignore_ascii_case(key));
    found.ok_or_else(|| Failure::not_found("category", key).into())
}

async fn list_of_app(request: &Request, app: AppEntryId) -> Result<Response, ApiError> {
    let items = of_app(request, app).await?.iter().map(represent::category).collect();
    let context = format!("deviceAppManagement/mobileApps('{app}')/categories");
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

async fn get_of_app(request: &Request, app: AppEntryId) -> Result<Response, ApiError> {
    let found = find(of_app(request, app).await?, request.key(4))?;
    let context = format!("deviceAppManagement/mobileApps('{app}')/categories");
    Ok(entity(request, &context, represent::category(&found)))
}

async fn of_app(request: &Request, app: AppEntryId) -> Result<Vec<Category>, ApiError> {
    let categories = all(request).await?;
    let app = ops::get(&mut *request.app.db.read().await?, request.actor.tenant, app).await?;
    Ok(represent::of_app(&app, &categories).cloned().collect())
}

/// `{"@odata.id": "https://…/mobileAppCategories/{id}"}`: any host, the last segment counts.
async fn add_to_app(request: &mut Request, app: AppEntryId) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let body: Map<String, Value> = request.json().await?;
    let found = body.get("@odata.id").unwrap_or(&Value::Null);
    let last =
        found.as_str().and_then(|link| link.trim_end_matches(['/', ')', '\'']).rsplit(['/', '\'']).next());
    let category = find(all(request).await?, last.unwrap_or_default())?;
    ops::update(&request.app, &proof, app, |app| {
        let mut ids: Vec<String> = app.categories().into_iter().map(str::to_owned).collect();
        ids.push(category.id.to_string());
        ids.sort();
        ids.dedup();
        app.body.insert("categories".to_owned(), json!(ids));
        Ok(())
    })
    .await?;
    Ok(no_content())
}

async fn remove_from_app(request: &Request, app: AppEntryId) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteApps)?;
    let key = request.key(4).to_ascii_lowercase();
    ops::update(&request.app, &proof, app, |app| {
        let mut ids: Vec<String> = app.categories().into_iter().map(str::to_owned).collect();
        if !ids.contains(&key) {
            return Err(Failure::not_found("category of this app", &key));
        }
        ids.retain(|id| *id != key);
        app.body.insert("categories".to_owned(), json!(ids));
        Ok(())
    })
    .await?;
    Ok(no_content())
}
