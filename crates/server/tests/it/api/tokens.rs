use ringfence_model::Millis;
use serde_json::json;

use crate::{
    both,
    kit::{Client, World},
};

both!(are_shown_once_and_end, |database| {
    let world = World::start(database).await;
    let made = world
        .admin
        .post("/api/v1/tokens", &json!({"name": "ci", "role": "Contributor", "days": 1}))
        .await
        .expect(201);
    let secret = made["token"].as_str().unwrap().to_owned();
    let ci = Client::new(world.server.addr, Some(secret.clone()));
    assert_eq!(ci.get("/api/v1/whoami").await.expect(200)["name"], json!("ci"));
    let listed = world.admin.get("/api/v1/tokens").await;
    assert!(!listed.text().contains(&secret));
    assert!(listed.expect(200)["tokens"].as_array().unwrap().iter().any(|token| token["id"] == made["id"]));
    let denied = ci.get("/api/v1/tokens").await.expect(403);
    assert_eq!(denied["code"], json!("permission_missing"));
    assert_eq!(denied["field"], json!("tokens.manage"));

    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    world.admin.delete(&path).await.expect(204);
    world.admin.delete(&path).await.expect(404);
    assert_eq!(ci.get("/api/v1/whoami").await.expect(401)["code"], json!("token_invalid"));

    let short = world
        .admin
        .post("/api/v1/tokens", &json!({"name": "short", "role": "auditor", "days": 1}))
        .await
        .expect(201);
    let short = Client::new(world.server.addr, Some(short["token"].as_str().unwrap().to_owned()));
    short.get("/api/v1/whoami").await.expect(200);
    world.clock.advance(Millis::from_days(1));
    short.get("/api/v1/whoami").await.expect(401);
    world.stop().await;
});

both!(bad_requests_are_explained, |database| {
    let world = World::start(database).await;
    let owner = world.as_role("owner").await;
    let cases = [
        (json!({"name": "x", "role": "king"}), 400, "invalid_value"),
        (json!({"name": "x"}), 400, "invalid_value"),
        (json!({"name": "", "role": "auditor"}), 400, "invalid_value"),
        (json!({"name": "x", "role": "auditor", "days": 0}), 400, "invalid_value"),
        (json!({"name": 5, "role": "auditor"}), 400, "invalid_value"),
        (json!({"name": "x", "role": "global-administrator"}), 403, "permission_missing"),
    ];
    for (body, status, code) in cases {
        assert_eq!(owner.post("/api/v1/tokens", &body).await.expect(status)["code"], json!(code), "{body}");
    }
    let malformed =
        owner.send(hyper::Method::POST, "/api/v1/tokens", Some(b"{\"name\":".to_vec())).await.expect(400);
    assert_eq!(malformed["code"], json!("malformed_json"));
    assert_eq!(malformed["field"], json!("line 1 column 8"));
    let deep = owner.send(hyper::Method::POST, "/api/v1/tokens", Some(vec![b'['; 200_000])).await.expect(400);
    assert_eq!(deep["code"], json!("invalid_value"));
    world.stop().await;
});
