use hyper::Method;
use ringfence_model::Millis;
use ringfence_server::env::Clock as _;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{Client, World, browser::Browser, totp::totp},
};

const PASSWORD: &str = "a longer password";

/// The first administrator with a password of his own.
async fn settle(world: &World) {
    let first = world.server.admin_password.clone().unwrap();
    let body = json!({"userName": "admin", "password": first, "newPassword": PASSWORD});
    world.anonymous().post("/api/v1/signin", &body).await.expect(200);
}

fn form(password: &str, more: &str) -> String {
    format!("userName=admin&password={}{more}", password.replace(' ', "+"))
}

both!(a_browser_signs_in_and_out, |database| {
    let world = World::start(database).await;
    let mut browser = Browser::new(&world);
    assert_eq!(Browser::target(&browser.get("/").await), "/auth/me");
    assert_eq!(Browser::target(&browser.get("/auth/me").await), "/auth/login");
    let page = browser.get("/auth/login").await;
    assert!(page.text().contains("<html lang=\"en\">") && !page.text().contains("http"), "{}", page.text());
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    browser.language = "nl-NL,nl;q=0.9";
    assert!(browser.get("/auth/login").await.text().contains("Aanmelden"));

    let first = world.server.admin_password.clone().unwrap();
    let answer = browser.post("/auth/login", &form(&first, "")).await;
    assert!(answer.status == 403 && answer.text().contains("name=\"newPassword\""), "{}", answer.text());
    let answer = browser.post("/auth/login", &form(&first, "&newPassword=short")).await;
    assert!(answer.status == 400 && answer.text().contains("signin-weak"), "{}", answer.text());
    let more = format!("&newPassword={}&next=/v1.0/users", PASSWORD.replace(' ', "+"));
    assert_eq!(Browser::target(&browser.post("/auth/login", &form(&first, &more)).await), "/v1.0/users");
    assert_eq!(browser.get("/v1.0/users").await.status, 200);
    let page = browser.get("/auth/me").await;
    assert!(page.text().contains("admin") && page.text().contains("Global administrator"), "{}", page.text());

    // Changes need what only our own pages know.
    let secret = browser.cookies["ringfence"].clone();
    let csrf = browser.get("/auth/session").await.json()["csrfToken"].as_str().unwrap().to_owned();
    let path = "/api/v1/account/totp";
    let json = ("content-type", "application/json");
    for headers in [
        vec![json],
        vec![json, ("x-csrf-token", "wrong")],
        vec![json, ("x-csrf-token", &csrf), ("origin", "https://evil.example")],
        vec![json, ("x-csrf-token", &csrf), ("sec-fetch-site", "same-site")],
    ] {
        let answer = browser.send(Method::POST, path, "", &headers).await;
        assert_eq!(answer.expect(403)["code"], json!("csrf"), "{headers:?}");
    }
    let body = format!(r#"{{"password":"{PASSWORD}"}}"#);
    assert_eq!(browser.send(Method::POST, path, &body, &[json, ("x-csrf-token", &csrf)]).await.status, 201);

    let answer = browser.post("/auth/logout", "csrf=wrong").await;
    assert!(answer.status == 403 && browser.cookies.contains_key("ringfence"));
    assert_eq!(Browser::target(&browser.post("/auth/logout", &format!("csrf={csrf}")).await), "/auth/login");
    assert!(!browser.cookies.contains_key("ringfence"));
    browser.cookies.insert("ringfence".into(), secret);
    assert_eq!(browser.get("/v1.0/users").await.status, 401);
    world.stop().await;
});

both!(a_form_of_another_site_signs_nobody_in, |database| {
    let world = World::start(database).await;
    settle(&world).await;
    let mut browser = Browser::new(&world);
    for headers in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let answer = browser.send(Method::POST, "/auth/login", &form(PASSWORD, ""), &[headers]).await;
        assert!(answer.status == 403 && browser.cookies.is_empty(), "{}", answer.text());
    }
    let answer = browser.post("/auth/login", &form(PASSWORD, "&next=//evil.example/")).await;
    assert_eq!(Browser::target(&answer), "/auth/me");
    let answer = browser.post("/auth/login", "userName=%3Cscript%3E&password=x").await;
    assert!(answer.status == 401 && answer.text().contains("value=\"&lt;script&gt;\""), "{}", answer.text());
    for wrong in ["", "&&&", "%FF%00", "userName=admin"] {
        assert_eq!(browser.post("/auth/login", wrong).await.status, 401, "{wrong}");
    }
    world.stop().await;
});

both!(a_second_factor_is_asked_for_and_no_code_counts_twice, |database| {
    let world = World::start(database).await;
    settle(&world).await;
    let sign_in = async |code: Option<&str>| {
        let mut body = json!({"userName": "admin", "password": PASSWORD});
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        world.anonymous().post("/api/v1/signin", &body).await
    };
    let token = sign_in(None).await.expect(200)["token"].as_str().unwrap().to_owned();
    let own = Client::new(world.server.addr, Some(token));
    // A token of the API is nobody's account.
    let begin = json!({ "password": PASSWORD });
    world.admin.post("/api/v1/account/totp", &begin).await.expect(403);
    // Nor is a session enough to put somebody else's authenticator app in the way.
    own.post("/api/v1/account/totp", &json!({})).await.expect(400);
    let wrong = own.post("/api/v1/account/totp", &json!({"password": "not the password"})).await.expect(401);
    assert_eq!(wrong["code"], json!("sign_in_failed"));
    let made = own.post("/api/v1/account/totp", &begin).await.expect(201);
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(made["uri"].as_str().unwrap().contains(&format!("secret={secret}")), "{made}");
    sign_in(None).await.expect(200);
    own.post("/api/v1/account/totp/confirm", &json!({"code": "000000"})).await.expect(401);
    let code = totp(&secret, world.clock.now());
    let confirmed = own.post("/api/v1/account/totp/confirm", &json!({"code": code})).await.expect(200);
    let recovery: Vec<String> = serde_json::from_value(confirmed["recoveryCodes"].clone()).unwrap();
    assert_eq!(recovery.len(), 10);
    assert_eq!(own.get("/api/v1/account/totp").await.expect(200)["enrolled"], json!(true));
    own.post("/api/v1/account/totp", &begin).await.expect(409);

    assert_eq!(sign_in(None).await.expect(403)["code"], json!("code_required"));
    assert_eq!(sign_in(Some(&code)).await.expect(401)["code"], json!("code_wrong"));
    world.clock.advance(Millis::from_secs(30));
    let code = totp(&secret, world.clock.now());
    sign_in(Some(&format!("{} {}", &code[..3], &code[3..]))).await.expect(200);
    sign_in(Some(&code)).await.expect(401);
    sign_in(Some(&recovery[0].to_uppercase())).await.expect(200);
    sign_in(Some(&recovery[0])).await.expect(401);

    // The password cannot be changed past the second factor.
    let change = json!({"userName": "admin", "password": PASSWORD, "newPassword": "another password"});
    world.anonymous().post("/api/v1/signin", &change).await.expect(403);

    // Codes are not guessed for long.
    world.clock.advance(Millis::from_secs(60));
    sign_in(Some(&totp(&secret, world.clock.now()))).await.expect(200);
    for _ in 0..5 {
        sign_in(Some("000000")).await.expect(401);
    }
    world.clock.advance(Millis::from_secs(29));
    let code = totp(&secret, world.clock.now());
    sign_in(Some(&code)).await.expect(429);
    world.clock.advance(Millis::from_secs(1));
    sign_in(Some(&code)).await.expect(200);

    let mut browser = Browser::new(&world);
    assert!(browser.post("/auth/login", &form(PASSWORD, "")).await.text().contains("signin-code-needed"));
    let more = format!("&code={}", recovery[1]);
    assert_eq!(Browser::target(&browser.post("/auth/login", &form(PASSWORD, &more)).await), "/auth/me");

    world.as_role("owner").await.delete("/api/v1/administrators/admin/totp").await.expect(403);
    world.admin.delete("/api/v1/administrators/nobody/totp").await.expect(404);
    world.admin.delete("/api/v1/administrators/Admin/totp").await.expect(204);
    world.admin.delete("/api/v1/administrators/admin/totp").await.expect(404);
    sign_in(None).await.expect(200);
    let acts: Value = world.admin.get("/api/v1/audit").await.expect(200);
    for act in ["secondFactor.begin", "secondFactor.confirm", "secondFactor.recover", "secondFactor.reset"] {
        assert!(acts.to_string().contains(act), "{act}");
    }
    world.stop().await;
});

both!(an_address_that_fails_too_often_waits, |database| {
    let world = World::start(database).await;
    for i in 0..30 {
        let body = json!({"userName": format!("nobody{i}"), "password": "wrong"});
        world.anonymous().post("/api/v1/signin", &body).await.expect(401);
    }
    let body = json!({"userName": "admin", "password": world.server.admin_password});
    let answer = world.anonymous().post("/api/v1/signin", &body).await;
    assert_eq!(answer.headers["retry-after"], "300");
    answer.expect(429);
    let mut browser = Browser::new(&world);
    assert!(browser.post("/auth/login", "userName=a&password=b").await.text().contains("signin-wait"));
    world.clock.advance(Millis::from_minutes(5));
    world.anonymous().post("/api/v1/signin", &body).await.expect(403);
    world.stop().await;
});
