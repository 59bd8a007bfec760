use ringfence_model::Millis;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{Client, World},
};

const BUNDLE: &str = "{\"bundle\":{\"version\":1,\"at\":0}}\n{\"process\":{}}\n";

fn upload(ticket: &str) -> Value {
    json!({
        "ticket": ticket, "platform": "ios", "app": "org.example.notes", "appVersion": "2.1", "deviceTag": "tag-1",
        "bundle": BUNDLE,
    })
}

async fn make(desk: &Client) -> String {
    let made = desk.post("/api/v1/tickets", &json!({"note": "does not open"})).await.expect(201);
    assert_eq!(made["state"], json!("open"));
    made["reference"].as_str().unwrap().to_owned()
}

both!(what_is_sent_under_a_ticket_is_read_by_help_desk_and_each_read_is_audited, |database| {
    let world = World::start(database).await;
    let desk = world.as_role("help-desk").await;
    let reference = make(&desk).await;
    let phone = world.anonymous();
    let typed = reference.to_lowercase().replace('-', " ");
    let id = phone.post("/phone/v1/diagnostics", &upload(&typed)).await.expect(201)["id"].clone();

    let path = format!("/api/v1/tickets/{reference}");
    let shown = desk.get(&path).await.expect(200);
    assert_eq!(shown["bundles"][0]["id"], id);
    assert_eq!(shown["bundles"][0]["app"], json!("org.example.notes"));
    assert_eq!(shown["bundles"][0]["sizeBytes"], json!(BUNDLE.len()));
    let bundle = format!("{path}/bundles/{}", id.as_str().unwrap());
    assert_eq!(desk.get(&bundle).await.text(), BUNDLE);
    assert_eq!(desk.get("/api/v1/tickets").await.expect(200)["value"][0]["bundleCount"], json!(1));

    let auditor = world.as_role("auditor").await;
    for path in ["/api/v1/tickets", &path, &bundle] {
        assert_eq!(auditor.get(path).await.expect(403)["code"], json!("permission_missing"), "{path}");
        phone.get(path).await.expect(401);
    }
    let log = auditor.get("/api/v1/audit").await.text().to_owned();
    for act in ["ticket.create", "diagnostics.receive", "ticket.read", "diagnostics.read"] {
        assert!(log.contains(act), "{act}: {log}");
    }
    desk.delete(&path).await.expect(204);
    desk.get(&path).await.expect(404);
    desk.get(&bundle).await.expect(404);
    world.stop().await;
});

both!(bad_uploads_are_refused, |database| {
    let world = World::start(database).await;
    let desk = world.as_role("help-desk").await;
    let reference = make(&desk).await;
    let with = |name: &str, value: Value| {
        let mut body = upload(&reference);
        body[name] = value;
        body
    };
    let cases = [
        (with("ticket", json!("00000-00000")), 404, "ticket_unknown"),
        (with("ticket", json!("../../x")), 404, "ticket_unknown"),
        (with("platform", json!("symbian")), 400, "invalid_value"),
        (with("appVersion", json!("new")), 400, "invalid_value"),
        (with("app", json!("")), 400, "invalid_value"),
        (with("deviceTag", json!("a\u{0}b")), 400, "invalid_value"),
        (with("bundle", json!("")), 400, "invalid_value"),
        (with("bundle", json!("not json")), 400, "invalid_value"),
        (with("bundle", json!("{\"step\":{}}\n")), 400, "invalid_value"),
        (with("bundle", json!("{\"bundle\":{}}\n[1]\n")), 400, "invalid_value"),
        (with("bundle", json!(5)), 400, "invalid_value"),
    ];
    let phone = world.anonymous();
    for (body, status, code) in cases {
        world.clock.advance(Millis::from_secs(20));
        let answer = phone.post("/phone/v1/diagnostics", &body).await.expect(status);
        assert_eq!(answer["code"], json!(code), "{answer}");
    }
    for body in [json!({"note": "x".repeat(501)}), json!({"note": "a\u{7}"}), json!({"notes": ""})] {
        assert!(desk.post("/api/v1/tickets", &body).await.json()["status"].as_u64().unwrap() >= 400);
    }
    desk.post("/api/v1/tickets", &json!({"user": "nobody@example.org"})).await.expect(404);
    world.stop().await;
});

both!(tickets_fill_up_expire_and_go, |database| {
    let world = World::start(database).await;
    let lasting = json!({"name": "desk", "role": "help-desk", "days": 60});
    let token = world.admin.post("/api/v1/tokens", &lasting).await.expect(201)["token"].clone();
    let desk = Client::new(world.server.addr, Some(token.as_str().unwrap().to_owned()));
    let phone = world.anonymous();
    let reference = make(&desk).await;
    for _ in 0..20 {
        world.clock.advance(Millis::from_secs(15));
        phone.post("/phone/v1/diagnostics", &upload(&reference)).await.expect(201);
    }
    world.clock.advance(Millis::from_minutes(1));
    let full = phone.post("/phone/v1/diagnostics", &upload(&reference)).await.expect(409);
    assert_eq!(full["code"], json!("ticket_full"));
    world.clock.advance(Millis::from_days(7));
    let late = phone.post("/phone/v1/diagnostics", &upload(&reference)).await.expect(410);
    assert_eq!(late["code"], json!("ticket_expired"));
    let path = format!("/api/v1/tickets/{reference}");
    assert_eq!(desk.get(&path).await.expect(200)["state"], json!("expired"));
    world.clock.advance(Millis::from_days(24));
    desk.get(&path).await.expect(404);
    assert_eq!(desk.get("/api/v1/tickets").await.expect(200)["value"], json!([]));
    make(&desk).await;
    phone.post("/phone/v1/diagnostics", &upload(&reference)).await.expect(404);
    world.stop().await;
});

both!(an_app_that_sends_without_end_is_told_to_wait, |database| {
    let world = World::start(database).await;
    let reference = make(&world.as_role("help-desk").await).await;
    let phone = world.anonymous();
    let of = |instance: Option<&str>, app: &str| {
        let mut body = upload(&reference);
        body["app"] = json!(app);
        if let Some(instance) = instance {
            body["instance"] = json!(instance);
        }
        body
    };
    let instance = Some("0191c2a4-0000-7000-8000-000000000001");
    for body in [of(None, "org.example.notes"), of(instance, "org.example.notes")] {
        for _ in 0..6 {
            phone.post("/phone/v1/diagnostics", &body).await.expect(201);
        }
        world.clock.advance(Millis::from_secs(10));
        // A wrong reference does not get around it, nor does another name for the same instance's app.
        let mut guess = body.clone();
        guess["ticket"] = json!("00000-00000");
        for body in [&body, &guess] {
            let refused = phone.post("/phone/v1/diagnostics", body).await;
            assert_eq!(refused.headers["retry-after"], "50");
            let problem = refused.expect(429);
            assert_eq!(problem["code"], json!("too_many_requests"));
            assert!(problem["detail"].as_str().unwrap().contains("try again in 50 seconds"), "{problem}");
        }
        world.clock.advance(Millis::from_secs(50));
    }
    let waiting = of(instance, "org.example.mail");
    for _ in 0..6 {
        phone.post("/phone/v1/diagnostics", &waiting).await.expect(201);
    }
    phone.post("/phone/v1/diagnostics", &of(None, "org.example.mail")).await.expect(201);
    phone.post("/phone/v1/diagnostics", &waiting).await.expect(429);
    world.clock.advance(Millis::from_minutes(1));
    phone.post("/phone/v1/diagnostics", &waiting).await.expect(201);
    world.stop().await;
});

both!(tickets_about_a_user_go_with_the_user, |database| {
    let world = World::start(database).await;
    let desk = world.as_role("help-desk").await;
    let mut references = Vec::new();
    for name in ["ann", "bob"] {
        let upn = format!("{name}@example.org");
        let body = json!({"displayName": name, "userPrincipalName": upn});
        let user = world.admin.post("/v1.0/users", &body).await.expect(201)["id"].clone();
        let made = desk.post("/api/v1/tickets", &json!({"user": upn})).await.expect(201);
        let reference = made["reference"].as_str().unwrap().to_owned();
        world.anonymous().post("/phone/v1/diagnostics", &upload(&reference)).await.expect(201);
        references.push((user.as_str().unwrap().to_owned(), reference));
    }
    let (ann, gone) = &references[0];
    world.admin.delete(&format!("/v1.0/users/{ann}")).await.expect(204);
    desk.get(&format!("/api/v1/tickets/{gone}")).await.expect(404);
    world.anonymous().post("/phone/v1/diagnostics", &upload(gone)).await.expect(404);
    let left = desk.get("/api/v1/tickets").await.expect(200);
    assert_eq!(left["value"].as_array().unwrap().len(), 1, "{left}");
    let kept = desk.get(&format!("/api/v1/tickets/{}", references[1].1)).await.expect(200);
    assert_eq!(kept["bundles"].as_array().unwrap().len(), 1);
    world.stop().await;
});
