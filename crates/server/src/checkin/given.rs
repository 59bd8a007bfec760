//! Every statement on `given_content`: which policies a phone was given, also when nobody is given them any more.

use ringfence_model::{PolicyId, TenantId};
use sqlx::Row as _;

use crate::{
    db::{Conn, DbError, Tx},
    targeting::Content,
};

/// A content that an instance is given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Given {
    hash: String,
    policies: Vec<PolicyId>,
}

impl Given {
    pub(crate) fn of(content: &Content) -> Self {
        Self { hash: content.hash.to_string(), policies: content.policies().collect() }
    }
}

/// Remembers contents; those that are known stay as they are.
pub(crate) async fn insert<'a>(
    tx: &mut Tx,
    tenant: TenantId,
    contents: impl Iterator<Item = &'a Given>,
) -> Result<(), DbError> {
    for content in contents {
        let policies = content.policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        sqlx::query(
            "INSERT INTO given_content (tenant_id, content_hash, policies) VALUES ($1, $2, $3)
             ON CONFLICT (tenant_id, content_hash) DO NOTHING",
        )
        .bind(tenant.to_string())
        .bind(&content.hash)
        .bind(policies)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The policies of a content; none when no instance has it.
pub(crate) async fn list(conn: &mut Conn, tenant: TenantId, hash: &str) -> Result<Vec<PolicyId>, DbError> {
    let row = sqlx::query("SELECT policies FROM given_content WHERE tenant_id = $1 AND content_hash = $2")
        .bind(tenant.to_string())
        .bind(hash)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    let ids = row.try_get::<&str, _>(0)?.split_whitespace();
    ids.map(|id| id.parse().map_err(|_| DbError::Corrupt { column: "policies" })).collect()
}

/// Forgets contents that no instance has any more.
pub(crate) async fn delete_unused(tx: &mut Tx, tenant: TenantId) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM given_content WHERE tenant_id = $1
         AND content_hash NOT IN (SELECT content_hash FROM instance WHERE tenant_id = $1)",
    )
    .bind(tenant.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
