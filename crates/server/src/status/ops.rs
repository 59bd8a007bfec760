//! What an instance last said about itself, for help desk.

use ringfence_model::{InstanceId, TenantId, UnixMillis};
use ringfence_protocol::status::ShownDialog;

use super::sql;
use crate::db::{Conn, DbError};

/// The last report of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// Version of the bundle obeyed; 0 without one.
    pub(crate) obeyed_version: i64,
    /// Reason codes of what blocks the account.
    pub(crate) blocked_by: Vec<String>,
    /// Reason codes of what is warned about.
    pub(crate) warnings: Vec<String>,
    /// The last dialogs, newest first, with the phone's time.
    pub(crate) dialogs: Vec<ShownDialog>,
    /// Android: version of the companion.
    pub(crate) companion_version: Option<String>,
    /// Version of the app.
    pub(crate) app_version: String,
    /// Version of the client core.
    pub(crate) sdk_version: String,
    /// Version of the operating system.
    pub(crate) os_version: String,
    /// The phone's clock.
    pub(crate) reported_at: UnixMillis,
    /// The server's clock.
    pub(crate) received_at: UnixMillis,
}

/// The last report of an instance, if it has ever reported.
pub(crate) async fn find_said(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
) -> Result<Option<Said>, DbError> {
    sql::find_said(conn, tenant, instance).await
}

/// When an instance was last seen; the sessions of this node may know of a later time.
pub(crate) async fn find_seen(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
) -> Result<Option<UnixMillis>, DbError> {
    sql::find_seen(conn, tenant, instance).await
}
