//! What was answered is kept; what was not finished is not there.

use serde_json::json;

use crate::{
    both,
    graph::device_app_management::{SET, ios},
    kit::{Client, World},
};

both!(an_answered_change_survives_a_restart, |database| {
    let world = World::start(database).await;
    let id = world.admin.post(SET, &ios("Kept")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let (secret, clock) = (world.admin.token().to_owned(), world.clock.clone());
    let database = world.stop().await;
    let mut config = database.config();
    config.env = ringfence_server::env::Env::new(clock, ringfence_server::env::SeededRandom::new(3));
    let server = ringfence_server::Server::start(config).await.unwrap();
    let client = Client::new(server.addr, Some(secret));
    assert_eq!(client.get(&format!("{SET}/{id}")).await.expect(200)["displayName"], json!("Kept"));
    assert_eq!(client.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));
    server.shutdown().await;
});

both!(an_unfinished_change_leaves_nothing, |database| {
    let world = World::start(database).await;
    let app = world.server.app();
    let before = world.admin.get("/api/v1/audit").await.expect(200);
    // As a crash between the change and its commit would: the transaction ends without one.
    let mut tx = app.db.write().await.unwrap();
    let revision = ringfence_server::tenant::ops::bump_revision(&mut tx, app.tenant).await.unwrap();
    drop(tx);
    let now = ringfence_server::tenant::ops::revision(&mut *app.db.read().await.unwrap(), app.tenant)
        .await
        .unwrap();
    assert_eq!(now, revision - 1);
    assert_eq!(world.admin.get("/api/v1/audit").await.expect(200), before);
    world.stop().await;
});

both!(writers_at_the_same_time_lose_nothing, |database| {
    let world = World::start(database).await;
    let id = world.admin.post(SET, &ios("Busy")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let tasks: Vec<_> = (0..12)
        .map(|number| {
            let (client, id) = (world.admin.clone(), id.clone());
            tokio::spawn(async move {
                client.post(SET, &ios(&format!("Policy {number}"))).await.expect(201);
                client
                    .patch(&format!("{SET}/{id}"), &json!({(format!("member{number}")): number}))
                    .await
                    .expect(204);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let read = world.admin.get(&format!("{SET}/{id}")).await.expect(200);
    for number in 0..12 {
        assert_eq!(read[format!("member{number}")], json!(number));
    }
    let log = world.admin.get("/api/v1/audit/verify").await.expect(200);
    assert_eq!((&log["intact"], log["entries"].as_i64().unwrap() >= 25), (&json!(true), true));
    world.stop().await;
});
