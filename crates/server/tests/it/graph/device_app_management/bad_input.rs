//! Everything that must be refused: with the path of the field, and with nothing written.

use hyper::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{SET, ios};
use crate::{
    both,
    kit::{Client, World},
};

fn with(name: &str, value: Value) -> Value {
    let mut body = ios("Bad");
    body[name] = value;
    body
}

async fn nothing_written(client: &Client) {
    let all = client.get("/beta/deviceAppManagement/managedAppPolicies").await.expect(200);
    assert_eq!(all["value"], json!([]));
}

both!(wrong_values_name_their_field, |database| {
    let world = World::start(database).await;
    let group = json!([{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget",
        "groupId": "00000000-0000-4000-8000-000000000000"}}]);
    let cases = [
        (with("pinRequired", json!("yes")), "pinRequired"),
        (with("minimumPinLength", json!("six")), "minimumPinLength"),
        (with("minimumPinLength", json!(1_000_000)), "minimumPinLength"),
        (with("maximumPinRetries", json!(-1)), "maximumPinRetries"),
        (
            with("allowedOutboundDataTransferDestinations", json!("everywhere")),
            "allowedOutboundDataTransferDestinations",
        ),
        (with("periodOfflineBeforeAccessCheck", json!("twelve hours")), "periodOfflineBeforeAccessCheck"),
        (with("displayName", json!("")), "displayName"),
        (with("displayName", json!(7)), "displayName"),
        (
            with("apps", json!([{"mobileAppIdentifier": {"bundleId": "a b"}}])),
            "apps[0].mobileAppIdentifier.bundleId",
        ),
        (with("apps", json!([{}])), "apps[0].mobileAppIdentifier"),
        (with("assignments", group), "assignments[0].target.groupId"),
        (
            with(
                "assignments",
                json!([{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget"}}]),
            ),
            "assignments[0].target.groupId",
        ),
        (with("@odata.type", json!("#microsoft.graph.androidManagedAppProtection")), "@odata.type"),
    ];
    for version in ["v1.0", "beta"] {
        for (body, path) in &cases {
            let url = format!("/{version}/deviceAppManagement/iosManagedAppProtections");
            let error = world.admin.post(&url, body).await.expect(400)["error"].clone();
            let targets: Vec<_> =
                error["details"].as_array().unwrap().iter().map(|one| one["target"].clone()).collect();
            assert!(targets.contains(&json!(path)), "{path}: {error}");
            assert!(error["message"].as_str().unwrap().contains(path), "{path}: {error}");
        }
    }
    let untyped =
        world.admin.post("/beta/deviceAppManagement/managedAppPolicies", &ios("Bad")).await.expect(400);
    assert_eq!(untyped["error"]["details"][0]["target"], json!("@odata.type"));
    nothing_written(&world.admin).await;
    world.stop().await;
});

both!(what_cannot_be_read_is_refused, |database| {
    let world = World::start(database).await;
    let whole = ios("Bad").to_string().into_bytes();
    let cases: [(Vec<u8>, &str); 6] = [
        (b"{\"displayName\": }".to_vec(), "import_syntax"),
        (whole[..whole.len() / 2].to_vec(), "import_truncated"),
        (Vec::new(), "import_empty"),
        (vec![b'['; 1_000_000], "import_too_deep"),
        (b"[1, 2]".to_vec(), "invalid_value"),
        (vec![0xff, 0xfe, 0x00], "import_encoding"),
    ];
    for (body, code) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let error = world.admin.send(Method::POST, SET, Some(body)).await.expect(400);
        assert_eq!(error["error"]["innerError"]["code"], json!(code), "{shown}: {error}");
    }
    nothing_written(&world.admin).await;
    world.stop().await;
});

both!(a_name_is_given_once, |database| {
    let world = World::start(database).await;
    world.admin.post(SET, &ios("Notes")).await.expect(201);
    let taken = world.admin.post(SET, &ios("NOTES")).await.expect(409);
    assert_eq!(
        (&taken["error"]["code"], &taken["error"]["innerError"]["code"]),
        (&json!("Conflict"), &json!("name_taken"))
    );
    let details = &taken["error"]["details"][0];
    assert_eq!((&details["code"], &details["target"]), (&json!("name_taken"), &json!("displayName")));
    assert!(details["message"].as_str().unwrap().contains("NOTES"), "{taken}");
    let other = world.admin.post(SET, &ios("Other")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let renamed =
        world.admin.patch(&format!("{SET}/{other}"), &json!({"displayName": "notes"})).await.expect(409);
    assert_eq!(renamed["error"]["details"][0]["target"], json!("displayName"));
    assert_eq!(world.admin.get(SET).await.expect(200)["value"].as_array().unwrap().len(), 2);
    world.stop().await;
});

both!(a_flood_of_brackets_is_refused_early, |database| {
    let world = World::start(database).await;
    let token = world.as_role("contributor").await;
    // Chunked, so that no length is declared: the limit must act while reading.
    let mut stream = TcpStream::connect(world.server.addr).await.unwrap();
    let head = format!(
        "POST {SET} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        token.token()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".as_slice(), vec![b'['; 0x10000].as_slice(), b"\r\n"].concat();
    let (mut reader, mut writer) = stream.into_split();
    let sending = tokio::spawn(async move {
        let mut sent = 0;
        while sent < 100_000_000 && writer.write_all(&chunk).await.is_ok() {
            sent += 0x10000;
        }
        sent
    });
    let mut received = Vec::new();
    let _ = reader.read_to_end(&mut received).await;
    let sent = sending.await.unwrap();
    assert!(sent < 50_000_000, "{sent} bytes were taken");
    let answer = String::from_utf8_lossy(&received);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413 "), "{answer}");
    nothing_written(&world.admin).await;
    world.stop().await;
});
