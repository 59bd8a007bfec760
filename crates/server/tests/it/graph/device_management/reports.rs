use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Client, World,
        phone::Phone,
        school::{NOTES, School},
    },
};

const JOBS: &str = "/v1.0/deviceManagement/reports/exportJobs";

both!(files_are_made_and_fetched_by_link, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "tag-1").await;
    phone.check_in().await;
    let client = &world.admin;
    let body = json!({"reportName": "MAMAppProtectionStatus", "format": "csv", "select": ["email", "App"],
        "localizationType": "LocalizedValuesAsAdditionalColumn", "filter": "Platform eq 'iOS'"});
    let made = client.post(JOBS, &body).await.expect(201);
    assert_eq!((&made["status"], &made["url"]), (&json!("notStarted"), &Value::Null));
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("MAMAppProtectionStatus_"));
    let job = ended(client, &id).await;
    let link = job["url"].as_str().unwrap();
    let path = &link[link.find("/api/").unwrap()..];
    let file = world.anonymous().get(path).await;
    assert_eq!(file.status, 200);
    assert!(file.bytes.starts_with(b"PK\x03\x04"));
    world.anonymous().get(&format!("{path}0")).await.expect(404);
    world.clock.advance(ringfence_model::Millis::from_secs(3601));
    world.anonymous().get(path).await.expect(404);
    assert_eq!(client.get(&format!("{JOBS}/{id}")).await.expect(200)["url"], Value::Null);
    for (body, field) in [
        (json!({"reportName": "Nothing"}), "reportName"),
        (json!({"reportName": "MAMAppProtectionStatus", "format": "pdf"}), "format"),
        (json!({"reportName": "MAMAppProtectionStatus", "select": ["Secret"]}), "select"),
    ] {
        let error = client.post(JOBS, &body).await.expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!(field), "{body}");
    }
    world.stop().await;
});

async fn ended(client: &Client, id: &str) -> Value {
    for _ in 0..5000 {
        let job = client.get(&format!("{JOBS}('{id}')")).await.expect(200);
        if job["status"] != "notStarted" {
            assert_eq!(job["status"], json!("completed"));
            return job;
        }
    }
    panic!("the job does not end");
}

both!(a_job_whose_server_was_killed_is_made_when_it_is_asked_for, |database| {
    let world = World::start(database).await;
    let made = world.admin.post(JOBS, &json!({"reportName": "MAMAppProtectionStatus"})).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let first = ended(&world.admin, &id).await;
    let mut tx = world.server.app().db.write().await.unwrap();
    // As it stood before the end was written.
    sqlx::query(
        "UPDATE export_job SET state = 'notStarted', expires_at = NULL, secret = NULL, content = NULL",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let world = world.restart().await;
    let again = ended(&world.admin, &id).await;
    assert!(again["url"].is_string() && again["url"] != first["url"]);
    world.stop().await;
});

both!(reports_answer_at_once, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "tag-1").await;
    phone.check_in().await;
    let root = "/beta/deviceManagement/reports";
    for name in ["AppRegistrationSummaryReport", "AppConfigurationReport"] {
        let body = json!({"filter": "", "groupBy": [], "name": null, "orderBy": ["App desc"], "search": "",
            "select": ["App", "_Platform"], "sessionId": null, "skip": 0, "top": 1});
        let path = format!("{root}/getMobileApplicationManagement{name}");
        let answer = world.admin.post(&path, &body).await;
        assert_eq!(answer.status, 200);
        let told: Value = serde_json::from_slice(&answer.bytes).unwrap();
        let columns: Vec<_> =
            told["Schema"].as_array().unwrap().iter().map(|one| one["Column"].clone()).collect();
        assert_eq!(columns, ["App", "_Platform"]);
        assert_eq!(told["Values"].as_array().unwrap().len(), 1);
        assert_eq!(world.admin.post(&path, &json!({"orderBy": ["Nothing"]})).await.status, 400);
    }
    world.stop().await;
});

both!(devices_and_connectors, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let set = "/beta/deviceManagement/managedDevices";
    assert_eq!(client.get(set).await.expect(200)["value"], json!([]));
    let device = json!({"platform": "ios", "enrolment": "adeUser", "profile": "Staff iPads"});
    client.put("/api/v1/devices/tag-1", &device).await.expect(200);
    let found = client.get(&format!("{set}/tag-1")).await.expect(200);
    assert_eq!(
        (&found["enrollmentProfileName"], &found["serialNumber"]),
        (&json!("Staff iPads"), &Value::Null)
    );
    client.get(&format!("{set}/tag-2")).await.expect(404);

    let set = "/v1.0/deviceManagement/mobileThreatDefenseConnectors";
    let made = client.post(set, &json!({"iosEnabled": true, "partnerState": "enabled"})).await.expect(201);
    let path = format!("{set}/{}", made["id"].as_str().unwrap());
    let changed = client.patch(&path, &json!({"androidEnabled": true})).await.expect(200);
    assert_eq!((&changed["iosEnabled"], &changed["androidEnabled"]), (&json!(true), &json!(true)));
    client.post(set, &json!({"iosEnabled": "yes"})).await.expect(400);
    client.post(set, &json!({"id": made["id"]})).await.expect(409);
    client.delete(&path).await.expect(204);
    client.get(&path).await.expect(404);
    world.stop().await;
});
