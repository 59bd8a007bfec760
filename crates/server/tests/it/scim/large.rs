use serde_json::{Value, json};

use super::{GROUPS, group, id, operations, provisioner};
use crate::{both, kit::World};

const PEOPLE: usize = 100_000;

/// Users straight into the database: making them one by one is not what is tested.
async fn fill(world: &World) -> Vec<String> {
    let app = world.server.app();
    let tenant = app.tenant.to_string();
    let ids: Vec<String> =
        (0..PEOPLE).map(|number| format!("00000000-0000-7000-8000-{number:012x}")).collect();
    let mut tx = app.db.write().await.unwrap();
    for (chunk, ids) in ids.chunks(500).enumerate() {
        let rows: Vec<String> = ids
            .iter()
            .enumerate()
            .map(|(at, id)| {
                let name = format!("user{}@school.example", chunk * 500 + at);
                format!("('{tenant}', '{id}', '{name}', '{name}', '{name}', '{name}', '', 1, '{{}}', 1)")
            })
            .collect();
        let text = format!(
            "INSERT INTO directory_user (tenant_id, user_id, upn, upn_key, display_name, display_key, mail_key, enabled, body, created_at) VALUES {}",
            rows.join(", ")
        );
        sqlx::query(sqlx::AssertSqlSafe(text)).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    ids
}

both!(groups_hold_a_hundred_thousand, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let ids = fill(&world).await;
    let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
    let (most, rest) = members.split_at(PEOPLE - 10);

    let body = json!({"displayName": "Everybody", "members": most});
    let made = client.post(&format!("{GROUPS}?excludedAttributes=members"), &body).await.expect(201);
    assert_eq!(made.get("members"), None);
    let path = format!("{GROUPS}/{}", id(&made));
    client
        .patch(&path, &operations(&json!([{"op": "add", "path": "members", "value": rest}])))
        .await
        .expect(204);
    let whole = client.get(&path).await.expect(200);
    assert_eq!(whole["members"].as_array().unwrap().len(), PEOPLE);
    let slim = client.get(&format!("{path}?excludedAttributes=members")).await;
    assert!(slim.bytes.len() < 1000);
    assert_eq!(slim.expect(200).get("members"), None);

    let list = json!([{"op": "replace", "path": "members", "value": rest}]);
    client.patch(&path, &operations(&list)).await.expect(204);
    assert_eq!(client.get(&path).await.expect(200)["members"].as_array().unwrap().len(), rest.len());
    client.put(&path, &json!({"displayName": "Everybody", "members": members})).await.expect(200);

    // Thousands of filters that ask for one member each are no more work than the members they ask for.
    let one = |id: &String| json!({"op": "remove", "path": format!("members[type eq \"User\" and value eq \"{id}\"]")});
    let gone: Vec<Value> = ids[..5000].iter().map(one).collect();
    client.patch(&path, &operations(&json!(gone))).await.expect(204);
    assert_eq!(client.get(&path).await.expect(200)["members"].as_array().unwrap().len(), PEOPLE - 5000);
    let all: Vec<Value> =
        (0..20).map(|_| json!({"op": "remove", "path": "members[type eq \"Group\"]"})).collect();
    let answer = client.patch(&path, &operations(&json!(all))).await;
    assert!(answer.text().contains("at most 1000000"), "{}", answer.text());
    assert_eq!(answer.status, 400);
    client.patch(&path, &operations(&json!(all[..2]))).await.expect(204);
    group(&client, "Again", &ids.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let page = client.get(GROUPS).await.expect(200);
    assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(2), &json!(1)), "pages stay bounded");
    let page = client.get(&format!("{GROUPS}?startIndex=2")).await.expect(200);
    assert_eq!(page["itemsPerPage"], json!(1));

    let one =
        client.get("/scim/v2/Users?filter=userName%20eq%20%22user99999@school.example%22").await.expect(200);
    assert_eq!(one["totalResults"], json!(1));
    let some = client.get("/scim/v2/Users?filter=userName%20co%20%22999%22&count=5").await.expect(200);
    assert_eq!(some["itemsPerPage"], json!(5));
    world.stop().await;
});
