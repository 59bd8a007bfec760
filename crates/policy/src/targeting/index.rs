//! Targeting from memory: interned policy sets per user, incremental, flat in the number of users.
//!
//! Changes mark what they touch; [`TargetingIndex::settle`] recomputes exactly that. Answers are right when settled.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use ringfence_model::{AssignmentFilterId, GroupId, PolicyId, UserId};

use super::{
    Directory, Filters, Match, Outcome, Query, Target,
    groups::{Groups, Side},
    hash::IdHash,
    rules::{Reached, admits, judge},
    scope::{Apps, Asked, Scope},
    sets::{Class, Classes, NOBODY, Scratch},
};

/// The policies of one class of users in one app, ordered by id. Equal rows of equal users are the same allocation.
pub type Row = Arc<[PolicyId]>;

/// Rows kept at most; beyond it all are dropped and asked for again.
const MAX_ROWS: usize = 1 << 16;

#[derive(Debug)]
struct UserNode {
    id: UserId,
    groups: Vec<u32>,
    class: u32,
    licensed: bool,
    known: bool,
    dirty: bool,
}

/// What [`TargetingIndex::settle`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// How many users were looked at again.
    pub touched: usize,
    /// Users whose set of policies became another one.
    pub changed: Vec<UserId>,
}

/// Who gets which policies. See the module for the rules.
#[derive(Debug)]
pub struct TargetingIndex {
    user_ids: HashMap<UserId, u32, IdHash>,
    users: Vec<UserNode>,
    free_users: Vec<u32>,
    groups: Groups,
    policy_ids: HashMap<PolicyId, u32>,
    policies: Vec<Option<Target>>,
    /// By policy, apart from the targets because it is what every question reads.
    scopes: Vec<Scope>,
    free_policies: Vec<u32>,
    retired_policies: Vec<u32>,
    everyone: Vec<u32>,
    /// Policies with filters on their assignments; the others never look at one.
    narrowed: BTreeSet<u32>,
    filters: Filters,
    apps: Apps,
    classes: Classes,
    rows: HashMap<(Class, Asked), Row>,
    dirty_users: Vec<u32>,
    dirty_groups: Vec<u32>,
    scratch: Scratch,
}

impl Default for TargetingIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl TargetingIndex {
    /// An empty index.
    pub fn new() -> Self {
        Self {
            user_ids: HashMap::default(),
            users: Vec::new(),
            free_users: Vec::new(),
            groups: Groups::default(),
            policy_ids: HashMap::new(),
            policies: Vec::new(),
            scopes: Vec::new(),
            free_policies: Vec::new(),
            retired_policies: Vec::new(),
            everyone: Vec::new(),
            narrowed: BTreeSet::new(),
            filters: Filters::new(),
            apps: Apps::default(),
            classes: Classes::new(),
            rows: HashMap::new(),
            dirty_users: Vec::new(),
            dirty_groups: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// The index of a directory and its policies, settled.
    pub fn build(directory: &Directory, targets: impl IntoIterator<Item = Target>) -> Self {
        let mut index = Self::new();
        index.filters.clone_from(&directory.filters);
        for (child, parents) in &directory.member_of {
            for parent in parents {
                index.nest(*parent, *child);
            }
        }
        for target in targets {
            index.set_target(target);
        }
        for (id, user) in &directory.users {
            index.set_user(*id, user.licensed);
            for group in &user.groups {
                index.add_member(*group, *id);
            }
        }
        index.settle();
        index
    }

    /// Adds a user or changes the licence.
    pub fn set_user(&mut self, id: UserId, licensed: bool) {
        let user = self.intern_user(id);
        if let Some(node) = self.users.get_mut(user as usize)
            && node.licensed != licensed
        {
            node.licensed = licensed;
            self.mark(user);
        }
    }

    /// Forgets a user and the memberships.
    pub fn remove_user(&mut self, id: UserId) {
        let Some(user) = self.user_ids.remove(&id) else { return };
        self.mark(user);
        let Some(node) = self.users.get_mut(user as usize) else { return };
        node.known = false;
        node.licensed = false;
        for group in std::mem::take(&mut node.groups) {
            self.left(group);
        }
    }

    /// Makes a user a direct member of a group.
    pub fn add_member(&mut self, group: GroupId, user: UserId) {
        let group = self.groups.intern(group);
        let user = self.intern_user(user);
        let Some(node) = self.users.get_mut(user as usize) else { return };
        if node.groups.contains(&group) {
            return;
        }
        node.groups.push(group);
        if let Some(group) = self.groups.get_mut(group) {
            group.members.push(user);
        }
        self.mark(user);
    }

    /// Ends a direct membership.
    pub fn remove_member(&mut self, group: GroupId, user: UserId) {
        let (Some(group), Some(user)) = (self.groups.find(group), self.user_ids.get(&user).copied()) else {
            return;
        };
        let Some(node) = self.users.get_mut(user as usize) else { return };
        let before = node.groups.len();
        node.groups.retain(|g| *g != group);
        if node.groups.len() != before {
            self.left(group);
            self.mark(user);
        }
    }

    /// Makes the group `child` a member of the group `parent`.
    pub fn nest(&mut self, parent: GroupId, child: GroupId) {
        let (parent, child) = (self.groups.intern(parent), self.groups.intern(child));
        if self.groups.nest(parent, child) {
            self.dirty_groups.push(child);
        }
    }

    /// Ends the membership of `child` in `parent`.
    pub fn unnest(&mut self, parent: GroupId, child: GroupId) {
        if let (Some(parent), Some(child)) = (self.groups.find(parent), self.groups.find(child))
            && self.groups.unnest(parent, child)
        {
            self.dirty_groups.push(child);
        }
    }

    /// Ends every membership in a group and of a group. Assignments that name it keep naming it.
    pub fn remove_group(&mut self, id: GroupId) {
        let Some(group) = self.groups.find(id) else { return };
        let (parents, children) = self.groups.neighbours(group);
        for parent in parents {
            self.groups.unnest(parent, group);
        }
        self.dirty_groups.push(group);
        for child in children {
            self.groups.unnest(group, child);
            self.dirty_groups.push(child);
        }
        let members = self.groups.get_mut(group).map(|node| {
            node.left = 0;
            std::mem::take(&mut node.members)
        });
        for user in members.unwrap_or_default() {
            if let Some(node) = self.users.get_mut(user as usize) {
                let before = node.groups.len();
                node.groups.retain(|g| *g != group);
                if node.groups.len() != before {
                    self.mark(user);
                }
            }
        }
    }

    /// Adds or replaces what a policy is for. Only users in the groups that came or went are touched; when only the
    /// apps, platforms or management states differ nobody's set changes and [`Self::has`] tells whom it concerns.
    pub fn set_target(&mut self, target: Target) {
        self.rows.clear();
        let scope = self.apps.compile(&target);
        let policy = self.intern_policy(target.policy);
        let old = self.policies.get_mut(policy as usize).and_then(Option::take);
        self.move_assignments(policy, old.as_ref(), Some(&target));
        if target.narrowed.is_empty() {
            self.narrowed.remove(&policy);
        } else {
            self.narrowed.insert(policy);
        }
        if let (Some(slot), Some(place)) =
            (self.policies.get_mut(policy as usize), self.scopes.get_mut(policy as usize))
        {
            *slot = Some(target);
            *place = scope;
        }
    }

    /// Forgets a policy.
    pub fn remove_target(&mut self, id: PolicyId) {
        let Some(policy) = self.policy_ids.remove(&id) else { return };
        self.rows.clear();
        let old = self.policies.get_mut(policy as usize).and_then(Option::take);
        self.move_assignments(policy, old.as_ref(), None);
        self.narrowed.remove(&policy);
        self.retired_policies.push(policy);
    }

    /// Adds, replaces or forgets a filter. Nobody's set of policies changes by it; [`Self::narrowed_by`] tells which
    /// policies it concerns.
    pub fn set_filter(&mut self, id: AssignmentFilterId, filter: Option<crate::filter::Filter>) {
        match filter {
            Some(filter) => self.filters.insert(id, filter),
            None => self.filters.remove(&id),
        };
    }

    /// A filter.
    pub fn filter(&self, id: AssignmentFilterId) -> Option<&crate::filter::Filter> {
        self.filters.get(&id)
    }

    /// The policies with an assignment that this filter narrows.
    pub fn narrowed_by(&self, id: AssignmentFilterId) -> impl Iterator<Item = PolicyId> {
        let targets = self.narrowed.iter().filter_map(|policy| self.target(*policy));
        targets
            .filter(move |target| target.narrowed.iter().any(|one| one.filter == id))
            .map(|found| found.policy)
    }

    /// Whether a filter has anything to say about a user's policies.
    pub fn has_narrowed(&self, user: UserId) -> bool {
        !self.narrowed.is_empty() && {
            let class = self.class_of(user);
            self.narrowed.iter().any(|policy| self.classes.contains(class, *policy))
        }
    }

    /// The policies that are assigned to a user and that filters keep from this phone, ordered by id. Nothing is
    /// looked at or allocated when none of the user's policies has a filter.
    pub fn kept_away(&self, user: UserId, query: &Query<'_>) -> Vec<PolicyId> {
        let Some(node) = self.user(user).filter(|_| !self.narrowed.is_empty()) else { return Vec::new() };
        let mine = self.narrowed.iter().filter(|policy| self.classes.contains(node.class, **policy));
        let mut reached = None;
        let mut kept: Vec<PolicyId> = mine
            .filter_map(|policy| self.target(*policy))
            .filter(|target| {
                let reached = reached.get_or_insert_with(|| self.reached(node));
                !admits(target, reached, query, &self.filters)
            })
            .map(|target| target.policy)
            .collect();
        kept.sort_unstable();
        kept
    }

    /// Recomputes everybody whom the changes since the last call touch, and nobody else.
    pub fn settle(&mut self) -> Settled {
        let groups = std::mem::take(&mut self.dirty_groups);
        for group in self.groups.refresh(groups) {
            for user in self.groups.get(group).map(|node| node.members.clone()).unwrap_or_default() {
                self.mark(user);
            }
        }
        let dirty = std::mem::take(&mut self.dirty_users);
        let mut settled = Settled { touched: dirty.len(), changed: Vec::new() };
        for user in dirty {
            if let Some(id) = self.reclass(user) {
                settled.changed.push(id);
            }
        }
        self.free_policies.append(&mut self.retired_policies);
        settled
    }

    /// The policies that reach a user in an app, in no particular order. Nothing is allocated unless a filter keeps one
    /// away.
    pub fn matching(&self, user: UserId, query: &Query<'_>) -> impl Iterator<Item = PolicyId> {
        let kept = self.kept_away(user, query);
        self.asked(user, self.apps.asked(query)).filter(move |policy| kept.binary_search(policy).is_err())
    }

    fn asked(&self, user: UserId, asked: Asked) -> impl Iterator<Item = PolicyId> {
        self.classes.policies(self.class_of(user)).filter_map(move |policy| {
            let covered = self.scopes.get(policy as usize)?.covers(asked);
            if covered { self.target(policy).map(|target| target.policy) } else { None }
        })
    }

    /// As [`Self::matching`], kept for the class of the user: the next user of the class gets the same allocation.
    pub fn row(&mut self, user: UserId, query: &Query<'_>) -> Row {
        let kept = self.kept_away(user, query);
        if !kept.is_empty() {
            let mut policies: Vec<PolicyId> = self.matching(user, query).collect();
            policies.sort_unstable();
            return policies.into();
        }
        let asked = self.apps.asked(query);
        let key = (self.class(user), asked);
        if let Some(row) = self.rows.get(&key) {
            return Arc::clone(row);
        }
        let mut policies: Vec<PolicyId> = self.asked(user, asked).collect();
        policies.sort_unstable();
        let row: Row = policies.into();
        if self.rows.len() >= MAX_ROWS {
            self.rows.clear();
        }
        self.rows.insert(key, Arc::clone(&row));
        row
    }

    /// The policies that reach a user in an app, with assignment and group path, ordered by policy.
    pub fn resolve(&self, user: UserId, query: &Query<'_>) -> Vec<Match> {
        let Some(node) = self.user(user) else { return Vec::new() };
        let reached = self.reached(node);
        let mut matches: Vec<Match> = self
            .classes
            .policies(node.class)
            .filter_map(|policy| {
                match judge(self.target(policy)?, node.licensed, &reached, query, &self.filters) {
                    Outcome::Matched(found) => Some(found),
                    _ => None,
                }
            })
            .collect();
        matches.sort_unstable_by_key(|found| found.policy);
        matches
    }

    /// What becomes of every policy for a user in an app, ordered by policy. Costs a look at each policy.
    pub fn diagnose(&self, user: UserId, query: &Query<'_>) -> Vec<(PolicyId, Outcome)> {
        self.judged(user, query, self.licensed(user).unwrap_or_default())
    }

    /// The same as if the user had a licence: what a licence would bring.
    pub fn diagnose_licensed(&self, user: UserId, query: &Query<'_>) -> Vec<(PolicyId, Outcome)> {
        self.judged(user, query, true)
    }

    /// The groups that a user is in, each as the path that leads there from a group of which the user is a member.
    pub fn group_paths(&self, user: UserId) -> Vec<Vec<GroupId>> {
        self.user(user).map(|node| self.reached(node).paths()).unwrap_or_default()
    }

    fn judged(&self, user: UserId, query: &Query<'_>, licensed: bool) -> Vec<(PolicyId, Outcome)> {
        let node = self.user(user);
        let reached = node.map(|node| (licensed, self.reached(node)));
        let mut outcomes: Vec<_> = self
            .policies
            .iter()
            .flatten()
            .map(|target| {
                let outcome = match &reached {
                    Some((licensed, reached)) => judge(target, *licensed, reached, query, &self.filters),
                    None => Outcome::UnknownUser,
                };
                (target.policy, outcome)
            })
            .collect();
        outcomes.sort_unstable_by_key(|(policy, _)| *policy);
        outcomes
    }

    /// The policies assigned to a user, whatever the app.
    pub fn assigned(&self, user: UserId) -> impl Iterator<Item = &Target> {
        self.classes.policies(self.class_of(user)).filter_map(|policy| self.target(policy))
    }

    /// The class of a user; unknown and unlicensed users are in that of nobody.
    pub fn class(&self, user: UserId) -> Class {
        self.classes.key(self.class_of(user))
    }

    /// Whether a policy is assigned to a user, whatever the app.
    pub fn has(&self, user: UserId, policy: PolicyId) -> bool {
        self.policy_ids.get(&policy).is_some_and(|policy| self.classes.contains(self.class_of(user), *policy))
    }

    /// Whether the user exists, and then whether licensed.
    pub fn licensed(&self, user: UserId) -> Option<bool> {
        self.user(user).map(|node| node.licensed)
    }

    /// Everybody, in no particular order.
    pub fn users(&self) -> impl Iterator<Item = UserId> {
        self.users.iter().filter(|node| node.known).map(|node| node.id)
    }

    /// Every policy's target, in no particular order.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.policies.iter().flatten()
    }

    /// How many different sets of policies users have.
    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    fn user(&self, id: UserId) -> Option<&UserNode> {
        self.users.get(*self.user_ids.get(&id)? as usize)
    }

    fn class_of(&self, id: UserId) -> u32 {
        self.user(id).map_or(NOBODY, |node| node.class)
    }

    fn target(&self, policy: u32) -> Option<&Target> {
        self.policies.get(policy as usize)?.as_ref()
    }

    fn reached(&self, node: &UserNode) -> Reached {
        let id = |group: &u32| self.groups.get(*group).map(|node| node.id);
        Reached::walk(node.groups.iter().filter_map(id).collect(), |group| {
            let node = self.groups.find(group).and_then(|group| self.groups.get(group));
            node.map(|node| node.parents.iter().filter_map(id).collect()).unwrap_or_default()
        })
    }

    fn intern_user(&mut self, id: UserId) -> u32 {
        if let Some(&user) = self.user_ids.get(&id) {
            return user;
        }
        let node =
            UserNode { id, groups: Vec::new(), class: NOBODY, licensed: false, known: true, dirty: false };
        let user = if let Some(user) = self.free_users.pop() {
            if let Some(slot) = self.users.get_mut(user as usize) {
                *slot = node;
            }
            user
        } else {
            self.users.push(node);
            self.users.len() as u32 - 1
        };
        self.user_ids.insert(id, user);
        user
    }

    fn intern_policy(&mut self, id: PolicyId) -> u32 {
        if let Some(&policy) = self.policy_ids.get(&id) {
            return policy;
        }
        let policy = self.free_policies.pop().unwrap_or_else(|| {
            self.policies.push(None);
            self.scopes.push(Scope::default());
            self.policies.len() as u32 - 1
        });
        self.policy_ids.insert(id, policy);
        policy
    }

    fn move_assignments(&mut self, policy: u32, old: Option<&Target>, new: Option<&Target>) {
        for side in [Side::Include, Side::Exclude] {
            let of = |target: &'_ Target| match side {
                Side::Include => target.includes.clone(),
                Side::Exclude => target.excludes.clone(),
            };
            let (before, after) = (old.map(of).unwrap_or_default(), new.map(of).unwrap_or_default());
            for gone in before.difference(&after) {
                let group = self.groups.intern(*gone);
                self.groups.withdraw(group, policy, side);
                self.dirty_groups.push(group);
            }
            for came in after.difference(&before) {
                let group = self.groups.intern(*came);
                self.groups.assign(group, policy, side);
                self.dirty_groups.push(group);
            }
        }
        let (before, after) =
            (old.is_some_and(|t| t.all_licensed_users), new.is_some_and(|t| t.all_licensed_users));
        if before != after {
            self.everyone.retain(|p| *p != policy);
            if after {
                self.everyone.push(policy);
            }
            for user in 0..self.users.len() as u32 {
                if self.users.get(user as usize).is_some_and(|node| node.licensed) {
                    self.mark(user);
                }
            }
        }
    }

    /// Has a user recomputed. A forgotten one, still listed by a group, is nobody: the slot may be free already.
    fn mark(&mut self, user: u32) {
        if let Some(node) = self.users.get_mut(user as usize)
            && node.known
            && !node.dirty
        {
            node.dirty = true;
            self.dirty_users.push(user);
        }
    }

    /// Notes that a member left; sweeps the list when half of it is stale.
    fn left(&mut self, group: u32) {
        let Some(node) = self.groups.get_mut(group) else { return };
        node.left += 1;
        if node.left * 2 > node.members.len() {
            let users = &self.users;
            node.members.sort_unstable();
            node.members.dedup();
            node.members.retain(|user| users.get(*user as usize).is_some_and(|u| u.groups.contains(&group)));
            node.left = 0;
        }
    }

    /// Gives a user the class that the groups and the licence say. The id when it became another one.
    fn reclass(&mut self, user: u32) -> Option<UserId> {
        let node = self.users.get_mut(user as usize)?;
        node.dirty = false;
        self.scratch.clear(self.policies.len());
        if node.licensed {
            self.scratch.add(&self.everyone);
            for group in &node.groups {
                if let Some(group) = self.groups.get(*group) {
                    self.scratch.add(&group.all_includes);
                }
            }
            for group in &node.groups {
                if let Some(group) = self.groups.get(*group) {
                    self.scratch.remove(&group.all_excludes);
                }
            }
        }
        let class = self.classes.enter(self.scratch.pack());
        let before = std::mem::replace(&mut node.class, class);
        let (id, known) = (node.id, node.known);
        self.classes.leave(before);
        if !known {
            self.free_users.push(user);
        }
        (before != class).then_some(id)
    }
}
