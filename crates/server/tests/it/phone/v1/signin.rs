use aws_lc_rs::digest::{SHA256, digest};
use ringfence_model::Millis;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Client, START, World,
        op::{Op, b64},
    },
};

const REDIRECT: &str = "com.example.mail://signed-in";
const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-0123";

async fn trust(world: &World, op: &Op) -> String {
    let body = json!({"name": "op", "displayName": "School", "issuer": op.issuer(), "nativeClientId": "app"});
    world.admin.post("/api/v1/providers", &body).await.expect(201);
    let anna = json!({"userPrincipalName": "anna@school.example", "displayName": "Anna", "accountEnabled": true,
        "mailNickname": "anna", "passwordProfile": {"password": "a long password"}});
    world.admin.post("/v1.0/users", &anna).await.expect(201)["id"].as_str().unwrap().to_owned()
}

/// What an app does in the system's browser: a code for this nonce and verifier.
async fn code(op: &Op, client: &str, nonce: &str) -> String {
    let challenge = b64(digest(&SHA256, VERIFIER.as_bytes()));
    let path = format!(
        "/authorize?response_type=code&client_id={client}&redirect_uri={REDIRECT}&state=s&nonce={nonce}\
         &code_challenge={challenge}&code_challenge_method=S256"
    );
    let answer = Client::new(op.addr, None).get(&path).await;
    let back = answer.headers["location"].to_str().unwrap();
    back.split_once("code=").unwrap().1.split_once('&').unwrap().0.to_owned()
}

fn with_code(code: &str, nonce: &str) -> Value {
    json!({"provider": "op", "authorizationCode": code, "codeVerifier": VERIFIER, "nonce": nonce, "redirectUri": REDIRECT})
}

both!(an_app_brings_the_code_of_a_provider, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    let user = trust(&world, &op).await;
    let phone = world.anonymous();
    let ways = phone.get("/phone/v1/signin").await.expect(200);
    let wanted = json!({
        "builtIn": true,
        "providers": [{
            "name": "op", "displayName": "School", "issuer": op.issuer(), "namesIssuer": true,
            "authorizationEndpoint": format!("{}/authorize", op.issuer()), "clientId": "app",
            "scope": "openid profile email",
        }],
    });
    assert_eq!(ways, wanted);
    let right = with_code(&code(&op, "app", "n1").await, "n1");
    let reply = phone.post("/phone/v1/signin", &right).await.expect(200);
    assert_eq!(
        (&reply["accountId"], &reply["userPrincipalName"]),
        (&json!(user), &json!("anna@school.example"))
    );
    assert!(reply["accessToken"].as_str().unwrap().starts_with("rfa_"));
    // The code counts once; a nonce, verifier, client or address of another sign-in does not fit.
    let refused = phone.post("/phone/v1/signin", &right).await.expect(401);
    assert_eq!(refused["code"], json!("credentials_invalid"));
    let mut verifier = with_code(&code(&op, "app", "n4").await, "n4");
    verifier["codeVerifier"] = json!("x".repeat(43));
    let wrong = [
        with_code(&code(&op, "app", "n2").await, "other"),
        with_code(&code(&op, "other", "n3").await, "n3"),
        verifier,
    ];
    for body in &wrong {
        assert_eq!(
            phone.post("/phone/v1/signin", body).await.expect(401)["code"],
            json!("credentials_invalid")
        );
    }
    op.inner.lock().unwrap().claims = json!({"preferred_username": "nobody@school.example", "sub": "nobody"});
    let nobody = with_code(&code(&op, "app", "n5").await, "n5");
    assert_eq!(
        phone.post("/phone/v1/signin", &nobody).await.expect(401)["code"],
        json!("credentials_invalid")
    );
    op.inner.lock().unwrap().claims = json!({});

    world.admin.patch(&format!("/v1.0/users/{user}"), &json!({"accountEnabled": false})).await.expect(204);
    let disabled = with_code(&code(&op, "app", "n6").await, "n6");
    assert_eq!(
        phone.post("/phone/v1/signin", &disabled).await.expect(403)["code"],
        json!("account_disabled")
    );
    world.stop().await;
});

both!(codes_in_a_wrong_form_are_refused, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op).await;
    let phone = world.anonymous();
    let changes = [
        (json!({"codeVerifier": "short"}), 400),
        (json!({"redirectUri": "http://evil.example/"}), 400),
        (json!({"redirectUri": "javascript:alert(1)"}), 400),
        (json!({"redirectUri": ""}), 400),
        (json!({"authorizationCode": "x".repeat(5_000)}), 400),
        (json!({"nonce": null}), 400),
        (json!({"provider": "other"}), 404),
        (json!({"provider": 7}), 400),
        (json!({"from": {"platform": "ios", "app": ""}}), 400),
    ];
    for (change, status) in changes {
        let mut body = with_code("c", "n");
        crate::kit::op::merge(&mut body, &change);
        phone.post("/phone/v1/signin", &body).await.expect(status);
    }
    for _ in 0..30 {
        phone.post("/phone/v1/signin", &with_code("c", "n")).await.expect(401);
    }
    let right = with_code(&code(&op, "app", "n1").await, "n1");
    assert_eq!(phone.post("/phone/v1/signin", &right).await.expect(429)["code"], json!("too_many_requests"));
    world.clock.advance(Millis::from_minutes(5));
    phone.post("/phone/v1/signin", &right).await.expect(200);
    world.stop().await;
});
