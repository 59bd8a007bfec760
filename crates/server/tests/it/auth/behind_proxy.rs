//! Behind a proxy: every address that the server writes is the public one, whatever a request says.

use http_body_util::Full;
use hyper::{Request, body::Bytes};
use serde_json::{Value, json};

use crate::{
    both,
    kit::{Answer, START, World, op::Op},
};

const PUBLIC: &str = "https://mam.school.example";

/// A request as the proxy hands it on, with the host of somebody else.
async fn ask(world: &World, method: &str, path: &str, body: &Value) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "evil.example")
        .header("x-forwarded-proto", "http")
        .header("authorization", format!("Bearer {}", world.admin.token()))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    world.anonymous().request(request).await
}

both!(links_and_redirections_name_the_public_address, |database| {
    let world = World::start_with(database, |config| config.public_url = Some(PUBLIC.parse().unwrap())).await;
    let op = Op::start(START).await;
    let body = json!({"name": "op", "issuer": op.issuer(), "clientId": "web", "clientSecret": "s"});
    world.admin.post("/api/v1/providers", &body).await.expect(201);
    let user = |name: &str| {
        json!({"userPrincipalName": format!("{name}@school.example"), "displayName": name, "accountEnabled": true,
            "mailNickname": name, "passwordProfile": {"password": "a long password"}})
    };
    for name in ["anna", "kim"] {
        ask(&world, "POST", "/v1.0/users", &user(name)).await.expect(201);
    }

    let page = ask(&world, "GET", "/v1.0/users?$top=1", &json!(null)).await.expect(200);
    assert!(
        page["@odata.nextLink"].as_str().unwrap().starts_with(&format!("{PUBLIC}/v1.0/users?")),
        "{page}"
    );
    assert!(
        page["@odata.context"].as_str().unwrap().starts_with(&format!("{PUBLIC}/v1.0/$metadata")),
        "{page}"
    );
    let found = ask(&world, "GET", "/scim/v2/ServiceProviderConfig", &json!(null)).await;
    assert!(!found.text().contains("evil.example"), "{}", found.text());

    let known =
        ask(&world, "GET", "/default/v2.0/.well-known/openid-configuration", &json!(null)).await.expect(200);
    assert_eq!(known["issuer"], json!(format!("{PUBLIC}/default/v2.0")));
    assert_eq!(known["token_endpoint"], json!(format!("{PUBLIC}/default/oauth2/v2.0/token")));

    let out = ask(&world, "GET", "/auth/oidc/op/login", &json!(null)).await;
    let target = out.headers["location"].to_str().unwrap();
    let redirect = "redirect_uri=https%3A%2F%2Fmam.school.example%2Fauth%2Foidc%2Fop%2Fcallback";
    assert!(target.contains(redirect), "{target}");
    let cookie = out.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    world.stop().await;
});

both!(what_scim_answers_has_the_public_address, |database| {
    let world = World::start_with(database, |config| config.public_url = Some(PUBLIC.parse().unwrap())).await;
    let made = world.admin.post("/api/v1/tokens", &json!({"name": "idp", "scim": true})).await.expect(201);
    let body =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "anna@school.example"});
    let request = Request::post("/scim/v2/Users")
        .header("host", "evil.example")
        .header("authorization", format!("Bearer {}", made["token"].as_str().unwrap()))
        .header("content-type", "application/scim+json")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    let answer = world.anonymous().request(request).await;
    let place = answer.headers["location"].to_str().unwrap().to_owned();
    assert!(place.starts_with(&format!("{PUBLIC}/scim/v2/Users/")), "{place}");
    assert_eq!(answer.expect(201)["meta"]["location"], json!(place));
    world.stop().await;
});
