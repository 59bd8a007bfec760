use ringfence_model::Millis;
use serde_json::json;

use crate::{
    both,
    kit::{
        World,
        phone::Phone,
        school::{MAIL, NOTES, School},
    },
};

both!(a_change_is_pushed_to_those_it_concerns, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    school.policy("Mail only", &[MAIL], json!({"pinRequired": true})).await;
    let mut notes = Phone::register(&world, "kim", NOTES, "d1").await;
    let mut mail = Phone::register(&world, "kim", MAIL, "d1").await;
    let before = notes.fetch().await;
    mail.fetch().await;
    let (mut to_notes, mut to_mail) = (notes.events().await, mail.events().await);
    assert_eq!(to_notes.next().await.unwrap(), ": open\n\n");
    assert_eq!(to_mail.next().await.unwrap(), ": open\n\n");

    school.assign("Mail only", &["Staff"], &[]).await;
    let event = to_mail.next().await.unwrap();
    assert!(event.starts_with("event: changed\ndata: {\"revision\":"), "{event}");
    assert!(to_notes.is_quiet().await, "what Notes obeys is the same");
    assert_eq!(mail.fetch().await.content.sources.len(), 2);

    school.set("Base", json!({"minimumPinLength": 9})).await;
    assert!(to_notes.next().await.unwrap().starts_with("event: changed"));
    let after = notes.fetch().await;
    assert!(after.version > before.version);
    assert_eq!(after.content.settings["minimumPinLength"], json!(9));
    world.stop().await;
});

both!(a_stream_tells_what_was_missed_and_ends_with_the_instance, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    phone.fetch().await;
    school.set("Base", json!({"minimumPinLength": 9})).await;
    let mut events = phone.events().await;
    assert!(
        events.next().await.unwrap().starts_with("event: changed"),
        "it changed before the stream was open"
    );

    let header = phone.header("DELETE", "/phone/v1/registration", "", b"");
    phone.send(&header, hyper::Method::DELETE, "/phone/v1/registration", "", b"").await.expect(204);
    assert_eq!(events.next().await, None);

    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    phone.fetch().await;
    let mut events = phone.events().await;
    events.next().await.unwrap();
    world.clock.advance(Millis::from_minutes(61));
    school.set("Base", json!({"minimumPinLength": 10})).await;
    assert_eq!(events.next().await, None, "the session is over");

    phone.now = phone.now.plus(Millis::from_minutes(61));
    phone.begin_session().await.expect(201);
    let mut events = phone.events().await;
    events.next().await.unwrap();
    world.stop().await;
    assert_eq!(events.next().await, None, "streams do not keep a server from stopping");
});
