//! A phone that speaks the protocol over real HTTP and believes nothing it cannot verify.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, body::Bytes as Body};
use hyper_util::rt::TokioIo;
use ringfence_model::{AccountId, InstanceId, ManagementState, Platform, TenantId, UnixMillis, WipeId};
use ringfence_protocol::{
    Bytes, Digest, InstanceKey,
    bundle::{Audience, Bundle, Expected, Floors},
    checkin::CheckInReply,
    keys::{Signer as _, VerifyKey},
    keyset::{self, Keyset, KeysetFloor},
    register::{RegistrationHello, RegistrationReply, SignInReply, TenantInfo},
    request::{REPLY_HEADER, ReplyParts, RequestParts, SESSION_HEADER, SessionHeader},
    session::{Established, PhoneHandshake, SessionAnswer},
    wipe::{WipeCause, WipeOutcome, WipeReceipt},
};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{
    Answer, Client, START, World,
    school::{PASSWORD, upn},
};

/// One app on a phone.
pub(crate) struct Phone {
    client: Client,
    addr: SocketAddr,
    pub(crate) app: String,
    pub(crate) now: UnixMillis,
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
    pub(crate) instance: InstanceId,
    pub(crate) key: Arc<InstanceKey>,
    root: VerifyKey,
    pub(crate) keyset: Keyset,
    keyset_floor: KeysetFloor,
    pub(crate) floors: Floors,
    pub(crate) session: Option<Established>,
    counter: AtomicU64,
    pub(crate) etag: String,
}

/// A check-in that verified.
#[derive(Debug)]
pub(crate) struct CheckIn {
    pub(crate) reply: CheckInReply,
    pub(crate) bundle: Option<Bundle>,
}

pub(crate) fn entropy(bytes: &mut [u8]) {
    getrandom::fill(bytes).unwrap();
}

pub(crate) fn make_key() -> InstanceKey {
    let mut scalar = [0; 32];
    entropy(&mut scalar);
    InstanceKey::from_scalar(&scalar).unwrap()
}

/// Signs a person in.
pub(crate) async fn sign_in(world: &World, name: &str) -> SignInReply {
    let body = json!({"userPrincipalName": upn(name), "password": PASSWORD});
    serde_json::from_value(world.anonymous().post("/phone/v1/signin", &body).await.expect(200)).unwrap()
}

pub(crate) fn hello(
    tenant: TenantId,
    signed_in: &SignInReply,
    key: &InstanceKey,
    app: &str,
    device_tag: &str,
) -> RegistrationHello {
    RegistrationHello {
        tenant,
        account: signed_in.account_id,
        access_token_hash: Digest::of(signed_in.access_token.as_bytes()),
        public_key: key.public(),
        platform: Platform::Ios,
        app: app.to_owned(),
        app_version: "1.2".parse().unwrap(),
        sdk_version: "0.1".parse().unwrap(),
        device_tag: device_tag.to_owned(),
        os_version: "18.1".parse().unwrap(),
        model: Some("iPhone15,2".into()),
        manufacturer: Some("Apple".into()),
        management: ManagementState::Unmanaged,
        signer: None,
        device_key: None,
        at: START,
    }
}

/// `POST /phone/v1/registrations`
pub(crate) async fn send_hello(world: &World, token: &str, signed: Vec<u8>) -> Answer {
    let body = json!({"hello": Bytes(signed)}).to_string();
    let request = Request::post("/phone/v1/registrations")
        .header("host", "x")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Full::new(Body::from(body)))
        .unwrap();
    world.anonymous().request(request).await
}

impl Phone {
    /// Signs in and registers, or answers the refusal.
    pub(crate) async fn try_register(
        world: &World,
        name: &str,
        app: &str,
        device_tag: &str,
    ) -> Result<Self, Answer> {
        let info: TenantInfo =
            serde_json::from_value(world.anonymous().get("/phone/v1/tenant").await.expect(200)).unwrap();
        let signed_in = sign_in(world, name).await;
        let key = Arc::new(make_key());
        let hello = hello(info.tenant_id, &signed_in, &key, app, device_tag);
        let signed = hello.prepare().unwrap().sign(&*key).unwrap();
        let answer = send_hello(world, &signed_in.access_token, signed).await;
        if answer.status != 201 {
            return Err(answer);
        }
        let reply: RegistrationReply = serde_json::from_value(answer.json()).unwrap();
        let accepted =
            keyset::accept(&reply.keyset.0, &info.root_key, info.tenant_id, &KeysetFloor::default(), START)
                .unwrap();
        Ok(Self {
            client: world.anonymous(),
            addr: world.server.addr,
            app: app.to_owned(),
            now: START,
            tenant: info.tenant_id,
            account: signed_in.account_id,
            instance: reply.instance_id,
            key,
            root: info.root_key,
            keyset: accepted.keyset,
            keyset_floor: accepted.floor,
            floors: Floors::default(),
            session: None,
            counter: AtomicU64::new(0),
            etag: String::new(),
        })
    }

    /// Registers and begins a session.
    pub(crate) async fn register(world: &World, name: &str, app: &str, device_tag: &str) -> Self {
        let mut phone = match Self::try_register(world, name, app, device_tag).await {
            Ok(phone) => phone,
            Err(answer) => panic!("refused: {}", answer.text()),
        };
        phone.begin_session().await.expect(201);
        phone
    }

    /// The server moved to another port.
    pub(crate) fn follow(&mut self, world: &World) {
        self.follow_to(world.server.addr);
    }

    /// Talks to another node, where it has no session.
    pub(crate) fn follow_to(&mut self, addr: SocketAddr) {
        self.follow_to_keeping_session(addr);
        self.session = None;
    }

    pub(crate) fn follow_to_keeping_session(&mut self, addr: SocketAddr) {
        self.addr = addr;
        self.client = Client::new(addr, None);
    }

    pub(crate) async fn begin_session(&mut self) -> Answer {
        let handshake =
            PhoneHandshake::begin(self.tenant, self.instance, &self.key.public(), self.now, &mut entropy)
                .unwrap();
        let signature = self.key.sign(handshake.to_be_signed()).unwrap();
        let awaiting = handshake.signed(signature).unwrap();
        let body = json!({"hello": Bytes(awaiting.hello.clone())});
        let answer = self.client.post("/phone/v1/sessions", &body).await;
        if answer.status == 201 {
            let reply: SessionAnswer = serde_json::from_value(answer.json()).unwrap();
            self.session = Some(awaiting.finish(&reply.reply.0, &self.keyset).unwrap());
            self.counter.store(0, Ordering::Relaxed);
        }
        answer
    }

    fn established(&self) -> &Established {
        self.session.as_ref().expect("a session")
    }

    /// A header with a fresh counter and a right MAC.
    pub(crate) fn header(&self, method: &str, path: &str, etag: &str, body: &[u8]) -> SessionHeader {
        let counter = self.counter.fetch_add(1, Ordering::Relaxed) + 1;
        let parts = RequestParts { counter, method, path_and_query: path, if_none_match: etag, body };
        let session = self.established();
        SessionHeader { session: session.reply.session, counter, mac: session.keys.request_mac(&parts) }
    }

    /// Sends a request with any header and checks the MAC of a reply that is no refusal.
    pub(crate) async fn send(
        &self,
        header: &SessionHeader,
        method: Method,
        path: &str,
        etag: &str,
        body: &[u8],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "x")
            .header("content-type", "application/json")
            .header(SESSION_HEADER, header.to_string());
        if !etag.is_empty() {
            request = request.header("if-none-match", etag);
        }
        let request = request.body(Full::new(Body::from(body.to_vec()))).unwrap();
        let answer = self.client.request(request).await;
        if answer.status.as_u16() < 400 {
            self.verify(&answer, header.counter);
        }
        answer
    }

    fn verify(&self, answer: &Answer, counter: u64) {
        let text = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
        let parts =
            ReplyParts { counter, status: answer.status.as_u16(), etag: text("etag"), body: &answer.bytes };
        let mac = text(REPLY_HEADER).parse().expect("an authenticated reply");
        assert!(self.established().keys.verify_reply(&parts, &mac), "the reply is authentic");
    }

    /// `GET /phone/v1/checkin`, whatever comes back.
    pub(crate) async fn ask(&self) -> Answer {
        let header = self.header("GET", "/phone/v1/checkin", &self.etag, b"");
        self.send(&header, Method::GET, "/phone/v1/checkin", &self.etag, b"").await
    }

    /// Checks in; `None` when nothing changed. A bundle is accepted or the test fails.
    pub(crate) async fn check_in(&mut self) -> Option<CheckIn> {
        let answer = self.ask().await;
        if answer.status == 304 {
            assert!(answer.bytes.is_empty());
            return None;
        }
        answer.headers["etag"].to_str().unwrap().clone_into(&mut self.etag);
        let reply: CheckInReply = serde_json::from_value(answer.expect(200)).unwrap();
        if let Some(keyset) = &reply.keyset {
            let accepted =
                keyset::accept(&keyset.0, &self.root, self.tenant, &self.keyset_floor, self.now).unwrap();
            (self.keyset, self.keyset_floor) = (accepted.keyset, accepted.floor);
        }
        let bundle = reply.bundle.as_ref().map(|bytes| {
            let audience = Audience { tenant: self.tenant, platform: Platform::Ios, app: &self.app };
            let expected = Expected { audience, bundle_hash: reply.bundle_hash.as_ref(), wall: self.now };
            let accepted =
                ringfence_protocol::bundle::accept(&bytes.0, &self.keyset, &expected, &self.floors).unwrap();
            self.floors = accepted.floors;
            accepted.bundle
        });
        Some(CheckIn { reply, bundle })
    }

    /// The bundle of a check-in that must bring one.
    pub(crate) async fn fetch(&mut self) -> Bundle {
        self.check_in().await.expect("something new").bundle.expect("a bundle")
    }

    pub(crate) async fn report(&self, sequence: u64, obeyed: u64, blocked_by: &[&str]) -> Answer {
        self.report_with(sequence, obeyed, &json!({ "blockedBy": blocked_by })).await
    }

    /// Reports with these members besides the necessary ones.
    pub(crate) async fn report_with(&self, sequence: u64, obeyed: u64, more: &serde_json::Value) -> Answer {
        let mut body = json!({
            "sequence": sequence, "obeyedVersion": obeyed, "appVersion": "1.3", "sdkVersion": "0.1",
            "osVersion": "18.2", "at": self.now,
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let body = body.to_string();
        let header = self.header("POST", "/phone/v1/status", "", body.as_bytes());
        self.send(&header, Method::POST, "/phone/v1/status", "", body.as_bytes()).await
    }

    /// A signed receipt for an order.
    pub(crate) fn receipt(&self, order: WipeId, outcome: WipeOutcome) -> Vec<u8> {
        let receipt = WipeReceipt {
            tenant: self.tenant,
            order: Some(order),
            cause: WipeCause::Order,
            reason: None,
            instance: self.instance,
            outcome,
            files_removed: 3,
            keys_destroyed: 1,
            started_at: self.now,
            finished_at: self.now,
        };
        receipt.prepare(&self.key.public()).unwrap().sign(&*self.key).unwrap()
    }

    /// A signed receipt that nobody ordered.
    pub(crate) fn unordered(&self, cause: WipeCause, reason: Option<&str>) -> Vec<u8> {
        let receipt = WipeReceipt {
            tenant: self.tenant,
            order: None,
            cause,
            reason: reason.map(str::to_owned),
            instance: self.instance,
            outcome: WipeOutcome::Wiped,
            files_removed: 3,
            keys_destroyed: 1,
            started_at: self.now,
            finished_at: self.now,
        };
        receipt.prepare(&self.key.public()).unwrap().sign(&*self.key).unwrap()
    }

    pub(crate) async fn send_receipt(&self, receipt: Vec<u8>) -> Answer {
        self.client.post("/phone/v1/receipts", &json!({"receipt": Bytes(receipt)})).await
    }

    /// Opens the event stream.
    pub(crate) async fn events(&self) -> Events {
        let header = self.header("GET", "/phone/v1/events", "", b"");
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get("/phone/v1/events")
            .header("host", "x")
            .header(SESSION_HEADER, header.to_string())
            .body(Full::new(Body::new()))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { body: response.into_body(), _sender: Box::new(sender) }
    }
}

/// An open event stream.
pub(crate) struct Events {
    body: hyper::body::Incoming,
    _sender: Box<dyn std::any::Any + Send>,
}

impl Events {
    /// The next piece of the stream; `None` when it has ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        // Ends a test that would hang; says nothing about speed.
        let frame = tokio::time::timeout(std::time::Duration::from_mins(1), self.body.frame()).await;
        let frame = frame.expect("an event")?.ok()?;
        Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap())
    }

    /// Whether nothing is there now.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(300), self.body.frame()).await.is_err()
    }
}

/// The code of a refusal.
#[track_caller]
pub(crate) fn code(answer: &Answer) -> String {
    let body: Value = answer.json();
    body["code"].as_str().unwrap_or_else(|| panic!("no code in {body}")).to_owned()
}
