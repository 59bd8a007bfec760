//! What changed: written with each change for the other nodes, told inside the process after each commit. A listener
//! that lags recomputes everything.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ringfence_model::{AppId, AssignmentFilterId, GroupId, InstanceId, PolicyId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{
    db::{Conn, DbError, Tx},
    tenant,
};

/// One committed change that can alter somebody's effective policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub tenant: TenantId,
    /// The tenant's revision after the change.
    pub revision: i64,
    /// What.
    pub what: What,
}

/// The kinds of change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// Documents or assignments of policies.
    Policies(Vec<PolicyId>),
    /// Users came, went, or were enabled or disabled.
    Users(Vec<UserId>),
    /// Groups came, went, or have other members.
    Groups(Vec<GroupId>),
    /// One user or group joined or left a group.
    Member {
        /// The group.
        group: GroupId,
        /// The user or group.
        member: Uuid,
    },
    /// Users were given or lost a licence.
    Licences(Vec<UserId>),
    /// Filters on top of assignments.
    Filters(Vec<AssignmentFilterId>),
    /// The catalogue rows of these apps.
    Apps(Vec<AppId>),
    /// App instances registered, ended, or were given or relieved of an order.
    Instances(Vec<InstanceId>),
    /// The signing keys.
    Keys,
    /// How long bundles are good for.
    Lease,
}

/// Revisions kept; a node further behind reads everything again.
const KEPT: i64 = 10_000;

/// Grows the tenant's revision and notes what the transaction changes. First statement of every write that alters
/// what phones get; after the commit hand the answer to [`Changes::publish`].
pub(crate) async fn record(tx: &mut Tx, tenant: TenantId, what: What) -> Result<Change, DbError> {
    let revision = tenant::ops::bump_revision(tx, tenant).await?;
    let text = serde_json::to_string(&what).map_err(|_| DbError::Corrupt { column: "what" })?;
    sqlx::query("INSERT INTO change (tenant_id, revision, what) VALUES ($1, $2, $3)")
        .bind(tenant.to_string())
        .bind(revision)
        .bind(text)
        .execute(&mut **tx)
        .await?;
    sqlx::query("DELETE FROM change WHERE tenant_id = $1 AND revision <= $2")
        .bind(tenant.to_string())
        .bind(revision - KEPT)
        .execute(&mut **tx)
        .await?;
    Ok(Change { tenant, revision, what })
}

/// Every change after a revision, in order. `None` when they are not all known any more.
pub(crate) async fn list_since(
    conn: &mut Conn,
    tenant: TenantId,
    revision: i64,
) -> Result<Option<Vec<Change>>, DbError> {
    let rows = sqlx::query(
        "SELECT revision, what FROM change WHERE tenant_id = $1 AND revision > $2 ORDER BY revision",
    )
    .bind(tenant.to_string())
    .bind(revision)
    .fetch_all(conn)
    .await?;
    let mut changes = Vec::with_capacity(rows.len());
    for (row, expected) in rows.iter().zip(revision + 1..) {
        if row.try_get::<i64, _>(0)? != expected {
            return Ok(None);
        }
        let what = serde_json::from_str(row.try_get(1)?).map_err(|_| DbError::Corrupt { column: "what" })?;
        changes.push(Change { tenant, revision: expected, what });
    }
    Ok(Some(changes))
}

/// The channel. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes {
    sender: broadcast::Sender<Change>,
    tenant: TenantId,
    latest: Arc<AtomicI64>,
}

impl Changes {
    /// An empty channel of a server whose phones are of `tenant`.
    pub fn new(tenant: TenantId) -> Self {
        Self { sender: broadcast::Sender::new(1024), tenant, latest: Arc::default() }
    }

    /// Tells every listener; call it after the commit only.
    pub fn publish(&self, change: Change) {
        if change.tenant == self.tenant {
            self.latest.fetch_max(change.revision, Ordering::AcqRel);
        }
        // An error only says that nobody listens.
        let _ = self.sender.send(change);
    }

    /// A listener for everything published from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }

    /// The highest revision of the server's tenant published in this process: what is acknowledged here, and must be in every later answer.
    pub fn latest(&self) -> i64 {
        self.latest.load(Ordering::Acquire)
    }
}
