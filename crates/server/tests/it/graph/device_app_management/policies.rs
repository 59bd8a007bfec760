use http_body_util::Full;
use hyper::{Method, Request, body::Bytes};
use serde_json::{Value, json};

use super::{SET, ios};
use crate::{both, kit::World};

const ALL: &str = "/beta/deviceAppManagement/managedAppPolicies";

async fn group(world: &World, name: &str) -> String {
    let body =
        json!({"displayName": name, "mailEnabled": false, "mailNickname": "x", "securityEnabled": true});
    world.admin.post("/v1.0/groups", &body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

fn to_group(kind: &str, group: &str) -> Value {
    json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}AssignmentTarget"), "groupId": group}})
}

both!(live_from_creation_to_deletion, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let answer = client.post(SET, &ios("Notes")).await;
    assert!(answer.headers["location"].to_str().unwrap().contains("iosManagedAppProtections('T_"));
    let made = answer.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("T_"), "{id}");
    assert!(made.get("@odata.type").is_none());
    assert_eq!(made["contosoExtension"], json!({"kept": [1, null, {"deep": true}]}));
    assert_eq!(
        (&made["createdDateTime"], &made["isAssigned"]),
        (&json!("2026-01-02T03:04:05Z"), &json!(false))
    );

    // Every form of the URL that clients write.
    let set = "deviceAppManagement/iosManagedAppProtections";
    for path in [
        format!("/v1.0/{set}/{id}"),
        format!("/v1.0/{set}('{id}')"),
        format!("/Beta//{set}('{id}')/?$expand=apps"),
        format!("/v1.0/{set}(%27{id}%27)?_=17600&&%24select=id"),
        format!("/v1.0/deviceappmanagement/IOSMANAGEDAPPPROTECTIONS/{id}"),
        format!("/v1.0/deviceAppManagement/managedAppPolicies/{id}"),
    ] {
        assert_eq!(client.get(&path).await.expect(200)["id"], json!(id), "{path}");
    }

    // Beta shows more; v1.0 does not lose what beta set, nor does writing back what it shows.
    client
        .patch(&format!("{SET}/{id}"), &json!({"notificationRestriction": "block", "apps": []}))
        .await
        .expect(204);
    let beta = client.get(&format!("/beta/{set}/{id}?$expand=apps,assignments")).await.expect(200);
    assert_eq!(beta["notificationRestriction"], json!("block"));
    assert_eq!(beta["apps"][0]["id"], json!("com.example.notes.ios"));
    assert_eq!(beta["assignments"], json!([]));
    assert!(beta["apps@odata.context"].as_str().unwrap().ends_with(&format!("('{id}')/apps")));
    let v1 = client.get(&format!("{SET}/{id}")).await.expect(200);
    assert_eq!(v1["notificationRestriction"], json!("block"));
    assert!(v1.get("thirdPartyKeyboardsBlocked").is_none(), "nobody set it, and v1.0 does not have it");
    client.patch(&format!("{SET}/{id}"), &v1).await.expect(204);
    let again = client.get(&format!("/beta/{set}/{id}")).await.expect(200);
    for (name, value) in again.as_object().unwrap() {
        let stamp = name.starts_with('@') || ["version", "lastModifiedDateTime"].contains(&name.as_str());
        assert!(stamp || beta[name] == *value, "{name}");
    }
    assert!(beta.as_object().unwrap().len() > v1.as_object().unwrap().len());
    assert_ne!(v1["version"], made["version"]);

    let apps = json!({"apps": [{"id": "x", "version": "1", "mobileAppIdentifier": {
        "@odata.type": "microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.example.mail"}}],
        "appGroupType": "selectedPublicApps"});
    client.post(&format!("{SET}('{id}')/targetApps"), &apps).await.expect(204);
    let listed = client.get(&format!("{SET}/{id}/apps")).await.expect(200);
    assert_eq!(listed["value"][0]["mobileAppIdentifier"]["bundleId"], json!("com.example.mail"));

    client.delete(&format!("{SET}/{id}")).await.expect(204);
    client.get(&format!("{SET}/{id}")).await.expect(404);
    client.delete(&format!("{SET}/{id}")).await.expect(404);
    assert_eq!(client.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));
    let log = client.get("/api/v1/audit").await.expect(200);
    let acts: Vec<_> =
        log["entries"].as_array().unwrap().iter().filter_map(|entry| entry["act"].as_str()).collect();
    assert!(
        acts.ends_with(&[
            "policy.create",
            "policy.update",
            "policy.update",
            "policy.targetApps",
            "policy.delete"
        ]),
        "{acts:?}"
    );
    world.stop().await;
});

both!(are_assigned_to_groups, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let (staff, guests) = (group(&world, "Staff").await, group(&world, "Guests").await);
    let mut body = ios("Notes");
    body["assignments"] = json!([to_group("group", &staff)]);
    let id = client.post(SET, &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(client.get(&format!("{SET}/{id}")).await.expect(200)["isAssigned"], json!(true));

    // Through the set of the other platform, as a published sample does; and by the qualified name.
    let both = json!({"assignments": [to_group("group", &staff), to_group("exclusionGroup", &guests),
        to_group("group", &staff), {"target": {"@odata.type": "microsoft.graph.allLicensedUsersAssignmentTarget"}}]});
    let other = "/beta/deviceAppManagement/androidManagedAppProtections";
    client.post(&format!("{other}('{id}')/microsoft.graph.assign"), &both).await.expect(204);
    let listed = client.get(&format!("{ALL}/{id}/assignments")).await.expect(200);
    assert_eq!(listed["value"].as_array().unwrap().len(), 3);
    assert!(
        listed["@odata.context"]
            .as_str()
            .unwrap()
            .ends_with(&format!("iosManagedAppProtections('{id}')/assignments"))
    );
    let ids: Vec<_> =
        listed["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [format!("{staff}_incl"), format!("{guests}_excl"), "all_licensed_users_incl".to_owned()]
    );

    let kept = client.delete(&format!("/v1.0/groups/{staff}")).await.expect(409);
    assert_eq!(kept["error"]["innerError"]["code"], json!("group_assigned"));
    assert!(kept["error"]["message"].as_str().unwrap().contains("Notes"));
    client.delete(&format!("{SET}/{id}/assignments/{staff}_incl")).await.expect(204);
    let one = client.post(&format!("{SET}/{id}/assignments"), &to_group("group", &staff)).await.expect(201);
    assert_eq!(one["target"]["groupId"], json!(staff));

    let unknown = json!({"assignments": [to_group("group", &staff),
        to_group("group", "00000000-0000-4000-8000-000000000000")]});
    let refused = client.post(&format!("{SET}/{id}/assign"), &unknown).await.expect(400);
    assert_eq!(refused["error"]["details"][0]["target"], json!("assignments[1].target.groupId"));
    assert_eq!(
        client.get(&format!("{SET}/{id}/assignments")).await.expect(200)["value"].as_array().unwrap().len(),
        3
    );
    client.post(&format!("{SET}/{id}/assign"), &json!({"assignments": []})).await.expect(204);
    client.delete(&format!("/v1.0/groups/{staff}")).await.expect(204);
    world.stop().await;
});

both!(are_listed_filtered_and_paged, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    for name in ["Alpha", "Beta", "Gamma"] {
        client.post(SET, &ios(name)).await.expect(201);
    }
    let mut android = ios("Delta");
    android["@odata.type"] = json!("#microsoft.graph.androidManagedAppProtection");
    android["apps"][0]["mobileAppIdentifier"] = json!({"@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": "com.example.notes"});
    client.post(ALL, &android).await.expect(201);
    let configuration = json!({"displayName": "Mail server", "customSettings": [{"name": "server", "value": "x"}],
        "appGroupType": "allApps"});
    let set = "/beta/deviceAppManagement/targetedManagedAppConfigurations";
    let made = client.post(set, &configuration).await.expect(201);
    assert!(made["id"].as_str().unwrap().starts_with("A_"));

    let all = client.get(&format!("{ALL}?$orderby=displayName%20desc&$count=true")).await.expect(200);
    let names: Vec<_> =
        all["value"].as_array().unwrap().iter().map(|item| item["displayName"].as_str().unwrap()).collect();
    assert_eq!(names, ["Mail server", "Gamma", "Delta", "Beta", "Alpha"]);
    assert_eq!(all["@odata.count"], json!(5));
    for item in all["value"].as_array().unwrap() {
        assert_eq!(item.as_object().unwrap().keys().next().unwrap(), "@odata.type");
    }
    let filtered = client
        .get(&format!("{SET}?$filter=displayname%20eq%20'beta'&$select=id,displayName"))
        .await
        .expect(200);
    assert_eq!(filtered["value"].as_array().unwrap().len(), 1);
    assert_eq!(filtered["value"][0].as_object().unwrap().len(), 2);

    let (mut path, mut seen) = (format!("{ALL}?$top=2&$orderby=displayName"), Vec::new());
    loop {
        let page = client.get(&path).await.expect(200);
        seen.extend(
            page["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["displayName"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        path = next.split_once("/beta").map(|(_, rest)| format!("/beta{rest}")).unwrap();
    }
    assert_eq!(seen, ["Alpha", "Beta", "Delta", "Gamma", "Mail server"]);
    world.stop().await;
});

both!(change_only_what_the_caller_has_seen, |database| {
    let world = World::start(database).await;
    let made = world.admin.post(SET, &ios("Notes")).await;
    let etag = made.headers["etag"].to_str().unwrap().to_owned();
    let made = made.expect(201);
    assert_eq!(made["version"], json!(etag));
    let path = format!("{SET}/{}", made["id"].as_str().unwrap());
    let patch = |tag: &str, name: &str| {
        let request =
            Request::builder().method(Method::PATCH).uri(&path).header("host", "x").header("if-match", tag);
        let body = Full::new(Bytes::from(json!({"displayName": name}).to_string()));
        world.admin.authorized(request).body(body).unwrap()
    };
    assert_eq!(world.admin.request(patch(&etag, "First")).await.status, 204);
    assert_eq!(world.admin.request(patch(&etag, "Second")).await.status, 412);
    assert_eq!(world.admin.request(patch("*", "Third")).await.status, 204);
    assert_eq!(world.admin.get(&path).await.expect(200)["displayName"], json!("Third"));
    world.stop().await;
});

both!(roles_decide_who_may_write, |database| {
    let world = World::start(database).await;
    let id = world.admin.post(SET, &ios("Notes")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let path = format!("{SET}/{id}");
    for (role, reads, writes) in [
        ("owner", true, true),
        ("contributor", true, true),
        ("help-desk", true, false),
        ("auditor", true, false),
        ("privacy-officer", false, false),
    ] {
        let client = world.as_role(role).await;
        assert_eq!(client.get(&path).await.status, if reads { 200 } else { 403 }, "{role}");
        let answer = client.patch(&path, &json!({"description": role})).await;
        assert_eq!(answer.status, if writes { 204 } else { 403 }, "{role}");
        if !writes {
            let text = answer.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(text.contains("policies.write") && text.contains("Contributor"), "{text}");
        }
    }
    assert_eq!(
        world.anonymous().get(&path).await.expect(401)["error"]["code"],
        json!("InvalidAuthenticationToken")
    );
    world.stop().await;
});
