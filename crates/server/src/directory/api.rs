//! `/users`, `/groups`, `/me`, `/organization`, `/subscribedSkus`, `/directoryObjects`.

use std::str::FromStr;

use axum::response::Response;
use ringfence_model::{FieldError, GroupId, UserId};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Licence, Member, NewUser, Order, UserPatch, Window, groups, ops, represent, seen};
use crate::{
    authz::{Sight, act, authorize},
    db::Conn,
    failure::Failure,
    graph::{Page, Request, apply, collection, created, entity, no_content},
    http::ApiError,
    tenant,
};

const PAGE: usize = 100;
const PAGE_MAX: usize = 999;

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let response = match (method.as_str(), parts.as_slice()) {
        ("GET", ["users"]) => list_users(request).await,
        ("POST", ["users"]) => create_user(request).await,
        ("GET", ["users", _]) => get_user(request).await,
        ("PATCH", ["users", _]) => update_user(request).await,
        ("DELETE", ["users", _]) => delete_user(request).await,
        ("POST", ["users", _, "assignlicense"]) => assign_licence(request).await,
        ("GET", ["users", _, "licensedetails"]) => licence_details(request).await,
        ("GET", ["users", _, "memberof"]) => member_of(request, false).await,
        ("GET", ["users", _, "transitivememberof"]) => member_of(request, true).await,
        ("GET", ["groups"]) => list_groups(request).await,
        ("POST", ["groups"]) => create_group(request).await,
        ("GET", ["groups", _]) => get_group(request).await,
        ("PATCH", ["groups", _]) => update_group(request).await,
        ("DELETE", ["groups", _]) => delete_group(request).await,
        ("GET", ["groups", _, "members"]) => members(request, false).await,
        ("GET", ["groups", _, "transitivemembers"]) => members(request, true).await,
        ("POST", ["groups", _, "members", "$ref"]) => add_member(request).await,
        ("DELETE", ["groups", _, "members", _, "$ref"]) => remove_member(request).await,
        ("GET", ["me"]) => Ok(me(request)),
        ("GET", ["organization"]) => organization(request).await,
        ("GET", ["subscribedskus"]) => skus(request).await,
        ("POST", ["directoryobjects", "getbyids"]) => get_by_ids(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

async fn list_users(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let sight = request.sight().await?;
    let (mut conn, tenant, (skip, limit)) =
        (request.app.db.snapshot().await?, proof.tenant(), window(request, &sight));
    let by_name = Window { order: Order::Name, skip, ..Window::first(&[], limit) };
    let mut users = ops::page_users(&mut conn, tenant, by_name).await?;
    users.retain(|user| sight.sees_user(user.id));
    let next_skip = cut(request, &sight, &mut users);
    let shown: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let of = is_paged(request, &sight).then_some(shown.as_slice());
    let mut licences = ops::list_licences(&mut conn, tenant, of).await?;
    let mut items = Vec::with_capacity(users.len());
    for user in &mut users {
        user.licences = licences.remove(&user.id).unwrap_or_default();
        items.push(represent::user(user, false));
    }
    drop(conn);
    seen::note(request, shown.into_iter().map(Member::User)).await?;
    finish(request, &sight, "users", items, next_skip)
}

async fn list_groups(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let sight = request.sight().await?;
    let (skip, limit) = window(request, &sight);
    let mut conn = request.app.db.read().await?;
    let by_name = Window { order: Order::Name, skip, ..Window::first(&[], limit) };
    let mut groups = ops::page_groups(&mut conn, proof.tenant(), by_name).await?;
    groups.retain(|group| sight.sees_group(group.id));
    let next_skip = cut(request, &sight, &mut groups);
    let items = groups.iter().map(|group| represent::group(group, false)).collect();
    finish(request, &sight, "groups", items, next_skip)
}

fn top(request: &Request) -> usize {
    request.query.top.unwrap_or(PAGE).min(PAGE_MAX)
}

/// Whether the database cuts the pages: not when something is filtered here, or out of sight.
fn is_paged(request: &Request, sight: &Sight) -> bool {
    request.query.is_plain() && sight.is_everything()
}

/// What the database is asked for: one more than a page, or everything when filtering and ordering happen here.
fn window(request: &Request, sight: &Sight) -> (i64, i64) {
    if is_paged(request, sight) {
        (ops::number(request.query.skip), ops::number(top(request).saturating_add(1)))
    } else {
        (0, i64::MAX)
    }
}

/// Drops the one beyond the page; answers how many the next page skips.
fn cut<T>(request: &Request, sight: &Sight, items: &mut Vec<T>) -> Option<usize> {
    let top = top(request);
    if !is_paged(request, sight) || items.len() <= top || top == 0 {
        return None;
    }
    items.truncate(top);
    Some(request.query.skip.saturating_add(top))
}

fn finish(
    request: &Request,
    sight: &Sight,
    context: &str,
    items: Vec<Value>,
    next_skip: Option<usize>,
) -> Result<Response, ApiError> {
    let page = if is_paged(request, sight) {
        Page { items, count: None, next_skip }
    } else {
        apply(&request.query, items, PAGE)?
    };
    Ok(collection(request, context, page))
}

/// The part of a body that is a user.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserBody {
    user_principal_name: Option<String>,
    display_name: Option<String>,
    account_enabled: Option<bool>,
    password_profile: Option<PasswordProfile>,
    id: Option<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct PasswordProfile {
    password: Option<String>,
}

async fn create_user(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let body: UserBody = request.json().await?;
    let password = body.password_profile.and_then(|profile| profile.password);
    if password.is_some() {
        authorize(&request.actor, act::ManagePasswords)?;
    }
    let missing = |name: &str| {
        let error = FieldError::new(name, &Value::Null, "is missing");
        ApiError::from(Failure::Invalid(vec![error]))
    };
    let new = NewUser {
        id: given_id::<UserId>(body.id.as_ref())?,
        upn: body.user_principal_name.ok_or_else(|| missing("userPrincipalName"))?,
        display_name: body.display_name.ok_or_else(|| missing("displayName"))?,
        enabled: body.account_enabled.unwrap_or(true),
        body: body.rest,
        password,
    };
    let user = ops::create_user(&request.app, &proof, new).await?;
    Ok(created(request, "users", &format!("users/{}", user.id), represent::user(&user, false)))
}

async fn get_user(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let user = seen::user(request, proof.actor(), request.key(1)).await?;
    seen::note(request, [Member::User(user.id)]).await?;
    Ok(entity(request, "users", represent::user(&user, false)))
}

async fn update_user(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let body: UserBody = request.json().await?;
    let password = body.password_profile.and_then(|profile| profile.password);
    if password.is_some() {
        authorize(&request.actor, act::ManagePasswords)?;
    }
    let patch = UserPatch {
        upn: body.user_principal_name,
        display_name: body.display_name,
        enabled: body.account_enabled,
        body: body.rest,
        password,
    };
    let user = seen::user(request, proof.actor(), request.key(1)).await?;
    ops::update_user(&request.app, &proof, &user.id.to_string(), patch).await?;
    Ok(no_content())
}

async fn delete_user(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let user = seen::user(request, proof.actor(), request.key(1)).await?;
    ops::delete_user(&request.app, &proof, &user.id.to_string()).await?;
    Ok(no_content())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignLicence {
    #[serde(default)]
    add_licenses: Vec<AddLicence>,
    #[serde(default)]
    remove_licenses: Vec<Uuid>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddLicence {
    sku_id: Uuid,
    #[serde(default)]
    disabled_plans: Vec<Uuid>,
}

async fn assign_licence(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::AssignLicences)?;
    let body: AssignLicence = request.json().await?;
    let add = body
        .add_licenses
        .into_iter()
        .map(|add| Licence { sku: add.sku_id, disabled_plans: add.disabled_plans });
    let add: Vec<Licence> = add.collect();
    let user = seen::user(request, proof.actor(), request.key(1)).await?;
    let user =
        ops::assign_licences(&request.app, &proof, &user.id.to_string(), &add, &body.remove_licenses).await?;
    Ok(entity(request, "users", represent::user(&user, false)))
}

async fn licence_details(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let user = seen::user(request, proof.actor(), request.key(1)).await?;
    seen::note(request, [Member::User(user.id)]).await?;
    let items = user.licences.iter().map(represent::licence_details).collect();
    let context = format!("users('{}')/licenseDetails", user.id);
    Ok(collection(request, &context, apply(&request.query, items, PAGE)?))
}

async fn member_of(request: &Request, nested: bool) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let sight = request.sight().await?;
    let user = seen::user(request, proof.actor(), request.key(1)).await?;
    seen::note(request, [Member::User(user.id)]).await?;
    let (mut conn, tenant) = (request.app.db.snapshot().await?, proof.tenant());
    let member = Member::User(user.id);
    let ids: Vec<GroupId> = if nested {
        ops::list_ancestors(&mut conn, tenant, member).await?.into_iter().collect()
    } else {
        ops::list_parents(&mut conn, tenant, member).await?
    };
    let mut items = Vec::new();
    for id in ids.into_iter().filter(|id| sight.sees_group(*id)) {
        items.extend(
            ops::find_group(&mut conn, tenant, id).await?.map(|group| represent::group(&group, true)),
        );
    }
    Ok(collection(request, "directoryObjects", apply(&request.query, items, PAGE)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupBody {
    display_name: Option<String>,
    id: Option<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

async fn create_group(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let body: GroupBody = request.json().await?;
    let (id, name) = (given_id::<GroupId>(body.id.as_ref())?, body.display_name.unwrap_or_default());
    let group = groups::create_group(&request.app, &proof, id, &name, body.rest).await?;
    Ok(created(request, "groups", &format!("groups/{}", group.id), represent::group(&group, false)))
}

async fn get_group(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let group = seen::group(request, proof.actor()).await?;
    Ok(entity(request, "groups", represent::group(&group, false)))
}

async fn update_group(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let id = seen::group(request, proof.actor()).await?.id;
    let body: GroupBody = request.json().await?;
    groups::update_group(&request.app, &proof, id, body.display_name.as_deref(), body.rest).await?;
    Ok(no_content())
}

async fn delete_group(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let group = seen::group(request, proof.actor()).await?;
    groups::delete_group(&request.app, &proof, group.id).await?;
    Ok(no_content())
}

async fn members(request: &Request, nested: bool) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let group = seen::group(request, proof.actor()).await?.id;
    let sight = request.sight().await?;
    let (mut conn, tenant) = (request.app.db.snapshot().await?, proof.tenant());
    let members: Vec<Member> = if nested {
        ops::list_descendants(&mut conn, tenant, group).await?.into_iter().collect()
    } else {
        let direct = ops::list_members(&mut conn, tenant, Some(group)).await?;
        direct.into_iter().map(|(_, member)| member).collect()
    };
    let members: Vec<Member> = members.into_iter().filter(|member| seen::sees(&sight, *member)).collect();
    let mut items = Vec::with_capacity(members.len());
    for member in &members {
        items.extend(object(&mut conn, tenant, *member).await?);
    }
    drop(conn);
    seen::note(request, members).await?;
    Ok(collection(request, "directoryObjects", apply(&request.query, items, PAGE)?))
}

async fn object(
    conn: &mut Conn,
    tenant: ringfence_model::TenantId,
    member: Member,
) -> Result<Option<Value>, ApiError> {
    Ok(match member {
        Member::User(id) => {
            ops::find_user(conn, tenant, &id.to_string()).await?.map(|user| represent::user(&user, true))
        }
        Member::Group(id) => {
            ops::find_group(conn, tenant, id).await?.map(|group| represent::group(&group, true))
        }
    })
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "@odata.id")]
    id: String,
}

async fn add_member(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let group = seen::group(request, proof.actor()).await?.id;
    let body: Reference = request.json().await?;
    // Any host and version: only the last segment counts.
    let last = body.id.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let member: Uuid = last.parse().map_err(|_| {
        Failure::invalid("@odata.id", &json!(body.id), "does not end in an id", "…/directoryObjects/<id>")
    })?;
    seen::check_member(request, proof.actor(), member).await?;
    groups::add_member(&request.app, &proof, group, member).await?;
    Ok(no_content())
}

async fn remove_member(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let (group, member): (GroupId, Uuid) =
        (seen::group(request, proof.actor()).await?.id, key(request, 3, "member")?);
    groups::remove_member(&request.app, &proof, group, member).await?;
    Ok(no_content())
}

fn me(request: &Request) -> Response {
    let actor = &request.actor;
    let roles: Vec<_> = actor.roles.iter().map(|role| role.title()).collect();
    entity(request, "users", json!({ "id": actor.id, "displayName": actor.name, "ringfenceRoles": roles }))
}

async fn organization(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let found = tenant::ops::find(&mut *request.app.db.read().await?, proof.tenant()).await?;
    let items = found.map(|tenant| {
        let created = crate::graph::timestamp(tenant.created_at);
        json!({ "id": tenant.id, "displayName": tenant.name, "createdDateTime": created, "assignedPlans": [] })
    });
    Ok(collection(request, "organization", apply(&request.query, items.into_iter().collect(), PAGE)?))
}

async fn skus(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let consumed = ops::count_licences(&mut *request.app.db.read().await?, proof.tenant()).await?;
    Ok(collection(request, "subscribedSkus", apply(&request.query, vec![represent::sku(consumed)], PAGE)?))
}

#[derive(Deserialize)]
struct ByIds {
    ids: Vec<String>,
}

async fn get_by_ids(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let body: ByIds = request.json().await?;
    let sight = request.sight().await?;
    let (mut conn, mut items, mut people) = (request.app.db.snapshot().await?, Vec::new(), Vec::new());
    for id in body.ids.iter().filter_map(|id| id.parse::<Uuid>().ok()) {
        for member in [Member::User(UserId(id)), Member::Group(GroupId(id))] {
            if seen::sees(&sight, member)
                && let Some(found) = object(&mut conn, proof.tenant(), member).await?
            {
                items.push(found);
                people.push(member);
            }
        }
    }
    drop(conn);
    seen::note(request, people).await?;
    Ok(collection(request, "directoryObjects", apply(&request.query, items, PAGE_MAX)?))
}

fn key<T: FromStr>(request: &Request, index: usize, what: &'static str) -> Result<T, ApiError> {
    request.key(index).parse().map_err(|_| Failure::not_found(what, request.key(index)).into())
}

fn given_id<T: FromStr>(id: Option<&Value>) -> Result<Option<T>, ApiError> {
    let Some(id) = id.filter(|id| !id.is_null()) else { return Ok(None) };
    let parsed = id.as_str().and_then(|text| text.parse().ok());
    parsed.map(Some).ok_or_else(|| Failure::invalid("id", id, "is not an id", "a UUID").into())
}
