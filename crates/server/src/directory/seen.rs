//! What of the directory a caller sees, and the note that somebody looked.

use ringfence_model::{GroupId, UserId};
use uuid::Uuid;

use super::{Group, Member, User, ops};
use crate::{
    audit,
    authz::{Actor, Sight, sight},
    failure::Failure,
    graph::Request,
    http::ApiError,
};

/// Whether a member is in sight.
pub(super) fn sees(sight: &Sight, member: Member) -> bool {
    match member {
        Member::User(user) => sight.sees_user(user),
        Member::Group(group) => sight.sees_group(group),
    }
}

/// The user with this id or sign-in name, as far as the actor sees him.
pub(super) async fn user(request: &Request, actor: &Actor, key: &str) -> Result<User, ApiError> {
    let sight = sight(&request.app, actor).await?;
    let found = ops::find_user(&mut *request.app.db.read().await?, actor.tenant, key).await?;
    let found = found.filter(|user| sight.sees_user(user.id));
    found.ok_or_else(|| Failure::not_found("user", key).into())
}

/// The group that the path names, as far as the actor sees it.
pub(super) async fn group(request: &Request, actor: &Actor) -> Result<Group, ApiError> {
    let unknown = || Failure::not_found("group", request.key(1));
    let id = request.key(1).parse().map_err(|_| unknown())?;
    let sight = sight(&request.app, actor).await?;
    let found = ops::find_group(&mut *request.app.db.read().await?, actor.tenant, id).await?;
    Ok(found.filter(|group| sight.sees_group(group.id)).ok_or_else(unknown)?)
}

/// Whether a user or group to take in is in sight.
pub(super) async fn check_member(request: &Request, actor: &Actor, member: Uuid) -> Result<(), ApiError> {
    let sight = sight(&request.app, actor).await?;
    let member_seen =
        sees(&sight, Member::User(UserId(member))) || sees(&sight, Member::Group(GroupId(member)));
    if member_seen { Ok(()) } else { Err(Failure::not_found("user or group", member).into()) }
}

/// Writes down which people were read.
pub(super) async fn note(
    request: &Request,
    members: impl IntoIterator<Item = Member>,
) -> Result<(), ApiError> {
    let people = members.into_iter().filter_map(|member| match member {
        Member::User(user) => Some(format!("user:{user}")),
        Member::Group(_) => None,
    });
    Ok(audit::ops::note_read(&request.app, &request.actor, "user.read", people).await?)
}
