//! The troubleshooter over HTTP: every rung, the four causes of A2, codes without a user, roles, near matches.

use ringfence_model::Millis;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Client, World,
        phone::Phone,
        school::{MAIL, NOTES, School, upn},
    },
};

async fn ask(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/v1/doctor?{query}")).await.expect(200)
}

async fn of(world: &World, user: &str, app: &str) -> Value {
    ask(&world.admin, &format!("user={}&app={app}", upn(user))).await
}

fn cause(answer: &Value) -> &str {
    answer["cause"]["id"].as_str().unwrap_or("none")
}

#[track_caller]
fn outcome(answer: &Value, check: &str) -> String {
    let found = answer["checks"].as_array().unwrap().iter().find(|found| found["id"] == check).unwrap();
    found["outcome"].as_str().unwrap().to_owned()
}

/// An answer that ends in a cause names it in words, with a cure.
#[track_caller]
fn complete(answer: &Value) {
    let cause = &answer["cause"];
    for text in [&cause["title"], &cause["text"], &cause["cure"]["admin"]] {
        let text = text.as_str().unwrap_or_default();
        assert!(!text.is_empty() && !text.starts_with("doctor-"), "{answer:#}");
    }
    for check in answer["checks"].as_array().unwrap() {
        for line in check["evidence"].as_array().unwrap() {
            assert!(!line["text"].as_str().unwrap().starts_with("doctor-"), "{answer:#}");
        }
    }
}

both!(climbs_the_ladder_until_nothing_is_wrong, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let fresh = of(&world, "kim", NOTES).await;
    assert_eq!(cause(&fresh), "not-registered", "{fresh:#}");
    assert_eq!(fresh["cause"]["catalogueId"], json!("D1"));
    assert!(fresh["cause"]["outstanding"]["since"].is_i64(), "{fresh:#}");
    complete(&fresh);

    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let unfetched = of(&world, "kim", NOTES).await;
    assert_eq!(cause(&unfetched), "not-fetched", "{unfetched:#}");
    complete(&unfetched);
    let version = phone.fetch().await.version;
    let silent = of(&world, "kim", NOTES).await;
    assert_eq!((cause(&silent), outcome(&silent, "checkIn").as_str()), ("none", "unknown"), "{silent:#}");
    phone.report(1, version, &[]).await.expect(204);
    let fine = of(&world, "kim", NOTES).await;
    assert_eq!(cause(&fine), "none", "{fine:#}");
    for check in ["account", "signIn", "licence", "groups", "policy", "registration", "checkIn", "conditions"]
    {
        assert_eq!(outcome(&fine, check), "pass", "{check}: {fine:#}");
    }

    world.clock.advance(Millis::from_minutes(5));
    school.set("Base", json!({"minimumPinLength": 7})).await;
    let changed_at = crate::kit::START.plus(Millis::from_minutes(5));
    world.clock.advance(Millis::from_minutes(5));
    let stale = of(&world, "kim", NOTES).await;
    assert_eq!((cause(&stale), &stale["cause"]["catalogueId"]), ("outdated", &json!("A5")), "{stale:#}");
    assert_eq!(stale["cause"]["outstanding"]["since"], json!(changed_at));
    complete(&stale);
    phone.now = crate::kit::START.plus(Millis::from_minutes(10));
    let version = phone.fetch().await.version;
    phone.report(2, version, &["device_compromised_block"]).await.expect(204);
    let blocked = of(&world, "kim", NOTES).await;
    assert_eq!(blocked["cause"]["reason"], json!("device_compromised_block"), "{blocked:#}");
    assert_eq!(blocked["cause"]["catalogueId"], json!("I5"));
    complete(&blocked);

    let both = ask(&world.admin, &format!("user={}", upn("kim"))).await;
    assert_eq!(both["app"], json!(NOTES), "the phone that says something comes first");
    assert_eq!(both["others"][0]["app"], json!(MAIL));
    world.admin.post("/api/v1/wipes", &json!({"user": upn("kim")})).await.expect(201);
    assert_eq!(cause(&of(&world, "kim", NOTES).await), "wipe-outstanding");
    world.stop().await;
});

// acceptance: AT-F1
both!(tells_the_four_causes_of_a2_and_disabled_accounts_apart, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    let row = |answer: &Value| answer["cause"]["catalogueId"].clone();

    school.unlicense("kim").await;
    let answer = of(&world, "kim", NOTES).await;
    assert_eq!((cause(&answer), row(&answer)), ("not-licensed", json!("A2")), "{answer:#}");
    let dialog = ask(&world.admin, &format!("user={}&app={NOTES}&code=I4", upn("kim"))).await;
    assert_eq!((cause(&dialog), row(&dialog)), ("not-licensed", json!("I4")), "{dialog:#}");
    school.license("kim").await;

    school.leave("Staff", "kim").await;
    let answer = of(&world, "kim", NOTES).await;
    assert_eq!((cause(&answer), row(&answer)), ("not-assigned", json!("A2")), "{answer:#}");
    assert_eq!(outcome(&answer, "groups"), "fail");
    assert!(answer["cause"]["text"].as_str().unwrap().contains("Staff"), "{answer:#}");
    complete(&answer);

    school.group("Teachers").await;
    school.group("Interns").await;
    school.join("Teachers", "kim").await;
    school.join("Staff", "Teachers").await;
    let nested = of(&world, "kim", NOTES).await;
    assert_eq!(cause(&nested), "not-registered", "{nested:#}");
    assert!(nested.to_string().contains("Teachers > Staff"), "{nested:#}");
    school.join("Interns", "kim").await;
    school.assign("Base", &["Staff"], &["Interns"]).await;
    let excluded = of(&world, "kim", NOTES).await;
    assert_eq!((cause(&excluded), row(&excluded)), ("excluded", json!("A2")), "{excluded:#}");
    assert!(excluded["cause"]["text"].as_str().unwrap().contains("Interns"));
    school.leave("Interns", "kim").await;

    let asked = format!("user={}&app={NOTES}&platform=ios&code=A4", upn("kim"));
    assert_eq!(row(&ask(&world.admin, &asked).await), json!("A4"));
    world
        .admin
        .post(
            "/v1.0/deviceAppManagement/mobileApps",
            &json!({"@odata.type": "#microsoft.graph.managedIOSStoreApp", "displayName": "Draw",
                "publisher": "Example", "bundleId": "com.example.draw"}),
        )
        .await
        .expect(201);
    let uncovered = of(&world, "kim", "com.example.draw").await;
    assert_eq!((cause(&uncovered), row(&uncovered)), ("app-not-covered", json!("A2")), "{uncovered:#}");
    assert_eq!(outcome(&uncovered, "policy"), "fail");
    complete(&uncovered);

    school.enable("kim", false).await;
    let disabled = of(&world, "kim", NOTES).await;
    assert_eq!((cause(&disabled), outcome(&disabled, "account").as_str()), ("account-disabled", "fail"));
    complete(&disabled);
    world.stop().await;
});

both!(finds_the_rest_from_a_code, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    let only = json!({"allowedOutboundDataTransferDestinations": "managedApps"});
    school.policy("Transfers", &[NOTES], only).await;
    school.assign("Transfers", &["Staff"], &[]).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let version = phone.fetch().await.version;
    phone.report(1, version, &["device_compromised_block"]).await.expect(204);

    let code = ask(&world.admin, "code=D4").await;
    assert_eq!(code["cause"], Value::Null);
    assert_eq!(code["code"]["reason"], json!("send_managed_apps_only"));
    assert_eq!(code["code"]["settings"][0]["policyName"], json!("Transfers"), "{code:#}");
    assert_eq!(code["code"]["reporters"], json!(0));
    let reported = ask(&world.admin, "code=I5").await;
    assert_eq!(reported["code"]["reportedBy"][0]["user"], json!(upn("kim")), "{reported:#}");
    phone.report(2, version, &[]).await.expect(204);
    assert_eq!(ask(&world.admin, "code=I5").await["code"]["reporters"], json!(0));

    let decided = ask(&world.admin, &format!("user={}&app={NOTES}&code=d4&lang=nl", upn("kim"))).await;
    assert_eq!(decided["cause"]["catalogueId"], json!("D4"), "{decided:#}");
    let decider = &decided["cause"]["deciders"][0];
    assert_eq!(decider["setting"], json!("allowedOutboundDataTransferDestinations"), "{decided:#}");
    assert_eq!(decider["sources"][0]["policyName"], json!("Transfers"));
    assert_eq!(decider["sources"][0]["groupPath"], json!(["Staff"]));
    assert!(decided["cause"]["cure"]["user"].as_str().unwrap().contains("app"), "{decided:#}");
    assert_eq!(outcome(&decided, "decision"), "fail");
    for row in ["A7", "S1"] {
        let border = ask(&world.admin, &format!("user={}&app={NOTES}&code={row}", upn("kim"))).await;
        assert_eq!(border["cause"]["catalogueId"], json!(row), "{border:#}");
        complete(&border);
    }
    let unsaid = ask(&world.admin, &format!("user={}&app={NOTES}&code=RF-161", upn("kim"))).await;
    assert_eq!((cause(&unsaid), outcome(&unsaid, "decision").as_str()), ("none", "unknown"), "{unsaid:#}");
    world.stop().await;
});

both!(answers_only_who_may_ask_and_writes_down_who_did, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let path = format!("/api/v1/doctor?user={}", upn("kim"));
    for (role, may) in [
        ("global-administrator", true),
        ("owner", true),
        ("contributor", true),
        ("help-desk", true),
        ("auditor", false),
        ("privacy-officer", false),
    ] {
        let client = world.as_role(role).await;
        let answer = client.get(&path).await;
        if may {
            answer.expect(200);
        } else {
            let refusal = answer.expect(403);
            assert_eq!(refusal["field"], json!("troubleshoot"), "{role}");
            assert!(refusal["allowed"].as_str().unwrap().contains("Help desk"), "{role}: {refusal}");
        }
        // Catalogue A3: the refusal names the permission and the roles that carry it.
        let policy = json!({"displayName": role});
        let made = client.post("/v1.0/deviceAppManagement/iosManagedAppProtections", &policy).await;
        if ["global-administrator", "owner", "contributor"].contains(&role) {
            made.expect(201);
        } else {
            let told = made.expect(403)["error"]["message"].as_str().unwrap().to_owned();
            assert!(told.contains("`policies.write`"), "{role}: {told}");
            assert!(told.contains("Global administrator, Owner, Contributor"), "{role}: {told}");
        }
    }
    let role = ask(&world.admin, &format!("user={}&code=A3", upn("kim"))).await;
    assert_eq!(role["cause"]["catalogueId"], json!("A3"), "{role:#}");
    assert!(role["cause"]["text"].as_str().unwrap().contains("Global administrator, Owner, Contributor"));
    let log = world.admin.get("/api/v1/audit").await;
    assert!(log.text().contains("diagnosis.read"), "{}", log.text());

    for (query, named, near) in [
        ("user=kin@school.example", "kin@school.example", "kim@school.example"),
        ("user=kim@school.example&app=com.example.nodes", "com.example.nodes", NOTES),
        ("code=RF-9999", "RF-9999", ""),
        ("code=send_managed_app_only", "send_managed_app_only", "send_managed_apps_only"),
        ("code=D4&lang=fr", "fr", "nl"),
    ] {
        let answer = world.admin.get(&format!("/api/v1/doctor?{query}")).await;
        assert!(answer.status.is_client_error(), "{query}");
        assert!(answer.text().contains(named) && answer.text().contains(near), "{query}: {}", answer.text());
    }
    for query in ["", "app=x", "user=kim@school.example&colour=red"] {
        world.admin.get(&format!("/api/v1/doctor?{query}")).await.expect(400);
    }
    world.stop().await;
});

both!(what_contradicts_itself_is_refused, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    Phone::register(&world, "kim", NOTES, "d1").await;
    let kim = upn("kim");
    for (query, path, wanted) in [
        (format!("user={kim}&device=d1&platform=android"), "platform", "which is of ios"),
        (format!("user={}&device=d1&platform=android", upn("lou")), "platform", "which is of ios"),
        (format!("user={kim}&device=d1&code=N6"), "code", "which is of ios"),
        (format!("user={kim}&code=I5&platform=android"), "platform", "which is of ios"),
        ("user=".to_owned(), "user", "is empty"),
    ] {
        let refused = world.admin.get(&format!("/api/v1/doctor?{query}")).await.expect(400);
        assert_eq!(refused["field"], json!(path), "{query}: {refused}");
        assert!(refused.to_string().contains(wanted), "{query}: {refused}");
    }
    let fits = ask(&world.admin, &format!("user={kim}&device=d1&platform=ios&code=I5")).await;
    assert_eq!(fits["platform"], json!("ios"));
    world.stop().await;
});

both!(a3_looks_at_the_roles_of_the_person, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    school.group("Leads").await;
    school.join("Leads", "kim").await;
    let question = format!("user={}&code=A3", upn("kim"));
    let told = |answer: &Value| (cause(answer).to_owned(), outcome(answer, "decision"), answer.to_string());
    let give = async |body: Value| {
        let made = world.admin.post("/api/v1/role-assignments", &body).await.expect(201);
        format!("/api/v1/role-assignments/{}", made["id"].as_str().unwrap())
    };

    // A role that does not carry the permission changes nothing.
    give(json!({"role": "auditor", "user": school.id("kim")})).await;
    let (id, found, text) = told(&ask(&world.admin, &question).await);
    assert_eq!((id.as_str(), found.as_str()), ("role-missing", "fail"), "{text}");
    assert!(text.contains("carries policies.write"), "{text}");

    let within =
        give(json!({"role": "contributor", "user": school.id("kim"), "groups": [school.id("Staff")]})).await;
    let (id, found, text) = told(&ask(&world.admin, &question).await);
    assert_eq!((id.as_str(), found.as_str()), ("not-registered", "pass"), "{text}");
    assert!(text.contains("policies.write within Staff"), "{text}");

    // Through a group, for everything.
    let owner = give(json!({"role": "owner", "group": school.id("Leads")})).await;
    let (id, found, text) = told(&ask(&world.admin, &question).await);
    assert_eq!((id.as_str(), found.as_str()), ("not-registered", "pass"), "{text}");
    assert!(text.contains("for the whole organisation"), "{text}");

    for path in [owner, within] {
        world.admin.delete(&path).await.expect(204);
    }
    let (id, ..) = told(&ask(&world.admin, &question).await);
    assert_eq!(id, "role-missing");
    world.stop().await;
});
