//! Lists, members and lookups of the directory.

use serde_json::{Value, json};

use crate::{
    both,
    kit::{Answer, Client, World},
    scim::provisioner,
};

async fn make(client: &Client, path: &str, body: Value) -> String {
    client.post(path, &body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn user(client: &Client, name: &str) -> String {
    let upn = format!("{}@school.example", name.to_lowercase().replace(' ', "."));
    make(client, "/v1.0/users", json!({"displayName": name, "userPrincipalName": upn, "mail": upn})).await
}

fn names(page: &Value) -> Vec<String> {
    let items = page["value"].as_array().unwrap();
    items.iter().map(|item| item["displayName"].as_str().unwrap_or_default().to_owned()).collect()
}

both!(lists_are_narrowed_ordered_counted_and_paged, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    for name in ["Anna Berg", "Bart Visser", "Carla 100%", "Dirk Anders", "Éva Berg"] {
        user(client, name).await;
    }
    let cases: &[(&str, &[&str])] = &[
        ("$filter=userPrincipalName eq 'ANNA.berg@school.example'", &["Anna Berg"]),
        ("$filter=startswith(displayName,'é')", &["Éva Berg"]),
        ("$filter=startswith(displayName,'carla 100%25')", &["Carla 100%"]),
        ("$filter=startswith(displayName,'carla%25')", &[]),
        ("$filter=startswith(mail,'b') and accountEnabled eq true", &["Bart Visser"]),
        ("$filter=contains(displayName,'an')", &["Anna Berg", "Dirk Anders"]),
        ("$filter=endswith(displayName,'berg')", &["Anna Berg", "Éva Berg"]),
        ("$filter=startswith(displayName,'a') or startswith(displayName,'b')", &["Anna Berg", "Bart Visser"]),
        ("$filter=not startswith(displayName,'a')&$orderby=displayName desc&$top=1", &["Éva Berg"]),
        ("$search=\"displayName:berg\"", &["Anna Berg", "Éva Berg"]),
        ("$search=\"displayName:erg\"", &[]),
        ("$search=\"an\"", &["Anna Berg", "Dirk Anders"]),
        ("$orderby=displayName desc&$top=2", &["Éva Berg", "Dirk Anders"]),
        ("$orderby=userPrincipalName&$skip=1&$top=1", &["Bart Visser"]),
        ("$orderby=mail desc&$top=1", &["Éva Berg"]),
        ("$filter=createdDateTime le 9999-12-31T23:59:59Z and startswith(displayName,'a')", &["Anna Berg"]),
    ];
    for (query, expected) in cases {
        let path =
            format!("/v1.0/users?{}", query.replace(' ', "%20").replace('"', "%22").replace('é', "%C3%A9"));
        assert_eq!(names(&client.get(&path).await.expect(200)), *expected, "{query}");
        let counted = client.get(&format!("{path}&$count=true")).await.expect(200);
        assert!(counted["@odata.count"].as_u64().unwrap() >= expected.len() as u64, "{query}");
    }
    let (mut path, mut seen) = ("/v1.0/users?$top=2&$count=true".to_owned(), Vec::new());
    loop {
        let page = client.get(&path).await.expect(200);
        assert_eq!(page["@odata.count"], json!(5));
        seen.extend(names(&page));
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        path = next.split_once("/v1.0").map(|(_, rest)| format!("/v1.0{rest}")).unwrap();
    }
    assert_eq!(seen.len(), 5);
    assert_eq!(client.get("/v1.0/users/$count").await.text(), "5");
    assert_eq!(client.get("/v1.0/users/$count?$filter=startswith(displayName,'a')").await.text(), "1");
    // Somebody without an address is nobody whose address is empty.
    let body = json!({"displayName": "Zoe", "userPrincipalName": "zoe@school.example"});
    make(client, "/v1.0/users", body).await;
    for filter in ["mail%20eq%20''", "startswith(mail,'')%20and%20displayName%20eq%20'Zoe'"] {
        let none = client.get(&format!("/v1.0/users?$filter={filter}")).await.expect(200);
        assert_eq!(none["value"], json!([]), "{filter}");
    }
    make(client, "/v1.0/groups", json!({"displayName": "Staff"})).await;
    let found = client.get("/v1.0/groups?$filter=displayName%20eq%20'staff'&$select=id").await.expect(200);
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    world.stop().await;
});

struct School {
    anna: String,
    bart: String,
    teachers: String,
    staff: String,
    school: String,
}

async fn school(client: &Client) -> School {
    let (anna, bart) = (user(client, "Anna").await, user(client, "Bart").await);
    let bind = |id: &str| json!([format!("https://graph.example/v1.0/directoryObjects/{id}")]);
    let body = json!({"displayName": "Teachers", "members@odata.bind": bind(&anna)});
    let teachers = make(client, "/v1.0/groups", body).await;
    let body = json!({"displayName": "Staff", "members@odata.bind": bind(&teachers)});
    let staff = make(client, "/v1.0/groups", body).await;
    let body = json!({"displayName": "School", "members@odata.bind": bind(&staff)});
    let school = make(client, "/v1.0/groups", body).await;
    client
        .patch(&format!("/v1.0/groups/{staff}"), &json!({"members@odata.bind": bind(&bart)}))
        .await
        .expect(204);
    School { anna, bart, teachers, staff, school }
}

/// Names of what is written inside an object.
fn inside(item: &Value, member: &str) -> Vec<String> {
    let mut names = names(&json!({"value": item[member]}));
    names.sort();
    names
}

both!(members_and_memberships_are_written_inside, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let all = school(client).await;
    let staff = client.get(&format!("/v1.0/groups/{}?$expand=members,memberOf", all.staff)).await.expect(200);
    assert_eq!(inside(&staff, "members"), ["Bart", "Teachers"]);
    assert_eq!(inside(&staff, "memberOf"), ["School"]);
    let kind = |item: &Value| item["@odata.type"].clone();
    let kinds: Vec<Value> = staff["members"].as_array().unwrap().iter().map(kind).collect();
    assert!(
        kinds.contains(&json!("#microsoft.graph.user")) && kinds.contains(&json!("#microsoft.graph.group"))
    );
    let noted = client.get("/v1.0/deviceManagement/auditEvents?$top=5").await.expect(200);
    assert!(noted.to_string().contains(&all.bart), "who was shown inside is noted: {noted}");

    let path =
        "/v1.0/groups?$select=displayName&$expand=Members($select=displayName;$top=1)&$orderby=displayName";
    let groups = client.get(path).await.expect(200);
    assert_eq!(names(&groups), ["School", "Staff", "Teachers"]);
    assert_eq!(inside(&groups["value"][2], "members"), ["Anna"]);
    assert_eq!(groups["value"][1]["members"].as_array().unwrap().len(), 1);
    assert!(groups["value"][0].get("id").is_none() && groups["value"][2]["members"][0].get("mail").is_none());

    let path = format!("/v1.0/users/{}?$expand=memberOf,transitiveMemberOf($select=displayName)", all.anna);
    let anna = client.get(&path).await.expect(200);
    assert_eq!(inside(&anna, "memberOf"), ["Teachers"]);
    assert_eq!(inside(&anna, "transitiveMemberOf"), ["School", "Staff", "Teachers"]);
    let users =
        client.get("/v1.0/users?$filter=displayName%20eq%20'Bart'&$expand=memberOf").await.expect(200);
    assert_eq!(inside(&users["value"][0], "memberOf"), ["Staff"]);

    // What needs all of them is refused, and so is what only groups have.
    for inner in ["$filter=displayName%20eq%20'Anna'", "$orderby=displayName", "$skip=1", "$count=true"] {
        let answer = client.get(&format!("/v1.0/groups?$expand=members({inner})")).await.expect(501);
        assert!(answer.to_string().contains("ask for …/members itself"), "{answer}");
    }
    client.get(&format!("/v1.0/users/{}?$expand=members", all.anna)).await.expect(400);
    world.stop().await;
});

both!(a_large_group_shows_its_first_members_inside_and_a_link_to_the_others, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let mut members = Vec::new();
    for at in 0..25 {
        members.push(format!("https://graph.example/v1.0/users/{}", user(client, &format!("U{at}")).await));
    }
    let group =
        make(client, "/v1.0/groups", json!({"displayName": "All", "members@odata.bind": members})).await;
    let path = format!("/v1.0/groups/{group}?$expand=members($select=id,displayName)");
    let shown = client.get(&path).await.expect(200);
    let mut found = inside(&shown, "members");
    assert_eq!(found.len(), 20);
    let next = shown["members@odata.nextLink"].as_str().unwrap();
    let rest = client.get(&next[next.find("/v1.0").unwrap()..]).await.expect(200);
    assert!(rest.get("@odata.nextLink").is_none() && rest["value"][0].get("mail").is_none(), "{rest}");
    found.extend(names(&rest));
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 25, "nobody is left out or shown twice");
    let few = client.get(&format!("/v1.0/groups/{group}?$expand=members($top=3)")).await.expect(200);
    assert_eq!(few["members"].as_array().unwrap().len(), 3);
    assert!(few.get("members@odata.nextLink").is_none(), "{few}");
    world.stop().await;
});

/// Follows a list to its end; between two pages the one given is called with the ids of the page.
async fn walk(client: &Client, path: &str, mut between: impl AsyncFnMut(Vec<String>)) -> Vec<String> {
    let (mut path, mut seen) = (path.to_owned(), Vec::new());
    loop {
        let page = client.get(&path).await.expect(200);
        let items = page["value"].as_array().unwrap().iter();
        let ids: Vec<String> = items.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        seen.extend(ids.clone());
        let Some(next) = page["@odata.nextLink"].as_str() else { return seen };
        path = next[next.find("/v1.0").unwrap()..].to_owned();
        between(ids).await;
    }
}

both!(pages_lose_and_repeat_nobody_while_others_come_and_go, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let orders = [
        "$top=4",
        "$top=4&$orderby=displayName",
        "$top=4&$orderby=displayName%20desc",
        "$top=4&$orderby=id",
        "$top=4&$orderby=id%20desc",
        "$top=4&$filter=endswith(displayName,'x')",
        "$top=4&$filter=endswith(displayName,'x')&$orderby=displayName%20desc&$count=true",
        "$top=4&$filter=startswith(userPrincipalName,'u')",
    ];
    for (round, order) in orders.iter().enumerate() {
        let mut stay = Vec::new();
        for at in 0..18 {
            // Some have the same name.
            let body = json!({"displayName": format!("u{} x", at % 5), "userPrincipalName": format!("u{at}.{round}@s.e")});
            stay.push(make(client, "/v1.0/users", body).await);
        }
        let mut gone = 0;
        let seen = walk(client, &format!("/v1.0/users?{order}"), async |page: Vec<String>| {
            // Two of those just seen go, one comes in front and one behind.
            for id in page.iter().take(2) {
                client.delete(&format!("/v1.0/users/{id}")).await.expect(204);
                stay.retain(|one| one != id);
            }
            gone += 1;
            for name in ["a", "z"] {
                let upn = format!("{name}{gone}.{round}@s.e");
                make(client, "/v1.0/users", json!({"displayName": name, "userPrincipalName": upn})).await;
            }
        })
        .await;
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), seen.len(), "{order}: nobody is shown twice");
        assert!(stay.iter().all(|id| seen.contains(id)), "{order}: nobody who stays is lost");
        for user in
            client.get("/v1.0/users?$top=999&$select=id").await.expect(200)["value"].as_array().unwrap()
        {
            client.delete(&format!("/v1.0/users/{}", user["id"].as_str().unwrap())).await.expect(204);
        }
    }
    for path in ["/v1.0/users", "/v1.0/groups", "/v1.0/deviceAppManagement/mobileApps"] {
        for token in ["7", "x", "eyJrIjoxfQ"] {
            let answer = client.get(&format!("{path}?$skiptoken={token}")).await.expect(400);
            assert!(answer.to_string().contains("$skiptoken"), "{answer}");
        }
    }
    world.stop().await;
});

both!(members_are_paged_while_others_leave, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let mut members = Vec::new();
    for at in 0..20 {
        members.push(user(client, &format!("U{at}")).await);
    }
    let links: Vec<String> = members.iter().map(|id| format!("https://x/v1.0/users/{id}")).collect();
    let group =
        make(client, "/v1.0/groups", json!({"displayName": "All", "members@odata.bind": links})).await;
    make(
        client,
        "/v1.0/groups",
        json!({"displayName": "Above",
        "members@odata.bind": [format!("https://x/v1.0/groups/{group}")]}),
    )
    .await;
    for list in ["members", "transitiveMembers"] {
        let mut stay: Vec<String> = Vec::new();
        let now = client.get(&format!("/v1.0/groups/{group}/members?$top=999")).await.expect(200);
        stay.extend(
            now["value"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        let seen = walk(client, &format!("/v1.0/groups/{group}/{list}?$top=4"), async |page: Vec<String>| {
            let id = &page[0];
            client.delete(&format!("/v1.0/groups/{group}/members/{id}/$ref")).await.expect(204);
            stay.retain(|one| one != id);
        })
        .await;
        assert!(stay.iter().all(|id| seen.contains(id)), "{list}");
    }
    world.stop().await;
});

both!(members_and_memberships_are_found_through_nesting, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let all = school(client).await;
    let sorted = |page: Value| {
        let mut names = names(&page);
        names.sort();
        names
    };
    let cases: &[(String, &[&str])] = &[
        (format!("/v1.0/groups/{}/members", all.staff), &["Bart", "Teachers"]),
        (format!("/v1.0/groups/{}/members/microsoft.graph.user", all.staff), &["Bart"]),
        (format!("/v1.0/groups/{}/members/graph.group", all.staff), &["Teachers"]),
        (format!("/v1.0/groups/{}/transitiveMembers", all.school), &["Anna", "Bart", "Staff", "Teachers"]),
        (format!("/v1.0/groups/{}/transitiveMembers/graph.user", all.school), &["Anna", "Bart"]),
        (
            format!("/v1.0/groups/{}/transitiveMembers?$filter=startswith(displayName,'t')", all.school),
            &["Teachers"],
        ),
        (format!("/v1.0/groups/{}/memberOf", all.teachers), &["Staff"]),
        (
            format!("/v1.0/groups/{}/transitiveMemberOf/microsoft.graph.group", all.teachers),
            &["School", "Staff"],
        ),
        (format!("/v1.0/users/{}/memberOf", all.anna), &["Teachers"]),
        (
            format!("/v1.0/users/{}/transitiveMemberOf/graph.group", all.anna),
            &["School", "Staff", "Teachers"],
        ),
    ];
    for (path, expected) in cases {
        assert_eq!(sorted(client.get(path).await.expect(200)), *expected, "{path}");
    }
    let count = client.get(&format!("/v1.0/groups/{}/members/$count", all.staff)).await;
    assert_eq!(count.text(), "2");
    let count = client.get(&format!("/v1.0/groups/{}/transitiveMembers/graph.user/$count", all.school)).await;
    assert_eq!(count.text(), "2");
    let page = client.get(&format!("/v1.0/groups/{}/members?$top=1", all.staff)).await.expect(200);
    assert!(page["@odata.nextLink"].as_str().unwrap().contains("$skiptoken="), "{page}");

    let path = format!("/v1.0/users/{}/checkMemberGroups", all.anna);
    let body = json!({"groupIds": [all.school, all.teachers, "00000000-0000-4000-8000-000000000000"]});
    let held = client.post(&path, &body).await.expect(200);
    assert_eq!(held["value"], json!([all.school, all.teachers]));
    let path = format!("/v1.0/groups/{}/getMemberGroups", all.teachers);
    let mut above =
        client.post(&path, &json!({"securityEnabledOnly": true})).await.expect(200)["value"].clone();
    above.as_array_mut().unwrap().sort_by_key(Value::to_string);
    let mut expected = json!([all.staff, all.school]);
    expected.as_array_mut().unwrap().sort_by_key(Value::to_string);
    assert_eq!(above, expected);

    let body = json!({"ids": [all.anna, all.staff, "00000000-0000-4000-8000-000000000000"]});
    let found = client.post("/v1.0/directoryObjects/getByIds", &body).await.expect(200);
    assert_eq!(names(&found), ["Anna", "Staff"]);
    let body = json!({"ids": [all.anna, all.staff], "types": ["group"]});
    assert_eq!(names(&client.post("/v1.0/directoryObjects/getByIds", &body).await.expect(200)), ["Staff"]);
    let object = client.get(&format!("/v1.0/directoryObjects/{}", all.bart)).await.expect(200);
    assert_eq!(object["@odata.type"], json!("#microsoft.graph.user"));
    world.stop().await;
});

fn target(answer: Answer, status: u16) -> Value {
    answer.expect(status)["error"]["details"][0]["target"].clone()
}

both!(what_is_wrong_is_named_and_changes_nothing, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let all = school(client).await;
    let link = |id: &str| format!("https://x/v1.0/directoryObjects/{id}");
    let nobody = "00000000-0000-4000-8000-000000000000";
    let huge = "x".repeat(1024 * 1024);
    let path = format!("/v1.0/groups/{}", all.teachers);
    for (body, field) in [
        (json!({"members@odata.bind": [link(&all.school)]}), "members@odata.bind"),
        (json!({"members@odata.bind": [link(&all.teachers)]}), "members@odata.bind"),
        (json!({"displayName": "New", "members@odata.bind": [link("x")]}), "members@odata.bind[0]"),
        (json!({"displayName": huge}), "displayName"),
        (json!({"description": huge}), "description"),
    ] {
        assert_eq!(target(client.patch(&path, &body).await, 400), json!(field));
    }
    let unknown = client.patch(&path, &json!({"members@odata.bind": [link(nobody)]})).await;
    assert_eq!(target(unknown, 400), json!("members@odata.bind"));
    assert_eq!(client.get(&path).await.expect(200)["displayName"], json!("Teachers"));
    let body = json!({"displayName": huge, "userPrincipalName": "x@y"});
    assert_eq!(target(client.post("/v1.0/users", &body).await, 400), json!("displayName"));
    let check = format!("/v1.0/users/{}/checkMemberGroups", all.anna);
    assert_eq!(target(client.post(&check, &json!({})).await, 400), json!("groupIds"));
    assert_eq!(target(client.post(&check, &json!({"groupIds": ["x"]})).await, 400), json!("groupIds[0]"));
    let many: Vec<&str> = (0..1001).map(|_| nobody).collect();
    let by_ids = "/v1.0/directoryObjects/getByIds";
    assert_eq!(target(client.post(by_ids, &json!({"ids": many})).await, 400), json!("ids"));
    assert_eq!(target(client.post(by_ids, &json!({"ids": [7]})).await, 400), json!("ids[0]"));
    for path in [
        format!("/v1.0/users/{nobody}/memberOf"),
        format!("/v1.0/groups/{nobody}/transitiveMembers"),
        format!("/v1.0/groups/{nobody}/transitiveMemberOf"),
        format!("/v1.0/directoryObjects/{nobody}"),
        format!("/v1.0/organization/{nobody}"),
        format!("/v1.0/subscribedSkus/{nobody}"),
        format!("/v1.0/users/{}/licenseDetails/{nobody}", all.anna),
        "/v1.0/me/memberOf".to_owned(),
    ] {
        client.get(&path).await.expect(404);
    }
    for path in ["/v1.0/users/delta()", "/v1.0/groups/delta"] {
        client.get(path).await.expect(501);
    }
    client.delete(&format!("/v1.0/users/{}", all.anna)).await.expect(204);
    client.get(&format!("/v1.0/users/{}", all.anna)).await.expect(404);
    assert_eq!(client.get(&format!("{path}/members")).await.expect(200)["value"], json!([]));
    world.stop().await;
});

both!(the_organisation_and_its_licences_are_told, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let anna = user(client, "Anna").await;
    let organisation = client.get("/v1.0/organization").await.expect(200)["value"][0].clone();
    let id = organisation["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/v1.0/organization/{id}")).await.expect(200)["id"], json!(id));
    let sku = client.get("/v1.0/subscribedSkus").await.expect(200)["value"][0].clone();
    assert_eq!((&sku["consumedUnits"], &sku["accountId"]), (&json!(0), &json!(id)));
    let body = json!({"addLicenses": [{"skuId": sku["skuId"]}], "removeLicenses": []});
    client.post(&format!("/v1.0/users/{anna}/assignLicense"), &body).await.expect(200);
    let path = format!("/v1.0/subscribedSkus/{}", sku["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.expect(200)["consumedUnits"], json!(1));
    let details =
        client.get(&format!("/v1.0/users/{anna}/licenseDetails")).await.expect(200)["value"][0].clone();
    let path = format!("/v1.0/users/{anna}/licenseDetails/{}", details["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.expect(200)["skuId"], sku["skuId"]);
    let me = client.get("/v1.0/me").await.expect(200);
    assert!(me["id"].is_string() && me["displayName"].is_string(), "{me}");
    world.stop().await;
});

both!(keeps_what_provisioning_brought, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let body = json!({"userName": "anna@school.example", "externalId": "17", "locale": "nl-BE",
        "emails": [{"value": "anna@school.example", "type": "work"}]});
    let made = client.post("/scim/v2/Users", &body).await.expect(201);
    let id = made["id"].as_str().unwrap();
    world
        .admin
        .patch(&format!("/v1.0/users/{id}"), &json!({"jobTitle": "Head", "displayName": "Anna"}))
        .await
        .expect(204);
    let read = client.get(&format!("/scim/v2/Users/{id}")).await.expect(200);
    assert_eq!((&read["title"], &read["displayName"]), (&json!("Head"), &json!("Anna")));
    for kept in ["externalId", "locale", "emails"] {
        assert_eq!(read[kept], body[kept], "{kept}");
    }
    let found = world.admin.get("/v1.0/users?$filter=mail%20eq%20'anna@school.example'").await.expect(200);
    assert_eq!(found["value"][0]["id"], json!(id));
    world.stop().await;
});
