//! `/users`, `/groups`, `/me`, `/organization`, `/subscribedSkus`, `/directoryObjects`.

mod expand;
mod groups;
mod lookup;
mod members;
mod page;
mod users;

use std::str::FromStr;

use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;

use super::{Member, seen};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::Request,
    http::ApiError,
};

/// Objects in a page, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 999;

/// Ids in one request.
const IDS_MAX: usize = 1000;

/// Names after `/users/` and `/groups/` that are functions, not keys.
const FUNCTIONS: [&str; 8] = [
    "delta",
    "getbyids",
    "getuserownedobjects",
    "getmanagedappblockedusers",
    "getavailableextensionproperties",
    "validatepassword",
    "validateproperties",
    "$ref",
];

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let first = request.key(0).to_ascii_lowercase();
    let second = request.key(1).to_ascii_lowercase();
    if first == "me" {
        return lookup::me(request).await;
    }
    if (first == "users" || first == "groups") && FUNCTIONS.contains(&second.as_str()) && second != "getbyids"
    {
        return Ok(None);
    }
    under(request).await
}

/// Whatever is not below `/me`.
async fn under(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let response = match (method.as_str(), parts.as_slice()) {
        ("GET", ["users"]) => users::list(request).await,
        ("POST", ["users"]) => users::create(request).await,
        ("POST", ["users" | "directoryobjects" | "groups", "getbyids"]) => lookup::get_by_ids(request).await,
        ("GET", ["users", _]) => users::get(request).await,
        ("PATCH", ["users", _]) => users::update(request).await,
        ("DELETE", ["users", _]) => users::delete(request).await,
        ("POST", ["users", _, "assignlicense"]) => users::assign_licence(request).await,
        ("POST", ["users", _, "revokesigninsessions"]) => users::revoke_sessions(request).await,
        ("GET", ["users", _, "licensedetails"]) => users::licence_details(request).await,
        ("GET", ["users", _, "licensedetails", _]) => users::licence_detail(request).await,
        ("GET", ["users" | "groups", _, "memberof"]) => members::of(request, false).await,
        ("GET", ["users" | "groups", _, "transitivememberof"]) => members::of(request, true).await,
        ("POST", ["users" | "groups", _, "checkmembergroups"]) => members::check(request, "groupIds").await,
        ("POST", ["users" | "groups", _, "checkmemberobjects"]) => members::check(request, "ids").await,
        ("POST", ["users" | "groups", _, "getmembergroups" | "getmemberobjects"]) => {
            members::ids(request).await
        }
        ("GET", ["groups"]) => groups::list(request).await,
        ("POST", ["groups"]) => groups::create(request).await,
        ("GET", ["groups", _]) => groups::get(request).await,
        ("PATCH", ["groups", _]) => groups::update(request).await,
        ("DELETE", ["groups", _]) => groups::delete(request).await,
        ("GET", ["groups", _, "members"]) => members::list(request, false).await,
        ("GET", ["groups", _, "transitivemembers"]) => members::list(request, true).await,
        ("POST", ["groups", _, "members", "$ref"]) => groups::add_member(request).await,
        ("DELETE", ["groups", _, "members", _, "$ref"]) => groups::remove_member(request).await,
        ("GET", ["organization"]) => lookup::organizations(request).await,
        ("GET", ["organization", _]) => lookup::organization(request).await,
        ("GET", ["subscribedskus"]) => lookup::skus(request).await,
        ("GET", ["subscribedskus", _]) => lookup::sku(request).await,
        ("GET", ["directoryobjects", _]) => lookup::object(request).await,
        _ => return Ok(None),
    };
    response.map(Some)
}

/// A key of the path that is an id.
fn key<T: FromStr>(request: &Request, index: usize, what: &'static str) -> Result<T, ApiError> {
    request.key(index).parse().map_err(|_| Failure::not_found(what, request.key(index)).into())
}

/// An id that a body brings along.
fn given_id<T: FromStr>(id: Option<&Value>) -> Result<Option<T>, ApiError> {
    let Some(id) = id.filter(|id| !id.is_null()) else { return Ok(None) };
    let parsed = id.as_str().and_then(|text| text.parse().ok());
    parsed.map(Some).ok_or_else(|| Failure::invalid("id", id, "is not an id", "a UUID").into())
}

/// Ids in a list of a body.
fn id_list(path: &str, ids: &[Value]) -> Result<Vec<Uuid>, ApiError> {
    if ids.len() > IDS_MAX {
        let allowed = format!("at most {IDS_MAX}");
        return Err(Failure::invalid(path, &Value::from(ids.len()), "has too many ids", &allowed).into());
    }
    let parse = |(at, id): (usize, &Value)| {
        id.as_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Failure::invalid(&format!("{path}[{at}]"), id, "is not an id", "a UUID").into())
    };
    ids.iter().enumerate().map(parse).collect()
}

/// The user or group that `/users/{key}` or `/groups/{key}` means, if it is in sight.
async fn subject(request: &Request) -> Result<Member, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    if request.key(0).eq_ignore_ascii_case("groups") {
        return Ok(Member::Group(seen::group(request, proof.actor()).await?.id));
    }
    let member = Member::User(seen::user(request, proof.actor(), request.key(1)).await?.id);
    seen::note(request, [member]).await?;
    Ok(member)
}
