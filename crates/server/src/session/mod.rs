//! Sessions of app instances, in the memory of this node only (protocol §4), and what the node remembers of the
//! instances that have one.

pub(crate) mod api;
pub(crate) mod auth;
pub(crate) mod ops;

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use arc_swap::{ArcSwap, ArcSwapOption};
use ringfence_model::{AppId, InstanceId, ManagementState, SessionId, UnixMillis, UserId};
use ringfence_policy::filter::Facts;
use ringfence_protocol::{request::ReplayWindow, session::SessionKeys};
use tokio::sync::watch;

use crate::checkin::{Durable, Served};

/// Sessions of one instance held at once; an older one ends when one more begins.
const PER_INSTANCE: usize = 4;

const SHARDS: usize = 64;

/// An app instance that has a session here.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) id: InstanceId,
    pub(crate) user: UserId,
    pub(crate) upn: String,
    pub(crate) app: AppId,
    pub(crate) management: ManagementState,
    /// What the phone told last.
    pub(crate) facts: ArcSwap<Facts>,
    /// The sequence of the report that the facts are of, once there was one in this session.
    reported: Mutex<Option<u64>>,
    pub(crate) device_tag: String,
    /// The device is enrolled without a user; looked up together with the orders.
    pub(crate) userless: AtomicBool,
    /// What the next check-in answers; replaced as a whole.
    pub(crate) served: ArcSwapOption<Served>,
    /// Something changed: look again before answering.
    pub(crate) stale: AtomicBool,
    /// Wipe orders or what is known of the device changed.
    pub(crate) orders_stale: AtomicBool,
    /// The version in force, as stored; whoever holds the lock may change it.
    pub(crate) durable: tokio::sync::Mutex<Durable>,
    /// The tenant revision that the instance should look at; wakes its event stream.
    pub(crate) wake: watch::Sender<i64>,
    /// Open event streams.
    pub(crate) listeners: AtomicUsize,
    /// Last authenticated request, ms since 1970.
    pub(crate) seen_at: AtomicI64,
    /// The last one that is stored.
    pub(crate) seen_stored: AtomicI64,
    ended: AtomicBool,
    sessions: Mutex<Vec<SessionId>>,
}

impl Active {
    /// The instance was wiped or removed: nothing is answered any more.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Keeps the versions that the phone tells, unless a later report told them already; answers whether they are others
    /// than before.
    pub(crate) fn learn(&self, sequence: u64, app_version: String, os_version: String) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if *reported >= Some(sequence) {
            return false;
        }
        *reported = Some(sequence);
        let known = self.facts.load();
        let new =
            Facts { app_version: Some(app_version), os_version: Some(os_version), ..Facts::clone(&known) };
        let differs = new != **known;
        if differs {
            self.facts.store(Arc::new(new));
        }
        differs
    }

    /// Has the next check-in look again.
    pub(crate) fn mark_stale(&self) {
        self.stale.store(true, Ordering::Release);
    }

    /// Tells open event streams to have the phone check in.
    pub(crate) fn wake(&self, revision: i64) {
        self.wake.send_replace(revision);
    }
}

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) keys: SessionKeys,
    pub(crate) expires_at: UnixMillis,
    pub(crate) active: Arc<Active>,
    window: Mutex<ReplayWindow>,
}

impl Session {
    /// Takes a request counter whose MAC was right; false when it was used before.
    pub(crate) fn take(&self, counter: u64) -> bool {
        self.window.lock().unwrap_or_else(PoisonError::into_inner).accept(counter)
    }
}

/// All sessions and instances of this node, in shards so that requests do not wait for each other.
#[derive(Debug)]
pub(crate) struct Sessions {
    hash: RandomState,
    sessions: Vec<RwLock<HashMap<SessionId, Arc<Session>>>>,
    actives: Vec<RwLock<HashMap<InstanceId, Arc<Active>>>>,
}

impl Sessions {
    pub(crate) fn new() -> Self {
        Self {
            hash: RandomState::new(),
            sessions: (0..SHARDS).map(|_| RwLock::default()).collect(),
            actives: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    fn shard(&self, id: uuid::Uuid) -> usize {
        self.hash.hash_one(id) as usize % SHARDS
    }

    pub(crate) fn find(&self, id: SessionId) -> Option<Arc<Session>> {
        let shard = self.sessions[self.shard(id.0)].read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&id).cloned()
    }

    pub(crate) fn find_active(&self, id: InstanceId) -> Option<Arc<Active>> {
        let shard = self.actives[self.shard(id.0)].read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&id).cloned()
    }

    /// Remembers a session of an instance; `make` is asked when the instance has none here yet.
    pub(crate) fn insert(
        &self,
        id: SessionId,
        keys: SessionKeys,
        expires_at: UnixMillis,
        make: impl FnOnce() -> Active,
        instance: InstanceId,
    ) -> Arc<Session> {
        let (active, over) = {
            let mut shard =
                self.actives[self.shard(instance.0)].write().unwrap_or_else(PoisonError::into_inner);
            let active = Arc::clone(shard.entry(instance).or_insert_with(|| Arc::new(make())));
            // Under the lock of the shard: an instance is only forgotten when it has no session.
            let mut sessions = active.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            sessions.push(id);
            let over = (sessions.len() > PER_INSTANCE).then(|| sessions.remove(0));
            drop(sessions);
            (active, over)
        };
        if let Some(over) = over {
            self.remove(over);
        }
        let session = Arc::new(Session { id, keys, expires_at, active, window: Mutex::default() });
        let mut shard = self.sessions[self.shard(id.0)].write().unwrap_or_else(PoisonError::into_inner);
        shard.insert(id, Arc::clone(&session));
        session
    }

    fn remove(&self, id: SessionId) {
        self.sessions[self.shard(id.0)].write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Ends an instance: its sessions are unknown from here on, its event streams close.
    pub(crate) fn end(&self, instance: InstanceId) {
        let removed = self.actives[self.shard(instance.0)]
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&instance);
        let Some(active) = removed else { return };
        active.ended.store(true, Ordering::Release);
        let sessions = std::mem::take(&mut *active.sessions.lock().unwrap_or_else(PoisonError::into_inner));
        for id in sessions {
            self.remove(id);
        }
        active.wake.send_modify(|_| {});
    }

    /// Every instance with a session here.
    pub(crate) fn list_actives(&self) -> Vec<Arc<Active>> {
        let all = self.actives.iter().map(|shard| {
            shard.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect::<Vec<_>>()
        });
        all.flatten().collect()
    }

    /// How many sessions are held.
    pub(crate) fn count(&self) -> usize {
        self.sessions.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Forgets what expired before `now`, and instances without a session whose last request is stored.
    pub(crate) fn sweep(&self, now: UnixMillis) {
        for shard in &self.sessions {
            shard.write().unwrap_or_else(PoisonError::into_inner).retain(|id, session| {
                let keep = session.expires_at > now;
                if !keep {
                    let mut sessions = session.active.sessions.lock().unwrap_or_else(PoisonError::into_inner);
                    sessions.retain(|known| known != id);
                }
                keep
            });
        }
        for shard in &self.actives {
            shard.write().unwrap_or_else(PoisonError::into_inner).retain(|_, active| {
                let sessions = active.sessions.lock().unwrap_or_else(PoisonError::into_inner);
                let stored =
                    active.seen_stored.load(Ordering::Relaxed) >= active.seen_at.load(Ordering::Relaxed);
                !sessions.is_empty() || !stored
            });
        }
    }
}
