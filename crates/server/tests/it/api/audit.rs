use serde_json::json;
use sqlx::Connection as _;

use crate::{both, kit::World};

both!(chain_has_no_gaps_and_shows_tampering, |database| {
    let world = World::start(database).await;
    for name in ["one", "two", "three"] {
        world.admin.post("/api/v1/tokens", &json!({"name": name, "role": "auditor"})).await.expect(201);
    }
    let auditor = world.as_role("auditor").await;
    let log = auditor.get("/api/v1/audit").await.expect(200);
    let entries = log["entries"].as_array().unwrap();
    let numbers: Vec<_> = entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    assert!(
        entries.iter().all(|entry| entry["act"].is_string() && entry["hash"].as_str().unwrap().len() == 64)
    );
    let page = auditor.get("/api/v1/audit?after=2&limit=1").await.expect(200);
    assert_eq!((page["entries"][0]["seq"].clone(), page["next"].clone()), (json!(3), json!(3)));
    assert_eq!(auditor.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));

    let mut tx = world.server.app().db.write().await.unwrap();
    sqlx::query("UPDATE audit_entry SET object = 'token:other' WHERE seq = 2")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let broken = auditor.get("/api/v1/audit/verify").await.expect(200);
    assert_eq!((broken["intact"].clone(), broken["seq"].clone()), (json!(false), json!(2)));
    assert!(
        world.as_role("help-desk").await.get("/api/v1/audit").await.expect(403)["detail"]
            .as_str()
            .unwrap()
            .contains("audit.read")
    );
    world.stop().await;
});

both!(a_cut_off_tail_is_noticed, |database| {
    let world = World::start(database).await;
    world.admin.post("/api/v1/tokens", &json!({"name": "x", "role": "auditor"})).await.expect(201);
    let mut tx = world.server.app().db.write().await.unwrap();
    sqlx::query("DELETE FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry)")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.admin.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(false));
    // An undone change leaves neither entry nor gap.
    let mut tx = world.server.app().db.write().await.unwrap();
    tx.ping().await.unwrap();
    drop(tx);
    world.stop().await;
});
