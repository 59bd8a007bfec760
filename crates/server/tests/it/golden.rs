//! Answers of the administration API as golden files; `RINGFENCE_BLESS=1` writes them. Ids, addresses and hashes that
//! differ from run to run are replaced by names.

use serde_json::{Value, json};

use crate::{
    both,
    graph::device_app_management::{SET, ios},
    kit::World,
};

fn compare(name: &str, found: &Value, replacements: &[(&str, &str)]) {
    let path = format!("{}/../../fixtures/administration/v1/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let mut text = format!("{found:#}\n");
    for (from, to) in replacements {
        text = text.replace(from, to);
    }
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        text,
        std::fs::read_to_string(&path).unwrap_or_default(),
        "{name}: run with RINGFENCE_BLESS=1"
    );
}

both!(answers_keep_their_form, |database| {
    let world = World::start(database).await;
    let host = world.server.addr.to_string();
    let group = world.admin.post("/v1.0/groups", &json!({"displayName": "Staff"})).await.expect(201);
    let group_id = group["id"].as_str().unwrap().to_owned();
    compare("group", &group, &[(&host, "HOST"), (&group_id, "GROUP")]);

    let mut body = ios("Notes");
    body["assignments"] = json!([{"target": {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group_id}}]);
    let id = world.admin.post(SET, &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    let names: [(&str, &str); 3] = [(&host, "HOST"), (&group_id, "GROUP"), (&id, "T_POLICY")];
    for version in ["v1.0", "beta"] {
        let path = format!("/{version}/deviceAppManagement/managedAppPolicies?$expand=apps,assignments");
        compare(&format!("policies-{version}"), &world.admin.get(&path).await.expect(200), &names);
    }

    let refused = world.admin.post(SET, &json!({"displayName": "", "apps": [], "pinRequired": 1})).await;
    let request = refused.headers["request-id"].to_str().unwrap().to_owned();
    compare("graph-error", &refused.expect(400), &[(&request, "REQUEST")]);
    let problem = world.admin.post("/api/v1/tokens", &json!({"name": "x", "role": "king"})).await;
    let request = problem.headers["request-id"].to_str().unwrap().to_owned();
    compare("problem", &problem.expect(400), &[(&request, "REQUEST")]);
    let denied = world.as_role("auditor").await.get("/api/v1/tokens").await;
    let request = denied.headers["request-id"].to_str().unwrap().to_owned();
    compare("denied", &denied.expect(403), &[(&request, "REQUEST")]);

    let person = json!({"displayName": "Anna", "userPrincipalName": "anna@school.example"});
    let user = world.admin.post("/v1.0/users", &person).await.expect(201);
    let user_id = user["id"].as_str().unwrap().to_owned();
    compare("user", &user, &[(&host, "HOST"), (&user_id, "USER")]);
    compare(
        "subscribed-skus",
        &world.admin.get("/v1.0/subscribedSkus").await.expect(200),
        &[(&host, "HOST")],
    );
    world.stop().await;
});
