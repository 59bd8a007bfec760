//! Every statement on `instance` and `device_account`, but for the version columns (see `status`).

use ringfence_model::{AppId, InstanceId, ManagementState, Platform, TenantId, UnixMillis, UserId};
use ringfence_policy::{filter::Facts, targeting::Query};
use ringfence_protocol::InstancePublicKey;
use sqlx::Row as _;

use super::{Instance, InstanceState, Versions};
use crate::db::{Conn, DbError, Row, Tx, parsed};

/// The columns that [`instance`] reads; `u` is the directory.
pub(crate) const COLUMNS: &str = "i.instance_id, i.user_id, u.upn, i.platform, i.app_id, i.management, i.app_version, \
     i.sdk_version, i.os_version, i.model, i.manufacturer, i.device_tag, i.public_key, i.state, i.registered_at, \
     i.version, i.content_hash";

/// Where they come from.
pub(crate) const TABLES: &str =
    "instance i LEFT JOIN directory_user u ON u.tenant_id = i.tenant_id AND u.user_id = i.user_id";

/// How many they are.
pub(crate) const COLUMN_COUNT: usize = 17;

const fn corrupt(column: &'static str) -> DbError {
    DbError::Corrupt { column }
}

pub(crate) fn management_name(management: ManagementState) -> String {
    serde_json::to_value(management)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

pub(crate) fn parse_management(text: &str) -> Option<ManagementState> {
    serde_json::from_value(serde_json::Value::from(text)).ok()
}

pub(crate) fn instance(row: &Row) -> Result<Instance, DbError> {
    let platform: Platform = parsed(row, 3, "platform")?;
    Ok(Instance {
        id: parsed(row, 0, "instance_id")?,
        user: parsed(row, 1, "user_id")?,
        upn: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
        app: AppId::new(platform, row.try_get::<String, _>(4)?),
        management: parse_management(row.try_get(5)?).ok_or(corrupt("management"))?,
        versions: Versions { app: row.try_get(6)?, sdk: row.try_get(7)?, os: row.try_get(8)? },
        model: row.try_get(9)?,
        manufacturer: row.try_get(10)?,
        device_tag: row.try_get(11)?,
        public_key: InstancePublicKey::from_spki(&row.try_get::<Vec<u8>, _>(12)?)
            .map_err(|_| corrupt("public_key"))?,
        state: InstanceState::parse(row.try_get(13)?).ok_or(corrupt("state"))?,
        registered_at: UnixMillis(row.try_get(14)?),
        version: row.try_get(15)?,
        content_hash: row.try_get(16)?,
    })
}

pub(super) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    id: InstanceId,
) -> Result<Option<Instance>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM {TABLES} WHERE i.tenant_id = $1 AND i.instance_id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(instance).transpose()
}

/// An active instance that has got a policy.
pub(crate) struct Delivered {
    pub(crate) user: UserId,
    pub(crate) app: AppId,
    pub(crate) management: ManagementState,
    pub(crate) facts: Facts,
}

impl Delivered {
    /// As targeting asks.
    pub(crate) fn query(&self) -> Query<'_> {
        Query { facts: &self.facts, ..Query::new(&self.app, self.management) }
    }
}

/// Every active instance that has got a policy.
pub(crate) async fn list_delivered(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Delivered>, DbError> {
    let rows = sqlx::query(
        "SELECT i.user_id, i.platform, i.app_id, i.management, COALESCE(s.app_version, i.app_version),
         COALESCE(s.os_version, i.os_version), i.manufacturer, i.model FROM instance i
         LEFT JOIN instance_status s ON s.tenant_id = i.tenant_id AND s.instance_id = i.instance_id
         WHERE i.tenant_id = $1 AND i.state = 'active' AND i.version > 0",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let platform: Platform = parsed(row, 1, "platform")?;
            Ok(Delivered {
                user: parsed(row, 0, "user_id")?,
                app: AppId::new(platform, row.try_get::<String, _>(2)?),
                management: parse_management(row.try_get(3)?).ok_or(corrupt("management"))?,
                facts: Facts {
                    app_version: row.try_get(4)?,
                    os_version: row.try_get(5)?,
                    manufacturer: row.try_get(6)?,
                    model: row.try_get(7)?,
                },
            })
        })
        .collect()
}

/// Active instances of a user.
pub(super) async fn list_active_of(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<Instance>, DbError> {
    list_active(conn, "user_id", tenant, &user.to_string()).await
}

/// Active instances on a device.
pub(super) async fn list_active_on(
    conn: &mut Conn,
    tenant: TenantId,
    device_tag: &str,
) -> Result<Vec<Instance>, DbError> {
    list_active(conn, "device_tag", tenant, device_tag).await
}

async fn list_active(
    conn: &mut Conn,
    column: &'static str,
    tenant: TenantId,
    key: &str,
) -> Result<Vec<Instance>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE i.tenant_id = $1 AND i.{column} = $2 AND i.state = 'active' \
         ORDER BY i.registered_at, i.instance_id"
    );
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string()).bind(key).fetch_all(conn).await?;
    rows.iter().map(instance).collect()
}

/// Instances of a user that are over, with the time, newest first. Those that the same app replaced are left out.
pub(super) async fn list_ended_of(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
    limit: i64,
) -> Result<Vec<(Instance, Option<UnixMillis>)>, DbError> {
    let text = format!(
        "SELECT {COLUMNS}, i.ended_at FROM {TABLES} WHERE i.tenant_id = $1 AND i.user_id = $2 \
         AND i.state IN ('wiped', 'removed') ORDER BY i.ended_at DESC, i.instance_id LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(user.to_string())
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let at = row.try_get::<Option<i64>, _>(COLUMN_COUNT)?.map(UnixMillis);
            Ok((instance(row)?, at))
        })
        .collect()
}

/// The account that holds a device.
pub(super) async fn find_holder(
    conn: &mut Conn,
    tenant: TenantId,
    device_tag: &str,
) -> Result<Option<UserId>, DbError> {
    let row = sqlx::query("SELECT user_id FROM device_account WHERE tenant_id = $1 AND device_tag = $2")
        .bind(tenant.to_string())
        .bind(device_tag)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(|row| parsed(row, 0, "user_id")).transpose()
}

pub(super) async fn insert(tx: &mut Tx, tenant: TenantId, instance: &Instance) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO instance (tenant_id, instance_id, user_id, platform, app_id, app_version, sdk_version, os_version, \
         model, manufacturer, management, device_tag, public_key, state, registered_at, version, content_hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(tenant.to_string())
    .bind(instance.id.to_string())
    .bind(instance.user.to_string())
    .bind(instance.app.platform.as_str())
    .bind(&instance.app.id)
    .bind(&instance.versions.app)
    .bind(&instance.versions.sdk)
    .bind(&instance.versions.os)
    .bind(&instance.model)
    .bind(&instance.manufacturer)
    .bind(management_name(instance.management))
    .bind(&instance.device_tag)
    .bind(instance.public_key.to_spki())
    .bind(instance.state.as_str())
    .bind(instance.registered_at.0)
    .bind(instance.version)
    .bind(&instance.content_hash)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends an active instance; false when it had ended before.
pub(super) async fn update_state(
    tx: &mut Tx,
    tenant: TenantId,
    id: InstanceId,
    state: InstanceState,
    at: UnixMillis,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE instance SET state = $1, ended_at = $2 WHERE tenant_id = $3 AND instance_id = $4 AND state = 'active'",
    )
    .bind(state.as_str())
    .bind(at.0)
    .bind(tenant.to_string())
    .bind(id.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Binds a device to an account unless it is bound; answers whose it is.
pub(super) async fn upsert_device(
    tx: &mut Tx,
    tenant: TenantId,
    device_tag: &str,
    user: UserId,
) -> Result<UserId, DbError> {
    sqlx::query("INSERT INTO device_account (tenant_id, device_tag, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(tenant.to_string())
        .bind(device_tag)
        .bind(user.to_string())
        .execute(&mut **tx)
        .await?;
    let row = sqlx::query("SELECT user_id FROM device_account WHERE tenant_id = $1 AND device_tag = $2")
        .bind(tenant.to_string())
        .bind(device_tag)
        .fetch_one(&mut **tx)
        .await?;
    parsed(&row, 0, "user_id")
}

/// Frees a device when no active instance is left on it.
pub(super) async fn delete_device_if_empty(
    tx: &mut Tx,
    tenant: TenantId,
    device_tag: &str,
) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM device_account WHERE tenant_id = $1 AND device_tag = $2 AND NOT EXISTS \
         (SELECT 1 FROM instance i WHERE i.tenant_id = $1 AND i.device_tag = $2 AND i.state = 'active')",
    )
    .bind(tenant.to_string())
    .bind(device_tag)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Sign-in names that begin like a text, or stand next to it in the alphabet.
pub(super) async fn list_similar(
    conn: &mut Conn,
    tenant: TenantId,
    text: &str,
) -> Result<Vec<String>, DbError> {
    let key = text.to_lowercase();
    let begin: String = key.chars().take(2).collect();
    let mut names = Vec::new();
    for (filter, key) in [
        ("upn_key >= $2 ORDER BY upn_key LIMIT 200", &begin),
        ("upn_key >= $2 ORDER BY upn_key LIMIT 20", &key),
        ("upn_key < $2 ORDER BY upn_key DESC LIMIT 20", &key),
    ] {
        let text = format!("SELECT upn FROM directory_user WHERE tenant_id = $1 AND {filter}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(tenant.to_string())
            .bind(key)
            .fetch_all(&mut *conn)
            .await?;
        for row in &rows {
            names.push(row.try_get(0)?);
        }
    }
    Ok(names)
}

/// The directory's user with this sign-in name.
pub(super) async fn find_user_by_upn(
    conn: &mut Conn,
    tenant: TenantId,
    upn: &str,
) -> Result<Option<Person>, DbError> {
    find_person(conn, "upn_key", tenant, upn.to_lowercase()).await
}

pub(super) async fn find_user(
    conn: &mut Conn,
    tenant: TenantId,
    id: UserId,
) -> Result<Option<Person>, DbError> {
    find_person(conn, "user_id", tenant, id.to_string()).await
}

/// A user as registration needs it.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) upn: String,
    pub(crate) display_name: String,
    pub(crate) enabled: bool,
}

async fn find_person(
    conn: &mut Conn,
    column: &'static str,
    tenant: TenantId,
    key: String,
) -> Result<Option<Person>, DbError> {
    let text = format!(
        "SELECT user_id, upn, display_name, enabled FROM directory_user WHERE tenant_id = $1 AND {column} = $2"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(key)
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(Person {
            id: parsed(&row, 0, "user_id")?,
            upn: row.try_get(1)?,
            display_name: row.try_get(2)?,
            enabled: row.try_get::<i64, _>(3)? != 0,
        })
    })
    .transpose()
}
