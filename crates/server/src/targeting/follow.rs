//! Loading the state and following the tenant's changes, one revision after the other.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicU64, Ordering},
};

use ringfence_model::{AssignmentFilterId, GroupId, InstanceId, PolicyId, TenantId, UserId};
use tokio::sync::{Mutex, MutexGuard, watch};
use uuid::Uuid;

use super::{
    Memory, Policy, State,
    sql::{self, Around, FilterRow, Member, MemberRow, UserRow},
};
use crate::{
    changes::{self, What},
    db::{Conn, Db, DbError},
    tenant,
};

/// Whom followed changes concern.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Everything was read again.
    pub(crate) all: bool,
    /// Their set of policies, or their account, became another one.
    pub(crate) users: HashSet<UserId>,
    /// These policies say something else, or cover something else.
    pub(crate) policies: HashSet<PolicyId>,
    /// Registered, ended, or ordered something.
    pub(crate) instances: HashSet<InstanceId>,
    /// The keyset is another one.
    pub(crate) keys: bool,
    /// Bundles are good for another time.
    pub(crate) lease: bool,
}

/// What to read again, gathered over several changes so that each row is read once.
#[derive(Debug, Default)]
struct Wanted {
    policies: HashSet<PolicyId>,
    users: HashSet<UserId>,
    groups: HashSet<GroupId>,
    members: HashSet<(GroupId, Uuid)>,
    filters: HashSet<AssignmentFilterId>,
    catalogue: bool,
    instances: HashSet<InstanceId>,
    keys: bool,
    lease: bool,
}

impl Wanted {
    fn add(&mut self, what: What) {
        match what {
            What::Policies(ids) => self.policies.extend(ids),
            What::Users(ids) | What::Licences(ids) => self.users.extend(ids),
            What::Groups(ids) => self.groups.extend(ids),
            What::Member { group, member } => {
                self.members.insert((group, member));
            }
            What::Filters(ids) => self.filters.extend(ids),
            What::Apps(_) => self.catalogue = true,
            What::Instances(ids) => self.instances.extend(ids),
            What::Keys => self.keys = true,
            What::Lease => self.lease = true,
        }
    }
}

/// Rows that were read again.
#[derive(Default)]
struct Fresh {
    policies: Vec<(PolicyId, Option<Policy>)>,
    users: Vec<(UserId, Option<UserRow>, Vec<MemberRow>)>,
    groups: Vec<(GroupId, Option<String>, Vec<MemberRow>)>,
    members: Vec<(GroupId, Uuid, Option<Member>)>,
    filters: Vec<(AssignmentFilterId, Option<FilterRow>)>,
    catalogue: Option<Vec<(ringfence_model::AppId, super::CatalogueApp)>>,
}

/// A revision that the state is at and the sessions are not told of yet. Dropped unfinished, it is followed again.
#[derive(Debug)]
pub(crate) struct Followed<'a> {
    /// Whom it concerns.
    pub(crate) touched: Touched,
    /// Which one.
    pub(crate) revision: i64,
    memory: &'a Memory,
    _guard: MutexGuard<'a, ()>,
}

impl Followed<'_> {
    /// Everybody is told: from here on answers count as being of this revision.
    pub(crate) fn finish(self) {
        self.memory.applied.send_replace(self.revision);
    }
}

impl Memory {
    /// Reads the whole tenant.
    pub(crate) async fn load(db: &Db, tenant: TenantId) -> Result<Self, DbError> {
        let mut conn = db.snapshot().await?;
        let revision = tenant::ops::revision(&mut conn, tenant).await?;
        let state = load_state(&mut conn, tenant, revision).await?;
        Ok(Self {
            tenant,
            state: std::sync::RwLock::new(state),
            applied: watch::Sender::new(revision),
            following: Mutex::new(()),
            followed: AtomicU64::new(0),
        })
    }

    /// Brings the state to the newest committed revision. The caller tells those whom it concerns and then calls
    /// [`Followed::finish`]. `None` when there is nothing to do: callers that wait for each other share one look at the
    /// database.
    pub(crate) async fn follow(&self, db: &Db) -> Result<Option<Followed<'_>>, DbError> {
        let before = self.followed.load(Ordering::Acquire);
        let guard = self.following.lock().await;
        if self.followed.load(Ordering::Acquire) > before {
            // Somebody began after we asked, and is done.
            return Ok(None);
        }
        self.followed.fetch_add(1, Ordering::AcqRel);
        let mut conn = db.snapshot().await?;
        let revision = tenant::ops::revision(&mut conn, self.tenant).await?;
        if revision == self.revision() {
            return Ok(None);
        }
        let list = changes::list_since(&mut conn, self.tenant, self.revision()).await?;
        let touched = match list.filter(|list| list.last().is_some_and(|last| last.revision == revision)) {
            None => {
                let state = load_state(&mut conn, self.tenant, revision).await?;
                *self.write() = state;
                Touched { all: true, keys: true, lease: true, ..Touched::default() }
            }
            Some(list) => {
                let mut wanted = Wanted::default();
                for change in list {
                    wanted.add(change.what);
                }
                let fresh = self.reread(&mut conn, &wanted).await?;
                let mut state = self.write();
                state.revision = revision;
                state.apply(wanted, fresh)
            }
        };
        Ok(Some(Followed { touched, revision, memory: self, _guard: guard }))
    }

    async fn reread(&self, conn: &mut Conn, wanted: &Wanted) -> Result<Fresh, DbError> {
        let mut fresh = Fresh::default();
        for id in &wanted.policies {
            fresh.policies.push((*id, sql::list_policies(conn, self.tenant, Some(*id)).await?.pop()));
        }
        for id in &wanted.users {
            let user = sql::list_users(conn, self.tenant, Some(*id)).await?.pop();
            fresh.users.push((*id, user, sql::list_members(conn, self.tenant, Around::User(*id)).await?));
        }
        for id in &wanted.groups {
            let name = sql::list_group_names(conn, self.tenant, Some(*id)).await?.pop().map(|(_, name)| name);
            fresh.groups.push((*id, name, sql::list_members(conn, self.tenant, Around::Group(*id)).await?));
        }
        for (group, member) in &wanted.members {
            let found = sql::list_members(conn, self.tenant, Around::Pair(*group, *member)).await?.pop();
            fresh.members.push((*group, *member, found.map(|row| row.member)));
        }
        for id in &wanted.filters {
            fresh.filters.push((*id, sql::list_filters(conn, self.tenant, Some(*id)).await?.pop()));
        }
        if wanted.catalogue {
            fresh.catalogue = Some(sql::list_catalogue(conn, self.tenant).await?);
        }
        Ok(fresh)
    }
}

async fn load_state(conn: &mut Conn, tenant: TenantId, revision: i64) -> Result<State, DbError> {
    let catalogue = sql::list_catalogue(conn, tenant).await?.into_iter().collect();
    let mut state = State { revision, catalogue, ..State::default() };
    for filter in sql::list_filters(conn, tenant, None).await? {
        state.set_filter(filter.id, Some(filter));
    }
    for policy in sql::list_policies(conn, tenant, None).await? {
        state.set_policy(policy);
    }
    state.group_names = sql::list_group_names(conn, tenant, None).await?.into_iter().collect();
    for user in sql::list_users(conn, tenant, None).await? {
        state.index.set_user(user.id, user.licensed);
        if !user.enabled {
            state.disabled.insert(user.id);
        }
    }
    for row in sql::list_members(conn, tenant, Around::Everything).await? {
        state.join(&row);
    }
    state.index.settle();
    Ok(state)
}

impl State {
    fn apply(&mut self, wanted: Wanted, fresh: Fresh) -> Touched {
        let mut touched = Touched {
            instances: wanted.instances,
            keys: wanted.keys,
            lease: wanted.lease,
            ..Touched::default()
        };
        for (id, user, member_of) in fresh.users {
            self.update_user(id, user, member_of);
            touched.users.insert(id);
        }
        for (id, name, members) in fresh.groups {
            self.update_group(id, name, members);
        }
        for (group, member, found) in fresh.members {
            match found {
                Some(member) => self.join(&MemberRow { group, member }),
                None => {
                    self.index.remove_member(group, UserId(member));
                    self.index.unnest(group, GroupId(member));
                }
            }
        }
        touched.policies = wanted.policies;
        if let Some(catalogue) = fresh.catalogue {
            self.catalogue = catalogue.into_iter().collect();
            touched.policies.extend(self.policies.keys());
            self.retarget();
        }
        for (id, policy) in fresh.policies {
            if let Some(policy) = policy {
                self.set_policy(policy);
            } else {
                self.policies.remove(&id);
                self.index.remove_target(id);
            }
        }
        for (id, filter) in fresh.filters {
            self.set_filter(id, filter);
            touched.policies.extend(self.index.narrowed_by(id));
        }
        touched.users.extend(self.index.settle().changed);
        self.contents.forget(&touched.policies);
        touched
    }

    fn set_filter(&mut self, id: AssignmentFilterId, row: Option<FilterRow>) {
        let (name, filter) = row.map_or((None, None), |row| (Some(row.name), Some(row.filter)));
        match name {
            Some(name) => self.filter_names.insert(id, name),
            None => self.filter_names.remove(&id),
        };
        self.index.set_filter(id, filter);
    }

    fn join(&mut self, row: &MemberRow) {
        match &row.member {
            Member::User(user) => self.index.add_member(row.group, *user),
            Member::Group(group) => self.index.nest(row.group, *group),
        }
    }

    fn update_user(&mut self, id: UserId, user: Option<UserRow>, member_of: Vec<MemberRow>) {
        self.disabled.remove(&id);
        let Some(user) = user else { return self.index.remove_user(id) };
        self.index.set_user(id, user.licensed);
        if !user.enabled {
            self.disabled.insert(id);
        }
        for row in member_of {
            self.join(&row);
        }
    }

    fn update_group(&mut self, id: GroupId, name: Option<String>, members: Vec<MemberRow>) {
        match name {
            Some(name) => self.group_names.insert(id, name),
            None => self.group_names.remove(&id),
        };
        self.index.remove_group(id);
        for row in members {
            self.join(&row);
        }
    }

    /// Expands the app groups of every policy again.
    fn retarget(&mut self) {
        let policies: Vec<_> = self.policies.values().cloned().collect();
        for target in policies.iter().filter_map(|policy| self.target(policy)).collect::<Vec<_>>() {
            self.index.set_target(target);
        }
    }
}
