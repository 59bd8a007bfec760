//! The lease of a tenant's bundles: how long a phone may go on without an answer.

use ringfence_model::{Millis, TenantId};
use sqlx::Row as _;

use crate::{
    app::App,
    audit::{self, Record},
    authz::{Proof, act},
    changes::{self, What},
    db::{Conn, DbError},
    http::{ApiError, FieldProblem},
};

/// Unless the tenant chose another.
const DEFAULT: Millis = Millis::from_days(1);

/// What may be chosen.
const SHORTEST: Millis = Millis::from_minutes(10);
const LONGEST: Millis = Millis::from_days(90);

/// The lease of bundles issued now.
pub(crate) async fn find(conn: &mut Conn, tenant: TenantId) -> Result<Millis, DbError> {
    let row = sqlx::query("SELECT lease_ms FROM lease WHERE tenant_id = $1")
        .bind(tenant.to_string())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(DEFAULT), |row| Ok(Millis(row.try_get::<i64, _>(0)?.unsigned_abs())))
}

/// Chooses another lease; bundles are issued anew at the next check-in.
pub(super) async fn set(app: &App, proof: &Proof<act::ManageTenant>, lease: Millis) -> Result<(), ApiError> {
    if lease < SHORTEST || lease > LONGEST {
        return Err(ApiError::invalid(vec![FieldProblem {
            path: "leaseMs".to_owned(),
            value: Some(lease.0.to_string()),
            problem: "is out of range".to_owned(),
            allowed: Some(format!("{} to {}", SHORTEST.0, LONGEST.0)),
        }]));
    }
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Lease).await?;
    let before = find(&mut tx, proof.tenant()).await?;
    sqlx::query(
        "INSERT INTO lease (tenant_id, lease_ms) VALUES ($1, $2) \
         ON CONFLICT (tenant_id) DO UPDATE SET lease_ms = excluded.lease_ms",
    )
    .bind(proof.tenant().to_string())
    .bind(i64::try_from(lease.0).unwrap_or(i64::MAX))
    .execute(&mut *tx)
    .await
    .map_err(DbError::from)?;
    let told = |lease: Millis| serde_json::json!({ "leaseMs": lease.0 }).to_string();
    let (before, after) = (told(before), told(lease));
    let record = Record {
        act: "lease.set",
        object: format!("tenant:{}", proof.tenant()),
        before: Some(before.as_bytes()),
        after: Some(after.as_bytes()),
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    app.changes.publish(change);
    Ok(app.phones.follow(app).await?)
}
