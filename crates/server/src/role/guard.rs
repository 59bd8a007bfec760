//! Who is in a group has its roles, and who has somebody's sign-in name or password can become him. Both are ways to a
//! role, so they are open to those only who could give that role.

use ringfence_model::{GroupId, TenantId, UserId};

use super::{Member, ops, sql, visible};
use crate::{
    authz::{Actor, Role, Scope, Scopes},
    db::{Conn, DbError},
    directory,
    failure::Failure,
};

/// Whether an actor may change who is in a group.
///
/// # Errors
/// The group, or one that it is nested in, has a role that the actor could not give.
pub(crate) async fn check_group(conn: &mut Conn, actor: &Actor, group: GroupId) -> Result<(), Failure> {
    let mut members = vec![Member::Group(group)];
    let above = directory::ops::list_ancestors(conn, actor.tenant, directory::Member::Group(group)).await?;
    members.extend(above.into_iter().map(Member::Group));
    let because = "the members of this group have this permission by a role that is given to it";
    check_members(conn, actor, &members, because).await
}

/// Whether an actor may change how a person signs in, or that he can.
///
/// # Errors
/// The person has a role that the actor could not give.
pub(crate) async fn check_person(conn: &mut Conn, actor: &Actor, user: UserId) -> Result<(), Failure> {
    let grants = ops::grants_of_user(conn, actor.tenant, user).await?;
    for grant in grants {
        let because = "this person has it, and nobody changes the sign-in of somebody who may do more";
        visible::check(conn, actor, grant.role, &grant.scope)
            .await
            .map_err(|failure| told(failure, because))?;
    }
    Ok(())
}

async fn check_members(
    conn: &mut Conn,
    actor: &Actor,
    members: &[Member],
    because: &'static str,
) -> Result<(), Failure> {
    for grant in ops::grants_of(conn, actor.tenant, members).await? {
        visible::check(conn, actor, grant.role, &grant.scope)
            .await
            .map_err(|failure| told(failure, because))?;
    }
    Ok(())
}

/// Whether an actor may change the second factor of an administrator's account.
///
/// # Errors
/// The account has a role that the actor could not give.
pub(crate) async fn check_account(
    conn: &mut Conn,
    actor: &Actor,
    account: uuid::Uuid,
) -> Result<(), Failure> {
    for grant in ops::grants_of_account(conn, actor.tenant, account).await? {
        let because = "this account has it, and nobody changes the sign-in of somebody who may do more";
        visible::check(conn, actor, grant.role, &grant.scope)
            .await
            .map_err(|failure| told(failure, because))?;
    }
    Ok(())
}

/// Whether an actor may hand the organisation's sign-in to somebody else: a provider of identities says who is who, and
/// one that provisions says who is in which group.
///
/// # Errors
/// The actor lacks a permission of a global administrator.
pub(crate) async fn check_trust(conn: &mut Conn, actor: &Actor) -> Result<(), Failure> {
    let because =
        "whoever says who people are can make them anybody, so a global administrator must trust him";
    let whole = visible::check(conn, actor, Role::GlobalAdministrator, &Scope::Everything).await;
    whole.map_err(|failure| told(failure, because))
}

/// Whether an actor holds everything that the scopes of a program allow.
///
/// # Errors
/// One of them allows what the actor does not hold.
pub(crate) async fn check_scopes(conn: &mut Conn, actor: &Actor, scopes: &[String]) -> Result<(), Failure> {
    let scopes = Scopes::parse(scopes.iter().map(String::as_str), true);
    let carried = scopes.permissions.into_iter().collect();
    visible::check(conn, actor, Role::Custom(carried), &Scope::Everything).await
}

fn told(failure: Failure, because: &'static str) -> Failure {
    match failure {
        Failure::Denied(mut denied) => {
            denied.because = Some(because);
            Failure::Denied(denied)
        }
        other => other,
    }
}

/// The names of the roles that are given to a group or reach as far as it.
pub(crate) async fn names_of_group(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
) -> Result<Vec<String>, DbError> {
    let mut names = Vec::new();
    for assignment in sql::list(conn, tenant, None).await? {
        let reaches = matches!(&assignment.scope, Scope::Groups(groups) if groups.contains(&group));
        if reaches || assignment.members.contains(&Member::Group(group)) {
            let definition = ops::find_definition(conn, tenant, assignment.role).await?;
            names.extend(definition.map(|definition| definition.name));
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}
