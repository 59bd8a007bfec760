use serde_json::{Value, json};

use crate::{both, kit::World};

async fn make(world: &World, name: &str) -> String {
    let made = world.admin.post("/v1.0/groups", &json!({"displayName": name})).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

fn reference(id: &str) -> Value {
    json!({"@odata.id": format!("https://graph.example/v1.0/directoryObjects/{id}")})
}

both!(nest_without_circles, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let (school, staff, teachers) =
        (make(&world, "School").await, make(&world, "Staff").await, make(&world, "Teachers").await);
    let body = json!({"displayName": "Anna", "userPrincipalName": "anna@school.example"});
    let anna = client.post("/v1.0/users", &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    for (group, member) in [(&school, &staff), (&staff, &teachers), (&teachers, &anna)] {
        client.post(&format!("/v1.0/groups/{group}/members/$ref"), &reference(member)).await.expect(204);
    }
    for (group, member) in [(&teachers, &school), (&staff, &school), (&school, &school)] {
        let error =
            client.post(&format!("/v1.0/groups/{group}/members/$ref"), &reference(member)).await.expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!("@odata.id"), "{error}");
    }
    let twice =
        client.post(&format!("/v1.0/groups/{teachers}/members/$ref"), &reference(&anna)).await.expect(409);
    assert_eq!(twice["error"]["innerError"]["code"], json!("member_exists"));

    let names = |answer: Value| -> Vec<String> {
        let mut names: Vec<String> = answer["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["displayName"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let direct = client.get(&format!("/v1.0/users/{anna}/memberOf")).await.expect(200);
    assert_eq!(direct["value"][0]["@odata.type"], json!("#microsoft.graph.group"));
    assert_eq!(names(direct), ["Teachers"]);
    assert_eq!(
        names(client.get("/v1.0/users/anna@school.example/transitiveMemberOf").await.expect(200)),
        ["School", "Staff", "Teachers"]
    );
    assert_eq!(names(client.get(&format!("/v1.0/groups/{school}/Members")).await.expect(200)), ["Staff"]);
    assert_eq!(
        names(client.get(&format!("/v1.0/groups/{school}/transitiveMembers")).await.expect(200)),
        ["Anna", "Staff", "Teachers"]
    );
    let users = client
        .get(&format!("/v1.0/groups/{school}/transitiveMembers?$filter=isof('microsoft.graph.user')"))
        .await;
    assert_eq!(names(users.expect(200)), ["Anna"]);

    client.delete(&format!("/v1.0/groups/{staff}/members/{teachers}/$ref")).await.expect(204);
    client.delete(&format!("/v1.0/groups/{staff}/members/{teachers}/$ref")).await.expect(404);
    assert_eq!(
        names(client.get(&format!("/v1.0/users/{anna}/transitiveMemberOf")).await.expect(200)),
        ["Teachers"]
    );
    client.delete(&format!("/v1.0/groups/{teachers}")).await.expect(204);
    assert_eq!(client.get(&format!("/v1.0/users/{anna}/memberOf")).await.expect(200)["value"], json!([]));
    world.stop().await;
});

both!(bad_members_are_refused, |database| {
    let world = World::start(database).await;
    let group = make(&world, "Staff").await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let path = format!("/v1.0/groups/{group}/members/$ref");
    world.admin.post(&path, &reference(nobody)).await.expect(404);
    world.admin.post(&path, &json!({"@odata.id": "https://x/nothing"})).await.expect(400);
    world.admin.post(&format!("/v1.0/groups/{nobody}/members/$ref"), &reference(&group)).await.expect(404);
    world.admin.post("/v1.0/groups", &json!({"displayName": ""})).await.expect(400);
    world.as_role("help-desk").await.post("/v1.0/groups", &json!({"displayName": "x"})).await.expect(403);
    let kept =
        world.admin.post("/v1.0/groups", &json!({"displayName": "Moved", "id": nobody})).await.expect(201);
    assert_eq!(kept["id"], json!(nobody));
    let again =
        world.admin.post("/v1.0/groups", &json!({"displayName": "Again", "id": nobody})).await.expect(409);
    assert_eq!(again["error"]["details"][0]["target"], json!("id"));
    world.stop().await;
});

both!(wrong_types_name_the_member, |database| {
    let world = World::start(database).await;
    for (body, field) in [
        (json!({"displayName": 7}), "displayName"),
        (json!({"displayName": ["Staff"]}), "displayName"),
        (json!({"displayName": "Staff", "id": 5}), "id"),
        (json!({"displayName": "Staff", "id": "5"}), "id"),
        (json!({"displayName": "Staff", "description": 7}), "description"),
        (json!({"displayName": "Staff", "mailNickname": {"text": "staff"}}), "mailNickname"),
    ] {
        let error = world.admin.post("/v1.0/groups", &body).await.expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!(field), "{body}: {error}");
    }
    assert_eq!(world.admin.get("/v1.0/groups").await.expect(200)["value"], json!([]), "nothing was written");
    let group = make(&world, "Staff").await;
    let path = format!("/v1.0/groups/{group}");
    let error = world.admin.patch(&path, &json!({"displayName": "New", "description": 7})).await.expect(400);
    assert_eq!(error["error"]["details"][0]["target"], json!("description"));
    assert_eq!(world.admin.get(&path).await.expect(200)["displayName"], json!("Staff"));
    world.stop().await;
});

both!(two_groups_may_have_one_name, |database| {
    let world = World::start(database).await;
    let (one, other) = (make(&world, "Staff").await, make(&world, "Staff").await);
    assert_ne!(one, other);
    let all = world.admin.get("/v1.0/groups").await.expect(200);
    assert_eq!(all["value"].as_array().unwrap().len(), 2);
    world.admin.delete(&format!("/v1.0/groups/{one}")).await.expect(204);
    assert_eq!(
        world.admin.get(&format!("/v1.0/groups/{other}")).await.expect(200)["displayName"],
        json!("Staff")
    );
    world.stop().await;
});
