//! Every statement on the tables of the directory.

mod belonging;
mod members;
mod page;

use std::collections::BTreeMap;

use ringfence_model::{GroupId, TenantId, UnixMillis, UserId};
use serde_json::Value;
use sqlx::Row as _;
use uuid::Uuid;

use super::{Group, Licence, User, UserFacts};
use crate::db::{Conn, DbError, Row, parsed};

pub(super) use belonging::list_belongings;
pub(super) use members::*;
pub(crate) use page::{Column, Condition, Order, Window};
pub(super) use page::{count_groups, count_users, find_objects, page_groups, page_users};

/// What [`user`] reads, in its order.
const USER: &str = "user_id, upn, display_name, enabled, body, created_at, external_id, version, changed_at";

/// What [`group`] reads, in its order.
const GROUP: &str = "group_id, display_name, body, created_at, external_id, version, changed_at";

fn user(row: &Row) -> Result<User, DbError> {
    Ok(User {
        id: parsed(row, 0, "user_id")?,
        upn: row.try_get(1)?,
        display_name: row.try_get(2)?,
        enabled: row.try_get::<i64, _>(3)? != 0,
        body: body(row.try_get(4)?)?,
        created_at: UnixMillis(row.try_get(5)?),
        external_id: row.try_get(6)?,
        version: row.try_get(7)?,
        changed_at: UnixMillis(row.try_get(8)?),
        licences: Vec::new(),
    })
}

fn group(row: &Row) -> Result<Group, DbError> {
    Ok(Group {
        id: parsed(row, 0, "group_id")?,
        display_name: row.try_get(1)?,
        body: body(row.try_get(2)?)?,
        created_at: UnixMillis(row.try_get(3)?),
        external_id: row.try_get(4)?,
        version: row.try_get(5)?,
        changed_at: UnixMillis(row.try_get(6)?),
    })
}

fn body(text: &str) -> Result<serde_json::Map<String, Value>, DbError> {
    serde_json::from_str(text).map_err(|_| DbError::Corrupt { column: "body" })
}

fn text_of(body: &serde_json::Map<String, Value>) -> String {
    Value::Object(body.clone()).to_string()
}

pub(super) async fn insert_user(conn: &mut Conn, tenant: TenantId, user: &User) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO directory_user (tenant_id, user_id, upn, upn_key, display_name, enabled, body, created_at,
         external_id, display_key, mail_key, version, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(tenant.to_string())
    .bind(user.id.to_string())
    .bind(&user.upn)
    .bind(user.upn.to_lowercase())
    .bind(&user.display_name)
    .bind(i64::from(user.enabled))
    .bind(text_of(&user.body))
    .bind(user.created_at.0)
    .bind(&user.external_id)
    .bind(user.display_name.to_lowercase())
    .bind(mail_key(user))
    .bind(user.version)
    .bind(user.changed_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update_user(conn: &mut Conn, tenant: TenantId, user: &User) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE directory_user SET upn = $3, upn_key = $4, display_name = $5, enabled = $6, body = $7,
         external_id = $8, display_key = $9, mail_key = $10, version = $11, changed_at = $12
         WHERE tenant_id = $1 AND user_id = $2",
    )
    .bind(tenant.to_string())
    .bind(user.id.to_string())
    .bind(&user.upn)
    .bind(user.upn.to_lowercase())
    .bind(&user.display_name)
    .bind(i64::from(user.enabled))
    .bind(text_of(&user.body))
    .bind(&user.external_id)
    .bind(user.display_name.to_lowercase())
    .bind(mail_key(user))
    .bind(user.version)
    .bind(user.changed_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// The user with this id; otherwise the one with this sign-in name, which may look like somebody else's id.
pub(super) async fn find_user(conn: &mut Conn, tenant: TenantId, key: &str) -> Result<Option<User>, DbError> {
    let text = format!(
        "SELECT {USER} FROM directory_user WHERE tenant_id = $1 AND (user_id = $2 OR upn_key = $2)
         ORDER BY CASE WHEN user_id = $2 THEN 0 ELSE 1 END LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(key.to_lowercase())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut found = user(&row)?;
    found.licences = list_licences_of(conn, tenant, found.id).await?;
    Ok(Some(found))
}

/// What the index on mail addresses holds; empty for none.
fn mail_key(user: &User) -> String {
    user.body.get("mail").and_then(Value::as_str).unwrap_or_default().to_lowercase()
}

/// Fills the keys of rows that were written before the keys existed; answers how many were filled. Part of bringing the
/// tables to the newest version, hence over all tenants.
pub(super) async fn fill_keys(conn: &mut Conn, limit: i64) -> Result<usize, DbError> {
    let text = format!("SELECT {USER}, tenant_id FROM directory_user WHERE display_key IS NULL LIMIT $1");
    let users = sqlx::query(sqlx::AssertSqlSafe(text)).bind(limit).fetch_all(&mut *conn).await?;
    for row in &users {
        update_user(conn, parsed(row, 9, "tenant_id")?, &user(row)?).await?;
    }
    let text = format!("SELECT {GROUP}, tenant_id FROM directory_group WHERE display_key IS NULL LIMIT $1");
    let groups = sqlx::query(sqlx::AssertSqlSafe(text)).bind(limit).fetch_all(&mut *conn).await?;
    for row in &groups {
        update_group(conn, parsed(row, 7, "tenant_id")?, &group(row)?).await?;
    }
    Ok(users.len() + groups.len())
}

pub(super) async fn delete_user(conn: &mut Conn, tenant: TenantId, id: UserId) -> Result<(), DbError> {
    for text in [
        "DELETE FROM directory_licence WHERE tenant_id = $1 AND user_id = $2",
        "DELETE FROM directory_member WHERE tenant_id = $1 AND member_id = $2",
        "DELETE FROM directory_user WHERE tenant_id = $1 AND user_id = $2",
    ] {
        sqlx::query(text).bind(tenant.to_string()).bind(id.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

pub(super) async fn list_facts(conn: &mut Conn, tenant: TenantId) -> Result<Vec<UserFacts>, DbError> {
    select_facts(conn, tenant, None).await
}

pub(super) async fn find_facts(
    conn: &mut Conn,
    tenant: TenantId,
    id: UserId,
) -> Result<Option<UserFacts>, DbError> {
    Ok(select_facts(conn, tenant, Some(id)).await?.pop())
}

/// Facts of one user, of everybody with `None`.
async fn select_facts(
    conn: &mut Conn,
    tenant: TenantId,
    of: Option<UserId>,
) -> Result<Vec<UserFacts>, DbError> {
    let text = format!(
        "SELECT u.user_id, u.enabled, COALESCE(MAX(l.active), 0) FROM directory_user u
         LEFT JOIN directory_licence l ON l.tenant_id = u.tenant_id AND l.user_id = u.user_id
         WHERE u.tenant_id = $1 {} GROUP BY u.user_id, u.enabled ORDER BY u.user_id",
        of.map_or("", |_| "AND u.user_id = $2")
    );
    rows_of(conn, text, tenant, of).await?.iter().map(facts).collect()
}

/// What a statement selects of one user, or of everybody. `text` takes the tenant as `$1`, and the user, if any, as `$2`:
/// two statements instead of one with an `OR`, so that the one for a user goes by its key.
async fn rows_of(
    conn: &mut Conn,
    text: String,
    tenant: TenantId,
    of: Option<UserId>,
) -> Result<Vec<Row>, DbError> {
    let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(tenant.to_string());
    let query = match of {
        Some(user) => query.bind(user.to_string()),
        None => query,
    };
    Ok(query.fetch_all(conn).await?)
}

fn facts(row: &Row) -> Result<UserFacts, DbError> {
    Ok(UserFacts {
        id: parsed(row, 0, "user_id")?,
        enabled: row.try_get::<i64, _>(1)? != 0,
        licensed: row.try_get::<i64, _>(2)? != 0,
    })
}

pub(super) async fn insert_group(conn: &mut Conn, tenant: TenantId, group: &Group) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO directory_group (tenant_id, group_id, display_name, body, created_at, external_id, display_key,
         version, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant.to_string())
    .bind(group.id.to_string())
    .bind(&group.display_name)
    .bind(text_of(&group.body))
    .bind(group.created_at.0)
    .bind(&group.external_id)
    .bind(group.display_name.to_lowercase())
    .bind(group.version)
    .bind(group.changed_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update_group(conn: &mut Conn, tenant: TenantId, group: &Group) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE directory_group SET display_name = $3, body = $4, external_id = $5, display_key = $6, version = $7,
         changed_at = $8 WHERE tenant_id = $1 AND group_id = $2",
    )
    .bind(tenant.to_string())
    .bind(group.id.to_string())
    .bind(&group.display_name)
    .bind(text_of(&group.body))
    .bind(&group.external_id)
    .bind(group.display_name.to_lowercase())
    .bind(group.version)
    .bind(group.changed_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn find_group(
    conn: &mut Conn,
    tenant: TenantId,
    id: GroupId,
) -> Result<Option<Group>, DbError> {
    let text = format!("SELECT {GROUP} FROM directory_group WHERE tenant_id = $1 AND group_id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(tenant.to_string())
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(group).transpose()
}

pub(super) async fn delete_group(conn: &mut Conn, tenant: TenantId, id: GroupId) -> Result<(), DbError> {
    for text in [
        "DELETE FROM directory_member WHERE tenant_id = $1 AND (group_id = $2 OR member_id = $2)",
        "DELETE FROM directory_group WHERE tenant_id = $1 AND group_id = $2",
    ] {
        sqlx::query(text).bind(tenant.to_string()).bind(id.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

pub(super) async fn upsert_licence(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
    licence: &Licence,
    now: UnixMillis,
) -> Result<(), DbError> {
    let disabled: Vec<String> = licence.disabled_plans.iter().map(Uuid::to_string).collect();
    sqlx::query(
        "INSERT INTO directory_licence (tenant_id, user_id, sku_id, disabled_plans, active, assigned_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, user_id, sku_id) DO UPDATE SET disabled_plans = excluded.disabled_plans,
         active = excluded.active",
    )
    .bind(tenant.to_string())
    .bind(user.to_string())
    .bind(licence.sku.to_string())
    .bind(disabled.join(" "))
    .bind(i64::from(!licence.disabled_plans.contains(&super::PLAN)))
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete_licence(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
    sku: Uuid,
) -> Result<bool, DbError> {
    let done =
        sqlx::query("DELETE FROM directory_licence WHERE tenant_id = $1 AND user_id = $2 AND sku_id = $3")
            .bind(tenant.to_string())
            .bind(user.to_string())
            .bind(sku.to_string())
            .execute(conn)
            .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn count_licences(conn: &mut Conn, tenant: TenantId) -> Result<i64, DbError> {
    let row = sqlx::query("SELECT COUNT(*) FROM directory_licence WHERE tenant_id = $1")
        .bind(tenant.to_string())
        .fetch_one(conn)
        .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn list_licences(
    conn: &mut Conn,
    tenant: TenantId,
) -> Result<BTreeMap<UserId, Vec<Licence>>, DbError> {
    let mut all = BTreeMap::<UserId, Vec<Licence>>::new();
    for row in &select_licences(conn, tenant, None).await? {
        all.entry(parsed(row, 2, "user_id")?).or_default().push(licence(row)?);
    }
    Ok(all)
}

pub(super) async fn list_licences_of(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<Licence>, DbError> {
    select_licences(conn, tenant, Some(user)).await?.iter().map(licence).collect()
}

/// Licences of one user, of everybody with `None`.
async fn select_licences(conn: &mut Conn, tenant: TenantId, of: Option<UserId>) -> Result<Vec<Row>, DbError> {
    let text = format!(
        "SELECT sku_id, disabled_plans, user_id FROM directory_licence WHERE tenant_id = $1 {} ORDER BY user_id, sku_id",
        of.map_or("", |_| "AND user_id = $2")
    );
    rows_of(conn, text, tenant, of).await
}

fn licence(row: &Row) -> Result<Licence, DbError> {
    let plan = |text: &str| text.parse::<Uuid>().map_err(|_| DbError::Corrupt { column: "disabled_plans" });
    let disabled: &str = row.try_get(1)?;
    Ok(Licence {
        sku: parsed(row, 0, "sku_id")?,
        disabled_plans: disabled.split_whitespace().map(plan).collect::<Result<_, _>>()?,
    })
}
