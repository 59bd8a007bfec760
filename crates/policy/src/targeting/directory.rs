//! The directory as plain maps: small, obvious, for command-line simulation and as the yardstick of the index.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_model::{GroupId, PolicyId, UserId};

use super::{
    Filters, Match, Outcome, Query, Target,
    rules::{Reached, judge},
};

/// What targeting needs to know of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Has a licence.
    pub licensed: bool,
    /// Direct groups.
    pub groups: BTreeSet<GroupId>,
}

/// Users, their groups, the nesting of groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Everybody.
    pub users: BTreeMap<UserId, User>,
    /// For a group the groups it is itself a member of. Cycles are tolerated.
    pub member_of: BTreeMap<GroupId, BTreeSet<GroupId>>,
    /// Filters that assignments name.
    pub filters: Filters,
}

impl Directory {
    /// The policies that reach a user in an app, ordered by policy.
    pub fn resolve(&self, targets: &[Target], user: UserId, query: &Query<'_>) -> Vec<Match> {
        let mut matches: Vec<_> = self
            .diagnose(targets, user, query)
            .into_iter()
            .filter_map(|(_, outcome)| if let Outcome::Matched(found) = outcome { Some(found) } else { None })
            .collect();
        matches.sort_unstable_by_key(|found| found.policy);
        matches
    }

    /// What becomes of every policy for a user in an app.
    pub fn diagnose(&self, targets: &[Target], user: UserId, query: &Query<'_>) -> Vec<(PolicyId, Outcome)> {
        let Some(known) = self.users.get(&user) else {
            return targets.iter().map(|target| (target.policy, Outcome::UnknownUser)).collect();
        };
        let reached = Reached::walk(known.groups.iter().copied().collect(), |group| {
            self.member_of.get(&group).into_iter().flatten().copied().collect()
        });
        targets
            .iter()
            .map(|target| (target.policy, judge(target, known.licensed, &reached, query, &self.filters)))
            .collect()
    }
}
