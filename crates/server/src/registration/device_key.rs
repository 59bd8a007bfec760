//! Device-wide registration: the key of a device, and registrations that it vouches for (behaviour §6).

use ringfence_model::{AccountId, TenantId, UnixMillis, UserId};
use ringfence_protocol::{
    Bytes, InstancePublicKey, device,
    problem::ProblemCode,
    register::{self, RegistrationHello},
};
use sqlx::Row as _;

use super::sql::{self, Person};
use crate::{
    app::App,
    db::{Conn, DbError, Tx},
    http::ApiError,
    session::auth::problem,
};

/// The user whose device this is, and the hello, if the proof is by the key of the device and for this very instance.
pub(super) async fn verify(
    app: &App,
    token: &str,
    hello: &Bytes,
) -> Result<(Person, RegistrationHello), ApiError> {
    let now = app.env.now();
    let invalid =
        || problem(ProblemCode::TokenInvalid, "this device does not vouch for anybody: sign in first");
    let wrong = |error: &dyn std::fmt::Display| problem(ProblemCode::ProofInvalid, error.to_string());
    let proof: Bytes = serde_json::from_value(token.into()).map_err(|_| invalid())?;
    let claims = device::peek(&proof.0).map_err(|_| invalid())?;
    let (user, key, person) = {
        let mut conn = app.db.read().await?;
        let known = find(&mut conn, app.tenant, &claims.device_tag).await?.ok_or_else(invalid)?;
        let person = sql::find_user(&mut conn, app.tenant, known.0).await?.ok_or_else(invalid)?;
        (known.0, known.1, person)
    };
    let proof = device::verify(&proof.0, &key, app.tenant, now).map_err(|error| wrong(&error))?;
    let account = AccountId(user.0);
    let hello = register::verify(&hello.0, app.tenant, account, token, now).map_err(|error| wrong(&error))?;
    let same = proof.account == account
        && proof.instance_key == hello.public_key
        && proof.device_tag == hello.device_tag;
    if same { Ok((person, hello)) } else { Err(wrong(&"the proof is for another app instance")) }
}

async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    device_tag: &str,
) -> Result<Option<(UserId, InstancePublicKey)>, DbError> {
    let corrupt = |column| DbError::Corrupt { column };
    let row =
        sqlx::query("SELECT user_id, public_key FROM device_key WHERE tenant_id = $1 AND device_tag = $2")
            .bind(tenant.to_string())
            .bind(device_tag)
            .fetch_optional(conn)
            .await?;
    row.map(|row| {
        let user = row.try_get::<&str, _>(0)?.parse().map_err(|_| corrupt("user_id"))?;
        let key = InstancePublicKey::from_spki(&row.try_get::<Vec<u8>, _>(1)?);
        Ok((user, key.map_err(|_| corrupt("public_key"))?))
    })
    .transpose()
}

/// Registers the key of a device, replacing one of before.
pub(super) async fn upsert(
    tx: &mut Tx,
    tenant: TenantId,
    device_tag: &str,
    user: UserId,
    key: &InstancePublicKey,
    at: UnixMillis,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO device_key (tenant_id, device_tag, user_id, public_key, registered_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, device_tag) DO UPDATE SET user_id = excluded.user_id, \
         public_key = excluded.public_key, registered_at = excluded.registered_at",
    )
    .bind(tenant.to_string())
    .bind(device_tag)
    .bind(user.to_string())
    .bind(key.to_spki())
    .bind(at.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A device without an account vouches for nobody.
pub(super) async fn delete_if_free(tx: &mut Tx, tenant: TenantId, device_tag: &str) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM device_key WHERE tenant_id = $1 AND device_tag = $2 AND NOT EXISTS \
         (SELECT 1 FROM device_account d WHERE d.tenant_id = $1 AND d.device_tag = $2)",
    )
    .bind(tenant.to_string())
    .bind(device_tag)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
