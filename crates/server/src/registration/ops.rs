//! Signing in, registering an instance, taking it off.

use ringfence_model::{AccountId, AppId, InstanceId, SignInMethod, TenantId, UnixMillis, UserId};
use ringfence_protocol::{
    Bytes, InstancePublicKey,
    problem::ProblemCode,
    register::{
        self, LegacySignIn, RegistrationHello, RegistrationReply, SignInPlace, SignInReply, SignInRequest,
    },
};

pub(crate) use super::sql::Person;
use super::{Instance, InstanceState, Versions, device_key, sql};
use crate::{
    account,
    app::App,
    audit::{self, Record},
    authz::Actor,
    changes::{self, What},
    db::{Conn, DbError, Dialect, Tx},
    http::{ApiError, FieldProblem},
    session::{Active, auth::problem},
    signin::Attempt,
    trail::{self, Kind, Mark},
    wipe,
};

/// Longest device tag, and longest texts about the hardware, in bytes.
const TAG_MAX: usize = 128;
const TEXT_MAX: usize = 64;

/// An instance, whatever became of it.
pub(crate) async fn find(
    conn: &mut Conn,
    tenant: TenantId,
    id: InstanceId,
) -> Result<Option<Instance>, DbError> {
    sql::find(conn, tenant, id).await
}

/// Active instances of a user, oldest first.
pub(crate) async fn list_active_of(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
) -> Result<Vec<Instance>, DbError> {
    sql::list_active_of(conn, tenant, user).await
}

/// Active instances on a device, oldest first.
pub(crate) async fn list_active_on(
    conn: &mut Conn,
    tenant: TenantId,
    device_tag: &str,
) -> Result<Vec<Instance>, DbError> {
    sql::list_active_on(conn, tenant, device_tag).await
}

/// Instances of a user that were wiped or removed, with the time, newest first.
pub(crate) async fn list_ended_of(
    conn: &mut Conn,
    tenant: TenantId,
    user: UserId,
    limit: i64,
) -> Result<Vec<(Instance, Option<UnixMillis>)>, DbError> {
    sql::list_ended_of(conn, tenant, user, limit).await
}

/// The account that holds a device.
pub(crate) async fn find_holder(
    conn: &mut Conn,
    tenant: TenantId,
    device_tag: &str,
) -> Result<Option<Person>, DbError> {
    match sql::find_holder(conn, tenant, device_tag).await? {
        Some(user) => sql::find_user(conn, tenant, user).await,
        None => Ok(None),
    }
}

/// Sign-in names near a text that is none.
pub(crate) async fn list_similar(
    conn: &mut Conn,
    tenant: TenantId,
    text: &str,
) -> Result<Vec<String>, DbError> {
    sql::list_similar(conn, tenant, text).await
}

/// The user that an id or a sign-in name means.
pub(crate) async fn find_person(
    conn: &mut Conn,
    tenant: TenantId,
    text: &str,
) -> Result<Option<Person>, DbError> {
    match text.parse::<UserId>() {
        Ok(id) => sql::find_user(conn, tenant, id).await,
        Err(_) => sql::find_user_by_upn(conn, tenant, text).await,
    }
}

/// The user of an id.
pub(crate) async fn find_person_by_id(
    conn: &mut Conn,
    tenant: TenantId,
    id: UserId,
) -> Result<Option<Person>, DbError> {
    sql::find_user(conn, tenant, id).await
}

/// The user of a sign-in name; an id is none.
pub(crate) async fn find_person_by_name(
    conn: &mut Conn,
    tenant: TenantId,
    name: &str,
) -> Result<Option<Person>, DbError> {
    sql::find_user_by_upn(conn, tenant, name).await
}

/// Signs a person in with a built-in account.
pub(crate) async fn sign_in(
    app: &App,
    request: &SignInRequest,
    attempt: &Attempt,
) -> Result<SignInReply, ApiError> {
    let person = signing_in(app, request).await?;
    let user = person.as_ref().map(|person| person.id);
    let code = request.one_time_code.as_deref();
    let access = account::ops::sign_in_user(app, user, &request.password, code, attempt);
    let access = access.await.map_err(not_signed_in)?;
    let person = admitted(app, request, person).await?;
    Ok(signed_in(app, access, person))
}

/// The answer to somebody who has signed in.
pub(crate) fn signed_in(app: &App, access: account::Access, person: Person) -> SignInReply {
    SignInReply {
        access_token: access.token,
        expires_at: access.expires_at,
        account_id: AccountId(person.id.0),
        user_principal_name: person.upn,
        display_name: person.display_name,
        tenant_id: app.tenant,
    }
}

/// Checks a password for an app that signs in the old way: it gets no identity (catalogue A1).
pub(crate) async fn sign_in_legacy(
    app: &App,
    request: &SignInRequest,
    attempt: &Attempt,
) -> Result<LegacySignIn, ApiError> {
    let person = signing_in(app, request).await?;
    let user = person.as_ref().map(|person| person.id);
    let checked =
        account::ops::check_user(app, user, &request.password, request.one_time_code.as_deref(), attempt)
            .await;
    checked.map_err(not_signed_in)?;
    admitted(app, request, person).await?;
    Ok(LegacySignIn { method: SignInMethod::Legacy })
}

async fn signing_in(app: &App, request: &SignInRequest) -> Result<Option<Person>, ApiError> {
    check_from(request.from.as_ref())?;
    Ok(sql::find_user_by_upn(&mut *app.db.read().await?, app.tenant, &request.user_principal_name).await?)
}

/// Refuses names of apps and devices that are none.
pub(crate) fn check_from(from: Option<&SignInPlace>) -> Result<(), ApiError> {
    from.map_or(Ok(()), |from| check_place(&from.app, from.device_tag.as_deref()))
}

fn not_signed_in(error: account::SignInError) -> ApiError {
    match error {
        account::SignInError::Wrong => wrong(),
        account::SignInError::Locked { wait_s } => {
            let detail = format!("too many wrong passwords or codes: try again in {wait_s} seconds");
            problem(ProblemCode::TooManyRequests, detail).retry_after_s(wait_s)
        }
        account::SignInError::CodeNeeded => problem(ProblemCode::CodeRequired, error.to_string()),
        account::SignInError::CodeWrong => problem(ProblemCode::CodeWrong, error.to_string()),
        other => other.into(),
    }
}

/// The password was right: remembers how it was given, and refuses a disabled account.
async fn admitted(app: &App, request: &SignInRequest, person: Option<Person>) -> Result<Person, ApiError> {
    let person = person.ok_or_else(wrong)?;
    admit_person(app, request.from.as_ref(), request.method, person).await
}

/// Remembers that somebody proved who he is, and refuses a disabled account.
pub(crate) async fn admit_person(
    app: &App,
    from: Option<&SignInPlace>,
    method: SignInMethod,
    person: Person,
) -> Result<Person, ApiError> {
    let outcome = if person.enabled { Ok(()) } else { Err(disabled()) };
    let mark = Mark {
        kind: Kind::SignIn,
        app: from.map(|from| AppId::new(from.platform, from.app.clone())),
        device_tag: from.and_then(|from| from.device_tag.clone()),
        method,
        refused: refusal(&outcome),
        at: app.env.now(),
    };
    trail::ops::record(app, person.id, &mark).await?;
    outcome.map(|()| person)
}

fn refusal<T>(outcome: &Result<T, ApiError>) -> Option<String> {
    outcome.as_ref().err().map(|error| error.code().to_owned())
}

fn wrong() -> ApiError {
    problem(ProblemCode::CredentialsInvalid, "the name or the password is wrong")
}

fn disabled() -> ApiError {
    problem(ProblemCode::AccountDisabled, "the account is disabled in the directory")
}

/// What a new instance registers with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Credential<'a> {
    /// The access token of a sign-in.
    Token(&'a str),
    /// A proof by the key of the device.
    Device(&'a str),
}

/// Registers an instance for the holder of an access token, or for the account of a device that vouches for it.
pub(crate) async fn register(
    app: &App,
    credential: Credential<'_>,
    hello: &Bytes,
) -> Result<RegistrationReply, ApiError> {
    let now = app.env.now();
    let (person, hello) = match credential {
        Credential::Token(token) => {
            let person = holder(app, token).await?;
            let hello = register::verify(&hello.0, app.tenant, AccountId(person.id.0), token, now)
                .map_err(|error| problem(ProblemCode::ProofInvalid, error.to_string()));
            (person, hello)
        }
        Credential::Device(proof) => {
            let (person, hello) = device_key::verify(app, proof, hello).await?;
            (person, Ok(hello))
        }
    };
    let place = hello
        .as_ref()
        .ok()
        .filter(|hello| check_texts(hello).is_ok())
        .map(|hello| (AppId::new(hello.platform, hello.app.clone()), hello.device_tag.clone()));
    let outcome = match hello {
        Ok(hello) => admit(app, &person, &hello).await,
        Err(error) => Err(error),
    };
    let (named, device_tag) = place.unzip();
    let mark = Mark {
        kind: Kind::Registration,
        app: named,
        device_tag,
        method: SignInMethod::Modern,
        refused: refusal(&outcome),
        at: now,
    };
    trail::ops::record(app, person.id, &mark).await?;
    outcome
}

/// The person that an access token stands for.
pub(crate) async fn holder(app: &App, token: &str) -> Result<Person, ApiError> {
    let invalid = || problem(ProblemCode::TokenInvalid, "the access token is unknown or over: sign in again");
    let mut conn = app.db.read().await?;
    let user = account::ops::find_access(&mut conn, app.tenant, token, app.env.now()).await?;
    let user = user.ok_or_else(invalid)?;
    sql::find_user(&mut conn, app.tenant, user).await?.ok_or_else(invalid)
}

async fn admit(app: &App, person: &Person, hello: &RegistrationHello) -> Result<RegistrationReply, ApiError> {
    check_texts(hello)?;
    if !person.enabled {
        return Err(disabled());
    }
    app.phones.catch_up(app).await?;
    if app.phones.memory.read().index.licensed(person.id) != Some(true) {
        return Err(problem(ProblemCode::NotLicensed, "this user has no licence for app protection"));
    }
    let wanted = AppId::new(hello.platform, hello.app.clone());
    let (known, entry) = {
        let state = app.phones.memory.read();
        (state.knows(&wanted), state.catalogue.get(&wanted).cloned())
    };
    if !known {
        // Nothing is kept about apps that the organisation has nothing to do with (catalogue I3).
        let detail = "no policy covers this app, and the catalogue does not list it";
        return Err(problem(ProblemCode::AppUnknown, detail));
    }
    if entry.is_some_and(|entry| !entry.is_signed_by(hello.signer.as_deref())) {
        let detail = "this app is not signed with a certificate that the organisation registered for it";
        return Err(problem(ProblemCode::AppCertificateInvalid, detail));
    }
    let instance = instance(app, person, hello);
    insert(app, person, &instance, hello.device_key.as_ref()).await?;
    app.phones.metrics.registrations.inc();
    Ok(RegistrationReply {
        instance_id: instance.id,
        tenant_id: app.tenant,
        keyset: app.phones.signing.keys().keyset.clone(),
    })
}

fn check_texts(hello: &RegistrationHello) -> Result<(), ApiError> {
    let too_long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.len() > TEXT_MAX);
    check_place(&hello.app, Some(&hello.device_tag))?;
    if too_long(&hello.model) || too_long(&hello.manufacturer) {
        return Err(problem(ProblemCode::Malformed, "model or manufacturer is too long"));
    }
    Ok(())
}

fn check_place(app: &str, device_tag: Option<&str>) -> Result<(), ApiError> {
    let tag = device_tag.map_or(1, str::len);
    if tag == 0 || tag > TAG_MAX || app.is_empty() || app.len() > 256 {
        return Err(problem(ProblemCode::Malformed, "the device tag or the app id is empty or too long"));
    }
    Ok(())
}

fn instance(app: &App, person: &Person, hello: &RegistrationHello) -> Instance {
    Instance {
        id: app.env.make_id(InstanceId::make),
        user: person.id,
        upn: person.upn.clone(),
        app: AppId::new(hello.platform, hello.app.clone()),
        management: hello.management,
        versions: Versions {
            app: hello.app_version.to_string(),
            sdk: hello.sdk_version.to_string(),
            os: hello.os_version.to_string(),
        },
        model: hello.model.clone(),
        manufacturer: hello.manufacturer.clone(),
        device_tag: hello.device_tag.clone(),
        public_key: hello.public_key,
        state: InstanceState::Active,
        registered_at: app.env.now(),
        version: 0,
        content_hash: String::new(),
    }
}

/// Stores the instance, ends the one it replaces, and keeps a second account off the device.
async fn insert(
    app: &App,
    person: &Person,
    instance: &Instance,
    device_key: Option<&InstancePublicKey>,
) -> Result<(), ApiError> {
    let mut tx = app.db.write().await?;
    lock_instances(&mut tx, app.tenant, person.id).await?;
    let mut replaced = sql::list_active_of(&mut tx, app.tenant, person.id).await?;
    replaced.retain(|old| old.app == instance.app && old.device_tag == instance.device_tag);
    let touched = replaced.iter().map(|old| old.id).chain([instance.id]).collect();
    let change = if replaced.is_empty() {
        None
    } else {
        Some(changes::record(&mut tx, app.tenant, What::Instances(touched)).await?)
    };
    let holder = sql::upsert_device(&mut tx, app.tenant, &instance.device_tag, person.id).await?;
    let actor = actor(app.tenant, instance.id, &person.upn);
    if holder != person.id {
        let registered = sql::find_user(&mut tx, app.tenant, holder).await?.map(|person| person.upn);
        let record =
            Record { act: "instance.register", object: format!("user:{}", person.id), ..Record::default() };
        audit::ops::append_refusal(&mut tx, &app.env, &actor, record).await?;
        tx.commit().await?;
        return Err(problem(
            ProblemCode::OtherAccountRegistered,
            "another work account of this organisation is registered on this device: use that one, or remove it first",
        )
        .field(FieldProblem {
            path: "account".into(),
            value: registered,
            problem: "is not the account registered on this device".into(),
            allowed: None,
        }));
    }
    sql::insert(&mut tx, app.tenant, instance).await?;
    let mut wanted = false;
    for old in &replaced {
        if let Some(change) = &change {
            wanted |= wipe::ops::pass_on(&mut tx, app, &actor, old.id, instance, change.revision).await?;
        }
        end(&mut tx, app, old, InstanceState::Replaced).await?;
    }
    if let Some(key) = device_key {
        let (tag, at) = (&instance.device_tag, instance.registered_at);
        device_key::upsert(&mut tx, app.tenant, tag, person.id, key, at).await?;
    }
    let after = told(instance);
    let record = Record {
        act: "instance.register",
        object: format!("instance:{}", instance.id),
        after: Some(after.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, &app.env, &actor, record).await?;
    tx.commit().await?;
    for old in replaced {
        app.phones.sessions.end(old.id);
    }
    if let Some(change) = change {
        app.changes.publish(change);
    }
    if wanted {
        app.phones.follow(app).await?;
    }
    Ok(())
}

/// Keeps whoever else registers or wipes instances of this person waiting until the transaction ends: neither may act on a
/// list of instances that the other is changing. SQLite has one writer at a time anyway.
pub(crate) async fn lock_instances(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<(), DbError> {
    if tx.dialect() == Dialect::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("instances of {tenant}/{user}"))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Takes the account off the app at the phone's wish.
pub(crate) async fn remove(app: &App, active: &Active) -> Result<(), ApiError> {
    let mut tx = app.db.write().await?;
    let change = changes::record(&mut tx, app.tenant, What::Instances(vec![active.id])).await?;
    let Some(instance) = sql::find(&mut tx, app.tenant, active.id).await? else { return Ok(()) };
    end(&mut tx, app, &instance, InstanceState::Removed).await?;
    let before = told(&instance);
    let record = Record {
        act: "instance.remove",
        object: format!("instance:{}", active.id),
        before: Some(before.as_bytes()),
        ..Record::default()
    };
    audit::ops::append(&mut tx, &app.env, &actor(app.tenant, active.id, &active.upn), record).await?;
    tx.commit().await?;
    app.phones.sessions.end(active.id);
    app.changes.publish(change);
    Ok(())
}

/// Ends an instance inside the caller's transaction, its pending orders with it. The caller ends its sessions after the
/// commit.
pub(crate) async fn end(
    tx: &mut Tx,
    app: &App,
    instance: &Instance,
    state: InstanceState,
) -> Result<bool, DbError> {
    let now = app.env.now();
    let ended = sql::update_state(tx, app.tenant, instance.id, state, now).await?;
    if ended {
        sql::delete_device_if_empty(tx, app.tenant, &instance.device_tag).await?;
        device_key::delete_if_free(tx, app.tenant, &instance.device_tag).await?;
        wipe::ops::supersede(tx, app.tenant, instance.id, now).await?;
    }
    Ok(ended)
}

/// An instance as the audit log tells of it.
pub(crate) fn told(instance: &Instance) -> String {
    let told = serde_json::json!({
        "user": instance.user,
        "app": instance.app.id,
        "platform": instance.app.platform,
        "deviceTag": instance.device_tag,
        "management": instance.management,
        "state": instance.state.as_str(),
        "registeredAt": instance.registered_at,
    });
    told.to_string()
}

/// An instance as the one who acts.
pub(crate) fn actor(tenant: TenantId, id: InstanceId, name: &str) -> Actor {
    Actor {
        id: format!("instance:{id}"),
        name: name.to_owned(),
        roles: Vec::new(),
        ..Actor::operator(tenant, "")
    }
}
