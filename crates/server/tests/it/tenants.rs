//! Nothing of one tenant is seen or touched from another.

use std::sync::Arc;

use ringfence_model::{Millis, TenantId};
use ringfence_server::{
    authz::{Actor, Role, act, authorize},
    token::NewToken,
};
use serde_json::json;

use crate::{
    both,
    graph::device_app_management::{SET, ios},
    kit::{Client, World},
};

/// A second tenant and an administrator of it.
pub(crate) async fn stranger(world: &World) -> Client {
    let app = world.server.app();
    let tenant = app.env.make_id(TenantId::make);
    let mut tx = app.db.write().await.unwrap();
    sqlx::query("INSERT INTO tenant (tenant_id, name, revision, created_at) VALUES ($1, 'Other', 1, $2)")
        .bind(tenant.to_string())
        .bind(app.env.now().0 + 1)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let proof = authorize(&Arc::new(Actor::operator(tenant, "tests")), act::ManageTokens).unwrap();
    let new =
        NewToken { name: "other".into(), roles: vec![Role::GlobalAdministrator], life: Millis::from_days(1) };
    let (_, secret) = ringfence_server::token::ops::create(&app.db, &app.env, &proof, new).await.unwrap();
    Client::new(world.server.addr, Some(secret))
}

both!(do_not_see_each_other, |database| {
    let world = World::start(database).await;
    let stranger = stranger(&world).await;
    let id = |value: &serde_json::Value| value["id"].as_str().unwrap().to_owned();
    let policy = id(&world.admin.post(SET, &ios("Notes")).await.expect(201));
    let group = id(&world.admin.post("/v1.0/groups", &json!({"displayName": "Staff"})).await.expect(201));
    let person = json!({"displayName": "Anna", "userPrincipalName": "anna@school.example"});
    let user = id(&world.admin.post("/v1.0/users", &person).await.expect(201));
    let apps = "/beta/deviceAppManagement/mobileApps";
    let listed = json!({"displayName": "Notes", "packageId": "com.example.notes"});
    let app = id(&world.admin.post(apps, &listed).await.expect(201));

    for path in ["/v1.0/users", "/v1.0/groups", SET, apps] {
        assert_eq!(stranger.get(path).await.expect(200)["value"], json!([]), "{path}");
    }
    let objects = [
        format!("/v1.0/users/{user}"),
        "/v1.0/users/anna@school.example".to_owned(),
        format!("/v1.0/groups/{group}"),
        format!("{SET}/{policy}"),
        format!("{apps}/{app}"),
    ];
    for path in &objects {
        stranger.get(path).await.expect(404);
        stranger.patch(path, &json!({"displayName": "Stolen"})).await.expect(404);
        stranger.delete(path).await.expect(404);
        world.admin.get(path).await.expect(200);
    }
    let assign = json!({"assignments": [{"target": {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}}]});
    stranger.post(&format!("{SET}/{policy}/assign"), &assign).await.expect(404);
    let own = id(&stranger.post(SET, &ios("Notes")).await.expect(201));
    stranger.post(&format!("{SET}/{own}/assign"), &assign).await.expect(400);
    let tokens = stranger.get("/api/v1/tokens").await.expect(200);
    assert_eq!(tokens["tokens"].as_array().unwrap().len(), 1);
    let log = stranger.get("/api/v1/audit").await.expect(200);
    assert_eq!(log["entries"].as_array().unwrap().len(), 2);
    assert_eq!(log["entries"][0]["seq"], json!(1));
    let effective = "/api/v1/effective?user=anna@school.example&app=com.example.Notes&platform=ios";
    for path in [effective, "/api/v1/report"] {
        stranger.get(path).await.expect(404);
        world.admin.get(path).await.expect(200);
    }
    stranger.post("/api/v1/wipes", &json!({"user": "anna@school.example"})).await.expect(404);
    stranger.post("/api/v1/keys/rotate", &json!({})).await.expect(404);
    world.stop().await;
});
