use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::Full;
use hyper::{Request, body::Bytes};
use ringfence_model::Millis;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{Answer, Client, World},
};

async fn fetch(world: &World, tenant: &str, form: &str, basic: Option<&str>) -> Answer {
    let mut request = Request::post(format!("/{tenant}/oauth2/v2.0/token"))
        .header("host", world.server.addr.to_string())
        .header("content-type", "application/x-www-form-urlencoded;charset=utf-8");
    if let Some(pair) = basic {
        request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
    }
    world.anonymous().request(request.body(Full::new(Bytes::from(form.to_owned()))).unwrap()).await
}

async fn register(world: &World, body: &Value) -> (String, String, String) {
    let made = world.admin.post("/api/v1/programs", body).await.expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("tenantId"), text("clientId"), text("clientSecret"))
}

both!(client_credentials_as_msal_sends_them, |database| {
    let world = World::start(database).await;
    let scopes = json!(["DeviceManagementApps.ReadWrite.All", "Group.Read.All"]);
    let (tenant, id, secret) = register(&world, &json!({"name": "import", "scopes": scopes})).await;
    let found =
        world.anonymous().get(&format!("/{tenant}/v2.0/.well-known/openid-configuration")).await.expect(200);
    assert_eq!(
        found["token_endpoint"],
        json!(format!("http://{}/{tenant}/oauth2/v2.0/token", world.server.addr))
    );
    let scope = "https%3A%2F%2Fgraph.microsoft.com%2F.default";
    let form = format!(
        "client_id={id}&grant_type=client_credentials&client_info=1&client_secret={secret}&scope={scope}"
    );
    let answer = fetch(&world, &tenant, &form, None).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let answer = answer.expect(200);
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let client = Client::new(world.server.addr, Some(answer["access_token"].as_str().unwrap().to_owned()));
    client.get("/v1.0/deviceAppManagement/iosManagedAppProtections").await.expect(200);
    client.get("/v1.0/groups").await.expect(200);
    client.get("/api/v1/audit").await.expect(403);
    assert_eq!(client.get("/api/v1/whoami").await.expect(200)["id"], json!(format!("program:{id}")));

    // Less may be asked for, more is not given.
    let narrow = "grant_type=client_credentials&scope=Group.Read.All+AuditLog.Read.All";
    let answer = fetch(&world, "default", narrow, Some(&format!("{id}:{secret}"))).await.expect(200);
    assert_eq!(answer["scope"], json!("Group.Read.All"));
    let narrow = Client::new(world.server.addr, Some(answer["access_token"].as_str().unwrap().to_owned()));
    narrow.get("/v1.0/groups").await.expect(200);
    narrow.get("/v1.0/deviceAppManagement/iosManagedAppProtections").await.expect(403);

    world.clock.advance(Millis::from_minutes(60));
    client.get("/v1.0/groups").await.expect(401);
    let answer = fetch(&world, &tenant, &form, None).await.expect(200);
    let client = Client::new(world.server.addr, Some(answer["access_token"].as_str().unwrap().to_owned()));
    client.get("/v1.0/groups").await.expect(200);
    world.admin.delete(&format!("/api/v1/programs/{id}")).await.expect(204);
    client.get("/v1.0/groups").await.expect(401);
    assert_eq!(fetch(&world, &tenant, &form, None).await.expect(401)["error"], json!("invalid_client"));
    world.admin.delete(&format!("/api/v1/programs/{id}")).await.expect(404);
    world.stop().await;
});

both!(wrong_requests_for_tokens_are_told_in_oauths_words, |database| {
    let world = World::start(database).await;
    let (tenant, id, secret) = register(&world, &json!({"name": "report", "roles": ["auditor"]})).await;
    let right = format!("client_id={id}&client_secret={secret}&grant_type=client_credentials");
    let answer = fetch(&world, &tenant, &right, None).await.expect(200);
    let client = Client::new(world.server.addr, Some(answer["access_token"].as_str().unwrap().to_owned()));
    client.get("/api/v1/audit").await.expect(200);

    let cases = [
        (
            tenant.as_str(),
            right.replace("client_credentials", "password"),
            None,
            400,
            "unsupported_grant_type",
        ),
        (&tenant, right.replace("grant_type", "grant"), None, 400, "invalid_request"),
        (&tenant, right.replace(&secret, "wrong"), None, 401, "invalid_client"),
        (&tenant, right.replace(&id, "not-an-id"), None, 401, "invalid_client"),
        (&tenant, "grant_type=client_credentials".into(), None, 400, "invalid_request"),
        (&tenant, "grant_type=client_credentials".into(), Some("x"), 401, "invalid_client"),
        ("00000000-0000-0000-0000-000000000000", right.clone(), None, 400, "invalid_tenant"),
        ("%00", right.clone(), None, 400, "invalid_tenant"),
        (&tenant, "%FF%00=&&&==".into(), None, 400, "invalid_request"),
    ];
    for (tenant, form, basic, status, error) in cases {
        let answer = fetch(&world, tenant, &form, basic).await.expect(status);
        assert_eq!(answer["error"], json!(error), "{form}");
        assert!(answer["error_description"].is_string());
    }
    for _ in 0..30 {
        fetch(&world, &tenant, &right.replace(&secret, "wrong"), None).await;
    }
    let answer = fetch(&world, &tenant, &right, None).await;
    assert_eq!(answer.headers["retry-after"], "300");
    answer.expect(429);
    world.clock.advance(Millis::from_minutes(5));
    fetch(&world, &tenant, &right, None).await.expect(200);

    for (body, field) in [
        (json!({"name": "report", "roles": ["auditor"]}), None),
        (json!({"name": "x"}), Some("roles")),
        (json!({"name": "x", "roles": ["king"]}), Some("roles[0]")),
        (json!({"name": "x", "scopes": ["Mail.Read"]}), Some("scopes[0]")),
        (json!({"name": "x", "scopes": ["User.Read.All Group.Read.All"]}), Some("scopes[0]")),
        (json!({"name": "", "roles": ["auditor"]}), Some("name")),
    ] {
        let status = if field.is_some() { 400 } else { 409 };
        let refused = world.admin.post("/api/v1/programs", &body).await.expect(status);
        assert_eq!(refused["field"], json!(field.unwrap_or("name")), "{body}");
    }
    world.as_role("owner").await.get("/api/v1/programs").await.expect(403);
    assert_eq!(world.admin.get("/api/v1/programs").await.expect(200)["value"][0]["name"], json!("report"));
    world.stop().await;
});
