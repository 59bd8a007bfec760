use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::{
    both,
    kit::{
        World,
        phone::Phone,
        school::{NOTES, School},
    },
};

both!(chain_has_no_gaps_and_shows_tampering, |database| {
    let world = World::start(database).await;
    for name in ["one", "two", "three"] {
        world.admin.post("/api/v1/tokens", &json!({"name": name, "role": "auditor"})).await.expect(201);
    }
    let auditor = world.as_role("auditor").await;
    let log = auditor.get("/api/v1/audit").await.expect(200);
    let entries = log["entries"].as_array().unwrap();
    let numbers: Vec<_> = entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    assert!(
        entries.iter().all(|entry| entry["act"].is_string() && entry["hash"].as_str().unwrap().len() == 64)
    );
    let page = auditor.get("/api/v1/audit?after=2&limit=1").await.expect(200);
    assert_eq!((page["entries"][0]["seq"].clone(), page["next"].clone()), (json!(3), json!(3)));
    assert_eq!(auditor.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));

    let mut tx = world.server.app().db.write().await.unwrap();
    sqlx::query("UPDATE audit_entry SET object = 'token:other' WHERE seq = 2")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let broken = auditor.get("/api/v1/audit/verify").await.expect(200);
    assert_eq!((broken["intact"].clone(), broken["seq"].clone()), (json!(false), json!(2)));
    assert!(
        world.as_role("help-desk").await.get("/api/v1/audit").await.expect(403)["detail"]
            .as_str()
            .unwrap()
            .contains("audit.read")
    );
    world.stop().await;
});

both!(a_cut_off_tail_is_noticed, |database| {
    let world = World::start(database).await;
    world.admin.post("/api/v1/tokens", &json!({"name": "x", "role": "auditor"})).await.expect(201);
    let mut tx = world.server.app().db.write().await.unwrap();
    sqlx::query("DELETE FROM audit_entry WHERE seq = (SELECT MAX(seq) FROM audit_entry)")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.admin.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(false));
    // An undone change leaves neither entry nor gap.
    let mut tx = world.server.app().db.write().await.unwrap();
    tx.ping().await.unwrap();
    drop(tx);
    world.stop().await;
});

both!(what_belongs_to_no_place_of_the_chain_is_noticed, |database| {
    let world = World::start(database).await;
    world.admin.post("/api/v1/tokens", &json!({"name": "x", "role": "auditor"})).await.expect(201);
    for (forge, undo) in [
        (
            "INSERT INTO audit_entry (tenant_id, seq, at, actor, act, object, outcome, hash)
             SELECT tenant_id, -seq, at, 'account:forged', act, object, outcome, hash FROM audit_entry WHERE seq = 1",
            "DELETE FROM audit_entry WHERE seq < 1",
        ),
        (
            "INSERT INTO audit_content (tenant_id, seq, content)
             SELECT tenant_id, 9999, '{}' FROM audit_entry WHERE seq = 1",
            "DELETE FROM audit_content WHERE seq = 9999",
        ),
    ] {
        change(&world, forge).await;
        assert_eq!(world.admin.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(false), "{forge}");
        change(&world, undo).await;
        assert_eq!(world.admin.get("/api/v1/audit/verify").await.expect(200)["intact"], json!(true));
    }
    world.stop().await;
});

async fn change(world: &World, text: &'static str) {
    let mut tx = world.server.app().db.write().await.unwrap();
    sqlx::query(text).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn entries(world: &World) -> i64 {
    world.admin.get("/api/v1/audit/verify").await.expect(200)["entries"].as_i64().unwrap()
}

async fn newest(world: &World) -> serde_json::Value {
    let after = entries(world).await - 1;
    let page = world.admin.get(&format!("/api/v1/audit?after={after}&limit=1")).await.expect(200);
    page["entries"][0].clone()
}

both!(every_change_leaves_one_entry_with_before_and_after, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let id = |name: &str| school.id(name).to_owned();
    let mut phone = Phone::register(&world, "kim", NOTES, "d1").await;
    phone.fetch().await;
    let policy = format!("/v1.0/deviceAppManagement/iosManagedAppProtections/{}", id("Base"));
    let none = json!({"assignments": []});
    let user = json!({"accountEnabled": true, "displayName": "Mo", "userPrincipalName": "mo@school.example"});
    let (lou, staff) = (format!("/v1.0/users/{}", id("lou")), format!("/v1.0/groups/{}", id("Staff")));
    let app = json!({"@odata.type": "#microsoft.graph.managedIOSStoreApp", "bundleId": "com.example.extra", "displayName": "Extra"});
    // What is done, the act written down, and whether there is a before and an after. `{}` is the last id answered.
    let changes = [
        ("PATCH", policy.clone(), json!({"pinRequired": false}), "policy.update", true, true),
        ("POST", format!("{policy}/assign"), none, "policy.assign", true, true),
        ("DELETE", policy, json!(null), "policy.delete", true, false),
        ("POST", "/v1.0/users".into(), user, "user.create", false, true),
        ("PATCH", "/v1.0/users/{}".into(), json!({"displayName": "Moo"}), "user.update", true, true),
        ("DELETE", "/v1.0/users/{}".into(), json!(null), "user.delete", true, false),
        ("PATCH", lou, json!({"accountEnabled": false}), "user.update", true, true),
        ("PATCH", staff.clone(), json!({"displayName": "Crew"}), "group.update", true, true),
        ("DELETE", format!("{staff}/members/{}/$ref", id("lou")), json!(null), "group.members", false, true),
        ("POST", "/v1.0/groups".into(), json!({"displayName": "New"}), "group.create", false, true),
        ("DELETE", "/v1.0/groups/{}".into(), json!(null), "group.delete", true, false),
        ("POST", "/v1.0/deviceAppManagement/mobileApps".into(), app, "app.create", false, true),
        (
            "PATCH",
            "/v1.0/deviceAppManagement/mobileApps/{}".into(),
            json!({"displayName": "E"}),
            "app.update",
            true,
            true,
        ),
        ("DELETE", "/v1.0/deviceAppManagement/mobileApps/{}".into(), json!(null), "app.delete", true, false),
        ("POST", "/api/v1/tokens".into(), json!({"name": "t", "role": "owner"}), "token.create", false, true),
        ("DELETE", "/api/v1/tokens/{}".into(), json!(null), "token.revoke", true, false),
        (
            "POST",
            "/api/v1/administrators".into(),
            json!({"userName": "a", "roles": ["owner"]}),
            "administrator.create",
            false,
            true,
        ),
        (
            "DELETE",
            "/api/v1/role-assignments/{}.owner".into(),
            json!(null),
            "administrator.update",
            true,
            true,
        ),
        (
            "POST",
            "/api/v1/role-assignments".into(),
            json!({"role": "auditor", "administrator": "a"}),
            "role.assign",
            false,
            true,
        ),
        ("DELETE", "/api/v1/role-assignments/{}".into(), json!(null), "role.unassign", true, false),
        (
            "PUT",
            "/api/v1/devices/d9".into(),
            json!({"platform": "ios", "enrolment": "unmanaged"}),
            "device.put",
            false,
            true,
        ),
        (
            "PUT",
            "/api/v1/devices/d9".into(),
            json!({"platform": "ios", "enrolment": "unmanaged"}),
            "device.put",
            true,
            true,
        ),
        ("DELETE", "/api/v1/devices/d9".into(), json!(null), "device.delete", true, false),
        ("POST", "/api/v1/tickets".into(), json!({"note": "x"}), "ticket.create", false, true),
        (
            "POST",
            "/api/v1/wipes".into(),
            json!({"instance": phone.instance.to_string()}),
            "wipe.request",
            false,
            true,
        ),
        ("PUT", "/api/v1/lease".into(), json!({"leaseMs": 3_600_000}), "lease.set", true, true),
        ("POST", "/api/v1/keys/rotate".into(), json!(null), "keys.rotate", false, true),
        (
            "POST",
            "/beta/deviceManagement/roleDefinitions".into(),
            json!({"displayName": "R"}),
            "role.create",
            false,
            true,
        ),
        (
            "PATCH",
            "/beta/deviceManagement/roleDefinitions/{}".into(),
            json!({"displayName": "S"}),
            "role.update",
            true,
            true,
        ),
        (
            "DELETE",
            "/beta/deviceManagement/roleDefinitions/{}".into(),
            json!(null),
            "role.delete",
            true,
            false,
        ),
        (
            "POST",
            "/beta/deviceManagement/roleScopeTags".into(),
            json!({"displayName": "T"}),
            "roleScopeTag.create",
            false,
            true,
        ),
        (
            "DELETE",
            "/beta/deviceManagement/roleScopeTags/{}".into(),
            json!(null),
            "roleScopeTag.delete",
            true,
            false,
        ),
    ];
    let mut last = String::new();
    for (method, path, body, act, before, after) in changes {
        let path: String = path.replace("{}", &last);
        let count = entries(&world).await;
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let answer = world.admin.send(method.parse().unwrap(), &path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        if let Ok(answer) = serde_json::from_slice::<serde_json::Value>(&answer.bytes)
            && let Some(id) = answer["id"].as_str()
        {
            id.clone_into(&mut last);
        }
        assert_eq!(entries(&world).await, count + 1, "{method} {path} leaves one entry");
        let entry = newest(&world).await;
        assert_eq!(entry["act"], json!(act), "{method} {path}");
        assert_eq!((!entry["before"].is_null(), !entry["after"].is_null()), (before, after), "{entry:#}");
        assert_eq!(entry["from"], json!("127.0.0.1"), "{entry:#}");
        assert!(entry["requestId"].is_string() && entry["outcome"] == json!("done"), "{entry:#}");
    }
    // A change that fails leaves nothing.
    let count = entries(&world).await;
    world
        .admin
        .post("/v1.0/users", &json!({"displayName": "x", "userPrincipalName": "not a name"}))
        .await
        .expect(400);
    assert_eq!(entries(&world).await, count);
    world.stop().await;
});

both!(secrets_stay_out_and_reads_and_refusals_come_in, |database| {
    let world = World::start(database).await;
    let mut school = School::make(&world).await;
    school.user("mo").await;
    let log = world.admin.get("/api/v1/audit").await;
    assert!(!log.text().contains(crate::kit::school::PASSWORD), "a password is in the log");
    assert!(!log.text().contains("argon2"), "a hash of a password is in the log");
    assert!(!log.text().contains(world.admin.token()), "a token is in the log");
    let count = entries(&world).await;
    world.admin.get(&format!("/v1.0/users/{}", school.id("mo"))).await.expect(200);
    let read = newest(&world).await;
    assert_eq!((entries(&world).await, read["act"].clone()), (count + 1, json!("user.read")));
    assert_eq!(read["object"], json!(format!("user:{}", school.id("mo"))));
    world.admin.get("/v1.0/users").await.expect(200);
    let many = newest(&world).await;
    assert_eq!((many["object"].clone(), many["objects"].as_array().unwrap().len()), (json!("many:3"), 3));
    // A refusal is an entry, and the same one again within the minute is not.
    let desk = world.as_role("help-desk").await;
    for _ in 0..3 {
        desk.post("/v1.0/groups", &json!({"displayName": "x"})).await.expect(403);
    }
    let refused = newest(&world).await;
    assert_eq!(refused["act"], json!("permission.refuse"), "{refused}");
    assert_eq!(refused["object"], json!("permission:directory.write"));
    assert_eq!(
        (refused["outcome"].clone(), refused["request"].clone()),
        (json!("refused"), json!("POST /v1.0/groups"))
    );
    world.clock.advance(ringfence_model::Millis::from_minutes(1));
    desk.post("/v1.0/groups", &json!({"displayName": "x"})).await.expect(403);
    assert_eq!(newest(&world).await["repeated"], json!(2));
    world.stop().await;
});

/// Checks an export as somebody without the server does.
fn check(text: &str) -> Result<i64, String> {
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    ringfence_server::audit::export::check(lines, |_, _| {})
        .map(|(_, found)| found.entries)
        .map_err(|error| error.to_string())
}

both!(an_export_proves_itself_and_shows_tampering, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let export = world.admin.get("/api/v1/audit/export").await;
    let text = export.text().to_owned();
    let lines: Vec<&str> = text.lines().collect();
    let count = check(&text).unwrap();
    assert_eq!(count, i64::try_from(lines.len()).unwrap() - 2);
    let put = |lines: &[&str]| lines.join("\n");
    let changed = text.replacen("group.create", "group.remove", 1);
    assert!(check(&changed).unwrap_err().contains("the hash does not follow"), "changed entry");
    let changed = text.replacen("Staff", "Stuff", 1);
    assert!(check(&changed).unwrap_err().contains("the content was changed"), "changed content");
    let mut fewer = lines.clone();
    fewer.remove(3);
    assert_eq!(check(&put(&fewer)).unwrap_err(), "entry 3: the entry is missing");
    let mut more = lines.clone();
    more.insert(3, lines[3]);
    assert_eq!(check(&put(&more)).unwrap_err(), "entry 3: the entry is out of order");
    let mut swapped = lines.clone();
    swapped.swap(3, 4);
    assert_eq!(check(&put(&swapped)).unwrap_err(), "entry 3: the entry is missing");
    let mut cut = lines.clone();
    cut.pop();
    assert!(check(&put(&cut)).unwrap_err().contains("the end of the export is missing"));
    let mut shorter = lines.clone();
    shorter.remove(lines.len() - 2);
    assert!(check(&put(&shorter)).unwrap_err().contains("the newest entries are missing"));
    assert!(check("").is_err() && check("{}").is_err() && check("\u{0}").is_err());
    // A part of the time can be checked too; a part of the entries cannot, and says so.
    let part = world.admin.get("/api/v1/audit/export?since=2026-01-02T03:04:05Z&until=2030-01-01").await;
    check(part.text()).unwrap();
    let one = format!("/api/v1/audit/export?user={}", school.id("kim"));
    assert!(check(world.admin.get(&one).await.text()).unwrap_err().contains("one user"));
    let csv = world.admin.get("/api/v1/audit/export?format=csv").await;
    assert!(csv.text().starts_with("seq,at,actor,act,object,"), "{}", csv.text());
    for wrong in ["format=xml", "since=yesterday", "user=nobody@x", "limit=x", "nonsense=1"] {
        let status = world.admin.get(&format!("/api/v1/audit/export?{wrong}")).await.status.as_u16();
        assert!((400..=404).contains(&status), "{wrong}: {status}");
    }
    world.stop().await;
});

both!(what_was_erased_does_not_break_the_chain, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let kim = school.id("kim").to_owned();
    let officer = world.as_role("privacy-officer").await;
    let erased = officer.delete(&format!("/api/v1/audit/content?user={kim}")).await.expect(200);
    assert!(erased["erased"].as_u64().unwrap() >= 2, "{erased}");
    let verdict = world.admin.get("/api/v1/audit/verify").await.expect(200);
    assert_eq!(
        (verdict["intact"].clone(), verdict["erased"].clone()),
        (json!(true), erased["erased"].clone())
    );
    let text = world.admin.get("/api/v1/audit/export").await.text().to_owned();
    assert!(!text.contains("kim@school.example"), "something about Kim is left");
    check(&text).unwrap();
    // Who erases without saying so is found, in the database and in the export.
    let mut tx = world.server.app().db.write().await.unwrap();
    sqlx::query("UPDATE audit_content SET content = NULL WHERE seq = 1").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let verdict = world.admin.get("/api/v1/audit/verify").await.expect(200);
    assert_eq!((verdict["intact"].clone(), verdict["seq"].clone()), (json!(false), json!(1)));
    let by = entries_of(&world, "audit.erase").await;
    let mut tx = world.server.app().db.write().await.unwrap();
    sqlx::query("UPDATE audit_content SET erased_by = $1 WHERE seq = 1")
        .bind(by)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let verdict = world.admin.get("/api/v1/audit/verify").await.expect(200);
    assert_eq!((verdict["intact"].clone(), verdict["seq"].clone()), (json!(false), json!(1)));
    let text = world.admin.get("/api/v1/audit/export").await.text().to_owned();
    assert!(check(&text).unwrap_err().starts_with("entry 1: the content is missing"));
    world.stop().await;
});

async fn entries_of(world: &World, act: &str) -> i64 {
    let found = world.admin.get(&format!("/api/v1/audit?act={act}")).await.expect(200);
    found["entries"][0]["seq"].as_i64().unwrap()
}

both!(audit_events_in_the_names_of_graph, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let policy = format!("/v1.0/deviceAppManagement/iosManagedAppProtections/{}", school.id("Base"));
    world.admin.patch(&policy, &json!({"pinRequired": false})).await.expect(204);
    let events = "/v1.0/deviceManagement/auditEvents";
    let filter = "componentName%20eq%20'ManagedAppProtection'%20and%20activityDateTime%20gt%202020-01-01T00:00:00Z\
                  %20and%20activityDateTime%20le%202030-01-01T00:00:00Z%20and%20activityOperationType%20ne%20'Get'";
    let found = world
        .admin
        .get(&format!("{events}?$filter={filter}&$orderby=activityDateTime%20desc"))
        .await
        .expect(200);
    let patch = found["value"].as_array().unwrap().iter();
    let patch = patch.into_iter().find(|event| event["activityOperationType"] == "Patch").unwrap();
    let changed = &patch["resources"][0]["modifiedProperties"];
    assert_eq!(changed, &json!([{"displayName": "pinRequired", "oldValue": "true", "newValue": "false"}]));
    assert_eq!(patch["resources"][0]["resourceId"], json!(school.id("Base").trim_start_matches("T_")));
    assert_eq!(patch["actor"]["ipAddress"], json!("127.0.0.1"));
    let one = world.admin.get(&format!("{events}/{}", patch["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(one["activityType"], json!("Patch ManagedAppProtection"));
    let categories = world.admin.get(&format!("{events}/getAuditCategories()")).await.expect(200);
    assert!(categories["value"].as_array().unwrap().contains(&json!("Application")));
    let types =
        world.admin.get(&format!("{events}/getAuditActivityTypes(category='Application')")).await.expect(200);
    assert!(types["value"].as_array().unwrap().contains(&json!("Patch ManagedAppProtection")), "{types}");
    let page = world.admin.get(&format!("{events}?$top=2")).await.expect(200);
    assert!(page["value"].as_array().unwrap().len() == 2 && page["@odata.nextLink"].is_string(), "{page}");
    // In either order from end to end, and counted.
    let ids = |page: &Value| -> Vec<Value> {
        page["value"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect()
    };
    let path = format!("{events}?$count=true&$top=500&$orderby=activityDateTime");
    let oldest = world.admin.get(&path).await.expect(200);
    let mut newest = ids(&world.admin.get(&format!("{path}%20desc")).await.expect(200));
    newest.reverse();
    let count = ids(&oldest).len();
    assert_eq!(oldest["@odata.count"], json!(count));
    assert_eq!(newest[..count], ids(&oldest));
    let mut paged = Vec::new();
    for skip in (0..count).step_by(7) {
        let page = world.admin.get(&format!("{events}?$orderby=activityDateTime&$top=7&$skip={skip}")).await;
        paged.extend(ids(&page.expect(200)));
    }
    assert_eq!(paged[..count], ids(&oldest));
    // Times in texts, in other branches and in a filter that was overridden narrow nothing.
    let all =
        world.admin.get(&format!("{events}/$count?$filter=activity%20ne%20'x'")).await.text().to_owned();
    let all: usize = all.parse().unwrap();
    assert!(all >= count);
    for filter in [
        "activity ne ' activityDateTime ge 2099-01-01T00:00:00Z '",
        "(activityDateTime ge 2099-01-01T00:00:00Z) eq false",
        "activityDateTime ge 2099-01-01T00:00:00Z\tor\tactivity ne 'x'",
        "activityDateTime ge 2099-01-01T00:00:00Z&$filter=activity ne 'x'",
    ] {
        let filter = filter.replace(' ', "%20").replace('\t', "%09");
        let found = world.admin.get(&format!("{events}/$count?$filter={filter}")).await;
        assert!(found.text().parse::<usize>().unwrap() >= all, "{filter}: {}", found.text());
    }
    assert_eq!(world.admin.get(&format!("{events}/nothing")).await.status.as_u16(), 404);
    world.as_role("help-desk").await.get(events).await.expect(403);
    world.stop().await;
});

both!(pages_of_audit_events_lose_and_repeat_nothing_while_others_are_written, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let policy = format!("/v1.0/deviceAppManagement/iosManagedAppProtections/{}", school.id("Base"));
    let events = "/v1.0/deviceManagement/auditEvents";
    let ids = |page: &Value| -> Vec<Value> {
        page["value"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect()
    };
    for options in [
        "",
        "&$orderby=activityDateTime",
        "&$filter=activityOperationType%20ne%20'Get'",
        "&$filter=activityOperationType%20ne%20'Get'&$orderby=activityDateTime%20desc",
        "&$filter=activityOperationType%20ne%20'Get'&$orderby=activityDateTime",
    ] {
        let whole = ids(&world.admin.get(&format!("{events}?$top=500{options}")).await.expect(200));
        let mut page = world.admin.get(&format!("{events}?$top=3{options}")).await.expect(200);
        let mut paged = ids(&page);
        while let Some(next) = page["@odata.nextLink"].as_str().map(str::to_owned) {
            if paged.len() < 30 {
                world
                    .admin
                    .patch(&policy, &json!({"description": paged.len().to_string()}))
                    .await
                    .expect(204);
            }
            page = world.admin.get(&next).await.expect(200);
            paged.extend(ids(&page));
        }
        // Oldest first, what was written meanwhile comes at the end.
        assert_eq!(paged[..whole.len()], whole, "{options}");
        let unique: std::collections::HashSet<_> = paged.iter().map(Value::to_string).collect();
        assert_eq!(unique.len(), paged.len(), "{options}");
    }
    for token in ["x", "eyJrIjoiMSIsImkiOiIxIn0"] {
        let refused = world.admin.get(&format!("{events}?$skiptoken={token}")).await.expect(400);
        assert!(refused["error"]["message"].as_str().unwrap().contains("`$skiptoken`"), "{refused}");
    }
    world.stop().await;
});

both!(a_reader_is_noted_when_the_first_note_could_not_be_written, |database| {
    let world = World::start(database).await;
    let auditor = world.as_role("auditor").await;
    // This reading is noted too, once.
    newest(&world).await;
    let count = entries(&world).await;
    change(&world, "ALTER TABLE audit_head RENAME TO away").await;
    assert!(auditor.get("/api/v1/audit").await.status.is_server_error(), "no note, no reading");
    change(&world, "ALTER TABLE away RENAME TO audit_head").await;
    for _ in 0..2 {
        auditor.get("/api/v1/audit").await.expect(200);
        assert_eq!(
            (entries(&world).await, newest(&world).await["act"].clone()),
            (count + 1, json!("audit.read"))
        );
    }
    world.stop().await;
});
