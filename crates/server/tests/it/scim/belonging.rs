//! The groups of a person (RFC 7643 §4.1.2): told with the person, never written there.

use serde_json::{Value, json};

use super::{GROUPS, USERS, group, names, operations, provisioner, refused, user};
use crate::{
    both,
    kit::{Client, World},
};

/// Name and kind of each group, ordered by name.
fn told(person: &Value) -> Vec<(String, String)> {
    let groups = person["groups"].as_array().cloned().unwrap_or_default();
    let text = |group: &Value, member: &str| group[member].as_str().unwrap().to_owned();
    let mut groups: Vec<_> =
        groups.iter().map(|group| (text(group, "display"), text(group, "type"))).collect();
    groups.sort();
    groups
}

fn wanted(groups: &[(&str, &str)]) -> Vec<(String, String)> {
    groups.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect()
}

async fn found(client: &Client, query: &str) -> Vec<String> {
    let query = query.replace(' ', "%20").replace('"', "%22").replace('[', "%5B").replace(']', "%5D");
    names(&client.get(&format!("{USERS}?{query}")).await.expect(200), "userName")
}

both!(is_told_with_the_person, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let (anna, bart) = (user(&client, "anna").await, user(&client, "bart").await);
    let teachers = group(&client, "Teachers", &[&anna]).await;
    let staff = group(&client, "Staff", &[&teachers, &bart]).await;
    let school = group(&client, "School", &[&staff]).await;

    let path = format!("{USERS}/{anna}");
    let person = client.get(&path).await.expect(200);
    let direct_and_not = [("School", "indirect"), ("Staff", "indirect"), ("Teachers", "direct")];
    assert_eq!(told(&person), wanted(&direct_and_not));
    let one = person["groups"].as_array().unwrap().iter().find(|group| group["value"] == json!(teachers));
    assert!(one.unwrap()["$ref"].as_str().unwrap().ends_with(&format!("{GROUPS}/{teachers}")));

    // A member of a group and of one inside it is a direct member.
    let list = json!([{"op": "add", "path": "members", "value": [{"value": anna}]}]);
    client.patch(&format!("{GROUPS}/{school}"), &operations(&list)).await.expect(204);
    let all = client.get(USERS).await.expect(200);
    let of = |name: &str| {
        let all = all["Resources"].as_array().unwrap();
        told(all.iter().find(|person| person["userName"] == json!(name)).unwrap())
    };
    assert_eq!(of("anna"), wanted(&[("School", "direct"), ("Staff", "indirect"), ("Teachers", "direct")]));
    assert_eq!(of("bart"), wanted(&[("School", "indirect"), ("Staff", "direct")]));

    // Asked for alone, left out, and with conditions.
    let alone = client.get(&format!("{path}?attributes=groups.display")).await.expect(200);
    assert_eq!((alone["groups"].as_array().unwrap().len(), alone.get("userName")), (3, None));
    assert_eq!(
        client.get(&format!("{path}?excludedAttributes=groups")).await.expect(200).get("groups"),
        None
    );
    assert_eq!(client.get(&format!("{path}?attributes=userName")).await.expect(200).get("groups"), None);

    client.delete(&format!("{GROUPS}/{school}")).await.expect(204);
    client.delete(&format!("{GROUPS}/{staff}")).await.expect(204);
    client.delete(&format!("{GROUPS}/{teachers}")).await.expect(204);
    assert_eq!(client.get(&path).await.expect(200).get("groups"), None);
    world.stop().await;
});

both!(is_filtered_and_sorted_by, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let (anna, bart) = (user(&client, "anna").await, user(&client, "bart").await);
    user(&client, "carla").await;
    let teachers = group(&client, "Teachers", &[&anna]).await;
    let staff = group(&client, "Staff", &[&teachers, &bart]).await;
    for (filter, people) in [
        (format!(r#"groups eq "{teachers}""#), &["anna"][..]),
        (format!(r#"groups.value eq "{staff}""#), &["anna", "bart"]),
        (format!(r#"groups[value eq "{staff}"] and userName sw "b""#), &["bart"]),
        (format!(r#"groups[value eq "{staff}" and type eq "direct"]"#), &["bart"]),
        (r#"groups.display co "each""#.to_owned(), &["anna"]),
        ("groups pr".to_owned(), &["anna", "bart"]),
        ("not (groups pr)".to_owned(), &["carla"]),
        (format!(r#"groups eq "{staff}" and not (groups eq "{teachers}")"#), &["bart"]),
        (r#"groups eq "nothing""#.to_owned(), &[]),
    ] {
        for by in ["userName", "groups.display"] {
            let mut names = found(&client, &format!("filter={filter}&sortBy={by}")).await;
            names.sort();
            assert_eq!(names, people, "{filter} by {by}");
        }
    }
    assert_eq!(
        found(&client, "sortBy=groups.display&sortOrder=descending&count=1&filter=groups pr").await.len(),
        1
    );
    world.stop().await;
});

both!(is_not_written_with_the_person, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let anna = user(&client, "anna").await;
    let staff = group(&client, "Staff", &[]).await;
    let path = format!("{USERS}/{anna}");
    // Whole resources come back as they were read; a change of it alone is refused (RFC 7644 §3.5).
    let whole = json!({"userName": "anna", "active": true, "groups": [{"value": staff}]});
    assert_eq!(client.put(&path, &whole).await.expect(200).get("groups"), None);
    let without_path = json!([{"op": "replace", "value": {"groups": [{"value": staff}], "title": "Head"}}]);
    let changed = client.patch(&path, &operations(&without_path)).await.expect(200);
    assert_eq!((&changed["title"], changed.get("groups")), (&json!("Head"), None));
    for path_of in ["groups", "groups.value", r#"groups[type eq "direct"]"#] {
        let list = json!([{"op": "add", "path": path_of, "value": [{"value": staff}]}]);
        assert_eq!(refused(client.patch(&path, &operations(&list)).await, 400), "mutability", "{path_of}");
    }
    assert_eq!(client.get(&path).await.expect(200).get("groups"), None);
    world.stop().await;
});
