//! Who gets in where: every path of our own API and every Graph operation that real clients use, with every kind of token.
//!
//! The whole matrix is `fixtures/access/matrix.txt`, so that a change of who may do what is seen in review;
//! `RINGFENCE_BLESS=1` rewrites it. What must hold whatever stands there is asserted here.

use std::fmt::Write as _;

use hyper::Method;
use ringfence_model::Millis;
use serde_json::Value;

use crate::{
    both,
    kit::{Client, World},
    tenants::stranger,
};

const MATRIX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/access/matrix.txt");
const GRAPH: &str = include_str!("../../data/graph-operations.txt");
const ROLES: [&str; 6] =
    ["global-administrator", "owner", "contributor", "help-desk", "auditor", "privacy-officer"];
/// Paths that are there to get in, and the link of a report's file: its last part nobody can guess, and it ends after an
/// hour.
const OPEN: [&str; 2] = ["POST /api/v1/signin", "GET /api/v1/exports/{id}/{secret}"];
/// Bodies that are understood, where one that is not would be refused before anybody is asked who may.
const BODIES: [(&str, &str); 12] = [
    ("/api/v1/account/totp", r#"{"password":"nobody's"}"#),
    ("/api/v1/account/totp/confirm", r#"{"code":"000000"}"#),
    ("/api/v1/administrators", r#"{"userName":"somebody","roles":["auditor"]}"#),
    ("/api/v1/browser/check", r#"{"user":"nobody","app":"a.b","platform":"ios","url":"https://a.example/"}"#),
    ("/api/v1/devices/{device_tag}", r#"{"platform":"ios","enrolment":"nothing"}"#),
    ("/api/v1/explain", r#"{"user":"nobody","app":"a.b","platform":"ios","action":"print"}"#),
    (
        "/api/v1/filters/test",
        r#"{"platform":"iOSMobileApplicationManagement","rule":"(app.osVersion -eq 1)"}"#,
    ),
    ("/api/v1/lease", r#"{"leaseMs":86400000}"#),
    ("/api/v1/programs", r#"{"name":""}"#),
    ("/api/v1/role-assignments", r#"{"role":"auditor","user":"nobody"}"#),
    ("/api/v1/tokens", r#"{"name":"","role":"auditor"}"#),
    ("/api/v1/wipes/preview", r#"{"user":"nobody"}"#),
];
/// Ends what later requests rest on, or changes it for everybody.
const LEFT_OUT: [&str; 1] = ["POST /api/v1/keys/rotate"];

/// `METHOD path`, in a fixed order.
async fn routes(world: &World) -> Vec<(Method, String)> {
    let described = world.admin.get("/api/v1/openapi.json").await.expect(200);
    let mut found = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            found.push((method.to_uppercase().parse::<Method>().unwrap(), path.clone()));
        }
    }
    for line in GRAPH.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split_whitespace().collect();
        if let [method, path, "A", ..] = parts.as_slice() {
            found.push((method.parse().unwrap(), format!("/beta{path}")));
        }
    }
    found.sort_by(|a, b| (&a.1, a.0.as_str()).cmp(&(&b.1, b.0.as_str())));
    found.dedup();
    found
}

/// Keys that name nothing.
fn address(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push_str("00000000-0000-0000-0000-00000000000f");
        rest = after;
    }
    out.push_str(rest);
    out
}

async fn status(client: &Client, method: &Method, path: &str) -> u16 {
    let writes = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    let known = BODIES.iter().find(|(known, _)| *known == path).map_or("{}", |(_, body)| *body);
    let body = writes.then(|| known.as_bytes().to_vec());
    client.send(method.clone(), &address(path), body).await.status.as_u16()
}

async fn token(world: &World, body: Value) -> (String, Client) {
    let made = world.admin.post("/api/v1/tokens", &body).await.expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), Client::new(world.server.addr, Some(text("token"))))
}

both!(is_the_reviewed_matrix, |database| {
    let world = World::start(database).await;
    let routes = routes(&world).await;
    assert!(routes.len() > 140, "{}", routes.len());
    let named = |name: &str| serde_json::json!({"name": name, "role": "global-administrator", "days": 1});
    let (revoked_id, revoked) = token(&world, named("revoked")).await;
    world.admin.delete(&format!("/api/v1/tokens/{revoked_id}")).await.expect(204);
    let (_, expired) = token(&world, named("expired")).await;
    world.clock.advance(Millis::from_days(2));
    let (_, provisioning) = token(&world, serde_json::json!({"name": "provisioning", "scim": true})).await;
    let garbage = Client::new(world.server.addr, Some("rf_notatoken".to_owned()));
    let strangers =
        [("none", world.anonymous()), ("garbage", garbage), ("revoked", revoked), ("expired", expired)];
    let other = stranger(&world).await;
    let mut roles = Vec::new();
    for role in ROLES {
        roles.push((role, world.as_role(role).await));
    }
    let mut matrix = String::from(
        "# Who gets in where: the status that a request with keys of nothing and a body that changes nothing gets. Columns: provisioning token, global\n\
         # administrator of another organisation, then the roles G(lobal administrator) O(wner) C(ontributor) H(elp desk) A(uditor)\n\
         # P(rivacy officer). Without a token, or with a wrong, revoked or expired one, every path answers 401 unless marked `open`.\n",
    );
    for (method, path) in &routes {
        let name = format!("{method} {path}");
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        let open = OPEN.contains(&name.as_str());
        for (kind, client) in &strangers {
            let status = status(client, method, path).await;
            assert!(open || status == 401, "{name} with {kind}: {status}");
        }
        let provisions = status(&provisioning, method, path).await;
        assert!(
            open || provisions == 401 || provisions == 403,
            "{name} with a provisioning token: {provisions}"
        );
        let elsewhere = status(&other, method, path).await;
        let mut line =
            format!("{name:<100} {}{provisions} other {elsewhere}", if open { "open " } else { "" });
        for (role, client) in &roles {
            let status = status(client, method, path).await;
            assert!(status < 500 || status == 501, "{name} as {role}: {status}");
            let _ = write!(line, " {}{status}", role[..1].to_uppercase());
        }
        matrix.push_str(line.trim_end());
        matrix.push('\n');
    }
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(MATRIX).parent().unwrap()).unwrap();
        std::fs::write(MATRIX, &matrix).unwrap();
    }
    let reviewed = std::fs::read_to_string(MATRIX).unwrap_or_default();
    for (made, reviewed) in matrix.lines().zip(reviewed.lines()) {
        assert_eq!(made, reviewed, "who gets in has changed: review it and run with RINGFENCE_BLESS=1");
    }
    assert_eq!(matrix.lines().count(), reviewed.lines().count());
});
