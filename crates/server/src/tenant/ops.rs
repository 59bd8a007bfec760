//! Reading tenants and growing their revision.

use ringfence_model::TenantId;

use super::{Tenant, sql};
use crate::{
    db::{Conn, Db, DbError, Tx},
    env::Env,
};

/// The oldest tenant; made with `name` when there is none.
pub async fn ensure_first(db: &Db, env: &Env, name: &str) -> Result<Tenant, DbError> {
    if let Some(tenant) = sql::find_first(&mut *db.read().await?).await? {
        return Ok(tenant);
    }
    let mut tx = db.write().await?;
    if let Some(tenant) = sql::find_first(&mut tx).await? {
        return Ok(tenant);
    }
    let tenant =
        Tenant { id: env.make_id(TenantId::make), name: name.to_owned(), revision: 1, created_at: env.now() };
    sql::insert(&mut tx, &tenant).await?;
    tx.commit().await?;
    Ok(tenant)
}

/// A tenant, if it exists.
pub async fn find(conn: &mut Conn, tenant: TenantId) -> Result<Option<Tenant>, DbError> {
    sql::find(conn, tenant).await
}

/// Every tenant, oldest first.
pub async fn list(conn: &mut Conn) -> Result<Vec<Tenant>, DbError> {
    sql::list(conn).await
}

/// The tenant's revision; 0 when there is no such tenant.
pub async fn revision(conn: &mut Conn, tenant: TenantId) -> Result<i64, DbError> {
    Ok(sql::find(conn, tenant).await?.map_or(0, |tenant| tenant.revision))
}

/// Grows the revision by one and answers the new one. First statement of every write that alters policy: on
/// PostgreSQL it also makes such writes of one tenant wait for each other.
pub async fn bump_revision(tx: &mut Tx, tenant: TenantId) -> Result<i64, DbError> {
    sql::update_revision(tx, tenant).await
}
