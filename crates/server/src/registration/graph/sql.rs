//! Instances together with what they last said.

use ringfence_model::{InstanceId, TenantId, UnixMillis, UserId};
use sqlx::Row as _;

use crate::{
    db::{Conn, DbError},
    registration::{
        Instance, Versions,
        sql::{COLUMN_COUNT, COLUMNS, TABLES, instance},
    },
};

/// An instance as far as its phone has told.
#[derive(Debug)]
pub(super) struct Registered {
    /// Its versions are the newest that the phone said.
    pub(super) instance: Instance,
    /// Reason codes of what blocks it and of what it warns about.
    pub(super) told: String,
    pub(super) seen_at: Option<UnixMillis>,
}

/// Which ones.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    /// Every active one.
    Active,
    /// Active ones of a user.
    Of(UserId),
    /// This one, whatever became of it.
    One(InstanceId),
}

pub(super) async fn list(
    conn: &mut Conn,
    tenant: TenantId,
    which: Which,
) -> Result<Vec<Registered>, DbError> {
    let (only, key) = match which {
        Which::Active => ("AND i.state = 'active'", None),
        Which::Of(user) => ("AND i.state = 'active' AND i.user_id = $2", Some(user.to_string())),
        Which::One(id) => ("AND i.instance_id = $2", Some(id.to_string())),
    };
    let text = format!(
        "SELECT {COLUMNS}, s.app_version, s.sdk_version, s.os_version, s.blocked_by, s.warnings, n.seen_at FROM {TABLES} \
         LEFT JOIN instance_status s ON s.tenant_id = i.tenant_id AND s.instance_id = i.instance_id \
         LEFT JOIN instance_seen n ON n.tenant_id = i.tenant_id AND n.instance_id = i.instance_id \
         WHERE i.tenant_id = $1 {only} ORDER BY i.registered_at, i.instance_id"
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string());
    if let Some(key) = key {
        query = query.bind(key);
    }
    let rows = query.fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let text = |offset: usize| row.try_get::<Option<String>, _>(COLUMN_COUNT + offset);
            let mut instance = instance(row)?;
            if let (Some(app), Some(sdk), Some(os)) = (text(0)?, text(1)?, text(2)?) {
                instance.versions = Versions { app, sdk, os };
            }
            let told = format!("{} {}", text(3)?.unwrap_or_default(), text(4)?.unwrap_or_default());
            let seen_at = row.try_get::<Option<i64>, _>(COLUMN_COUNT + 5)?.map(UnixMillis);
            Ok(Registered { instance, told, seen_at })
        })
        .collect()
}
