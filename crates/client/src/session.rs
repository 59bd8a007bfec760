//! Sessions of the app instance: prove the key once, then authenticate every request and reply (protocol §4).
//!
//! A reply without a right MAC is a failed connection and never anything else, whatever it says.

use ringfence_messages::ReasonCode;
use ringfence_model::{InstanceId, Millis, SessionId, UnixMillis};
use ringfence_protocol::{
    bytes::Mac,
    problem::{Problem, ProblemCode},
    request::{REPLY_HEADER, ReplyParts, RequestParts, SESSION_HEADER, SessionHeader},
    session::{PhoneHandshake, SessionAnswer, SessionKeys, SessionReply, SessionRequest},
};
use serde::{Deserialize, Serialize};

use crate::{
    core::State,
    effect::{HttpRequest, KeyOp},
    flow::{Cx, Lane},
    input::{HttpReply, KeyFailure, NetFailure},
    log::LogLevel,
    names, registration,
};

/// A session is given up this long before its end, so that no request meets the end on its way.
const MARGIN: Millis = Millis::from_secs(60);

/// An open session.
pub(crate) struct Session {
    id: SessionId,
    /// None in a replay, where every proof is attested.
    keys: Option<SessionKeys>,
    counter: u64,
    /// On the monotonic clock of this process, which ends with the boot.
    ends: Millis,
}

/// Why a call gave no authentic reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallError {
    /// No connection.
    Net(NetFailure),
    /// Something answered, but it was not the server, or not to this request.
    Unauthentic,
    /// The server refused the handshake; said without proof, so only a hint.
    Refused(Option<ProblemCode>),
    /// The key store did not sign.
    Key(KeyFailure),
    /// There is no registered instance.
    NotRegistered,
}

impl CallError {
    /// Stable, for the log.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Net(NetFailure::Offline) => "offline",
            Self::Net(NetFailure::TimedOut) => "timed_out",
            Self::Net(NetFailure::Tls) => "tls",
            Self::Net(NetFailure::Failed) => "connection_failed",
            Self::Unauthentic => "reply_unauthentic",
            Self::Refused(Some(code)) => code.as_str(),
            Self::Refused(None) => "refused",
            Self::Key(_) => "key_store",
            Self::NotRegistered => "not_registered",
        }
    }
}

/// A request without a session.
pub(crate) fn plain<T: Serialize>(path: &str, body: Option<&T>, bearer: Option<&str>) -> HttpRequest {
    let mut headers = Vec::new();
    let body = body.map(|body| serde_json::to_vec(body).unwrap_or_default());
    if body.is_some() {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    if let Some(token) = bearer {
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let method = if body.is_some() { "POST" } else { "GET" };
    HttpRequest { method, path: path.to_owned(), headers, body: body.unwrap_or_default() }
}

/// The code of a problem document, when the reply is one.
pub(crate) fn problem_code(reply: &HttpReply) -> Option<ProblemCode> {
    serde_json::from_slice::<Problem>(&reply.body).ok().and_then(|problem| problem.known_code())
}

/// The value that a refusal of the server is about.
pub(crate) fn problem_value(reply: &HttpReply) -> Option<String> {
    let problem: Problem = serde_json::from_slice(&reply.body).ok()?;
    problem.value?.as_str().map(str::to_owned)
}

/// What a request on the session looks like, and how its reply is recognised.
pub(crate) struct Ticket {
    pub(crate) request: HttpRequest,
    keys: Option<SessionKeys>,
    counter: u64,
    instance: Option<InstanceId>,
}

impl Ticket {
    fn is_answered_by(&self, reply: &HttpReply) -> bool {
        let Some(mac) = reply.header(REPLY_HEADER).and_then(|text| text.parse().ok()) else { return false };
        let etag = reply.header("ETag").unwrap_or_default();
        let parts = ReplyParts { counter: self.counter, status: reply.status, etag, body: &reply.body };
        self.keys.as_ref().is_some_and(|keys| keys.verify_reply(&parts, &mac))
    }
}

/// A request to be sent on a session.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    pub(crate) if_none_match: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Call<'_> {
    pub(crate) fn get(path: &str) -> Call<'_> {
        Call { method: "GET", path, if_none_match: None, body: Vec::new() }
    }

    pub(crate) fn post<'a, T: Serialize>(path: &'a str, body: &T) -> Call<'a> {
        let body = serde_json::to_vec(body).unwrap_or_default();
        Call { method: "POST", path, if_none_match: None, body }
    }
}

/// Sends a request on the session, opening one when there is none; the reply is proven to be the server's.
pub(crate) async fn call(cx: &Cx, call: Call<'_>) -> Result<HttpReply, CallError> {
    for _ in 0..2 {
        let ticket = ticket(cx, &call).await?;
        let reply = cx.http(ticket.request.clone()).await.map_err(CallError::Net)?;
        let wiped = |state: &mut State| {
            state.wipe.is_some()
                || state.instance.as_ref().and_then(|record| record.instance) != ticket.instance
        };
        if cx.with(wiped) {
            // Whoever asked is gone; the answer concerns nobody.
            return Err(CallError::NotRegistered);
        }
        if cx.with(|state| state.witness.attest("replyProven", || ticket.is_answered_by(&reply))) {
            return Ok(reply);
        }
        let unknown = reply.status == 401 && problem_code(&reply) == Some(ProblemCode::SessionUnknown);
        if !unknown {
            cx.log(LogLevel::Warn, "reply_unauthentic", reply.status.to_string());
            return Err(CallError::Unauthentic);
        }
        cx.with(|state| state.session = None);
    }
    Err(CallError::Unauthentic)
}

/// Opens a session if needed and signs a request for it.
pub(crate) async fn ticket(cx: &Cx, call: &Call<'_>) -> Result<Ticket, CallError> {
    open(cx).await?;
    cx.with(|state| sign(state, call)).ok_or(CallError::NotRegistered)
}

fn sign(state: &mut State, call: &Call<'_>) -> Option<Ticket> {
    let instance = state.instance.as_ref()?.instance;
    let session = state.session.as_mut()?;
    session.counter = session.counter.saturating_add(1);
    let counter = session.counter;
    let parts = RequestParts {
        counter,
        method: call.method,
        path_and_query: call.path,
        if_none_match: call.if_none_match.as_deref().unwrap_or_default(),
        body: &call.body,
    };
    let mac = session.keys.as_ref().map_or(Mac([0; 32]), |keys| keys.request_mac(&parts));
    let header = SessionHeader { session: session.id, counter, mac };
    let mut headers = vec![(SESSION_HEADER.to_owned(), header.to_string())];
    if !call.body.is_empty() {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    if let Some(etag) = &call.if_none_match {
        headers.push(("If-None-Match".to_owned(), etag.clone()));
    }
    let request =
        HttpRequest { method: call.method, path: call.path.to_owned(), headers, body: call.body.clone() };
    Some(Ticket { request, keys: session.keys.clone(), counter, instance })
}

async fn open(cx: &Cx) -> Result<(), CallError> {
    let _lane = cx.enter(Lane::Session).await;
    let good = |state: &mut State| {
        let mono = state.clock.mono();
        state.session.as_ref().is_some_and(|session| mono < session.ends)
    };
    if cx.with(good) {
        return Ok(());
    }
    if cx.with(|state| state.keyset.is_none() && state.may_check_in()) {
        // What was known of the server was damaged. It is met again, as far as it is still known who it must be.
        registration::meet(cx).await.map_err(|reason| match reason {
            ReasonCode::ConnectionRequired => CallError::Net(NetFailure::Offline),
            ReasonCode::ConnectionProblem => CallError::Net(NetFailure::Failed),
            _ => CallError::Unauthentic,
        })?;
    }
    let random = cx.random::<288>().await;
    let mut drawn = names::Drawn::new(&random);
    let begun = cx.with(|state| {
        state.session = None;
        let record = state.instance.as_ref()?;
        let (instance, key) = (record.instance?, record.key?);
        let now = state.clock.now();
        let handshake =
            PhoneHandshake::begin(record.tenant, instance, &key, now, &mut |out| drawn.fill(out)).ok()?;
        Some((handshake, names::sign_alias(&state.config.app, record.account)))
    });
    let (handshake, alias) = begun.ok_or(CallError::NotRegistered)?;
    let message = handshake.to_be_signed().to_vec();
    let signature = cx.key_bytes(KeyOp::Sign { alias, message }).await.map_err(CallError::Key)?;
    let awaiting = handshake.signed(signature).map_err(|_| CallError::Key(KeyFailure::Broken))?;
    let hello = awaiting.hello.clone().into();
    let request = plain("/phone/v1/sessions", Some(&SessionRequest { hello }), None);
    let reply = cx.http(request).await.map_err(CallError::Net)?;
    if reply.status != 201 {
        return Err(CallError::Refused(problem_code(&reply)));
    }
    let answer: SessionAnswer = serde_json::from_slice(&reply.body).map_err(|_| CallError::Unauthentic)?;
    cx.with(|state| {
        let keyset = state.keyset.as_ref().ok_or(CallError::NotRegistered)?;
        let mut keys = None;
        let agreed = || {
            let established = awaiting.finish(answer.reply.as_ref(), keyset).ok()?;
            keys = Some(established.keys);
            Some(Agreed::of(&established.reply))
        };
        let agreed = state.witness.find("session", agreed).flatten().ok_or(CallError::Unauthentic)?;
        state.clock.server_time(agreed.server_time);
        let life = agreed.expires_at.since(agreed.server_time);
        let ends = Millis(state.clock.mono().0.saturating_add(life.0).saturating_sub(MARGIN.0));
        state.session = Some(Session { id: agreed.id(), keys, counter: 0, ends });
        Ok(())
    })
}

/// What a handshake has agreed, as far as a recording may hold it: the session's id stays out.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Agreed {
    #[serde(skip)]
    session: Option<SessionId>,
    expires_at: UnixMillis,
    server_time: UnixMillis,
}

impl Agreed {
    const fn of(reply: &SessionReply) -> Self {
        Self { session: Some(reply.session), expires_at: reply.expires_at, server_time: reply.server_time }
    }

    fn id(&self) -> SessionId {
        self.session.unwrap_or(SessionId(uuid::Uuid::nil()))
    }
}
