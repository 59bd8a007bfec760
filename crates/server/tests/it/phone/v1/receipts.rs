use ringfence_model::{Millis, WipeId};
use ringfence_protocol::{
    Bytes,
    wipe::{Recipient, WipeCause, WipeOutcome, accept_order, verify_receipt},
};
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        World,
        phone::{CheckIn, Phone, code},
        school::{MAIL, NOTES, School, upn},
    },
};

/// Accepts the one order of a check-in as a phone does.
fn order_in(phone: &Phone, checked: &CheckIn) -> WipeId {
    let [order] = checked.reply.orders.as_slice() else {
        panic!("one order, not {}", checked.reply.orders.len())
    };
    let recipient =
        Recipient { tenant: phone.tenant, account: phone.account, instance: phone.instance, app: &phone.app };
    accept_order(&order.0, &phone.keyset, &recipient, phone.now).unwrap().order
}

async fn wipe(world: &World, id: WipeId) -> Value {
    world.admin.get(&format!("/api/v1/wipes/{id}")).await.expect(200)
}

both!(an_order_reaches_exactly_its_instance_and_ends_in_a_proof, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut notes = Phone::register(&world, "kim", NOTES, "d1").await;
    let mut mail = Phone::register(&world, "kim", MAIL, "d1").await;
    let mut lou = Phone::register(&world, "lou", NOTES, "d2").await;
    for phone in [&mut notes, &mut mail, &mut lou] {
        phone.fetch().await;
    }
    let mut events = notes.events().await;
    events.next().await.unwrap();

    let target = json!({"user": upn("kim"), "app": NOTES});
    let preview = world.admin.post("/api/v1/wipes/preview", &target).await.expect(200);
    assert_eq!(preview["value"][0]["instance"], json!(notes.instance));
    let made = world.admin.post("/api/v1/wipes", &target).await.expect(201);
    assert_eq!(made["value"].as_array().unwrap().len(), 1);
    let again = world.admin.post("/api/v1/wipes", &target).await.expect(201);
    assert_eq!(made["value"][0]["order"], again["value"][0]["order"], "asked twice is one order");

    assert!(events.next().await.unwrap().starts_with("event: changed"));
    let checked = notes.check_in().await.unwrap();
    let order = order_in(&notes, &checked);
    assert!(mail.check_in().await.is_none() && lou.check_in().await.is_none(), "nobody else is concerned");

    // Restarts forget nothing.
    let world = world.restart().await;
    for phone in [&mut notes, &mut mail, &mut lou] {
        phone.follow(&world);
        phone.begin_session().await.expect(201);
    }
    assert!(notes.check_in().await.is_none(), "the same orders are the same answer");
    notes.etag.clear();
    let checked = notes.check_in().await.unwrap();
    assert_eq!(order_in(&notes, &checked), order);

    let receipt = notes.receipt(order, WipeOutcome::Wiped);
    notes.send_receipt(receipt.clone()).await.expect(204);
    notes.send_receipt(receipt.clone()).await.expect(204);
    assert_eq!(wipe(&world, order).await["state"], json!("done"));
    let proof = world.admin.get(&format!("/api/v1/wipes/{order}/receipt")).await.expect(200);
    assert_eq!((&proof["verified"], &proof["decoded"]["filesRemoved"]), (&json!(true), &json!(3)));
    assert_eq!(proof["receipt"], json!(Bytes(receipt.clone())));
    verify_receipt(&receipt, &notes.key.public(), notes.tenant, notes.instance).unwrap();

    assert_eq!(code(&notes.ask().await), "session_unknown", "wiped stays wiped");
    let refused = notes.begin_session().await;
    assert_eq!((refused.status.as_u16(), code(&refused).as_str()), (403, "instance_refused"));
    let mut anew = Phone::register(&world, "kim", NOTES, "d1").await;
    let checked = anew.check_in().await.unwrap();
    assert!(checked.reply.orders.is_empty(), "an old order does not reach the new instance");
    assert_eq!(world.admin.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));
    world.stop().await;
});

// A network that answers "unknown instance" makes the app register again; what an administrator wants stays wanted.
both!(registering_again_undoes_no_order, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let lost = Phone::register(&world, "kim", NOTES, "d1").await;
    let target = json!({"user": upn("kim"), "reason": "wiped_by_administrator"});
    let made = world.admin.post("/api/v1/wipes", &target).await.expect(201);
    let first: WipeId = made["value"][0]["order"].as_str().unwrap().parse().unwrap();

    let mut elsewhere = Phone::register(&world, "kim", NOTES, "d2").await;
    let mut other_app = Phone::register(&world, "kim", MAIL, "d1").await;
    for phone in [&mut elsewhere, &mut other_app] {
        assert!(phone.check_in().await.unwrap().reply.orders.is_empty(), "nobody asked for these");
    }
    // More than once, and without a restart in between forgetting it.
    Phone::register(&world, "kim", NOTES, "d1").await;
    let world = world.restart().await;
    let mut again = Phone::register(&world, "kim", NOTES, "d1").await;
    let checked = again.check_in().await.unwrap();
    let order = order_in(&again, &checked);
    assert_ne!(order, first);
    assert_eq!(wipe(&world, first).await["state"], json!("superseded"));
    let (before, now) = (wipe(&world, first).await, wipe(&world, order).await);
    assert_eq!((&before["requestedBy"], &before["reason"]), (&now["requestedBy"], &now["reason"]));
    assert_eq!(now["state"], json!("pending"));
    let told = world.admin.get("/api/v1/audit?act=wipe.request").await.expect(200);
    let last = told["entries"].as_array().unwrap().last().unwrap().clone();
    assert!(last.to_string().contains("insteadOf"), "{last}");

    again.send_receipt(again.receipt(order, WipeOutcome::Wiped)).await.expect(204);
    assert_eq!(wipe(&world, order).await["state"], json!("done"));
    let mut anew = Phone::register(&world, "kim", NOTES, "d1").await;
    assert!(anew.check_in().await.unwrap().reply.orders.is_empty(), "it was carried out");
    assert_eq!(world.admin.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));
    drop(lost);
    world.stop().await;
});

both!(a_receipt_of_another_instance_is_refused_and_remembered, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut kim = Phone::register(&world, "kim", NOTES, "d1").await;
    let lou = Phone::register(&world, "lou", NOTES, "d2").await;
    world.admin.post("/api/v1/wipes", &json!({"instance": kim.instance})).await.expect(201);
    let checked = kim.check_in().await.unwrap();
    let order = order_in(&kim, &checked);
    let foreign = lou.send_receipt(lou.receipt(order, WipeOutcome::Wiped)).await;
    assert_eq!((foreign.status.as_u16(), code(&foreign).as_str()), (403, "receipt_foreign"));
    assert_eq!(wipe(&world, order).await["state"], json!("pending"));

    let mut altered = kim.receipt(order, WipeOutcome::Wiped);
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(code(&kim.send_receipt(altered).await), "receipt_foreign");
    assert_eq!(code(&kim.send_receipt(b"nonsense".to_vec()).await), "malformed");
    let unknown = WipeId::make(crate::kit::START, [7; 10]);
    assert_eq!(kim.send_receipt(kim.receipt(unknown, WipeOutcome::Wiped)).await.status, 404);

    let audit = world.admin.get("/api/v1/audit").await.expect(200).to_string();
    assert!(audit.contains("refused") && audit.contains(&format!("instance:{}", lou.instance)), "{audit}");
    assert!(kim.check_in().await.is_none(), "the order still stands");
    world.stop().await;
});

both!(orders_can_be_taken_back_and_run_out, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let ask = json!({"user": upn("kim"), "deviceTag": "d1"});
    let made = world.admin.post("/api/v1/wipes", &ask).await.expect(201);
    let path = format!("/api/v1/wipes/{}", made["value"][0]["order"].as_str().unwrap());
    assert_eq!(phone.check_in().await.unwrap().reply.orders.len(), 1);
    world.admin.delete(&path).await.expect(204);
    assert!(phone.check_in().await.unwrap().reply.orders.is_empty());
    assert_eq!(world.admin.delete(&path).await.status, 409, "once is enough");
    assert_eq!(world.admin.get(&path).await.expect(200)["state"], json!("cancelled"));

    let made = world.admin.post("/api/v1/wipes", &ask).await.expect(201);
    world.clock.advance(Millis::from_days(95));
    let path = format!("/api/v1/wipes/{}", made["value"][0]["order"].as_str().unwrap());
    // The token of the tests is for thirty days; a new one is made at the machine.
    let config = {
        let mut config = world.database.config();
        let random = ringfence_server::env::SeededRandom::new(77);
        config.env = ringfence_server::env::Env::new(world.clock.clone(), random);
        config
    };
    let new = ringfence_server::token::NewToken {
        name: "later".into(),
        roles: vec![ringfence_server::authz::Role::GlobalAdministrator],
        life: Millis::from_days(1),
    };
    let (_, secret) = ringfence_server::create_token(&config, new).await.unwrap();
    let later = crate::kit::Client::new(world.server.addr, Some(secret));
    assert_eq!(later.get(&path).await.expect(200)["state"], json!("expired"));
    world.stop().await;
});

both!(only_those_who_may_can_wipe, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    Phone::register(&world, "kim", NOTES, "d1").await;
    let target = json!({"user": upn("kim")});
    let desk = world.as_role("help-desk").await;
    assert_eq!(desk.post("/api/v1/wipes", &target).await.status, 403);
    assert_eq!(desk.get("/api/v1/wipes").await.expect(200)["value"], json!([]));
    assert_eq!(world.anonymous().post("/api/v1/wipes", &target).await.status, 401);
    for (body, status) in [
        (json!({}), 400),
        (json!({"user": "nobody@school.example"}), 404),
        (json!({"user": upn("kim"), "reason": "not a reason"}), 400),
        (json!({"everything": true}), 400),
    ] {
        assert_eq!(world.admin.post("/api/v1/wipes", &body).await.status.as_u16(), status, "{body}");
    }
    assert_eq!(world.admin.get("/api/v1/wipes").await.expect(200)["value"], json!([]));
    world.stop().await;
});

both!(a_phone_that_wiped_itself_proves_it_and_frees_the_device, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    for (cause, reason, state) in [
        (WipeCause::Condition, Some("device_compromised_wipe"), "wiped"),
        (WipeCause::SignOut, None, "removed"),
        (WipeCause::CompanionRemoved, None, "wiped"),
    ] {
        let mut kim = Phone::register(&world, "kim", NOTES, "d1").await;
        kim.fetch().await;
        let refused = Phone::try_register(&world, "lou", NOTES, "d1").await.err().unwrap();
        assert_eq!(code(&refused), "other_account_registered");

        let receipt = kim.unordered(cause, reason);
        kim.send_receipt(receipt.clone()).await.expect(204);
        kim.send_receipt(receipt).await.expect(204);
        let path = format!("/api/v1/receipts/{}", kim.instance);
        let proof = world.admin.get(&path).await.expect(200);
        assert_eq!((&proof["cause"], &proof["reason"]), (&json!(cause), &json!(reason)));
        assert_eq!((&proof["verified"], &proof["outcome"]), (&json!(true), &json!("wiped")));
        assert_eq!(code(&kim.ask().await), "session_unknown", "{state}");
        assert_eq!(code(&kim.begin_session().await), "instance_refused", "{state}");

        let lou = Phone::register(&world, "lou", NOTES, "d1").await;
        lou.send_receipt(lou.unordered(WipeCause::SignOut, None)).await.expect(204);
    }
    let all = world.admin.get("/api/v1/receipts").await.expect(200);
    assert_eq!(all["value"].as_array().unwrap().len(), 6);
    assert_eq!(world.admin.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));
    world.stop().await;
});

both!(nobody_ends_the_instance_of_another, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut kim = Phone::register(&world, "kim", NOTES, "d1").await;
    let mut lou = Phone::register(&world, "lou", NOTES, "d2").await;
    kim.fetch().await;
    let own = std::mem::replace(&mut lou.instance, kim.instance);
    let foreign = lou.send_receipt(lou.unordered(WipeCause::SignOut, None)).await;
    assert_eq!((foreign.status.as_u16(), code(&foreign).as_str()), (403, "receipt_foreign"));
    let odd = kim.send_receipt(kim.unordered(WipeCause::Order, None)).await;
    assert_eq!(code(&odd), "receipt_foreign", "an order without its number is no proof");
    let odd = kim.send_receipt(kim.unordered(WipeCause::Condition, Some("no reason"))).await;
    assert_eq!(code(&odd), "malformed");
    assert!(kim.check_in().await.is_none(), "still served");
    lou.instance = own;
    assert_eq!(world.admin.get("/api/v1/receipts").await.expect(200)["value"], json!([]));
    world.stop().await;
});
