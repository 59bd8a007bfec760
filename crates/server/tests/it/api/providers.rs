use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringfence_model::Millis;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Client, START, World,
        op::{Key, Op, b64},
    },
};

/// A provider whose access tokens are taken.
async fn trust(world: &World, op: &Op, change: &Value) {
    let mut body = json!({"name": "op", "issuer": op.issuer(), "audiences": ["urn:ringfence"]});
    crate::kit::op::merge(&mut body, change);
    world.admin.post("/api/v1/providers", &body).await.expect(201);
}

async fn status(world: &World, token: &str) -> (u16, String) {
    let client = Client::new(world.server.addr, Some(token.to_owned()));
    let answer = client.get("/v1.0/deviceAppManagement/iosManagedAppProtections").await;
    (answer.status.as_u16(), answer.text().to_owned())
}

both!(tokens_of_programs_open_the_graph_api_within_their_scopes, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op, &json!({})).await;
    for alg in ["ES256", "RS256", "EdDSA"] {
        op.roll_over(alg, alg);
        world.clock.advance(Millis::from_secs(11));
        assert_eq!(status(&world, &op.access_token(&json!({}))).await.0, 200, "{alg}");
    }
    let client = Client::new(world.server.addr, Some(op.access_token(&json!({}))));
    let policy =
        json!({"@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "By a daemon"});
    client.post("/v1.0/deviceAppManagement/iosManagedAppProtections", &policy).await.expect(201);
    let denied = client.get("/api/v1/tokens").await.expect(403);
    assert!(denied["detail"].as_str().unwrap().contains("ringfence:tokens.manage"), "{denied}");
    let entries = world.admin.get("/api/v1/audit").await.expect(200).to_string();
    assert!(entries.contains("program:op:daemon"), "{entries}");

    let reader = op.access_token(&json!({"scope": null, "scp": "DeviceManagementApps.Read.All"}));
    let reader = Client::new(world.server.addr, Some(reader));
    reader.get("/v1.0/deviceAppManagement/iosManagedAppProtections").await.expect(200);
    reader.post("/v1.0/deviceAppManagement/iosManagedAppProtections", &policy).await.expect(403);

    // A person without a role has nothing, whatever the scopes say.
    let person = op.access_token(&json!({"sub": "alice"}));
    assert_eq!(status(&world, &person).await.0, 403);
    world.stop().await;
});

both!(roles_come_from_claims, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    let rules = json!([
        {"claim": "groups", "value": "MAM Admins", "role": "contributor"},
        {"claim": "realm_access.roles", "value": "auditors", "role": "auditor"},
    ]);
    trust(&world, &op, &json!({"roles": rules, "scopesRequired": false})).await;
    let who = async |change: Value| {
        let client = Client::new(world.server.addr, Some(op.access_token(&change)));
        client.get("/api/v1/whoami").await.expect(200)
    };
    let both = json!({"sub": "alice", "scope": "openid", "groups": ["x", "MAM Admins"], "realm_access": {"roles": ["auditors"]}});
    assert_eq!(who(both).await["roles"], json!(["contributor", "auditor"]));
    let narrow = json!({"sub": "alice", "groups": "MAM Admins", "scope": "DeviceManagementApps.Read.All"});
    let answer = who(narrow).await;
    assert_eq!(answer["roles"], json!(["contributor"]));
    assert!(!answer["permissions"].as_array().unwrap().contains(&json!("policies.write")), "{answer}");
    let id = answer["id"].as_str().unwrap();
    assert!(id.starts_with("person:op:") && !id.contains("alice"), "{id}");

    // Somebody of the directory is named as such, until he is switched off there.
    let school = json!({"userPrincipalName": "anna@school.example", "displayName": "Anna", "accountEnabled": true,
        "mailNickname": "anna", "passwordProfile": {"password": "a long password"}});
    let user = world.admin.post("/v1.0/users", &school).await.expect(201);
    let anna = json!({"sub": "a", "groups": ["MAM Admins"], "preferred_username": "Anna@school.example"});
    assert_eq!(who(anna.clone()).await["id"], json!(format!("user:{}", user["id"].as_str().unwrap())));
    let path = format!("/v1.0/users/{}", user["id"].as_str().unwrap());
    world.admin.patch(&path, &json!({"accountEnabled": false})).await.expect(204);
    let (refused, text) = status(&world, &op.access_token(&anna)).await;
    assert!(refused == 401 && text.contains("disabled"), "{text}");
    world.stop().await;
});

both!(hostile_tokens_are_refused, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op, &json!({"clients": ["daemon"]})).await;
    let good = op.access_token(&json!({}));
    assert_eq!(status(&world, &good).await.0, 200);
    let now = op.now_s();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (_, content) = message.split_once('.').unwrap();
    let header = |text: Value| b64(text.to_string());

    let mut tokens = vec![
        ("no signature", format!("{message}.")),
        ("alg none", format!("{}.{content}.", header(json!({"alg": "none"})))),
        (
            "alg none with a signature",
            format!("{}.{content}.{signature}", header(json!({"alg": "none", "kid": "k1"}))),
        ),
        ("four parts", format!("{good}.AA")),
        ("huge", format!("{good}{}", "A".repeat(17_000))),
        ("not base64", format!("{message}.***")),
        (
            "foreign key under a known id",
            Key::make("ES256").token(&json!({"alg": "ES256", "kid": "k1"}), &claims(&good)),
        ),
        ("key brought along", brought_along(&claims(&good))),
        ("identity token", op.access_token(&json!({"nonce": "n"}))),
        ("logout token", op.access_token(&json!({"events": {}}))),
        ("client that is not listed", op.access_token(&json!({"client_id": "other", "sub": "other"}))),
    ];
    let changes = [
        ("other audience", json!({"aud": "urn:other"})),
        ("no audience", json!({"aud": null})),
        ("other issuer", json!({"iss": "http://127.0.0.1:1"})),
        ("issuer with a slash", json!({"iss": format!("{}/", op.issuer())})),
        ("no issuer", json!({"iss": null})),
        ("expired", json!({"exp": now - 61})),
        ("no expiry", json!({"exp": null})),
        ("expiry as a text", json!({"exp": (now + 60).to_string()})),
        ("not valid yet", json!({"nbf": now + 61})),
        ("issued in the future", json!({"iat": now + 61})),
        ("no subject", json!({"sub": null})),
    ];
    tokens.extend(changes.iter().map(|(name, change)| (*name, op.access_token(change))));
    for kid in ["../../k1", "k1' OR '1'='1", "k1\u{0}", &"k".repeat(5000), "/dev/null"] {
        let inner = op.inner.lock().unwrap();
        let key = &inner.keys[0].1;
        tokens.push(("invented key id", key.token(&json!({"alg": "ES256", "kid": kid}), &claims(&good))));
    }
    // The public key used as a shared secret.
    let public = op.inner.lock().unwrap().keys[0].1.jwk("k1").to_string();
    let message = format!("{}.{content}", header(json!({"alg": "HS256", "kid": "k1"})));
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
    tokens.push((
        "HS256 with the public key",
        format!("{message}.{}", b64(aws_lc_rs::hmac::sign(&secret, message.as_bytes()))),
    ));
    for typ in ["id_token+jwt", "logout+jwt", "dpop+jwt", "JOSE"] {
        let inner = op.inner.lock().unwrap();
        tokens.push((
            "other kind",
            inner.keys[0].1.token(&json!({"alg": "ES256", "kid": "k1", "typ": typ}), &claims(&good)),
        ));
    }
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for (i, length) in [(0, 64), (31, 64), (63, 64), (0, 63), (0, 32)] {
        let mut wrong = bytes.clone();
        wrong[i] ^= 1;
        wrong.truncate(length);
        tokens.push(("wrong signature", format!("{}.{}", good.rsplit_once('.').unwrap().0, b64(&wrong))));
    }
    for (name, token) in &tokens {
        let (status, text) = status(&world, token).await;
        assert!(status == 401 || (status == 431 && *name == "huge"), "{name}: {status} {text}");
        assert!(!text.contains(token.as_str()), "{name}: the answer repeats the token");
    }
    assert_eq!(status(&world, &good).await.0, 200);
    world.stop().await;
});

fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn brought_along(claims: &Value) -> String {
    let key = Key::make("ES256");
    let jwk = key.jwk("mine");
    key.token(&json!({"alg": "ES256", "kid": "mine", "jwk": jwk, "jku": "http://127.0.0.1:1/"}), claims)
}

both!(keys_roll_over, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op, &json!({})).await;
    let old = op.access_token(&json!({}));
    assert_eq!(status(&world, &old).await.0, 200);
    assert_eq!(op.inner.lock().unwrap().key_fetches, 1);
    op.roll_over("k2", "ES256");
    let new = op.access_token(&json!({}));
    // Whoever invents key ids does not make us ask more than once in ten seconds.
    let (refused, _) = status(&world, &new).await;
    assert_eq!((refused, op.inner.lock().unwrap().key_fetches), (401, 1));
    world.clock.advance(Millis::from_secs(10));
    assert_eq!(status(&world, &new).await.0, 200);
    assert_eq!(status(&world, &old).await.0, 401);
    assert_eq!(op.inner.lock().unwrap().key_fetches, 2);
    // Without any new token the old key ends with its five minutes.
    op.roll_over("k3", "ES256");
    assert_eq!(status(&world, &new).await.0, 200);
    world.clock.advance(Millis::from_minutes(5));
    assert_eq!(status(&world, &new).await.0, 401);
    world.stop().await;
});

both!(a_silent_provider_is_waited_out, |database| {
    let world = World::start(database).await;
    let body = json!({"name": "gone", "issuer": "http://127.0.0.1:9", "audiences": ["a"]});
    world.admin.post("/api/v1/providers", &body).await.expect(201);
    let key = Key::make("ES256");
    let token = key.token(&json!({"alg": "ES256"}), &json!({"iss": "http://127.0.0.1:9"}));
    assert_eq!(status(&world, &token).await.0, 503);
    let test = world.admin.post("/api/v1/providers/gone/test", &json!({})).await.expect(200);
    assert_eq!(test["works"], json!(false), "{test}");
    world.stop().await;
});

both!(providers_are_managed, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op, &json!({"clientId": "web", "clientSecret": "a very secret secret"})).await;
    let all = world.admin.get("/api/v1/providers").await;
    assert!(!all.text().contains("very secret"), "{}", all.text());
    let all = all.expect(200);
    assert_eq!(all["value"][0]["hasClientSecret"], json!(true));
    let test = world.admin.post("/api/v1/providers/op/test", &json!({})).await.expect(200);
    assert_eq!((&test["works"], &test["keys"]), (&json!(true), &json!(1)), "{test}");

    let same = json!({"name": "op", "issuer": "https://id.example", "audiences": ["a"]});
    assert_eq!(world.admin.post("/api/v1/providers", &same).await.expect(409)["code"], json!("name_taken"));
    let same = json!({"name": "two", "issuer": op.issuer(), "audiences": ["a"]});
    assert_eq!(world.admin.post("/api/v1/providers", &same).await.expect(409)["code"], json!("issuer_taken"));

    let wrong = [
        (json!({"issuer": "http://id.example"}), "issuer"),
        (json!({"issuer": "https://id.example?x=1"}), "issuer"),
        (json!({"algorithms": ["HS256"]}), "algorithms[0]"),
        (json!({"algorithms": ["none"]}), "algorithms[0]"),
        (json!({"algorithms": []}), "algorithms"),
        (json!({"roles": [{"claim": "g", "value": "v", "role": "king"}]}), "roles[0].role"),
        (json!({"roles": [{"claim": "", "value": "v", "role": "owner"}]}), "roles[0].claim"),
        (json!({"audiences": []}), "audiences"),
        (json!({"audiences": [7]}), "audiences[0]"),
        (json!({"clientId": "x", "scopes": ["profile"]}), "scopes"),
        (json!({"caCertificate": "no"}), "caCertificate"),
        (json!({"wrong": 1}), "wrong"),
        (json!({"name": "Has Spaces"}), "name"),
        (json!({"name": null}), "name"),
        (json!({"displayName": "x".repeat(1_000)}), "displayName"),
    ];
    for (change, field) in wrong {
        let mut body = json!({"name": "new", "issuer": "https://id.example", "audiences": ["a"]});
        crate::kit::op::merge(&mut body, &change);
        let refused = world.admin.post("/api/v1/providers", &body).await.expect(400);
        assert_eq!(refused["field"], json!(field), "{refused}");
    }

    let token = op.access_token(&json!({}));
    assert_eq!(status(&world, &token).await.0, 200);
    let mut shown = world.admin.get("/api/v1/providers/op").await.expect(200);
    shown["audiences"] = json!(["urn:other"]);
    let put = world.admin.put("/api/v1/providers/op", &shown).await.expect(200);
    assert_eq!(put["hasClientSecret"], json!(true));
    assert_eq!(status(&world, &token).await.0, 401);
    shown["issuer"] = json!("https://id.example");
    world.admin.put("/api/v1/providers/op", &shown).await.expect(400);

    world.as_role("owner").await.get("/api/v1/providers").await.expect(403);
    world.admin.delete("/api/v1/providers/op").await.expect(204);
    world.admin.delete("/api/v1/providers/op").await.expect(404);
    let (refused, text) = status(&world, &token).await;
    assert!(refused == 401 && text.contains("no provider"), "{text}");
    world.stop().await;
});
