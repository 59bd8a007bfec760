//! The second factor of built-in accounts: enrolling an authenticator app, asking for its code, recovery codes.
//!
//! No code counts twice; a wrong one counts towards a lock of its own, which grows as that of passwords does. The secret is
//! sealed at rest, recovery codes are stored as hashes.

use ringfence_model::{TenantId, UnixMillis};
use zeroize::Zeroizing;

use super::{SignInError, Subject, ops, second_sql as sql, totp};
use crate::{
    app::App,
    audit::{self, Record},
    authz::{Actor, Proof},
    db::{DbError, Tx},
    failure::Failure,
    tenant,
    token::hash_of,
};

const RECOVERY_CODES: usize = 10;

/// What somebody enrols with; shown once.
#[derive(Debug)]
pub(crate) struct Enrolment {
    /// For typing in by hand.
    pub(crate) secret: String,
    /// For a QR code.
    pub(crate) uri: String,
}

/// Begins to enrol: makes a secret, which counts once a code of it was shown.
///
/// # Errors
/// A second factor is in use already.
pub(crate) async fn enrol(
    app: &App,
    actor: &Actor,
    subject: Subject,
    name: &str,
) -> Result<Enrolment, Failure> {
    let tenant = actor.tenant;
    let organisation = tenant::ops::find(&mut *app.db.read().await?, tenant).await?;
    let secret = Zeroizing::new(app.env.bytes::<{ totp::SECRET_LEN }>());
    let label = label(tenant, subject);
    let sealed = app.phones.signing.seal_secret(&app.env, &label, &*secret).map_err(DbError::from)?;
    let mut tx = app.db.write().await?;
    if sql::find(&mut tx, tenant, &subject.key()).await?.is_some_and(|known| known.confirmed) {
        let detail = "a second factor is in use already: have it reset first".to_owned();
        return Err(Failure::Conflict { code: "second_factor_exists", detail });
    }
    sql::replace(&mut tx, tenant, &subject.key(), &sealed, app.env.now()).await?;
    let record = Record { act: "secondFactor.begin", object: subject.key(), ..Record::default() };
    audit::ops::append(&mut tx, &app.env, actor, record).await?;
    tx.commit().await?;
    let issuer = organisation.map_or_else(|| "Ringfence".to_owned(), |tenant| tenant.name);
    Ok(Enrolment { secret: totp::base32(&*secret), uri: totp::uri(&issuer, name, &*secret) })
}

/// Ends enrolling: the app shows right codes. Answers the recovery codes.
///
/// # Errors
/// The code is wrong, or nothing was begun.
pub(crate) async fn confirm(
    app: &App,
    actor: &Actor,
    subject: Subject,
    code: &str,
) -> Result<Vec<String>, Failure> {
    let (tenant, key) = (actor.tenant, subject.key());
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code(app)).collect();
    let mut tx = app.db.write().await?;
    sql::lock(&mut tx, tenant, &key).await?;
    let known = sql::find(&mut tx, tenant, &key).await?.filter(|known| !known.confirmed);
    let known =
        known.ok_or_else(|| Failure::not_found("second factor that waits for its first code", "totp"))?;
    let secret =
        app.phones.signing.open_secret(&label(tenant, subject), &known.sealed).map_err(DbError::from)?;
    let step =
        totp::find_step(&secret, code, app.env.now(), known.last_step).ok_or(SignInError::CodeWrong)?;
    sql::confirm(&mut tx, tenant, &key, step).await?;
    sql::delete_recovery(&mut tx, tenant, &key).await?;
    for code in &codes {
        sql::insert_recovery(&mut tx, tenant, &key, &hash_of(&plain(code))).await?;
    }
    let record = Record { act: "secondFactor.confirm", object: key, ..Record::default() };
    audit::ops::append(&mut tx, &app.env, actor, record).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Whether an account has a second factor in use.
pub(crate) async fn is_enrolled(app: &App, tenant: TenantId, subject: Subject) -> Result<bool, DbError> {
    let found = sql::find(&mut *app.db.read().await?, tenant, &subject.key()).await?;
    Ok(found.is_some_and(|known| known.confirmed))
}

/// Takes the second factor off an account whose holder has lost it.
///
/// # Errors
/// It has none.
pub(crate) async fn reset<P>(app: &App, proof: &Proof<P>, subject: Subject) -> Result<(), Failure> {
    let key = subject.key();
    let mut tx = app.db.write().await?;
    if !forget(&mut tx, proof.tenant(), subject).await? {
        return Err(Failure::not_found("second factor of", key));
    }
    let record = Record { act: "secondFactor.reset", object: key, ..Record::default() };
    audit::ops::append(&mut tx, &app.env, proof.actor(), record).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes the second factor of an account with its recovery codes; false when it has none. Part of what tells of it.
pub(super) async fn forget(tx: &mut Tx, tenant: TenantId, subject: Subject) -> Result<bool, DbError> {
    sql::delete_recovery(tx, tenant, &subject.key()).await?;
    sql::delete(tx, tenant, &subject.key()).await
}

/// Asks for the code after the password was right. Nothing to ask when the account has no second factor.
///
/// # Errors
/// A code is needed, wrong, or looked at later only.
pub(crate) async fn check(
    app: &App,
    actor: &Actor,
    subject: Subject,
    given: Option<&str>,
) -> Result<(), SignInError> {
    let (key, now, tenant) = (subject.key(), app.env.now(), actor.tenant);
    let mut tx = app.db.write().await?;
    sql::lock(&mut tx, tenant, &key).await?;
    let Some(known) = sql::find(&mut tx, tenant, &key).await?.filter(|known| known.confirmed) else {
        return Ok(());
    };
    let given = given.map(str::trim).filter(|given| !given.is_empty()).ok_or(SignInError::CodeNeeded)?;
    if known.locked_until > now {
        return Err(SignInError::Locked { wait_s: known.locked_until.since(now).0.div_ceil(1000) });
    }
    let secret =
        app.phones.signing.open_secret(&label(tenant, subject), &known.sealed).map_err(DbError::from)?;
    if let Some(step) = totp::find_step(&secret, given, now, known.last_step) {
        sql::update_used(&mut tx, tenant, &key, step).await?;
        tx.commit().await?;
        return Ok(());
    }
    if sql::take_recovery(&mut tx, tenant, &key, &hash_of(&plain(given))).await? {
        sql::update_used(&mut tx, tenant, &key, known.last_step).await?;
        let record = Record { act: "secondFactor.recover", object: key, ..Record::default() };
        audit::ops::append(&mut tx, &app.env, actor, record).await?;
        tx.commit().await?;
        return Ok(());
    }
    let failures = known.failures + 1;
    let until: UnixMillis = now.plus(ops::lock_after(failures));
    sql::update_failures(&mut tx, tenant, &key, failures, until).await?;
    tx.commit().await?;
    Err(SignInError::CodeWrong)
}

fn label(tenant: TenantId, subject: Subject) -> String {
    format!("totp/{tenant}/{}", subject.key())
}

/// Ten letters, without look-alikes: fifty random bits, good once and only after the password.
fn recovery_code(app: &App) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let letters =
        app.env.bytes::<10>().map(|byte| LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'a'));
    let text: String = letters.into_iter().map(char::from).collect();
    let (first, last) = text.split_at(5);
    format!("{first}-{last}")
}

/// As typed, with or without the dash.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
