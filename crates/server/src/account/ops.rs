//! Setting and checking passwords; administrators; access tokens of end users.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_model::{Millis, TenantId, UnixMillis, UserId};
use uuid::Uuid;

use super::{Access, Administrator, SignIn, SignInError, Subject, Verified, password, second, sql};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Actor, Proof, Role, Scope, act},
    db::{Conn, Db, DbError, Tx},
    env::Env,
    http::ApiError,
    signin::Attempt,
    token,
};

/// Failures before the first lock.
const FREE_FAILURES: i64 = 5;
const FIRST_LOCK: Millis = Millis::from_secs(30);
const LOCK_MAX: Millis = Millis::from_minutes(60);
const ACCESS_LIFE: Millis = Millis::from_minutes(15);
/// The name of the administrator made at first start.
pub const FIRST_ADMINISTRATOR: &str = "admin";

/// Makes the first administrator when there is none, and answers its one-time password.
pub async fn ensure_administrator(db: &Db, env: &Env, tenant: TenantId) -> Result<Option<String>, DbError> {
    if sql::count_administrators(&mut *db.read().await?, tenant).await? > 0 {
        return Ok(None);
    }
    let secret = readable_secret(env);
    let hashed = password::hash(&secret, env.bytes()).await;
    let mut tx = db.write().await?;
    if sql::count_administrators(&mut tx, tenant).await? > 0 {
        return Ok(None);
    }
    let account = Administrator {
        id: uuid(env),
        tenant,
        name: FIRST_ADMINISTRATOR.to_owned(),
        roles: vec![Role::GlobalAdministrator],
        scope: Scope::Everything,
    };
    sql::insert_administrator(&mut tx, &account, env.now()).await?;
    sql::upsert_password(
        &mut tx,
        tenant,
        &Subject::Administrator(account.id).key(),
        &hashed,
        true,
        env.now(),
    )
    .await?;
    let actor = Actor::operator(tenant, "first-start");
    let after = told(&account);
    let record = Record {
        act: "administrator.create",
        object: format!("account:{}", account.id),
        after: Some(after.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, env, &actor, record).await?;
    tx.commit().await?;
    Ok(Some(secret))
}

/// Makes an administrator's account with a one-time password, which is answered.
///
/// # Errors
/// `Unique` when the name is taken.
pub async fn create_administrator(
    db: &Db,
    env: &Env,
    proof: &Proof<act::ManageRoles>,
    name: &str,
    roles: &[Role],
    scope: Scope,
) -> Result<(Administrator, String), DbError> {
    let secret = readable_secret(env);
    let hashed = password::hash(&secret, env.bytes()).await;
    let account = Administrator {
        id: uuid(env),
        tenant: proof.tenant(),
        name: name.to_lowercase(),
        roles: roles.to_vec(),
        scope,
    };
    let key = Subject::Administrator(account.id).key();
    let mut tx = db.write().await?;
    sql::insert_administrator(&mut tx, &account, env.now()).await?;
    sql::upsert_password(&mut tx, account.tenant, &key, &hashed, true, env.now()).await?;
    let after = told(&account);
    let record = Record {
        act: "administrator.create",
        object: format!("account:{}", account.id),
        after: Some(after.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok((account, secret))
}

/// An administrator as the audit log tells of him.
pub(crate) fn told(account: &Administrator) -> String {
    let roles: Vec<_> = account.roles.iter().map(|role| role.as_str()).collect();
    serde_json::json!({ "userName": account.name, "roles": roles, "scope": account.scope.shown() })
        .to_string()
}

/// An administrator by id.
pub(crate) async fn find_administrator_by_id(
    conn: &mut Conn,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<Administrator>, DbError> {
    sql::find_administrator_by_id(conn, tenant, id).await
}

/// All administrators by name.
pub(crate) async fn list_administrators(
    conn: &mut Conn,
    tenant: TenantId,
) -> Result<Vec<Administrator>, DbError> {
    sql::list_administrators(conn, tenant).await
}

/// Replaces the roles of an administrator's account; they count with his next request.
///
/// # Errors
/// Nobody would be left who may give roles everywhere.
pub(crate) async fn update_roles(
    app: &App,
    proof: &Proof<act::ManageRoles>,
    before: &Administrator,
    roles: &[Role],
    scope: &Scope,
) -> Result<(), ApiError> {
    let after = Administrator { roles: roles.to_vec(), scope: scope.clone(), ..before.clone() };
    let mut tx = app.db.write().await?;
    sql::update_roles(&mut tx, &after).await?;
    let whole = |account: &Administrator| {
        account.scope == Scope::Everything && account.roles.contains(&Role::GlobalAdministrator)
    };
    if whole(before) && !sql::list_administrators(&mut tx, proof.tenant()).await?.iter().any(whole) {
        let detail = "nobody would be left who may give roles: make another global administrator first";
        return Err(ApiError::conflict("last_administrator", detail));
    }
    let (old, new) = (told(before), told(&after));
    let record = Record {
        act: "administrator.update",
        object: format!("account:{}", before.id),
        before: Some(old.as_bytes()),
        after: Some(new.as_bytes()),
    };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    Ok(tx.commit().await?)
}

/// An administrator by id or sign-in name.
pub(crate) async fn find_administrator(
    conn: &mut Conn,
    tenant: TenantId,
    key: &str,
) -> Result<Option<Administrator>, DbError> {
    match key.parse::<Uuid>() {
        Ok(id) => sql::find_administrator_by_id(conn, tenant, id).await,
        Err(_) => sql::find_administrator(conn, tenant, &key.to_lowercase()).await,
    }
}

/// An administrator by sign-in name.
pub(crate) async fn find_administrator_by_name(
    conn: &mut Conn,
    tenant: TenantId,
    name: &str,
) -> Result<Option<Administrator>, DbError> {
    sql::find_administrator(conn, tenant, &name.to_lowercase()).await
}

/// Signs an administrator in: the password, then the code where there is a second factor, then the new password if one is
/// wanted.
pub(crate) async fn sign_in_administrator(
    app: &App,
    with: SignIn<'_>,
    attempt: &Attempt,
) -> Result<Administrator, SignInError> {
    let (db, env, secret, tenant) = (&app.db, &app.env, with.password, app.tenant);
    let found = find_administrator_by_name(&mut *db.read().await?, tenant, with.name).await?;
    let Some(account) = found else {
        password::verify(secret, None).await;
        return Err(SignInError::Wrong);
    };
    let subject = Subject::Administrator(account.id);
    let verified = verify(db, env, tenant, subject, secret).await?;
    let actor = attempt.actor(app, subject.holder());
    second::check(app, &actor, subject, with.code).await?;
    match with.new_password {
        None if verified.must_change => return Err(SignInError::MustChange),
        None => {}
        Some(new) => {
            if new == secret {
                return Err(SignInError::Weak);
            }
            let hashed = hash_new(env, new).await?;
            let mut tx = db.write().await?;
            store(&mut tx, env, &actor, subject, &hashed).await?;
            tx.commit().await?;
        }
    }
    Ok(account)
}

/// Sets an end user's password.
///
/// # Errors
/// [`SignInError::Weak`] for a password shorter than 12 characters.
pub async fn set_user_password(
    db: &Db,
    env: &Env,
    proof: &Proof<act::ManagePasswords>,
    user: UserId,
    secret: &str,
) -> Result<(), SignInError> {
    let hashed = hash_new(env, secret).await?;
    let mut tx = db.write().await?;
    store(&mut tx, env, proof.actor(), Subject::User(user), &hashed).await?;
    tx.commit().await?;
    Ok(())
}

/// The stored form of a password that was checked against the rules, for use inside a caller's transaction.
pub(crate) async fn hash_new(env: &Env, secret: &str) -> Result<String, SignInError> {
    if !(12..=256).contains(&secret.chars().count()) {
        return Err(SignInError::Weak);
    }
    Ok(password::hash(secret, env.bytes()).await)
}

/// Stores a password made by [`hash_new`], and ends what was signed in to with the one before: it may have been known to
/// somebody else.
pub(crate) async fn store(
    tx: &mut Tx,
    env: &Env,
    actor: &Actor,
    subject: Subject,
    hashed: &str,
) -> Result<(), DbError> {
    sql::upsert_password(tx, actor.tenant, &subject.key(), hashed, false, env.now()).await?;
    match subject {
        Subject::User(user) => end_access(tx, env, actor.tenant, user).await?,
        Subject::Administrator(account) => {
            token::ops::end_of_account(tx, env, actor.tenant, account).await?;
        }
    }
    let record = Record { act: "password.set", object: subject.key(), ..Record::default() };
    audit::ops::append(tx, env, actor, record).await
}

/// Ends whatever an end user has signed in to; part of disabling the user. The password stays for when he is enabled.
pub(crate) async fn end_access(
    tx: &mut Tx,
    env: &Env,
    tenant: TenantId,
    user: UserId,
) -> Result<(), DbError> {
    token::ops::end_of_user(tx, env, tenant, user).await?;
    sql::delete_access_of(tx, tenant, user).await
}

/// Forgets password and access tokens of an end user; part of deleting the user.
pub(crate) async fn forget_user(
    tx: &mut Tx,
    env: &Env,
    tenant: TenantId,
    user: UserId,
) -> Result<(), DbError> {
    sql::delete_password(tx, tenant, &Subject::User(user).key()).await?;
    second::forget(tx, tenant, Subject::User(user)).await?;
    end_access(tx, env, tenant, user).await
}

/// Checks a password: counts the attempt first, forgives it when the password is right.
pub async fn verify(
    db: &Db,
    env: &Env,
    tenant: TenantId,
    subject: Subject,
    secret: &str,
) -> Result<Verified, SignInError> {
    let (key, now) = (subject.key(), env.now());
    let mut tx = db.write().await?;
    let Some(stored) = sql::find_password_for_update(&mut tx, tenant, &key).await? else {
        drop(tx);
        password::verify(secret, None).await;
        return Err(SignInError::Wrong);
    };
    if stored.locked_until > now {
        let wait = stored.locked_until.since(now);
        return Err(SignInError::Locked { wait_s: wait.0.div_ceil(1000) });
    }
    let failures = stored.failures + 1;
    sql::update_failures(&mut tx, tenant, &key, failures, now.plus(lock_after(failures))).await?;
    tx.commit().await?;
    if !password::verify(secret, Some(&stored.password)).await {
        return Err(SignInError::Wrong);
    }
    let mut tx = db.write().await?;
    sql::update_failures(&mut tx, tenant, &key, 0, UnixMillis(0)).await?;
    tx.commit().await?;
    Ok(Verified { must_change: stored.must_change })
}

/// The lock grows: 30 s after the fifth failure, then twice as long each time, at most an hour.
pub(super) fn lock_after(failures: i64) -> Millis {
    let Ok(beyond) = u64::try_from(failures - FREE_FAILURES) else { return Millis(0) };
    Millis(
        FIRST_LOCK
            .0
            .saturating_mul(1_u64.checked_shl(beyond.min(20) as u32).unwrap_or(u64::MAX))
            .min(LOCK_MAX.0),
    )
}

/// Checks an end user's password (`None` for an unknown name) and second factor, and makes an access token.
pub(crate) async fn sign_in_user(
    app: &App,
    user: Option<UserId>,
    secret: &str,
    code: Option<&str>,
    attempt: &Attempt,
) -> Result<Access, SignInError> {
    let user = check_user(app, user, secret, code, attempt).await?;
    Ok(give_access(&app.db, &app.env, app.tenant, user).await?)
}

/// Makes an access token for an end user who proved who he is.
pub(crate) async fn give_access(
    db: &Db,
    env: &Env,
    tenant: TenantId,
    user: UserId,
) -> Result<Access, DbError> {
    let token = format!("rfa_{}", URL_SAFE_NO_PAD.encode(env.bytes::<32>()));
    let expires_at = env.now().plus(ACCESS_LIFE);
    let mut tx = db.write().await?;
    sql::delete_access_expired(&mut tx, tenant, env.now()).await?;
    sql::insert_access(&mut tx, tenant, &hash_of(&token), user, expires_at).await?;
    tx.commit().await?;
    Ok(Access { token, expires_at })
}

/// Checks an end user's password (`None` for an unknown name) and second factor, and gives nothing.
pub(crate) async fn check_user(
    app: &App,
    user: Option<UserId>,
    secret: &str,
    code: Option<&str>,
    attempt: &Attempt,
) -> Result<UserId, SignInError> {
    let Some(user) = user else {
        password::verify(secret, None).await;
        return Err(SignInError::Wrong);
    };
    let subject = Subject::User(user);
    verify(&app.db, &app.env, app.tenant, subject, secret).await?;
    second::check(app, &attempt.actor(app, subject.holder()), subject, code).await?;
    Ok(user)
}

/// The user that an access token stands for, unless it has ended.
pub async fn find_access(
    conn: &mut Conn,
    tenant: TenantId,
    token: &str,
    now: UnixMillis,
) -> Result<Option<UserId>, DbError> {
    sql::find_access(conn, tenant, &hash_of(token), now).await
}

fn hash_of(token: &str) -> String {
    hex::encode(digest(&SHA256, token.as_bytes()))
}

fn uuid(env: &Env) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(env.now().0.unsigned_abs(), &env.bytes()).into_uuid()
}

/// 100 random bits in groups of five letters, without look-alikes.
fn readable_secret(env: &Env) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let letters: Vec<char> =
        env.bytes::<20>().iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_grows_to_an_hour() {
        let waits = [(4, 0), (5, 30_000), (6, 60_000), (7, 120_000), (60, 3_600_000), (i64::MAX, 3_600_000)];
        for (failures, wait) in waits {
            assert_eq!(lock_after(failures), Millis(wait), "after {failures}");
        }
    }
}
