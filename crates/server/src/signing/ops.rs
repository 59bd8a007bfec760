//! Making keys at the first start, reading them afterwards, rotating.

use std::{path::Path, sync::Arc};

use arc_swap::ArcSwap;
use ringfence_model::{TenantId, UnixMillis};
use ringfence_protocol::{
    Bytes, Namespace, SigningKey,
    keyset::{Keyset, ListedKey},
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    DataKey, HANDOVER, KEY_LIFE, Keys, LISTED_AFTER, RENEW_BEFORE, SealError, Signing,
    sql::{self, Purpose, StoredKey, StoredKeyset},
};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Actor, Proof, act},
    changes::{self, Change, What},
    db::{Conn, Db, DbError, Tx},
    env::Env,
};

/// Who renews keys that end soon, in the audit log.
const PART: &str = "signing";

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The data key or what it sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A key does not sign.
    #[error("a stored key cannot be used: {0}")]
    Key(String),
}

/// Reads the tenant's keys, making what is missing and renewing what ends soon.
pub(crate) async fn open(
    db: &Db,
    env: &Env,
    tenant: TenantId,
    key_file: &Path,
) -> Result<Signing, KeysError> {
    let data_key = DataKey::load_or_make(key_file, env)?;
    let mut tx = db.write().await?;
    sql::lock(&mut tx, tenant).await?;
    let keys = match read(&mut tx, tenant, &data_key).await? {
        Some(keys) if !is_due(&keys, env.now()) => keys,
        Some(_) => {
            // Nodes that are running already have to hear of it.
            changes::record(&mut tx, tenant, What::Keys).await?;
            let keys = renew(&mut tx, env, tenant, &data_key).await?;
            note(&mut tx, env, &Actor::operator(tenant, PART), &keys).await?;
            keys
        }
        None => make_all(&mut tx, env, tenant, &data_key).await?,
    };
    tx.commit().await?;
    Ok(Signing { data_key, keys: ArcSwap::from_pointee(keys) })
}

/// Renews the signing key of a running server when it ends soon, and tells phones and other nodes; false when there is
/// time enough. Free then.
pub async fn renew_if_due(app: &App) -> Result<bool, KeysError> {
    let signing = &app.phones.signing;
    if !is_due(&signing.keys(), app.env.now()) {
        return Ok(false);
    }
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, app.tenant, What::Keys).await?;
    if let Some(keys) = read(&mut tx, app.tenant, &signing.data_key).await?
        && !is_due(&keys, app.env.now())
    {
        // Another node was here first.
        signing.keys.store(Arc::new(keys));
        return Ok(false);
    }
    let keys = renew(&mut tx, &app.env, app.tenant, &signing.data_key).await?;
    finish(app, tx, change, &Actor::operator(app.tenant, PART), keys).await?;
    Ok(true)
}

/// Begins a new signing key at an administrator's wish and ends the present one. What that one signed stays valid as
/// long as it is listed. Answers what is told of it.
pub(crate) async fn rotate(app: &App, proof: &Proof<act::ManageKeys>) -> Result<Value, KeysError> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, proof.tenant(), What::Keys).await?;
    let keys = renew(&mut tx, &app.env, app.tenant, &app.phones.signing.data_key).await?;
    finish(app, tx, change, proof.actor(), keys).await
}

/// Commits new keys, puts them to use and lets phones know.
async fn finish(
    app: &App,
    mut tx: Tx,
    change: Change,
    actor: &Actor,
    keys: Keys,
) -> Result<Value, KeysError> {
    let told = note(&mut tx, &app.env, actor, &keys).await?;
    tx.commit().await?;
    app.phones.signing.keys.store(Arc::new(keys));
    app.changes.publish(change);
    app.phones.follow(app).await?;
    Ok(told)
}

async fn note(tx: &mut Tx, env: &Env, actor: &Actor, keys: &Keys) -> Result<Value, DbError> {
    let told = json!({
        "keysetVersion": keys.version,
        "keyId": keys.signing.id(),
        "expiresAt": keys.expires_at,
    });
    let (object, after) = (format!("keyset:{}", keys.version), told.to_string());
    let record = Record { act: "keys.rotate", object, after: Some(after.as_bytes()), ..Record::default() };
    audit::ops::append(tx, env, actor, record).await?;
    Ok(told)
}

fn is_due(keys: &Keys, now: UnixMillis) -> bool {
    keys.expires_at <= now.plus(RENEW_BEFORE)
}

/// Reads the keys again after another node changed them.
pub(crate) async fn reload(conn: &mut Conn, tenant: TenantId, signing: &Signing) -> Result<(), KeysError> {
    if let Some(keys) = read(conn, tenant, &signing.data_key).await? {
        signing.keys.store(Arc::new(keys));
    }
    Ok(())
}

/// The first keys.
async fn make_all(tx: &mut Tx, env: &Env, tenant: TenantId, data_key: &DataKey) -> Result<Keys, KeysError> {
    if !sql::list_keys(tx, tenant).await?.iter().any(|key| key.root) {
        make(tx, env, tenant, data_key, Purpose::Root).await?;
    }
    renew(tx, env, tenant, data_key).await
}

async fn read(conn: &mut Conn, tenant: TenantId, data_key: &DataKey) -> Result<Option<Keys>, KeysError> {
    let Some(keyset) = sql::find_keyset(conn, tenant).await? else { return Ok(None) };
    let stored = sql::list_keys(conn, tenant).await?;
    let (Some(root), Some(signing)) =
        (stored.iter().find(|key| key.root), stored.iter().find(|key| !key.root))
    else {
        return Ok(None);
    };
    Ok(Some(Keys {
        root: unseal(data_key, tenant, root)?.public(),
        signing: unseal(data_key, tenant, signing)?,
        version: keyset.version.unsigned_abs(),
        keyset: Bytes(keyset.signed),
        expires_at: keyset.expires_at.min(signing.not_after),
    }))
}

/// The next keyset, with a new signing key.
async fn renew(tx: &mut Tx, env: &Env, tenant: TenantId, data_key: &DataKey) -> Result<Keys, KeysError> {
    let now = env.now();
    // Nodes that have not heard of the rotation yet go on signing with the present key for a moment.
    sql::update_end(tx, tenant, now.plus(HANDOVER)).await?;
    let signing = make(tx, env, tenant, data_key, Purpose::Signing).await?;
    let stored = sql::list_keys(tx, tenant).await?;
    let root = stored.iter().find(|key| key.root).ok_or_else(|| KeysError::Key("no root key".into()))?;
    let root = unseal(data_key, tenant, root)?;
    let mut listed = Vec::new();
    for key in stored.iter().filter(|key| !key.root && key.not_after.plus(LISTED_AFTER) > now) {
        let public = unseal(data_key, tenant, key)?.public();
        listed.push(ListedKey::new(public, &Namespace::SERVER, key.not_before, key.not_after));
    }
    let version = sql::find_keyset(tx, tenant).await?.map_or(0, |keyset| keyset.version) + 1;
    let expires_at = now.plus(KEY_LIFE);
    let keyset = Keyset { tenant, version: version.unsigned_abs(), issued_at: now, expires_at, keys: listed };
    let signed = keyset.sign(&root).map_err(|error| KeysError::Key(error.to_string()))?;
    sql::insert_keyset(tx, tenant, &StoredKeyset { version, expires_at, signed: signed.clone() }).await?;
    Ok(Keys {
        root: root.public(),
        signing,
        version: version.unsigned_abs(),
        keyset: Bytes(signed),
        expires_at,
    })
}

async fn make(
    tx: &mut Tx,
    env: &Env,
    tenant: TenantId,
    data_key: &DataKey,
    purpose: Purpose,
) -> Result<SigningKey, KeysError> {
    let seed = Zeroizing::new(env.bytes::<32>());
    let key = SigningKey::from_seed(&seed).map_err(|error| KeysError::Key(error.to_string()))?;
    let (key_id, now) = (hex::encode(key.id().0), env.now());
    let not_after = match purpose {
        Purpose::Root => UnixMillis(i64::MAX),
        Purpose::Signing => now.plus(KEY_LIFE),
    };
    let sealed_seed = data_key.seal(env, &label(tenant, &key_id), seed.as_slice())?;
    sql::insert_key(
        tx,
        tenant,
        purpose,
        &StoredKey { key_id, root: false, sealed_seed, not_before: now, not_after },
    )
    .await?;
    Ok(key)
}

fn unseal(data_key: &DataKey, tenant: TenantId, key: &StoredKey) -> Result<SigningKey, KeysError> {
    let seed = data_key.open(&label(tenant, &key.key_id), &key.sealed_seed)?;
    let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| SealError::Wrong)?;
    SigningKey::from_seed(seed).map_err(|error| KeysError::Key(error.to_string()))
}

/// Binds a sealed key to its row.
fn label(tenant: TenantId, key_id: &str) -> String {
    format!("ringfence/signing-key/v1 {tenant} {key_id}")
}
