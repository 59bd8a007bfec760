use hyper::Method;
use ringfence_model::Millis;
use ringfence_protocol::bytes::Mac;

use crate::{
    both,
    kit::{
        World,
        phone::{Phone, code},
        school::{NOTES, School},
    },
};

const CHECK_IN: &str = "/phone/v1/checkin";

both!(a_request_counts_once_and_unaltered, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let header = phone.header("GET", CHECK_IN, "", b"");
    phone.send(&header, Method::GET, CHECK_IN, "", b"").await.expect(200);
    let replayed = phone.send(&header, Method::GET, CHECK_IN, "", b"").await;
    assert_eq!((replayed.status.as_u16(), code(&replayed).as_str()), (401, "request_replayed"));

    let mut altered = phone.header("GET", CHECK_IN, "", b"");
    altered.mac = Mac(altered.mac.0.map(|byte| byte ^ 1));
    assert_eq!(code(&phone.send(&altered, Method::GET, CHECK_IN, "", b"").await), "mac_invalid");
    let header = phone.header("GET", CHECK_IN, "", b"");
    let other_etag = phone.send(&header, Method::GET, CHECK_IN, "\"x\"", b"").await;
    assert_eq!(code(&other_etag), "mac_invalid", "If-None-Match is covered");
    let other_path = phone.send(&header, Method::GET, "/phone/v1/checkin?x", "", b"").await;
    assert_eq!(code(&other_path), "mac_invalid", "the query is covered");
    let body = br#"{"sequence":1}"#;
    let header = phone.header("POST", "/phone/v1/status", "", body);
    let other_body = phone.send(&header, Method::POST, "/phone/v1/status", "", br#"{"sequence":2}"#).await;
    assert_eq!(code(&other_body), "mac_invalid", "the body is covered");

    // A counter whose MAC was wrong is not used up, and order within the window is free.
    let (first, second) = (phone.header("GET", CHECK_IN, "", b""), phone.header("GET", CHECK_IN, "", b""));
    phone.send(&second, Method::GET, CHECK_IN, "", b"").await.expect(200);
    phone.send(&first, Method::GET, CHECK_IN, "", b"").await.expect(200);
    let metrics = world.anonymous().get("/metrics").await;
    assert!(metrics.text().contains("ringfence_phone_replayed_total 1"), "{}", metrics.text());
    world.stop().await;
});

both!(sessions_end_and_unknown_ones_are_told_apart, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let mut other = Phone::register(&world, "lou", NOTES, "d2").await;
    let mut impostor = Phone::register(&world, "kim", NOTES, "d3").await;
    let mut unknown = phone.header("GET", CHECK_IN, "", b"");
    unknown.session = ringfence_model::SessionId::make(crate::kit::START, [1; 10]);
    let answer = phone.send(&unknown, Method::GET, CHECK_IN, "", b"").await;
    assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (401, "session_unknown"));

    world.clock.advance(Millis::from_minutes(59));
    assert_eq!(phone.ask().await.status, 200);
    world.clock.advance(Millis::from_minutes(1));
    assert_eq!(code(&phone.ask().await), "session_unknown");
    // The phone's clock is an hour behind: the reply tells it the time.
    phone.begin_session().await.expect(201);
    assert_eq!(phone.ask().await.status, 200);

    other.now = phone.now;
    other.begin_session().await.expect(201);
    let mut borrowed = other.header("GET", CHECK_IN, "", b"");
    borrowed.session = phone.session.as_ref().unwrap().reply.session;
    assert_eq!(code(&other.send(&borrowed, Method::GET, CHECK_IN, "", b"").await), "mac_invalid");

    impostor.instance = phone.instance;
    impostor.now = phone.now;
    assert_eq!(code(&impostor.begin_session().await), "proof_invalid", "another key");
    impostor.instance = ringfence_model::InstanceId::make(crate::kit::START, [1; 10]);
    assert_eq!(code(&impostor.begin_session().await), "instance_refused");
    world.stop().await;
});

both!(a_session_does_not_outlive_the_server, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let world = world.restart().await;
    let before = phone.session.take();
    phone.follow(&world);
    phone.session = before;
    assert_eq!(code(&phone.ask().await), "session_unknown");
    phone.begin_session().await.expect(201);
    assert_eq!(phone.ask().await.status, 200);
    world.stop().await;
});
