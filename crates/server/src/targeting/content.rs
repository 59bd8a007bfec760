//! The effective policy of a class of users in an app, merged once and signed once per version and half-lease.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use ringfence_model::{AppId, ManagementState, Millis, PolicyId, TenantId, UnixMillis};
use ringfence_policy::targeting::Class;
use ringfence_protocol::{
    Bytes, Digest,
    bundle::{Audience, Bundle, BundleContent},
    envelope::SignError,
};

use crate::signing::Keys;

/// Contents kept for classes at most; beyond it all are forgotten and made again when asked for.
const CONTENTS_MAX: usize = 1 << 16;

/// A signed bundle, shared by everybody it is for.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) bytes: Bytes,
    pub(crate) hash: Digest,
}

/// Names one signature of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Edition {
    version: u64,
    lease: Lease,
    keyset: u64,
}

/// What a class of users obeys in an app.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) app: AppId,
    pub(crate) hash: Digest,
    /// The revision at which this content was first seen.
    pub(crate) since: i64,
    pub(crate) content: BundleContent,
    signed: Mutex<HashMap<Edition, Arc<Signed>>>,
}

/// A lease in halves: a bundle is signed again when the first half is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Lease {
    half: i64,
    slot: i64,
}

impl Lease {
    pub(crate) fn at(now: UnixMillis, lease: Millis) -> Self {
        let half = i64::try_from(lease.0 / 2).unwrap_or(i64::MAX).max(1);
        Self { half, slot: now.0.div_euclid(half) }
    }

    /// When the next edition is due.
    pub(crate) fn renew_at(self) -> UnixMillis {
        UnixMillis((self.slot + 1).saturating_mul(self.half))
    }

    /// Names this half of this lease.
    pub(crate) fn name(self) -> String {
        format!("{}/{}", self.slot, self.half)
    }

    fn expires_at(self) -> UnixMillis {
        UnixMillis((self.slot + 2).saturating_mul(self.half))
    }
}

impl Content {
    fn new(app: AppId, content: BundleContent, hash: Digest, since: i64) -> Self {
        Self { app, hash, since, content, signed: Mutex::default() }
    }

    /// The policies it comes from.
    pub(crate) fn policies(&self) -> impl Iterator<Item = PolicyId> {
        self.content.sources.iter().map(|source| source.policy)
    }

    /// The signed bundle of a version for the half-lease that `now` is in.
    pub(crate) fn sign(
        &self,
        tenant: TenantId,
        keys: &Keys,
        version: u64,
        now: UnixMillis,
        lease: Lease,
    ) -> Result<Arc<Signed>, SignError> {
        let edition = Edition { version, lease, keyset: keys.version };
        let mut editions = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = editions.get(&edition) {
            return Ok(Arc::clone(signed));
        }
        let audience = Audience { tenant, platform: self.app.platform, app: &self.app.id };
        let life = lease.expires_at().since(now);
        let bundle = Bundle::new(audience, version, keys.version, now, life, self.content.clone())?;
        let bytes = bundle.sign(&keys.signing)?;
        let signed = Arc::new(Signed { hash: Digest::of(&bytes), bytes: Bytes(bytes) });
        editions.retain(|old, _| old.lease == lease);
        editions.insert(edition, Arc::clone(&signed));
        Ok(signed)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) class: Class,
    pub(super) app: AppId,
    pub(super) management: ManagementState,
    /// Policies that filters keep from the phone: the class is the same for all phones of a user.
    pub(super) kept_here: Vec<PolicyId>,
    pub(super) kept_elsewhere: Vec<PolicyId>,
}

/// What was made for a class: content for all its users, or a draft with places for the facts of each.
#[derive(Debug, Clone)]
pub(super) enum Made {
    Nothing,
    Shared(Arc<Content>),
    Personal(Arc<BundleContent>),
}

#[derive(Debug)]
struct Entry {
    made: Made,
    depends: BTreeSet<PolicyId>,
}

/// The contents in use.
#[derive(Debug, Default)]
pub(super) struct Contents {
    by_class: Mutex<HashMap<Key, Entry>>,
    by_hash: Mutex<HashMap<(AppId, Digest), Weak<Content>>>,
}

impl Contents {
    pub(super) fn find(&self, key: &Key) -> Option<Made> {
        self.by_class.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(|entry| entry.made.clone())
    }

    pub(super) fn insert(&self, key: Key, made: Made, depends: BTreeSet<PolicyId>) {
        let mut all = self.by_class.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CONTENTS_MAX {
            all.clear();
        }
        all.insert(key, Entry { made, depends });
    }

    /// The one shared copy of a content.
    pub(super) fn intern(
        &self,
        app: &AppId,
        content: BundleContent,
        hash: Digest,
        revision: i64,
    ) -> Arc<Content> {
        let mut all = self.by_hash.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&(app.clone(), hash)).and_then(Weak::upgrade) {
            return known;
        }
        if all.len() >= 64 && all.len().is_power_of_two() {
            all.retain(|_, content| content.strong_count() > 0);
        }
        let content = Arc::new(Content::new(app.clone(), content, hash, revision));
        all.insert((app.clone(), hash), Arc::downgrade(&content));
        content
    }

    /// Forgets what was made from these policies.
    pub(super) fn forget(&mut self, policies: &HashSet<PolicyId>) {
        if policies.is_empty() {
            return;
        }
        let all = self.by_class.get_mut().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, entry| entry.depends.iter().all(|policy| !policies.contains(policy)));
    }
}

/// Setting name → which sources decided it.
pub(super) type Deciders = BTreeMap<String, Vec<u32>>;
