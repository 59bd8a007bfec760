//! Which policies reach a user in an app, by which assignment, through which groups.
//!
//! Two forms of the same rules: [`Directory::resolve`] reads plain maps, [`TargetingIndex`] answers from interned sets
//! at any size and follows changes without a rebuild. Rules (behaviour §1.0, §2.1): a user without a licence gets
//! nothing; membership of a nested group counts; an exclusion always wins; a policy must cover the app, its platform
//! and the way the device is managed. Nothing here merges settings.

mod directory;
mod groups;
mod hash;
mod index;
mod rules;
mod scope;
mod sets;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use ringfence_model::{AppId, AssignmentFilterId, GroupId, ManagementState, Platform, PolicyId};
use serde::{Deserialize, Serialize};

use crate::filter::{Facts, Filter, Subject};

pub use directory::{Directory, User};
pub use index::{Row, Settled, TargetingIndex};
pub use sets::Class;

/// The apps a policy covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AppScope {
    /// Exactly these (an app group of the catalogue is expanded by the caller).
    Listed(BTreeSet<AppId>),
    /// Every app of the policy's platforms.
    All,
}

/// Whom and what a policy is for; everything of a policy except its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The policy.
    pub policy: PolicyId,
    /// Operating systems it is written for.
    pub platforms: BTreeSet<Platform>,
    /// Apps it covers.
    pub apps: AppScope,
    /// Ways of device management it is limited to; empty = any.
    pub management: BTreeSet<ManagementState>,
    /// Groups that get it.
    pub includes: BTreeSet<GroupId>,
    /// Groups that never get it.
    pub excludes: BTreeSet<GroupId>,
    /// Every licensed user gets it.
    pub all_licensed_users: bool,
    /// Inclusions that hold for some phones only. Those that are not named here hold for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrowed: Vec<Narrowed>,
}

/// An inclusion with a filter on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Narrowed {
    /// Which inclusion.
    pub by: MatchedBy,
    /// The filter. One that does not exist matches no phone.
    pub filter: AssignmentFilterId,
    /// It holds for phones that the filter does not match, instead of those that it matches.
    pub inverted: bool,
}

/// The filters by id.
pub type Filters = HashMap<AssignmentFilterId, Filter>;

/// The app, and the kind of device, a question is about. The platform is the app's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<'a> {
    /// Which app.
    pub app: &'a AppId,
    /// How the device is managed.
    pub management: ManagementState,
    /// What the phone has told about itself; only filters ask.
    pub facts: &'a Facts,
}

impl<'a> Query<'a> {
    /// A question about a phone that has told nothing.
    pub const fn new(app: &'a AppId, management: ManagementState) -> Self {
        Self { app, management, facts: &Facts::UNKNOWN }
    }

    /// The phone as a filter sees it.
    pub const fn subject(&self) -> Subject<'a> {
        Subject { platform: self.app.platform, management: self.management, facts: self.facts }
    }
}

/// The assignment through which a policy reached a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MatchedBy {
    /// A group inclusion.
    Group(GroupId),
    /// The assignment to all licensed users.
    AllLicensedUsers,
}

/// A policy that reaches a user in an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Match {
    /// The policy.
    pub policy: PolicyId,
    /// The assignment; a group inclusion is named before *all licensed users*.
    pub assignment: MatchedBy,
    /// From a group the user is a direct member of up to the assigned group; the shortest such path, and of equal ones
    /// the first by id. Empty for *all licensed users*.
    pub group_path: Vec<GroupId>,
}

/// What became of one policy for one user and app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum Outcome {
    /// It reaches the user.
    Matched(Match),
    /// The user is not in the directory.
    UnknownUser,
    /// The user has no licence.
    NotLicensed,
    /// The policy is written for another platform.
    OtherPlatform,
    /// The policy does not cover the app.
    AppNotCovered,
    /// The policy is limited to devices managed in another way.
    OtherManagement,
    /// No assignment names a group of the user.
    NotAssigned,
    /// An assignment reaches the user, but its filter leaves this phone out.
    #[serde(rename_all = "camelCase")]
    Filtered {
        /// The filter.
        filter: AssignmentFilterId,
        /// From a group of the user up to the assigned one; empty for *all licensed users*.
        group_path: Vec<GroupId>,
    },
    /// An exclusion keeps it away, whatever includes it.
    #[serde(rename_all = "camelCase")]
    Excluded {
        /// From a group of the user up to the excluded one.
        group_path: Vec<GroupId>,
    },
}
