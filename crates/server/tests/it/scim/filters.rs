use serde_json::{Value, json};

use super::{GROUPS, USERS, group, id, names, provisioner, refused, user};
use crate::{
    both,
    kit::{Client, World},
};

fn encoded(text: &str) -> String {
    text.bytes().flat_map(|byte| format!("%{byte:02X}").into_bytes()).map(char::from).collect()
}

async fn found(client: &Client, set: &str, filter: &str) -> Vec<String> {
    let page = client.get(&format!("{set}?filter={}", encoded(filter))).await.expect(200);
    let member = if set == USERS { "userName" } else { "displayName" };
    let mut names = names(&page, member);
    assert_eq!(page["totalResults"], json!(names.len()), "{filter}");
    names.sort();
    names
}

async fn people(client: &Client) {
    for (name, title, active, mail) in [
        ("anna", "Teacher", true, "anna@school.example"),
        ("bart", "teacher", false, "bart@home.example"),
        ("carla", "Head", true, "carla@school.example"),
    ] {
        let body = json!({
            "userName": format!("{name}@school.example"), "externalId": name.to_uppercase(), "title": title,
            "active": active, "emails": [{"value": mail, "type": "work", "primary": true}],
            "name": {"familyName": "Berg", "givenName": name},
        });
        client.post(USERS, &body).await.expect(201);
    }
    user(client, "dirk").await;
}

both!(find_what_they_say, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    people(&client).await;
    let (a, b, c, d) = ("anna@school.example", "bart@school.example", "carla@school.example", "dirk");
    let cases: &[(&str, &[&str])] = &[
        (r#"userName eq "ANNA@school.example""#, &[a]),
        (r#"USERNAME EQ "anna@school.example""#, &[a]),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b""#, &[b]),
        (r#"externalId eq "ANNA""#, &[a]),
        (r#"externalId eq "anna""#, &[]),
        (r#"title eq "TEACHER""#, &[a, b]),
        (r#"title ne "teacher""#, &[c, d]),
        ("title pr", &[a, b, c]),
        ("not (title pr)", &[d]),
        ("title eq null", &[d]),
        ("active eq true", &[a, c, d]),
        (r#"active eq "False""#, &[b]),
        (r#"title eq "teacher" and active eq true"#, &[a]),
        (r#"title eq "head" or title eq "teacher" and active eq false"#, &[b, c]),
        (r#"(title eq "head" or title eq "teacher") and active eq true"#, &[a, c]),
        (r#"name.familyName co "er" and not (name.givenName ew "a")"#, &[b]),
        (r#"emails co "home""#, &[b]),
        (r#"emails.value ew "@school.example""#, &[a, c]),
        (r#"emails[type eq "work" and value co "@home"]"#, &[b]),
        (r#"emails[type eq "work"].value eq "carla@school.example""#, &[c]),
        (r#"emails[type eq "home"]"#, &[]),
        (r#"userName gt "b" and userName lt "c""#, &[b]),
        (r#"meta.created ge "2026-01-02T03:04:05Z""#, &[a, b, c, d]),
        (r#"meta.lastModified gt "2026-01-02T04:04:05+01:00""#, &[]),
        ("phoneNumbers pr", &[]),
        (r#"userName sw "100%""#, &[]),
        (r#"userName sw "_nna""#, &[]),
        (r#"userName eq "\u0061nna@school.example""#, &[a]),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(&client, USERS, filter).await, *expected, "{filter}");
    }
    world.stop().await;
});

both!(find_groups_by_their_members, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let anna = user(&client, "anna").await;
    let teachers = group(&client, "Teachers", &[&anna]).await;
    group(&client, "Staff", &[&teachers]).await;
    group(&client, "Parents", &[]).await;
    for (filter, expected) in [
        (format!(r#"members eq "{anna}""#), &["Teachers"][..]),
        (format!(r#"members.value eq "{teachers}""#), &["Staff"]),
        (format!(r#"members[value eq "{anna}"] and displayName sw "S""#), &[]),
        (format!(r#"id eq "{teachers}" and members eq "{anna}""#), &["Teachers"]),
        (format!(r#"members eq "{anna}" or displayName eq "parents""#), &["Parents", "Teachers"]),
        (r#"members[type eq "Group"]"#.to_owned(), &["Staff"]),
        ("not (members pr)".to_owned(), &["Parents"]),
        (r#"members eq "nobody""#.to_owned(), &[]),
        (r#"displayName eq "staff""#.to_owned(), &["Staff"]),
    ] {
        assert_eq!(found(&client, GROUPS, &filter).await, expected, "{filter}");
    }
    world.stop().await;
});

both!(that_are_malformed_name_the_place, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let deep = format!("{}userName pr{}", "(".repeat(500), ")".repeat(500));
    let long = format!("userName eq \"{}\"", "x".repeat(20_000));
    for (filter, place) in [
        ("userName", 9),
        ("userName eq", 12),
        ("userName eq anna", 13),
        (r#"userName eq "anna"#, 13),
        (r#"userName zz "anna""#, 10),
        (r#"userName eq "a" and"#, 20),
        (r#"userName eq "a" xor active eq true"#, 17),
        (r#"(userName eq "a""#, 17),
        (r#"userName eq "a")"#, 16),
        (r#"nothing eq "a""#, 1),
        (r#"userName eq "a" and nothing.at.all pr"#, 21),
        ("active gt true", 11),
        (r#"active eq "perhaps""#, 11),
        ("userName eq 5", 13),
        (r#"meta.created gt "yesterday""#, 17),
        (r#"name eq "Anna""#, 1),
        (r#"userName[value eq "a"]"#, 1),
        (r#"emails[nothing eq "a"]"#, 8),
        (r#"emails[type eq "work""#, 22),
        (r#"userName eq "\x""#, 13),
        ("]", 1),
    ] {
        let answer = client.get(&format!("{USERS}?filter={}", encoded(filter))).await;
        let text = answer.text().to_owned();
        assert!(text.contains(&format!("at character {place}:")), "{filter}: {text}");
        assert_eq!(refused(answer, 400), "invalidFilter", "{filter}");
    }
    for filter in [deep, long] {
        let body = json!({"filter": filter});
        let answer = client.post(&format!("{USERS}/.search"), &body).await;
        assert!(answer.bytes.len() < 2000);
        assert_eq!(refused(answer, 400), "invalidFilter");
    }
    world.stop().await;
});

both!(pages_are_ordered_and_complete, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    for number in 0..7 {
        user(&client, &format!("user{number}")).await;
    }
    let get = async |query: &str| client.get(&format!("{USERS}?{query}")).await.expect(200);
    let mut seen = Vec::new();
    for start in [1, 4, 7] {
        let page = get(&format!("startIndex={start}&count=3")).await;
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(7), &json!(start)));
        assert_eq!(page["itemsPerPage"], json!(page["Resources"].as_array().unwrap().len()));
        seen.extend(names(&page, "userName"));
    }
    // In the order of ids, which begin with the time of making; here all are of one instant.
    seen.sort();
    assert_eq!(seen, (0..7).map(|number| format!("user{number}")).collect::<Vec<_>>());
    let none = get("count=0").await;
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(7), &json!([])));
    assert_eq!(get("startIndex=-5&count=1").await["startIndex"], json!(1));
    assert_eq!(get("startIndex=100").await["Resources"], json!([]));
    assert_eq!(get("count=-1").await["Resources"], json!([]));
    let sorted = get("sortBy=userName&sortOrder=descending&startIndex=2&count=2").await;
    assert_eq!(names(&sorted, "userName"), ["user5", "user4"]);
    let filtered = get("filter=userName%20gt%20%22user3%22&sortBy=userName&count=2&startIndex=2").await;
    assert_eq!(
        (&filtered["totalResults"], names(&filtered, "userName")),
        (&json!(3), vec!["user5".to_owned(), "user6".to_owned()])
    );
    for query in ["count=many", "startIndex=x", "sortBy=nothing", "sortBy=userName&sortOrder=up"] {
        assert_eq!(refused(client.get(&format!("{USERS}?{query}")).await, 400), "invalidValue", "{query}");
    }
    world.stop().await;
});

both!(answers_hold_what_was_asked_for, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    people(&client).await;
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let anna = format!("{USERS}?filter=userName%20sw%20%22anna%22");
    for (query, expected) in [
        ("&attributes=userName", vec!["id", "schemas", "userName"]),
        ("&attributes=USERNAME,name.givenName", vec!["id", "name", "schemas", "userName"]),
        ("&attributes=nothing", vec!["id", "schemas"]),
        (
            "&excludedAttributes=meta,id,emails,name,title,active",
            vec!["externalId", "id", "schemas", "userName"],
        ),
    ] {
        let page = client.get(&format!("{anna}{query}")).await.expect(200);
        assert_eq!(keys(&page["Resources"][0]), expected, "{query}");
    }
    let page = client.get(&format!("{anna}&attributes=emails.value,name.givenName")).await.expect(200);
    assert_eq!(page["Resources"][0]["emails"], json!([{"value": "anna@school.example"}]));
    assert_eq!(page["Resources"][0]["name"], json!({"givenName": "anna"}));
    let made =
        client.post(&format!("{USERS}?attributes=userName"), &json!({"userName": "eva"})).await.expect(201);
    assert_eq!(keys(&made), ["id", "schemas", "userName"]);

    group(&client, "Teachers", &[&id(&made)]).await;
    let both = client.post("/scim/v2/.search", &json!({"filter": "displayName sw \"T\"", "count": 10})).await;
    assert_eq!(both.expect(200)["Resources"][0]["displayName"], json!("Teachers"));
    let by_name = client.get("/scim/v2?filter=userName%20eq%20%22eva%22").await.expect(200);
    assert_eq!(names(&by_name, "userName"), ["eva"], "groups have no sign-in name");
    assert_eq!(refused(client.get("/scim/v2?filter=neither%20pr").await, 400), "invalidFilter");
    let slim = client.get(&format!("{GROUPS}?excludedAttributes=members")).await.expect(200);
    assert_eq!(slim["Resources"][0].get("members"), None);
    world.stop().await;
});
