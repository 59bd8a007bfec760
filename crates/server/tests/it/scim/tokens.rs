use serde_json::json;

use super::{GROUPS, USERS, provisioner, refused, user};
use crate::{both, kit::World};

both!(reach_provisioning_and_nothing_else, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    client.get(USERS).await.expect(200);
    for path in [
        "/v1.0/users",
        "/v1.0/me",
        "/beta/deviceAppManagement/managedAppPolicies",
        "/v1.0/$metadata",
        "/api/v1/whoami",
        "/api/v1/tokens",
        "/api/v1/audit",
        "/api/v1/report",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
        assert!(answer.text().contains("provisioning_only"), "{path}: {}", answer.text());
    }
    client.post("/api/v1/tokens", &json!({"name": "x", "role": "owner"})).await.expect(403);
    world.stop().await;
});

both!(are_the_only_ones_that_provision, |database| {
    let world = World::start(database).await;
    for role in ["global-administrator", "owner", "contributor", "help-desk", "auditor", "privacy-officer"] {
        let client = world.as_role(role).await;
        for path in [USERS, GROUPS, "/scim/v2/ServiceProviderConfig"] {
            let answer = client.get(path).await;
            assert!(answer.text().contains("directory.provision"), "{role}: {}", answer.text());
            refused(answer, 403);
        }
    }
    let nobody = world.anonymous().get(USERS).await;
    assert!(nobody.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    refused(nobody, 401);
    world.stop().await;
});

both!(are_made_by_those_who_may_and_end, |database| {
    let world = World::start(database).await;
    let body = json!({"name": "idp", "scim": true});
    // Who fills groups decides who has the roles that are given to them.
    for role in ["owner", "contributor", "help-desk", "auditor", "privacy-officer"] {
        world.as_role(role).await.post("/api/v1/tokens", &body).await.expect(403);
    }
    let with_role = json!({"name": "idp", "scim": true, "role": "owner"});
    world.admin.post("/api/v1/tokens", &with_role).await.expect(400);
    let made = world.as_role("global-administrator").await.post("/api/v1/tokens", &body).await.expect(201);
    assert_eq!((&made["scim"], &made["roles"]), (&json!(true), &json!([])));
    let secret = made["token"].as_str().unwrap().to_owned();
    let client = crate::kit::Client::new(world.server.addr, Some(secret));
    user(&client, "anna@school.example").await;
    world.admin.delete(&format!("/api/v1/tokens/{}", made["id"].as_str().unwrap())).await.expect(204);
    refused(client.get(USERS).await, 401);
    world.stop().await;
});

both!(see_their_own_tenant_only, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let anna = user(&client, "anna@school.example").await;
    let stranger = crate::tenants::stranger(&world).await;
    let made = stranger.post("/api/v1/tokens", &json!({"name": "idp", "scim": true})).await.expect(201);
    let other = crate::kit::Client::new(world.server.addr, Some(made["token"].as_str().unwrap().to_owned()));
    let path = format!("{USERS}/{anna}");
    assert_eq!(other.get(USERS).await.expect(200)["totalResults"], json!(0));
    refused(other.get(&path).await, 404);
    refused(other.put(&path, &json!({"userName": "mine@other.example"})).await, 404);
    refused(
        other
            .patch(&path, &json!({"Operations": [{"op": "replace", "path": "active", "value": false}]}))
            .await,
        404,
    );
    refused(other.delete(&path).await, 404);
    let body = json!({"displayName": "Theirs", "members": [{"value": anna}]});
    assert_eq!(refused(other.post(GROUPS, &body).await, 400), "invalidValue");
    assert_eq!(other.get(GROUPS).await.expect(200)["totalResults"], json!(0), "nothing half-written");
    user(&other, "anna@school.example").await;
    client.get(&path).await.expect(200);
    world.stop().await;
});
