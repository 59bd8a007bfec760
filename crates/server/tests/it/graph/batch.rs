use serde_json::{Value, json};

use super::device_app_management::{SET, ios};
use crate::{both, kit::World};

fn by_id<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["responses"].as_array().unwrap().iter().find(|one| one["id"] == json!(id)).unwrap()
}

both!(answers_each_request_on_its_own, |database| {
    let world = World::start(database).await;
    let id = world.admin.post(SET, &ios("Notes")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let set = "deviceAppManagement/iosManagedAppProtections";
    let body = json!({"requests": [
        {"id": 1, "method": "GET", "url": format!("/{set}/{id}/assignments")},
        {"id": "two", "method": "get", "url": format!("{set}('{id}')?$select=id,displayName")},
        {"id": "3", "method": "GET", "url": "/users/nobody"},
        {"id": "4", "method": "POST", "url": set, "body": ios("Second"), "headers": {"Content-Type": "application/json"}},
        {"id": "5", "method": "DELETE", "url": format!("http://elsewhere.example/v1.0/{set}/{id}"), "dependsOn": ["4", 1]},
        {"id": "6", "method": "GET", "url": "/users", "dependsOn": ["3"]},
        {"id": "7", "method": "GET", "url": format!("/{set}/$count")},
        {"id": "8", "method": "POST", "url": "/$batch", "body": {"requests": []}},
        {"id": "9", "method": "GET", "url": format!("/{set}?$filter=displayName eq 'Second'"),
            "dependsOn": ["4"], "headers": {"Accept": "application/json;odata.metadata=none"}},
        {"id": "10", "method": "GET", "url": "nothing"},
        {"id": "11", "method": "PATCH", "url": format!("{set}/{id}"), "body": {"minimumPinLength": "many"}},
        {"id": "12", "method": "GET", "url": "/$metadata"},
        {"id": "13", "method": "POST", "url": "//v1.0//%24Batch", "body": {"requests": []}},
    ]});
    let answer = world.admin.post("/beta/$BATCH/", &body).await.expect(200);
    let statuses: Vec<_> =
        answer["responses"].as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 404, 201, 204, 424, 200, 400, 200, 404, 404, 200, 400]);
    assert!(answer["responses"].as_array().unwrap().iter().all(|one| one["headers"].is_object()));
    let context = by_id(&answer, "1")["body"]["@odata.context"].as_str().unwrap();
    assert!(context.ends_with(&format!("#deviceAppManagement/iosManagedAppProtections('{id}')/assignments")));
    assert_eq!(by_id(&answer, "two")["body"]["displayName"], json!("Notes"));
    assert_eq!(by_id(&answer, "3")["body"]["error"]["code"], json!("Request_ResourceNotFound"));
    assert!(by_id(&answer, "4")["headers"]["Location"].as_str().unwrap().contains("('T_"));
    assert!(by_id(&answer, "5").get("body").is_none());
    assert!(by_id(&answer, "6")["body"]["error"]["message"].as_str().unwrap().contains("`3`"));
    assert_eq!(by_id(&answer, "7")["body"], json!("MQ=="), "one policy was left, as base64 of text");
    assert!(by_id(&answer, "9")["body"].get("@odata.context").is_none());
    assert_eq!(by_id(&answer, "9")["body"]["value"][0]["displayName"], json!("Second"));
    world.stop().await;
});

both!(permission_is_asked_per_request, |database| {
    let world = World::start(database).await;
    let client = world.as_role("privacy-officer").await;
    let body = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/deviceAppManagement/managedAppPolicies"},
        {"id": "2", "method": "GET", "url": "/me"},
    ]});
    let answer = client.post("/v1.0/$batch", &body).await.expect(200);
    assert_eq!(by_id(&answer, "1")["status"], json!(403));
    assert_eq!(by_id(&answer, "2")["status"], json!(200));
    world.anonymous().post("/v1.0/$batch", &body).await.expect(401);
    world.stop().await;
});

both!(a_malformed_envelope_is_refused_as_a_whole, |database| {
    let world = World::start(database).await;
    let get = |id: Value| json!({"id": id, "method": "GET", "url": "/users"});
    let many: Vec<Value> = (0..21).map(|id| get(json!(id))).collect();
    let after =
        |id: &str, before: &str| json!({"id": id, "method": "GET", "url": "/users", "dependsOn": [before]});
    for (body, named) in [
        (json!({"requests": many}), "1 to 20 requests, this one holds 21"),
        (json!({"requests": []}), "holds 0"),
        (json!({}), "`requests` must be a list"),
        (json!([]), "`requests` must be a list"),
        (json!({"requests": [get(json!("a")), get(json!("a"))]}), "two requests have the id `a`"),
        (json!({"requests": [get(json!(1)), get(json!("1"))]}), "two requests have the id `1`"),
        (json!({"requests": [get(Value::Null)]}), "requests[0].id"),
        (json!({"requests": [get(json!(1.5))]}), "requests[0].id"),
        (json!({"requests": [{"id": "1", "method": "TRACE", "url": "/users"}]}), "requests[0].method"),
        (json!({"requests": [{"id": "1", "method": "GET"}]}), "requests[0].url"),
        (
            json!({"requests": [{"id": "1", "method": "GET", "url": "/users", "headers": {"a b": "c"}}]}),
            "requests[0].headers",
        ),
        (json!({"requests": [after("a", "z")]}), "there is no request `z`"),
        (json!({"requests": [after("a", "b"), after("b", "a")]}), "in a circle"),
        (json!({"requests": [after("a", "a")]}), "in a circle"),
        (json!({"requests": ["a"]}), "requests[0].id"),
    ] {
        let error = world.admin.post("/v1.0/$batch", &body).await.expect(400);
        assert!(error["error"]["message"].as_str().unwrap().contains(named), "{body}: {error}");
    }
    world.stop().await;
});
