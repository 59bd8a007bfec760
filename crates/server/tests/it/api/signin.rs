use ringfence_model::Millis;
use serde_json::json;

use crate::{
    both,
    kit::{Client, World},
};

both!(first_password_must_be_changed, |database| {
    let world = World::start(database).await;
    let first = world.server.admin_password.clone().unwrap();
    let client = world.anonymous();
    let refused =
        client.post("/api/v1/signin", &json!({"userName": "admin", "password": first})).await.expect(403);
    assert_eq!(refused["code"], json!("password_change_required"));
    let weak = json!({"userName": "admin", "password": first, "newPassword": "short"});
    assert_eq!(client.post("/api/v1/signin", &weak).await.expect(400)["code"], json!("password_weak"));
    let change = json!({"userName": "Admin", "password": first, "newPassword": "a longer password"});
    let token =
        client.post("/api/v1/signin", &change).await.expect(200)["token"].as_str().unwrap().to_owned();
    let signed_in = Client::new(world.server.addr, Some(token));
    let who = signed_in.get("/api/v1/whoami").await.expect(200);
    assert_eq!(who["roles"], json!(["global-administrator"]));
    let old = json!({"userName": "admin", "password": first});
    assert_eq!(client.post("/api/v1/signin", &old).await.expect(401)["code"], json!("sign_in_failed"));
    let new = json!({"userName": "admin", "password": "a longer password"});
    client.post("/api/v1/signin", &new).await.expect(200);
    // Another password ends what was signed in to with the one before, and nothing else.
    signed_in.get("/api/v1/whoami").await.expect(200);
    let again =
        json!({"userName": "admin", "password": "a longer password", "newPassword": "an even longer one"});
    let again = client.post("/api/v1/signin", &again).await.expect(200);
    signed_in.get("/api/v1/whoami").await.expect(401);
    world.admin.get("/api/v1/whoami").await.expect(200);
    let signed_in = Client::new(world.server.addr, Some(again["token"].as_str().unwrap().to_owned()));
    signed_in.get("/api/v1/whoami").await.expect(200);
    world.clock.advance(Millis::from_minutes(12 * 60));
    assert_eq!(signed_in.get("/api/v1/whoami").await.expect(401)["code"], json!("token_invalid"));
    world.stop().await;
});

both!(guessing_is_locked_out, |database| {
    let world = World::start(database).await;
    let client = world.anonymous();
    let wrong = json!({"userName": "admin", "password": "wrong"});
    for _ in 0..5 {
        client.post("/api/v1/signin", &wrong).await.expect(401);
    }
    let right = json!({"userName": "admin", "password": world.server.admin_password});
    let locked = client.post("/api/v1/signin", &right).await;
    assert_eq!(locked.headers["retry-after"], "30");
    assert_eq!(locked.expect(429)["code"], json!("account_locked"));
    world.clock.advance(Millis::from_secs(30));
    client.post("/api/v1/signin", &wrong).await.expect(401);
    assert_eq!(client.post("/api/v1/signin", &right).await.headers["retry-after"], "60");
    world.clock.advance(Millis::from_secs(60));
    assert_eq!(
        client.post("/api/v1/signin", &right).await.expect(403)["code"],
        json!("password_change_required")
    );
    let nobody = json!({"userName": "nobody", "password": "wrong"});
    assert_eq!(client.post("/api/v1/signin", &nobody).await.expect(401)["code"], json!("sign_in_failed"));
    world.stop().await;
});
