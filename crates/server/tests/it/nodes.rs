//! Two nodes on one database: what is done at one is seen at the other within moments.

use ringfence_model::Millis;
use ringfence_protocol::wipe::WipeOutcome;
use ringfence_server::{
    Server,
    env::{Env, SeededRandom},
};
use serde_json::json;

use crate::kit::{
    Database, START, World,
    phone::{Phone, code},
    school::{NOTES, School},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_renewed_at_the_start_of_one_is_used_by_the_others() {
    let Some(database) = Database::postgres(module_path!()).await else { return };
    let one = World::start(database).await;
    School::make(&one).await;
    let mut phone = Phone::register(&one, "kim", NOTES, "d1").await;
    one.clock.advance(Millis::from_days(201));
    phone.now = START.plus(Millis::from_days(201));
    phone.begin_session().await.expect(201);
    phone.fetch().await;
    let mut events = phone.events().await;
    events.next().await.unwrap();
    let mut config = one.database.config();
    config.env = Env::new(one.clock.clone(), SeededRandom::new(9));
    let two = Server::start(config).await.unwrap();
    assert!(events.next().await.unwrap().starts_with("event: changed"), "the running node heard of it");
    phone.fetch().await;
    assert_eq!(phone.keyset.version, 2);
    // The key before is over.
    one.clock.advance(Millis::from_minutes(60));
    phone.now = phone.now.plus(Millis::from_minutes(60));
    phone.begin_session().await.expect(201);
    assert!(phone.check_in().await.is_none(), "still right");
    two.shutdown().await;
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_orders_and_endings_cross_over() {
    let Some(database) = Database::postgres(module_path!()).await else { return };
    let one = World::start(database).await;
    let school = School::make(&one).await;
    let mut config = one.database.config();
    config.env = Env::new(one.clock.clone(), SeededRandom::new(9));
    let two = Server::start(config).await.unwrap();

    let mut phone = Phone::register(&one, "kim", NOTES, "d1").await;
    phone.follow_to(two.addr);
    phone.begin_session().await.expect(201);
    let first = phone.fetch().await;
    let mut events = phone.events().await;
    events.next().await.unwrap();
    school.set("Base", json!({"minimumPinLength": 9})).await;
    assert!(events.next().await.unwrap().starts_with("event: changed"), "the other node heard of it");
    let second = phone.fetch().await;
    assert!(second.version > first.version);

    // The same instance at both nodes: one version, never back.
    phone.follow_to(one.server.addr);
    phone.begin_session().await.expect(201);
    assert!(phone.check_in().await.is_none(), "both nodes give the same answer");
    school.set("Base", json!({"minimumPinLength": 10})).await;
    let third = phone.fetch().await;
    phone.follow_to(two.addr);
    phone.begin_session().await.expect(201);
    phone.etag.clear();
    assert_eq!(phone.fetch().await.version, third.version);

    let mut events = phone.events().await;
    events.next().await.unwrap();
    let made = one.admin.post("/api/v1/wipes", &json!({"instance": phone.instance})).await.expect(201);
    assert!(events.next().await.unwrap().starts_with("event: changed"));
    assert_eq!(phone.check_in().await.unwrap().reply.orders.len(), 1);

    one.admin.post("/api/v1/keys/rotate", &json!({})).await.expect(200);
    assert!(events.next().await.unwrap().starts_with("event: changed"));
    phone.check_in().await.unwrap();
    assert_eq!(phone.keyset.version, 2);

    // The receipt goes to the first node; the session at the second ends.
    let order = made["value"][0]["order"].as_str().unwrap().parse().unwrap();
    let receipt = phone.receipt(order, WipeOutcome::Wiped);
    phone.follow_to_keeping_session(one.server.addr);
    phone.send_receipt(receipt).await.expect(204);
    assert_eq!(events.next().await, None, "the stream at the other node closes");
    phone.follow_to_keeping_session(two.addr);
    assert_eq!(code(&phone.ask().await), "session_unknown");
    two.shutdown().await;
    one.stop().await;
}
