//! The groups that people belong to, for many people at once.

use std::collections::BTreeMap;

use ringfence_model::{GroupId, TenantId, UserId};

use super::sql;
use crate::db::{Conn, DbError};

/// A group that somebody belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Belonging {
    /// The group.
    pub(crate) group: GroupId,
    /// Its name for people.
    pub(crate) name: String,
    /// The person is a member of the group itself, whether or not also of one inside it.
    pub(crate) direct: bool,
}

/// The groups of these users, directly or through nesting, in the order of the groups' ids; users without any are left
/// out.
pub(crate) async fn list_belongings(
    conn: &mut Conn,
    tenant: TenantId,
    users: &[UserId],
) -> Result<BTreeMap<UserId, Vec<Belonging>>, DbError> {
    let mut found = BTreeMap::<UserId, Vec<Belonging>>::new();
    for (user, belonging) in sql::list_belongings(conn, tenant, users).await? {
        found.entry(user).or_default().push(belonging);
    }
    Ok(found)
}
