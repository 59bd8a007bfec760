use serde_json::{Value, json};

use super::{USERS, id, operations, provisioner, refused, user};
use crate::{both, kit::World};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The attributes after each of these operations on a new user; null for absent.
fn cases() -> Vec<(Value, Value)> {
    let work = json!({"value": "a@work.example", "type": "work", "primary": true});
    let department = format!("{ENTERPRISE}:department");
    vec![
        (json!([{"op": "add", "path": "title", "value": "Head"}]), json!({"title": "Head"})),
        (json!([{"op": "Replace", "path": "TITLE", "value": "Head"}]), json!({"title": "Head"})),
        (json!([{"op": "replace", "path": "active", "value": "False"}]), json!({"active": false})),
        (
            json!([{"op": "REPLACE", "value": {"active": "false", "name.familyName": "Berg"}}]),
            json!({"active": false, "name": {"familyName": "Berg"}}),
        ),
        (
            json!([{"op": "add", "value": {"name": {"givenName": "Anna"}}}, {"op": "add", "path": "name.familyName", "value": "Berg"}]),
            json!({"name": {"givenName": "Anna", "familyName": "Berg"}}),
        ),
        (
            json!([{"op": "add", "path": "name", "value": {"givenName": "A", "familyName": "B"}}, {"op": "remove", "path": "name.givenName"}]),
            json!({"name": {"familyName": "B"}}),
        ),
        (json!([{"op": "add", "path": "emails", "value": [work]}]), json!({"emails": [work]})),
        (
            json!([{"op": "add", "path": "emails", "value": work}, {"op": "add", "path": "emails", "value": [work]}]),
            json!({"emails": [work]}),
        ),
        (
            json!([{"op": "add", "path": "emails[type eq \"work\"].value", "value": "a@b.example"}]),
            json!({"emails": [{"type": "work", "value": "a@b.example"}]}),
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [work]}, {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@b.example"}]),
            json!({"emails": [{"value": "new@b.example", "type": "work", "primary": true}]}),
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [work, {"value": "h@x", "type": "home"}]}, {"op": "remove", "path": "emails[type eq \"work\"]"}]),
            json!({"emails": [{"value": "h@x", "type": "home"}]}),
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [work]}, {"op": "add", "path": "emails", "value": [{"value": "h@x", "primary": true}]}]),
            json!({"emails": [{"value": "a@work.example", "type": "work", "primary": false}, {"value": "h@x", "primary": true}]}),
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [work]}, {"op": "remove", "path": "emails"}]),
            json!({"emails": null}),
        ),
        (
            json!([{"op": "add", "path": "emails", "value": [work]}, {"op": "remove", "path": "emails", "value": [{"value": "a@work.example"}]}]),
            json!({"emails": null}),
        ),
        (
            json!([{"op": "add", "path": department, "value": "Maths"}]),
            json!({ENTERPRISE: {"department": "Maths"}}),
        ),
        (
            json!([{"op": "add", "value": {department: "Maths", "phoneNumbers": [{"value": "1"}]}}]),
            json!({ENTERPRISE: {"department": "Maths"}}),
        ),
        (
            json!([{"op": "add", "path": ENTERPRISE, "value": {"department": "Maths"}}, {"op": "remove", "path": ENTERPRISE}]),
            json!({ENTERPRISE: null}),
        ),
        (
            json!([{"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+31"}, {"op": "add", "path": "title", "value": "x"}]),
            json!({"title": "x", "phoneNumbers": null}),
        ),
        (
            json!([{"op": "replace", "value": {"id": "other", "schemas": [], "meta": {}, "title": "x", "unheardOf": 1}}]),
            json!({"title": "x"}),
        ),
        (
            json!([{"op": "add", "path": "externalId", "value": "e1"}, {"op": "replace", "path": "externalId", "value": null}]),
            json!({"externalId": null}),
        ),
        (
            json!([{"op": "add", "path": "displayName", "value": "A"}, {"op": "remove", "path": "displayName"}]),
            json!({"displayName": null}),
        ),
    ]
}

both!(changes_what_it_says, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    for (number, (list, expected)) in cases().into_iter().enumerate() {
        let path = format!("{USERS}/{}", user(&client, &format!("user{number}")).await);
        let answered = client.patch(&path, &operations(&list)).await.expect(200);
        let read = client.get(&path).await.expect(200);
        assert_eq!(answered, read, "{list}");
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(read.get(name).unwrap_or(&Value::Null), value, "{list}");
        }
    }
    world.stop().await;
});

both!(that_cannot_be_done_changes_nothing, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let body = json!({"userName": "anna", "emails": [{"value": "a@b", "type": "work"}]});
    let path = format!("{USERS}/{}", id(&client.post(USERS, &body).await.expect(201)));
    let before = client.get(&path).await.expect(200);
    let good = json!({"op": "add", "path": "title", "value": "Head"});
    for (bad, kind) in [
        (json!({"op": "add", "path": "unheardOf", "value": 1}), "invalidPath"),
        (json!({"op": "add", "path": "name.unheardOf", "value": 1}), "invalidPath"),
        (json!({"op": "add", "path": "urn:example:other:User:x", "value": 1}), "invalidPath"),
        (json!({"op": "add", "path": "emails[type eq", "value": 1}), "invalidPath"),
        (json!({"op": "add", "path": "emails[type eq \"work\"].x", "value": 1}), "invalidPath"),
        (json!({"op": "add", "path": "title[type eq \"work\"]", "value": 1}), "invalidPath"),
        (json!({"op": "add", "path": 5, "value": 1}), "invalidPath"),
        (json!({"op": "replace", "path": "emails[type co \"ho\"].value", "value": "x"}), "noTarget"),
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "remove", "path": "userName"}), "mutability"),
        (json!({"op": "replace", "path": "userName", "value": null}), "mutability"),
        (json!({"op": "remove", "path": "active"}), "mutability"),
        (json!({"op": "replace", "path": "id", "value": "x"}), "mutability"),
        (json!({"op": "replace", "path": "meta.created", "value": "x"}), "mutability"),
        (json!({"op": "replace", "path": "active", "value": 5}), "invalidValue"),
        (json!({"op": "replace", "path": "title", "value": ["x"]}), "invalidValue"),
        (json!({"op": "replace", "path": "title", "value": "x".repeat(1_000_000)}), "invalidValue"),
        (json!({"op": "add", "path": ENTERPRISE, "value": 5}), "invalidValue"),
        (json!({"op": "move", "path": "title", "value": "x"}), "invalidSyntax"),
        (json!({"op": "add", "value": "x"}), "invalidSyntax"),
        (json!("x"), "invalidSyntax"),
    ] {
        let answer = client.patch(&path, &operations(&json!([good, bad]))).await;
        assert!(answer.bytes.len() < 2000);
        assert_eq!(refused(answer, 400), kind, "{bad}");
    }
    for body in [json!({}), json!({"Operations": []}), json!({"Operations": 5})] {
        assert_eq!(refused(client.patch(&path, &body).await, 400), "invalidSyntax", "{body}");
    }
    assert_eq!(client.get(&path).await.expect(200), before);
    world.stop().await;
});
