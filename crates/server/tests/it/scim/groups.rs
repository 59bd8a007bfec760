use serde_json::{Value, json};

use super::{GROUPS, NOBODY, USERS, group, id, operations, provisioner, refused, user};
use crate::{
    both,
    kit::{Client, World},
};

async fn members(client: &Client, group: &str) -> Vec<String> {
    let read = client.get(&format!("{GROUPS}/{group}")).await.expect(200);
    let members = read["members"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<String> =
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

fn sorted(ids: &[&String]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
    ids.sort();
    ids
}

both!(live_from_creation_to_removal, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let (anna, bart) = (user(&client, "anna").await, user(&client, "bart").await);
    let body =
        json!({"displayName": "Teachers", "externalId": "t1", "members": [{"value": anna, "display": "x"}]});
    let made = client.post(GROUPS, &body).await.expect(201);
    let teachers = id(&made);
    let member = &made["members"][0];
    assert_eq!((&member["value"], &member["type"]), (&json!(anna), &json!("User")));
    assert!(member["$ref"].as_str().unwrap().ends_with(&format!("{USERS}/{anna}")));
    let path = format!("{GROUPS}/{teachers}");
    let renamed = client.put(&path, &json!({"displayName": "Staff"})).await.expect(200);
    assert_eq!((&renamed["displayName"], renamed.get("externalId")), (&json!("Staff"), None));
    assert_eq!(members(&client, &teachers).await, sorted(&[&anna]), "leaving members out leaves them in");
    client.put(&path, &json!({"displayName": "Staff", "members": [{"value": bart}]})).await.expect(200);
    assert_eq!(members(&client, &teachers).await, sorted(&[&bart]));
    client.put(&path, &json!({"displayName": "Staff", "members": []})).await.expect(200);
    assert_eq!(members(&client, &teachers).await, Vec::<String>::new());
    client.delete(&path).await.expect(204);
    refused(client.get(&path).await, 404);
    for body in [json!({}), json!({"displayName": " "}), json!({"displayName": "x".repeat(1_000_000)})] {
        assert_eq!(refused(client.post(GROUPS, &body).await, 400), "invalidValue");
    }
    world.stop().await;
});

both!(take_members_in_all_spellings, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let (a, b, c) = (user(&client, "a").await, user(&client, "b").await, user(&client, "c").await);
    let staff = group(&client, "Staff", &[]).await;
    let path = format!("{GROUPS}/{staff}");
    let steps: Vec<(Value, Vec<String>)> = vec![
        (json!([{"op": "Add", "path": "members", "value": [{"value": a}]}]), sorted(&[&a])),
        (json!([{"op": "add", "path": "members", "value": {"value": b}}]), sorted(&[&a, &b])),
        (json!([{"op": "add", "path": "members", "value": c}]), sorted(&[&a, &b, &c])),
        (json!([{"op": "add", "path": "members", "value": [a, b]}]), sorted(&[&a, &b, &c])),
        (json!([{"op": "Remove", "path": "members", "value": [{"value": a}]}]), sorted(&[&b, &c])),
        (json!([{"op": "remove", "path": format!("members[value eq \"{b}\"]")}]), sorted(&[&c])),
        (json!([{"op": "remove", "path": format!("members[value eq \"{b}\"]")}]), sorted(&[&c])),
        (
            json!([{"op": "replace", "path": "members", "value": [{"$ref": format!("https://x{USERS}/{a}")}, {"value": b}]}]),
            sorted(&[&a, &b]),
        ),
        (
            json!([{"op": "add", "value": {"displayName": "Everybody", "members": [{"value": c}]}}]),
            sorted(&[&a, &b, &c]),
        ),
        (json!([{"op": "remove", "path": "members[type eq \"Group\"]"}]), sorted(&[&a, &b, &c])),
        (
            json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": [{"value": b}]}]),
            sorted(&[&b]),
        ),
        (json!([{"op": "remove", "path": "members[type eq \"User\"]"}]), vec![]),
    ];
    for (list, expected) in steps {
        let answer = client.patch(&path, &operations(&list)).await;
        assert_eq!(answer.status, 204, "{list}: {}", answer.text());
        assert_eq!(members(&client, &staff).await, expected, "{list}");
    }
    assert_eq!(client.get(&path).await.expect(200)["displayName"], json!("Everybody"));
    let version = client.get(&path).await.expect(200)["meta"]["version"].clone();
    client
        .patch(&path, &operations(&json!([{"op": "remove", "path": "members", "value": [a]}])))
        .await
        .expect(204);
    assert_eq!(client.get(&path).await.expect(200)["meta"]["version"], version, "nothing changed");
    let rename = operations(&json!([{"op": "replace", "path": "displayName", "value": "All"}]));
    let named = client.patch(&format!("{path}?attributes=displayName"), &rename).await.expect(200);
    assert_eq!(named["displayName"], json!("All"));
    world.stop().await;
});

both!(are_not_emptied_by_what_cannot_be_read, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let anna = user(&client, "anna").await;
    let staff = group(&client, "Staff", &[&anna]).await;
    let path = format!("{GROUPS}/{staff}");
    let careless = [
        json!([{"id": anna}]),
        json!([{"display": "x"}]),
        json!([""]),
        json!([null]),
        json!(""),
        json!({}),
        json!(7),
    ];
    for members in &careless {
        for op in ["add", "replace", "remove"] {
            let body = operations(&json!([{"op": op, "path": "members", "value": members}]));
            assert_eq!(refused(client.patch(&path, &body).await, 400), "invalidValue", "{op} {members}");
        }
        let body = operations(&json!([{"op": "replace", "value": {"members": members}}]));
        assert_eq!(refused(client.patch(&path, &body).await, 400), "invalidValue", "{members}");
        let body = json!({"displayName": "Staff", "members": members});
        assert_eq!(refused(client.put(&path, &body).await, 400), "invalidValue", "{members}");
    }
    let body = operations(&json!([{"op": "replace", "path": "members"}]));
    assert_eq!(refused(client.patch(&path, &body).await, 400), "invalidValue");
    client.put(&path, &json!({"displayName": "Staff", "members": null})).await.expect(200);
    assert_eq!(members(&client, &staff).await, sorted(&[&anna]), "nothing said is nothing changed");
    world.stop().await;
});

both!(never_contain_themselves, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let inner = group(&client, "Inner", &[]).await;
    let middle = group(&client, "Middle", &[&inner]).await;
    let outer = group(&client, "Outer", &[&middle]).await;
    let anna = user(&client, "anna").await;
    for nested in [&inner, &middle, &outer] {
        let list = json!([{"op": "add", "path": "members", "value": [{"value": anna}, {"value": nested}]}]);
        let answer = client.patch(&format!("{GROUPS}/{inner}"), &operations(&list)).await;
        assert!(answer.text().contains("circle"), "{}", answer.text());
        assert_eq!(refused(answer, 400), "invalidValue");
        let body = json!({"displayName": "Inner", "members": [{"value": nested}]});
        assert_eq!(refused(client.put(&format!("{GROUPS}/{inner}"), &body).await, 400), "invalidValue");
    }
    assert_eq!(members(&client, &inner).await, Vec::<String>::new(), "nothing half-written");
    let reference = json!({"@odata.id": format!("https://x/v1.0/directoryObjects/{outer}")});
    world.admin.post(&format!("/v1.0/groups/{inner}/members/$ref"), &reference).await.expect(400);
    world.stop().await;
});

both!(take_nobody_unknown, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let anna = user(&client, "anna").await;
    let staff = group(&client, "Staff", &[&anna]).await;
    let path = format!("{GROUPS}/{staff}");
    for value in [
        json!([{"value": NOBODY}]),
        json!([{"value": "nobody"}]),
        json!([{}]),
        json!(["x"]),
        json!([7]),
        json!([{"value": {"a": 1}}]),
    ] {
        let list = json!([{"op": "add", "path": "members", "value": value}]);
        let answer = client.patch(&path, &operations(&list)).await;
        assert!(answer.text().contains("members"), "{}", answer.text());
        assert_eq!(refused(answer, 400), "invalidValue", "{value}");
    }
    for (list, kind) in [
        (json!([{"op": "replace", "path": "members.value", "value": anna}]), "mutability"),
        (
            json!([{"op": "replace", "path": "members[value eq \"x\"]", "value": {"value": anna}}]),
            "mutability",
        ),
        (json!([{"op": "remove", "path": "displayName"}]), "mutability"),
        (json!([{"op": "add", "path": "userName", "value": "x"}]), "invalidPath"),
    ] {
        assert_eq!(refused(client.patch(&path, &operations(&list)).await, 400), kind, "{list}");
    }
    assert_eq!(members(&client, &staff).await, sorted(&[&anna]));
    client.delete(&format!("{USERS}/{anna}")).await.expect(204);
    assert_eq!(members(&client, &staff).await, Vec::<String>::new(), "who is gone is no member");
    world.stop().await;
});

both!(that_policies_name_stay, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let staff = group(&client, "Staff", &[]).await;
    let set = crate::graph::device_app_management::SET;
    let policy = world.admin.post(set, &crate::graph::device_app_management::ios("Notes")).await.expect(201);
    let body = json!({"assignments": [{"target": {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": staff}}]});
    world.admin.post(&format!("{set}/{}/assign", id(&policy)), &body).await.expect(204);
    refused(client.delete(&format!("{GROUPS}/{staff}")).await, 409);
    client.get(&format!("{GROUPS}/{staff}")).await.expect(200);
    world.stop().await;
});
