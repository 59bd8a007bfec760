//! The wipe actions of `/users/{id}`, in every spelling: the same signed orders as our own wipe gives.

use axum::response::Response;
use serde::Deserialize;

use super::ops::{self, Target};
use crate::{
    authz::{act, authorize},
    failure::Failure,
    graph::{Request, no_content},
    http::ApiError,
    registration,
};
use ringfence_model::document::ApiVersion;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByTag {
    device_tag: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByDirectoryId {
    azure_ad_device_id: String,
}

pub(crate) async fn handle(request: &mut Request) -> Result<Option<Response>, ApiError> {
    let (method, lower) = (request.method.clone(), request.lower());
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    let ("POST", ["users", _, action]) = (method.as_str(), parts.as_slice()) else { return Ok(None) };
    let beta = request.version == ApiVersion::Beta;
    match *action {
        "wipemanagedappregistrationsbydevicetag" => by_tag(request).await.map(Some),
        "wipemanagedappregistrationbydevicetag" if beta => by_tag(request).await.map(Some),
        "wipemanagedappregistrationsbyazureaddeviceid" if beta => by_directory_id(request).await.map(Some),
        _ => Ok(None),
    }
}

async fn by_tag(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::RequestWipe)?;
    let body: ByTag = request.json().await?;
    let user = user(request).await?;
    let target = Target { user: Some(user), device_tag: Some(body.device_tag.clone()), ..Target::default() };
    let orders = ops::request(&request.app, &proof, &target).await?;
    if orders.is_empty() {
        let what = "registration of this user on the device tagged";
        return Err(Failure::not_found(what, &body.device_tag).into());
    }
    Ok(no_content())
}

/// Phones do not tell the directory's id of their device, so no registration carries one.
async fn by_directory_id(request: &mut Request) -> Result<Response, ApiError> {
    authorize(&request.actor, act::RequestWipe)?;
    let body: ByDirectoryId = request.json().await?;
    user(request).await?;
    let detail = format!(
        "no registration of this user has the directory id `{}`: phones do not tell it here; wipe by deviceTag",
        body.azure_ad_device_id
    );
    Err(ApiError::not_found(detail))
}

/// The user that the path names, as far as the caller sees him.
async fn user(request: &Request) -> Result<String, ApiError> {
    let sight = request.sight().await?;
    let mut conn = request.app.db.read().await?;
    let found = registration::ops::find_person(&mut conn, request.actor.tenant, request.key(1)).await?;
    let seen = found.filter(|person| sight.sees_user(person.id));
    seen.map(|person| person.id.to_string()).ok_or_else(|| Failure::not_found("user", request.key(1)).into())
}
