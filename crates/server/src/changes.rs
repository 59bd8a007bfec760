//! What changed, told inside the process after each commit. A listener that lags recomputes everything.

use ringfence_model::{AppId, GroupId, PolicyId, TenantId, UserId};
use tokio::sync::broadcast;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Documents or assignments of policies.
    Policies(Vec<PolicyId>),
    /// Users came, went, or were enabled or disabled.
    Users(Vec<UserId>),
    /// Groups came, went, or have other members.
    Groups(Vec<GroupId>),
    /// Users were given or lost a licence.
    Licences(Vec<UserId>),
    /// The catalogue rows of these apps.
    Apps(Vec<AppId>),
}

/// The channel. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Changes(broadcast::Sender<Change>);

impl Changes {
    /// An empty channel.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(1024))
    }

    /// Tells every listener; call it after the commit only.
    pub fn publish(&self, change: Change) {
        // An error only says that nobody listens.
        let _ = self.0.send(change);
    }

    /// A listener for everything published from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::new()
    }
}
