use http_body_util::Full;
use hyper::Request;
use serde_json::json;

use crate::{both, kit::World};

both!(what_is_not_offered_says_so, |database| {
    let world = World::start(database).await;
    for (path, status, code, named) in [
        ("/v1.0/auditLogs/signIns/x", 501, "NotImplemented", "GET /v1.0/auditLogs/signIns/x"),
        (
            "/beta/deviceManagement/reports/cachedReportConfigurations",
            501,
            "NotImplemented",
            "cachedReportConfigurations",
        ),
        ("/v1.0/users/delta()", 501, "NotImplemented", "users/delta"),
        (
            "/beta/deviceAppManagement/iosManagedAppProtections/T_x/unknown",
            404,
            "BadRequest",
            "segment 'unknown'",
        ),
        (
            "/v1.0/deviceAppManagement/windowsInformationProtectionWipeActions",
            404,
            "BadRequest",
            "/beta only",
        ),
    ] {
        let answer = world.admin.get(path).await;
        let id = answer.headers["request-id"].to_str().unwrap().to_owned();
        assert_eq!(answer.headers["client-request-id"], id.as_str());
        assert!(answer.headers.contains_key("x-ms-ags-diagnostic"));
        let error = answer.expect(status)["error"].clone();
        assert_eq!(error["code"], json!(code), "{path}");
        assert!(error["message"].as_str().unwrap().contains(named), "{error}");
        assert_eq!(error["innerError"]["request-id"], json!(id));
        assert_eq!(error["innerError"]["date"], json!("2026-01-02T03:04:05"));
    }
    let wrong = world.admin.put("/v1.0/subscribedSkus", &json!({})).await.expect(405);
    assert!(wrong["error"]["message"].as_str().unwrap().contains("takes GET"), "{wrong}");
    let request = Request::get("/v1.0/nothing").header("host", "x").header("client-request-id", "my-own");
    let echoed = world.admin.request(world.admin.authorized(request).body(Full::default()).unwrap()).await;
    assert_eq!(echoed.headers["client-request-id"], "my-own");
    assert_eq!(echoed.expect(404)["error"]["innerError"]["client-request-id"], json!("my-own"));
    let wrong = world.admin.get("/v1.0/users?$top=many").await.expect(400);
    assert!(wrong["error"]["message"].as_str().unwrap().contains("$top"));
    let filter = world.admin.get("/v1.0/users?$filter=displayName%20like%20'x'").await.expect(400);
    assert_eq!(filter["error"]["innerError"]["code"], json!("filter_not_understood"));
    world.stop().await;
});

both!(awkward_urls_and_texts_never_fail_inside, |database| {
    let world = World::start(database).await;
    for path in [
        "/v1.0/users/%00",
        "/v1.0/users?$skip=18446744073709551615",
        "/v1.0/users?$top=18446744073709551615",
        "/v1.0/users?$top=0",
        "/v1.0/users?$skip=99999999999999999999999",
        "/v1.0/groups/%00%ff",
        "/v1.0/groups/x/members/y/$ref",
        "/beta/deviceAppManagement/managedAppPolicies/T_%00",
        "/beta/deviceAppManagement/managedAppPolicies/é_x",
        "/beta/deviceAppManagement/mobileApps/%27",
        "/beta/%F0%9F%98%80('%F0%9F%98%80')",
        "//v1.0//users//",
        "/v1.0/users?$filter=a%20eq%20%27%00%27&$orderby=,,&$select=,,&$expand=(((",
    ] {
        let path = path.replace('é', "%C3%A9");
        let status = world.admin.get(&path).await.status;
        assert!(status.as_u16() < 500 || status.as_u16() == 501, "{path}: {status}");
    }
    for (path, body) in [
        ("/v1.0/users", json!({"displayName": "a\u{0}", "userPrincipalName": "a@b"})),
        ("/v1.0/users", json!({"displayName": "a", "userPrincipalName": "a\u{0}@b"})),
        ("/v1.0/groups", json!({"displayName": "a\u{0}"})),
        ("/api/v1/tokens", json!({"name": "a\u{0}", "role": "auditor"})),
        ("/api/v1/signin", json!({"userName": "a\u{0}", "password": "b"})),
        ("/beta/deviceAppManagement/iosManagedAppProtections", json!({"displayName": "a\u{0}"})),
    ] {
        let status = world.admin.post(path, &body).await.status;
        assert!((400..500).contains(&status.as_u16()), "{path} {body}: {status}");
    }
    world.stop().await;
});
