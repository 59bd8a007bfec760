//! A district with two schools: what an administrator of one sees, and what he may do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        Answer, Client, World,
        phone::Phone,
        school::{NOTES, School, upn},
    },
};

const PROTECTIONS: &str = "/v1.0/deviceAppManagement/iosManagedAppProtections";
const ROLES: [&str; 6] =
    ["global-administrator", "owner", "contributor", "help-desk", "auditor", "privacy-officer"];

/// Every list, and questions about somebody in sight.
const READS: &[&str] = &[
    "/api/v1/whoami",
    "/api/v1/audit",
    "/api/v1/audit/verify",
    "/api/v1/audit/export",
    "/api/v1/audit/export?format=csv",
    "/api/v1/tokens",
    "/api/v1/roles",
    "/api/v1/role-assignments",
    "/api/v1/programs",
    "/api/v1/providers",
    "/api/v1/devices",
    "/api/v1/report",
    "/api/v1/report?format=csv",
    "/api/v1/wipes",
    "/api/v1/receipts",
    "/api/v1/tickets",
    "/api/v1/lease",
    "/api/v1/doctor?user=anna@school.example",
    "/api/v1/doctor?code=pin_required",
    "/api/v1/effective?user=anna@school.example&app=com.example.notes&platform=ios",
    "/v1.0/me",
    "/v1.0/users",
    "/v1.0/users?$top=1",
    "/v1.0/users?$filter=accountEnabled%20eq%20true&$count=true",
    "/v1.0/users?$orderby=displayName",
    "/v1.0/users/$count",
    "/v1.0/groups",
    "/v1.0/groups?$expand=members",
    "/v1.0/users?$expand=memberOf,transitiveMemberOf",
    "/v1.0/groups/$count",
    "/v1.0/organization",
    "/v1.0/subscribedSkus",
    "/v1.0/users/anna@school.example",
    "/v1.0/users/anna@school.example?$expand=transitiveMemberOf",
    "/v1.0/users/anna@school.example/memberOf",
    "/v1.0/users/anna@school.example/transitiveMemberOf",
    "/v1.0/users/anna@school.example/licenseDetails",
    "/v1.0/users/anna@school.example/managedAppRegistrations",
    "/v1.0/deviceAppManagement/managedAppPolicies",
    "/v1.0/deviceAppManagement/iosManagedAppProtections",
    "/v1.0/deviceAppManagement/iosManagedAppProtections?$expand=assignments,apps",
    "/beta/deviceAppManagement/managedAppPolicies",
    "/v1.0/deviceAppManagement/managedAppRegistrations",
    "/v1.0/deviceAppManagement/managedAppRegistrations?$expand=appliedPolicies,intendedPolicies,operations",
    "/v1.0/deviceAppManagement/managedAppRegistrations/getUserIdsWithFlaggedAppRegistration",
    "/v1.0/deviceAppManagement/managedAppStatuses",
    "/v1.0/deviceAppManagement/managedAppStatuses('managedAppList')",
    "/v1.0/deviceAppManagement/mobileApps",
    "/v1.0/deviceManagement/managedDevices",
    "/v1.0/deviceManagement/reports/exportJobs",
    "/v1.0/deviceManagement/auditEvents",
    "/v1.0/deviceManagement/roleDefinitions?$expand=roleAssignments",
    "/v1.0/deviceManagement/roleAssignments",
    "/beta/deviceManagement/roleAssignments?$expand=roleDefinition",
    "/beta/deviceManagement/roleScopeTags",
    "/beta/deviceManagement/assignmentFilters",
];

pub(super) struct District {
    pub(super) school: School,
    /// Texts that name something of school B.
    theirs: BTreeSet<String>,
    instance: String,
    pub(super) wipe: String,
    ticket: String,
}

/// Anna in school A, Bert in school B; each with a phone, an order to wipe, a ticket and a device record.
pub(super) async fn district(world: &World) -> District {
    let mut school = School::make(world).await;
    for group in ["District", "School A", "School B", "Class B1"] {
        school.group(group).await;
    }
    for (group, member) in [("District", "School A"), ("District", "School B"), ("School B", "Class B1")] {
        school.join(group, member).await;
    }
    for (name, group) in [("anna", "School A"), ("bert", "School B"), ("bea", "Class B1")] {
        school.user(name).await;
        school.license(name).await;
        school.join(group, name).await;
    }
    for (policy, groups) in [
        ("For A", &["School A"][..]),
        ("For B", &["School B"]),
        ("For both", &["School A", "School B"]),
        ("For the district", &["District"]),
    ] {
        school.policy(policy, &[NOTES], json!({"pinRequired": true})).await;
        school.assign(policy, groups, &[]).await;
    }
    let (mut instances, mut wipes, mut tickets) = (Vec::new(), Vec::new(), Vec::new());
    for name in ["anna", "bert"] {
        let device = format!("device-of-{name}");
        let mut phone = Phone::register(world, name, NOTES, &device).await;
        phone.fetch().await;
        instances.push(phone.instance.to_string());
        let order = json!({"instance": phone.instance.to_string()});
        let order = world.admin.post("/api/v1/wipes", &order).await.expect(201);
        wipes.push(order["value"][0]["order"].as_str().unwrap().to_owned());
        let ticket = json!({"user": upn(name), "note": format!("note-about-{name}")});
        let ticket = world.admin.post("/api/v1/tickets", &ticket).await.expect(201);
        tickets.push(ticket["reference"].as_str().unwrap().to_owned());
        let said = json!({"platform": "ios", "enrolment": "unmanaged"});
        world.admin.put(&format!("/api/v1/devices/{device}"), &said).await.expect(200);
    }
    let b = |list: &[String]| list[1].clone();
    let (instance, wipe, ticket) = (b(&instances), b(&wipes), b(&tickets));
    let mut theirs: BTreeSet<String> =
        ["School B", "Class B1", "bert", "bea", "For B", "Staff", "kim", "lou"]
            .map(|name| school.id(name).to_owned())
            .into();
    theirs.extend([&instance, &wipe, &ticket].map(String::clone));
    theirs.extend([upn("bert"), upn("bea"), upn("kim"), "device-of-bert".into(), "note-about-bert".into()]);
    District { school, theirs, instance, wipe, ticket }
}

pub(super) async fn within(world: &World, role: &str, groups: &[&str]) -> Client {
    let body = json!({"name": format!("{role} of a school"), "role": role, "groups": groups});
    let made = world.admin.post("/api/v1/tokens", &body).await.expect(201);
    Client::new(world.server.addr, Some(made["token"].as_str().unwrap().to_owned()))
}

#[track_caller]
fn free_of(district: &District, answer: &Answer, what: &str) {
    let text = answer.text();
    for id in &district.theirs {
        assert!(!text.contains(id.as_str()), "{what} tells `{id}` of school B:\n{text}");
    }
    assert!(answer.status.as_u16() < 500 || answer.status.as_u16() == 501, "{what}: {text}");
}

both!(nothing_of_another_school_is_ever_answered, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    for role in ROLES {
        let client = within(&world, role, &[district.school.id("School A")]).await;
        for path in READS {
            let answer = client.get(path).await;
            free_of(&district, &answer, &format!("{role} GET {path}"));
        }
    }
    // What belongs to the school is there.
    let owner = within(&world, "owner", &[district.school.id("School A")]).await;
    for (path, text) in [
        ("/v1.0/users", upn("anna")),
        ("/v1.0/groups", "School A".to_owned()),
        (PROTECTIONS, "For A".to_owned()),
        (PROTECTIONS, "For both".to_owned()),
        (PROTECTIONS, "For the district".to_owned()),
        ("/api/v1/report", upn("anna")),
        ("/api/v1/wipes", upn("anna")),
        ("/api/v1/tickets", "note-about-anna".to_owned()),
        ("/api/v1/devices", "device-of-anna".to_owned()),
    ] {
        let answer = owner.get(path).await;
        assert!(answer.text().contains(&text), "{path} lacks {text}: {}", answer.text());
    }
    let coverage = owner.get("/api/v1/report").await.expect(200)["coverage"]["rows"].clone();
    assert_eq!(coverage, json!(1));
    world.stop().await;
});

both!(what_is_out_of_sight_is_not_found, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let id = |name: &str| district.school.id(name).to_owned();
    let admin = within(&world, "global-administrator", &[&id("School A")]).await;
    let (bert, b, policy) = (id("bert"), id("School B"), id("For B"));
    for path in [
        format!("/v1.0/users/{bert}"),
        format!("/v1.0/users/{}", upn("bert")),
        format!("/v1.0/users/{bert}/memberOf"),
        format!("/v1.0/users/{bert}/managedAppRegistrations"),
        format!("/v1.0/users/{bert}/managedAppRegistrations/{}", district.instance),
        format!("/v1.0/groups/{b}"),
        format!("/v1.0/groups/{b}/members"),
        format!("/v1.0/groups/{}", id("District")),
        format!("{PROTECTIONS}/{policy}"),
        format!("{PROTECTIONS}/{policy}/assignments"),
        format!("/api/v1/instances/{}/status", district.instance),
        format!("/api/v1/wipes/{}", district.wipe),
        format!("/api/v1/wipes/{}/receipt", district.wipe),
        format!("/api/v1/receipts/{}", district.instance),
        format!("/api/v1/tickets/{}", district.ticket),
        "/api/v1/devices/device-of-bert".to_owned(),
        format!("/api/v1/report?user={}", upn("bert")),
        format!("/api/v1/doctor?user={}", upn("bert")),
        format!("/api/v1/effective?user={}&app={NOTES}&platform=ios", upn("bert")),
    ] {
        assert_eq!(admin.get(&path).await.status.as_u16(), 404, "{path}");
        assert!(!world.admin.get(&path).await.status.is_server_error(), "{path}");
    }
    let member = json!({"@odata.id": format!("http://x/v1.0/directoryObjects/{bert}")});
    let question = json!({"user": upn("bert"), "app": NOTES, "platform": "ios", "action": "clipboard"});
    for (method, path, body) in [
        ("PATCH", format!("/v1.0/users/{bert}"), json!({"displayName": "x"})),
        ("DELETE", format!("/v1.0/users/{bert}"), Value::Null),
        (
            "POST",
            format!("/v1.0/users/{bert}/assignLicense"),
            json!({"addLicenses": [], "removeLicenses": []}),
        ),
        ("PATCH", format!("/v1.0/groups/{b}"), json!({"displayName": "x"})),
        ("DELETE", format!("/v1.0/groups/{b}"), Value::Null),
        ("POST", format!("/v1.0/groups/{}/members/$ref", id("School A")), member.clone()),
        ("POST", format!("/v1.0/groups/{b}/members/$ref"), member),
        ("PATCH", format!("{PROTECTIONS}/{policy}"), json!({"pinRequired": false})),
        ("DELETE", format!("{PROTECTIONS}/{policy}"), Value::Null),
        ("POST", "/api/v1/wipes".to_owned(), json!({"user": upn("bert")})),
        ("POST", "/api/v1/wipes/preview".to_owned(), json!({"instance": district.instance})),
        ("DELETE", format!("/api/v1/wipes/{}", district.wipe), Value::Null),
        ("POST", "/api/v1/tickets".to_owned(), json!({"user": upn("bert")})),
        ("DELETE", format!("/api/v1/tickets/{}", district.ticket), Value::Null),
        (
            "PUT",
            "/api/v1/devices/device-of-bert".to_owned(),
            json!({"platform": "ios", "enrolment": "unmanaged"}),
        ),
        ("DELETE", "/api/v1/devices/device-of-bert".to_owned(), Value::Null),
        ("POST", "/api/v1/explain".to_owned(), question),
    ] {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let answer = admin.send(method.parse().unwrap(), &path, body).await;
        assert_eq!(answer.status.as_u16(), 404, "{method} {path}: {}", answer.text());
    }
    world.stop().await;
});

both!(a_school_changes_what_is_its_own, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let id = |name: &str| district.school.id(name).to_owned();
    let owner = within(&world, "owner", &[&id("School A")]).await;
    // What also reaches others is seen, without the others, and not changed.
    for policy in ["For both", "For the district"] {
        let path = format!("{PROTECTIONS}/{}", id(policy));
        owner.get(&path).await.expect(200);
        let refused = owner.patch(&path, &json!({"pinRequired": false})).await.expect(403);
        assert_eq!(refused["error"]["innerError"]["code"], json!("out_of_scope"), "{refused}");
    }
    owner.patch(&format!("{PROTECTIONS}/{}", id("For A")), &json!({"pinRequired": false})).await.expect(204);
    // A new policy is its own, also before it is assigned; it cannot be assigned beyond.
    let body = json!({"displayName": "New of A", "appGroupType": "allApps"});
    let made = owner.post(PROTECTIONS, &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    owner.get(&format!("{PROTECTIONS}/{made}")).await.expect(200);
    let other = within(&world, "owner", &[&id("School B")]).await;
    assert_eq!(other.get(&format!("{PROTECTIONS}/{made}")).await.status.as_u16(), 404);
    let to = |group: &str| json!({"assignments": [{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}}]});
    let assign = format!("{PROTECTIONS}/{made}/assign");
    assert_eq!(owner.post(&assign, &to(&id("School B"))).await.status.as_u16(), 403);
    let all = json!({"assignments": [{"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}}]});
    assert_eq!(owner.post(&assign, &all).await.status.as_u16(), 403);
    owner.post(&assign, &to(&id("School A"))).await.expect(204);
    // New people and groups belong to the school.
    let user =
        json!({"accountEnabled": true, "displayName": "Ada", "userPrincipalName": "ada@school.example"});
    let ada = owner.post("/v1.0/users", &user).await.expect(201)["id"].as_str().unwrap().to_owned();
    owner.get(&format!("/v1.0/users/{ada}")).await.expect(200);
    assert_eq!(other.get(&format!("/v1.0/users/{ada}")).await.status.as_u16(), 404);
    let group = owner.post("/v1.0/groups", &json!({"displayName": "A1"})).await.expect(201);
    owner.get(&format!("/v1.0/groups/{}", group["id"].as_str().unwrap())).await.expect(200);
    // What concerns everybody is not for a school.
    let refused = owner.post("/v1.0/deviceAppManagement/mobileApps", &json!({})).await.expect(403);
    assert!(refused["error"]["message"].as_str().unwrap().contains("whole organisation"), "{refused}");
    world.stop().await;
});

both!(nobody_gives_what_he_does_not_hold, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let id = |name: &str| district.school.id(name).to_owned();
    let head = within(&world, "global-administrator", &[&id("School A")]).await;
    let path = "/api/v1/role-assignments";
    let give = |user: &str, groups: Value| json!({"role": "help-desk", "user": upn(user), "groups": groups});
    assert_eq!(head.post(path, &give("anna", json!([id("School B")]))).await.status.as_u16(), 400);
    assert_eq!(head.post(path, &give("bert", json!([id("School A")]))).await.status.as_u16(), 400);
    let beyond = json!({"role": "help-desk", "user": upn("anna")});
    let refused = head.post(path, &beyond).await.expect(403);
    assert_eq!(refused["code"], json!("out_of_scope"));
    let made = head.post(path, &give("anna", json!([id("School A")]))).await.expect(201);
    assert_eq!(made["members"][0]["name"], json!(upn("anna")));
    // A help desk gives nothing at all, and is told who does.
    let desk = within(&world, "help-desk", &[&id("School A")]).await;
    let refused = desk.post(path, &give("anna", json!([id("School A")]))).await.expect(403);
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("`roles.manage`") && detail.contains("Global administrator"), "{detail}");
    // Tokens: an owner of everything gives no more than he has, and of a school no further than the school.
    let owner = within(&world, "owner", &[&id("School A")]).await;
    let token = json!({"name": "x", "role": "help-desk"});
    let made = owner.post("/api/v1/tokens", &token).await.expect(201);
    assert_eq!(made["groups"], json!([id("School A")]));
    // A group out of sight is as unknown as one that does not exist.
    let token = json!({"name": "x", "role": "help-desk", "groups": [id("School B")]});
    assert_eq!(owner.post("/api/v1/tokens", &token).await.status.as_u16(), 400);
    let token = json!({"name": "x", "role": "global-administrator"});
    assert_eq!(owner.post("/api/v1/tokens", &token).await.status.as_u16(), 403);
    world.stop().await;
});

both!(a_role_taken_is_gone_from_open_sessions, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let id = |name: &str| district.school.id(name).to_owned();
    let body = json!({"userName": "desk", "roles": ["help-desk"], "groups": [id("School A")]});
    let made = world.admin.post("/api/v1/administrators", &body).await.expect(201);
    let change =
        json!({"userName": "desk", "password": made["oneTimePassword"], "newPassword": "another long one"});
    let session = world.anonymous().post("/api/v1/signin", &change).await.expect(200);
    let desk = Client::new(world.server.addr, Some(session["token"].as_str().unwrap().to_owned()));
    let users = desk.get("/v1.0/users").await.expect(200);
    assert_eq!(users["value"].as_array().unwrap().len(), 1, "{users}");
    // A second role with another reach: each permission reaches as far as its own role.
    let wider = json!({"role": "auditor", "administrator": "desk"});
    let wider = world.admin.post("/api/v1/role-assignments", &wider).await.expect(201);
    desk.get("/api/v1/audit").await.expect(200);
    let reports = desk.get("/api/v1/report").await.expect(200);
    assert!(reports["coverage"]["rows"].as_u64().unwrap() > 1, "an auditor of everything reads all reports");
    assert!(desk.get(&format!("/v1.0/groups/{}/members", id("School B"))).await.status.is_success());
    assert_eq!(
        desk.get("/api/v1/devices/device-of-bert").await.status.as_u16(),
        404,
        "devices: help desk only"
    );
    world
        .admin
        .delete(&format!("/api/v1/role-assignments/{}", wider["id"].as_str().unwrap()))
        .await
        .expect(204);
    assert_eq!(desk.get("/api/v1/audit").await.status.as_u16(), 403);
    let own = format!("/api/v1/role-assignments/{}.help-desk", made["id"].as_str().unwrap());
    world.admin.delete(&own).await.expect(204);
    assert_eq!(desk.get("/v1.0/users").await.status.as_u16(), 403);
    // Somebody must stay who may give roles.
    let all = world.admin.get("/api/v1/role-assignments").await.expect(200);
    let last =
        all["value"].as_array().unwrap().iter().find(|one| one["role"] == "global-administrator").unwrap();
    let refused =
        world.admin.delete(&format!("/api/v1/role-assignments/{}", last["id"].as_str().unwrap())).await;
    assert_eq!(refused.expect(409)["code"], json!("last_administrator"));
    world.stop().await;
});

both!(roles_in_the_names_of_graph, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let id = |name: &str| district.school.id(name).to_owned();
    let definitions = "/beta/deviceManagement/roleDefinitions";
    let all = world.admin.get(definitions).await.expect(200);
    let built_in = all["value"].as_array().unwrap();
    assert!(built_in.len() == 6 && built_in.iter().all(|one| one["isBuiltIn"] == json!(true)), "{all}");
    let body = json!({
        "displayName": "Policy readers",
        "rolePermissions": [{"resourceActions": [{
            "allowedResourceActions": ["Microsoft.Intune_ManagedApps_Read", "Microsoft.Intune_Nothing_Read"],
            "notAllowedResourceActions": []}]}],
    });
    let role = world.admin.post(definitions, &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(world.admin.post(definitions, &body).await.status.as_u16(), 409);
    let assignment = json!({
        "displayName": "Readers of A", "members": [id("anna")], "resourceScopes": [id("School A")],
        "roleDefinition@odata.bind": format!("https://graph.example/beta/deviceManagement/roleDefinitions('{role}')"),
    });
    let assignments = "/v1.0/deviceManagement/roleAssignments";
    let made = world.admin.post(assignments, &assignment).await.expect(201);
    let one = format!("{assignments}/{}", made["id"].as_str().unwrap());
    let read = world.admin.get(&format!("{one}?$expand=roleDefinition")).await.expect(200);
    assert_eq!(read["roleDefinition"]["id"], json!(role));
    assert_eq!(read["resourceScopes"], json!([id("School A")]));
    assert_eq!(world.admin.delete(&format!("{definitions}/{role}")).await.status.as_u16(), 409);
    world
        .admin
        .patch(&one, &json!({"members": [id("School A")], "description": "all of A"}))
        .await
        .expect(200);
    let builtin = built_in[0]["id"].as_str().unwrap();
    assert_eq!(world.admin.patch(&format!("{definitions}/{builtin}"), &json!({})).await.status.as_u16(), 400);
    for (body, status) in [
        (json!({"displayName": "x", "members": [id("anna")]}), 400),
        (json!({"displayName": "x", "members": [], "roleDefinition": {"id": role}}), 400),
        (json!({"members": ["nobody"], "roleDefinition": {"id": role}}), 400),
        (json!({"members": [id("anna")], "roleDefinition": {"id": role}, "roleScopeTagIds": ["7"]}), 400),
        (json!({"members": [id("anna")], "roleDefinition": {"id": role}, "resourceScopes": "x"}), 400),
    ] {
        let answer = world.admin.post(assignments, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text());
    }
    world.admin.delete(&one).await.expect(204);
    world.admin.delete(&format!("{definitions}/{role}")).await.expect(204);
    let tags = "/beta/deviceManagement/roleScopeTags";
    let tag = world.admin.post(tags, &json!({"displayName": "North"})).await.expect(201);
    let target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id("School A")});
    let assign = format!("{tags}/{}/assign", tag["id"].as_str().unwrap());
    let assigned = world.admin.post(&assign, &json!({"assignments": [{"target": target}]})).await.expect(200);
    assert_eq!(assigned["value"][0]["target"]["groupId"], json!(id("School A")));
    assert_eq!(world.admin.get(tags).await.expect(200)["value"].as_array().unwrap().len(), 2);
    world.stop().await;
});
