//! `/deviceManagement/mobileThreatDefenseConnectors`: what an administrator says about threat-defence products. Kept and
//! given back; threat levels reach policies through what phones report, not through here.

mod sql;

use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    audit::{self, Record},
    authz::{Permission, act, authorize, out_of_reach},
    failure::Failure,
    graph::{Request, apply, collection, complete, created, entity, faults, no_content},
    http::ApiError,
};

const SET: &str = "deviceManagement/mobileThreatDefenseConnectors";
const KIND: &str = "mobileThreatDefenseConnector";
const PAGE: usize = 1000;
/// Connectors in a tenant at most.
const MAX: usize = 100;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ["devicemanagement", "mobilethreatdefenseconnectors", rest @ ..] = parts.as_slice() else {
        return Ok(None);
    };
    let response = match (method.as_str(), rest) {
        ("GET", []) => list(request).await,
        ("POST", []) => create(request).await,
        ("GET", [_]) => get(request).await,
        ("PATCH", [_]) => update(request).await,
        ("DELETE", [_]) => delete(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDevices)?;
    let all = sql::list(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let items = all.into_iter().map(|(id, body)| shown(request, &id, body)).collect();
    Ok(collection(request, SET, apply(&request.query, items, PAGE)?))
}

async fn get(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadDevices)?;
    let (id, body) = find(request).await?;
    Ok(entity(request, SET, shown(request, &id, body)))
}

async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDevices)?;
    for_everything(request).await?;
    let given: Map<String, Value> = request.json().await?;
    // Its id is that of the product, so clients may name it.
    let id = match given.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) => id
            .parse::<Uuid>()
            .map_err(|_| Failure::invalid("id", &json!(id), "is not a UUID", "a UUID"))?
            .to_string(),
        None => request.app.env.make_id(ringfence_model::AppEntryId::make).to_string(),
    };
    let body = checked(given)?;
    let all = sql::list(&mut *request.app.db.read().await?, proof.tenant()).await?;
    if all.len() >= MAX || all.iter().any(|(known, _)| *known == id) {
        let detail = format!("there is a connector `{id}` already, or there are {MAX}");
        return Err(ApiError::conflict("connector_exists", detail));
    }
    store(request, &id, None, Some(&body)).await?;
    Ok(created(request, SET, &format!("{SET}/{id}"), shown(request, &id, body)))
}

async fn update(request: &mut Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::WriteDevices)?;
    for_everything(request).await?;
    let (id, before) = find(request).await?;
    let given: Map<String, Value> = request.json().await?;
    let mut after = before.clone();
    for (name, value) in checked(given)? {
        after.insert(name, value);
    }
    store(request, &id, Some(&before), Some(&after)).await?;
    Ok(entity(request, SET, shown(request, &id, after)))
}

async fn delete(request: &Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::WriteDevices)?;
    for_everything(request).await?;
    let (id, before) = find(request).await?;
    store(request, &id, Some(&before), None).await?;
    Ok(no_content())
}

/// A connector concerns everybody.
async fn for_everything(request: &Request) -> Result<(), ApiError> {
    if request.sight().await?.is_everything() {
        return Ok(());
    }
    let detail = "your role is for some groups only: connectors are the whole organisation's";
    Err(out_of_reach(&request.actor, Permission::WriteDevices, detail).into())
}

/// The members that are kept: those of the type, in its forms.
fn checked(given: Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let wrong = faults(KIND, &given);
    if !wrong.is_empty() {
        return Err(Failure::Invalid(wrong).into());
    }
    let kept = |(name, value): &(String, Value)| {
        name != "id" && !name.contains('@') && !name.starts_with('#') && !value.is_null()
    };
    Ok(given.into_iter().filter(kept).collect())
}

async fn find(request: &Request) -> Result<(String, Map<String, Value>), ApiError> {
    let key = request.key(2);
    let all = sql::list(&mut *request.app.db.read().await?, request.actor.tenant).await?;
    let found = all.into_iter().find(|(id, _)| id.eq_ignore_ascii_case(key));
    found.ok_or_else(|| Failure::not_found("connector", key).into())
}

async fn store(
    request: &Request,
    id: &str,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Result<(), ApiError> {
    let app = &request.app;
    let text = |body: Option<&Map<String, Value>>| body.map(|body| Value::Object(body.clone()).to_string());
    let (old, new) = (text(before), text(after));
    let mut tx = app.db.write().await?;
    let act = match (&old, &new) {
        (None, _) => "connector.create",
        (_, Some(_)) => "connector.update",
        (_, None) => "connector.delete",
    };
    match &new {
        Some(body) => sql::upsert(&mut tx, request.actor.tenant, id, body, app.env.now()).await?,
        None => sql::delete(&mut tx, request.actor.tenant, id).await?,
    }
    let record = Record {
        act,
        object: format!("connector:{id}"),
        before: old.as_deref().map(str::as_bytes),
        after: new.as_deref().map(str::as_bytes),
    };
    audit::ops::append(&mut tx, &app.env, &request.actor, record).await?;
    Ok(tx.commit().await?)
}

fn shown(request: &Request, id: &str, mut body: Map<String, Value>) -> Value {
    body.insert("id".to_owned(), json!(id));
    Value::Object(complete(KIND, request.version, body))
}
