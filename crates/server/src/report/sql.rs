//! What the report reads: instances with their last status, and the names of users.

use std::collections::HashMap;

use ringfence_model::{TenantId, UnixMillis, UserId};
use sqlx::Row as _;

use super::Filter;
use crate::{
    db::{Conn, DbError},
    registration::{
        Instance,
        sql::{COLUMN_COUNT, COLUMNS, TABLES, instance},
    },
};

/// What an instance last said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) obeyed_version: i64,
    pub(super) blocked_by: String,
    pub(super) app_version: String,
    pub(super) sdk_version: String,
    pub(super) os_version: String,
    pub(super) received_at: UnixMillis,
}

#[derive(Debug)]
pub(super) struct Found {
    pub(super) instance: Instance,
    pub(super) said: Option<Said>,
    pub(super) seen_at: Option<UnixMillis>,
    pub(super) wipe_pending: bool,
}

impl Found {
    /// The instance, its versions the newest that the phone said.
    pub(super) fn told(&self) -> Instance {
        let mut instance = self.instance.clone();
        if let Some(said) = &self.said {
            instance.versions.app.clone_from(&said.app_version);
            instance.versions.os.clone_from(&said.os_version);
        }
        instance
    }
}

/// The active instances that a report is about.
pub(super) async fn list_instances(
    conn: &mut Conn,
    tenant: TenantId,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Found>, DbError> {
    let conditions = [
        ("i.user_id = ", filter.user.map(|user| user.to_string())),
        ("i.platform = ", filter.platform.map(|platform| platform.as_str().to_owned())),
        ("LOWER(i.app_id) = LOWER", filter.app.clone()),
    ];
    let (mut only, mut values) = (String::new(), Vec::new());
    for (condition, value) in conditions {
        let Some(value) = value else { continue };
        values.push(value);
        only.push_str(&format!(" AND {condition}(${})", values.len() + 2));
    }
    let text = format!(
        "SELECT {COLUMNS}, s.obeyed_version, s.blocked_by, s.app_version, s.sdk_version, s.os_version, s.received_at, \
         n.seen_at, (SELECT COUNT(*) FROM wipe w WHERE w.tenant_id = i.tenant_id AND w.instance_id = i.instance_id \
         AND w.state = 'pending') \
         FROM {TABLES} \
         LEFT JOIN instance_status s ON s.tenant_id = i.tenant_id AND s.instance_id = i.instance_id \
         LEFT JOIN instance_seen n ON n.tenant_id = i.tenant_id AND n.instance_id = i.instance_id \
         WHERE i.tenant_id = $1 AND i.state = 'active'{only} ORDER BY u.upn, i.app_id, i.instance_id LIMIT $2"
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string()).bind(limit);
    for value in values {
        query = query.bind(value);
    }
    let rows = query.fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let at = |offset: usize| COLUMN_COUNT + offset;
            let said = match row.try_get::<Option<i64>, _>(at(0))? {
                None => None,
                Some(obeyed_version) => Some(Said {
                    obeyed_version,
                    blocked_by: row.try_get(at(1))?,
                    app_version: row.try_get(at(2))?,
                    sdk_version: row.try_get(at(3))?,
                    os_version: row.try_get(at(4))?,
                    received_at: UnixMillis(row.try_get(at(5))?),
                }),
            };
            Ok(Found {
                instance: instance(row)?,
                said,
                seen_at: row.try_get::<Option<i64>, _>(at(6))?.map(UnixMillis),
                wipe_pending: row.try_get::<i64, _>(at(7))? > 0,
            })
        })
        .collect()
}

/// Sign-in names of all users, or of one.
pub(super) async fn list_names(
    conn: &mut Conn,
    tenant: TenantId,
    user: Option<UserId>,
) -> Result<HashMap<UserId, String>, DbError> {
    let only = if user.is_some() { " AND user_id = $2" } else { "" };
    let text = format!("SELECT user_id, upn FROM directory_user WHERE tenant_id = $1{only}");
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string());
    if let Some(user) = user {
        query = query.bind(user.to_string());
    }
    let rows = query.fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let id =
                row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "user_id" })?;
            Ok((id, row.try_get(1)?))
        })
        .collect()
}
