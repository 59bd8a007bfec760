//! Lists inside a policy under paths of their own; every spelling of the actions; the deployment summary.

use hyper::{Method, Request};
use serde_json::{Value, json};

use super::{SET, ios};
use crate::{
    both,
    kit::{
        World,
        phone::Phone,
        school::{NOTES, School},
    },
};

const BETA: &str = "/beta/deviceAppManagement";

fn app(id: &str) -> Value {
    json!({"mobileAppIdentifier": {"@odata.type": "microsoft.graph.iosMobileAppIdentifier", "bundleId": id}})
}

fn to(kind: &str, group: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.targetedManagedAppPolicyAssignment",
        "target": {"@odata.type": format!("#microsoft.graph.{kind}AssignmentTarget"), "groupId": group}})
}

async fn group(world: &World, name: &str) -> String {
    let body =
        json!({"displayName": name, "mailEnabled": false, "mailNickname": "x", "securityEnabled": true});
    world.admin.post("/v1.0/groups", &body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

fn ids(list: &Value) -> Vec<&str> {
    list["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

both!(apps_one_by_one, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let id = client.post(SET, &ios("Notes")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let apps = format!("{SET}/{id}/apps");
    let added = client.post(&apps, &app("com.example.Mail")).await;
    assert!(added.headers["location"].to_str().unwrap().ends_with("/apps('com.example.mail.ios')"));
    let added = added.expect(201);
    assert_eq!(added["id"], json!("com.example.mail.ios"));
    assert!(added["@odata.context"].as_str().unwrap().ends_with(&format!("('{id}')/apps/$entity")));
    // Once more is no second one.
    client.post(&apps, &app("com.example.mail")).await.expect(201);
    assert_eq!(ids(&client.get(&apps).await.expect(200)), ["com.example.notes.ios", "com.example.mail.ios"]);
    let one = client.get(&format!("{apps}('com.example.mail.ios')")).await.expect(200);
    assert_eq!(one["mobileAppIdentifier"]["bundleId"], json!("com.example.Mail"));
    let changed =
        client.patch(&format!("{apps}/com.example.mail.ios"), &app("com.example.post")).await.expect(200);
    assert_eq!(changed["id"], json!("com.example.post.ios"));
    client.patch(&format!("{apps}/com.example.mail.ios"), &app("com.example.x")).await.expect(404);
    client.delete(&format!("{apps}/com.example.post.ios")).await.expect(204);
    client.delete(&format!("{apps}/com.example.notes.ios")).await.expect(204);
    client.get(&format!("{apps}/com.example.notes.ios")).await.expect(404);
    assert_eq!(client.get(&apps).await.expect(200)["value"], json!([]));
    // What was read goes in again, its empty list of apps included.
    let mut read = client.get(&format!("{SET}/{id}?$expand=apps,assignments")).await.expect(200);
    read["displayName"] = json!("Again");
    client.post(SET, &read).await.expect(201);
    world.stop().await;
});

both!(assignments_one_by_one, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let (staff, guests) = (group(&world, "Staff").await, group(&world, "Guests").await);
    let id = client.post(SET, &ios("Notes")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let all = format!("{SET}/{id}/assignments");
    let made = client.post(&all, &to("group", &staff)).await.expect(201);
    assert_eq!(made["id"], json!(format!("{staff}_incl")));
    let order: Vec<_> = made["target"].as_object().unwrap().keys().map(String::as_str).collect();
    let filter = ["deviceAndAppManagementAssignmentFilterId", "deviceAndAppManagementAssignmentFilterType"];
    assert_eq!(order, ["@odata.type", filter[0], filter[1], "groupId"]);
    client.post(&all, &to("exclusionGroup", &guests)).await.expect(201);
    assert_eq!(client.get(&format!("{all}/{guests}_excl")).await.expect(200)["source"], json!("direct"));
    let moved = client.patch(&format!("{all}/{staff}_incl"), &to("group", &guests)).await.expect(200);
    assert_eq!(moved["id"], json!(format!("{guests}_incl")));
    client.get(&format!("{all}/{staff}_incl")).await.expect(404);
    assert_eq!(client.get(&format!("{SET}/{id}")).await.expect(200)["isAssigned"], json!(true));
    client.delete(&format!("{all}/{guests}_incl")).await.expect(204);
    // Only an exclusion is left: nobody is reached.
    assert_eq!(client.get(&format!("{SET}/{id}")).await.expect(200)["isAssigned"], json!(false));
    // One SDK loses the group of a nested target.
    let lost = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget"}});
    let error = client.post(&all, &lost).await.expect(400);
    assert_eq!(error["error"]["details"][0]["target"], json!("target.groupId"));
    world.stop().await;
});

both!(actions_in_every_spelling, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let staff = group(&world, "Staff").await;
    let id = client.post(SET, &ios("Notes")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let root = "/v1.0/deviceAppManagement";
    for (at, path) in [
        format!("iosManagedAppProtections/{id}/targetApps"),
        format!("iosManagedAppProtections('{id}')/microsoft.graph.targetApps"),
        format!("iosManagedAppProtections/{id}/graph.targetApps"),
        format!(
            "iosManagedAppProtections/{id}/microsoft.graph.managedAppProtection/microsoft.graph.targetApps"
        ),
        format!("iosManagedAppProtections/{id}/microsoft.graph.targetedManagedAppProtection/targetApps"),
        format!("managedAppPolicies/{id}/targetApps"),
        format!("managedAppPolicies('{id}')/microsoft.graph.managedAppPolicy/microsoft.graph.targetApps"),
        format!("managedAppPolicies/{id}/microsoft.graph.iosManagedAppProtection/targetApps"),
    ]
    .into_iter()
    .enumerate()
    {
        let bundle = format!("com.example.a{at}");
        client.post(&format!("{root}/{path}"), &json!({"apps": [app(&bundle)]})).await.expect(204);
        let listed = client.get(&format!("{SET}/{id}/apps")).await.expect(200);
        assert_eq!(ids(&listed), [format!("{bundle}.ios")], "{path}");
    }
    for path in [
        format!("iosManagedAppProtections/{id}/assign"),
        format!(
            "iosManagedAppProtections('{id}')/microsoft.graph.targetedManagedAppProtection/microsoft.graph.assign"
        ),
        format!("managedAppPolicies/{id}/assign"),
        format!("androidManagedAppProtections('{id}')/assign"),
    ] {
        client.post(&format!("{root}/{path}"), &json!({"assignments": []})).await.expect(204);
        client
            .post(&format!("{root}/{path}"), &json!({"assignments": [to("group", &staff)]}))
            .await
            .expect(204);
        assert_eq!(
            client.get(&format!("{SET}/{id}/assignments")).await.expect(200)["value"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
    let preset = json!({"appGroupType": "AllApps"});
    client.post(&format!("{SET}/{id}/targetApps"), &preset).await.expect(204);
    let read = client.get(&format!("{BETA}/iosManagedAppProtections/{id}")).await.expect(200);
    assert_eq!((&read["appGroupType"], &read["deployedAppCount"]), (&json!("allApps"), &json!(0)));
    let wrong =
        client.post(&format!("{SET}/{id}/targetApps"), &json!({"apps": [], "appGroupType": "mine"})).await;
    assert_eq!(wrong.expect(400)["error"]["details"][0]["target"], json!("appGroupType"));
    client.post(&format!("{SET}/{id}/targetApps"), &json!({})).await.expect(400);
    world.stop().await;
});

both!(settings_of_a_configuration, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let setting = |id: &str| {
        json!({"id": "77", "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
            "settingDefinitionId": id,
            "choiceSettingValue": {"value": format!("{id}_1"), "children": []}}})
    };
    let set = format!("{BETA}/targetedManagedAppConfigurations");
    let body = json!({"displayName": "Edge", "appGroupType": "allApps", "customSettings": [],
        "settings": [setting("first"), setting("second")]});
    let made = client.post(&set, &body).await.expect(201);
    assert!(made.get("settings").is_none());
    let path = format!("{set}('{}')", made["id"].as_str().unwrap());
    let read = client.get(&format!("{path}?$expand=apps,assignments,settings")).await.expect(200);
    assert_eq!(read["settings"][1]["settingInstance"], setting("second")["settingInstance"]);
    assert!(read["@odata.context"].as_str().unwrap().ends_with("(apps(),assignments(),settings())/$entity"));
    let listed = client.get(&format!("{path}/settings")).await.expect(200);
    assert_eq!(ids(&listed), ["0", "1"]);
    let third = client.post(&format!("{path}/settings"), &setting("third")).await.expect(201);
    assert_eq!(third["id"], json!("2"));
    client.delete(&format!("{path}/settings/0")).await.expect(204);
    let changed = client.patch(&format!("{path}/settings('1')"), &setting("other")).await.expect(200);
    assert_eq!(
        (&changed["id"], &changed["settingInstance"]["settingDefinitionId"]),
        (&json!("1"), &json!("other"))
    );
    client.patch(&path, &json!({"settings": [], "displayName": "Edge for work"})).await.expect(204);
    assert_eq!(ids(&client.get(&format!("{path}/settings")).await.expect(200)), ["1", "2"]);
    client.post(&format!("{path}/changeSettings"), &json!({"settings": [setting("only")]})).await.expect(204);
    assert_eq!(ids(&client.get(&format!("{path}/settings")).await.expect(200)), ["0"]);
    client.post(&format!("{path}/changeSettings"), &json!({"settings": ["x"]})).await.expect(400);
    // Declared in beta only.
    client.get(&format!("{}/settings", path.replace("/beta", "/v1.0"))).await.expect(404);
    world.stop().await;
});

both!(the_summary_counts_whom_it_reached, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let id = school.id("Base").to_owned();
    let path = format!("{SET}/{id}");
    let before = world.admin.get(&format!("{path}/deploymentSummary")).await.expect(200);
    assert_eq!(before["configurationDeployedUserCount"], json!(0));
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    phone.check_in().await.unwrap();
    let summary = world.admin.get(&format!("{path}?$expand=deploymentSummary")).await.expect(200);
    let summary = &summary["deploymentSummary"];
    let order: Vec<_> = summary.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(order[..3], ["displayName", "configurationDeployedUserCount", "lastRefreshTime"]);
    assert_eq!(summary["configurationDeployedUserCount"], json!(1));
    let apps = summary["configurationDeploymentSummaryPerApp"].as_array().unwrap();
    let counts: Vec<_> =
        apps.iter().map(|app| app["configurationAppliedUserCount"].as_i64().unwrap()).collect();
    assert_eq!((apps.len(), counts.iter().sum::<i64>()), (2, 1));
    world.stop().await;
});

both!(preferences_and_tags, |database| {
    let world = World::start(database).await;
    let send = async |method: Method, path: &str, headers: &[(&str, &str)], body: &Value| {
        let mut request = Request::builder().method(method).uri(path).header("host", "x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = http_body_util::Full::new(hyper::body::Bytes::from(body.to_string()));
        world.admin.request(world.admin.authorized(request).body(body).unwrap()).await
    };
    let minimal = [("prefer", "return=minimal"), ("content-type", "application/json")];
    let made = send(Method::POST, SET, &minimal, &ios("Notes")).await;
    assert_eq!((made.status.as_u16(), made.bytes.len()), (204, 0));
    assert_eq!(made.headers["preference-applied"], "return=minimal");
    assert_eq!(made.headers["location"], made.headers["odata-entityid"]);
    let place = made.headers["location"].to_str().unwrap();
    let path = format!("/v1.0{}", place.split_once("/v1.0").unwrap().1);
    let full = [("prefer", "return=representation"), ("content-type", "application/json")];
    let changed = send(Method::PATCH, &path, &full, &json!({"description": "x"})).await;
    assert_eq!(changed.headers["preference-applied"], "return=representation");
    let tag = changed.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(changed.expect(200)["version"], json!(tag));
    let old = [("if-match", "\"old\""), ("content-type", "application/json")];
    for action in ["assign", "targetApps"] {
        let body = json!({"assignments": [], "apps": []});
        assert_eq!(
            send(Method::POST, &format!("{path}/{action}"), &old, &body).await.status,
            412,
            "{action}"
        );
    }
    assert_eq!(send(Method::DELETE, &path, &old[..1], &json!({})).await.status, 412);
    let weak = format!("\"old\", W/{tag}");
    assert_eq!(send(Method::DELETE, &path, &[("if-match", weak.as_str())], &json!({})).await.status, 204);
    world.stop().await;
});
