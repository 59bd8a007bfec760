use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        World,
        phone::Phone,
        school::{NOTES, School},
    },
};

const SET: &str = "/beta/deviceManagement/assignmentFilters";
const POLICIES: &str = "/beta/deviceAppManagement/iosManagedAppProtections";

fn filter(name: &str, rule: &str) -> Value {
    json!({"displayName": name, "platform": "iOSMobileApplicationManagement", "rule": rule})
}

async fn make(world: &World, name: &str, rule: &str) -> String {
    world.admin.post(SET, &filter(name, rule)).await.expect(201)["id"].as_str().unwrap().to_owned()
}

fn policy(name: &str, pin: u8, group: &str, narrowed: Option<(&str, &str)>) -> Value {
    let (filter, mode) = narrowed.unwrap_or(("", "none"));
    json!({"displayName": name, "pinRequired": true, "minimumPinLength": pin,
        "apps": [{"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": NOTES}}],
        "assignments": [{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group,
            "deviceAndAppManagementAssignmentFilterId": if filter.is_empty() { Value::Null } else { json!(filter) },
            "deviceAndAppManagementAssignmentFilterType": mode}}]})
}

fn names(bundle: &ringfence_protocol::bundle::Bundle) -> Vec<String> {
    bundle.content.sources.iter().map(|source| source.name.clone()).collect()
}

both!(filters_are_kept_checked_and_shown, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let id = make(&world, "New phones", "(app.osVersion -startsWith \"18\")").await;
    let one = client.get(&format!("{SET}('{id}')")).await.expect(200);
    assert_eq!(one["assignmentFilterManagementType"], json!("apps"));
    assert_eq!(one["roleScopeTags"], json!(["0"]));
    let changed = client.patch(&format!("{SET}/{id}"), &json!({"displayName": "Newer"})).await.expect(200);
    assert_eq!((&changed["displayName"], &changed["rule"]), (&json!("Newer"), &one["rule"]));
    assert_eq!(client.get(&format!("{SET}/getState()")).await.expect(200)["enabled"], json!(true));
    let path = format!("{SET}/getPlatformSupportedProperties(platform='androidMobileApplicationManagement')");
    let properties = client.get(&path).await.expect(200);
    assert_eq!(properties["value"].as_array().unwrap().len(), 6);
    client.get(&format!("{SET}/{id}/getSupportedProperties()")).await.expect(200);
    let validate = format!("{SET}/validateFilter");
    for (rule, valid) in [("(app.osVersion -eq \"1\")", true), ("(app.osVersion -eq", false)] {
        let body = json!({"deviceAndAppManagementAssignmentFilter": filter("x", rule)});
        assert_eq!(client.post(&validate, &body).await.expect(200)["isValidRule"], json!(valid));
    }
    for (body, field) in [
        (filter("", "(app.osVersion -eq \"1\")"), "displayName"),
        (filter("x", "(app.osVersion -eq 1"), "rule"),
        (json!({"displayName": "x", "platform": "iOS", "rule": "x"}), "platform"),
        (json!({"displayName": "x", "platform": "iOSMobileApplicationManagement"}), "rule"),
        (json!({"displayName": 5, "platform": "iOSMobileApplicationManagement", "rule": "x"}), "displayName"),
    ] {
        let error = client.post(SET, &body).await.expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!(field), "{body}");
    }
    let wrong = client.post(SET, &filter("x", "(app.osVersion -eq \"1\") nor x")).await.expect(400);
    assert!(wrong.to_string().contains("at character 25"), "{wrong}");
    for not_offered in [format!("{SET}/enable"), "/beta/deviceManagement/evaluateAssignmentFilter".to_owned()]
    {
        let answer = client.post(&not_offered, &json!({"enable": true})).await.expect(501);
        assert!(answer["error"]["message"].as_str().unwrap().contains(&not_offered), "{answer}");
    }
    client.delete(&format!("{SET}/{id}")).await.expect(204);
    client.get(&format!("{SET}/{id}")).await.expect(404);
    client.get("/v1.0/deviceManagement/assignmentFilters").await.expect(404);
    world.stop().await;
});

both!(filters_decide_for_each_phone, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let (client, staff) = (&world.admin, school.id("Staff"));
    let new = make(&world, "New phones", "(app.operatingSystemVersion -ge 18)").await;
    let unknown = policy("Unknown", 4, staff, Some((&uuid::Uuid::nil().to_string(), "include")));
    let error = client.post(POLICIES, &unknown).await.expect(400);
    assert!(error.to_string().contains("deviceAndAppManagementAssignmentFilterId"), "{error}");
    client.post(POLICIES, &policy("For new", 7, staff, Some((&new, "include")))).await.expect(201);
    client.post(POLICIES, &policy("For old", 8, staff, Some((&new, "exclude")))).await.expect(201);

    let mut phone = Phone::register(&world, "kim", NOTES, "tag-1").await;
    let got = names(&phone.fetch().await);
    assert!(got.contains(&"For new".to_owned()) && !got.contains(&"For old".to_owned()), "{got:?}");

    // A filter that changes reaches phones that have a session.
    client
        .patch(&format!("{SET}/{new}"), &json!({"rule": "(app.operatingSystemVersion -ge 19)"}))
        .await
        .expect(200);
    let got = names(&phone.fetch().await);
    assert!(!got.contains(&"For new".to_owned()) && got.contains(&"For old".to_owned()), "{got:?}");
    let path = format!("/api/v1/effective?user={}&app={NOTES}&platform=ios", school.id("kim"));
    let effective = client.get(&path).await.expect(200);
    let left_out =
        effective["policies"].as_array().unwrap().iter().find(|one| one["policyName"] == "For new");
    assert_eq!(left_out.unwrap()["outcome"], json!("filtered"));
    assert_eq!(left_out.unwrap()["filter"]["displayName"], json!("New phones"));

    // What the phone tells changes what it gets.
    phone.report_with(1, 1, &json!({"osVersion": "19.0"})).await.expect(204);
    let got = names(&phone.fetch().await);
    assert!(got.contains(&"For new".to_owned()), "{got:?}");
    // A report that was overtaken on its way changes nothing.
    phone.report_with(0, 1, &json!({"osVersion": "18.0"})).await.expect(204);
    assert!(phone.check_in().await.is_none());

    let payloads = client.get(&format!("{SET}/{new}/payloads")).await.expect(200);
    assert_eq!(payloads["value"].as_array().unwrap().len(), 2);
    let error = client.delete(&format!("{SET}/{new}")).await.expect(409);
    assert!(error.to_string().contains("For new") && error.to_string().contains("For old"), "{error}");

    let tested = client.post("/api/v1/filters/test", &json!({"filter": new})).await.expect(200);
    assert_eq!((&tested["matched"], &tested["value"][0]["matches"]), (&json!(1), &json!(true)));
    world.stop().await;
});

both!(a_changed_rule_is_pushed_to_open_apps, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let client = &world.admin;
    let new = make(&world, "New phones", "(app.operatingSystemVersion -ge 18)").await;
    let other = make(&world, "Others", "(app.operatingSystemVersion -ge 90)").await;
    client
        .post(POLICIES, &policy("For new", 7, school.id("Staff"), Some((&new, "include"))))
        .await
        .expect(201);
    let mut phone = Phone::register(&world, "kim", NOTES, "tag-1").await;
    assert!(names(&phone.fetch().await).contains(&"For new".to_owned()));
    let mut events = phone.events().await;
    assert_eq!(events.next().await.unwrap(), ": open\n\n");

    let rule = |rule: &str| json!({ "rule": rule });
    client.patch(&format!("{SET}/{other}"), &rule("(app.operatingSystemVersion -ge 91)")).await.expect(200);
    assert!(events.is_quiet().await, "a filter that nothing uses changes nothing");
    for (edge, reached) in [("19", false), ("17", true)] {
        let text = format!("(app.operatingSystemVersion -ge {edge})");
        client.patch(&format!("{SET}/{new}"), &rule(&text)).await.expect(200);
        let event = events.next().await.unwrap();
        assert!(event.starts_with("event: changed"), "{event}");
        assert_eq!(names(&phone.fetch().await).contains(&"For new".to_owned()), reached, "{edge}");
    }
    world.stop().await;
});

both!(an_exclusion_takes_no_filter, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let id = make(&world, "New phones", "(app.operatingSystemVersion -ge 18)").await;
    let mut body = policy("Excluded", 4, school.id("Staff"), Some((&id, "include")));
    body["assignments"][0]["target"]["@odata.type"] =
        json!("#microsoft.graph.exclusionGroupAssignmentTarget");
    let error = world.admin.post(POLICIES, &body).await.expect(400);
    assert!(error.to_string().contains("cannot narrow an exclusion"), "{error}");
    world.stop().await;
});
