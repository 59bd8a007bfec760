//! Making, changing, listing, testing and removing providers; their secrets; who is linked to them.

use ringfence_model::{TenantId, UnixMillis, UserId};
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Provider, ProviderError, Secret, Settings, keys, sql};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Actor, Proof, act},
    db::{Conn, DbError, Tx},
    failure::Failure,
};

const NAME_MAX: usize = 40;
const SECRET_MAX: usize = 1024;

/// Makes a provider.
///
/// # Errors
/// Name or issuer are taken; values are wrong.
pub(crate) async fn create(
    app: &App,
    proof: &Proof<act::ManageRoles>,
    name: String,
    settings: Settings,
    secret: Option<&str>,
) -> Result<Provider, Failure> {
    check_name(&name)?;
    let settings = named(settings, &name);
    settings.check()?;
    let now = app.env.now();
    let id = uuid::Builder::from_unix_timestamp_millis(now.0.unsigned_abs(), &app.env.bytes()).into_uuid();
    let tenant = proof.tenant();
    let sealed_secret = secret.map(|secret| seal(app, tenant, id, secret)).transpose()?;
    let has_secret = sealed_secret.is_some();
    let provider =
        Provider { id, tenant, name, settings, has_secret, created_at: now, changed_at: now, sealed_secret };
    let mut tx = app.db.write().await?;
    if sql::find_by_issuer(&mut tx, tenant, &provider.settings.issuer).await?.is_some() {
        let problem = "must be unique: another provider has this issuer";
        return Err(Failure::taken("issuer_taken", "issuer", &provider.settings.issuer, problem));
    }
    sql::insert(&mut tx, &provider).await.map_err(|error| taken(error, &provider))?;
    note(&mut tx, app, proof.actor(), "provider.create", (None, Some(&provider))).await?;
    tx.commit().await?;
    Ok(provider)
}

/// Replaces the settings of a provider; its secret stays unless another one is given.
pub(crate) async fn replace(
    app: &App,
    proof: &Proof<act::ManageRoles>,
    name: &str,
    settings: Settings,
    secret: Option<&str>,
) -> Result<Provider, Failure> {
    let settings = named(settings, name);
    settings.check()?;
    let mut tx = app.db.write().await?;
    let mut provider = get(&mut tx, proof.tenant(), name).await?;
    let before = provider.clone();
    if provider.settings.issuer != settings.issuer {
        // Whoever was linked is somebody else at another issuer.
        let allowed = format!("`{}`; make another provider for another issuer", provider.settings.issuer);
        return Err(Failure::invalid("issuer", &json!(settings.issuer), "cannot be changed", &allowed));
    }
    if let Some(secret) = secret {
        provider.sealed_secret = Some(seal(app, provider.tenant, provider.id, secret)?);
        provider.has_secret = true;
    }
    provider.settings = settings;
    provider.changed_at = UnixMillis(app.env.now().0.max(provider.changed_at.0 + 1));
    sql::update(&mut tx, &provider).await?;
    note(&mut tx, app, proof.actor(), "provider.update", (Some(&before), Some(&provider))).await?;
    tx.commit().await?;
    Ok(provider)
}

/// All providers of the tenant.
pub(crate) async fn list(conn: &mut Conn, proof: &Proof<act::ManageRoles>) -> Result<Vec<Provider>, DbError> {
    sql::list(conn, proof.tenant()).await
}

/// All providers, for pages that offer them.
pub(crate) async fn list_offered(conn: &mut Conn, tenant: TenantId) -> Result<Vec<Provider>, DbError> {
    sql::list(conn, tenant).await
}

/// One provider.
pub(crate) async fn show(
    conn: &mut Conn,
    proof: &Proof<act::ManageRoles>,
    name: &str,
) -> Result<Provider, Failure> {
    get(conn, proof.tenant(), name).await
}

/// One provider by name, for signing in.
pub(crate) async fn find(conn: &mut Conn, tenant: TenantId, name: &str) -> Result<Option<Provider>, DbError> {
    sql::find_by_name(conn, tenant, name).await
}

/// One provider by id, for signing out.
pub(crate) async fn find_by_id(
    conn: &mut Conn,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<Provider>, DbError> {
    sql::find_by_id(conn, tenant, id).await
}

/// Removes a provider: whoever signed in through it is signed out, and its tokens count for nothing.
pub(crate) async fn delete(app: &App, proof: &Proof<act::ManageRoles>, name: &str) -> Result<(), Failure> {
    let mut tx = app.db.write().await?;
    let provider = get(&mut tx, proof.tenant(), name).await?;
    sql::delete(&mut tx, provider.tenant, provider.id).await?;
    note(&mut tx, app, proof.actor(), "provider.delete", (Some(&provider), None)).await?;
    tx.commit().await?;
    Ok(())
}

/// Asks the provider now and says what it offers and what is missing.
pub(crate) async fn test(app: &App, proof: &Proof<act::ManageRoles>, name: &str) -> Result<Value, Failure> {
    let provider = get(&mut *app.db.read().await?, proof.tenant(), name).await?;
    let (metadata, set) = match keys::probe(&provider, app.env.now()).await {
        Ok(found) => found,
        Err(why) => return Ok(json!({ "works": false, "problems": [why] })),
    };
    let mut problems = Vec::new();
    if set.len() == 0 {
        problems.push("it publishes no key that can verify a signature".to_owned());
    }
    let people = provider.settings.client_id.is_some() || provider.settings.native_client_id.is_some();
    if people && (metadata.authorization_endpoint.is_none() || metadata.token_endpoint.is_none()) {
        problems
            .push("it names no authorization endpoint or no token endpoint: nobody can sign in".to_owned());
    }
    Ok(json!({
        "works": problems.is_empty(),
        "problems": problems,
        "issuer": metadata.issuer,
        "keys": set.len(),
        "authorizationEndpoint": metadata.authorization_endpoint,
        "tokenEndpoint": metadata.token_endpoint,
        "endSessionEndpoint": metadata.end_session_endpoint,
    }))
}

/// The provider's client secret.
pub(crate) fn secret(app: &App, provider: &Provider) -> Result<Option<Secret>, ProviderError> {
    let Some(sealed) = &provider.sealed_secret else { return Ok(None) };
    let unreadable = || ProviderError::NotSetUp {
        name: provider.name.clone(),
        why: "its client secret cannot be opened with this server's key file",
    };
    let opened = app.phones.signing.open_secret(&label(provider.tenant, provider.id), sealed);
    let opened = opened.map_err(|_| unreadable())?;
    std::str::from_utf8(&opened).map(|text| Some(Zeroizing::new(text.to_owned()))).map_err(|_| unreadable())
}

/// The person of the directory who is linked to a subject.
pub(crate) async fn find_linked(
    conn: &mut Conn,
    provider: &Provider,
    subject: &str,
) -> Result<Option<UserId>, DbError> {
    sql::find_linked(conn, provider.tenant, provider.id, subject).await
}

/// Whether the person is linked to some subject of the provider.
pub(crate) async fn is_linked(conn: &mut Conn, provider: &Provider, user: UserId) -> Result<bool, DbError> {
    sql::is_linked(conn, provider.tenant, provider.id, user).await
}

/// Links a person of the directory to a subject, for ever: names may be given to others later, subjects are not.
pub(crate) async fn link(
    app: &App,
    actor: &Actor,
    provider: &Provider,
    subject: &str,
    user: UserId,
) -> Result<(), DbError> {
    let mut tx = app.db.write().await?;
    sql::insert_link(&mut tx, provider.tenant, provider.id, subject, user, app.env.now()).await?;
    let record = Record { act: "user.link", object: format!("user:{user}"), ..Record::default() };
    audit::ops::append(&mut tx, &app.env, actor, record).await?;
    tx.commit().await
}

/// Forgets a user who is deleted.
pub(crate) async fn forget_user(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<(), DbError> {
    sql::delete_links_of(tx, tenant, user).await
}

/// Remembers a sign-in under way, sealed, until it comes back or expires.
pub(crate) async fn remember(
    app: &App,
    provider: &Provider,
    state: &str,
    content: &[u8],
    expires_at: UnixMillis,
) -> Result<(), DbError> {
    let hash = crate::token::hash_of(state);
    let sealed = app
        .phones
        .signing
        .seal_secret(&app.env, &state_label(provider, &hash), content)
        .map_err(DbError::from)?;
    let mut tx = app.db.write().await?;
    sql::delete_states_expired(&mut tx, provider.tenant, app.env.now()).await?;
    sql::insert_state(&mut tx, provider.tenant, &hash, provider.id, &sealed, expires_at).await?;
    tx.commit().await
}

/// What was remembered, once.
pub(crate) async fn recall(
    app: &App,
    provider: &Provider,
    state: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, DbError> {
    let hash = crate::token::hash_of(state);
    let mut tx = app.db.write().await?;
    let sealed = sql::take_state(&mut tx, provider.tenant, &hash, provider.id, app.env.now()).await?;
    tx.commit().await?;
    let opened = sealed
        .map(|sealed| app.phones.signing.open_secret(&state_label(provider, &hash), &sealed))
        .transpose();
    opened.map_err(DbError::from)
}

fn state_label(provider: &Provider, hash: &str) -> String {
    format!("provider-state/{}/{hash}", provider.tenant)
}

fn label(tenant: TenantId, id: Uuid) -> String {
    format!("provider-secret/{tenant}/{id}")
}

fn seal(app: &App, tenant: TenantId, id: Uuid, secret: &str) -> Result<Vec<u8>, Failure> {
    if secret.is_empty() || secret.len() > SECRET_MAX {
        let allowed = format!("1 to {SECRET_MAX} bytes");
        return Err(Failure::invalid("clientSecret", &json!("…"), "is empty or too long", &allowed));
    }
    let sealed = app.phones.signing.seal_secret(&app.env, &label(tenant, id), secret.as_bytes());
    Ok(sealed.map_err(DbError::from)?)
}

async fn get(conn: &mut Conn, tenant: TenantId, name: &str) -> Result<Provider, Failure> {
    sql::find_by_name(conn, tenant, name).await?.ok_or_else(|| Failure::not_found("provider", name))
}

fn named(mut settings: Settings, name: &str) -> Settings {
    if settings.display_name.is_empty() {
        name.clone_into(&mut settings.display_name);
    }
    settings
}

fn check_name(name: &str) -> Result<(), Failure> {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if name.is_empty() || name.len() > NAME_MAX || !letters {
        let allowed = format!("1 to {NAME_MAX} of a-z, 0-9 and -");
        return Err(Failure::invalid("name", &json!(name), "cannot stand in an address", &allowed));
    }
    Ok(())
}

fn taken(error: DbError, provider: &Provider) -> Failure {
    if error.is_unique("provider") {
        let problem = "must be unique: another provider has this name";
        return Failure::taken("name_taken", "name", &provider.name, problem);
    }
    error.into()
}

async fn note(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    act: &str,
    (before, after): (Option<&Provider>, Option<&Provider>),
) -> Result<(), DbError> {
    let object = after.or(before).map(|provider| format!("provider:{}", provider.id)).unwrap_or_default();
    let text = |provider: &Provider| serde_json::to_vec(&provider.settings).unwrap_or_default();
    let (before, after) = (before.map(text), after.map(text));
    let record = Record { act, object, before: before.as_deref(), after: after.as_deref() };
    audit::ops::append(tx, &app.env, actor, record).await
}
