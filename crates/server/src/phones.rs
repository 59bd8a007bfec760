//! What the phone-facing features share on this node, and the tasks behind them.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use ringfence_model::{Millis, TenantId};
use tokio::task::JoinHandle;

use crate::{
    app::{App, Shared},
    changes::Changes,
    checkin::{self, given, lease},
    db::{Db, DbError, Dialect},
    env::Env,
    http::Metrics,
    registration::{self, InstanceState},
    session::Sessions,
    signing::{self, Signing, ops::KeysError},
    status::Writer,
    targeting::{Followed, Memory, Touched},
};

/// How often a node asks what other nodes changed.
const POLL: Duration = Duration::from_millis(200);

/// How often expired sessions are forgotten and last-seen times stored.
const SWEEP: Duration = Duration::from_secs(5);

/// How often what no instance has any more is forgotten, and looked whether the signing key ends soon.
const FORGET: Duration = Duration::from_secs(3600);

/// Counters of the phone protocol.
#[derive(Debug, Default)]
pub(crate) struct PhoneMetrics {
    pub(crate) checkins_unchanged: Counter,
    pub(crate) checkins_changed: Counter,
    pub(crate) sessions_begun: Counter,
    pub(crate) registrations: Counter,
    pub(crate) mac_invalid: Counter,
    pub(crate) replayed: Counter,
    pub(crate) receipts_foreign: Counter,
    pub(crate) pushed: Counter,
    pub(crate) listeners: Gauge,
    sessions: Gauge,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Phones {
    pub(crate) signing: Signing,
    pub(crate) memory: Memory,
    pub(crate) sessions: Sessions,
    pub(crate) writer: Writer,
    pub(crate) metrics: PhoneMetrics,
    lease: AtomicU64,
    changes: Changes,
}

impl Phones {
    /// Makes or reads the keys, loads the tenant.
    pub(crate) async fn open(
        db: &Db,
        env: &Env,
        tenant: TenantId,
        key_file: &Path,
        changes: &Changes,
    ) -> Result<Self, KeysError> {
        let signing = signing::ops::open(db, env, tenant, key_file).await?;
        Ok(Self {
            signing,
            memory: Memory::load(db, tenant).await?,
            sessions: Sessions::new(),
            writer: Writer::start(db.clone(), tenant),
            metrics: PhoneMetrics::default(),
            lease: AtomicU64::new(lease::find(&mut *db.read().await?, tenant).await?.0),
            changes: changes.clone(),
        })
    }

    /// The lease of bundles issued now.
    pub(crate) fn lease(&self) -> Millis {
        Millis(self.lease.load(Ordering::Relaxed))
    }

    /// Makes sure that everything acknowledged on this node is in memory. Free when it is.
    pub(crate) async fn catch_up(&self, app: &App) -> Result<(), DbError> {
        if self.memory.revision() < self.changes.latest() { self.follow(app).await } else { Ok(()) }
    }

    /// Brings memory to the newest revision and wakes those whom it concerns.
    pub(crate) async fn follow(&self, app: &App) -> Result<(), DbError> {
        let Some(followed) = self.memory.follow(&app.db).await? else { return Ok(()) };
        if followed.touched.keys {
            let mut conn = app.db.read().await?;
            if let Err(error) = signing::ops::reload(&mut conn, self.memory.tenant, &self.signing).await {
                tracing::error!(%error, "the signing keys cannot be read again");
            }
        }
        if followed.touched.lease {
            let lease = lease::find(&mut *app.db.read().await?, self.memory.tenant).await?;
            self.lease.store(lease.0, Ordering::Relaxed);
        }
        self.end_ended(app, &followed.touched).await?;
        self.spread(app, &followed);
        followed.finish();
        Ok(())
    }

    /// Ends the sessions of instances that another node ended.
    async fn end_ended(&self, app: &App, touched: &Touched) -> Result<(), DbError> {
        let mut suspects: Vec<_> =
            touched.instances.iter().copied().filter(|id| self.sessions.find_active(*id).is_some()).collect();
        if touched.all {
            suspects.extend(self.sessions.list_actives().iter().map(|active| active.id));
        }
        if suspects.is_empty() {
            return Ok(());
        }
        let mut conn = app.db.read().await?;
        for id in suspects {
            let found = registration::ops::find(&mut conn, self.memory.tenant, id).await?;
            if found.is_none_or(|instance| instance.state != InstanceState::Active) {
                self.sessions.end(id);
            }
        }
        Ok(())
    }

    fn spread(&self, app: &App, followed: &Followed<'_>) {
        let (touched, revision) = (&followed.touched, followed.revision);
        for id in &touched.instances {
            if let Some(active) = self.sessions.find_active(*id) {
                active.orders_stale.store(true, Ordering::Release);
                active.mark_stale();
                active.wake(revision);
                self.metrics.pushed.inc();
            }
        }
        let everybody = touched.all || touched.keys || touched.lease;
        if !everybody && touched.users.is_empty() && touched.policies.is_empty() {
            return;
        }
        for active in self.sessions.list_actives() {
            let concerned = everybody || touched.users.contains(&active.user) || {
                let state = self.memory.read();
                touched.policies.iter().any(|policy| state.index.has(active.user, *policy))
            };
            if !concerned {
                continue;
            }
            if touched.all {
                active.orders_stale.store(true, Ordering::Release);
            }
            active.mark_stale();
            if active.listeners.load(Ordering::Relaxed) > 0 && checkin::ops::differs(app, &active) {
                active.wake(revision);
                self.metrics.pushed.inc();
            }
        }
    }

    pub(crate) fn register(&self, metrics: &Metrics) {
        let all = &self.metrics;
        metrics.register(|registry| {
            let mut add =
                |name: &str, help: &str, counter: &Counter| registry.register(name, help, counter.clone());
            add("checkins_unchanged", "Check-ins answered 304", &all.checkins_unchanged);
            add("checkins_changed", "Check-ins answered with a policy", &all.checkins_changed);
            add("sessions_begun", "Session handshakes", &all.sessions_begun);
            add("registrations", "App instances registered", &all.registrations);
            add("phone_mac_invalid", "Phone requests with a wrong MAC", &all.mac_invalid);
            add("phone_replayed", "Phone requests sent twice", &all.replayed);
            add("wipe_receipts_foreign", "Receipts of another instance", &all.receipts_foreign);
            add("pushed", "Instances told to check in", &all.pushed);
            registry.register("push_listeners", "Open event streams", all.listeners.clone());
            registry.register("sessions", "Sessions held", all.sessions.clone());
        });
    }
}

/// Starts the tasks that follow changes and keep house. They end when the server stops.
pub(crate) fn start(app: &Shared) -> Vec<JoinHandle<()>> {
    vec![tokio::spawn(follow(Arc::clone(app))), tokio::spawn(sweep(Arc::clone(app)))]
}

async fn follow(app: Shared) {
    let mut changes = app.changes.subscribe();
    let polls = app.db.dialect() == Dialect::Postgres;
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = app.stopping() => return,
            // Behind or not: following reads everything up to the newest revision.
            _ = changes.recv() => {}
            _ = poll.tick(), if polls => {}
        }
        if let Err(error) = app.phones.follow(&app).await {
            tracing::error!(%error, "changes cannot be followed");
            tokio::time::sleep(POLL).await;
        }
    }
}

async fn sweep(app: Shared) {
    let mut interval = tokio::time::interval(SWEEP);
    let mut forget = tokio::time::interval(FORGET);
    loop {
        tokio::select! {
            () = app.stopping() => break,
            _ = interval.tick() => {}
            _ = forget.tick() => {
                if let Err(error) = forget_contents(&app).await {
                    tracing::error!(%error, "what no instance has any more cannot be forgotten");
                }
                if let Err(error) = signing::renew_if_due(&app).await {
                    tracing::error!(%error, "the signing key ends soon and cannot be renewed");
                }
                continue;
            }
        }
        store_seen(&app).await;
        app.phones.sessions.sweep(app.env.now());
        app.phones.metrics.sessions.set(i64::try_from(app.phones.sessions.count()).unwrap_or(i64::MAX));
    }
    store_seen(&app).await;
}

async fn forget_contents(app: &App) -> Result<(), DbError> {
    let mut tx = app.db.write().await?;
    given::delete_unused(&mut tx, app.tenant).await?;
    tx.commit().await
}

/// Stores when instances were last seen, those seen since the last time in one statement.
async fn store_seen(app: &App) {
    let mut seen = Vec::new();
    for active in app.phones.sessions.list_actives() {
        let at = active.seen_at.load(Ordering::Relaxed);
        if at > active.seen_stored.load(Ordering::Relaxed) {
            seen.push((active, at));
        }
    }
    if seen.is_empty() {
        return;
    }
    let rows: Vec<_> = seen.iter().map(|(active, at)| (active.id, *at)).collect();
    match app.phones.writer.seen(rows).await {
        Ok(()) => {
            for (active, at) in seen {
                active.seen_stored.fetch_max(at, Ordering::Relaxed);
            }
        }
        Err(error) => tracing::error!(%error, "last check-in times cannot be stored"),
    }
}
