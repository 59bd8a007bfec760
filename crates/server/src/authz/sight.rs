//! What an actor can see: everything, or what belongs to the groups of his scope. What is out of sight does not exist
//! for him (404).

use std::collections::{BTreeSet, HashSet};

use ringfence_model::{
    GroupId, PolicyId, TenantId, UserId,
    document::{Assignment, AssignmentTarget, PolicyDocument},
};

use super::{Actor, Scope};
use crate::{
    app::App,
    db::{Conn, DbError},
    directory::{self, Member},
    policies,
};

/// What an actor can see.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    within: Option<Within>,
}

#[derive(Debug, Clone, Default)]
struct Within {
    users: HashSet<UserId>,
    /// The groups of the scope and those nested in them.
    groups: HashSet<GroupId>,
    /// The groups that those are nested in: policies come from there too.
    above: HashSet<GroupId>,
    /// Policies made by somebody with a scope among these groups.
    made: HashSet<PolicyId>,
}

/// What an actor can see. Ask once per request, before a connection is taken.
pub(crate) async fn sight(app: &App, actor: &Actor) -> Result<Sight, DbError> {
    match &actor.scope {
        Scope::Everything => Ok(Sight::default()),
        scope @ Scope::Groups(_) => Sight::of(&mut *app.db.snapshot().await?, actor.tenant, scope).await,
    }
}

impl Sight {
    /// What is in a scope now.
    pub(crate) async fn of(conn: &mut Conn, tenant: TenantId, scope: &Scope) -> Result<Self, DbError> {
        let Scope::Groups(roots) = scope else { return Ok(Self::default()) };
        let mut within = Within::default();
        for root in roots {
            if directory::ops::find_group(conn, tenant, *root).await?.is_none() {
                continue;
            }
            within.groups.insert(*root);
            for member in directory::ops::list_descendants(conn, tenant, *root).await? {
                match member {
                    Member::User(user) => drop(within.users.insert(user)),
                    Member::Group(group) => drop(within.groups.insert(group)),
                }
            }
            within.above.extend(directory::ops::list_ancestors(conn, tenant, Member::Group(*root)).await?);
        }
        within.made = policies::ops::list_made_in(conn, tenant, &within.groups).await?;
        Ok(Self { within: Some(within) })
    }

    /// Whether nothing is hidden.
    pub fn is_everything(&self) -> bool {
        self.within.is_none()
    }

    /// Whether a user is in sight.
    pub fn sees_user(&self, user: UserId) -> bool {
        self.within.as_ref().is_none_or(|within| within.users.contains(&user))
    }

    /// Whether a group is in sight.
    pub fn sees_group(&self, group: GroupId) -> bool {
        self.within.as_ref().is_none_or(|within| within.groups.contains(&group))
    }

    /// Whether the name of a group may be told: of those in sight and of those that they are nested in.
    pub fn sees_group_name(&self, group: GroupId) -> bool {
        self.within.as_ref().is_none_or(|it| it.groups.contains(&group) || it.above.contains(&group))
    }

    /// Whether a policy is in sight: assigned to a group in sight, or to more people than those.
    pub fn sees_policy(&self, document: &PolicyDocument) -> bool {
        self.within.is_none() || document.assignments().into_iter().any(|target| self.sees_target(target))
    }

    /// Whether a stored policy is in sight: as [`Self::sees_policy`], or made by somebody of these groups.
    pub fn sees_stored(&self, id: PolicyId, document: &PolicyDocument) -> bool {
        self.within.as_ref().is_none_or(|within| within.made.contains(&id)) || self.sees_policy(document)
    }

    /// Whether a policy may be changed: what it reaches is in sight, all of it.
    pub fn may_change(&self, document: &PolicyDocument) -> bool {
        let inside = |target| match target {
            AssignmentTarget::Include(group) | AssignmentTarget::Exclude(group) => self.sees_group(group),
            AssignmentTarget::AllLicensedUsers => false,
        };
        self.within.is_none() || document.assignments().into_iter().all(inside)
    }

    /// The policy without assignments to groups that are out of sight.
    #[must_use]
    pub fn shown(&self, document: &PolicyDocument) -> PolicyDocument {
        if self.within.is_none() || !document.body.contains_key("assignments") {
            return document.clone();
        }
        let assignments = document.filtered_assignments().into_iter();
        let seen = assignments.filter(|assignment| self.sees_target(assignment.target));
        document.with_assignments(seen.map(Assignment::to_json).collect())
    }

    /// The users in sight; `None` for everybody.
    pub fn users(&self) -> Option<BTreeSet<UserId>> {
        self.within.as_ref().map(|within| within.users.iter().copied().collect())
    }

    /// The groups in sight; `None` for all.
    pub fn groups(&self) -> Option<BTreeSet<GroupId>> {
        self.within.as_ref().map(|within| within.groups.iter().copied().collect())
    }

    fn sees_target(&self, target: AssignmentTarget) -> bool {
        match target {
            AssignmentTarget::Include(group) | AssignmentTarget::Exclude(group) => {
                self.sees_group_name(group)
            }
            AssignmentTarget::AllLicensedUsers => true,
        }
    }
}
