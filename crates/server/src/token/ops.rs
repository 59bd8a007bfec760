//! Making, finding, listing and revoking tokens.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_model::{Millis, TenantId, TokenId, UserId};
use zeroize::Zeroizing;

use super::{NewToken, Token, sql};
use crate::{
    account::Administrator,
    app::App,
    audit::{self, Record},
    authz::{Actor, Grant, Proof, Scope, Scopes, act},
    db::{Conn, Db, DbError, Tx},
    env::Env,
    role,
};

/// How coarsely the last use is remembered: a write per request would cost more than the request.
const USED_STEP: Millis = Millis::from_minutes(5);

/// Life of a token made by signing in.
pub const SIGN_IN_LIFE: Millis = Millis::from_minutes(12 * 60);

/// Makes a token; answers it with its secret, which is not stored.
pub async fn create(
    db: &Db,
    env: &Env,
    proof: &Proof<act::ManageTokens>,
    new: NewToken,
) -> Result<(Token, String), DbError> {
    let token = blank(env, proof.tenant(), new);
    insert(db, env, proof.actor(), token).await
}

/// Makes a token whose roles reach no further than a scope.
pub async fn create_within(
    db: &Db,
    env: &Env,
    proof: &Proof<act::ManageTokens>,
    new: NewToken,
    scope: Scope,
) -> Result<(Token, String), DbError> {
    let token = Token { scope, ..blank(env, proof.tenant(), new) };
    insert(db, env, proof.actor(), token).await
}

/// Makes a token that may provision users and groups through SCIM, and nothing else.
pub async fn create_provisioning(
    db: &Db,
    env: &Env,
    proof: &Proof<act::ManageTokens>,
    name: &str,
    life: Millis,
) -> Result<(Token, String), DbError> {
    let new = NewToken { name: name.to_owned(), roles: Vec::new(), life };
    let token = Token { provisioning: true, ..blank(env, proof.tenant(), new) };
    insert(db, env, proof.actor(), token).await
}

/// Makes the token of an administrator who signed in.
pub async fn create_for_sign_in(
    db: &Db,
    env: &Env,
    actor: &Actor,
    account: &Administrator,
) -> Result<(Token, String), DbError> {
    let new = NewToken { name: account.name.clone(), roles: account.roles.clone(), life: SIGN_IN_LIFE };
    let token = Token { account: Some(account.id), ..blank(env, account.tenant, new) };
    insert(db, env, actor, token).await
}

/// Makes a token that stands for somebody who proved who he is by other means; `change` says for whom.
pub(crate) async fn create_for(
    db: &Db,
    env: &Env,
    actor: &Actor,
    new: NewToken,
    change: impl FnOnce(&mut Token),
) -> Result<(Token, String), DbError> {
    let mut token = blank(env, actor.tenant, new);
    change(&mut token);
    insert(db, env, actor, token).await
}

fn blank(env: &Env, tenant: TenantId, new: NewToken) -> Token {
    Token {
        id: env.make_id(TokenId::make),
        tenant,
        name: new.name,
        roles: new.roles,
        scope: Scope::Everything,
        provisioning: false,
        account: None,
        user: None,
        provider: None,
        program: None,
        holder: None,
        scopes: None,
        grants: Vec::new(),
        created_at: env.now(),
        expires_at: env.now().plus(new.life),
        revoked_at: None,
        used_at: None,
    }
}

async fn insert(db: &Db, env: &Env, actor: &Actor, token: Token) -> Result<(Token, String), DbError> {
    let prefix = if token.provisioning { "rfs_" } else { "rf_" };
    let secret = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(env.bytes::<32>()));
    let mut tx = db.write().await?;
    if token.program.is_some() {
        sql::delete_ended_of_programs(&mut tx, token.tenant, env.now()).await?;
    }
    sql::insert(&mut tx, &token, &hash_of(&secret)).await?;
    let after = told(&token);
    let record = Record {
        act: "token.create",
        object: format!("token:{}", token.id),
        after: Some(after.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, env, actor, record).await?;
    if token.account.is_some() || token.provider.is_some() {
        let record = Record {
            act: "signIn.complete",
            object: holder(&token),
            after: Some(after.as_bytes()),
            ..Record::default()
        };
        audit::ops::append(&mut tx, env, actor, record).await?;
    }
    tx.commit().await?;
    Ok((token, secret))
}

/// The actor that a secret stands for, unless it is unknown, revoked or at its end.
pub async fn authenticate(db: &Db, env: &Env, secret: &str) -> Result<Option<Actor>, DbError> {
    let now = env.now();
    let found = sql::find_by_hash(&mut *db.read().await?, &hash_of(secret)).await?;
    let Some(token) = found.filter(|token| token.revoked_at.is_none() && token.expires_at > now) else {
        return Ok(None);
    };
    if token.used_at.is_none_or(|used| now.since(used) >= USED_STEP) {
        let mut tx = db.write().await?;
        sql::update_used(&mut tx, token.tenant, token.id, now).await?;
        tx.commit().await?;
    }
    let grants = live(db, &token).await?;
    let actor = Actor {
        tenant: token.tenant,
        id: holder(&token),
        scopes: token.scopes.as_deref().map(|names| Scopes::parse([names], token.program.is_some())),
        token: Some(token.id),
        name: token.name,
        roles: token.roles,
        provisioning: token.provisioning,
        scope: token.scope,
        ..Actor::operator(token.tenant, "")
    };
    Ok(Some(match grants {
        Some(grants) => actor.granted(&grants),
        None => actor,
    }))
}

/// Which token a secret that opens nothing belongs to, and why it opens nothing.
pub(crate) async fn find_refused(
    conn: &mut Conn,
    env: &Env,
    tenant: TenantId,
    secret: &str,
) -> Result<(String, &'static str), DbError> {
    let found = sql::find_by_hash_ended(conn, tenant, &hash_of(secret)).await?;
    Ok(match found {
        None => ("token:unknown".to_owned(), "token_unknown"),
        Some(token) => {
            let reason = match token.revoked_at {
                Some(_) => "token_revoked",
                None if token.expires_at <= env.now() => "token_expired",
                None => "token_holder_gone",
            };
            (format!("token:{}", token.id), reason)
        }
    })
}

/// What is given now to the account or person that a token stands for: a role that was taken is gone from open
/// sessions too. `None` for tokens with roles of their own.
async fn live(db: &Db, token: &Token) -> Result<Option<Vec<Grant>>, DbError> {
    if let Some(account) = token.account {
        let mut conn = db.read().await?;
        return role::ops::grants_of_account(&mut conn, token.tenant, account).await.map(Some);
    }
    let given = match token.user {
        Some(user) => role::ops::grants_of_user(&mut *db.read().await?, token.tenant, user).await?,
        None => Vec::new(),
    };
    if given.is_empty() && token.grants.is_empty() {
        return Ok(None);
    }
    let whole = || token.roles.iter().map(|role| Grant { role: *role, scope: token.scope.clone() }).collect();
    let own = if token.grants.is_empty() { whole() } else { token.grants.clone() };
    Ok(Some(own.into_iter().chain(given).collect()))
}

/// Whom the audit log names for a token.
fn holder(token: &Token) -> String {
    let named = token.holder.clone();
    let named = named.or_else(|| token.account.map(|id| format!("account:{id}")));
    let named = named.or_else(|| token.user.map(|id| format!("user:{id}")));
    let named = named.or_else(|| token.program.map(|id| format!("program:{id}")));
    named.unwrap_or_else(|| format!("token:{}", token.id))
}

/// The provider through which the holder of a secret signed in.
pub(crate) async fn find_provider(conn: &mut Conn, secret: &str) -> Result<Option<uuid::Uuid>, DbError> {
    Ok(sql::find_by_hash(conn, &hash_of(secret)).await?.and_then(|token| token.provider))
}

/// Longest identity token that is kept: it goes back in an address.
const ID_TOKEN_MAX: usize = 6 * 1024;

/// Keeps the identity token of a session that began at a provider, sealed, until the session ends.
pub(crate) async fn keep_id_token(app: &App, token: &Token, id_token: &str) -> Result<(), DbError> {
    if id_token.len() > ID_TOKEN_MAX {
        return Ok(());
    }
    let label = id_token_label(token.tenant, token.id);
    let sealed = app.phones.signing.seal_secret(&app.env, &label, id_token.as_bytes())?;
    let mut tx = app.db.write().await?;
    sql::update_id_token(&mut tx, token.tenant, token.id, &sealed, app.env.now()).await?;
    tx.commit().await
}

/// The identity token with which the holder signed in at a provider, while the session lasts.
pub(crate) async fn find_id_token(app: &App, actor: &Actor) -> Result<Option<Zeroizing<String>>, DbError> {
    let Some(id) = actor.token else { return Ok(None) };
    let sealed = sql::find_id_token(&mut *app.db.read().await?, actor.tenant, id).await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = app.phones.signing.open_secret(&id_token_label(actor.tenant, id), &sealed)?;
    Ok(std::str::from_utf8(&opened).ok().map(|text| Zeroizing::new(text.to_owned())))
}

fn id_token_label(tenant: TenantId, id: TokenId) -> String {
    format!("id-token/{tenant}/{id}")
}

/// Ends the token of a secret, at the wish of whoever holds it.
pub(crate) async fn end(db: &Db, env: &Env, actor: &Actor) -> Result<(), DbError> {
    let Some(id) = actor.token else { return Ok(()) };
    let mut tx = db.write().await?;
    if sql::update_revoked(&mut tx, actor.tenant, id, env.now()).await? {
        let record = Record { act: "token.end", object: format!("token:{id}"), ..Record::default() };
        audit::ops::append(&mut tx, env, actor, record).await?;
    }
    tx.commit().await
}

/// Ends what a user has signed in to; part of disabling or removing the user, whose audit entry tells of it.
pub(crate) async fn end_of_user(
    tx: &mut Tx,
    env: &Env,
    tenant: TenantId,
    user: UserId,
) -> Result<(), DbError> {
    sql::update_revoked_of(tx, tenant, user, env.now()).await
}

/// Ends the sessions of an administrator's account; part of changing its password.
pub(crate) async fn end_of_account(
    tx: &mut Tx,
    env: &Env,
    tenant: TenantId,
    account: uuid::Uuid,
) -> Result<(), DbError> {
    sql::update_revoked_of_account(tx, tenant, account, env.now()).await
}

/// All tokens of the tenant, newest first.
pub async fn list(conn: &mut Conn, proof: &Proof<act::ManageTokens>) -> Result<Vec<Token>, DbError> {
    sql::list(conn, proof.tenant()).await
}

/// Ends a token now. Answers false when there is no such token.
pub async fn revoke(
    db: &Db,
    env: &Env,
    proof: &Proof<act::ManageTokens>,
    id: TokenId,
) -> Result<bool, DbError> {
    let mut tx = db.write().await?;
    let Some(before) = sql::find(&mut tx, proof.tenant(), id).await? else { return Ok(false) };
    if !sql::update_revoked(&mut tx, proof.tenant(), id, env.now()).await? {
        return Ok(false);
    }
    let before = told(&before);
    let record = Record {
        act: "token.revoke",
        object: format!("token:{id}"),
        before: Some(before.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(true)
}

/// A token as the audit log tells of it.
fn told(token: &Token) -> String {
    let told = serde_json::json!({
        "name": token.name,
        "roles": super::print_roles(&token.roles),
        "scope": token.scope.shown(),
        "account": token.account,
        "provider": token.provider,
        "expiresAt": token.expires_at,
    });
    told.to_string()
}

pub(crate) fn hash_of(secret: &str) -> String {
    hex::encode(digest(&SHA256, secret.as_bytes()))
}
