//! Who reports a code now: every statement on `status_code`, which is kept up to date with the status reports.

use ringfence_messages::ReasonCode;
use ringfence_model::{InstanceId, TenantId, UnixMillis, UserId};
use sqlx::Row as _;

use crate::db::{Conn, DbError};

/// An instance that says a reason.
#[derive(Debug, Clone)]
pub(super) struct Reporter {
    pub(super) instance: InstanceId,
    pub(super) user: UserId,
    /// The sign-in name; the id of a user who is gone.
    pub(super) upn: String,
    pub(super) app: String,
    pub(super) platform: String,
    pub(super) device_tag: String,
    /// `blocked`, `warning` or `dialog`.
    pub(super) kind: String,
    pub(super) at: UnixMillis,
}

const fn corrupt(column: &'static str) -> DbError {
    DbError::Corrupt { column }
}

/// Active instances that say a reason, newest first.
pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    reason: ReasonCode,
    limit: i64,
) -> Result<Vec<Reporter>, DbError> {
    let rows = sqlx::query(
        "SELECT c.instance_id, i.user_id, u.upn, i.app_id, i.platform, i.device_tag, c.kind, c.at FROM status_code c \
         JOIN instance i ON i.tenant_id = c.tenant_id AND i.instance_id = c.instance_id \
         LEFT JOIN directory_user u ON u.tenant_id = i.tenant_id AND u.user_id = i.user_id \
         WHERE c.tenant_id = $1 AND c.reason = $2 AND i.state = 'active' \
         ORDER BY c.at DESC, c.instance_id, c.kind LIMIT $3",
    )
    .bind(tenant.to_string())
    .bind(reason.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let user: UserId = row.try_get::<&str, _>(1)?.parse().map_err(|_| corrupt("user_id"))?;
            Ok(Reporter {
                instance: row.try_get::<&str, _>(0)?.parse().map_err(|_| corrupt("instance_id"))?,
                user,
                upn: row.try_get::<Option<String>, _>(2)?.unwrap_or_else(|| user.to_string()),
                app: row.try_get(3)?,
                platform: row.try_get(4)?,
                device_tag: row.try_get(5)?,
                kind: row.try_get(6)?,
                at: UnixMillis(row.try_get(7)?),
            })
        })
        .collect()
}

/// How many active instances say a reason.
pub(super) async fn count(conn: &mut Conn, tenant: TenantId, reason: ReasonCode) -> Result<i64, DbError> {
    let row = sqlx::query(
        "SELECT COUNT(DISTINCT c.instance_id) FROM status_code c \
         JOIN instance i ON i.tenant_id = c.tenant_id AND i.instance_id = c.instance_id \
         WHERE c.tenant_id = $1 AND c.reason = $2 AND i.state = 'active'",
    )
    .bind(tenant.to_string())
    .bind(reason.as_str())
    .fetch_one(conn)
    .await?;
    Ok(row.try_get(0)?)
}
