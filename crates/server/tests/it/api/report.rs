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

async fn report(client: &Client) -> Value {
    client.get("/api/v1/report").await.expect(200)
}

fn row(report: &Value, user: &str, app: &str) -> Value {
    let rows = report["value"].as_array().unwrap();
    let found = rows.iter().find(|row| row["userPrincipalName"] == upn(user) && row["app"] == app);
    found.cloned().unwrap_or_else(|| panic!("no row of {user} in {app}: {report}"))
}

both!(shows_targeted_protected_and_unprotected_at_once, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    let fresh = report(&world.admin).await;
    assert_eq!(fresh["coverage"]["targetedNotCheckedIn"], json!(4), "two people in two apps");
    assert_eq!(row(&fresh, "kim", NOTES)["state"], json!("targetedNotCheckedIn"));

    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    assert_eq!(row(&report(&world.admin).await, "kim", NOTES)["state"], json!("targetedNotCheckedIn"));
    let version = phone.fetch().await.version;
    phone.report(1, version, &[]).await.expect(204);
    let seen = row(&report(&world.admin).await, "kim", NOTES);
    assert_eq!(
        (&seen["state"], &seen["versionInForce"], &seen["obeyedVersion"], &seen["upToDate"]),
        (&json!("protected"), &json!(version), &json!(version), &json!(true))
    );
    assert_eq!(seen["policies"], json!(["Base"]));

    school.set("Base", json!({"minimumPinLength": 7})).await;
    let behind = row(&report(&world.admin).await, "kim", NOTES);
    assert_eq!(behind["upToDate"], json!(false), "{behind}");
    assert_eq!(
        behind["versionInForce"],
        json!(phone.fetch().await.version),
        "the version announced is the one given"
    );

    world.clock.advance(Millis::from_minutes(1));
    assert!(phone.check_in().await.is_none());
    let at = crate::kit::START.plus(Millis::from_minutes(1));
    assert_eq!(row(&report(&world.admin).await, "kim", NOTES)["lastCheckInAt"], json!(at));

    school.user("max").await;
    school.license("max").await;
    let mut free = Phone::register(&world, "max", NOTES, "d9").await;
    free.check_in().await.unwrap();
    let unprotected = row(&report(&world.admin).await, "max", NOTES);
    assert_eq!((&unprotected["state"], &unprotected["because"]), (&json!("unprotected"), &json!("noPolicy")));
    world.admin.post("/api/v1/wipes", &json!({"user": upn("kim")})).await.expect(201);
    assert_eq!(row(&report(&world.admin).await, "kim", NOTES)["wipePending"], json!(true));

    let world = world.restart().await;
    let kept = row(&report(&world.admin).await, "kim", NOTES);
    assert_eq!(kept["lastCheckInAt"], json!(at), "the last check-in is stored when the server stops");
    world.stop().await;
});

both!(is_given_as_csv_to_those_who_may_see_it, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    Phone::register(&world, "kim", NOTES, "=HYPERLINK(1)").await;
    let answer = world.as_role("auditor").await.get("/api/v1/report?format=csv").await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    let text = answer.text();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.starts_with("userPrincipalName,app,platform,state,"));
    assert!(text.contains(&format!("kim@school.example,{MAIL},ios,targetedNotCheckedIn")));
    assert!(text.contains(",'=HYPERLINK(1),"), "no formulas: {text}");
    assert_eq!(world.as_role("privacy-officer").await.get("/api/v1/report").await.status, 403);
    assert_eq!(world.anonymous().get("/api/v1/report").await.status, 401);
    world.stop().await;
});

both!(what_does_not_fit_is_of_the_app_that_was_asked_for, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    for (name, app, device) in [("kim", MAIL, "d1"), ("kim", NOTES, "d1"), ("lou", NOTES, "d2")] {
        Phone::register(&world, name, app, device).await;
    }
    let asked = async |query: &str| {
        let report = world.admin.get(&format!("/api/v1/report?{query}")).await.expect(200);
        let rows = report["value"].as_array().unwrap().iter();
        let rows: Vec<_> = rows
            .map(|row| {
                let name = row["userPrincipalName"].as_str().unwrap().split('@').next().unwrap().to_owned();
                (name, row["app"].as_str().unwrap().to_owned(), row["instance"].is_string())
            })
            .collect();
        (rows, report["truncated"].as_bool().unwrap())
    };
    let (kim, lou) = (("kim".to_owned(), NOTES.to_owned(), true), ("lou".to_owned(), NOTES.to_owned(), true));
    let both = vec![kim.clone(), lou];
    let loud = NOTES.to_uppercase();
    assert_eq!(asked(&format!("app={NOTES}&platform=ios&limit=2")).await, (both.clone(), false));
    assert_eq!(asked(&format!("app={loud}&limit=2")).await, (both, false), "on any platform");
    assert_eq!(asked(&format!("app={NOTES}&limit=1")).await, (vec![kim], true));
    assert_eq!(asked(&format!("app={NOTES}&platform=android")).await, (vec![], false));
    let (mail, cut) = asked(&format!("app={MAIL}&limit=1")).await;
    assert_eq!((mail.len(), mail[0].2, cut), (1, true, true), "lou has yet to come");
    assert!(!asked("limit=4").await.1 && asked("limit=3").await.1);
    assert_eq!(asked("limit=0").await.0.len(), 1);
    assert_eq!(world.admin.get("/api/v1/report?limit=some").await.status, 400);
    world.stop().await;
});
