//! Sign-in and registration (protocol §3): from what the user typed to an app instance with its own keys.
//!
//! The intent is durable before the first key is made and the last record says *registered* only when every key
//! exists; whatever lies between is swept away at the next start. Password and token live in this flow only.

use ringfence_messages::ReasonCode;
use ringfence_model::{AccountId, Millis, Platform, SignInMethod, TenantId, UnixMillis};
use ringfence_protocol::{
    Bytes, Digest, InstancePublicKey, Namespace, VerifyKey, device,
    keyset::{self, KeysetFloor},
    problem::ProblemCode,
    register::{
        RegistrationHello, RegistrationReply, RegistrationRequest, SignInPlace, SignInReply, SignInRequest,
        TenantInfo,
    },
};

use crate::{
    access, boot, checkin, companion,
    core::State,
    dialogs,
    effect::{HttpRequest, KeyOp},
    flow::{Cx, Lane},
    input::{Credential, HttpReply, KeyFailure, KeyReply, NetFailure},
    keys, legacy,
    log::LogLevel,
    names, provider,
    session::{plain, problem_code, problem_value},
    state::{InstanceRecord, Record as _, ServerRecord, Stage, encode},
    wipe,
};

/// Why nobody is signed in after all.
pub(crate) type Refused = ReasonCode;

/// The user signs in.
pub(crate) async fn sign_in(cx: Cx, user_principal_name: String, credential: Credential) {
    cx.until(|state| state.booted.then_some(())).await;
    let lane = cx.enter(Lane::Account).await;
    if wipe::receipt_is_owed(&cx) && !wipe::hand_in(&cx).await {
        dialogs::show(&cx, ReasonCode::ConnectionProblem);
        return;
    }
    cx.with(|state| state.registering = true);
    let result = run(&cx, &user_principal_name, credential).await;
    cx.with(|state| state.registering = false);
    drop(lane);
    match result {
        Ok(()) => {
            cx.log(LogLevel::Info, "registered", "");
            checkin::check_in(cx).await;
        }
        Err(reason) => {
            cx.log(LogLevel::Warn, "registration_refused", reason.as_str());
            dialogs::show(&cx, reason);
        }
    }
}

async fn run(cx: &Cx, user_principal_name: &str, credential: Credential) -> Result<(), Refused> {
    // Where the provider tells the name, whoever is signed in signs in again; who it is, is compared afterwards.
    let known = cx.with(|state| state.instance.as_ref().map(|record| record.user_principal_name.clone()));
    let user_principal_name = match &known {
        Some(known) if user_principal_name.is_empty() => known.as_str(),
        _ => user_principal_name,
    };
    if let Some(reason) = cx.with(|state| closed(state)) {
        return Err(reason);
    }
    if cx.with(|state| is_signed_in(state, user_principal_name))? {
        if cx.with(|state| access::wants_proof(state)) {
            // Nothing is asked of the server that it could refuse: neither proves who holds the phone.
            if matches!(credential, Credential::Companion | Credential::Token { .. }) {
                return Err(ReasonCode::CredentialsRequired);
            }
            let server = meet(cx).await?;
            authenticate(cx, &server, user_principal_name, credential).await?;
            access::proven(cx).await;
        }
        return Ok(());
    }
    let Some(platform) = cx.with(|state| state.facts.as_ref().map(|facts| facts.device.platform)) else {
        return Err(ReasonCode::StartFailed);
    };
    if platform == Platform::Android && !cx.with(|state| state.companion_present()) {
        return Err(ReasonCode::CompanionRequired);
    }
    let proves = !matches!(credential, Credential::Companion);
    let server = meet(cx).await?;
    let signed_in = authenticate(cx, &server, user_principal_name, credential).await?;
    if !cx.with(|state| state.config.registers) {
        // Who it is has been proven, but without a registration there is no policy: work data stays closed (I3, N8).
        return Err(ReasonCode::RegistrationFailed);
    }
    let key = make_instance_key(cx, &signed_in).await?;
    let result = match register(cx, &signed_in, key).await {
        Ok(registered) => finish(cx, &signed_in, key, registered).await,
        Err(reason) => Err(reason),
    };
    if result.is_ok() && proves {
        access::proven(cx).await;
    } else if result.is_err() {
        boot::sweep_registration(cx, signed_in.account).await;
    }
    result
}

/// Why nobody can sign in at all.
pub(crate) fn closed(state: &State) -> Option<ReasonCode> {
    state.start_failed.or_else(|| state.storage_broken.then_some(ReasonCode::StartFailed))
}

/// Whether this account is registered already; another one is refused (behaviour §4.1: the first one wins).
fn is_signed_in(state: &State, user_principal_name: &str) -> Result<bool, Refused> {
    let Some(record) = &state.instance else { return Ok(false) };
    if !record.user_principal_name.eq_ignore_ascii_case(user_principal_name) {
        return Err(ReasonCode::OtherAccountRegistered);
    }
    Ok(record.stage == Stage::Registered && !state.sign_in_again)
}

/// A proven sign-in.
pub(crate) struct SignedIn {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
    user_principal_name: String,
    /// `None`: this device vouches for the account, by the key that the companion keeps.
    access_token: Option<String>,
}

/// Why the network gave nothing, in words for the user.
pub(crate) fn net_reason(failure: NetFailure) -> ReasonCode {
    match failure {
        NetFailure::Offline => ReasonCode::ConnectionRequired,
        NetFailure::TimedOut | NetFailure::Tls | NetFailure::Failed => ReasonCode::ConnectionProblem,
    }
}

pub(crate) fn key_reason(failure: KeyFailure) -> ReasonCode {
    match failure {
        KeyFailure::Locked => ReasonCode::StartFailed,
        KeyFailure::Broken | KeyFailure::Missing | KeyFailure::Refused => ReasonCode::PinUnreadable,
    }
}

pub(crate) async fn ask(cx: &Cx, request: HttpRequest, expected: u16) -> Result<HttpReply, Refused> {
    let reply = cx.http(request).await.map_err(net_reason)?;
    if reply.status == expected {
        return Ok(reply);
    }
    Err(refused(cx, &reply))
}

fn refused(cx: &Cx, reply: &HttpReply) -> ReasonCode {
    match refusal(reply) {
        ReasonCode::OtherAccountRegistered => cx.with(|state| registered_elsewhere(state, reply)),
        other => other,
    }
}

/// Another app of this device has another account, which the server names so that it can be filled in. It names nobody
/// when that account is no longer in the directory.
fn registered_elsewhere(state: &mut State, reply: &HttpReply) -> ReasonCode {
    state.registered_elsewhere = problem_value(reply);
    if state.registered_elsewhere.is_some() {
        ReasonCode::OtherAccountRegistered
    } else {
        ReasonCode::RegisteredAccountGone
    }
}

fn refusal(reply: &HttpReply) -> ReasonCode {
    match problem_code(reply) {
        Some(ProblemCode::NotLicensed) => ReasonCode::NotLicensed,
        Some(ProblemCode::AccountDisabled) => ReasonCode::AccountDisabled,
        Some(ProblemCode::OtherAccountRegistered) => ReasonCode::OtherAccountRegistered,
        Some(ProblemCode::CredentialsInvalid) => ReasonCode::SignInFailed,
        Some(ProblemCode::CodeRequired) => ReasonCode::SignInCodeRequired,
        Some(ProblemCode::CodeWrong) => ReasonCode::SignInCodeWrong,
        Some(ProblemCode::InstanceRefused) => ReasonCode::InstanceRefused,
        Some(ProblemCode::AppCertificateInvalid) => ReasonCode::AppCertificateInvalid,
        Some(ProblemCode::TooManyRequests | ProblemCode::Unavailable) => ReasonCode::ServerBusy,
        Some(_) => ReasonCode::RegistrationFailed,
        None => ReasonCode::ConnectionProblem,
    }
}

pub(crate) fn parse<T: serde::de::DeserializeOwned>(reply: &HttpReply) -> Result<T, Refused> {
    serde_json::from_slice(&reply.body).map_err(|_| ReasonCode::ConnectionProblem)
}

/// Asks the server who it is and compares with the pin; the first server met is pinned when none is configured.
pub(crate) async fn meet(cx: &Cx) -> Result<ServerRecord, Refused> {
    let reply = ask(cx, plain("/phone/v1/tenant", None::<&()>, None), 200).await?;
    let info: TenantInfo = parse(&reply)?;
    let record = cx.with(|state| judge_server(state, &info))?;
    cx.put(ServerRecord::SLOT, encode(&record)).await.map_err(|_| ReasonCode::StartFailed)?;
    cx.with(|state| {
        state.server_time = info.now.map(|now| (now, state.clock.mono()));
        state.adopt_server(record.clone());
    });
    Ok(record)
}

fn judge_server(state: &State, info: &TenantInfo) -> Result<ServerRecord, Refused> {
    let known = state.server.as_ref();
    let pinned = |root: &VerifyKey| match (state.config.server_pin, known) {
        (Some(pin), _) => root.pin() == Digest(pin),
        (None, Some(known)) => *root == known.root,
        (None, None) => true,
    };
    let tenant = known.map(|known| known.tenant).or(state.instance.as_ref().map(|record| record.tenant));
    let same_tenant = tenant.is_none_or(|tenant| tenant == info.tenant_id);
    if !pinned(&info.root_key) || !same_tenant {
        return Err(ReasonCode::WrongServer);
    }
    let floor = known.map(|known| known.keyset_floor).unwrap_or_default();
    accept_keyset(state, info.tenant_id, &info.root_key, &floor, &info.keyset).map(|accepted| ServerRecord {
        tenant: info.tenant_id,
        name: info.name.clone(),
        root: info.root_key,
        keyset: info.keyset.clone(),
        keyset_floor: accepted,
    })
}

fn accept_keyset(
    state: &State,
    tenant: TenantId,
    root: &VerifyKey,
    floor: &KeysetFloor,
    bytes: &Bytes,
) -> Result<KeysetFloor, Refused> {
    keyset::accept(bytes.as_ref(), root, tenant, floor, state.clock.now())
        .map(|accepted| accepted.floor)
        .map_err(|refusal| checkin::refusal_reason(&refusal, Namespace::Keyset))
}

async fn authenticate(
    cx: &Cx,
    server: &ServerRecord,
    user_principal_name: &str,
    credential: Credential,
) -> Result<SignedIn, Refused> {
    let signed_in = match credential {
        Credential::Token { access_token, account } => SignedIn {
            tenant: server.tenant,
            account,
            user_principal_name: user_principal_name.to_owned(),
            access_token: Some(access_token),
        },
        Credential::Companion => {
            let held = cx.with(|state| companion::shared_account(state)).ok_or(ReasonCode::SignInRequired)?;
            SignedIn {
                tenant: held.tenant,
                account: held.account,
                user_principal_name: held.user_principal_name,
                access_token: None,
            }
        }
        Credential::Provider { provider, redirect_uri } => {
            signed_in(provider::sign_in(cx, &provider, redirect_uri).await?)
        }
        Credential::Password(password) | Credential::Legacy(password) => {
            by_password(cx, user_principal_name, password, None).await?
        }
        Credential::PasswordAndCode { password, code } => {
            by_password(cx, user_principal_name, password, Some(code)).await?
        }
    };
    if signed_in.tenant != server.tenant {
        return Err(ReasonCode::WrongServer);
    }
    // Whoever signs in again must be who was signed in: the data here is theirs. Another account of the same name was made
    // anew in the directory (behaviour §4.3).
    let known = cx.with(|state| state.instance.clone()).filter(|known| known.account != signed_in.account);
    match known {
        None => Ok(signed_in),
        Some(known) if known.user_principal_name.eq_ignore_ascii_case(&signed_in.user_principal_name) => {
            Err(ReasonCode::RegisteredAccountGone)
        }
        Some(_) => Err(ReasonCode::OtherAccountRegistered),
    }
}

async fn by_password(
    cx: &Cx,
    user_principal_name: &str,
    password: String,
    code: Option<String>,
) -> Result<SignedIn, Refused> {
    let request = sign_in_request(cx, user_principal_name, password, SignInMethod::Modern);
    let body = SignInRequest { one_time_code: code, ..request };
    let reply = ask(cx, plain("/phone/v1/signin", Some(&body), None), 200).await?;
    Ok(signed_in(parse(&reply)?))
}

fn signed_in(reply: SignInReply) -> SignedIn {
    SignedIn {
        tenant: reply.tenant_id,
        account: reply.account_id,
        user_principal_name: reply.user_principal_name,
        access_token: Some(reply.access_token),
    }
}

/// Writes the intent, then makes the instance key.
async fn make_instance_key(cx: &Cx, who: &SignedIn) -> Result<InstancePublicKey, Refused> {
    let before = cx.with(|state| state.instance.clone());
    let intent = InstanceRecord {
        stage: Stage::Registering,
        tenant: who.tenant,
        account: who.account,
        user_principal_name: who.user_principal_name.clone(),
        instance: None,
        key: None,
        companion_data: before.as_ref().and_then(|before| before.companion_data.clone()),
        replaces: before.and_then(|before| before.instance.or(before.replaces)),
    };
    cx.put(InstanceRecord::SLOT, encode(&intent)).await.map_err(|_| ReasonCode::StartFailed)?;
    cx.with(|state| {
        state.instance = Some(intent);
        state.session = None;
    });
    let alias = cx.with(|state| names::sign_alias(&state.config.app, who.account));
    let made = match cx.key(KeyOp::MakeSignKey { alias }).await {
        Ok(KeyReply::PublicKey(spki)) => InstancePublicKey::from_spki(&spki).map_err(|_| KeyFailure::Broken),
        Ok(KeyReply::Bytes(_) | KeyReply::Changed(_)) => Err(KeyFailure::Broken),
        Err(failure) => Err(failure),
    };
    match made {
        Ok(key) => Ok(key),
        Err(failure) => {
            boot::sweep_registration(cx, who.account).await;
            Err(key_reason(failure))
        }
    }
}

async fn register(
    cx: &Cx,
    who: &SignedIn,
    key: InstancePublicKey,
) -> Result<(RegistrationReply, Option<InstancePublicKey>), Refused> {
    let (scheme, token) = match &who.access_token {
        Some(token) => ("Bearer", token.clone()),
        None => (device::SCHEME, companion::vouch(cx, who, key).await?),
    };
    let device_key = companion::make_device_key(cx, who).await?;
    let hello = cx.with(|state| hello(state, who, &token, key)).ok_or(ReasonCode::StartFailed)?;
    let hello = RegistrationHello { device_key, ..hello };
    let pending = hello.prepare().map_err(|_| ReasonCode::StartFailed)?;
    let alias = cx.with(|state| names::sign_alias(&state.config.app, who.account));
    let message = pending.to_be_signed().to_vec();
    let signature = cx.key_bytes(KeyOp::Sign { alias, message }).await.map_err(key_reason)?;
    let hello = pending.attach(signature).map_err(|_| ReasonCode::StartFailed)?.into();
    let mut request = plain("/phone/v1/registrations", Some(&RegistrationRequest { hello }), None);
    request.headers.push(("Authorization".to_owned(), format!("{scheme} {token}")));
    let reply = cx.http(request).await.map_err(net_reason)?;
    let unknown = matches!(problem_code(&reply), Some(ProblemCode::TokenInvalid | ProblemCode::ProofInvalid));
    if reply.status != 201 && unknown && who.access_token.is_none() {
        // The device is not known for this account any more: the password is needed again.
        return Err(ReasonCode::SignInRequired);
    }
    if reply.status != 201 {
        return Err(refused(cx, &reply));
    }
    let reply: RegistrationReply = parse(&reply)?;
    if reply.tenant_id == who.tenant { Ok((reply, device_key)) } else { Err(ReasonCode::WrongServer) }
}

/// The time that a registration is signed with: the server's, or else the phone's. It says *recent* to the server and nothing to the
/// phone, whose own clock follows authenticated answers only.
pub(crate) fn signing_time(state: &State) -> UnixMillis {
    state.server_time.map_or_else(
        || state.clock.now(),
        |(named, then)| named.plus(Millis(state.clock.mono().0.saturating_sub(then.0))),
    )
}

fn hello(state: &State, who: &SignedIn, token: &str, key: InstancePublicKey) -> Option<RegistrationHello> {
    let facts = state.facts.as_ref()?;
    Some(RegistrationHello {
        tenant: who.tenant,
        account: who.account,
        access_token_hash: Digest::of(token.as_bytes()),
        public_key: key,
        platform: state.config.app.platform,
        app: state.config.app.id.clone(),
        app_version: state.config.app_version,
        sdk_version: state.config.sdk_version,
        device_tag: facts.device_tag.clone(),
        os_version: facts.device.os_version,
        model: facts.device.model.clone(),
        manufacturer: facts.device.manufacturer.clone(),
        management: facts.device.management,
        signer: facts.app_signer.clone(),
        device_key: None,
        at: signing_time(state),
    })
}

/// Makes what is missing of the key hierarchy, then writes that the instance is registered.
async fn finish(
    cx: &Cx,
    who: &SignedIn,
    key: InstancePublicKey,
    (reply, device_key): (RegistrationReply, Option<InstancePublicKey>),
) -> Result<(), Refused> {
    keys::ensure(cx, who.tenant, who.account).await.map_err(|_| ReasonCode::PinUnreadable)?;
    let record = InstanceRecord {
        stage: Stage::Registered,
        tenant: who.tenant,
        account: who.account,
        user_principal_name: who.user_principal_name.clone(),
        instance: Some(reply.instance_id),
        key: Some(key),
        companion_data: cx.with(|state| state.facts.as_ref()?.companion_data.clone()),
        replaces: None,
    };
    cx.put(InstanceRecord::SLOT, encode(&record)).await.map_err(|_| ReasonCode::StartFailed)?;
    companion::join(cx, &record, device_key);
    legacy::sign_out(cx).await;
    checkin::adopt_keyset(cx, &reply.keyset).await;
    cx.with(|state| {
        state.instance = Some(record);
        state.sign_in_again = false;
        state.registered_elsewhere = None;
        state.failures = 0;
    });
    Ok(())
}

/// A question whether the password is right, with the place from which it is asked.
pub(crate) fn sign_in_request(
    cx: &Cx,
    user_principal_name: &str,
    password: String,
    method: SignInMethod,
) -> SignInRequest {
    let from = Some(place(cx));
    SignInRequest {
        user_principal_name: user_principal_name.to_owned(),
        password,
        method,
        one_time_code: None,
        from,
    }
}

/// This app on this phone, as the server's troubleshooter wants to know it.
pub(crate) fn place(cx: &Cx) -> SignInPlace {
    cx.with(|state| SignInPlace {
        platform: state.config.app.platform,
        app: state.config.app.id.clone(),
        device_tag: state.facts.as_ref().map(|facts| facts.device_tag.clone()),
    })
}
