//! Groups and the references to their members.

use axum::response::Response;
use ringfence_model::GroupId;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    expand, given_id, key,
    page::{self, Set},
};
use crate::{
    authz::{Actor, act, authorize},
    directory::{groups, represent, seen},
    failure::Failure,
    graph::{Request, created, entity, no_content},
    http::{ApiError, IMPORT_MAX},
};

/// Members that one request may bring along.
const MEMBERS_MAX: usize = 1000;

pub(super) async fn list(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    page::list(request, proof.tenant(), Set::Groups).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupBody {
    display_name: Option<String>,
    id: Option<Value>,
    #[serde(rename = "members@odata.bind", default)]
    members: Vec<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl GroupBody {
    /// The ids of `members@odata.bind`.
    fn members(&self) -> Result<Vec<Uuid>, ApiError> {
        if self.members.len() > MEMBERS_MAX {
            let (path, allowed) = ("members@odata.bind", format!("at most {MEMBERS_MAX}"));
            let count = json!(self.members.len());
            return Err(Failure::invalid(path, &count, "has too many members", &allowed).into());
        }
        let parse = |(at, link): (usize, &String)| referenced(&format!("members@odata.bind[{at}]"), link);
        self.members.iter().enumerate().map(parse).collect()
    }
}

/// The id at the end of a link. Any host and version: only the last segment counts.
fn referenced(path: &str, link: &str) -> Result<Uuid, ApiError> {
    let last = link.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    // `directoryObjects('id')` is a link too.
    let last = last.split_once("('").map_or(last, |(_, key)| key.trim_end_matches("')"));
    last.parse().map_err(|_| {
        Failure::invalid(path, &json!(link), "does not end in an id", "…/directoryObjects/<id>").into()
    })
}

pub(super) async fn create(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let body: GroupBody = request.json_within(IMPORT_MAX).await?;
    let (id, members) = (given_id::<GroupId>(body.id.as_ref())?, body.members()?);
    let name = body.display_name.unwrap_or_default();
    check_all(request, proof.actor(), &members).await?;
    let group = groups::create_group_with(&request.app, &proof, id, &name, body.rest, &members).await?;
    Ok(created(request, "groups", &format!("groups/{}", group.id), represent::group(&group, false)))
}

/// Whether everybody to be taken in is in sight.
async fn check_all(request: &Request, actor: &Actor, members: &[Uuid]) -> Result<(), ApiError> {
    for member in members {
        seen::check_member(request, actor, *member).await?;
    }
    Ok(())
}

pub(super) async fn get(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::ReadDirectory)?;
    let mut group = represent::group(&seen::group(request, proof.actor()).await?, false);
    expand::fill(request, std::slice::from_mut(&mut group)).await?;
    Ok(entity(request, "groups", group))
}

pub(super) async fn update(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let body: GroupBody = request.json_within(IMPORT_MAX).await?;
    let members = body.members()?;
    let id = seen::group(request, proof.actor()).await?.id;
    check_all(request, proof.actor(), &members).await?;
    let (app, name) = (&request.app, body.display_name.as_deref());
    let group = groups::update_group_with(app, &proof, id, name, body.rest, &members).await?;
    if request.prefers("return=representation") {
        return Ok(entity(request, "groups", represent::group(&group, false)));
    }
    Ok(no_content())
}

pub(super) async fn delete(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let id = seen::group(request, proof.actor()).await?.id;
    groups::delete_group(&request.app, &proof, id).await?;
    Ok(no_content())
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "@odata.id")]
    id: String,
}

pub(super) async fn add_member(request: &mut Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let group = seen::group(request, proof.actor()).await?.id;
    let body: Reference = request.json().await?;
    let member = referenced("@odata.id", &body.id)?;
    seen::check_member(request, proof.actor(), member).await?;
    groups::add_member(&request.app, &proof, group, member).await?;
    Ok(no_content())
}

pub(super) async fn remove_member(request: &Request) -> Result<Response, ApiError> {
    let proof = authorize(&request.actor, act::WriteDirectory)?;
    let group = seen::group(request, proof.actor()).await?.id;
    let member: Uuid = key(request, 3, "member")?;
    groups::remove_member(&request.app, &proof, group, member).await?;
    Ok(no_content())
}
