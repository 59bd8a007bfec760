//! What published importers do with an export: what each of them drops, where it posts, what it calls afterwards.

use serde_json::{Value, json};

use super::{SET, ios};
use crate::{both, kit::World};

const ROOT: &str = "/beta/deviceAppManagement";

/// An export as it is found in the wild: read-only members, links, actions, nulls.
fn export() -> Value {
    let mut body = ios("Exported");
    for (name, value) in json!({
        "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceAppManagement/iosManagedAppProtections(apps(),assignments())/$entity",
        "@odata.type": "#microsoft.graph.iosManagedAppProtection",
        "@odata.id": "deviceAppManagement/iosManagedAppProtections('T_5e7a8aa4-5a2b-4f0f-8f4f-4f9f6f3f2f1f')",
        "id": "T_5e7a8aa4-5a2b-4f0f-8f4f-4f9f6f3f2f1f",
        "version": "\"4f00aa11-0000-0d00-0000-60ba00000000\"",
        "createdDateTime@odata.type": "#DateTimeOffset",
        "createdDateTime": "2021-06-04T08:57:57.775389Z",
        "lastModifiedDateTime": "2021-06-04T08:57:57.775389Z",
        "isAssigned": false, "deployedAppCount": 1, "appGroupType": "selectedPublicApps",
        "periodOfflineBeforeAccessCheck@odata.type": "#Duration", "periodOfflineBeforeAccessCheck": "PT720M",
        "maximumWarningOsVersion": null, "gracePeriodToBlockAppsDuringOffClockHours": null,
        "roleScopeTagIds@odata.type": "#Collection(String)", "roleScopeTagIds": ["0"],
        "apps@odata.navigationLink": "https://graph.microsoft.com/beta/x/apps",
        "apps@odata.context": "https://graph.microsoft.com/beta/$metadata#x/apps",
        "#microsoft.graph.assign": {"title": "microsoft.graph.assign", "target": "https://graph.microsoft.com/beta/x"},
        "#microsoft.graph.targetApps": [{"title": "a", "target": "b"}],
        "notificationRestriction": "blockOrganizationalData", "assignments": [],
    })
    .as_object()
    .unwrap()
    {
        body[name] = value.clone();
    }
    body
}

fn without(mut body: Value, names: &[&str]) -> Value {
    body.as_object_mut().unwrap().retain(|name, _| !names.contains(&name.as_str()));
    body
}

async fn same(world: &World, id: &Value) {
    let path =
        format!("{ROOT}/iosManagedAppProtections('{}')/?$expand=apps,assignments", id.as_str().unwrap());
    let read = world.admin.get(&path).await.expect(200);
    assert_eq!(read["periodOfflineBeforeAccessCheck"], json!("PT12H"));
    assert_eq!(read["notificationRestriction"], json!("blockOrganizationalData"));
    assert_eq!(read["contosoExtension"], export()["contosoExtension"]);
    assert_eq!(read["apps"][0]["id"], json!("com.example.notes.ios"));
    assert_ne!(read["id"], export()["id"]);
    world.admin.delete(&path).await.expect(204);
}

both!(raw_and_trimmed_exports_go_in, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let dates = ["id", "createdDateTime", "lastModifiedDateTime", "version"];
    // The whole file, under both versions.
    same(&world, &client.post(SET, &export()).await.expect(201)["id"]).await;
    same(
        &world,
        &client.post(&format!("{ROOT}/iosManagedAppProtections/"), &export()).await.expect(201)["id"],
    )
    .await;
    // Only the polymorphic set, type included or only its context.
    let all = format!("{ROOT}/managedAppPolicies");
    same(&world, &client.post(&all, &without(export(), &dates)).await.expect(201)["id"]).await;
    let untyped = without(export(), &["@odata.type", "id", "version"]);
    same(&world, &client.post(&all, &untyped).await.expect(201)["id"]).await;
    // Apps afterwards, assignments dropped.
    let made = without(export(), &[&dates[..], &["apps", "apps@odata.context", "assignments"]].concat());
    let made = client.post(&format!("{ROOT}/iosManagedAppProtections"), &made).await.expect(201);
    let target = json!({"appGroupType": export()["appGroupType"], "apps": export()["apps"]});
    let path = format!("{ROOT}/iosManagedAppProtections/{}/targetApps", made["id"].as_str().unwrap());
    client.post(&path, &target).await.expect(204);
    same(&world, &made["id"]).await;
    // A group of apps instead of a list.
    let mut group = without(export(), &["apps"]);
    group["appGroupType"] = json!("allMicrosoftApps");
    let made = client.post(SET, &group).await.expect(201);
    let read =
        client.get(&format!("{ROOT}/managedAppPolicies/{}", made["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(
        (&read["appGroupType"], &read["@odata.type"]),
        (&json!("allMicrosoftApps"), &json!("#microsoft.graph.iosManagedAppProtection"))
    );
    world.stop().await;
});

both!(full_metadata_goes_out_and_in_again, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let made = client.post(SET, &export()).await.expect(201);
    let path = format!("{ROOT}/iosManagedAppProtections('{}')", made["id"].as_str().unwrap());
    let request = hyper::Request::get(format!("{path}?$expand=apps,assignments"))
        .header("host", "x")
        .header("accept", "application/json;odata.metadata=full");
    let body = http_body_util::Full::new(hyper::body::Bytes::new());
    let full = client.request(client.authorized(request).body(body).unwrap()).await.expect(200);
    assert_eq!(full["@odata.type"], json!("#microsoft.graph.iosManagedAppProtection"));
    assert_eq!(full["periodOfflineBeforeAccessCheck@odata.type"], json!("#Duration"));
    assert!(
        full["apps@odata.navigationLink"].is_string() && full["assignments@odata.navigationLink"].is_string()
    );
    assert_eq!(full["#microsoft.graph.assign"]["title"], json!("microsoft.graph.assign"));
    let mut again = full;
    again["displayName"] = json!("Again");
    let copy = client.post(&format!("{ROOT}/managedAppPolicies"), &again).await.expect(201);
    let plain = client
        .get(&format!("{ROOT}/iosManagedAppProtections/{}", copy["id"].as_str().unwrap()))
        .await
        .expect(200);
    let first = client.get(&path).await.expect(200);
    for (name, value) in first.as_object().unwrap() {
        let own =
            ["id", "version", "displayName", "createdDateTime", "lastModifiedDateTime", "@odata.context"];
        assert!(own.contains(&name.as_str()) || plain[name] == *value, "{name}: {value} {}", plain[name]);
    }
    world.stop().await;
});
