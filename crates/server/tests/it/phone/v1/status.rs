use serde_json::json;

use crate::{
    both,
    kit::{
        World,
        phone::{Phone, code},
        school::{NOTES, School},
    },
};

async fn row(world: &World) -> serde_json::Value {
    let report =
        world.admin.get("/api/v1/report?app=com.example.notes&platform=ios&user=kim%40school.example").await;
    report.expect(200)["value"][0].clone()
}

both!(the_highest_sequence_wins_and_is_seen_at_once, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let version = phone.fetch().await.version;
    phone.report(5, version, &["pin_required"]).await.expect(204);
    let seen = row(&world).await;
    assert_eq!(
        (&seen["obeyedVersion"], &seen["blockedBy"], &seen["upToDate"], &seen["osVersion"]),
        (&json!(version), &json!(["pin_required"]), &json!(true), &json!("18.2"))
    );
    phone.report(4, 1, &["device_compromised"]).await.expect(204);
    phone.report(5, 1, &[]).await.expect(204);
    assert_eq!(
        row(&world).await["blockedBy"],
        json!(["pin_required"]),
        "late and repeated reports change nothing"
    );
    phone.report(6, version, &[]).await.expect(204);
    assert_eq!(row(&world).await["blockedBy"], json!([]));
    let odd = phone.report(7, version, &["=cmd()"]).await;
    assert_eq!((odd.status.as_u16(), code(&odd).as_str()), (400, "malformed"));

    let world = world.restart().await;
    assert_eq!(row(&world).await["obeyedVersion"], json!(version));
    world.stop().await;
});

both!(many_at_once_are_all_kept, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let phone = std::sync::Arc::new(Phone::register(&world, "kim", NOTES, "d1").await);
    let reports = (1..=40).map(|sequence| {
        let phone = std::sync::Arc::clone(&phone);
        tokio::spawn(async move { phone.report(sequence, sequence, &[]).await.status })
    });
    for answer in reports.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap(), 204);
    }
    assert_eq!(row(&world).await["obeyedVersion"], json!(40));
    world.stop().await;
});

both!(dialogs_and_warnings_are_kept_for_help_desk, |database| {
    let world = World::start(database).await;
    School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    let version = phone.fetch().await.version;
    let path = format!("/api/v1/instances/{}/status", phone.instance);
    assert_eq!(world.admin.get(&path).await.status, 404, "nothing was reported yet");
    let dialogs =
        json!([{"reason": "os_too_old_warn", "at": phone.now}, {"reason": "sign_in_required", "at": 5}]);
    let more = json!({"warnings": ["os_too_old_warn"], "dialogs": dialogs, "companionVersion": "5.0.1"});
    phone.report_with(1, version, &more).await.expect(204);
    let desk = world.as_role("help-desk").await;
    let said = desk.get(&path).await.expect(200);
    assert_eq!(
        (&said["warnings"], &said["dialogs"], &said["companionVersion"], &said["blockedBy"]),
        (&json!(["os_too_old_warn"]), &dialogs, &json!("5.0.1"), &json!([]))
    );
    for odd in [
        json!({"dialogs": vec![json!({"reason": "x", "at": 1}); 9]}),
        json!({"dialogs": [{"reason": "=cmd()", "at": 1}]}),
        json!({"warnings": ["two words"]}),
    ] {
        assert_eq!(code(&phone.report_with(2, version, &odd).await), "malformed", "{odd}");
    }
    world.stop().await;
});
