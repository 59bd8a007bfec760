use http_body_util::Full;
use hyper::{Method, Request, body::Bytes};
use serde_json::{Value, json};

use super::{NOBODY, USERS, group, id, operations, provisioner, refused, user};
use crate::{both, kit::World};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn whole() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": "Anna@school.example",
        "externalId": "a-17",
        "name": {"givenName": "Anna", "familyName": "Berg", "formatted": "Dr Anna Berg", "middleName": "Maria"},
        "displayName": "Anna Berg",
        "title": "Teacher",
        "preferredLanguage": "nl-NL",
        "locale": "nl-BE",
        "active": true,
        "emails": [
            {"value": "anna@home.example", "type": "home"},
            {"value": "anna@school.example", "type": "work", "primary": true},
        ],
        "phoneNumbers": [{"value": "+31 6 12345678", "type": "mobile"}],
        "addresses": [{"streetAddress": "Street 1"}],
        "photos": [{"value": "https://x.example/anna.jpg"}],
        "password": "correct horse battery",
        ENTERPRISE: {"department": "Maths", "employeeNumber": "17", "manager": {"value": "x"}},
    })
}

both!(live_from_creation_to_removal, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let answer = client.post(USERS, &whole()).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(
        (&answer.headers["content-type"], &answer.headers["etag"]),
        (&"application/scim+json".parse().unwrap(), &"W/\"1\"".parse().unwrap())
    );
    let made = answer.expect(201);
    let anna = id(&made);
    assert!(location.ends_with(&format!("{USERS}/{anna}")), "{location}");
    assert_eq!(made["meta"]["location"], json!(location));
    assert_eq!(made["meta"]["resourceType"], json!("User"));
    assert_eq!(made["name"], json!({"givenName": "Anna", "familyName": "Berg", "formatted": "Dr Anna Berg"}));
    assert_eq!(made[ENTERPRISE], json!({"department": "Maths"}));
    assert_eq!(made["emails"].as_array().unwrap().len(), 2);
    for dropped in ["phoneNumbers", "addresses", "photos", "password"] {
        assert_eq!(made.get(dropped), None, "{dropped}");
    }

    // It is the same directory.
    let seen = world.admin.get("/v1.0/users/anna@school.example").await.expect(200);
    assert_eq!(
        (id(&seen), &seen["mail"], &seen["jobTitle"], &seen["department"]),
        (anna.clone(), &json!("anna@school.example"), &json!("Teacher"), &json!("Maths"))
    );

    let path = format!("{USERS}/{anna}");
    let replaced =
        client.put(&path, &json!({"userName": "anna@school.example", "displayName": "Anna B."})).await;
    assert_eq!(replaced.headers["etag"], "W/\"2\"");
    let replaced = replaced.expect(200);
    assert_eq!(replaced["active"], json!(true), "PUT does not enable or disable unless it says so");
    for gone in ["externalId", "title", "emails", "name", ENTERPRISE] {
        assert_eq!(replaced.get(gone), None, "{gone}");
    }
    assert_eq!(world.admin.get(&format!("/v1.0/users/{anna}")).await.expect(200)["mail"], Value::Null);
    world
        .admin
        .patch(&format!("/v1.0/users/{anna}"), &json!({"mail": "new@school.example"}))
        .await
        .expect(204);
    let read = client.get(&path).await.expect(200);
    assert_eq!(read["emails"], json!([{"value": "new@school.example", "type": "work", "primary": true}]));
    assert_eq!(read["meta"]["version"], json!("W/\"3\""));

    client.delete(&path).await.expect(204);
    refused(client.get(&path).await, 404);
    refused(client.delete(&path).await, 404);
    world.admin.get(&format!("/v1.0/users/{anna}")).await.expect(404);
    let log = world.admin.get("/api/v1/audit?limit=1000").await.expect(200);
    let acts: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    for act in ["user.create", "user.update", "user.delete"] {
        assert!(acts.contains(&act), "{acts:?}");
    }
    world.stop().await;
});

both!(need_no_display_name, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let body = json!({"userName": "anna", "name": {"givenName": "Anna", "familyName": "Berg"}});
    let made = client.post(USERS, &body).await.expect(201);
    assert_eq!(made.get("displayName"), None);
    let seen = world.admin.get(&format!("/v1.0/users/{}", id(&made))).await.expect(200);
    assert_eq!(seen["displayName"], json!("Anna Berg"));
    let bare = user(&client, "lou").await;
    let seen = world.admin.get(&format!("/v1.0/users/{bare}")).await.expect(200);
    assert_eq!(seen["displayName"], json!("lou"));
    world.stop().await;
});

both!(have_names_of_their_own, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let anna = user(&client, "anna@school.example").await;
    let lou = user(&client, "lou@school.example").await;
    let taken = client.post(USERS, &json!({"userName": "ANNA@school.example"})).await;
    assert!(taken.text().contains("userName"), "{}", taken.text());
    assert_eq!(refused(taken, 409), "uniqueness");
    let path = format!("{USERS}/{lou}");
    assert_eq!(
        refused(client.put(&path, &json!({"userName": "Anna@School.example"})).await, 409),
        "uniqueness"
    );
    let patch =
        json!({"Operations": [{"op": "replace", "path": "userName", "value": "anna@school.example"}]});
    assert_eq!(refused(client.patch(&path, &patch).await, 409), "uniqueness");
    assert_eq!(client.get(&path).await.expect(200)["userName"], json!("lou@school.example"));

    // A name that looks like somebody's id does not stand for him.
    let mask = user(&client, &anna).await;
    assert_ne!(mask, anna);
    assert_eq!(id(&client.get(&format!("{USERS}/{anna}")).await.expect(200)), anna);
    assert_eq!(id(&world.admin.get(&format!("/v1.0/users/{anna}")).await.expect(200)), anna);
    client.delete(&format!("{USERS}/{anna}")).await.expect(204);
    refused(client.get(&format!("{USERS}/{anna}")).await, 404);
    client.get(&format!("{USERS}/{mask}")).await.expect(200);
    user(&client, "anna@school.example").await;
    world.stop().await;
});

both!(that_are_wrong_are_refused_by_name, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let huge = "x".repeat(1024 * 1024);
    for (body, field) in [
        (json!({}), "userName"),
        (json!({"userName": ""}), "userName"),
        (json!({"userName": "a b"}), "userName"),
        (json!({"userName": 7}), "userName"),
        (json!({"userName": huge}), "userName"),
        (json!({"userName": "a\u{0}b"}), "userName"),
        (json!({"userName": "a", "displayName": huge}), "displayName"),
        (json!({"userName": "a", "active": "perhaps"}), "active"),
        (json!({"userName": "a", "name": "Anna"}), "name"),
        (json!({"userName": "a", "name": {"givenName": 5}}), "name.givenName"),
        (json!({"userName": "a", "emails": [{"value": 5}]}), "emails[0].value"),
        (
            json!({"userName": "a", "emails": [{"value": "a@b", "primary": true}, {"value": "c@d", "primary": true}]}),
            "emails",
        ),
        (json!({"userName": "a", "externalId": {"x": 1}}), "externalId"),
    ] {
        let answer = client.post(USERS, &body).await;
        assert!(answer.text().contains(field), "{field}: {}", answer.text());
        assert!(answer.bytes.len() < 2000, "the value is not repeated in full");
        assert_eq!(refused(answer, 400), "invalidValue");
    }
    assert_eq!(client.get(USERS).await.expect(200)["totalResults"], json!(0), "nothing was written");
    world.stop().await;
});

both!(have_a_hundred_addresses_at_most, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let addresses = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| json!({"value": format!("a{number}@school.example"), "type": "work"}))
            .collect()
    };
    let answer = client.post(USERS, &json!({"userName": "a", "emails": addresses(101)})).await;
    let text = answer.text().to_owned();
    assert!(text.contains("emails") && text.contains("101 values") && text.contains("at most 100"), "{text}");
    assert_eq!(refused(answer, 400), "invalidValue");

    let anna = id(&client.post(USERS, &json!({"userName": "a", "emails": addresses(100)})).await.expect(201));
    let path = format!("{USERS}/{anna}");
    let refusal = async |list: Value| {
        let answer = client.patch(&path, &operations(&list)).await;
        assert!(answer.text().contains("at most 100"), "{}", answer.text());
        assert_eq!(refused(answer, 400), "invalidValue", "{list}");
    };
    refusal(json!([{"op": "add", "path": "emails", "value": [{"value": "new@school.example"}]}])).await;
    refusal(json!([{"op": "add", "path": "emails[type eq \"home\"].value", "value": "new@school.example"}]))
        .await;
    refusal(json!([{"op": "replace", "path": "emails", "value": addresses(101)}])).await;
    refusal(json!([{"op": "replace", "value": {"emails": addresses(101)}}])).await;
    // One that is there already is no more than before.
    let again = json!([{"op": "add", "path": "emails", "value": addresses(1)}]);
    let kept = client.patch(&path, &operations(&again)).await.expect(200);
    assert_eq!(kept["emails"].as_array().unwrap().len(), 100);

    // Those who were stored with more before there was a limit can still be disabled, and get fewer.
    let app = world.server.app();
    let mut tx = app.db.write().await.unwrap();
    sqlx::query("UPDATE directory_user SET body = $2 WHERE user_id = $1")
        .bind(&anna)
        .bind(json!({"emails": addresses(150)}).to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    let off = client.patch(&path, &operations(&off)).await.expect(200);
    assert_eq!((&off["active"], off["emails"].as_array().unwrap().len()), (&json!(false), 150));
    let fewer = json!([{"op": "remove", "path": "emails[value eq \"a149@school.example\"]"}]);
    let fewer = client.patch(&path, &operations(&fewer)).await.expect(200);
    assert_eq!(fewer["emails"].as_array().unwrap().len(), 149);
    world.stop().await;
});

both!(in_bodies_that_cannot_be_read_are_refused, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    for body in [&b"{"[..], b"[]", b"null", b"\"x\"", b"{\"userName\": \"\xff\xfe\"}", b""] {
        let answer = client.send(Method::POST, USERS, Some(body.to_vec())).await;
        assert_eq!(refused(answer, 400), "invalidSyntax", "{body:?}");
    }
    let doubled = br#"{"userName": "a", "name": {"givenName": "A", "givenName": "B"}}"#.to_vec();
    let answer = client.send(Method::POST, USERS, Some(doubled)).await.expect(400);
    assert!(answer["detail"].as_str().unwrap().contains("names the member `givenName` twice"), "{answer}");
    let deep = format!("{{\"userName\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    refused(client.send(Method::POST, USERS, Some(deep.into_bytes())).await, 400);
    for (kind, status) in
        [("application/scim+json", 201), ("application/json; charset=utf-8", 201), ("text/plain", 415)]
    {
        let request = client
            .authorized(Request::post(USERS))
            .header("host", "x")
            .header("content-type", kind)
            .body(Full::new(Bytes::from(format!("{{\"userName\": \"{}\"}}", kind.len()))))
            .unwrap();
        assert_eq!(client.request(request).await.status.as_u16(), status, "{kind}");
    }
    for path in
        ["/scim/v2/Users/%ff", "/scim/v2/Users?filter=%ff", "/scim/v2/Users?filter=userName%20eq%20%22%ff%22"]
    {
        let status = client.get(path).await.status.as_u16();
        assert_eq!(status, 400, "{path}");
    }
    for path in ["/scim/v2/Users/nobody", "/scim/v2/Nothing", "/scim/v2/Users/x/y", "/scim/v3/Users"] {
        assert_eq!(client.get(path).await.status.as_u16(), 404, "{path}");
    }
    refused(client.get(&format!("{USERS}/{NOBODY}")).await, 404);
    for (method, path) in [
        (Method::PUT, USERS.to_owned()),
        (Method::DELETE, USERS.to_owned()),
        (Method::POST, format!("{USERS}/{NOBODY}")),
        (Method::GET, "/scim/v2/Bulk".to_owned()),
        (Method::GET, "/scim/v2/Users/.search".to_owned()),
    ] {
        refused(client.send(method, &path, Some(b"{}".to_vec())).await, 405);
    }
    world.stop().await;
});

both!(are_changed_by_those_who_have_seen_the_newest, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let anna = user(&client, "anna@school.example").await;
    // The groups change without the person: what is asked for with them has no version.
    let path = format!("{USERS}/{anna}?excludedAttributes=groups");
    let send_to =
        |path: &str, method: Method, header: &'static str, tag: &'static str, body: &'static str| {
            let request = client
                .authorized(Request::builder().method(method).uri(path))
                .header("host", "x")
                .header("content-type", "application/scim+json")
                .header(header, tag)
                .body(Full::new(Bytes::from_static(body.as_bytes())))
                .unwrap();
            client.request(request)
        };
    let send = |method, header, tag, body| send_to(&path, method, header, tag, body);
    let body = r#"{"userName": "anna@school.example", "title": "Teacher"}"#;
    send(Method::PUT, "if-match", "W/\"1\"", body).await.expect(200);
    refused(send(Method::PUT, "if-match", "W/\"1\"", r#"{"userName": "b"}"#).await, 412);
    refused(send(Method::DELETE, "if-match", "\"nonsense\"", "").await, 412);
    send(Method::PUT, "if-match", "*", body).await.expect(200);
    let unchanged = send(Method::GET, "if-none-match", "W/\"2\"", "").await;
    assert_eq!((unchanged.status.as_u16(), unchanged.bytes.len()), (304, 0), "the same again is no change");
    assert_eq!(
        send(Method::GET, "if-none-match", "W/\"1\"", "").await.expect(200)["title"],
        json!("Teacher")
    );
    let staff = group(&client, "Staff", &[&anna]).await;
    let whole = send_to(&format!("{USERS}/{anna}"), Method::GET, "if-none-match", "W/\"2\"", "").await;
    assert_eq!(whole.expect(200)["groups"][0]["value"], json!(staff));
    world.stop().await;
});
