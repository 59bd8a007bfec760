//! Every statement on the tables of policies.

use std::collections::BTreeSet;

use ringfence_model::{
    GroupId, PolicyId, TenantId, UnixMillis,
    document::{PolicyDocument, PolicyKind},
};
use serde_json::Value;
use sqlx::Row as _;

use super::Policy;
use crate::db::{Conn, DbError, Row, parsed};

fn policy(row: &Row) -> Result<Policy, DbError> {
    let kind = PolicyKind::from_graph_type(row.try_get(1)?).ok_or(DbError::Corrupt { column: "kind" })?;
    let body = serde_json::from_str(row.try_get(2)?).map_err(|_| DbError::Corrupt { column: "body" })?;
    Ok(Policy {
        id: row.try_get::<&str, _>(0)?.parse().map_err(|_| DbError::Corrupt { column: "policy_id" })?,
        document: PolicyDocument { kind, body },
        version: row.try_get(3)?,
        created_at: UnixMillis(row.try_get(4)?),
        modified_at: UnixMillis(row.try_get(5)?),
    })
}

pub(super) async fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Policy>, DbError> {
    let rows = sqlx::query(
        "SELECT policy_id, kind, body, version, created_at, modified_at FROM policies_policy
         WHERE tenant_id = $1 ORDER BY created_at, policy_id",
    )
    .bind(tenant.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(policy).collect()
}

pub(super) async fn find(conn: &mut Conn, tenant: TenantId, id: PolicyId) -> Result<Option<Policy>, DbError> {
    let row = sqlx::query(
        "SELECT policy_id, kind, body, version, created_at, modified_at FROM policies_policy
         WHERE tenant_id = $1 AND policy_id = $2",
    )
    .bind(tenant.to_string())
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(policy).transpose()
}

pub(super) async fn insert(conn: &mut Conn, tenant: TenantId, policy: &Policy) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO policies_policy (tenant_id, policy_id, kind, display_name, name_key, body, version, created_at,
         modified_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant.to_string())
    .bind(policy.id.to_string())
    .bind(policy.document.kind.graph_type())
    .bind(policy.document.display_name())
    .bind(name_key(policy))
    .bind(text_of(policy))
    .bind(policy.version)
    .bind(policy.created_at.0)
    .bind(policy.modified_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn update(conn: &mut Conn, tenant: TenantId, policy: &Policy) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE policies_policy SET display_name = $3, name_key = $4, body = $5, version = $6, modified_at = $7
         WHERE tenant_id = $1 AND policy_id = $2",
    )
    .bind(tenant.to_string())
    .bind(policy.id.to_string())
    .bind(policy.document.display_name())
    .bind(name_key(policy))
    .bind(text_of(policy))
    .bind(policy.version)
    .bind(policy.modified_at.0)
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn delete(conn: &mut Conn, tenant: TenantId, id: PolicyId) -> Result<(), DbError> {
    for text in [
        "DELETE FROM policies_group WHERE tenant_id = $1 AND policy_id = $2",
        "DELETE FROM policies_policy WHERE tenant_id = $1 AND policy_id = $2",
    ] {
        sqlx::query(text).bind(tenant.to_string()).bind(id.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Keeps the groups that a policy names, so that none of them is removed under it.
pub(super) async fn replace_groups(
    conn: &mut Conn,
    tenant: TenantId,
    policy: PolicyId,
    groups: &BTreeSet<GroupId>,
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM policies_group WHERE tenant_id = $1 AND policy_id = $2")
        .bind(tenant.to_string())
        .bind(policy.to_string())
        .execute(&mut *conn)
        .await?;
    for group in groups {
        sqlx::query("INSERT INTO policies_group (tenant_id, policy_id, group_id) VALUES ($1, $2, $3)")
            .bind(tenant.to_string())
            .bind(policy.to_string())
            .bind(group.to_string())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

pub(super) async fn list_names_of_group(
    conn: &mut Conn,
    tenant: TenantId,
    group: GroupId,
) -> Result<Vec<String>, DbError> {
    let rows = sqlx::query(
        "SELECT p.display_name FROM policies_group g
         JOIN policies_policy p ON p.tenant_id = g.tenant_id AND p.policy_id = g.policy_id
         WHERE g.tenant_id = $1 AND g.group_id = $2 ORDER BY p.display_name",
    )
    .bind(tenant.to_string())
    .bind(group.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Names that differ in letter case only are the same name to an administrator.
fn name_key(policy: &Policy) -> String {
    policy.document.display_name().trim().to_lowercase()
}

fn text_of(policy: &Policy) -> String {
    Value::Object(policy.document.body.clone()).to_string()
}

/// The groups of whoever made a policy.
pub(super) async fn insert_home(
    conn: &mut Conn,
    tenant: TenantId,
    policy: PolicyId,
    groups: &[GroupId],
) -> Result<(), DbError> {
    for group in groups {
        sqlx::query(
            "INSERT INTO policies_home (tenant_id, policy_id, group_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(tenant.to_string())
        .bind(policy.to_string())
        .bind(group.to_string())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

pub(super) async fn list_homes(
    conn: &mut Conn,
    tenant: TenantId,
) -> Result<Vec<(PolicyId, GroupId)>, DbError> {
    let rows = sqlx::query("SELECT policy_id, group_id FROM policies_home WHERE tenant_id = $1")
        .bind(tenant.to_string())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok((parsed(row, 0, "policy_id")?, parsed(row, 1, "group_id")?))).collect()
}
