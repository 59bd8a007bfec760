//! The rules themselves, over what is reachable from one user: shared by the plain and the indexed form.

use std::collections::HashMap;

use ringfence_model::GroupId;

use super::{AppScope, Filters, Match, MatchedBy, Narrowed, Outcome, Query, Target};

/// The groups a user is in, directly or through nesting, in breadth-first order with the step that led there.
#[derive(Debug, Default)]
pub(super) struct Reached {
    order: Vec<(GroupId, Option<usize>)>,
    position: HashMap<GroupId, usize>,
}

impl Reached {
    /// Walks up from the direct groups. Cycles end at what was seen before.
    pub(super) fn walk(mut direct: Vec<GroupId>, parents: impl Fn(GroupId) -> Vec<GroupId>) -> Self {
        direct.sort_unstable();
        let mut reached = Self::default();
        for group in direct {
            reached.visit(group, None);
        }
        let mut next = 0;
        while let Some(&(group, _)) = reached.order.get(next) {
            let mut up = parents(group);
            up.sort_unstable();
            for parent in up {
                reached.visit(parent, Some(next));
            }
            next += 1;
        }
        reached
    }

    fn visit(&mut self, group: GroupId, from: Option<usize>) {
        if let std::collections::hash_map::Entry::Vacant(slot) = self.position.entry(group) {
            slot.insert(self.order.len());
            self.order.push((group, from));
        }
    }

    /// The path to the group of `wanted` that is nearest, or `None` when none is reachable.
    fn nearest<'a>(&self, wanted: impl IntoIterator<Item = &'a GroupId>) -> Option<Vec<GroupId>> {
        let at = wanted.into_iter().filter_map(|group| self.position.get(group).copied()).min()?;
        Some(self.path(at))
    }

    /// The path to every group, nearest first.
    pub(super) fn paths(&self) -> Vec<Vec<GroupId>> {
        (0..self.order.len()).map(|at| self.path(at)).collect()
    }

    fn path(&self, at: usize) -> Vec<GroupId> {
        let mut at = Some(at);
        let mut path = Vec::new();
        while let Some(&(group, from)) = at.and_then(|index| self.order.get(index)) {
            path.push(group);
            at = from;
        }
        path.reverse();
        path
    }
}

/// Whether the policy is written for this app on this kind of device; the reason when not.
fn covers(target: &Target, query: &Query<'_>) -> Result<(), Outcome> {
    if !target.platforms.contains(&query.app.platform) {
        return Err(Outcome::OtherPlatform);
    }
    if let AppScope::Listed(apps) = &target.apps
        && !apps.contains(query.app)
    {
        return Err(Outcome::AppNotCovered);
    }
    if !target.management.is_empty() && !target.management.contains(&query.management) {
        return Err(Outcome::OtherManagement);
    }
    Ok(())
}

/// What becomes of one policy for a user who is in `reached`.
pub(super) fn judge(
    target: &Target,
    licensed: bool,
    reached: &Reached,
    query: &Query<'_>,
    filters: &Filters,
) -> Outcome {
    if !licensed {
        return Outcome::NotLicensed;
    }
    if let Err(reason) = covers(target, query) {
        return reason;
    }
    if let Some(group_path) = reached.nearest(&target.excludes) {
        return Outcome::Excluded { group_path };
    }
    included(target, reached, query, filters)
}

/// Which inclusion reaches a user on this phone.
fn included(target: &Target, reached: &Reached, query: &Query<'_>, filters: &Filters) -> Outcome {
    let open = |by: MatchedBy| lets_through(narrowing(target, by), query, filters);
    let groups = target.includes.iter().filter(|group| open(MatchedBy::Group(**group)));
    let matched =
        |assignment, group_path| Outcome::Matched(Match { policy: target.policy, assignment, group_path });
    if let Some(group_path) = reached.nearest(groups)
        && let Some(&group) = group_path.last()
    {
        return matched(MatchedBy::Group(group), group_path);
    }
    if target.all_licensed_users && open(MatchedBy::AllLicensedUsers) {
        return matched(MatchedBy::AllLicensedUsers, Vec::new());
    }
    let group_path = reached.nearest(&target.includes).unwrap_or_default();
    let by = match group_path.last() {
        Some(&group) => MatchedBy::Group(group),
        None if target.all_licensed_users => MatchedBy::AllLicensedUsers,
        None => return Outcome::NotAssigned,
    };
    match narrowing(target, by) {
        Some(narrowed) => Outcome::Filtered { filter: narrowed.filter, group_path },
        None => Outcome::NotAssigned,
    }
}

/// Whether a policy that is assigned to a user is for this phone, as far as filters go.
pub(super) fn admits(target: &Target, reached: &Reached, query: &Query<'_>, filters: &Filters) -> bool {
    matches!(included(target, reached, query, filters), Outcome::Matched(_))
}

fn narrowing(target: &Target, by: MatchedBy) -> Option<&Narrowed> {
    target.narrowed.iter().find(|narrowed| narrowed.by == by)
}

fn lets_through(narrowed: Option<&Narrowed>, query: &Query<'_>, filters: &Filters) -> bool {
    narrowed.is_none_or(|narrowed| {
        let matches = filters.get(&narrowed.filter).is_some_and(|filter| filter.matches(&query.subject()));
        matches != narrowed.inverted
    })
}
