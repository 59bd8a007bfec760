//! Who may give which role to whom: nobody gives what he does not hold, nor beyond his own reach.

use super::{Assignment, Definition, Member, permissions};
use crate::{
    authz::{Actor, Permission, Role, Scope, Sight, needs_everything, out_of_reach, reach, refused},
    db::{Conn, DbError},
    failure::Failure,
};

const BEYOND: &str = "nobody gives a role beyond his own scope: name groups within yours";

/// Whether an assignment is in sight: what it reaches and to whom it is given, all of it.
pub(super) fn sees(sight: &Sight, assignment: &Assignment) -> bool {
    sight.is_everything()
        || (sees_scope(sight, &assignment.scope)
            && assignment.members.iter().all(|one| sees_member(sight, *one)))
}

pub(super) fn sees_member(sight: &Sight, member: Member) -> bool {
    match member {
        // Built-in accounts belong to no group.
        Member::Account(_) => sight.is_everything(),
        Member::User(user) => sight.sees_user(user),
        Member::Group(group) => sight.sees_group(group),
    }
}

/// Whether everything that a scope reaches is in sight.
pub(crate) fn sees_scope(sight: &Sight, scope: &Scope) -> bool {
    match scope {
        Scope::Everything => sight.is_everything(),
        Scope::Groups(groups) => sight.is_everything() || groups.iter().all(|group| sight.sees_group(*group)),
    }
}

/// Whether an actor holds all of a role as far as the scope reaches.
pub(crate) async fn check(conn: &mut Conn, actor: &Actor, role: Role, scope: &Scope) -> Result<(), Failure> {
    let mut known: Vec<(Scope, Sight)> = Vec::new();
    // Within groups a role does not carry what concerns everything, so nobody gives it there.
    let given = |permission: &Permission| *scope == Scope::Everything || !needs_everything(*permission);
    for permission in permissions(role).filter(given) {
        let Some(mine) = reach(actor, permission) else {
            return Err(Failure::denied(refused(actor, permission)));
        };
        if !known.iter().any(|(scope, _)| *scope == mine) {
            known.push((mine.clone(), sight_of(conn, actor, &mine).await?));
        }
        let sight = known.iter().find(|(scope, _)| *scope == mine).map(|(_, sight)| sight);
        if !sight.is_some_and(|sight| sees_scope(sight, scope)) {
            return Err(Failure::denied(out_of_reach(actor, permission, BEYOND)));
        }
    }
    Ok(())
}

async fn sight_of(conn: &mut Conn, actor: &Actor, scope: &Scope) -> Result<Sight, DbError> {
    Sight::of(conn, actor.tenant, scope).await
}

/// The text of an assignment for the audit log.
pub(super) fn told(assignment: &Assignment, definition: Option<&Definition>) -> String {
    let members: Vec<String> = assignment.members.iter().map(ToString::to_string).collect();
    let role = definition.map_or_else(|| assignment.role.to_string(), |definition| definition.name.clone());
    let told = serde_json::json!({
        "role": role, "name": assignment.name, "description": assignment.description, "members": members,
        "scope": assignment.scope.shown(),
    });
    told.to_string()
}

/// An assignment that does not exist, as far as the actor can see.
pub(super) fn unknown(id: impl std::fmt::Display) -> Failure {
    Failure::not_found("role assignment", id)
}
