//! Who asks, the organisation, its licences, and objects by id.

use axum::response::Response;
use ringfence_model::TenantId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PAGE, expand, id_list, page, under};
use crate::{
    authz::{act, authorize},
    db::DbError,
    directory::{Member, User, ops, represent, seen},
    failure::Failure,
    graph::{Page, Request, apply, collection, entity},
    http::ApiError,
    tenant,
};

/// `/me`, and below it what is below the user in the directory.
pub(super) async fn me(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let user = myself(request).await?;
    if request.path.len() > 1 {
        let Some(user) = user else {
            return Err(ApiError::not_found("the token stands for nobody in the directory"));
        };
        request.path.splice(0..1, ["users".to_owned(), user.id.to_string()]);
        return under(request).await;
    }
    if request.method != "GET" {
        return Ok(None);
    }
    let actor = &request.actor;
    let roles: Vec<_> = actor.roles.iter().map(|role| role.title()).collect();
    let mut shown = user.map_or_else(
        || {
            let id = actor.id.split_once(':').map_or(actor.id.as_str(), |(_, id)| id);
            json!({
                "id": id, "displayName": actor.name, "userPrincipalName": actor.name, "mail": null,
                "accountEnabled": true, "assignedLicenses": [],
            })
        },
        |user| represent::user(&user, false),
    );
    shown["ringfenceRoles"] = json!(roles);
    expand::fill(request, std::slice::from_mut(&mut shown)).await?;
    Ok(Some(entity(request, "users", shown)))
}

/// The person in the directory that the caller is: by a provider's token, or by the same sign-in name.
async fn myself(request: &Request) -> Result<Option<User>, DbError> {
    let actor = &request.actor;
    let mut conn = request.app.db.read().await?;
    let key = match actor.id.split_once(':') {
        Some(("user", id)) => id,
        Some(("account", _)) => actor.name.as_str(),
        _ => return Ok(None),
    };
    ops::find_user(&mut conn, actor.tenant, key).await
}

async fn tenant_of(request: &Request) -> Result<Option<Value>, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let found = tenant::ops::find(&mut *request.app.db.read().await?, proof.tenant()).await?;
    Ok(found.map(|tenant| {
        let created = crate::graph::timestamp(tenant.created_at);
        json!({
            "id": tenant.id, "displayName": tenant.name, "createdDateTime": created, "assignedPlans": [],
            "provisionedPlans": [], "verifiedDomains": [], "countryLetterCode": null, "preferredLanguage": null,
        })
    }))
}

pub(super) async fn organizations(request: &Request) -> Result<Response, ApiError> {
    let items = tenant_of(request).await?.into_iter().collect();
    Ok(collection(request, "organization", apply(&request.query, items, PAGE)?))
}

pub(super) async fn organization(request: &Request) -> Result<Response, ApiError> {
    let found = tenant_of(request).await?;
    let wanted = request.key(1).parse::<TenantId>().ok();
    match found {
        Some(found) if wanted == Some(request.actor.tenant) => Ok(entity(request, "organization", found)),
        _ => Err(Failure::not_found("organisation", request.key(1)).into()),
    }
}

async fn only_sku(request: &Request) -> Result<Value, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let sight = request.sight().await?;
    let mut conn = request.app.db.read().await?;
    let consumed = ops::count_licences(&mut conn, proof.tenant(), &sight).await?;
    let tenant = tenant::ops::find(&mut conn, proof.tenant()).await?;
    let mut sku = represent::sku(consumed);
    sku["accountId"] = json!(proof.tenant());
    sku["accountName"] = json!(tenant.map(|tenant| tenant.name));
    Ok(sku)
}

pub(super) async fn skus(request: &Request) -> Result<Response, ApiError> {
    let items = vec![only_sku(request).await?];
    Ok(collection(request, "subscribedSkus", apply(&request.query, items, PAGE)?))
}

pub(super) async fn sku(request: &Request) -> Result<Response, ApiError> {
    let sku = only_sku(request).await?;
    if sku["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(request.key(1))) {
        return Ok(entity(request, "subscribedSkus", sku));
    }
    Err(Failure::not_found("subscribed product", request.key(1)).into())
}

/// The objects that ids stand for, as far as they are in sight.
async fn found(request: &Request, ids: &[Uuid]) -> Result<Vec<Value>, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let sight = request.sight().await?;
    let mut conn = request.app.db.snapshot().await?;
    let known = ops::find_members(&mut conn, proof.tenant(), ids).await?;
    let members = ids.iter().filter_map(|id| known.get(id)).copied();
    let members: Vec<Member> = members.filter(|member| seen::sees(&sight, *member)).collect();
    let items = page::objects(&mut conn, proof.tenant(), &members).await?;
    drop(conn);
    seen::note(request, members).await?;
    Ok(items)
}

pub(super) async fn get_by_ids(request: &mut Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::ReadDirectory)?;
    let body: Value = request.json().await?;
    let Some(given) = body.get("ids").and_then(Value::as_array) else {
        let given = body.get("ids").unwrap_or(&Value::Null);
        return Err(Failure::invalid("ids", given, "is missing", "a list of ids").into());
    };
    let ids = id_list("ids", given)?;
    let types = body.get("types").and_then(Value::as_array).cloned().unwrap_or_default();
    let wanted = |item: &Value| {
        let kind = item["@odata.type"].as_str().unwrap_or_default();
        let kind = kind.trim_start_matches("#microsoft.graph.");
        types.is_empty()
            || types
                .iter()
                .filter_map(Value::as_str)
                .any(|name| name.eq_ignore_ascii_case(kind) || name.eq_ignore_ascii_case("directoryObject"))
    };
    let mut items = found(request, &ids).await?;
    items.retain(wanted);
    let page = Page { items, count: None, next: None };
    Ok(collection(request, "directoryObjects", page))
}

pub(super) async fn object(request: &Request) -> Result<Response, ApiError> {
    let id: Uuid = super::key(request, 1, "user or group")?;
    match found(request, &[id]).await?.pop() {
        Some(item) => Ok(entity(request, "directoryObjects", item)),
        None => Err(Failure::not_found("user or group", id).into()),
    }
}
