use serde_json::{Value, json};

use super::{GROUPS, USERS, provisioner, refused, user};
use crate::{both, kit::World};

const BULK: &str = "/scim/v2/Bulk";

fn request(list: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": list})
}

fn statuses(answer: &Value) -> Vec<&str> {
    answer["Operations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect()
}

both!(does_one_after_the_other, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let old = user(&client, "old").await;
    let answer = client.post(BULK, &request(&json!([
        {"method": "POST", "path": "/Users", "bulkId": "anna", "data": {"userName": "anna"}},
        {"method": "post", "path": "Users", "bulkId": "again", "data": {"userName": "ANNA"}},
        {"method": "POST", "path": "/Groups", "bulkId": "staff", "data": {"displayName": "Staff", "members": [{"value": "bulkId:anna"}]}},
        {"method": "PATCH", "path": "/Groups/bulkId:staff", "data": {"Operations": [{"op": "add", "path": "members", "value": [{"value": old}]}]}},
        {"method": "PUT", "path": format!("/Users/{old}"), "version": "W/\"7\"", "data": {"userName": "older"}},
        {"method": "PUT", "path": format!("/Users/{old}"), "version": "W/\"1\"", "data": {"userName": "older"}},
        {"method": "DELETE", "path": "/Users/bulkId:anna"},
        {"method": "POST", "path": "/Groups", "bulkId": "x", "data": {"displayName": "X", "members": [{"value": "bulkId:nobody"}]}},
        {"method": "POST", "path": "/Users", "data": {"userName": "nobody"}},
        {"method": "GET", "path": "/Users"},
        {"method": "POST", "path": "/Nothing", "bulkId": "y", "data": {}},
    ]))).await.expect(200);
    assert_eq!(
        statuses(&answer),
        ["201", "409", "201", "200", "412", "200", "204", "400", "400", "400", "400"],
        "{answer}"
    );
    let list = answer["Operations"].as_array().unwrap();
    assert_eq!((&list[0]["bulkId"], &list[0]["version"]), (&json!("anna"), &json!("W/\"1\"")));
    assert_eq!(list[1]["response"]["scimType"], json!("uniqueness"));
    let staff = list[2]["location"].as_str().unwrap().rsplit('/').next().unwrap();
    let read = client.get(&format!("{GROUPS}/{staff}")).await.expect(200);
    assert_eq!(read["members"].as_array().unwrap().len(), 1, "Anna was removed");
    assert_eq!(client.get(USERS).await.expect(200)["totalResults"], json!(1));
    world.stop().await;
});

both!(what_is_referred_to_is_made_first_and_circles_are_refused, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let group = |id: &str, members: &[&str]| {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": format!("bulkId:{id}")})).collect();
        json!({"method": "POST", "path": "/Groups", "bulkId": id, "data": {"displayName": id, "members": members}})
    };
    let answer = client
        .post(
            BULK,
            &request(&json!([
                group("school", &["class", "anna"]),
                group("class", &["anna"]),
                {"method": "POST", "path": "/Users", "bulkId": "anna", "data": {"userName": "anna"}},
                // RFC 7644 §3.7.1: tried, and refused, since a group cannot contain itself.
                group("hen", &["egg"]),
                group("egg", &["hen"]),
                group("coop", &["hen"]),
            ])),
        )
        .await
        .expect(200);
    assert_eq!(statuses(&answer), ["201", "201", "201", "409", "409", "400"], "{answer}");
    let list = answer["Operations"].as_array().unwrap();
    assert_eq!(list[0]["bulkId"], json!("school"), "answers stand where the operations stood");
    let school = list[0]["location"].as_str().unwrap().rsplit('/').next().unwrap();
    let read = client.get(&format!("{GROUPS}/{school}")).await.expect(200);
    assert_eq!(read["members"].as_array().unwrap().len(), 2);
    assert_eq!(client.get(GROUPS).await.expect(200)["totalResults"], json!(2));
    world.stop().await;
});

both!(stops_where_it_is_told_to, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let bad = json!({"method": "DELETE", "path": "/Users/00000000-0000-4000-8000-000000000000"});
    let good = json!({"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "a"}});
    let mut body = request(&json!([bad, good.clone(), bad, good]));
    body["failOnErrors"] = json!(1);
    assert_eq!(statuses(&client.post(BULK, &body).await.expect(200)), ["404"]);
    body["failOnErrors"] = json!(2);
    assert_eq!(statuses(&client.post(BULK, &body).await.expect(200)), ["404", "201", "404"]);
    body["failOnErrors"] = json!(0);
    assert_eq!(refused(client.post(BULK, &body).await, 400), "invalidValue");
    assert_eq!(refused(client.post(BULK, &json!({})).await, 400), "invalidSyntax");
    let many: Vec<Value> = (0..1001).map(|_| bad.clone()).collect();
    refused(client.post(BULK, &request(&json!(many))).await, 413);
    world.stop().await;
});
