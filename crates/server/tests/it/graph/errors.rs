use serde_json::json;

use crate::{both, kit::World};

both!(what_is_not_offered_says_so, |database| {
    let world = World::start(database).await;
    for (path, named) in [
        ("/v1.0/deviceManagement/auditEvents", "deviceManagement/auditEvents"),
        ("/beta/deviceAppManagement/iosManagedAppProtections/T_x/unknown", "unknown"),
        ("/v1.0", ""),
    ] {
        let answer = world.admin.get(path).await;
        let id = answer.headers["request-id"].to_str().unwrap().to_owned();
        let error = answer.expect(501)["error"].clone();
        assert_eq!(error["code"], json!("NotImplemented"));
        assert!(error["message"].as_str().unwrap().contains(named), "{error}");
        assert_eq!(error["innerError"]["request-id"], json!(id));
        assert_eq!(error["innerError"]["date"], json!("2026-01-02T03:04:05"));
    }
    let wrong = world.admin.get("/v1.0/users?$top=many").await.expect(400);
    assert!(wrong["error"]["message"].as_str().unwrap().contains("$top"));
    let filter = world.admin.get("/v1.0/users?$filter=displayName%20like%20'x'").await.expect(400);
    assert_eq!(filter["error"]["innerError"]["code"], json!("filter_not_understood"));
    world.stop().await;
});
