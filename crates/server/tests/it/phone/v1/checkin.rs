use ringfence_model::Millis;
use ringfence_server::signing::renew_if_due;
use serde_json::json;
use sqlx::Row as _;

use crate::{
    both,
    kit::{
        START, World,
        phone::Phone,
        school::{MAIL, NOTES, School},
    },
};

both!(unchanged_costs_no_database, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let bundle = phone.fetch().await;
    assert_eq!(bundle.content.settings["pinRequired"], json!(true));
    assert_eq!(bundle.content.managed_apps, [MAIL, NOTES]);
    assert_eq!(bundle.content.sources[0].name, "Base");
    assert!(phone.check_in().await.is_none());
    let before = world.server.app().db.uses();
    for _ in 0..300 {
        assert_eq!(phone.ask().await.status, 304);
    }
    // What remains is housekeeping by the clock, not by the request.
    let used = world.server.app().db.uses() - before;
    assert!(used < 60, "300 unchanged check-ins used the database {used} times");
    if world.server.app().db.dialect() == ringfence_server::db::Dialect::Sqlite {
        assert!(used <= 4, "{used}");
    }
    world.stop().await;
});

both!(users_of_a_class_get_the_same_bytes, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    let mut kim = Phone::register(&world, "kim", NOTES, "d1").await;
    let mut lou = Phone::register(&world, "lou", NOTES, "d2").await;
    let (first, second) = (kim.check_in().await.unwrap(), lou.check_in().await.unwrap());
    assert_eq!(first.reply.bundle, second.reply.bundle, "one signature for both");
    assert_eq!(first.reply.bundle_hash, second.reply.bundle_hash);

    let mut mail = Phone::register(&world, "kim", MAIL, "d1").await;
    let other = mail.check_in().await.unwrap();
    assert_ne!(first.reply.bundle, other.reply.bundle, "another app is another recipient");

    // An assignment to others concerns nobody here.
    school.group("Guests").await;
    school.assign("Base", &["Staff", "Guests"], &[]).await;
    assert!(kim.check_in().await.is_none() && lou.check_in().await.is_none());
    school.set("Base", json!({"minimumPinLength": 8})).await;
    let (first, second) = (kim.check_in().await.unwrap(), lou.check_in().await.unwrap());
    assert_eq!(first.reply.bundle, second.reply.bundle);
    assert_eq!(first.bundle.unwrap().content.settings["minimumPinLength"], json!(8));
    world.stop().await;
});

both!(versions_grow_over_changes_and_restarts, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let first = phone.fetch().await;
    school.set("Base", json!({"minimumPinLength": 8})).await;
    let second = phone.fetch().await;
    assert!(second.version > first.version);

    let mut world = world.restart().await;
    phone.follow(&world);
    phone.begin_session().await.expect(201);
    assert!(phone.check_in().await.is_none(), "the same policy is the same answer after a restart");
    school.follow(&world);
    school.set("Base", json!({"minimumPinLength": 4})).await;
    let third = phone.fetch().await;
    assert!(third.version > second.version, "the old content again is a new version");
    assert_eq!(third.content_hash, first.content_hash);

    world = world.restart().await;
    phone.follow(&world);
    phone.begin_session().await.expect(201);
    phone.etag.clear();
    assert_eq!(phone.fetch().await.version, third.version);
    world.stop().await;
});

both!(targeting_follows_groups_nesting_and_exclusion, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    school.group("School").await;
    school.group("Board").await;
    school.join("School", "Staff").await;
    school.policy("Wide", &[NOTES], json!({"minimumPinLength": 6, "pinRequired": true})).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    assert_eq!(phone.fetch().await.content.sources.len(), 1);

    school.assign("Wide", &["School"], &["Board"]).await;
    let nested = phone.fetch().await;
    assert_eq!(nested.content.sources.len(), 2);
    assert_eq!(nested.content.settings["minimumPinLength"], json!(6), "the stricter one decides");

    school.join("Board", "kim").await;
    assert_eq!(phone.fetch().await.content.sources.len(), 1, "exclusion wins");
    school.leave("Board", "kim").await;
    assert_eq!(phone.fetch().await.content.sources.len(), 2);
    school.leave("School", "Staff").await;
    assert_eq!(phone.fetch().await.content.sources.len(), 1);
    school.leave("Staff", "kim").await;
    let none = phone.check_in().await.unwrap();
    assert_eq!((json!(none.reply.state), none.bundle), (json!("noPolicy"), None));
    world.stop().await;
});

both!(a_lease_is_renewed_when_half_of_it_is_gone, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let first = phone.fetch().await;
    let lease = first.expires_at.since(first.issued_at);
    assert!(lease > Millis::from_minutes(12 * 60) && lease <= Millis::from_days(1), "{lease:?}");
    for _ in 0..3 {
        world.clock.advance(Millis::from_minutes(12 * 60));
        phone.now = phone.now.plus(Millis::from_minutes(12 * 60));
        phone.begin_session().await.expect(201);
        let next = phone.fetch().await;
        assert_eq!((next.version, next.content_hash), (first.version, first.content_hash));
        assert!(next.expires_at > phone.now.plus(Millis::from_minutes(12 * 60)));
        assert!(phone.check_in().await.is_none());
    }
    world.admin.put("/api/v1/lease", &json!({"leaseMs": 3_600_000})).await.expect(200);
    let short = phone.fetch().await;
    assert!(short.expires_at.since(phone.now) <= Millis::from_minutes(60));
    let odd = world.admin.put("/api/v1/lease", &json!({"leaseMs": 5})).await;
    assert_eq!((odd.status.as_u16(), &odd.json()["field"]), (400, &json!("leaseMs")));
    let world = world.restart().await;
    assert_eq!(world.admin.get("/api/v1/lease").await.expect(200)["leaseMs"], json!(3_600_000));
    world.stop().await;
});

both!(rotated_keys_reach_phones_with_the_next_answer, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let first = phone.fetch().await;
    let rotated = world.admin.post("/api/v1/keys/rotate", &json!({})).await.expect(200);
    assert_eq!(rotated["keysetVersion"], json!(2));
    let second = phone.fetch().await;
    assert_eq!((second.version, second.keyset_version), (first.version, 2));
    assert_eq!((phone.keyset.version, phone.keyset.keys.len()), (2, 2));
    let world = world.restart().await;
    phone.follow(&world);
    phone.begin_session().await.expect(201);
    assert!(phone.check_in().await.is_none());
    let denied = world.as_role("owner").await.post("/api/v1/keys/rotate", &json!({})).await;
    assert_eq!(denied.status, 403);
    world.stop().await;
});

both!(a_key_that_ends_soon_is_renewed_while_the_server_runs, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let renew = async || renew_if_due(world.server.app()).await.unwrap();
    world.clock.advance(Millis::from_days(199));
    assert!(!renew().await, "good for more than half its life");
    world.clock.advance(Millis::from_days(2));
    phone.now = START.plus(Millis::from_days(201));
    phone.begin_session().await.expect(201);
    let first = phone.fetch().await;
    let mut events = phone.events().await;
    events.next().await.unwrap();
    assert!(renew().await && !renew().await, "once");
    assert!(events.next().await.unwrap().starts_with("event: changed"), "phones are told");
    let second = phone.fetch().await;
    assert_eq!((second.version, second.keyset_version), (first.version, 2));
    let mut conn = world.server.app().db.read().await.unwrap();
    let noted = sqlx::query(
        "SELECT COUNT(*) FROM audit_entry WHERE act = 'keys.rotate' AND actor = 'system:signing'",
    );
    assert_eq!(noted.fetch_one(&mut *conn).await.unwrap().get::<i64, _>(0), 1);
    drop(conn);
    // The first key would be over.
    world.clock.advance(Millis::from_days(200));
    phone.now = START.plus(Millis::from_days(401));
    phone.begin_session().await.expect(201);
    phone.fetch().await;
    world.stop().await;
});
