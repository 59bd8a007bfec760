//! Who was not let in stands in the audit log, and who administers too.

use ringfence_model::Millis;
use ringfence_server::env::Clock as _;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Client, START, World,
        browser::Browser,
        op::Op,
        school::{School, upn},
        totp::totp,
    },
};

/// Entries of an act, oldest first.
async fn entries(world: &World, act: &str) -> Vec<Value> {
    let found = world.admin.get(&format!("/api/v1/audit?act={act}")).await.expect(200);
    found["entries"].as_array().unwrap().clone()
}

/// What the newest entry says.
async fn newest(world: &World) -> (String, String) {
    let entry = entries(world, "signIn.refuse").await.pop().expect("an entry");
    assert_eq!((&entry["outcome"], &entry["from"]), (&json!("refused"), &json!("127.0.0.1")), "{entry}");
    assert!(entry["requestId"].is_string() && entry["detail"].is_string(), "{entry}");
    let text = |name: &str| entry[name].as_str().unwrap().to_owned();
    (text("object"), text("reason"))
}

fn said(object: impl Into<String>, reason: &str) -> (String, String) {
    (object.into(), reason.to_owned())
}

both!(wrong_passwords_locks_and_codes, |database| {
    let world = World::start(database).await;
    let client = world.anonymous();
    let first = world.server.admin_password.clone().unwrap();
    let sign_in = async |name: &str, password: &str, code: Option<&str>| {
        let body = json!({"userName": name, "password": password, "code": code});
        client.post("/api/v1/signin", &body).await
    };
    let account = {
        let body = json!({"userName": "admin", "password": first, "newPassword": "a longer password"});
        let token = client.post("/api/v1/signin", &body).await.expect(200);
        let own = Client::new(world.server.addr, Some(token["token"].as_str().unwrap().to_owned()));
        own.post("/api/v1/account/totp", &json!({"password": "wrong"})).await.expect(401);
        let id = own.get("/api/v1/whoami").await.expect(200)["id"].as_str().unwrap().to_owned();
        assert_eq!(newest(&world).await, said(&id, "sign_in_failed"));
        world.clock.advance(Millis::from_minutes(1));
        let made =
            own.post("/api/v1/account/totp", &json!({"password": "a longer password"})).await.expect(201);
        own.post("/api/v1/account/totp/confirm", &json!({"code": "000000"})).await.expect(401);
        assert_eq!(newest(&world).await, said(&id, "code_wrong"));
        let code = totp(made["secret"].as_str().unwrap(), world.clock.now());
        own.post("/api/v1/account/totp/confirm", &json!({"code": code})).await.expect(200);
        id
    };
    let done = entries(&world, "signIn.complete").await;
    assert_eq!(done.len(), 1);
    assert_eq!((&done[0]["object"], &done[0]["from"]), (&json!(account), &json!("127.0.0.1")), "{done:?}");

    sign_in("Admin", "wrong", None).await.expect(401);
    assert_eq!(newest(&world).await, said(&account, "sign_in_failed"));
    world.clock.advance(Millis::from_minutes(1));
    // A step on the way in is no refusal.
    let before = entries(&world, "signIn.refuse").await.len();
    sign_in("admin", "a longer password", None).await.expect(403);
    assert_eq!(entries(&world, "signIn.refuse").await.len(), before);
    sign_in("admin", "a longer password", Some("000000")).await.expect(401);
    assert_eq!(newest(&world).await, said(&account, "code_wrong"));
    for _ in 0..5 {
        sign_in("admin", "wrong", None).await.expect(401);
    }
    sign_in("admin", "wrong", None).await.expect(429);
    assert_eq!(newest(&world).await, said(&account, "account_locked"));

    // The page says the same; a name that nobody has is kept when it looks like one.
    let mut browser = Browser::new(&world);
    assert_eq!(browser.post("/auth/login", "userName=mallory%40evil.example&password=x").await.status, 401);
    assert_eq!(newest(&world).await, said("account:unknown", "signin-wrong"));
    assert_eq!(entries(&world, "signIn.refuse").await.pop().unwrap()["tried"], json!("mallory@evil.example"));
    world.clock.advance(Millis::from_minutes(1));
    sign_in("my secret password", "x", None).await.expect(401);
    let entry = entries(&world, "signIn.refuse").await.pop().unwrap();
    assert_eq!((&entry["object"], &entry["tried"]), (&json!("account:unknown"), &json!(null)), "{entry}");
    let all = world.admin.get("/api/v1/audit").await.expect(200).to_string();
    assert!(!all.contains("my secret") && !all.contains("a longer password"), "{all}");
    assert_eq!(world.admin.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));
    let csv = world.admin.get("/api/v1/audit/export?format=csv").await;
    assert!(csv.text().contains("mallory@evil.example"), "{}", csv.text());
    world.stop().await;
});

both!(whoever_repeats_cannot_fill_the_log, |database| {
    let world = World::start(database).await;
    for _ in 0..10 {
        let wrong = Client::new(world.server.addr, Some("rf_wrong".into()));
        wrong.get("/v1.0/users").await.expect(401);
    }
    assert_eq!(entries(&world, "signIn.refuse").await.len(), 1);
    assert_eq!(newest(&world).await, said("token:unknown", "token_unknown"));
    world.clock.advance(Millis::from_minutes(1));
    Client::new(world.server.addr, Some("rf_wrong".into())).get("/scim/v2/Users").await.expect(401);
    let entry = entries(&world, "signIn.refuse").await.pop().unwrap();
    assert_eq!((&entry["repeated"], &entry["request"]), (&json!(9), &json!("GET /scim/v2/Users")), "{entry}");
    // Nothing presented, nothing tried.
    world.anonymous().get("/v1.0/users").await.expect(401);
    assert_eq!(entries(&world, "signIn.refuse").await.len(), 2);
    world.stop().await;
});

both!(tokens_that_ended, |database| {
    let world = World::start(database).await;
    let body = json!({"name": "script", "role": "owner", "days": 1});
    let make = async || {
        let made = world.admin.post("/api/v1/tokens", &body).await.expect(201);
        let client = Client::new(world.server.addr, Some(made["token"].as_str().unwrap().to_owned()));
        (client, made["id"].as_str().unwrap().to_owned())
    };
    let ((revoked, first), (expired, second)) = (make().await, make().await);
    world.admin.delete(&format!("/api/v1/tokens/{first}")).await.expect(204);
    revoked.get("/api/v1/whoami").await.expect(401);
    assert_eq!(newest(&world).await, said(format!("token:{first}"), "token_revoked"));
    world.clock.advance(Millis::from_days(1));
    expired.get("/api/v1/whoami").await.expect(401);
    assert_eq!(newest(&world).await, said(format!("token:{second}"), "token_expired"));

    let program = json!({"name": "import", "roles": ["auditor"]});
    let made = world.admin.post("/api/v1/programs", &program).await.expect(201);
    let id = made["clientId"].as_str().unwrap();
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret=wrong");
    assert_eq!(Browser::new(&world).post("/default/oauth2/v2.0/token", &form).await.status, 401);
    assert_eq!(newest(&world).await, said(format!("program:{id}"), "invalid_client"));
    world.stop().await;
});

both!(people_on_phones, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let sign_in = async |name: &str, password: &str| {
        let body = json!({"userPrincipalName": name, "password": password});
        world.anonymous().post("/phone/v1/signin", &body).await
    };
    sign_in(&upn("kim"), "wrong").await.expect(401);
    let kim = format!("user:{}", school.id("kim"));
    assert_eq!(newest(&world).await, said(&kim, "credentials_invalid"));
    sign_in("nobody@evil.example", "wrong").await.expect(401);
    assert_eq!(newest(&world).await, said("user:unknown", "credentials_invalid"));
    school.enable("kim", false).await;
    sign_in(&upn("kim"), crate::kit::school::PASSWORD).await.expect(403);
    assert_eq!(newest(&world).await, said(&kim, "account_disabled"));
    // What is kept of kim can be found and erased.
    let path = format!("/api/v1/audit?user={}&act=signIn.refuse", school.id("kim"));
    assert_eq!(world.admin.get(&path).await.expect(200)["entries"].as_array().unwrap().len(), 2);
    world.stop().await;
});

both!(sign_ins_at_a_provider_and_its_tokens, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    let body = json!({
        "name": "op", "issuer": op.issuer(), "clientId": "web", "clientSecret": "s", "audiences": ["urn:ringfence"],
        "roles": [{"claim": "groups", "value": "Admins", "role": "contributor"}],
    });
    world.admin.post("/api/v1/providers", &body).await.expect(201);
    let mut browser = Browser::new(&world);
    let mut enter = async |claims: Value| {
        op.inner.lock().unwrap().claims = claims;
        let out = Browser::target(&browser.get("/auth/oidc/op/login").await);
        let path = out.strip_prefix(&op.issuer()).unwrap().to_owned();
        let back =
            Client::new(op.addr, None).get(&path).await.headers["location"].to_str().unwrap().to_owned();
        let at = back.match_indices('/').nth(2).unwrap().0;
        browser.get(&back[at..]).await
    };
    assert_eq!(enter(json!({"nonce": "another"})).await.status, 401);
    assert_eq!(newest(&world).await, said("provider:op", "signin-token"));
    assert_eq!(enter(json!({"groups": []})).await.status, 403);
    let (who, reason) = newest(&world).await;
    assert!(who.starts_with("person:op:") && reason == "signin-no-role", "{who} {reason}");
    assert_eq!(enter(json!({"groups": ["Admins"]})).await.status, 303);
    let done = entries(&world, "signIn.complete").await.pop().unwrap();
    assert_eq!((&done["object"], &done["from"]), (&json!(who), &json!("127.0.0.1")), "{done}");

    let now = op.now_s();
    for (change, object, reason) in [
        (json!({"aud": "urn:other"}), "provider:op", "token_audience"),
        (json!({"exp": now - 61}), "provider:op", "token_expired"),
        (json!({"iss": "https://other.example"}), "provider:unknown", "token_issuer"),
    ] {
        let token = op.access_token(&change);
        Client::new(world.server.addr, Some(token)).get("/v1.0/users").await.expect(401);
        assert_eq!(newest(&world).await, said(object, reason));
    }
    world.stop().await;
});
