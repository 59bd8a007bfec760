use serde_json::{Value, json};

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

both!(apps_of_other_kinds_are_kept, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let web = json!({"@odata.type": "#microsoft.graph.webApp", "displayName": "Intranet", "appUrl": "https://intra.example",
        "publisher": "Us", "notes": "x", "largeIcon": {"type": "image/png", "value": "AA=="}, "createdDateTime": "2020-01-01T00:00:00Z",
        "appUrl@odata.type": "#String"});
    let web = client.post(APPS, &web).await.expect(201);
    assert_eq!((&web["appUrl"], &web["useManagedBrowser"]), (&json!("https://intra.example"), &json!(false)));
    assert_eq!(web["publishingState"], json!("published"));
    let lob = json!({"@odata.type": "microsoft.graph.managedAndroidLobApp", "displayName": "Survey", "packageId": "com.example.survey",
        "versionName": "3.1", "ringfenceCore": true});
    let lob = client.post(APPS, &lob).await.expect(201);
    assert_eq!((&lob["appAvailability"], &lob["versionName"]), (&json!("lineOfBusiness"), &json!("3.1")));
    let store = json!({"@odata.type": "#microsoft.graph.iosStoreApp", "displayName": "Maps", "bundleId": "com.example.maps"});
    client.post(APPS, &store).await.expect(201);
    let managed = json!({"@odata.type": "#microsoft.graph.managedIOSStoreApp", "displayName": "Mail", "publisher": "Example", "bundleId": "com.example.mail"});
    client.post(APPS, &managed).await.expect(201);

    let path = format!("{APPS}/{}", web["id"].as_str().unwrap());
    let changed = client
        .patch(&path, &json!({"appUrl": "https://other.example", "notes": null, "id": "x"}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["appUrl"], &changed["notes"], &changed["id"]),
        (&json!("https://other.example"), &json!(null), &web["id"])
    );
    let names = async |query: &str| {
        let all = client.get(&format!("{APPS}{query}")).await.expect(200);
        all["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|app| app["displayName"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Intranet", "Mail", "Maps", "Survey"]);
    assert_eq!(names("/microsoft.graph.managedApp").await, ["Mail", "Survey"]);
    assert_eq!(names("/graph.managedIOSStoreApp").await, ["Mail"]);
    assert_eq!(names("?$search=%22mail%22").await, ["Mail"]);
    let seen = "?$filter=(isof('microsoft.graph.iosStoreApp')%20or%20(isof('microsoft.graph.managedIOSStoreApp')%20and%20microsoft.graph.managedApp/appAvailability%20eq%20microsoft.graph.managedAppAvailability'global'))%20and%20(microsoft.graph.managedApp/appAvailability%20eq%20null%20or%20microsoft.graph.managedApp/appAvailability%20eq%20'global'%20or%20isAssigned%20eq%20true)&$orderby=displayName&";
    assert_eq!(names(seen).await, ["Mail", "Maps"]);

    // What policies can cover, and only that, is offered for targeting.
    let list = client.get("/beta/deviceAppManagement/managedAppStatuses('managedAppList')").await.expect(200);
    let apps = list["content"]["appList"].as_array().unwrap();
    let offered: Vec<_> = apps.iter().map(|app| app["displayName"].as_str().unwrap()).collect();
    assert_eq!(offered, ["Mail", "Survey"]);
    assert_eq!(apps[0]["appIdentifier"]["bundleId"], json!("com.example.mail"));
    assert_eq!((&apps[0]["isFirstParty"], &apps[1]["isFirstParty"]), (&json!(false), &json!(true)));

    for (body, field) in [
        (json!({"@odata.type": "#microsoft.graph.managedApp", "displayName": "x"}), "@odata.type"),
        (json!({"@odata.type": "#microsoft.graph.user", "displayName": "x"}), "@odata.type"),
        (json!({"@odata.type": "#microsoft.graph.webApp"}), "displayName"),
        (json!({"@odata.type": "#microsoft.graph.webApp", "displayName": "x", "appUrl": 7}), "appUrl"),
        (
            json!({"@odata.type": "#microsoft.graph.iosLobApp", "displayName": "x", "applicableDeviceType": {"iPad": "yes"}}),
            "applicableDeviceType.iPad",
        ),
    ] {
        let error = client.post(APPS, &body).await.expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!(field), "{body}");
    }
    client.delete(&path).await.expect(204);
    client.get(&path).await.expect(404);
    assert_eq!(client.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));
    world.stop().await;
});

both!(are_assigned_and_sorted_into_categories, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let group =
        json!({"displayName": "Staff", "mailEnabled": false, "mailNickname": "x", "securityEnabled": true});
    let group = client.post("/v1.0/groups", &group).await.expect(201)["id"].as_str().unwrap().to_owned();
    let made = client
        .post(APPS, &json!({"displayName": "Notes", "bundleId": "com.example.notes"}))
        .await
        .expect(201);
    let path = format!("{APPS}('{}')", made["id"].as_str().unwrap());
    let to = |intent: &str, target: Value| json!({"@odata.type": "#microsoft.graph.mobileAppAssignment", "intent": intent, "target": target, "settings": null});
    let staff = || json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group});
    let everybody = json!({"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"});
    let body = json!({"mobileAppAssignments": [to("Required", staff()), to("available", everybody)]});
    client.post(&format!("{path}/assign"), &body).await.expect(204);
    client.post(&format!("{path}/microsoft.graph.assign"), &body).await.expect(204);
    let listed = client.get(&format!("{path}/assignments")).await.expect(200);
    let items = listed["value"].as_array().unwrap();
    assert_eq!(
        (items.len(), &items[0]["intent"], &items[0]["id"]),
        (2, &json!("required"), &json!(format!("{group}_1_0")))
    );
    assert_eq!(client.get(&format!("{APPS}?$filter=isAssigned%20eq%20true&$expand=assignments")).await.expect(200)["value"][0]["assignments"].as_array().unwrap().len(), 2);
    let one = format!("{path}/assignments/{group}_1_0");
    assert_eq!(client.get(&one).await.expect(200)["target"]["groupId"], json!(group));
    let changed = client.patch(&one, &json!({"intent": "uninstall"})).await.expect(200);
    assert_eq!(changed["id"], json!(format!("{group}_2_0")));
    client.delete(&one).await.expect(404);
    client.post(&format!("{path}/assignments"), &to("required", staff())).await.expect(201);
    client.delete(&one).await.expect(204);
    for (assignment, field) in [
        (to("maybe", staff()), "mobileAppAssignments[0].intent"),
        (
            to("required", json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget"})),
            "mobileAppAssignments[0].target.groupId",
        ),
        (to("required", json!({})), "mobileAppAssignments[0].target.@odata.type"),
        (
            to(
                "required",
                json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": made["id"]}),
            ),
            "assignments[0].target.groupId",
        ),
    ] {
        let error = client
            .post(&format!("{path}/assign"), &json!({"mobileAppAssignments": [assignment]}))
            .await
            .expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!(field));
    }
    client.post(&format!("{path}/assign"), &json!({})).await.expect(400);

    let categories = "/v1.0/deviceAppManagement/mobileAppCategories";
    let category = client.post(categories, &json!({"displayName": "Office"})).await.expect(201);
    let id = category["id"].as_str().unwrap();
    client.post(categories, &json!({"displayName": 7})).await.expect(400);
    let link = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/deviceAppManagement/mobileAppCategories/{id}")});
    client.post(&format!("{path}/categories/$ref"), &link).await.expect(204);
    assert_eq!(
        client.get(&format!("{path}?$expand=categories")).await.expect(200)["categories"][0]["displayName"],
        json!("Office")
    );
    client.patch(&format!("{categories}/{id}"), &json!({"displayName": "Work"})).await.expect(200);
    assert_eq!(
        client.get(&format!("{path}/categories/{id}")).await.expect(200)["displayName"],
        json!("Work")
    );
    client.delete(&format!("{path}/categories/{id}/$ref")).await.expect(204);
    assert_eq!(client.get(&format!("{path}/categories")).await.expect(200)["value"], json!([]));
    client.delete(&format!("{categories}/{id}")).await.expect(204);
    client.get(&format!("{categories}/{id}")).await.expect(404);
    world.stop().await;
});

both!(what_belongs_to_device_management_says_so, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let root = "/v1.0/deviceAppManagement";
    assert_eq!(client.get(&format!("{root}/mobileAppConfigurations")).await.expect(200)["value"], json!([]));
    client.get(&format!("{root}/mobileAppConfigurations/x")).await.expect(404);
    client.post(&format!("{root}/mobileAppConfigurations"), &json!({"displayName": "x"})).await.expect(501);
    client.get(&format!("{root}/vppTokens")).await.expect(501);
    client.get("/beta/deviceAppManagement/policySets").await.expect(501);
    let area = client.get(root).await.expect(200);
    assert_eq!(area["isEnabledForMicrosoftStoreForBusiness"], json!(false));
    world.stop().await;
});
