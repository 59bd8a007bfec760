//! One writer for all phones: what arrives while a transaction commits goes into the next one together, and is
//! acknowledged after the commit.

use std::collections::{HashMap, HashSet};

use ringfence_model::{InstanceId, TenantId};
use tokio::sync::{mpsc, oneshot};

use super::{Report, sql};
use crate::{
    checkin::{
        Durable,
        given::{self, Given},
    },
    db::{Db, DbError},
    http::ApiError,
};

/// Jobs waiting at most; more callers wait for room.
const QUEUE: usize = 8192;

/// Jobs in one transaction at most.
const BATCH: usize = 512;

/// The transaction was undone; nothing of it is stored.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the database did not take the write")]
pub(crate) struct WriteFailed;

impl From<WriteFailed> for ApiError {
    fn from(failed: WriteFailed) -> Self {
        Self::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "unavailable", failed.to_string())
            .retry_after_s(1)
    }
}

enum Job {
    Report(Box<Report>, oneshot::Sender<()>),
    Version(InstanceId, Durable, Option<Given>, oneshot::Sender<Durable>),
    Seen(Vec<(InstanceId, i64)>, oneshot::Sender<()>),
}

/// The way to the writer. It ends when the last of these is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Writer(mpsc::Sender<Job>);

impl Writer {
    pub(crate) fn start(db: Db, tenant: TenantId) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(db, tenant, receiver));
        Self(sender)
    }

    /// Stores a report; durable when this returns.
    pub(crate) async fn report(&self, report: Report) -> Result<(), WriteFailed> {
        let (done, wait) = oneshot::channel();
        self.send(Job::Report(Box::new(report), done)).await?;
        wait.await.map_err(|_| WriteFailed)
    }

    /// Stores the version of an instance and what it is given, unless a higher one is stored, and answers what is
    /// stored then.
    pub(crate) async fn version(
        &self,
        instance: InstanceId,
        durable: Durable,
        given: Option<Given>,
    ) -> Result<Durable, WriteFailed> {
        let (done, wait) = oneshot::channel();
        self.send(Job::Version(instance, durable, given, done)).await?;
        wait.await.map_err(|_| WriteFailed)
    }

    /// Stores when instances were last seen.
    pub(crate) async fn seen(&self, rows: Vec<(InstanceId, i64)>) -> Result<(), WriteFailed> {
        let (done, wait) = oneshot::channel();
        self.send(Job::Seen(rows, done)).await?;
        wait.await.map_err(|_| WriteFailed)
    }

    async fn send(&self, job: Job) -> Result<(), WriteFailed> {
        self.0.send(job).await.map_err(|_| WriteFailed)
    }
}

async fn run(db: Db, tenant: TenantId, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        // On failure the acknowledgements are dropped, which the callers see.
        if let Err(error) = write(&db, tenant, std::mem::take(&mut batch)).await {
            tracing::error!(%error, "a batch of phone writes failed");
        }
        batch.clear();
    }
}

async fn write(db: &Db, tenant: TenantId, jobs: Vec<Job>) -> Result<(), DbError> {
    let mut reports: HashMap<InstanceId, Report> = HashMap::new();
    let mut versions: HashMap<InstanceId, Durable> = HashMap::new();
    let mut seen: HashMap<InstanceId, i64> = HashMap::new();
    let mut contents: HashSet<Given> = HashSet::new();
    let (mut acknowledge, mut ask) = (Vec::new(), Vec::new());
    for job in jobs {
        match job {
            Job::Report(report, done) => {
                let known = reports.get(&report.instance);
                if known.is_none_or(|known| known.report.sequence < report.report.sequence) {
                    reports.insert(report.instance, *report);
                }
                acknowledge.push(done);
            }
            Job::Version(instance, durable, given, done) => {
                contents.extend(given);
                let known = versions.get(&instance);
                if known.is_none_or(|known| known.version < durable.version) {
                    versions.insert(instance, durable);
                }
                ask.push((instance, done));
            }
            Job::Seen(rows, done) => {
                for (instance, at) in rows {
                    let known = seen.entry(instance).or_insert(at);
                    *known = (*known).max(at);
                }
                acknowledge.push(done);
            }
        }
    }
    let mut tx = db.write().await?;
    sql::upsert_reports(&mut tx, tenant, reports.values()).await?;
    sql::replace_codes(&mut tx, tenant, reports.values()).await?;
    sql::update_versions(&mut tx, tenant, &versions).await?;
    given::insert(&mut tx, tenant, contents.iter()).await?;
    sql::upsert_seen(&mut tx, tenant, &seen).await?;
    let stored = sql::list_versions(&mut tx, tenant, versions.keys()).await?;
    tx.commit().await?;
    for done in acknowledge {
        // The caller may have gone; the write stands.
        let _ = done.send(());
    }
    for (instance, done) in ask {
        if let Some(durable) = stored.get(&instance) {
            let _ = done.send(durable.clone());
        }
    }
    Ok(())
}
