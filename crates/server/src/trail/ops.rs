//! Writing, reading and forgetting attempts.

use ringfence_model::{TenantId, UnixMillis, UserId};

use super::{KEPT, Mark, sql};
use crate::{
    app::App,
    db::{Conn, DbError, Tx},
};

/// Remembers an attempt instead of the last one of its kind, app and device.
pub(crate) async fn record(app: &App, user: UserId, mark: &Mark) -> Result<(), DbError> {
    let mut tx = app.db.write().await?;
    sql::delete_older(&mut tx, app.tenant, UnixMillis(app.env.now().0 - KEPT.0.cast_signed())).await?;
    sql::upsert(&mut tx, app.tenant, user, mark).await?;
    sql::delete_beyond(&mut tx, app.tenant, user, mark).await?;
    tx.commit().await
}

/// The last attempts of a user, newest first.
///
/// # Errors
/// The database cannot be read.
pub async fn list_of(conn: &mut Conn, tenant: TenantId, user: UserId) -> Result<Vec<Mark>, DbError> {
    sql::list_of(conn, tenant, user).await
}

/// Forgets a user who is deleted.
pub(crate) async fn forget(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<(), DbError> {
    sql::delete_of(tx, tenant, user).await
}
