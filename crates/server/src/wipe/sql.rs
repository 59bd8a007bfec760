//! Every statement on `wipe`.

use ringfence_model::{AppId, InstanceId, Platform, TenantId, UnixMillis, UserId, WipeId};
use ringfence_protocol::{Bytes, InstancePublicKey};
use sqlx::Row as _;

use super::{Wipe, WipeState};
use crate::db::{Conn, DbError, Row, Tx, parsed};

/// An order about to be stored.
pub(super) struct NewWipe {
    pub(super) id: WipeId,
    pub(super) instance: InstanceId,
    pub(super) user: UserId,
    pub(super) reason: String,
    pub(super) requested_by: String,
    pub(super) requested_at: UnixMillis,
    pub(super) expires_at: UnixMillis,
    pub(super) revision: i64,
    pub(super) order: Vec<u8>,
}

const SELECT: &str = "SELECT w.wipe_id, w.instance_id, w.user_id, u.upn, i.platform, i.app_id, i.device_tag, \
     i.public_key, w.reason, w.requested_by, w.requested_at, w.expires_at, w.state, w.ended_at, w.signed_order, w.receipt \
     FROM wipe w JOIN instance i ON i.tenant_id = w.tenant_id AND i.instance_id = w.instance_id \
     LEFT JOIN directory_user u ON u.tenant_id = w.tenant_id AND u.user_id = w.user_id WHERE w.tenant_id = $1";

fn wipe(row: &Row) -> Result<Wipe, DbError> {
    let platform: Platform = parsed(row, 4, "platform")?;
    Ok(Wipe {
        id: parsed(row, 0, "wipe_id")?,
        instance: parsed(row, 1, "instance_id")?,
        user: parsed(row, 2, "user_id")?,
        upn: row.try_get::<Option<String>, _>(3)?.unwrap_or_default(),
        app: AppId::new(platform, row.try_get::<String, _>(5)?),
        device_tag: row.try_get(6)?,
        public_key: InstancePublicKey::from_spki(&row.try_get::<Vec<u8>, _>(7)?)
            .map_err(|_| DbError::Corrupt { column: "public_key" })?,
        reason: row.try_get(8)?,
        requested_by: row.try_get(9)?,
        requested_at: UnixMillis(row.try_get(10)?),
        expires_at: UnixMillis(row.try_get(11)?),
        state: WipeState::parse(row.try_get(12)?).ok_or(DbError::Corrupt { column: "state" })?,
        ended_at: row.try_get::<Option<i64>, _>(13)?.map(UnixMillis),
        order: Bytes(row.try_get(14)?),
        receipt: row.try_get::<Option<Vec<u8>>, _>(15)?.map(Bytes),
    })
}

pub(super) async fn find(conn: &mut Conn, tenant: TenantId, id: WipeId) -> Result<Option<Wipe>, DbError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} AND w.wipe_id = $2")))
        .bind(tenant.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(wipe).transpose()
}

/// Newest first; with `after`, those that come after that one.
pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    after: Option<(UnixMillis, WipeId)>,
    limit: i64,
) -> Result<Vec<Wipe>, DbError> {
    let only = if after.is_some() {
        " AND (w.requested_at < $3 OR (w.requested_at = $3 AND w.wipe_id < $4))"
    } else {
        ""
    };
    let text = format!("{SELECT}{only} ORDER BY w.requested_at DESC, w.wipe_id DESC LIMIT $2");
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string()).bind(limit);
    if let Some((at, id)) = after {
        query = query.bind(at.0).bind(id.to_string());
    }
    query.fetch_all(conn).await?.iter().map(wipe).collect()
}

/// Orders of one instance, or of all, newest first.
pub(super) async fn list_of(
    conn: &mut Conn,
    tenant: TenantId,
    only: Option<InstanceId>,
) -> Result<Vec<Wipe>, DbError> {
    let narrowed = if only.is_some() { " AND w.instance_id = $2" } else { "" };
    let text = format!("{SELECT}{narrowed} ORDER BY w.requested_at DESC, w.wipe_id DESC");
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string());
    if let Some(only) = only {
        query = query.bind(only.to_string());
    }
    query.fetch_all(conn).await?.iter().map(wipe).collect()
}

/// Orders that an instance has to carry out.
pub(super) async fn list_pending(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
    now: UnixMillis,
) -> Result<Vec<Bytes>, DbError> {
    let rows = sqlx::query(
        "SELECT signed_order FROM wipe WHERE tenant_id = $1 AND instance_id = $2 AND state = 'pending' \
         AND expires_at > $3 ORDER BY requested_at, wipe_id",
    )
    .bind(tenant.to_string())
    .bind(instance.to_string())
    .bind(now.0)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok(Bytes(row.try_get(0)?))).collect()
}

/// Since when an instance has an order that it has not carried out.
pub(super) async fn find_pending_since(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
    now: UnixMillis,
) -> Result<Option<UnixMillis>, DbError> {
    let row = sqlx::query(
        "SELECT requested_at FROM wipe WHERE tenant_id = $1 AND instance_id = $2 AND state = 'pending' \
         AND expires_at > $3 ORDER BY requested_at LIMIT 1",
    )
    .bind(tenant.to_string())
    .bind(instance.to_string())
    .bind(now.0)
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(UnixMillis(row.try_get(0)?))).transpose()
}

/// The order of an instance that is not over yet.
pub(super) async fn find_pending_of(
    conn: &mut Conn,
    tenant: TenantId,
    instance: InstanceId,
    now: UnixMillis,
) -> Result<Option<WipeId>, DbError> {
    let row = sqlx::query(
        "SELECT wipe_id FROM wipe WHERE tenant_id = $1 AND instance_id = $2 AND state = 'pending' AND expires_at > $3",
    )
    .bind(tenant.to_string())
    .bind(instance.to_string())
    .bind(now.0)
    .fetch_optional(conn)
    .await?;
    row.map(|row| parsed(&row, 0, "wipe_id")).transpose()
}

pub(super) async fn insert(tx: &mut Tx, tenant: TenantId, wipe: &NewWipe) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO wipe (tenant_id, wipe_id, instance_id, user_id, reason, requested_by, requested_at, expires_at, \
         state, revision, signed_order) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10)",
    )
    .bind(tenant.to_string())
    .bind(wipe.id.to_string())
    .bind(wipe.instance.to_string())
    .bind(wipe.user.to_string())
    .bind(&wipe.reason)
    .bind(&wipe.requested_by)
    .bind(wipe.requested_at.0)
    .bind(wipe.expires_at.0)
    .bind(wipe.revision)
    .bind(&wipe.order)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves an order out of `from`; false when it was not there.
pub(super) async fn update_state(
    tx: &mut Tx,
    tenant: TenantId,
    id: WipeId,
    from: &[WipeState],
    to: WipeState,
    at: UnixMillis,
    receipt: Option<&[u8]>,
) -> Result<bool, DbError> {
    let from: Vec<_> = from.iter().map(|state| format!("'{}'", state.as_str())).collect();
    let text = format!(
        "UPDATE wipe SET state = $1, ended_at = $2, receipt = $3 WHERE tenant_id = $4 AND wipe_id = $5 \
         AND state IN ({})",
        from.join(", ")
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(to.as_str())
        .bind(at.0)
        .bind(receipt.map(<[u8]>::to_vec))
        .bind(tenant.to_string())
        .bind(id.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends the pending orders of an instance that is over.
pub(super) async fn update_superseded(
    tx: &mut Tx,
    tenant: TenantId,
    instance: InstanceId,
    at: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE wipe SET state = 'superseded', ended_at = $1 WHERE tenant_id = $2 AND instance_id = $3 \
         AND state = 'pending'",
    )
    .bind(at.0)
    .bind(tenant.to_string())
    .bind(instance.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
