use serde_json::json;

use crate::{both, kit::World};

const APPS: &str = "/beta/deviceAppManagement/mobileApps";

both!(are_added_changed_and_removed, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let body = json!({"@odata.type": "#microsoft.graph.managedIOSStoreApp", "displayName": "Notes",
        "publisher": "Example", "bundleId": "com.example.notes"});
    let made = client.post(APPS, &body).await.expect(201);
    assert_eq!((&made["ringfenceSignIn"], &made["ringfenceCore"]), (&json!("modern"), &json!(false)));
    let twice = json!({"displayName": "Again", "bundleId": "COM.EXAMPLE.NOTES"});
    assert_eq!(
        client.post(APPS, &twice).await.expect(409)["error"]["innerError"]["code"],
        json!("app_exists")
    );
    client.post(APPS, &json!({"displayName": "Notes", "packageId": "com.example.notes"})).await.expect(201);

    let path = format!("{APPS}/{}", made["id"].as_str().unwrap());
    let changed =
        client.patch(&path, &json!({"ringfenceSignIn": "legacy", "ringfenceCore": true})).await.expect(200);
    assert_eq!((&changed["ringfenceSignIn"], &changed["ringfenceCore"]), (&json!("legacy"), &json!(true)));
    let ios = client
        .get(&format!("{APPS}?$filter=(isof('microsoft.graph.managedIOSStoreApp'))&"))
        .await
        .expect(200);
    assert_eq!(ios["value"].as_array().unwrap().len(), 1);
    client.delete(&path).await.expect(204);
    client.get(&path).await.expect(404);
    world.stop().await;
});

both!(bad_apps_are_refused, |database| {
    let world = World::start(database).await;
    for (body, field) in [
        (json!({"displayName": "x"}), "bundleId"),
        (json!({"displayName": "x", "bundleId": "a", "packageId": "a"}), "bundleId"),
        (json!({"displayName": "x", "bundleId": "not an id"}), "bundleId"),
        (json!({"displayName": "", "packageId": "a.b"}), "displayName"),
        (json!({"displayName": 1, "packageId": "a.b"}), "displayName"),
        (json!({"displayName": "x", "packageId": "a.b", "ringfenceSignIn": "magic"}), "ringfenceSignIn"),
        (json!({"displayName": "x", "packageId": "a.b", "ringfenceSigners": ["abc"]}), "ringfenceSigners[0]"),
        (json!({"displayName": "x", "packageId": "a.b", "ringfenceSigners": [5]}), "ringfenceSigners[0]"),
        (json!({"displayName": "x", "packageId": "a.b", "ringfenceSigners": "abc"}), "ringfenceSigners"),
        (
            json!({"displayName": "x", "packageId": "a.b", "ringfenceSigners": vec!["00".repeat(32); 17]}),
            "ringfenceSigners",
        ),
        (json!({"@odata.type": "#microsoft.graph.managedIOSStoreApp", "packageId": "a.b"}), "@odata.type"),
    ] {
        let error = world.admin.post(APPS, &body).await.expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!(field), "{body}");
    }
    assert_eq!(world.admin.get(APPS).await.expect(200)["value"], json!([]));
    world.stop().await;
});
