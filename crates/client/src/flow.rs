//! The engine: flows are `async` functions that the core polls itself, once per step.
//!
//! There is no executor, no thread and no waker. A flow waits for the completion of an effect, for a condition on the
//! state, or for random bytes; everything it can wait for arrives as an input, so the same inputs give the same
//! effects. The state is reached through closures that cannot wait, so no flow ever holds it while another runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{
    core::State,
    effect::{Effect, FileOp, HttpRequest, KeyOp, ReqId, StateOp},
    input::{FileReply, HttpReply, KeyFailure, KeyReply, NetFailure, Outcome, StorageFailure},
    log::{LogLevel, LogRecord},
};

/// A flow in progress.
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// More passes than any step needs; an upper bound keeps `step` total.
const MAX_PASSES: usize = 10_000;

/// Work that at most one flow does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Sign-in, registration, removal of the account, wipe.
    Account,
    /// Opening a session.
    Session,
    /// Asking the server.
    CheckIn,
    /// Status reports.
    Status,
    /// Changing what is kept of the policy; held while it is written, and inside every other lane.
    Policy,
    /// Loading the keys of the vault.
    Keys,
    /// Writing notes.
    Notes,
    /// PIN and proofs of the account.
    Access,
}

/// Everything the flows share.
pub(crate) struct Shared {
    effects: Vec<Effect>,
    pending: BTreeMap<ReqId, Option<Outcome>>,
    next_req: u64,
    random: Vec<u8>,
    random_wanted: usize,
    lanes: BTreeSet<Lane>,
    spawned: Vec<Task>,
    generation: u64,
    state: State,
}

/// A flow's hold on the shared parts.
#[derive(Clone)]
pub(crate) struct Cx {
    shared: Arc<Mutex<Shared>>,
}

impl Cx {
    pub(crate) fn new(state: State) -> Self {
        let shared = Shared {
            effects: Vec::new(),
            pending: BTreeMap::new(),
            next_req: 0,
            random: Vec::new(),
            random_wanted: 0,
            lanes: BTreeSet::new(),
            spawned: Vec::new(),
            generation: 0,
            state,
        };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads or changes the state.
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut shared = self.lock();
        shared.generation = shared.generation.wrapping_add(1);
        change(&mut shared.state)
    }

    /// Waits until `condition` gives something.
    pub(crate) async fn until<R>(&self, mut condition: impl FnMut(&State) -> Option<R>) -> R {
        poll_fn(|_| condition(&self.lock().state).map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Starts a flow beside this one.
    pub(crate) fn spawn(&self, flow: impl Future<Output = ()> + Send + 'static) {
        self.lock().spawned.push(Box::pin(flow));
    }

    /// Emits an effect without completion.
    pub(crate) fn emit(&self, effect: Effect) {
        let mut shared = self.lock();
        shared.generation = shared.generation.wrapping_add(1);
        shared.effects.push(effect);
    }

    /// Emits an effect that names a stream; its number.
    pub(crate) fn emit_numbered(&self, effect: impl FnOnce(ReqId) -> Effect) -> ReqId {
        let mut shared = self.lock();
        let req = ReqId(shared.next_req);
        shared.next_req = shared.next_req.wrapping_add(1);
        shared.generation = shared.generation.wrapping_add(1);
        shared.effects.push(effect(req));
        req
    }

    /// A line for the diagnostics file.
    pub(crate) fn log(&self, level: LogLevel, event: &'static str, detail: impl Into<String>) {
        self.emit(Effect::Log(LogRecord { level, event, detail: detail.into() }));
    }

    /// Takes a completion; `false` when nobody waits for it.
    pub(crate) fn complete(&self, req: ReqId, outcome: Outcome) -> bool {
        let mut shared = self.lock();
        match shared.pending.get_mut(&req) {
            Some(slot @ None) => {
                *slot = Some(outcome);
                true
            }
            Some(Some(_)) | None => false,
        }
    }

    async fn run(&self, effect: impl FnOnce(ReqId) -> Effect) -> Outcome {
        let req = self.emit_numbered(effect);
        self.lock().pending.insert(req, None);
        poll_fn(|_| {
            let mut shared = self.lock();
            match shared.pending.remove(&req) {
                Some(Some(outcome)) => {
                    shared.generation = shared.generation.wrapping_add(1);
                    Poll::Ready(outcome)
                }
                waiting => {
                    shared.pending.insert(req, waiting.flatten());
                    Poll::Pending
                }
            }
        })
        .await
    }

    pub(crate) async fn http(&self, request: HttpRequest) -> Result<HttpReply, NetFailure> {
        match self.run(|req| Effect::Http { req, request }).await {
            Outcome::Http(result) => result,
            _ => Err(NetFailure::Failed),
        }
    }

    pub(crate) async fn key(&self, op: KeyOp) -> Result<KeyReply, KeyFailure> {
        match self.run(|req| Effect::KeyStore { req, op }).await {
            Outcome::Key(result) => result,
            _ => Err(KeyFailure::Broken),
        }
    }

    /// A key operation that answers bytes.
    pub(crate) async fn key_bytes(&self, op: KeyOp) -> Result<Vec<u8>, KeyFailure> {
        match self.key(op).await? {
            KeyReply::Bytes(bytes) => Ok(bytes),
            KeyReply::PublicKey(_) | KeyReply::Changed(_) => Err(KeyFailure::Broken),
        }
    }

    pub(crate) async fn get(&self, slot: &'static str) -> Result<Option<Vec<u8>>, StorageFailure> {
        self.state(StateOp::Get { slot }).await
    }

    pub(crate) async fn put(&self, slot: &'static str, bytes: Vec<u8>) -> Result<(), StorageFailure> {
        self.state(StateOp::Put { slot, bytes }).await.map(drop)
    }

    pub(crate) async fn swap(
        &self,
        slot: &'static str,
        was: Option<Vec<u8>>,
        bytes: Vec<u8>,
    ) -> Result<(), StorageFailure> {
        self.state(StateOp::Swap { slot, was, bytes }).await.map(drop)
    }

    pub(crate) async fn forget(&self, slot: &'static str) -> Result<(), StorageFailure> {
        self.state(StateOp::Delete { slot }).await.map(drop)
    }

    async fn state(&self, op: StateOp) -> Result<Option<Vec<u8>>, StorageFailure> {
        match self.run(|req| Effect::State { req, op }).await {
            Outcome::State(result) => result,
            _ => Err(StorageFailure::Failed),
        }
    }

    pub(crate) async fn file(&self, op: FileOp) -> Result<FileReply, StorageFailure> {
        match self.run(|req| Effect::File { req, op }).await {
            Outcome::File(result) => result,
            _ => Err(StorageFailure::Failed),
        }
    }

    /// Sends the user to a provider; the address that the browser came back with.
    pub(crate) async fn authorize(&self, url: String, redirect_uri: String) -> Option<String> {
        match self.run(|req| Effect::Authorize { req, url, redirect_uri }).await {
            Outcome::Browser(came_back) => came_back,
            _ => None,
        }
    }

    /// `N` random bytes from the driver's source.
    pub(crate) async fn random<const N: usize>(&self) -> [u8; N] {
        poll_fn(|_| {
            let mut shared = self.lock();
            if shared.random.len() < N {
                shared.random_wanted = shared.random_wanted.max(N);
                return Poll::Pending;
            }
            let rest = shared.random.split_off(N);
            let drawn = std::mem::replace(&mut shared.random, rest);
            shared.generation = shared.generation.wrapping_add(1);
            Poll::Ready(drawn.try_into().unwrap_or([0; N]))
        })
        .await
    }

    /// Waits until nobody else is in the lane; leaving is dropping the guard.
    pub(crate) async fn enter(&self, lane: Lane) -> LaneGuard {
        poll_fn(|_| if self.lock().lanes.insert(lane) { Poll::Ready(()) } else { Poll::Pending }).await;
        LaneGuard { cx: self.clone(), lane }
    }

    /// Enters the lane unless somebody is in it.
    pub(crate) fn try_enter(&self, lane: Lane) -> Option<LaneGuard> {
        let free = self.lock().lanes.insert(lane);
        free.then(|| LaneGuard { cx: self.clone(), lane })
    }
}

/// Being in a lane.
pub(crate) struct LaneGuard {
    cx: Cx,
    lane: Lane,
}

impl Drop for LaneGuard {
    fn drop(&mut self) {
        let mut shared = self.cx.lock();
        shared.lanes.remove(&self.lane);
        shared.generation = shared.generation.wrapping_add(1);
    }
}

/// The flows in progress.
pub(crate) struct Flows {
    cx: Cx,
    tasks: Vec<Task>,
}

impl Flows {
    pub(crate) const fn new(cx: Cx) -> Self {
        Self { cx, tasks: Vec::new() }
    }

    /// Runs every flow until all of them wait; the effects they emitted, in order.
    pub(crate) fn run(&mut self, entropy: &mut dyn FnMut(&mut [u8])) -> Vec<Effect> {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..MAX_PASSES {
            let (before, spawned) = {
                let mut shared = self.cx.lock();
                (shared.generation, std::mem::take(&mut shared.spawned))
            };
            self.tasks.extend(spawned);
            self.tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            if self.cx.lock().settle(before, entropy) {
                break;
            }
        }
        std::mem::take(&mut self.cx.lock().effects)
    }
}

impl Shared {
    /// Serves wishes for randomness; `true` when nothing moves any more.
    fn settle(&mut self, before: u64, entropy: &mut dyn FnMut(&mut [u8])) -> bool {
        let wanted = std::mem::take(&mut self.random_wanted);
        if wanted > 0 {
            let mut fresh = vec![0; wanted.saturating_sub(self.random.len())];
            entropy(&mut fresh);
            self.random.append(&mut fresh);
            return false;
        }
        self.generation == before && self.spawned.is_empty()
    }
}
