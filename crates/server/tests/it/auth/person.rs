//! The second factor of people in the directory, asked for on phones.

use ringfence_model::Millis;
use ringfence_server::env::Clock as _;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Client, World,
        school::{PASSWORD, School, upn},
        totp::totp,
    },
};

both!(a_person_enrols_and_signs_in_with_codes, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let sign_in = async |more: Value| {
        let mut body = json!({"userPrincipalName": upn("kim"), "password": PASSWORD});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.anonymous().post("/phone/v1/signin", &body).await
    };
    let token = sign_in(json!({})).await.expect(200)["accessToken"].as_str().unwrap().to_owned();
    let kim = Client::new(world.server.addr, Some(token));
    let begin = json!({ "password": PASSWORD });
    world.anonymous().post("/phone/v1/totp", &begin).await.expect(401);
    world.admin.post("/phone/v1/totp", &begin).await.expect(401);
    kim.post("/phone/v1/totp", &json!({"password": "not the password"})).await.expect(401);
    let made = kim.post("/phone/v1/totp", &begin).await.expect(201);
    assert!(made["uri"].as_str().unwrap().contains("kim%40"), "{made}");
    let secret = made["secret"].as_str().unwrap().to_owned();
    // Until a code was shown nothing is asked for.
    sign_in(json!({})).await.expect(200);
    kim.post("/phone/v1/totp/confirm", &json!({"code": "000000"})).await.expect(401);
    let code = totp(&secret, world.clock.now());
    let recovery = kim.post("/phone/v1/totp/confirm", &json!({"code": code})).await.expect(200);
    let recovery: Vec<String> = serde_json::from_value(recovery["recoveryCodes"].clone()).unwrap();
    kim.post("/phone/v1/totp", &begin).await.expect(409);

    assert_eq!(sign_in(json!({})).await.expect(403)["code"], json!("code_required"));
    // The old way cannot ask, so it ends there.
    assert_eq!(sign_in(json!({"method": "legacy"})).await.expect(403)["code"], json!("code_required"));
    let wrong = sign_in(json!({"oneTimeCode": code})).await;
    assert!(wrong.headers["www-authenticate"].to_str().unwrap().contains("the code is wrong"));
    assert_eq!(wrong.expect(401)["code"], json!("code_wrong"));
    world.clock.advance(Millis::from_secs(30));
    sign_in(json!({"oneTimeCode": totp(&secret, world.clock.now())})).await.expect(200);
    sign_in(json!({"oneTimeCode": recovery[0]})).await.expect(200);
    sign_in(json!({"oneTimeCode": recovery[0]})).await.expect(401);
    // A code does not make up for a password.
    let body = json!({"userPrincipalName": upn("kim"), "password": "wrong", "oneTimeCode": recovery[1]});
    world.anonymous().post("/phone/v1/signin", &body).await.expect(401);
    sign_in(json!({"oneTimeCode": recovery[1]})).await.expect(200);

    for _ in 0..5 {
        sign_in(json!({"oneTimeCode": "000000"})).await;
    }
    assert_eq!(
        sign_in(json!({"oneTimeCode": recovery[2]})).await.expect(429)["code"],
        json!("too_many_requests")
    );
    let refused = world.admin.get("/api/v1/audit?act=signIn.refuse").await.expect(200);
    let about_kim = refused["entries"].as_array().unwrap().iter().any(|entry| {
        entry["object"] == json!(format!("user:{}", school.id("kim")))
            && entry["reason"] == json!("code_wrong")
    });
    assert!(about_kim, "{refused}");

    let path = format!("/api/v1/users/{}/totp", upn("kim"));
    world.as_role("auditor").await.delete(&path).await.expect(403);
    // Whoever has a role that the caller could not give keeps his second factor.
    let role = json!({"user": upn("kim"), "role": "global-administrator"});
    let given = world.admin.post("/api/v1/role-assignments", &role).await.expect(201);
    world.as_role("owner").await.delete(&path).await.expect(403);
    let given = given["id"].as_str().unwrap();
    world.admin.delete(&format!("/api/v1/role-assignments/{given}")).await.expect(204);
    world.admin.delete("/api/v1/users/nobody@school.example/totp").await.expect(404);
    world.admin.delete(&path).await.expect(204);
    world.admin.delete(&path).await.expect(404);
    sign_in(json!({})).await.expect(200);
    world.stop().await;
});

both!(a_deleted_person_leaves_no_second_factor, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let id = school.id("kim").to_owned();
    let make = async || {
        let body = json!({"userPrincipalName": upn("kim"), "password": PASSWORD});
        let token = world.anonymous().post("/phone/v1/signin", &body).await.expect(200);
        Client::new(world.server.addr, Some(token["accessToken"].as_str().unwrap().to_owned()))
    };
    let kim = make().await;
    let made = kim.post("/phone/v1/totp", &json!({ "password": PASSWORD })).await.expect(201);
    let code = totp(made["secret"].as_str().unwrap(), world.clock.now());
    kim.post("/phone/v1/totp/confirm", &json!({"code": code})).await.expect(200);
    world.admin.delete(&format!("/v1.0/users/{id}")).await.expect(204);
    let body = json!({
        "id": id, "accountEnabled": true, "displayName": "kim", "mailNickname": "kim", "userPrincipalName": upn("kim"),
        "passwordProfile": {"password": PASSWORD},
    });
    world.admin.post("/v1.0/users", &body).await.expect(201);
    make().await;
    world.stop().await;
});
