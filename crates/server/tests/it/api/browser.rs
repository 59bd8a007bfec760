use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        World,
        phone::Phone,
        school::{NOTES, School, upn},
    },
};

const CONFIGURATIONS: &str = "/v1.0/deviceAppManagement/targetedManagedAppConfigurations";
const BLOCK: &str = "com.microsoft.intune.mam.managedbrowser.BlockListURLs";

fn configuration(name: &str, settings: &Value) -> Value {
    json!({
        "displayName": name,
        "customSettings": settings,
        "apps": [{"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": NOTES }}],
    })
}

/// Makes a configuration that reaches the staff.
async fn configure(world: &World, school: &School, name: &str, settings: &Value) -> String {
    let made = world.admin.post(CONFIGURATIONS, &configuration(name, settings)).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let target =
        json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": school.id("Staff")});
    let body = json!({"assignments": [{"target": target}]});
    world.admin.post(&format!("{CONFIGURATIONS}/{id}/assign"), &body).await.expect(204);
    id
}

async fn check(world: &World, url: &str, more: Value) -> Value {
    let mut question = more;
    question["user"] = json!(upn("kim"));
    question["app"] = json!(NOTES);
    question["platform"] = json!("ios");
    question["url"] = json!(url);
    world.admin.post("/api/v1/browser/check", &question).await.expect(200)
}

both!(a_page_is_judged_by_entry_and_policy_and_the_phone_gets_the_same, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    configure(
        &world,
        &school,
        "Sites",
        &json!([{"name": BLOCK, "value": "http://a.example/*|http://*.bad.example/*"}]),
    )
    .await;
    configure(
        &world,
        &school,
        "Strict",
        &json!([{"name": "ringfence.browser.allowTransition", "value": "false"}]),
    )
    .await;
    let answer = check(&world, "http://www.bad.example/x", json!({})).await;
    assert_eq!((&answer["outcome"], &answer["code"]), (&json!("blocked"), &json!("RF-182")));
    assert_eq!(
        answer["entry"],
        json!({"list": "block", "key": BLOCK, "entry": "http://*.bad.example/*", "number": 2})
    );
    let mut names: Vec<_> =
        answer["sources"].as_array().unwrap().iter().map(|source| source["name"].clone()).collect();
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, [json!("Sites"), json!("Strict")], "both had a say");
    let open = check(&world, "http://www.good.example/", json!({})).await;
    assert_eq!((&open["opensIn"], &open["entry"]), (&json!("work"), &Value::Null));
    let personal = check(&world, "http://www.bad.example/x", json!({"context": "personal"})).await;
    assert_eq!(personal["opensIn"], json!("personal"));

    let bundle = Phone::register(&world, "kim", NOTES, "d1").await.fetch().await;
    let entry = bundle.content.config.iter().find(|entry| entry.name == BLOCK).unwrap();
    let [place] = entry.sources[..] else { panic!("{entry:?}") };
    assert_eq!(bundle.content.sources[place as usize].name, "Sites");

    school.assign("Base", &[], &[]).await;
    let answer = check(&world, "http://www.bad.example/x", json!({})).await;
    assert_eq!((&answer["code"], &answer["opensIn"]), (&json!("I2"), &json!("personal")));
    let link = check(&world, "http://www.bad.example/x", json!({"workLink": true})).await;
    assert_eq!((&link["code"], &link["outcome"]), (&json!("I1"), &json!("blocked")));
});

both!(a_bad_entry_is_refused_by_its_number, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let bad = json!([{"name": BLOCK, "value": "http://a.example/*|https://*|b.example/page*"}]);
    let refused =
        world.admin.post(CONFIGURATIONS, &configuration("Sites", &bad)).await.expect(400).to_string();
    assert!(refused.contains("entry 2") && refused.contains("customSettings[0].value"), "{refused}");
    let id =
        configure(&world, &school, "Sites", &json!([{"name": BLOCK, "value": "http://a.example/*"}])).await;
    let path = format!("{CONFIGURATIONS}/{id}");
    let refused = world.admin.patch(&path, &json!({"customSettings": bad})).await.expect(400).to_string();
    assert!(refused.contains("entry 2"), "{refused}");
    let answer = check(&world, "http://a.example/", json!({})).await;
    assert_eq!(answer["code"], json!("RF-184"), "the old list is in force");
});

both!(tokens_in_a_list_keep_their_policy, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let list = json!([{"name": BLOCK, "value": "http://{{userprincipalname}}.example/*|http://{{partialupn}}.example/*"}]);
    configure(&world, &school, "Personal", &list).await;
    let answer = check(&world, "http://kim.example/", json!({})).await;
    assert_eq!((&answer["entry"]["number"], &answer["sources"][0]["name"]), (&json!(2), &json!("Personal")));
});
