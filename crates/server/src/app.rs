//! What every request handler can reach.

use std::sync::Arc;

use ringfence_model::TenantId;
use tokio::sync::watch;

use crate::{
    changes::Changes,
    config::PublicUrl,
    db::Db,
    env::Env,
    export,
    http::{ApiError, Metrics},
    phones::Phones,
    provider, signin, ticket,
};

/// The running service's parts, shared by all handlers.
#[derive(Debug)]
pub struct App {
    /// The database.
    pub db: Db,
    /// Clock and randomness.
    pub env: Env,
    /// The tenant of this server's unauthenticated pages and built-in sign-in.
    pub tenant: TenantId,
    /// Tells listeners what was committed.
    pub changes: Changes,
    /// Counters and gauges.
    pub metrics: Metrics,
    /// Whether clients come through https.
    pub tls: bool,
    /// Scheme and host in Graph's `@odata.context`, when not this server's own.
    pub graph_root: Option<String>,
    /// Where clients reach this server, whatever their requests say.
    pub public_url: Option<PublicUrl>,
    /// Whether a proxy in front says where requests come from.
    pub behind_proxy: bool,
    /// What the phone-facing features share.
    pub(crate) phones: Phones,
    /// What is remembered of identity providers.
    pub(crate) providers: provider::Memory,
    /// Failed sign-ins per address.
    pub(crate) attempts: signin::Attempts,
    /// Diagnostics that came in lately, per sender.
    pub(crate) uploads: ticket::Uploads,
    /// How often the same refusal is written down.
    pub(crate) audit: crate::audit::limit::Limit,
    /// Report files that are being made.
    pub(crate) exports: export::Running,
    pub(crate) stopping: watch::Receiver<bool>,
}

/// How handlers hold it: `State<Shared>`.
pub type Shared = Arc<App>;

impl App {
    /// Whether this server's phones are of the tenant; what is in memory is of no other.
    pub(crate) fn serves(&self, tenant: TenantId) -> Result<(), ApiError> {
        if tenant == self.tenant {
            Ok(())
        } else {
            Err(ApiError::not_found("this server has no phones of this organisation"))
        }
    }

    /// Resolves when the server begins to stop; long-lived responses end then.
    pub async fn stopping(&self) {
        let mut stopping = self.stopping.clone();
        // An error means the server is gone altogether.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}
