//! Lists of orders and receipts: in sight, page by page.

use ringfence_model::{InstanceId, Millis, WipeId};
use ringfence_protocol::wipe::WipeCause;
use serde_json::{Value, json};

use super::roles::{district, within};
use crate::{
    both,
    kit::{
        Client, START, World,
        phone::Phone,
        school::{NOTES, School},
    },
};

/// All pages of a list, and how many there were.
async fn pages(client: &Client, path: &str, limit: usize) -> (Vec<Value>, usize) {
    let (mut all, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let page = client.get(&format!("{path}?limit={limit}{after}")).await.expect(200);
        let items = page["value"].as_array().unwrap();
        assert!(items.len() <= limit);
        all.extend(items.iter().cloned());
        pages += 1;
        let Some(next) = page["next"].as_str() else { return (all, pages) };
        after = format!("&after={next}");
    }
}

/// Fills a table with a thousand copies of a row, newer than it.
async fn crowd(world: &World, text: &'static str, row: &str, id: impl Fn(u32) -> String) {
    let mut tx = world.server.app().db.write().await.unwrap();
    for n in 0..1001 {
        sqlx::query(text).bind(id(n)).bind(row).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn random(n: u32) -> [u8; 10] {
    let mut random = [0; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    random
}

both!(orders_of_others_push_nobodys_own_out_of_the_list, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let later = START.plus(Millis::from_days(1));
    let copy = "INSERT INTO wipe SELECT tenant_id, $1, instance_id, user_id, reason, requested_by, requested_at + 1000, \
         expires_at, 'cancelled', ended_at, revision, signed_order, receipt FROM wipe WHERE wipe_id = $2";
    crowd(&world, copy, &district.wipe, |n| WipeId::make(later, random(n)).to_string()).await;

    let owner = within(&world, "owner", &[district.school.id("School A")]).await;
    let (own, _) = pages(&owner, "/api/v1/wipes", 1000).await;
    assert_eq!(own.len(), 1, "Anna's order is the oldest of all");
    let told = owner.get(&format!("/api/v1/wipes?after={}", district.wipe)).await;
    assert_eq!(told.status, 404, "an order out of sight is no place in the list");

    let first = world.admin.get("/api/v1/wipes").await.expect(200);
    assert_eq!((first["value"].as_array().unwrap().len(), first["next"].is_string()), (1000, true));
    for (limit, expected) in [(1000, 2), (501, 3)] {
        let (all, count) = pages(&world.admin, "/api/v1/wipes", limit).await;
        let mut seen: Vec<_> = all.iter().map(|wipe| wipe["order"].as_str().unwrap()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((all.len(), seen.len(), count), (1003, 1003, expected));
        assert!(all.is_sorted_by(|a, b| a["requestedAt"].as_i64() >= b["requestedAt"].as_i64()));
    }
    let odd = world.admin.get("/api/v1/wipes?after=x").await;
    assert_eq!((odd.status.as_u16(), odd.json()["field"].clone()), (400, json!("after")));
    world.stop().await;
});

both!(receipts_of_others_push_nobodys_own_out_of_the_list, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    school.group("School K").await;
    school.join("School K", "kim").await;
    let mut ended = Vec::new();
    for (name, device) in [("kim", "d1"), ("lou", "d2")] {
        let phone = Phone::register(&world, name, NOTES, device).await;
        phone.send_receipt(phone.unordered(WipeCause::SignOut, None)).await.expect(204);
        ended.push(phone.instance.to_string());
    }
    let copy = "INSERT INTO receipt SELECT tenant_id, $1, cause, reason, outcome, receipt, received_at + 1000 \
         FROM receipt WHERE instance_id = $2";
    crowd(&world, copy, &ended[1], |n| InstanceId::make(START, random(n)).to_string()).await;

    let owner = within(&world, "owner", &[school.id("School K")]).await;
    let (own, _) = pages(&owner, "/api/v1/receipts", 1000).await;
    assert_eq!(own.iter().map(|receipt| receipt["instance"].clone()).collect::<Vec<_>>(), [json!(ended[0])]);
    assert_eq!(
        (&own[0]["verified"], own[0]["userPrincipalName"].as_str()),
        (&json!(true), Some("kim@school.example"))
    );
    let told = owner.get(&format!("/api/v1/receipts?after={}", ended[1])).await;
    assert_eq!(told.status, 404, "a receipt out of sight is no place in the list");

    let (all, count) = pages(&world.admin, "/api/v1/receipts", 400).await;
    assert_eq!((all.len(), count), (1003, 3));
    assert_eq!(
        (&all[0]["user"], &all[0]["verified"]),
        (&Value::Null, &json!(false)),
        "of an unknown instance"
    );
    world.stop().await;
});
