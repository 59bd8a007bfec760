use serde_json::json;

use super::{USERS, operations, provisioner};
use crate::{
    both,
    kit::{
        World,
        phone::{Phone, code, hello, make_key, send_hello, sign_in},
        school::{NOTES, PASSWORD, School, upn},
    },
};

both!(reaches_the_phone_at_once_and_blocks_sign_in, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let client = provisioner(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    phone.fetch().await;
    let mut events = phone.events().await;
    assert_eq!(events.next().await.unwrap(), ": open\n\n");
    let held = sign_in(&world, "kim").await;

    let path = format!("{USERS}/{}", school.id("kim"));
    let off = operations(&json!([{"op": "Replace", "path": "active", "value": "False"}]));
    client.patch(&path, &off).await.expect(200);
    assert!(events.next().await.unwrap().starts_with("event: changed"));
    let told = phone.check_in().await.unwrap();
    assert_eq!(json!(told.reply.state), json!("accountDisabled"));

    let body = json!({"userPrincipalName": upn("kim"), "password": PASSWORD});
    assert_eq!(code(&world.anonymous().post("/phone/v1/signin", &body).await), "account_disabled");
    let key = make_key();
    let tenant = held.tenant_id;
    let signed = hello(tenant, &held, &key, NOTES, "d2").prepare().unwrap().sign(&key).unwrap();
    let refused = send_hello(&world, &held.access_token, signed).await;
    assert_eq!(refused.status, 401, "the access token ended: {}", refused.text());

    let on = operations(&json!([{"op": "replace", "value": {"active": true}}]));
    client.patch(&path, &on).await.expect(200);
    assert!(events.next().await.unwrap().starts_with("event: changed"));
    assert!(phone.check_in().await.unwrap().bundle.is_some());
    sign_in(&world, "kim").await;
    world.stop().await;
});
