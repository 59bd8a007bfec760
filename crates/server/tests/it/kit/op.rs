//! A small OpenID Connect provider with real keys on loopback, which does as it is told, right or wrong.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
        RsaKeyPair,
    },
};
use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A private key of the provider.
pub(crate) enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Key {
    pub(crate) fn make(alg: &str) -> Self {
        match alg {
            "RS256" => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
            "ES256" => Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            _ => Self::Ed(Ed25519KeyPair::generate().unwrap()),
        }
    }

    pub(crate) const fn alg(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
        }
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let mut jwk = match self {
            Self::Rsa(key) => {
                let public = key.public_key();
                json!({"kty": "RSA", "n": b64(public.modulus().big_endian_without_leading_zero()),
                    "e": b64(public.exponent().big_endian_without_leading_zero())})
            }
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..])})
            }
            Self::Ed(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": b64(key.public_key().as_ref())}),
        };
        jwk["kid"] = json!(kid);
        jwk["use"] = json!("sig");
        jwk
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header and content, signed by this key.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = b64(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A code that was given out.
#[derive(Clone)]
struct Grant {
    client: String,
    redirect: String,
    challenge: String,
    nonce: Value,
}

pub(crate) struct Inner {
    pub(crate) keys: Vec<(String, Key)>,
    /// What the next identity tokens say, over the usual.
    pub(crate) claims: Value,
    /// What answers of the authorization endpoint say as `iss`; none leaves it out.
    pub(crate) iss: Option<String>,
    /// Accept a code again: a careless provider.
    pub(crate) replays: bool,
    pub(crate) key_fetches: usize,
    /// Identity tokens given out.
    pub(crate) given: Vec<String>,
    codes: HashMap<String, Grant>,
    issued: usize,
    now_s: i64,
}

#[derive(Clone)]
pub(crate) struct Op {
    pub(crate) addr: SocketAddr,
    pub(crate) inner: Arc<Mutex<Inner>>,
}

impl Op {
    /// Serves until the test ends.
    pub(crate) async fn start(now: ringfence_model::UnixMillis) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let inner = Inner {
            keys: vec![("k1".into(), Key::make("ES256"))],
            claims: json!({}),
            iss: Some(format!("http://{addr}")),
            replays: false,
            key_fetches: 0,
            given: Vec::new(),
            codes: HashMap::new(),
            issued: 0,
            now_s: now.0 / 1000,
        };
        let op = Self { addr, inner: Arc::new(Mutex::new(inner)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(op.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        op
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// An access token by the first key, with some claims changed (`null` removes).
    pub(crate) fn access_token(&self, change: &Value) -> String {
        let mut claims = json!({
            "iss": self.issuer(), "aud": "urn:ringfence", "sub": "daemon", "client_id": "daemon",
            "exp": self.now_s() + 3600, "iat": self.now_s(), "scope": "DeviceManagementApps.ReadWrite.All",
        });
        merge(&mut claims, change);
        self.sign(&claims)
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let inner = self.inner.lock().unwrap();
        let (kid, key) = &inner.keys[0];
        key.token(&json!({"alg": key.alg(), "kid": kid, "typ": "at+jwt"}), claims)
    }

    pub(crate) fn now_s(&self) -> i64 {
        self.inner.lock().unwrap().now_s
    }

    /// The old keys go, a new one comes.
    pub(crate) fn roll_over(&self, kid: &str, alg: &str) -> Vec<(String, Key)> {
        std::mem::replace(&mut self.inner.lock().unwrap().keys, vec![(kid.into(), Key::make(alg))])
    }
}

pub(crate) fn merge(claims: &mut Value, change: &Value) {
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
}

async fn discovery(State(op): State<Op>) -> Json<Value> {
    let issuer = op.issuer();
    Json(json!({
        "issuer": issuer, "jwks_uri": format!("{issuer}/jwks"), "token_endpoint": format!("{issuer}/token"),
        "authorization_endpoint": format!("{issuer}/authorize"), "end_session_endpoint": format!("{issuer}/end"),
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(op): State<Op>) -> Json<Value> {
    let mut inner = op.inner.lock().unwrap();
    inner.key_fetches += 1;
    let keys: Vec<Value> = inner.keys.iter().map(|(kid, key)| key.jwk(kid)).collect();
    Json(json!({ "keys": keys }))
}

/// Everybody who comes is signed in at once.
async fn authorize(State(op): State<Op>, Query(query): Query<HashMap<String, String>>) -> Response {
    let mut inner = op.inner.lock().unwrap();
    inner.issued += 1;
    let code = format!("code-{}", inner.issued);
    let member = |name: &str| query.get(name).cloned().unwrap_or_default();
    if member("code_challenge_method") != "S256" || member("response_type") != "code" {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let grant = Grant {
        client: member("client_id"),
        redirect: member("redirect_uri"),
        challenge: member("code_challenge"),
        nonce: json!(member("nonce")),
    };
    inner.codes.insert(code.clone(), grant);
    let mut target = format!("{}?code={code}&state={}", member("redirect_uri"), member("state"));
    if let Some(iss) = &inner.iss {
        target.push_str(&format!("&iss={}", iss.replace(':', "%3A").replace('/', "%2F")));
    }
    Redirect::to(&target).into_response()
}

async fn token(State(op): State<Op>, form: String) -> Response {
    let form: HashMap<String, String> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let issuer = op.issuer();
    let mut inner = op.inner.lock().unwrap();
    let refuse = || (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    let code = form.get("code").cloned().unwrap_or_default();
    let grant = if inner.replays { inner.codes.get(&code).cloned() } else { inner.codes.remove(&code) };
    let Some(grant) = grant else { return refuse() };
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    if b64(digest(&SHA256, verifier.as_bytes())) != grant.challenge
        || form.get("redirect_uri") != Some(&grant.redirect)
    {
        return refuse();
    }
    let mut claims = json!({
        "iss": issuer, "aud": grant.client, "sub": "alice", "nonce": grant.nonce, "exp": inner.now_s + 300,
        "iat": inner.now_s, "preferred_username": "anna@school.example", "name": "Anna",
    });
    merge(&mut claims, &inner.claims);
    let (kid, key) = &inner.keys[0];
    let id_token = key.token(&json!({"alg": key.alg(), "kid": kid}), &claims);
    inner.given.push(id_token.clone());
    Json(json!({"access_token": "opaque", "token_type": "Bearer", "id_token": id_token})).into_response()
}
