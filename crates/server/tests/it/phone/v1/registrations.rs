use serde_json::json;

use crate::{
    both,
    kit::{
        World,
        phone::{Phone, code, hello, make_key, send_hello, sign_in},
        school::{NOTES, PASSWORD, School, upn},
    },
};
use ringfence_model::Millis;
use ringfence_protocol::{keys::Signer as _, register::TenantInfo};

both!(a_licensed_user_is_registered_and_others_are_told_why_not, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    school.user("max").await;
    let refusal = |answer: Result<Phone, _>| code(&answer.err().expect("a refusal"));
    assert_eq!(refusal(Phone::try_register(&world, "max", NOTES, "d1").await), "not_licensed");
    school.license("max").await;
    let mut phone = Phone::register(&world, "max", NOTES, "d1").await;
    let checked = phone.check_in().await.unwrap();
    assert_eq!(json!(checked.reply.state), json!("noPolicy"), "licensed without a policy is no refusal");

    let wrong = json!({"userPrincipalName": upn("max"), "password": "not this one"});
    let answer = world.anonymous().post("/phone/v1/signin", &wrong).await;
    assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (401, "credentials_invalid"));
    let nobody = json!({"userPrincipalName": upn("nobody"), "password": PASSWORD});
    assert_eq!(code(&world.anonymous().post("/phone/v1/signin", &nobody).await), "credentials_invalid");

    school.enable("max", false).await;
    let disabled = json!({"userPrincipalName": upn("max"), "password": PASSWORD});
    assert_eq!(code(&world.anonymous().post("/phone/v1/signin", &disabled).await), "account_disabled");
    assert_eq!(json!(phone.check_in().await.unwrap().reply.state), json!("accountDisabled"));
    school.enable("max", true).await;
    school.unlicense("max").await;
    assert_eq!(json!(phone.check_in().await.unwrap().reply.state), json!("notLicensed"));
    world.stop().await;
});

both!(the_first_account_on_a_device_wins_until_it_is_removed, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let kim = Phone::register(&world, "kim", NOTES, "shared").await;
    Phone::register(&world, "kim", "com.example.mail", "shared").await;
    let answer = Phone::try_register(&world, "lou", NOTES, "shared").await.err().expect("a refusal");
    assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (409, "other_account_registered"));
    assert_eq!(answer.json()["value"], json!(upn("kim")), "the app can prefill the registered account");
    Phone::register(&world, "lou", NOTES, "own").await;

    let remove = |phone: Phone| async move {
        let header = phone.header("DELETE", "/phone/v1/registration", "", b"");
        phone.send(&header, hyper::Method::DELETE, "/phone/v1/registration", "", b"").await.expect(204);
        phone
    };
    remove(kim).await;
    assert!(Phone::try_register(&world, "lou", NOTES, "shared").await.is_err(), "one app of kim is left");
    let mail = Phone::register(&world, "kim", "com.example.mail", "shared").await;
    let mut mail = remove(mail).await;
    Phone::register(&world, "lou", NOTES, "shared").await;
    let again = mail.begin_session().await;
    assert_eq!((again.status.as_u16(), code(&again).as_str()), (403, "instance_refused"));
    world.stop().await;
});

both!(a_registration_must_be_proven, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let info: TenantInfo =
        serde_json::from_value(world.anonymous().get("/phone/v1/tenant").await.expect(200)).unwrap();
    let signed_in = sign_in(&world, "kim").await;
    let (key, other) = (make_key(), make_key());
    let good = hello(info.tenant_id, &signed_in, &key, NOTES, "d1");
    let sign = |hello: &ringfence_protocol::register::RegistrationHello, key| {
        hello.prepare().unwrap().sign(key).unwrap()
    };
    let token = signed_in.access_token.as_str();

    let by_other = good.prepare().unwrap();
    let signature = other.sign(by_other.to_be_signed()).unwrap();
    let forged = by_other.attach(signature).unwrap();
    assert_eq!(code(&send_hello(&world, token, forged).await), "proof_invalid");

    let lou = sign_in(&world, "lou").await;
    assert_eq!(code(&send_hello(&world, &lou.access_token, sign(&good, &key)).await), "proof_invalid");
    let mut late = good.clone();
    late.at = late.at.plus(Millis::from_days(2));
    assert_eq!(code(&send_hello(&world, token, sign(&late, &key)).await), "proof_invalid");
    let mut foreign = good.clone();
    foreign.tenant = ringfence_model::TenantId::make(world_now(), [9; 10]);
    assert_eq!(code(&send_hello(&world, token, sign(&foreign, &key)).await), "proof_invalid");
    let mut nameless = good.clone();
    nameless.device_tag = String::new();
    assert_eq!(code(&send_hello(&world, token, sign(&nameless, &key)).await), "malformed");

    let answer = send_hello(&world, "no such token", sign(&good, &key)).await;
    assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (401, "token_invalid"));
    world.clock.advance(Millis::from_minutes(20));
    assert_eq!(code(&send_hello(&world, token, sign(&good, &key)).await), "token_invalid");
    world.stop().await;
});

fn world_now() -> ringfence_model::UnixMillis {
    crate::kit::START
}

both!(attempts_leave_a_trail, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    school.user("max").await;
    let trail = async |name: &str| {
        let app = world.server.app();
        let user = school.id(name).parse().unwrap();
        ringfence_server::trail::ops::list_of(&mut app.db.read().await.unwrap(), app.tenant, user)
            .await
            .unwrap()
    };
    let from = json!({"platform": "ios", "app": NOTES, "deviceTag": "d1"});
    let body = |method: &str, password: &str| json!({"userPrincipalName": upn("kim"), "password": password, "method": method, "from": from});
    let post = async |body: &serde_json::Value| world.anonymous().post("/phone/v1/signin", body).await;

    assert_eq!(post(&body("legacy", PASSWORD)).await.expect(200), json!({"method": "legacy"}), "no token");
    let marks = trail("kim").await;
    assert_eq!((marks.len(), marks[0].method.as_str()), (1, "legacy"));
    assert_eq!((marks[0].device_tag.as_deref(), marks[0].refused.as_deref()), (Some("d1"), None));
    assert_eq!(marks[0].app.as_ref().unwrap().id, NOTES);

    let wrong = post(&body("legacy", "not this one")).await;
    assert_eq!((wrong.status.as_u16(), code(&wrong).as_str()), (401, "credentials_invalid"));
    assert_eq!(trail("kim").await, marks, "a wrong password leaves no mark");
    post(&body("ancient", PASSWORD)).await.expect(400);
    let mut far = body("modern", PASSWORD);
    far["from"]["app"] = json!("x".repeat(300));
    post(&far).await.expect(400);
    assert_eq!(trail("kim").await, marks);

    world.clock.advance(Millis::from_minutes(1));
    post(&body("modern", PASSWORD)).await.expect(200);
    let marks = trail("kim").await;
    assert_eq!((marks.len(), marks[0].method.as_str()), (1, "modern"), "the last one counts");

    school.unlicense("kim").await;
    assert!(Phone::try_register(&world, "kim", NOTES, "d1").await.is_err());
    let refused = trail("kim").await.into_iter().find_map(|mark| mark.refused);
    assert_eq!(refused.as_deref(), Some("not_licensed"));

    for number in 0..70 {
        world.clock.advance(Millis::from_secs(1));
        let mut many = body("modern", PASSWORD);
        many["from"]["deviceTag"] = json!(format!("device-{number}"));
        post(&many).await.expect(200);
    }
    let marks = trail("kim").await;
    assert_eq!(marks.len(), 64, "bounded");
    assert_eq!(marks[0].device_tag.as_deref(), Some("device-69"), "the newest stay");

    // All in one millisecond: as bounded, and what was written last is there.
    world.clock.advance(Millis::from_secs(1));
    for number in 0..70 {
        let mut many = body("modern", PASSWORD);
        many["from"]["deviceTag"] = json!(format!("burst-{number}"));
        post(&many).await.expect(200);
        let marks = trail("kim").await;
        let bursts: Vec<_> = marks.iter().filter_map(|mark| mark.device_tag.as_deref()).collect();
        assert_eq!(marks.len(), 64, "bounded");
        assert!(bursts.contains(&format!("burst-{number}").as_str()), "{number}: {bursts:?}");
        let burst = bursts.iter().filter(|tag| tag.starts_with("burst-")).count();
        assert_eq!(burst, (number + 1).min(64), "the older go first");
    }
    world.clock.advance(Millis::from_days(31));
    assert!(Phone::try_register(&world, "max", NOTES, "d2").await.is_err());
    assert_eq!(trail("kim").await, [], "forgotten after 30 days");
    world.stop().await;
});

both!(an_app_signed_by_somebody_else_is_refused, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut before = Phone::register(&world, "kim", NOTES, "d1").await;
    let right = "AA:".repeat(31) + "AA";
    let app = json!({"displayName": "Notes", "bundleId": NOTES, "ringfenceSigners": [right]});
    let made = world.admin.post("/beta/deviceAppManagement/mobileApps", &app).await.expect(201);
    assert_eq!(made["ringfenceSigners"], json!(["aa".repeat(32)]), "one form");
    let bundle =
        before.check_in().await.unwrap().bundle.expect("a new policy for the phones that are registered");
    assert_eq!(bundle.content.app_signers, ["aa".repeat(32)]);

    let info: TenantInfo =
        serde_json::from_value(world.anonymous().get("/phone/v1/tenant").await.expect(200)).unwrap();
    let signed_in = sign_in(&world, "lou").await;
    let key = make_key();
    let mut said = hello(info.tenant_id, &signed_in, &key, NOTES, "d2");
    for (signer, status) in [(None, 403), (Some("bb".repeat(32)), 403), (Some("aa".repeat(32)), 201)] {
        said.signer = signer;
        let signed = said.prepare().unwrap().sign(&key).unwrap();
        let answer = send_hello(&world, &signed_in.access_token, signed).await;
        assert_eq!(answer.status.as_u16(), status, "{:?}", said.signer);
        if status == 403 {
            assert_eq!(code(&answer), "app_certificate_invalid");
        }
    }
    world.stop().await;
});
