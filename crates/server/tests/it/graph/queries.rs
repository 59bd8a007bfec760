use http_body_util::Full;
use hyper::{Method, Request, body::Bytes};
use serde_json::{Value, json};

use super::device_app_management::{SET, ios};
use crate::{
    both,
    kit::{World, school::School},
};

const ALL: &str = "/beta/deviceAppManagement/managedAppPolicies";

fn names(list: &Value) -> Vec<&str> {
    list["value"].as_array().unwrap().iter().map(|item| item["displayName"].as_str().unwrap()).collect()
}

both!(casts_counts_references_and_search, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let client = &world.admin;
    let staff = school.id("Staff");

    let users = client
        .get(&format!("/v1.0/groups/{staff}/members/microsoft.graph.user?$count=true"))
        .await
        .expect(200);
    assert_eq!(users["@odata.count"], json!(2));
    assert!(users["@odata.context"].as_str().unwrap().ends_with("/microsoft.graph.user"), "{users}");
    let groups = client.get(&format!("/v1.0/groups/{staff}/members/graph.group")).await.expect(200);
    assert_eq!(groups["value"], json!([]));
    for (path, wanted) in [
        ("/v1.0/users/$count".to_owned(), "2"),
        (format!("/v1.0/groups/{staff}/members/$count"), "2"),
        (format!("/v1.0/groups/{staff}/members/microsoft.graph.group/$count"), "0"),
        ("/v1.0/users/$count?$filter=displayName eq 'kim'".replace(' ', "%20"), "1"),
        ("/beta/deviceAppManagement/iosManagedAppProtections/$count".to_owned(), "1"),
    ] {
        let answer = client.get(&path).await;
        assert_eq!(answer.headers["content-type"], "text/plain", "{path}");
        assert_eq!((answer.status.as_u16(), answer.text()), (200, wanted), "{path}");
    }
    let references = client.get(&format!("/v1.0/groups/{staff}/members/$ref")).await.expect(200);
    let first = references["value"][0].as_object().unwrap();
    assert!(first.len() == 1 && first["@odata.id"].as_str().unwrap().contains("/v1.0/directoryObjects/"));

    let found = client.get("/v1.0/users?$search=%22displayName:ki%22").await.expect(200);
    assert_eq!(names(&found), ["kim"]);
    let found = client
        .get("/v1.0/users?search=%22nobody%22%20OR%20%22userPrincipalName:lou%22&count=true")
        .await
        .expect(200);
    assert_eq!((names(&found), &found["@odata.count"]), (vec!["lou"], &json!(1)));

    let policy = school.id("Base");
    client.get(&format!("{ALL}/{policy}/microsoft.graph.iosManagedAppProtection")).await.expect(200);
    client.get(&format!("{ALL}/{policy}/microsoft.graph.managedAppProtection")).await.expect(200);
    client.get(&format!("{ALL}/{policy}/microsoft.graph.androidManagedAppProtection")).await.expect(404);
    client.get(&format!("{SET}/{policy}/microsoft.graph.group")).await.expect(404);
    client.get(&format!("{ALL}/{policy}/microsoft.graph.iosManagedAppProtection/apps")).await.expect(200);
    client.get(&format!("{ALL}/{policy}/microsoft.graph.androidManagedAppProtection/apps")).await.expect(404);
    client.get(&format!("{ALL}/{policy}/$count")).await.expect(404);
    let ios = client.get(&format!("{ALL}/microsoft.graph.iosManagedAppProtection")).await.expect(200);
    assert_eq!(names(&ios), ["Base"]);
    let android = client.get(&format!("{ALL}/microsoft.graph.androidManagedAppProtection")).await.expect(200);
    assert_eq!(android["value"], json!([]));
    world.stop().await;
});

both!(expanded_members_obey_their_own_options, |database| {
    let world = World::start(database).await;
    let mut body = ios("Notes");
    let app = |id: &str| {
        json!({"mobileAppIdentifier": {
        "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": id}})
    };
    body["apps"] = json!([app("com.example.a"), app("com.example.b"), app("com.example.c")]);
    world.admin.post(SET, &body).await.expect(201);
    let path = format!(
        "{SET}?$select=id,displayName,pinCharacterSet&$expand=apps($select=id;$orderby=id%20desc;$top=2),assignments"
    );
    let list = world.admin.get(&path).await.expect(200);
    let context = list["@odata.context"].as_str().unwrap();
    assert!(
        context.ends_with("iosManagedAppProtections(id,displayName,pinCharacterSet,apps(id),assignments())"),
        "{context}"
    );
    let item = &list["value"][0];
    assert_eq!(item["apps"], json!([{"id": "com.example.c.ios"}, {"id": "com.example.b.ios"}]));
    assert_eq!(item["assignments"], json!([]));
    assert!(item.get("pinCharacterSet").is_some() && item.get("pinRequired").is_none());
    world.stop().await;
});

both!(unknown_names_and_wrong_types_are_refused, |database| {
    let world = World::start(database).await;
    world.admin.post(SET, &ios("Notes")).await.expect(201);
    for (query, named) in [
        ("$expand=foo", "has no `foo`; it has apps, assignments, deploymentSummary"),
        ("$expand=*", "has no `*`; it has apps, assignments, deploymentSummary"),
        ("$select=id,foo", "`$select`: `iosManagedAppProtection` has no `foo`"),
        ("$orderby=foo", "`$orderby`: `iosManagedAppProtection` has no `foo`"),
        ("$orderby=displayName up", "not `up`"),
        ("$filter=foo eq 1", "position 1: `iosManagedAppProtection` has no `foo`"),
        ("$filter=displayName eq 1", "position 16"),
        ("$filter=displayName eq", "position 15"),
        ("$filter=pinRequired eq 'yes'", "true or false"),
        ("$expand=apps($select=foo)", "`managedMobileApp` has no `foo`"),
        ("$expand=apps($filter=id eq 1)", "compared with a text"),
        ("$top=many", "`$top`"),
        ("$skiptoken=abc", "`$skiptoken` must be one that a next link"),
        ("$count=maybe", "`$count`"),
        ("$search=%22open", "`$search`"),
    ] {
        let answer = world.admin.get(&format!("{SET}?{}", query.replace(' ', "%20"))).await.expect(400);
        assert_eq!(answer["error"]["code"], json!("BadRequest"));
        assert!(answer["error"]["message"].as_str().unwrap().contains(named), "{query}: {answer}");
    }
    // A member that no schema knows is kept, and can be asked for.
    let kept = world
        .admin
        .get(&format!("{SET}?$select=contosoExtension&$filter=contosoExtension/kept/$count%20eq%203"))
        .await;
    assert_eq!(kept.expect(200)["value"][0]["contosoExtension"]["kept"][2]["deep"], json!(true));
    for path in [
        "/v1.0/users?$filter=colour%20eq%20'red'",
        "/v1.0/groups?$select=colour",
        "/v1.0/users?$expand=colour",
    ] {
        let answer = world.admin.get(path).await.expect(400);
        assert_eq!(answer["error"]["code"], json!("Request_BadRequest"), "{path}");
    }
    for path in [
        "/v1.0/users?$select=jobTitle,officeLocation,id",
        "/v1.0/groups?$select=displayName,id,groupTypes,membershipRule",
    ] {
        world.admin.get(path).await.expect(200);
    }
    world.stop().await;
});

both!(what_is_not_written_inside_is_said, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let (kim, staff) = (school.id("kim"), school.id("Staff"));
    for (path, named) in [
        (format!("/v1.0/users/{kim}?$expand=manager"), "`manager` inside `user`"),
        ("/v1.0/users?$expand=Manager($select=id)".to_owned(), "`manager` inside `user`"),
        (format!("/v1.0/groups/{staff}?$expand=owners"), "`owners` inside `group`"),
        (format!("/v1.0/groups/{staff}/members?$expand=manager"), "`manager` inside `user`"),
    ] {
        let answer = world.admin.get(&path).await.expect(501);
        assert_eq!(answer["error"]["code"], json!("NotImplemented"), "{path}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(named), "{path}: {answer}");
    }
    let path = "/v1.0/deviceAppManagement/targetedManagedAppConfigurations?$expand=settings";
    let answer = world.admin.get(path).await.expect(400);
    assert!(answer.to_string().contains("`settings` exists under /beta only"), "{answer}");
    world.stop().await;
});

both!(what_an_expansion_cannot_do_is_said, |database| {
    let world = World::start(database).await;
    for (path, status, named) in [
        ("/v1.0/groups?$expand=members/microsoft.graph.user".to_owned(), 501, "to filter, cast"),
        ("/v1.0/groups?$expand=members($expand=memberOf)".to_owned(), 501, "or expand"),
        ("/v1.0/groups?$expand=members/$ref".to_owned(), 501, "whole objects"),
        (format!("{SET}?$expand=apps/$ref"), 501, "whole objects"),
        ("/v1.0/groups?$expand=members($levels=max)".to_owned(), 400, "`$levels`"),
        (format!("{SET}?$expand=apps($foo=1)"), 400, "`$foo`"),
    ] {
        let answer = world.admin.get(&path).await.expect(status);
        assert!(answer["error"]["message"].as_str().unwrap().contains(named), "{path}: {answer}");
    }
    // Objects of another type are left out where all are at hand.
    School::make(&world).await;
    let path = "/v1.0/deviceAppManagement/mobileApps?$expand=categories/microsoft.graph.mobileAppCategory";
    world.admin.get(path).await.expect(200);
    let list =
        world.admin.get(&format!("{SET}?$expand=apps/microsoft.graph.managedMobileApp")).await.expect(200);
    assert!(!list["value"][0]["apps"].as_array().unwrap().is_empty(), "{list}");
    world.stop().await;
});

both!(references_say_where_objects_are, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let policies = world.admin.get(&format!("{SET}/$ref")).await.expect(200);
    let first = policies["value"][0].as_object().unwrap();
    assert_eq!(first.len(), 1, "{policies}");
    let place = first["@odata.id"].as_str().unwrap();
    let place = &place[place.find("/v1.0").or(place.find("/beta")).unwrap()..];
    assert_eq!(world.admin.get(place).await.expect(200)["displayName"], json!("Base"), "{place}");
    let people =
        world.admin.get(&format!("/v1.0/groups/{}/members/$ref", school.id("Staff"))).await.expect(200);
    assert!(
        people["value"][0]["@odata.id"].as_str().unwrap().contains("/v1.0/directoryObjects/"),
        "{people}"
    );
    world.stop().await;
});

both!(bad_input_is_refused_and_never_fails_inside, |database| {
    let world = World::start(database).await;
    let deep = format!("{SET}?$filter={}id%20eq%20'a'", "(".repeat(5000));
    let long = format!("{SET}?$filter=id%20eq%20'{}'", "a".repeat(20_000));
    for path in [
        "/v1.0/users/%ff",
        "/v1.0/users?$filter=%ff",
        "/v1.0/users?%ff=1",
        "/v1.0/users('%C3%28')",
        &deep,
        &long,
        "/v1.0/users?$expand=a($expand=b($expand=c($expand=d($expand=e))))",
        "/v1.0/users?$orderby=displayName%20desc%20desc%20up,,",
        "/v1.0/users?$filter='",
        "/v1.0/users?$filter=any()",
        "/v1.0/users?$filter=x/any(",
        "/v1.0/users/$count/x",
        "/v1.0/$count",
        "/v1.0/$ref",
        "/v1.0/microsoft.graph.user",
        "/v1.0/(",
        "/v1.0/users()",
        "/v1.0/users('a",
        "/v1.0/users(a='b')",
        "/beta/deviceAppManagement/iosManagedAppProtections/microsoft.graph./x",
        "/v1.0/users/x/microsoft.graph.nothing",
        "/v1.0/groups/x/members/$ref/$count",
    ] {
        let status = world.admin.get(path).await.status.as_u16();
        assert!(status < 500, "{path}: {status}");
    }
    let name = json!({"displayName": "x".repeat(1_000_000), "mailNickname": "x", "userPrincipalName": "a@b.example"});
    for (path, body) in [("/v1.0/users", &name), ("/v1.0/groups", &name), (SET, &name)] {
        let answer = world.admin.post(path, body).await;
        assert!((400..500).contains(&answer.status.as_u16()), "{path}: {}", answer.status);
        assert!(answer.json()["error"]["message"].is_string());
    }
    for body in [
        &b"\xff\xfe{"[..],
        b"{\"displayName\": \"\xff\"}",
        b"{\"displayName\": \"a",
        b"",
        b"[]",
        b"null",
        b"\"x\"",
        b"{\"a\":1}{}",
    ] {
        for path in
            ["/v1.0/users", "/v1.0/groups", SET, ALL, "/v1.0/$batch", "/beta/deviceAppManagement/mobileApps"]
        {
            let answer = world.admin.send(Method::POST, path, Some(body.to_vec())).await;
            assert!((400..500).contains(&answer.status.as_u16()), "{path} {body:?}: {}", answer.status);
        }
    }
    let request = Request::post(SET).header("host", "x").header("content-type", "text/xml");
    let body = Full::new(Bytes::from_static(b"<a/>"));
    assert_eq!(world.admin.request(world.admin.authorized(request).body(body).unwrap()).await.status, 415);
    world.stop().await;
});

both!(what_a_change_is_to_show_is_refused_before_it_is_made, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let group = |name: &str| json!({ "displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true });
    for (options, named) in [("$expand=pupils", "`pupils`"), ("$select=id,colour", "`colour`")] {
        let refused = client.post(&format!("/v1.0/groups?{options}"), &group("Pupils")).await.expect(400);
        assert!(refused["error"]["message"].as_str().unwrap().contains(named), "{refused}");
    }
    let none = client.get("/v1.0/groups?$filter=displayName%20eq%20'Pupils'").await.expect(200);
    assert_eq!(none["value"], json!([]), "nothing was made");
    // What exists, and is not written inside the answer to a change, is left out of it.
    let made = client.post("/v1.0/groups?$expand=members&$select=id", &group("Pupils")).await.expect(201);
    assert!(made["id"].is_string() && made["members"].is_null(), "{made}");
    world.stop().await;
});
