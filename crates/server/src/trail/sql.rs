//! Every statement on `trail`.

use ringfence_model::{AppId, Platform, TenantId, UnixMillis, UserId};
use sqlx::Row as _;

use super::{Kind, Mark, ROWS_MAX};
use crate::db::{Conn, DbError, Row, Tx};

fn mark(row: &Row) -> Result<Mark, DbError> {
    let corrupt = |column| DbError::Corrupt { column };
    let (platform, app): (&str, String) = (row.try_get(1)?, row.try_get(2)?);
    let tag: String = row.try_get(3)?;
    Ok(Mark {
        kind: [Kind::SignIn, Kind::Registration]
            .into_iter()
            .find(|kind| row.try_get::<&str, _>(0).is_ok_and(|text| text == kind.as_str()))
            .ok_or_else(|| corrupt("kind"))?,
        app: match platform {
            "" => None,
            text => Some(AppId::new(text.parse::<Platform>().map_err(|_| corrupt("platform"))?, app)),
        },
        device_tag: (!tag.is_empty()).then_some(tag),
        method: row.try_get::<&str, _>(4)?.parse().map_err(|_| corrupt("method"))?,
        refused: row.try_get(5)?,
        at: UnixMillis(row.try_get(6)?),
    })
}

pub(super) async fn upsert(tx: &mut Tx, tenant: TenantId, user: UserId, mark: &Mark) -> Result<(), DbError> {
    let app = mark.app.as_ref();
    sqlx::query(
        "INSERT INTO trail (tenant_id, user_id, kind, platform, app_key, device_tag, app_id, method, refused, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (tenant_id, user_id, kind, platform, app_key, device_tag)
         DO UPDATE SET app_id = $7, method = $8, refused = $9, at = $10",
    )
    .bind(tenant.to_string())
    .bind(user.to_string())
    .bind(mark.kind.as_str())
    .bind(app.map_or("", |app| app.platform.as_str()))
    .bind(app.map(AppId::key).unwrap_or_default())
    .bind(mark.device_tag.as_deref().unwrap_or_default())
    .bind(app.map_or("", |app| app.id.as_str()))
    .bind(mark.method.as_str())
    .bind(mark.refused.as_deref())
    .bind(mark.at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn list_of(conn: &mut Conn, tenant: TenantId, user: UserId) -> Result<Vec<Mark>, DbError> {
    let rows = sqlx::query(
        "SELECT kind, platform, app_id, device_tag, method, refused, at FROM trail
         WHERE tenant_id = $1 AND user_id = $2 ORDER BY at DESC, kind, platform, app_key, device_tag",
    )
    .bind(tenant.to_string())
    .bind(user.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(mark).collect()
}

pub(super) async fn delete_of(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM trail WHERE tenant_id = $1 AND user_id = $2")
        .bind(tenant.to_string())
        .bind(user.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn delete_older(tx: &mut Tx, tenant: TenantId, before: UnixMillis) -> Result<(), DbError> {
    sqlx::query("DELETE FROM trail WHERE tenant_id = $1 AND at < $2")
        .bind(tenant.to_string())
        .bind(before.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Keeps the newest rows of a user. Of rows of the same instant `last`, which was just written, comes first.
pub(super) async fn delete_beyond(
    tx: &mut Tx,
    tenant: TenantId,
    user: UserId,
    last: &Mark,
) -> Result<(), DbError> {
    let app = last.app.as_ref();
    sqlx::query(
        "DELETE FROM trail WHERE tenant_id = $1 AND user_id = $2 AND (kind, platform, app_key, device_tag) NOT IN
         (SELECT kind, platform, app_key, device_tag FROM trail WHERE tenant_id = $1 AND user_id = $2
          ORDER BY at DESC, CASE WHEN kind = $3 AND platform = $4 AND app_key = $5 AND device_tag = $6 THEN 0 ELSE 1 END,
          kind, platform, app_key, device_tag LIMIT $7)",
    )
    .bind(tenant.to_string())
    .bind(user.to_string())
    .bind(last.kind.as_str())
    .bind(app.map_or("", |app| app.platform.as_str()))
    .bind(app.map(AppId::key).unwrap_or_default())
    .bind(last.device_tag.as_deref().unwrap_or_default())
    .bind(ROWS_MAX)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
