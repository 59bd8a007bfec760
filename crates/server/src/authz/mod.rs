//! Who may do what. Operations demand a [`Proof`]; the only way to one is [`authorize`].

mod actor;
mod matrix;
mod permission;

pub use actor::{Actor, Role};
pub use matrix::{document, holds};
pub use permission::{Act, Permission, act};

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

    /// Who acts.
    pub fn actor(&self) -> &Arc<Actor> {
        &self.actor
    }
}

/// A permission is missing. The text names it and the roles that carry it (catalogue A3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this needs the permission `{}`, carried by the roles {}; you have {}", self.permission.name(), self.carried_by(), self.held())]
pub struct Denied {
    /// What is missing.
    pub permission: Permission,
    /// What the actor has.
    pub roles: Vec<Role>,
}

impl Denied {
    /// The roles that carry the permission, comma separated.
    pub fn carried_by(&self) -> String {
        names(Role::ALL.into_iter().filter(|role| holds(*role, self.permission)))
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
/// None of the actor's roles carries the permission.
pub fn authorize<P: Act>(actor: &Arc<Actor>, _act: P) -> Result<Proof<P>, Denied> {
    if actor.roles.iter().any(|role| holds(*role, P::PERMISSION)) {
        Ok(Proof { actor: Arc::clone(actor), act: PhantomData })
    } else {
        Err(Denied { permission: P::PERMISSION, roles: actor.roles.clone() })
    }
}

#[cfg(test)]
mod tests;
