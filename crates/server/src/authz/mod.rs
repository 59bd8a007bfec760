//! Who may do what. Operations demand a [`Proof`]; the only way to one is [`authorize`].

mod actor;
mod graph_scopes;
mod matrix;
mod permission;
mod permissions;
mod scope;
mod sight;

pub use actor::{Actor, Role};
pub use graph_scopes::Scopes;
pub use matrix::{carriers, document, holds, needs_everything};
pub use permission::{Act, Permission, act};
pub use permissions::Permissions;
pub use scope::{Grant, Scope};
pub use sight::Sight;
pub(crate) use sight::sight;

use std::{marker::PhantomData, sync::Arc};

use ringfence_model::TenantId;

/// Evidence that `actor` holds the permission of `P`. Cannot be made outside this module.
#[derive(Debug, Clone)]
pub struct Proof<P> {
    actor: Arc<Actor>,
    act: PhantomData<P>,
}

impl<P> Proof<P> {
    /// The tenant that the permission is held in.
    pub fn tenant(&self) -> TenantId {
        self.actor.tenant
    }

    /// Who acts; the scope is that of the roles that carry this permission.
    pub fn actor(&self) -> &Arc<Actor> {
        &self.actor
    }
}

/// A permission is missing. The text names it and the roles that carry it (catalogue A3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this needs the permission `{}`, carried by {}; you have {}{}{}{}", self.permission.name(), self.carriers(), self.held(), self.scope_needed(), self.reach_needed(), self.because())]
pub struct Denied {
    /// What is missing.
    pub permission: Permission,
    /// What the actor has.
    pub roles: Vec<Role>,
    /// Who was refused.
    pub actor: Arc<Actor>,
    /// The token is limited to scopes, and none of them allows it.
    pub scope_missing: bool,
    /// The actor holds it, but within some groups, and it can only be held for everything.
    pub reach_missing: bool,
    /// What makes it needed here, when the request does not show it.
    pub because: Option<&'static str>,
}

impl Denied {
    /// Stable code for programs.
    pub(crate) const fn code(&self) -> &'static str {
        if self.reach_missing && self.because.is_some() { "out_of_scope" } else { "permission_missing" }
    }

    fn scope_needed(&self) -> String {
        if !self.scope_missing {
            return String::new();
        }
        format!(
            "; the token has no scope for it, which would be one of {}",
            Scopes::names_for(self.permission).join(", ")
        )
    }

    fn carriers(&self) -> String {
        if self.permission == Permission::Provision {
            "provisioning tokens only".to_owned()
        } else {
            format!("the roles {}", carriers(self.permission))
        }
    }

    fn reach_needed(&self) -> &'static str {
        if !self.reach_missing {
            return "";
        }
        if self.because.is_some() {
            return " within some groups only";
        }
        " within some groups only, and this concerns the whole organisation"
    }

    fn because(&self) -> String {
        self.because.map(|because| format!(": {because}")).unwrap_or_default()
    }

    fn held(&self) -> String {
        if self.roles.is_empty() { "no role".to_owned() } else { names(self.roles.iter().copied()) }
    }
}

fn names(roles: impl Iterator<Item = Role>) -> String {
    roles.map(Role::title).collect::<Vec<_>>().join(", ")
}

/// Mints the proof that operations demand: `authorize(&actor, act::WritePolicies)?`.
///
/// # Errors
/// None of the actor's roles carries the permission, or the token's scopes leave it out.
pub fn authorize<P: Act>(actor: &Arc<Actor>, _act: P) -> Result<Proof<P>, Denied> {
    let mut reach_missing = false;
    if actor.may(P::PERMISSION) {
        let actor = within(actor, P::PERMISSION);
        reach_missing = actor.scope != Scope::Everything && needs_everything(P::PERMISSION);
        if !reach_missing {
            return Ok(Proof { actor, act: PhantomData });
        }
    }
    Err(Denied { reach_missing, ..refused(actor, P::PERMISSION) })
}

/// The same for what concerns the organisation as a whole, whatever the permission: a role within some groups does not do.
pub fn authorize_everywhere<P: Act>(actor: &Arc<Actor>, act: P) -> Result<Proof<P>, Denied> {
    let proof = authorize(actor, act)?;
    if proof.actor.scope == Scope::Everything {
        return Ok(proof);
    }
    Err(Denied { reach_missing: true, ..refused(actor, P::PERMISSION) })
}

/// The refusal of what an actor lacks.
pub(crate) fn refused(actor: &Actor, permission: Permission) -> Denied {
    let scope_missing = actor.scopes.as_ref().is_some_and(|scopes| !scopes.permissions.contains(&permission));
    Denied {
        permission,
        roles: actor.roles.clone(),
        actor: Arc::new(actor.clone()),
        scope_missing,
        reach_missing: false,
        because: None,
    }
}

/// The refusal of an actor who holds a permission, but not as far as this reaches.
pub(crate) fn out_of_reach(actor: &Actor, permission: Permission, because: &'static str) -> Denied {
    Denied { reach_missing: true, because: Some(because), ..refused(actor, permission) }
}

/// How far an actor holds a permission; `None` when he does not.
pub(crate) fn reach(actor: &Actor, permission: Permission) -> Option<Scope> {
    if !actor.may(permission) {
        return None;
    }
    let carrying = actor.grants.iter().filter(|grant| holds(grant.role, permission));
    let scope = carrying.map(|grant| grant.scope.clone()).reduce(|a, b| a.union(&b));
    let scope = scope.unwrap_or_else(|| actor.scope.clone());
    (scope == Scope::Everything || !needs_everything(permission)).then_some(scope)
}

/// The actor as far as the roles reach that carry a permission.
fn within(actor: &Arc<Actor>, permission: Permission) -> Arc<Actor> {
    let carrying = actor.grants.iter().filter(|grant| holds(grant.role, permission));
    match carrying.map(|grant| grant.scope.clone()).reduce(|a, b| a.union(&b)) {
        Some(scope) => Arc::new(Actor { scope, grants: Vec::new(), ..Actor::clone(actor) }),
        None => Arc::clone(actor),
    }
}

#[cfg(test)]
mod tests;
