//! Who gets what, in memory: the targeting index, the policies and the effective policy of each class of users. Loaded
//! from the database, follows every commit, leads none.

mod answer;
mod content;
mod follow;
mod sql;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic::AtomicU64},
};

use ringfence_model::{
    AppId, AssignmentFilterId, GroupId, Platform, PolicyId, TenantId, UserId,
    appconfig::AppConfiguration,
    document::{AppGroup, AssignmentTarget, FilterMode, PolicyDocument, PolicyKind},
    settings::Settings,
};
use ringfence_policy::targeting::{AppScope, MatchedBy, Narrowed, Target, TargetingIndex};
use tokio::sync::{Mutex, watch};

pub(crate) use answer::Answer;
pub(crate) use content::{Content, Lease};
pub(crate) use follow::{Followed, Touched};

use content::Contents;

/// A policy as targeting and merging need it.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) id: PolicyId,
    pub(crate) kind: PolicyKind,
    pub(crate) name: String,
    pub(crate) version: i64,
    pub(crate) settings: Settings,
    pub(crate) config: AppConfiguration,
    pub(crate) document: PolicyDocument,
}

/// What targeting needs of a row of the catalogue.
#[derive(Debug, Clone)]
pub(crate) struct CatalogueApp {
    /// It is one of the vendor's core apps.
    pub(crate) core: bool,
    /// SHA-256 of the certificates it may be signed with; empty for any.
    pub(crate) signers: Vec<String>,
}

impl CatalogueApp {
    /// Whether an app signed like this is the one in the catalogue (catalogue I10).
    pub(crate) fn is_signed_by(&self, signer: Option<&str>) -> bool {
        self.signers.is_empty()
            || signer
                .is_some_and(|signer| self.signers.iter().any(|known| known.eq_ignore_ascii_case(signer)))
    }
}

/// Everything known of a tenant at one revision.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Which one.
    revision: i64,
    pub(crate) index: TargetingIndex,
    pub(crate) policies: HashMap<PolicyId, Arc<Policy>>,
    pub(crate) group_names: HashMap<GroupId, String>,
    pub(crate) filter_names: HashMap<AssignmentFilterId, String>,
    pub(crate) catalogue: HashMap<AppId, CatalogueApp>,
    disabled: HashSet<UserId>,
    contents: Contents,
}

/// The tenant's state, shared by all handlers of this node.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) tenant: TenantId,
    state: RwLock<State>,
    applied: watch::Sender<i64>,
    following: Mutex<()>,
    /// How many times following began.
    followed: AtomicU64,
}

impl Memory {
    /// The revision that everything on this node is at, sessions included.
    pub(crate) fn revision(&self) -> i64 {
        *self.applied.borrow()
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What a policy is for, its app group expanded by the catalogue. `None` for kinds that phones do not obey.
    fn target(&self, policy: &Policy) -> Option<Target> {
        let platforms = match policy.kind {
            PolicyKind::TargetedConfiguration => Platform::ALL.into(),
            kind => [kind.platform()?].into(),
        };
        let document = &policy.document;
        let mut target = Target {
            policy: policy.id,
            platforms,
            apps: self.scope(document),
            management: document.management_levels(),
            includes: BTreeSet::new(),
            excludes: BTreeSet::new(),
            all_licensed_users: false,
            narrowed: Vec::new(),
        };
        for assignment in document.filtered_assignments() {
            let by = match assignment.target {
                AssignmentTarget::Include(group) => {
                    target.includes.insert(group);
                    MatchedBy::Group(group)
                }
                AssignmentTarget::Exclude(group) => {
                    target.excludes.insert(group);
                    continue;
                }
                AssignmentTarget::AllLicensedUsers => {
                    target.all_licensed_users = true;
                    MatchedBy::AllLicensedUsers
                }
            };
            if let Some((filter, mode)) = assignment.filter {
                target.narrowed.push(Narrowed { by, filter, inverted: mode == FilterMode::Exclude });
            }
        }
        Some(target)
    }

    fn scope(&self, document: &PolicyDocument) -> AppScope {
        match document.app_group() {
            AppGroup::AllApps => AppScope::All,
            AppGroup::SelectedPublicApps => AppScope::Listed(document.apps().into_iter().collect()),
            AppGroup::AllMicrosoftApps => AppScope::Listed(self.catalogue.keys().cloned().collect()),
            AppGroup::AllCoreMicrosoftApps => {
                let core = self.catalogue.iter().filter(|(_, app)| app.core);
                AppScope::Listed(core.map(|(app, _)| app.clone()).collect())
            }
        }
    }

    fn set_policy(&mut self, policy: Policy) {
        match self.target(&policy) {
            Some(target) => self.index.set_target(target),
            None => self.index.remove_target(policy.id),
        }
        self.policies.insert(policy.id, Arc::new(policy));
    }
}
