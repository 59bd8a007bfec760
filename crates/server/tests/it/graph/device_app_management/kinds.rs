//! Every set under both versions; polymorphic creation; the order of the wire; what clients send wrongly.

use serde_json::{Value, json};

use super::{SET, ios};
use crate::{both, kit::World};

const ALL: &str = "/beta/deviceAppManagement/managedAppPolicies";

fn set(version: &str, name: &str) -> String {
    format!("/{version}/deviceAppManagement/{name}")
}

both!(every_kind_is_stored_and_served, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let edge = json!({"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.windowsAppIdentifier", "windowsAppId": "com.microsoft.edge"}});
    let notes = json!({"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": "a.b"}});
    let cases = [
        (
            "windowsManagedAppProtections",
            json!({"printBlocked": true, "apps": [edge], "periodOfflineBeforeAccessCheck": "1 day, 0:00:00"}),
            204,
        ),
        (
            "defaultManagedAppProtections",
            json!({"faceIdBlocked": true, "encryptAppData": true, "customSettings": [], "apps": [notes]}),
            204,
        ),
        (
            "windowsInformationProtectionPolicies",
            json!({"enforcementLevel": "EncryptAuditAndBlock", "protectedApps": [{"@odata.type": "#microsoft.graph.windowsInformationProtectionStoreApp", "displayName": "x", "denied": false}]}),
            200,
        ),
        (
            "mdmWindowsInformationProtectionPolicies",
            json!({"iconsVisible": true, "protectedAppLockerFiles": [{"displayName": "f", "file": "AA=="}]}),
            204,
        ),
        (
            "androidManagedAppProtections",
            json!({"screenCaptureBlocked": true, "faceIdBlocked": true, "apps": [notes]}),
            204,
        ),
        ("targetedManagedAppConfigurations", json!({"customSettings": [{"name": "a", "value": "b"}]}), 204),
    ];
    for (name, mut body, patched) in cases {
        body["displayName"] = json!(name);
        let path = set("beta", name);
        let made = client.post(&path, &body).await.expect(201);
        assert!(made.get("@odata.type").is_none(), "{name}");
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        let read = client.get(&one).await.expect(200);
        for (member, value) in body.as_object().unwrap() {
            let exact =
                !["apps", "protectedAppLockerFiles", "enforcementLevel", "periodOfflineBeforeAccessCheck"]
                    .contains(&member.as_str());
            assert!(!exact || read[member] == *value, "{name} {member}: {}", read[member]);
        }
        // What is to be written inside is there, or refused as unknown to the kind: never left out.
        for inside in ["apps", "assignments", "deploymentSummary", "settings", "exemptAppLockerFiles"] {
            for place in [&one, &one.replace("beta", "v1.0"), &path] {
                let answer = client.get(&format!("{place}?$expand={inside}")).await;
                let read = answer.json();
                let item = read["value"].get(0).unwrap_or(&read);
                let told = match answer.status.as_u16() {
                    200 => item.get(inside).is_some(),
                    400 => read.to_string().contains(inside),
                    404 => name == "windowsManagedAppProtections",
                    _ => false,
                };
                assert!(told, "{place} {inside}: {read}");
            }
        }
        let answer = client.patch(&one, &json!({"description": "changed"})).await;
        assert_eq!(answer.status, patched, "{name}");
        assert_eq!(client.get(&one).await.expect(200)["description"], json!("changed"), "{name}");
        let v1 = client.get(&one.replace("/beta", "/v1.0")).await;
        assert_eq!(v1.status, if name.starts_with("windowsManaged") { 404 } else { 200 }, "{name}");
    }
    let listed = client.get(&format!("{ALL}?$expand=apps,assignments")).await.expect(200);
    let listed = listed["value"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 6);
    let typed = |short: &str| {
        listed
            .iter()
            .find(|one| one["@odata.type"] == json!(format!("#microsoft.graph.{short}")))
            .unwrap()
            .clone()
    };
    assert_eq!(typed("windowsManagedAppProtection")["apps"][0]["id"], json!("com.microsoft.edge.windows"));
    assert_eq!(typed("windowsManagedAppProtection")["periodOfflineBeforeAccessCheck"], json!("P1D"));
    assert_eq!(
        typed("windowsInformationProtectionPolicy")["enforcementLevel"],
        json!("encryptAuditAndBlock")
    );
    assert!(typed("windowsInformationProtectionPolicy").get("apps").is_none());
    assert!(typed("defaultManagedAppProtection").get("assignments").is_none());
    let files = format!(
        "{}/{}/protectedAppLockerFiles",
        set("beta", "mdmWindowsInformationProtectionPolicies"),
        typed("mdmWindowsInformationProtectionPolicy")["id"].as_str().unwrap()
    );
    assert_eq!(client.get(&files).await.expect(200)["value"][0]["file"], json!("AA=="));

    let cast = client.get(&format!("{ALL}/microsoft.graph.androidManagedAppProtection")).await.expect(200);
    assert_eq!(cast["value"].as_array().unwrap().len(), 1);
    let id = typed("androidManagedAppProtection")["id"].as_str().unwrap().to_owned();
    client.get(&format!("{ALL}/{id}/microsoft.graph.androidManagedAppProtection")).await.expect(200);
    client.get(&format!("{ALL}/{id}/microsoft.graph.iosManagedAppProtection")).await.expect(404);
    let apps =
        client.get(&format!("{ALL}/{id}/microsoft.graph.androidManagedAppProtection/apps")).await.expect(200);
    assert_eq!(apps["value"][0]["id"], json!("a.b.android"));
    let v1 = client.get(&set("v1.0", "managedAppPolicies")).await.expect(200);
    assert_eq!(v1["value"].as_array().unwrap().len(), 5);
    let links = client
        .post(
            &format!("{}/hasPayloadLinks", set("beta", "androidManagedAppProtections")),
            &json!({"payloadIds": [id, "T_x"]}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&links["value"][0]["hasLink"], &links["value"][1]["error"]),
        (&json!(false), &json!("there is no such policy"))
    );
    world.stop().await;
});

both!(the_polymorphic_set_wants_a_type, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let post = async |members: Value| {
        let mut body = ios("Typed");
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        client.post(ALL, &body).await
    };
    for wrong in [
        json!({}),
        json!({"@odata.type": "#microsoft.graph.managedAppProtection"}),
        json!({"@odata.type": "#microsoft.graph.targetedManagedAppProtection"}),
        json!({"@odata.type": "#microsoft.graph.deviceConfiguration"}),
        json!({"@odata.type": 7}),
        json!({"@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceAppManagement/managedAppPolicies/$entity"}),
    ] {
        let error = post(wrong.clone()).await.expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!("@odata.type"), "{wrong}");
        assert_eq!(error["error"]["code"], json!("BadRequest"));
    }
    for (name, right) in [
        ("A", json!({"@odata.type": "#graph.IOSmanagedAppProtection"})),
        (
            "B",
            json!({"@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceAppManagement/iosManagedAppProtections(apps())/$entity"}),
        ),
    ] {
        let mut members = right;
        members["displayName"] = json!(name);
        let made = post(members).await.expect(201);
        assert_eq!(made["@odata.type"], json!("#microsoft.graph.iosManagedAppProtection"));
    }
    let windows = json!({"@odata.type": "#microsoft.graph.windowsManagedAppProtection", "displayName": "W"});
    client.post(&set("v1.0", "managedAppPolicies"), &windows).await.expect(400);
    client.post(ALL, &windows).await.expect(201);
    world.stop().await;
});

both!(what_clients_send_wrongly_is_taken, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let mut body = ios("Python");
    for (name, value) in json!({
        "@odata.type": "#microsoft.graph.iosManagedAppProtection",
        "periodOfflineBeforeAccessCheck": "12:00:00", "periodOfflineBeforeWipeIsEnforced": "90 days, 0:00:00",
        "periodOnlineBeforeAccessCheck": "PT720M", "managedBrowser": "", "pinCharacterSet": "NUMERIC",
        "targetedAppManagementLevels": " mdm , unmanaged", "id": "T_mine", "version": "\"1\"",
        "createdDateTime": "2020-01-01T00:00:00Z", "isAssigned": true, "deployedAppCount": 7, "supportsScopeTags": true,
        "apps@odata.navigationLink": "x", "#microsoft.graph.assign": {}, "pinRequired@odata.type": "#Boolean",
        "periodBeforePinResetRequired": true, "shareWithBrowserVirtualSetting": "anyApp",
        "screenCaptureBlocked": true, "encryptAppData": null, "maximumWipeOsVersion": null,
        "roleScopeTagIds": ["0", "7"],
    })
    .as_object()
    .unwrap()
    {
        body[name] = value.clone();
    }
    let made = client.post(SET, &body).await.expect(201);
    let path = format!("/beta/deviceAppManagement/iosManagedAppProtections/{}", made["id"].as_str().unwrap());
    let read = client.get(&path).await.expect(200);
    for (name, value) in [
        ("periodOfflineBeforeAccessCheck", json!("PT12H")),
        ("periodOfflineBeforeWipeIsEnforced", json!("P90D")),
        ("periodOnlineBeforeAccessCheck", json!("PT12H")),
        ("managedBrowser", json!("notConfigured")),
        ("pinCharacterSet", json!("numeric")),
        ("isAssigned", json!(false)),
        ("deployedAppCount", json!(1)),
        ("screenCaptureBlocked", json!(true)),
        ("roleScopeTagIds", json!(["0", "7"])),
    ] {
        assert_eq!(read[name], value, "{name}");
    }
    let mut levels: Vec<_> = read["targetedAppManagementLevels"].as_str().unwrap().split(',').collect();
    levels.sort_unstable();
    assert_eq!(levels, ["mdm", "unmanaged"]);
    assert!(
        !read
            .as_object()
            .unwrap()
            .keys()
            .any(|name| name.contains("navigationLink") || name.starts_with('#'))
    );
    // Empty flags in a change leave them; null clears what may be null and nothing else.
    client.patch(&path, &json!({"managedBrowser": "microsoftEdge"})).await.expect(204);
    client.patch(&path, &json!({"managedBrowser": "", "customBrowserProtocol": null})).await.expect(204);
    assert_eq!(client.get(&path).await.expect(200)["managedBrowser"], json!("microsoftEdge"));
    let error = client.patch(&path, &json!({"pinRequired": null})).await.expect(400);
    assert_eq!(error["error"]["details"][0]["target"], json!("pinRequired"));
    world.stop().await;
});

both!(members_come_in_the_order_of_the_wire, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let mut body = json!({"contosoExtension": 1, "pinRequired": true, "faceIdBlocked": true});
    for (name, value) in ios("Order").as_object().unwrap() {
        body[name] = value.clone();
    }
    let id = client.post(SET, &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    let read =
        client.get(&format!("{ALL}/{id}?$expand=apps,assignments,deploymentSummary")).await.expect(200);
    let names: Vec<_> = read.as_object().unwrap().keys().map(String::as_str).collect();
    let head = [
        "@odata.context",
        "@odata.type",
        "displayName",
        "description",
        "createdDateTime",
        "lastModifiedDateTime",
        "roleScopeTagIds",
        "id",
        "version",
        "periodOfflineBeforeAccessCheck",
    ];
    assert_eq!(names[..head.len()], head);
    let place = |name: &str| names.iter().position(|one| *one == name).unwrap();
    assert_eq!(place("apps@odata.context") + 1, place("apps"));
    assert_eq!(place("deploymentSummary@odata.context") + 1, place("deploymentSummary"));
    assert!(place("contosoExtension") > place("exemptedAppProtocols"));
    assert!(
        read["assignments@odata.context"]
            .as_str()
            .unwrap()
            .contains(&format!("iosManagedAppProtections('{id}')/assignments"))
    );
    world.stop().await;
});
