//! Texts that are too long are refused by name, length and limit, whichever way they come in.

use hyper::Method;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{Client, World},
    scim::provisioner,
};

const FILTERS: &str = "/beta/deviceManagement/assignmentFilters";

/// Where, a body that is good, and the field that gets the long text.
fn cases() -> Vec<(&'static str, Value, &'static str)> {
    let user = json!({"displayName": "Ann", "userPrincipalName": "ann@example.org"});
    let group = json!({"displayName": "Staff"});
    let policy = json!({"displayName": "Staff"});
    let app = json!({"@odata.type": "#microsoft.graph.managedIOSStoreApp", "displayName": "Notes", "bundleId": "org.example.notes"});
    let filter = json!({"displayName": "New", "platform": "iOSMobileApplicationManagement", "rule": "(app.appVersion -eq \"1\")"});
    let scim_user =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@example.org"});
    let scim_group =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff"});
    vec![
        ("/v1.0/users", user.clone(), "displayName"),
        ("/v1.0/users", user.clone(), "userPrincipalName"),
        ("/v1.0/users", user, "jobTitle"),
        ("/v1.0/groups", group.clone(), "displayName"),
        ("/v1.0/groups", group, "mailNickname"),
        ("/v1.0/deviceAppManagement/iosManagedAppProtections", policy.clone(), "displayName"),
        ("/v1.0/deviceAppManagement/targetedManagedAppConfigurations", policy, "displayName"),
        ("/v1.0/deviceAppManagement/mobileApps", app.clone(), "displayName"),
        ("/v1.0/deviceAppManagement/mobileApps", app, "bundleId"),
        (FILTERS, filter, "displayName"),
        ("/api/v1/programs", json!({"name": "Import", "roles": ["auditor"]}), "name"),
        ("/api/v1/tokens", json!({"name": "Import", "role": "auditor"}), "name"),
        ("/scim/v2/Users", scim_user.clone(), "userName"),
        ("/scim/v2/Users", scim_user, "displayName"),
        ("/scim/v2/Groups", scim_group, "displayName"),
    ]
}

fn client<'a>(world: &'a World, provisioner: &'a Client, path: &str) -> &'a Client {
    if path.starts_with("/scim") { provisioner } else { &world.admin }
}

both!(long_names_are_refused_by_field_length_and_limit, |database| {
    let world = World::start(database).await;
    let scim = provisioner(&world).await;
    for (path, body, field) in cases() {
        let mut long = body.clone();
        long[field] = json!("n".repeat(5_000));
        let answer = client(&world, &scim, path).post(path, &long).await;
        let text = answer.text().to_owned();
        assert_eq!(answer.status, 400, "{path} {field}: {text}");
        let limit = if path.starts_with("/api") { "allowed: 1 to " } else { "256" };
        for part in [field, "has 5000 characters", limit] {
            assert!(text.contains(part), "{path} {field}: no {part} in {text}");
        }
        assert!(text.len() < 2_000, "the text itself is not sent back: {text}");
        match path {
            path if path.starts_with("/scim") => {
                let schema = "urn:ietf:params:scim:api:messages:2.0:Error";
                let told = answer.json();
                assert_eq!((&told["schemas"][0], &told["status"]), (&json!(schema), &json!("400")), "{told}");
                assert_eq!(told["scimType"], json!("invalidValue"), "{told}");
            }
            path if path.starts_with("/api") => assert_eq!(answer.json()["code"], json!("invalid_value")),
            _ => assert!(answer.json()["error"]["message"].is_string(), "{text}"),
        }
    }
    world.stop().await;
});

both!(names_of_a_megabyte_never_break_the_server, |database| {
    let world = World::start(database).await;
    let scim = provisioner(&world).await;
    for (path, body, field) in cases() {
        let mut huge = body.clone();
        huge[field] = json!("n".repeat(1_000_000));
        let bytes = serde_json::to_vec(&huge).unwrap();
        let answer = client(&world, &scim, path).send(Method::POST, path, Some(bytes)).await;
        assert!(matches!(answer.status.as_u16(), 400 | 413), "{path} {field}: {}", answer.status);
        assert!(answer.json().is_object(), "{path} {field}");
        let good = client(&world, &scim, path).post(path, &body).await;
        assert!(good.status.is_success() || good.status == 409, "{path}: {}", good.text());
    }
    world.stop().await;
});
