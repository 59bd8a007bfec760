use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        World,
        phone::Phone,
        school::{MAIL, NOTES, School, upn},
    },
};

async fn effective(world: &World, user: &str, app: &str) -> Value {
    let path = format!("/api/v1/effective?user={}&app={app}&platform=ios", upn(user).replace('@', "%40"));
    world.admin.get(&path).await.expect(200)
}

fn setting<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == name).unwrap()
}

// acceptance: AT-B1
both!(every_setting_names_where_it_came_from, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    school.group("School").await;
    school.join("School", "Staff").await;
    school.policy("Strict", &[NOTES], json!({"pinRequired": true, "minimumPinLength": 8})).await;
    school.policy("Board only", &[NOTES], json!({"pinRequired": true})).await;
    school.policy("Mail only", &[MAIL], json!({"pinRequired": true})).await;
    school.assign("Strict", &["School"], &[]).await;
    school.assign("Mail only", &["School"], &[]).await;
    let answer = effective(&world, "kim", NOTES).await;
    assert_eq!(answer["state"], json!("protected"));
    let length = setting(&answer, "minimumPinLength");
    assert_eq!(length["value"], json!(8));
    assert_eq!(
        length["sources"],
        json!([{"policy": school.id("Strict").trim_start_matches("T_"), "policyName": "Strict", "version": length["sources"][0]["version"],
            "assignment": "School", "groupPath": ["School", "Staff"]}])
    );
    assert_eq!(setting(&answer, "pinRequired")["sources"].as_array().unwrap().len(), 2);
    let outcome = |name: &str| {
        let all = answer["policies"].as_array().unwrap();
        all.iter().find(|policy| policy["policyName"] == name).unwrap()["outcome"].clone()
    };
    assert_eq!(
        [outcome("Base"), outcome("Board only"), outcome("Mail only")],
        [json!("applies"), json!("notAssigned"), json!("appNotCovered")]
    );

    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let bundle = phone.fetch().await;
    assert_eq!(answer["contentHash"], json!(bundle.content_hash), "the phone gets what is shown");

    school.assign("Strict", &["School"], &["Staff"]).await;
    let answer = effective(&world, "kim", NOTES).await;
    let strict = answer["policies"].as_array().unwrap().iter().find(|p| p["policyName"] == "Strict").unwrap();
    assert_eq!((&strict["outcome"], &strict["groupPath"]), (&json!("excluded"), &json!(["Staff"])));
    school.unlicense("kim").await;
    let answer = effective(&world, "kim", NOTES).await;
    assert_eq!((&answer["state"], &answer["settings"]), (&json!("notLicensed"), &json!([])));
    assert_eq!(world.admin.get("/api/v1/effective?user=x&app=y&platform=ios").await.status, 404);
    assert_eq!(world.admin.get("/api/v1/effective?user=x&platform=windows").await.status, 400);
    world.stop().await;
});

both!(explain_gives_decision_reason_and_trace, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    let settings = json!({"allowedOutboundDataTransferDestinations": "managedApps", "printBlocked": true});
    school.policy("Sharing", &[NOTES, MAIL], settings).await;
    school.assign("Sharing", &["Staff"], &[]).await;
    let ask = |action: &str, to: &str| json!({"user": upn("kim"), "app": NOTES, "platform": "ios", "action": action, "to": to});
    let desk = world.as_role("help-desk").await;
    let denied = desk.post("/api/v1/explain", &ask("send", "com.stranger.app")).await.expect(200);
    assert_eq!(
        (&denied["verdict"], &denied["reason"], &denied["code"]),
        (&json!("deny"), &json!("send_managed_apps_only"), &json!("D4"))
    );
    let decider = &denied["deciders"][0];
    assert_eq!(decider["setting"], json!("allowedOutboundDataTransferDestinations"));
    assert_eq!(decider["sources"][0]["policyName"], json!("Sharing"));
    assert_eq!(decider["sources"][0]["groupPath"], json!(["Staff"]));
    assert!(!denied["trace"].as_array().unwrap().is_empty());
    let allowed = desk.post("/api/v1/explain", &ask("send", MAIL)).await.expect(200);
    assert_ne!(allowed["verdict"], json!("deny"), "{allowed}");
    let print = desk.post("/api/v1/explain", &ask("print", "")).await.expect(200);
    assert_eq!(print["verdict"], json!("deny"));
    let odd = desk.post("/api/v1/explain", &ask("teleport", "")).await;
    assert_eq!(odd.status, 400);
    assert!(odd.text().contains("saveTo"), "the allowed actions are named");

    school.user("max").await;
    let mut free = ask("send", "com.stranger.app");
    free["user"] = json!(upn("max"));
    let free = desk.post("/api/v1/explain", &free).await.expect(200);
    assert_eq!((&free["state"], &free["verdict"]), (&json!("notLicensed"), &json!("allow")));
    assert!(free["title"].as_str().unwrap().contains("no licence"), "{}", free["title"]);
    world.stop().await;
});
