//! From somebody whom a provider vouches for to a person of the directory: found, made, refused; and into which groups.

use std::collections::BTreeSet;

use ringfence_model::{GroupId, UserId};
use serde_json::Map;

use super::Refused;
use crate::{
    app::App,
    authz::Actor,
    changes::{self, What},
    db::DbError,
    directory::{self, Member, User, write::Membership},
    failure::Failure,
    provider::{self, Identity, Provider},
};

/// The person that an identity is in the directory; `None` when the directory knows nobody and nobody is added.
///
/// # Errors
/// Disabled; or the name is of somebody else; or the directory cannot take the name.
pub(super) async fn resolve(
    app: &App,
    provider: &Provider,
    identity: &Identity,
) -> Result<Option<User>, Refused> {
    let found = find(app, provider, identity).await?;
    let Some(user) = (match found {
        Some(user) => Some(user),
        None if provider.settings.create_users => Some(create(app, provider, identity).await?),
        None => None,
    }) else {
        return Ok(None);
    };
    if !user.enabled {
        return Err(Refused::Disabled);
    }
    join_groups(app, provider, identity, user.id).await?;
    Ok(Some(user))
}

/// Who is linked, or else who has the name and is linked to nobody yet.
async fn find(app: &App, provider: &Provider, identity: &Identity) -> Result<Option<User>, Refused> {
    let mut conn = app.db.read().await?;
    if let Some(id) = provider::ops::find_linked(&mut conn, provider, &identity.subject).await? {
        return Ok(directory::ops::find_user(&mut conn, provider.tenant, &id.to_string()).await?);
    }
    let Some(name) = identity.user.as_deref().filter(|name| name.parse::<UserId>().is_err()) else {
        return Ok(None);
    };
    let Some(user) = directory::ops::find_user(&mut conn, provider.tenant, name).await? else {
        return Ok(None);
    };
    if provider::ops::is_linked(&mut conn, provider, user.id).await? {
        return Err(Refused::Taken);
    }
    drop(conn);
    if user.enabled {
        link(app, provider, identity, user.id).await?;
    }
    Ok(Some(user))
}

async fn link(app: &App, provider: &Provider, identity: &Identity, user: UserId) -> Result<(), Refused> {
    match provider::ops::link(app, &actor(provider), provider, &identity.subject, user).await {
        // Two sign-ins at the same moment: whoever came first has linked.
        Err(DbError::Unique { .. }) => {
            let mut conn = app.db.read().await?;
            let linked = provider::ops::find_linked(&mut conn, provider, &identity.subject).await?;
            if linked == Some(user) { Ok(()) } else { Err(Refused::Taken) }
        }
        other => Ok(other?),
    }
}

async fn create(app: &App, provider: &Provider, identity: &Identity) -> Result<User, Refused> {
    let upn = identity.user.clone().ok_or(Refused::Unknown)?;
    let user = User {
        id: app.env.make_id(UserId::make),
        display_name: identity.name.clone().unwrap_or_else(|| upn.clone()),
        upn,
        enabled: true,
        body: Map::new(),
        created_at: app.env.now(),
        changed_at: app.env.now(),
        version: 1,
        external_id: None,
        licences: Vec::new(),
    };
    let actor = actor(provider);
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, provider.tenant, What::Users(vec![user.id])).await?;
    match directory::write::insert_user(&mut tx, app, &actor, &user).await {
        Ok(()) => {}
        // Made by another sign-in at the same moment, or the id is taken: the next attempt finds it.
        Err(Failure::Taken { .. }) => return Err(Refused::Taken),
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    app.changes.publish(change);
    link(app, provider, identity, user.id).await?;
    Ok(user)
}

/// Makes the memberships that the provider's rules speak of what its claims say.
async fn join_groups(
    app: &App,
    provider: &Provider,
    identity: &Identity,
    user: UserId,
) -> Result<(), Refused> {
    if identity.groups.is_empty() {
        return Ok(());
    }
    let parents = {
        let mut conn = app.db.read().await?;
        directory::ops::list_parents(&mut conn, provider.tenant, Member::User(user)).await?
    };
    let wrong: Vec<(GroupId, bool)> = identity
        .groups
        .iter()
        .map(|(group, member)| (*group, *member))
        .filter(|(group, member)| parents.contains(group) != *member)
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let actor = actor(provider);
    let mut tx = app.db.write().await?;
    let mut published = Vec::new();
    for (id, member) in wrong {
        let Some(mut group) = directory::ops::find_group(&mut tx, provider.tenant, id).await? else {
            tracing::warn!(provider = provider.name, group = %id, "a rule names a group that does not exist");
            continue;
        };
        let only = BTreeSet::from([user.0]);
        let wanted = if member {
            Membership { add: only, ..Membership::default() }
        } else {
            Membership { remove: only, ..Membership::default() }
        };
        let told = directory::write::change_members(&mut tx, app, &actor, &mut group, "groups", &wanted);
        published.extend(told.await?);
    }
    tx.commit().await?;
    for change in published {
        app.changes.publish(change);
    }
    Ok(())
}

/// The provider as the one who acts on the directory.
fn actor(provider: &Provider) -> Actor {
    Actor { roles: Vec::new(), ..Actor::operator(provider.tenant, &format!("provider:{}", provider.name)) }
}
