//! The server half of the protocol, in memory.

use std::collections::BTreeMap;

use ringfence_client::{HttpReply, HttpRequest};
use ringfence_model::{AccountId, InstanceId, Millis, Platform, SessionId, TenantId, UnixMillis, WipeId};
use ringfence_protocol::{
    Bytes, Digest, InstancePublicKey, Namespace, SigningKey,
    bundle::{Audience, Bundle, BundleContent, BundleSource, ConfigEntry},
    checkin::{AccountState, CheckInReply},
    keyset::{Keyset, ListedKey},
    problem::{Problem, ProblemCode},
    register::{self, RegistrationReply, RegistrationRequest, SignInReply, SignInRequest, TenantInfo},
    request::{REPLY_HEADER, ReplayWindow, ReplyParts, RequestParts, SESSION_HEADER, SessionHeader},
    session::{Responder, SessionAnswer, SessionKeys, SessionRequest, peek_hello},
    status::{ReceiptRequest, StatusReport},
    wipe::{WipeOrder, WipeReceipt, peek_receipt, verify_receipt},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{APP, Entropy, PEER, USER};

pub(crate) struct Instance {
    pub(crate) account: AccountId,
    pub(crate) key: InstancePublicKey,
    pub(crate) app: String,
    pub(crate) device_tag: String,
    pub(crate) removed: bool,
    pub(crate) orders: Vec<WipeId>,
}

struct Open {
    instance: InstanceId,
    keys: SessionKeys,
    window: ReplayWindow,
}

pub(crate) type Lie = Box<dyn Fn(&mut CheckInReply) + Send>;
pub(crate) type Tamper = Box<dyn Fn(&HttpRequest, &mut HttpReply) + Send>;

pub(crate) struct Server {
    pub(crate) tenant: TenantId,
    pub(crate) platform: Platform,
    pub(crate) root: SigningKey,
    pub(crate) signing: SigningKey,
    pub(crate) keyset: Keyset,
    pub(crate) now: UnixMillis,
    pub(crate) lease: Millis,
    pub(crate) state: AccountState,
    pub(crate) settings: BTreeMap<String, serde_json::Value>,
    pub(crate) app_signers: Vec<String>,
    pub(crate) config: Vec<ConfigEntry>,
    pub(crate) version: u64,
    pub(crate) account: AccountId,
    pub(crate) instances: BTreeMap<InstanceId, Instance>,
    sessions: BTreeMap<SessionId, Open>,
    pub(crate) statuses: Vec<StatusReport>,
    pub(crate) receipts: Vec<WipeReceipt>,
    pub(crate) requests: Vec<String>,
    pub(crate) refuse_registration: Option<ProblemCode>,
    /// The code that a sign-in must bring.
    pub(crate) code: Option<String>,
    pub(crate) entropy: Entropy,
    /// Changes the reply before its MAC is made: a server that lies.
    pub(crate) lie: Option<Lie>,
    /// Changes the reply on the wire: somebody in between.
    pub(crate) tamper: Option<Tamper>,
}

fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

pub(crate) fn problem(code: ProblemCode) -> HttpReply {
    let registered = (code == ProblemCode::OtherAccountRegistered).then(|| "lee@example.org".into());
    let problem = Problem { value: registered, ..Problem::new(code, "refused in a test", "r-1") };
    let body = serde_json::to_vec(&problem).unwrap();
    HttpReply { status: code.status(), headers: Vec::new(), body }
}

fn json<T: Serialize>(status: u16, body: &T) -> HttpReply {
    HttpReply { status, headers: Vec::new(), body: serde_json::to_vec(body).unwrap() }
}

fn parse<T: DeserializeOwned>(request: &HttpRequest) -> T {
    serde_json::from_slice(&request.body).unwrap()
}

impl Server {
    pub(crate) fn new(platform: Platform, now: UnixMillis) -> Self {
        let root = SigningKey::from_seed(&[1; 32]).unwrap();
        let signing = SigningKey::from_seed(&[2; 32]).unwrap();
        let tenant = TenantId(uuid(0x7e));
        let far = now.plus(Millis::from_days(3_650));
        let keyset = Keyset {
            tenant,
            version: 1,
            issued_at: now,
            expires_at: far,
            keys: vec![ListedKey::new(signing.public(), &Namespace::SERVER, now, far)],
        };
        Self {
            tenant,
            platform,
            root,
            signing,
            keyset,
            now,
            lease: Millis::from_days(1),
            state: AccountState::Protected,
            settings: BTreeMap::from([
                ("allowedOutboundDataTransferDestinations".to_owned(), "managedApps".into()),
                ("allowedInboundDataTransferSources".to_owned(), "managedApps".into()),
            ]),
            app_signers: Vec::new(),
            config: Vec::new(),
            version: 1,
            account: AccountId(uuid(0xacc)),
            instances: BTreeMap::new(),
            sessions: BTreeMap::new(),
            statuses: Vec::new(),
            receipts: Vec::new(),
            requests: Vec::new(),
            refuse_registration: None,
            code: None,
            entropy: Entropy(1 << 40),
            lie: None,
            tamper: None,
        }
    }

    pub(crate) fn signed_keyset(&self) -> Bytes {
        self.keyset.sign(&self.root).unwrap().into()
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.settings.insert(name.to_owned(), value.into());
        self.version += 1;
    }

    pub(crate) fn bundle(&self, app: &str) -> Bundle {
        let content = BundleContent {
            settings: self.settings.clone(),
            sources: vec![BundleSource {
                policy: ringfence_model::PolicyId(uuid(5)),
                name: "Everybody".to_owned(),
                version: "3".to_owned(),
            }],
            deciders: BTreeMap::new(),
            managed_apps: vec![APP.to_owned(), PEER.to_owned()],
            config: self.config.clone(),
            app_signers: self.app_signers.clone(),
        };
        let audience = Audience { tenant: self.tenant, platform: self.platform, app };
        Bundle::new(audience, self.version, 1, self.now, self.lease, content).unwrap()
    }

    /// The instance that is registered now.
    pub(crate) fn live(&self) -> Option<InstanceId> {
        self.instances.iter().find(|(_, instance)| !instance.removed).map(|(id, _)| *id)
    }

    pub(crate) fn order_wipe(&mut self, instance: InstanceId) -> WipeId {
        let order = WipeId(uuid(0xf00 + u128::from(self.entropy.0)));
        self.instances.get_mut(&instance).unwrap().orders.push(order);
        order
    }

    pub(crate) fn signed_order(&self, id: InstanceId, order: WipeId) -> Bytes {
        let instance = &self.instances[&id];
        WipeOrder {
            tenant: self.tenant,
            order,
            account: instance.account,
            instance: id,
            app: instance.app.clone(),
            issued_at: self.now,
            expires_at: self.now.plus(Millis::from_days(90)),
            reason: "administrator".to_owned(),
        }
        .sign(&self.signing)
        .unwrap()
        .into()
    }

    pub(crate) fn handle(&mut self, request: &HttpRequest) -> HttpReply {
        self.requests.push(format!("{} {}", request.method, request.path));
        let mut reply = match (request.method, request.path.as_str()) {
            ("GET", "/phone/v1/tenant") => json(
                200,
                &TenantInfo {
                    tenant_id: self.tenant,
                    name: "Example".to_owned(),
                    root_key: self.root.public(),
                    keyset: self.signed_keyset(),
                    now: None,
                },
            ),
            ("GET", "/phone/v1/signin") => json(200, &super::provider::ways()),
            ("POST", "/phone/v1/signin") if super::provider::carries_code(request) => {
                self.signed_in(super::provider::takes(request))
            }
            ("POST", "/phone/v1/signin") => self.sign_in(&parse(request)),
            ("POST", "/phone/v1/registrations") => self.register(&parse::<RegistrationRequest>(request)),
            ("POST", "/phone/v1/sessions") => self.open(&parse::<SessionRequest>(request)),
            ("POST", "/phone/v1/receipts") => self.receipt(&parse::<ReceiptRequest>(request)),
            _ => self.authenticated(request),
        };
        if let Some(tamper) = &self.tamper {
            tamper(request, &mut reply);
        }
        reply
    }

    fn sign_in(&self, request: &SignInRequest) -> HttpReply {
        if request.user_principal_name != USER || request.password != "correct horse 7" {
            return self.signed_in(false);
        }
        match (&self.code, &request.one_time_code) {
            (Some(_), None) => problem(ProblemCode::CodeRequired),
            (Some(wanted), Some(given)) if wanted != given => problem(ProblemCode::CodeWrong),
            _ => self.signed_in(true),
        }
    }

    fn signed_in(&self, right: bool) -> HttpReply {
        if !right {
            return problem(ProblemCode::CredentialsInvalid);
        }
        json(
            200,
            &SignInReply {
                access_token: "token-1".to_owned(),
                expires_at: self.now.plus(Millis::from_minutes(10)),
                account_id: self.account,
                user_principal_name: USER.to_owned(),
                display_name: "Kim".to_owned(),
                tenant_id: self.tenant,
            },
        )
    }

    fn register(&mut self, request: &RegistrationRequest) -> HttpReply {
        if let Some(code) = self.refuse_registration {
            return problem(code);
        }
        let hello =
            register::verify(request.hello.as_ref(), self.tenant, self.account, "token-1", self.now).unwrap();
        for instance in self.instances.values_mut() {
            if instance.device_tag == hello.device_tag && instance.app == hello.app {
                instance.removed = true;
            }
        }
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let id = InstanceId::make(self.now, random);
        self.instances.insert(
            id,
            Instance {
                account: hello.account,
                key: hello.public_key,
                app: hello.app,
                device_tag: hello.device_tag,
                removed: false,
                orders: Vec::new(),
            },
        );
        json(
            201,
            &RegistrationReply { instance_id: id, tenant_id: self.tenant, keyset: self.signed_keyset() },
        )
    }

    fn open(&mut self, request: &SessionRequest) -> HttpReply {
        let hello = peek_hello(request.hello.as_ref()).unwrap();
        let Some(instance) = self.instances.get(&hello.instance).filter(|instance| !instance.removed) else {
            return problem(ProblemCode::InstanceRefused);
        };
        let responder = Responder {
            tenant: self.tenant,
            instance: hello.instance,
            instance_key: &instance.key,
            signing_key: &self.signing,
            now: self.now,
        };
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let session = SessionId::make(self.now, random);
        let entropy = &mut self.entropy;
        let answered =
            responder.respond(request.hello.as_ref(), session, Millis::from_minutes(60), &mut |out| {
                entropy.fill(out);
            });
        let Ok((reply, established)) = answered else { return problem(ProblemCode::ProofInvalid) };
        let open = Open { instance: hello.instance, keys: established.keys, window: ReplayWindow::default() };
        self.sessions.insert(session, open);
        json(201, &SessionAnswer { reply: reply.into() })
    }

    pub(crate) fn forget_sessions(&mut self) {
        self.sessions.clear();
    }

    fn authenticated(&mut self, request: &HttpRequest) -> HttpReply {
        let header = |name: &str| {
            request.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
        };
        let session: SessionHeader = header(SESSION_HEADER).parse().unwrap();
        let Some(open) = self.sessions.get_mut(&session.session) else {
            return problem(ProblemCode::SessionUnknown);
        };
        let parts = RequestParts {
            counter: session.counter,
            method: request.method,
            path_and_query: &request.path,
            if_none_match: header("If-None-Match"),
            body: &request.body,
        };
        assert!(open.keys.verify_request(&parts, &session.mac), "the core signs its requests");
        assert!(open.window.accept(session.counter), "the core never repeats a counter");
        let (keys, instance) = (open.keys.clone(), open.instance);
        let mut reply = match request.path.as_str() {
            "/phone/v1/checkin" => self.check_in(instance, header("If-None-Match")),
            "/phone/v1/status" => {
                self.statuses.push(parse(request));
                HttpReply { status: 204, ..HttpReply::default() }
            }
            "/phone/v1/registration" => {
                assert_eq!(request.method, "DELETE");
                self.instances.get_mut(&instance).unwrap().removed = true;
                HttpReply { status: 204, ..HttpReply::default() }
            }
            other => panic!("unexpected path {other}"),
        };
        let etag = reply.header("ETag").unwrap_or_default().to_owned();
        let parts =
            ReplyParts { counter: session.counter, status: reply.status, etag: &etag, body: &reply.body };
        reply.headers.push((REPLY_HEADER.to_owned(), keys.reply_mac(&parts).to_string()));
        reply
    }

    fn check_in(&self, id: InstanceId, offered: &str) -> HttpReply {
        let instance = &self.instances[&id];
        let etag = format!("\"{}-{:?}-{}\"", self.version, self.state, instance.orders.len());
        if offered == etag && self.lie.is_none() {
            return HttpReply { status: 304, headers: vec![("ETag".to_owned(), etag)], body: Vec::new() };
        }
        let protected = self.state == AccountState::Protected;
        let bundle: Option<Bytes> =
            protected.then(|| self.bundle(&instance.app).sign(&self.signing).unwrap().into());
        let mut body = CheckInReply {
            server_time: self.now,
            state: self.state,
            bundle_hash: bundle.as_ref().map(|bytes| Digest::of(bytes.as_ref())),
            bundle,
            keyset: Some(self.signed_keyset()),
            orders: instance.orders.iter().map(|order| self.signed_order(id, *order)).collect(),
            next_check_in: Millis::from_minutes(30),
        };
        if let Some(lie) = &self.lie {
            lie(&mut body);
        }
        let mut reply = json(200, &body);
        reply.headers.push(("ETag".to_owned(), etag));
        reply
    }

    fn receipt(&mut self, request: &ReceiptRequest) -> HttpReply {
        let claims = peek_receipt(request.receipt.as_ref()).unwrap();
        let instance = self.instances.get_mut(&claims.instance).unwrap();
        let receipt =
            verify_receipt(request.receipt.as_ref(), &instance.key, self.tenant, claims.instance).unwrap();
        assert!(
            receipt.order.is_none()
                || self.receipts.iter().all(|r| r.order != receipt.order)
                || instance.removed
        );
        if !instance.removed {
            instance.removed = true;
            instance.orders.retain(|order| Some(*order) != receipt.order);
            self.receipts.push(receipt);
        }
        HttpReply { status: 204, ..HttpReply::default() }
    }
}
