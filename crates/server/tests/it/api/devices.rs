use serde_json::json;

use crate::{
    both,
    kit::{
        World,
        phone::Phone,
        school::{NOTES, School, upn},
    },
};

both!(a_profile_without_user_affinity_leaves_nobody_to_target, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    assert_eq!(json!(phone.check_in().await.unwrap().reply.state), json!("protected"));

    let said = json!({"platform": "ios", "enrolment": "adeUserless", "profile": "Classroom iPads", "managedBy": "Acme"});
    let made = world.admin.put("/api/v1/devices/d1", &said).await.expect(200);
    assert_eq!(made["userAffinity"], json!(false), "it follows from the enrolment");
    assert_eq!(json!(phone.check_in().await.unwrap().reply.state), json!("noPolicy"));
    let row = &world.admin.get("/api/v1/report").await.expect(200)["value"];
    let row = row.as_array().unwrap().iter().find(|row| row["deviceTag"] == json!("d1")).unwrap().clone();
    assert_eq!((&row["state"], &row["because"]), (&json!("unprotected"), &json!("noUserAffinity")));

    let whole = world.admin.get("/api/v1/devices/d1").await.expect(200);
    assert_eq!(whole["said"]["profile"], json!("Classroom iPads"));
    assert_eq!(whole["apps"][0]["userPrincipalName"], json!(upn("kim")));

    let said = json!({"platform": "ios", "enrolment": "adeUser", "profile": "Staff iPads"});
    world.admin.put("/api/v1/devices/d1", &said).await.expect(200);
    assert_eq!(
        json!(phone.check_in().await.unwrap().reply.state),
        json!("protected"),
        "the cure works at once"
    );
    world.admin.delete("/api/v1/devices/d1").await.expect(204);
    world.admin.delete("/api/v1/devices/d1").await.expect(404);
    assert_eq!(world.admin.get("/api/v1/devices/d1").await.expect(200)["said"], json!(null));
    world.admin.get("/api/v1/devices/d2").await.expect(404);
    world.stop().await;
});

both!(bad_values_name_the_member_and_what_is_allowed, |database| {
    let world = World::start(database).await;
    let cases = [
        (json!({"platform": "ios", "enrolment": "workProfile"}), "enrolment", "adeUserless"),
        (json!({"platform": "android", "enrolment": "adeUser"}), "enrolment", "fullyManaged"),
        (
            json!({"platform": "ios", "enrolment": "adeUserless", "userAffinity": true}),
            "userAffinity",
            "false",
        ),
        (json!({"platform": "ios", "enrolment": "adeUser", "profile": " "}), "profile", "128 characters"),
        (
            json!({"platform": "ios", "enrolment": "adeUser", "workAccount": "x".repeat(200)}),
            "workAccount",
            "128 characters",
        ),
        (json!({"platform": "ios", "enrolment": "unmanaged", "profile": "P"}), "profile", "nothing"),
        (json!({"platform": "ios"}), "enrolment", ""),
        (json!({"platform": "windows", "enrolment": "adeUser"}), "platform", ""),
        (json!({"platform": "ios", "enrolment": "adeUser", "serialNumber": "C02"}), "serialNumber", ""),
        (json!([]), "", ""),
    ];
    for (body, field, allowed) in cases {
        let answer = world.admin.put("/api/v1/devices/d1", &body).await.expect(400);
        assert!(answer.to_string().contains(field), "{body}: {answer}");
        assert!(answer["allowed"].as_str().unwrap_or_default().contains(allowed), "{body}: {answer}");
    }
    let long = format!("/api/v1/devices/{}", "x".repeat(200));
    world.admin.put(&long, &json!({"platform": "ios", "enrolment": "adeUser"})).await.expect(400);
    assert_eq!(
        world.admin.get("/api/v1/devices").await.expect(200)["value"],
        json!([]),
        "nothing was written"
    );
    world.stop().await;
});

both!(pages_are_complete, |database| {
    let world = World::start(database).await;
    let said = json!({"platform": "android", "enrolment": "fullyManaged"});
    for number in 0..103 {
        world.admin.put(&format!("/api/v1/devices/d{number:03}"), &said).await.expect(200);
    }
    let first = world.admin.get("/api/v1/devices").await.expect(200);
    assert_eq!((first["value"].as_array().unwrap().len(), first["next"].as_str()), (100, Some("d099")));
    let second = world.admin.get("/api/v1/devices?after=d099").await.expect(200);
    assert_eq!((second["value"].as_array().unwrap().len(), second["next"].as_str()), (3, None));
    world.stop().await;
});

both!(a_help_desk_reads_and_does_not_write, |database| {
    let world = World::start(database).await;
    let desk = world.as_role("help-desk").await;
    desk.get("/api/v1/devices").await.expect(200);
    let said = json!({"platform": "ios", "enrolment": "adeUser"});
    let refused = desk.put("/api/v1/devices/d1", &said).await.expect(403);
    assert_eq!(refused["field"], json!("devices.write"));
    world.stop().await;
});
