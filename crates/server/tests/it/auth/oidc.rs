use ringfence_model::Millis;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Answer, Client, START, World,
        browser::Browser,
        op::{Op, merge},
    },
};

async fn trust(world: &World, op: &Op, change: &Value) {
    let mut body = json!({
        "name": "op", "displayName": "School", "issuer": op.issuer(), "clientId": "web", "clientSecret": "s",
        "roles": [{"claim": "groups", "value": "Admins", "role": "contributor"}],
    });
    merge(&mut body, change);
    world.admin.post("/api/v1/providers", &body).await.expect(201);
    op.inner.lock().unwrap().claims = json!({"groups": ["Admins"]});
}

/// What the provider sends the browser back with: path and query on our server.
async fn visit(op: &Op, target: &str) -> String {
    let path = target.strip_prefix(&op.issuer()).expect("the provider").to_owned();
    let answer = Client::new(op.addr, None).get(&path).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
    let back = answer.headers["location"].to_str().unwrap().to_owned();
    let at = back.match_indices('/').nth(2).unwrap().0;
    back[at..].to_owned()
}

async fn go(browser: &mut Browser, op: &Op) -> String {
    let answer = browser.get("/auth/oidc/op/login?next=/v1.0/users").await;
    visit(op, &Browser::target(&answer)).await
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert!(answer.text().contains(&format!("id=\"{code}\"")), "{code}: {}", answer.text());
}

both!(an_administrator_signs_in_at_a_provider, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op, &json!({})).await;
    let mut browser = Browser::new(&world);
    let page = browser.get("/auth/login").await;
    assert!(page.text().contains("Sign in with School"), "{}", page.text());
    let back = go(&mut browser, &op).await;
    assert_eq!(Browser::target(&browser.get(&back).await), "/v1.0/users");
    assert!(!browser.cookies.contains_key("ringfence-signin"));
    browser.get("/v1.0/users").await.expect(200);
    let session = browser.get("/auth/session").await.expect(200);
    assert_eq!((&session["name"], &session["roles"]), (&json!("Anna"), &json!(["contributor"])));
    assert!(session["id"].as_str().unwrap().starts_with("person:op:"), "{session}");
    let csrf = session["csrfToken"].as_str().unwrap();
    let out = Browser::target(&browser.post("/auth/oidc/op/logout", &format!("csrf={csrf}")).await);
    assert!(
        out.starts_with(&format!("{}/end?client_id=web&post_logout_redirect_uri=", op.issuer())),
        "{out}"
    );
    assert_eq!(browser.get("/v1.0/users").await.status, 401);
    let hint = out.split_once("&id_token_hint=").unwrap().1.to_owned();
    assert_eq!(Some(hint), op.inner.lock().unwrap().given.last().cloned());
    // A session of another kind has nothing to tell there.
    let csrf = {
        let first = world.server.admin_password.as_deref().unwrap();
        let form = format!("userName=admin&password={first}&newPassword=a+longer+password");
        assert_eq!(Browser::target(&browser.post("/auth/login", &form).await), "/auth/me");
        browser.get("/auth/session").await.expect(200)["csrfToken"].as_str().unwrap().to_owned()
    };
    let out = Browser::target(&browser.post("/auth/oidc/op/logout", &format!("csrf={csrf}")).await);
    assert_eq!(out, "/auth/login");

    // Trust that is taken back ends sessions.
    let back = go(&mut browser, &op).await;
    browser.get(&back).await;
    browser.get("/v1.0/users").await.expect(200);
    world.admin.delete("/api/v1/providers/op").await.expect(204);
    assert_eq!(browser.get("/v1.0/users").await.status, 401);
    refused(&browser.get("/auth/oidc/op/login").await, 404, "signin-no-provider");
    world.stop().await;
});

both!(an_answer_counts_once_in_the_browser_that_asked, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    op.inner.lock().unwrap().replays = true;
    trust(&world, &op, &json!({})).await;
    let (mut browser, mut other) = (Browser::new(&world), Browser::new(&world));
    let back = go(&mut browser, &op).await;
    let unused = go(&mut other, &op).await;
    // Another browser's answer signs nobody in here (login CSRF), and is used up by the attempt.
    refused(&browser.get(&unused).await, 401, "signin-state-unknown");
    refused(&other.get(&unused).await, 401, "signin-state-unknown");
    assert_eq!(Browser::target(&browser.get(&back).await), "/v1.0/users");
    refused(&browser.get(&back).await, 401, "signin-state-unknown");
    let (before, after) = back.split_once("state=").unwrap();
    refused(&browser.get(&format!("{before}state=x{after}")).await, 401, "signin-state-unknown");
    refused(&browser.get("/auth/oidc/op/callback").await, 401, "signin-state-unknown");
    let late = go(&mut other, &op).await;
    world.clock.advance(Millis::from_minutes(10));
    refused(&other.get(&late).await, 401, "signin-state-unknown");
    // A code of one sign-in in the answer of another: the verifier is another one.
    let (first, second) = (go(&mut other, &op).await, go(&mut other, &op).await);
    let code = |text: &str| text.split_once("code=").unwrap().1.split_once('&').unwrap().0.to_owned();
    refused(&other.get(&second.replace(&code(&second), &code(&first))).await, 401, "signin-code-used");
    world.stop().await;
});

both!(what_a_provider_says_wrongly_signs_nobody_in, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    trust(&world, &op, &json!({})).await;
    let mut browser = Browser::new(&world);
    let now = op.now_s();
    let changes = [
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"aud": "another"}),
        json!({"aud": ["web", "another"]}),
        json!({"azp": "another"}),
        json!({"iss": "https://another.example"}),
        json!({"exp": now - 61}),
        json!({"iat": now + 120}),
        json!({"sub": null}),
    ];
    for change in changes {
        op.inner.lock().unwrap().claims = change.clone();
        let back = go(&mut browser, &op).await;
        let answer = browser.get(&back).await;
        assert!(
            answer.status == 401 && !browser.cookies.contains_key("ringfence"),
            "{change}: {}",
            answer.text()
        );
    }
    op.inner.lock().unwrap().claims = json!({"groups": ["Admins"]});

    op.inner.lock().unwrap().iss = Some("https://another.example".into());
    let back = go(&mut browser, &op).await;
    refused(&browser.get(&back).await, 401, "signin-issuer");
    op.inner.lock().unwrap().iss = None;
    let back = go(&mut browser, &op).await;
    refused(&browser.get(&back).await, 401, "signin-issuer");
    op.inner.lock().unwrap().iss = Some(op.issuer());

    let back = go(&mut browser, &op).await;
    refused(
        &browser.get(&back.replace("code=", "error=access_denied&nocode=")).await,
        400,
        "signin-by-provider",
    );

    op.inner.lock().unwrap().claims = json!({"groups": ["Others"]});
    let back = go(&mut browser, &op).await;
    refused(&browser.get(&back).await, 403, "signin-no-role");

    // A key that the provider has not published.
    op.inner.lock().unwrap().claims = json!({"groups": ["Admins"]});
    let back = go(&mut browser, &op).await;
    let published = op.roll_over("k1", "ES256");
    refused(&browser.get(&back).await, 401, "signin-token");
    op.inner.lock().unwrap().keys = published;
    let back = go(&mut browser, &op).await;
    assert_eq!(Browser::target(&browser.get(&back).await), "/v1.0/users");
    world.stop().await;
});

both!(people_and_groups_of_the_directory_follow_the_claims, |database| {
    let world = World::start(database).await;
    let op = Op::start(START).await;
    let group = json!({"displayName": "Teachers", "mailEnabled": false, "mailNickname": "t", "securityEnabled": true});
    let group = world.admin.post("/v1.0/groups", &group).await.expect(201)["id"].as_str().unwrap().to_owned();
    let rules = json!([{"claim": "groups", "value": "teachers", "group": group}]);
    trust(&world, &op, &json!({"createUsers": true, "groups": rules})).await;
    let members = async || {
        let found = world.admin.get(&format!("/v1.0/groups/{group}/members")).await.expect(200);
        found["value"].as_array().unwrap().len()
    };
    let mut browser = Browser::new(&world);
    let mut enter = async |claims: Value| {
        op.inner.lock().unwrap().claims = claims;
        let back = go(&mut browser, &op).await;
        browser.get(&back).await
    };
    assert_eq!(enter(json!({"groups": ["Admins", "teachers"]})).await.status, 303);
    assert_eq!(members().await, 1);
    let user = world.admin.get("/v1.0/users/anna@school.example").await.expect(200);
    assert_eq!(user["displayName"], json!("Anna"));
    assert_eq!(enter(json!({"groups": ["Admins"]})).await.status, 303);
    assert_eq!(members().await, 0);

    // The subject counts, not the name: whoever gets the name later is somebody else.
    refused(&enter(json!({"groups": ["Admins"], "sub": "mallory"})).await, 409, "signin-taken");
    let renamed = json!({"groups": ["Admins"], "preferred_username": "anna.new@school.example"});
    assert_eq!(enter(renamed).await.status, 303);

    // Switched off: no new session, and the present one ends.
    let path = format!("/v1.0/users/{}", user["id"].as_str().unwrap());
    world.admin.patch(&path, &json!({"accountEnabled": false})).await.expect(204);
    refused(&enter(json!({"groups": ["Admins"]})).await, 403, "signin-disabled");
    assert_eq!(browser.get("/v1.0/users").await.status, 401);
    for (claims, status, code) in [
        (json!({"groups": ["Admins"], "sub": "x", "preferred_username": "no name"}), 409, "signin-unfit"),
        (json!({"groups": ["Admins"], "sub": "x", "preferred_username": null}), 403, "signin-unknown"),
    ] {
        op.inner.lock().unwrap().claims = claims;
        let back = go(&mut browser, &op).await;
        refused(&browser.get(&back).await, status, code);
    }
    world.stop().await;
});
