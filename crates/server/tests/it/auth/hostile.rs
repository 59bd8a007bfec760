//! Hostile tokens and answers: each is refused with 401 and a challenge that says why.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use http_body_util::Full;
use hyper::{Request, body::Bytes};
use ringfence_model::Millis;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Answer, Client, START, World,
        browser::Browser,
        op::{Key, Op, b64},
    },
};

const ROUTES: [&str; 4] =
    ["/v1.0/users", "/beta/deviceAppManagement/iosManagedAppProtections", "/api/v1/whoami", "/scim/v2/Users"];
const REDIRECT: &str = "com.example.mail://signed-in";
const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-0123";

async fn trust(world: &World, op: &Op) {
    let body = json!({
        "name": "op", "issuer": op.issuer(), "audiences": ["urn:ringfence"], "clientId": "web", "clientSecret": "s",
        "nativeClientId": "app",
    });
    world.admin.post("/api/v1/providers", &body).await.expect(201);
}

/// 401 with a challenge that says `why`, and nothing of what was presented.
#[track_caller]
fn refused(name: &str, answer: &Answer, scheme: &str, why: &str) {
    assert_eq!(answer.status.as_u16(), 401, "{name}: {}", answer.text());
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with(&format!("{scheme} realm=\"ringfence\"")), "{name}: {challenge}");
    assert!(challenge.contains("error_description=\"") && challenge.contains(why), "{name}: {challenge}");
}

fn header(text: &Value) -> String {
    b64(text.to_string())
}

both!(tokens, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op).await;
    let now = op.now_s();
    let good = op.access_token(&json!({}));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let content = message.split_once('.').unwrap().1;
    let claims: Value = {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(content).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let (public, with_kid, with_crit, brought) = {
        let inner = op.inner.lock().unwrap();
        let (kid, key) = &inner.keys[0];
        let signed = |header: Value| key.token(&header, &claims);
        (
            key.jwk(kid).to_string(),
            signed(json!({"alg": "ES256", "kid": "another"})),
            signed(json!({"alg": "ES256", "kid": kid, "crit": ["x"], "x": 1})),
            Key::make("ES256").token(&json!({"alg": "ES256", "kid": kid}), &claims),
        )
    };
    let shared = {
        let message = format!("{}.{content}", header(&json!({"alg": "HS256", "kid": "k1"})));
        let key = hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes());
        format!("{message}.{}", b64(hmac::sign(&key, message.as_bytes())))
    };
    let signature_why = "not by a key that the issuer publishes now";
    let table = [
        ("alg none", format!("{}.{content}.", header(&json!({"alg": "none"}))), "`none` is not accepted"),
        (
            "alg none with kid",
            format!("{}.{content}.{signature}", header(&json!({"alg": "none", "kid": "k1"}))),
            "`none`",
        ),
        (
            "alg in another case",
            format!("{}.{content}.{signature}", header(&json!({"alg": "eS256", "kid": "k1"}))),
            "`eS256`",
        ),
        ("a quote in alg", format!("{}.{content}.", header(&json!({"alg": "a\"\r\nx: y"}))), "`a???x: y`"),
        ("public key as a shared secret", shared, "`HS256` is not accepted"),
        ("wrong kid", with_kid, signature_why),
        ("foreign key under a known kid", brought, signature_why),
        ("no signature", format!("{message}."), signature_why),
        ("crit", with_crit, "its header demands extensions"),
        ("another audience", op.access_token(&json!({"aud": "urn:other"})), "meant for another audience"),
        (
            "another issuer",
            op.access_token(&json!({"iss": "https://other.example"})),
            "no provider of this organisation",
        ),
        ("expired", op.access_token(&json!({"exp": now - 61})), "it has expired"),
        ("not valid yet", op.access_token(&json!({"nbf": now + 61})), "it is not valid yet"),
        ("issued tomorrow", op.access_token(&json!({"iat": now + 86_400})), "it is not valid yet"),
        ("no subject", op.access_token(&json!({"sub": null})), "`sub` is missing"),
        ("an identity token", op.access_token(&json!({"nonce": "n"})), "another kind"),
        ("huge", format!("{good}{}", "A".repeat(17_000)), "longer than 16 KiB"),
        ("our own, invented", "rf_0123456789".to_owned(), "unknown, revoked or expired"),
    ];
    for (name, token, why) in &table {
        for route in ROUTES {
            let answer = Client::new(world.server.addr, Some(token.clone())).get(route).await;
            refused(name, &answer, "Bearer", why);
            let challenge = answer.headers["www-authenticate"].to_str().unwrap();
            assert!(challenge.contains("error=\"invalid_token\""), "{name}: {challenge}");
            assert!(!answer.text().contains(token.as_str()), "{name}: {}", answer.text());
        }
    }
    // No kid: good while there is one key to choose, refused when there are two.
    let nameless = op.inner.lock().unwrap().keys[0].1.token(&json!({"alg": "ES256"}), &claims);
    let client = Client::new(world.server.addr, Some(nameless));
    client.get("/api/v1/whoami").await.expect(200);
    op.inner.lock().unwrap().keys.push(("k2".into(), Key::make("ES256")));
    world.clock.advance(Millis::from_minutes(5));
    refused("no kid", &client.get("/api/v1/whoami").await, "Bearer", signature_why);
    Client::new(world.server.addr, Some(good.clone())).get("/api/v1/whoami").await.expect(200);
    // The old key after the new one came.
    op.roll_over("k3", "ES256");
    world.clock.advance(Millis::from_minutes(5));
    let old = Client::new(world.server.addr, Some(good)).get("/api/v1/whoami").await;
    refused("old key", &old, "Bearer", signature_why);
    world.stop().await;
});

both!(challenges_of_those_who_bring_nothing_or_too_much, |database| {
    let world = World::start(database).await;
    for route in ROUTES.into_iter().chain(["/auth/session"]) {
        let answer = world.anonymous().get(route).await;
        refused(route, &answer, "Bearer", "");
        assert!(!answer.headers["www-authenticate"].to_str().unwrap().contains("error=\""), "{route}");
    }
    let two = |path: &str, method: &str, kind: &str| {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "x")
            .header("content-type", kind)
            .header("authorization", format!("Bearer {}", world.admin.token()))
            .header("authorization", "Bearer another")
            .body(Full::new(Bytes::from_static(b"grant_type=client_credentials")))
            .unwrap()
    };
    for route in ROUTES {
        let answer = world.anonymous().request(two(route, "GET", "application/json")).await;
        refused(route, &answer, "Bearer", "more than one `Authorization` header");
    }
    let form = "application/x-www-form-urlencoded";
    let answer = world.anonymous().request(two("/default/oauth2/v2.0/token", "POST", form)).await;
    refused("token endpoint", &answer, "Basic", "more than one `Authorization` header");
    let wrong = "grant_type=client_credentials&client_id=x&client_secret=y";
    let mut browser = Browser::new(&world);
    let answer = browser.post("/default/oauth2/v2.0/token", wrong).await;
    refused("client", &answer, "Basic", "error=\"invalid_client\"");
    let answer = browser.post("/auth/login", "userName=admin&password=wrong").await;
    refused("page", &answer, "Bearer", "the name or the password is wrong");

    // Phones.
    let phone = world.anonymous();
    let body = json!({"hello": ""});
    refused("registration", &phone.post("/phone/v1/registrations", &body).await, "Bearer", "sign in first");
    let invented = Client::new(world.server.addr, Some("rfa_x".into()));
    let answer = invented.post("/phone/v1/registrations", &body).await;
    refused("registration", &answer, "Bearer", "error=\"invalid_token\"");
    let wrong = json!({"userPrincipalName": "kim@school.example", "password": "x"});
    refused("password", &phone.post("/phone/v1/signin", &wrong).await, "Bearer", "the password is wrong");
    for (method, path) in [
        ("GET", "/phone/v1/checkin"),
        ("GET", "/phone/v1/events"),
        ("POST", "/phone/v1/status"),
        ("DELETE", "/phone/v1/registration"),
    ] {
        let answer = phone.send(method.parse().unwrap(), path, Some(b"{}".to_vec())).await;
        refused(path, &answer, "Ringfence-Session", "error=\"session_unknown\"");
    }
    world.stop().await;
});

both!(answers_of_a_provider, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op).await;
    let mut browser = Browser::new(&world);
    let go = async |browser: &mut Browser| {
        let out = Browser::target(&browser.get("/auth/oidc/op/login").await);
        let path = out.strip_prefix(&op.issuer()).unwrap().to_owned();
        let back =
            Client::new(op.addr, None).get(&path).await.headers["location"].to_str().unwrap().to_owned();
        let at = back.match_indices('/').nth(2).unwrap().0;
        back[at..].to_owned()
    };
    op.inner.lock().unwrap().claims = json!({"nonce": "another"});
    let back = go(&mut browser).await;
    refused("nonce", &browser.get(&back).await, "Bearer", "of another sign-in");
    op.inner.lock().unwrap().claims = json!({});
    let back = go(&mut browser).await;
    let changed = back.replace("state=", "state=x");
    refused("state", &browser.get(&changed).await, "Bearer", "did not begin in this browser");
    assert_eq!(browser.get(&back).await.status, 403, "the right one has no role");
    refused("replayed", &browser.get(&back).await, "Bearer", "this sign-in is over");

    // The same for an app on a phone, whose code the server exchanges.
    let code = async || {
        let challenge = b64(digest(&SHA256, VERIFIER.as_bytes()));
        let path = format!(
            "/authorize?response_type=code&client_id=app&redirect_uri={REDIRECT}&state=s&nonce=n\
             &code_challenge={challenge}&code_challenge_method=S256"
        );
        let answer = Client::new(op.addr, None).get(&path).await;
        let back = answer.headers["location"].to_str().unwrap().to_owned();
        back.split_once("code=").unwrap().1.split_once('&').unwrap().0.to_owned()
    };
    let send = async |code: &str, nonce: &str| {
        let body = json!({"provider": "op", "authorizationCode": code, "codeVerifier": VERIFIER, "nonce": nonce,
            "redirectUri": REDIRECT});
        world.anonymous().post("/phone/v1/signin", &body).await
    };
    refused("phone: nonce", &send(&code().await, "m").await, "Bearer", "of another sign-in");
    let once = code().await;
    refused("phone: unknown", &send(&once, "n").await, "Bearer", "the directory does not know");
    refused("phone: replayed", &send(&once, "n").await, "Bearer", "did not take the code");
    world.stop().await;
});
