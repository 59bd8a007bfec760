//! What was answered is kept; what was not finished is not there.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use ringfence_server::{Config, token::NewToken};
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

both!(an_answered_change_survives_a_kill, |database| {
    for round in 0..2 {
        let (mut child, client) = serve_in_child(&database).await;
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        // Several at once, so that the kill comes in the middle of some.
        for writer in 0..4 {
            let (client, tell) = (client.clone(), tell.clone());
            tokio::spawn(async move {
                for number in 0.. {
                    let name = format!("{round} {writer} {number}");
                    match client.try_post(SET, &ios(&name)).await {
                        Some(answer) if answer.status == 201 => tell.send(name).unwrap(),
                        _ => break,
                    }
                }
            });
        }
        drop(tell);
        let mut answered = Vec::new();
        while answered.len() < 20 {
            answered.extend(told.recv().await);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(name) = told.recv().await {
            answered.push(name);
        }
        let (mut child, client) = serve_in_child(&database).await;
        let kept = client.get(&format!("{SET}?$top=100000")).await.expect(200);
        let kept: std::collections::BTreeSet<_> = kept["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["displayName"].as_str().unwrap())
            .collect();
        for name in &answered {
            assert!(kept.contains(name.as_str()), "`{name}` was answered and is gone");
        }
        let chain = client.get("/api/v1/audit/verify").await.expect(200);
        assert_eq!(chain["intact"], json!(true), "{chain}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
});

const CHILD: &str = "RINGFENCE_TEST_SERVE";

/// Runs this test binary again as a server in a process of its own.
async fn serve_in_child(database: &crate::kit::Database) -> (Child, Client) {
    let config = database.config();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "durability::serves_until_killed", "--nocapture"])
        .env(CHILD, config.data_dir)
        .env("RINGFENCE_TEST_SERVE_DATABASE", config.database_url.unwrap_or_default())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::task::spawn_blocking(move || {
        lines.find_map(|line| line.unwrap().split_once("serving ").map(|(_, rest)| rest.to_owned()))
    });
    let line = line.await.unwrap().expect("the child tells its address");
    let (addr, token) = line.split_once(' ').unwrap();
    (child, Client::new(addr.parse().unwrap(), Some(token.to_owned())))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the server process of `an_answered_change_survives_a_kill`, not a test of its own"]
async fn serves_until_killed() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let mut config = Config::new(folder, ([127, 0, 0, 1], 0).into());
    config.database_url = std::env::var("RINGFENCE_TEST_SERVE_DATABASE").ok().filter(|url| !url.is_empty());
    let new = NewToken {
        name: "child".into(),
        roles: vec![ringfence_server::authz::Role::GlobalAdministrator],
        life: ringfence_model::Millis::from_days(1),
    };
    let (_, token) = ringfence_server::create_token(&config, new).await.unwrap();
    let server = ringfence_server::Server::start(config).await.unwrap();
    println!("serving {} {token}", server.addr);
    std::future::pending::<()>().await;
}

both!(an_unfinished_change_leaves_nothing, |database| {
    let world = World::start(database).await;
    let app = world.server.app();
    let read = || async {
        let mut log = world.admin.get("/api/v1/audit").await.expect(200)["entries"].take();
        // Looking at the log is an entry too.
        log.as_array_mut().unwrap().retain(|entry| entry["act"] != "audit.read");
        log
    };
    let before = read().await;
    // As a crash between the change and its commit would: the transaction ends without one.
    let mut tx = app.db.write().await.unwrap();
    let revision = ringfence_server::tenant::ops::bump_revision(&mut tx, app.tenant).await.unwrap();
    drop(tx);
    let now =
        ringfence_server::tenant::ops::revision(&mut app.db.read().await.unwrap(), app.tenant).await.unwrap();
    assert_eq!(now, revision - 1);
    assert_eq!(read().await, before);
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
