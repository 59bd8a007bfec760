//! Ways to more than one was given, each closed: through groups that carry roles, people who have them, programs,
//! providers, provisioning, and objects made again under an id that somebody trusted.

use serde_json::{Value, json};

use super::roles::{district, within};
use crate::{
    both,
    kit::{Answer, Client, World, school::upn},
};

const ASSIGNMENTS: &str = "/api/v1/role-assignments";

#[track_caller]
fn refused(answer: &Answer) {
    assert_eq!(answer.status.as_u16(), 403, "{}", answer.text());
    let text = answer.text();
    // A3: what is missing, and who has it.
    assert!(text.contains("needs the permission") && text.contains("Global administrator"), "{text}");
}

fn bind(world: &World, id: &str) -> Value {
    json!({"@odata.id": format!("http://{}/v1.0/directoryObjects/{id}", world.server.addr)})
}

both!(membership_of_a_group_with_a_role_is_for_those_who_could_give_it, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let id = |name: &str| district.school.id(name).to_owned();
    let given = json!({"role": "global-administrator", "group": id("School A")});
    let given = world.admin.post(ASSIGNMENTS, &given).await.expect(201);
    for owner in [world.as_role("owner").await, within(&world, "owner", &[&id("School A")]).await] {
        let members = format!("/v1.0/groups/{}/members", id("School A"));
        refused(&owner.delete(&format!("{members}/{}/$ref", id("anna"))).await);
        // Nested: whoever is in a group below has the role too.
        let below = owner.post("/v1.0/groups", &json!({"displayName": "Below"})).await;
        if below.status == 201 {
            let below = below.json()["id"].as_str().unwrap().to_owned();
            refused(&owner.post(&format!("{members}/$ref"), &bind(&world, &below)).await);
        } else {
            refused(&below);
        }
    }
    let owner = world.as_role("owner").await;
    refused(
        &owner
            .post(&format!("/v1.0/groups/{}/members/$ref", id("School A")), &bind(&world, &id("bert")))
            .await,
    );
    world
        .admin
        .post(&format!("/v1.0/groups/{}/members/$ref", id("School A")), &bind(&world, &id("bert")))
        .await
        .expect(204);

    // The sign-in of a person who has it.
    let anna = format!("/v1.0/users/{}", id("anna"));
    for change in [
        json!({"userPrincipalName": "other@school.example"}),
        json!({"accountEnabled": false}),
        json!({"passwordProfile": {"password": "a long enough password"}}),
    ] {
        refused(&owner.patch(&anna, &change).await);
    }
    refused(&owner.delete(&anna).await);
    owner.patch(&anna, &json!({"displayName": "Anna"})).await.expect(204);
    owner.patch(&format!("/v1.0/users/{}", id("bea")), &json!({"accountEnabled": false})).await.expect(204);

    // The group stays as long as it carries a role.
    let kept = world.admin.delete(&format!("/v1.0/groups/{}", id("School A"))).await.expect(409);
    assert_eq!(kept["error"]["innerError"]["code"], json!("group_assigned"));
    let spare = world.admin.post("/v1.0/groups", &json!({"displayName": "Spare"})).await.expect(201);
    let spare = spare["id"].as_str().unwrap();
    for body in [
        json!({"role": "owner", "group": spare}),
        json!({"role": "owner", "user": upn("bea"), "groups": [spare]}),
    ] {
        let given = world.admin.post(ASSIGNMENTS, &body).await.expect(201);
        let kept = world.admin.delete(&format!("/v1.0/groups/{spare}")).await.expect(409);
        assert_eq!(kept["error"]["innerError"]["code"], json!("group_has_role"), "{kept}");
        assert!(kept["error"]["message"].as_str().unwrap().contains("Owner"), "{kept}");
        world.admin.delete(&format!("{ASSIGNMENTS}/{}", given["id"].as_str().unwrap())).await.expect(204);
    }
    world.admin.delete(&format!("/v1.0/groups/{spare}")).await.expect(204);
    world.admin.delete(&format!("{ASSIGNMENTS}/{}", given["id"].as_str().unwrap())).await.expect(204);
    owner.patch(&anna, &json!({"accountEnabled": false})).await.expect(204);
    world.stop().await;
});

both!(a_person_made_again_under_the_same_id_has_nothing, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let bea = district.school.id("bea");
    let given =
        world.admin.post(ASSIGNMENTS, &json!({"role": "owner", "user": upn("bea")})).await.expect(201);
    world.admin.delete(&format!("/v1.0/users/{bea}")).await.expect(204);
    let again =
        json!({"id": bea, "accountEnabled": true, "displayName": "B", "userPrincipalName": upn("bea")});
    world.admin.post("/v1.0/users", &again).await.expect(201);
    let list = world.admin.get(ASSIGNMENTS).await.expect(200);
    assert!(!list.to_string().contains(bea), "{list}");
    world.admin.get(&format!("{ASSIGNMENTS}/{}", given["id"].as_str().unwrap())).await.expect(404);
    let log = world.admin.get("/api/v1/audit?act=role.unassign").await.expect(200);
    assert_eq!(log["entries"].as_array().unwrap().len(), 1, "{log}");
    world.stop().await;
});

both!(giving_roles_alone_gives_no_more_than_one_holds, |database| {
    let world = World::start(database).await;
    let role = json!({"displayName": "Gives roles", "rolePermissions": [{"resourceActions": [
        {"allowedResourceActions": ["roles.manage"], "notAllowedResourceActions": []}]}]});
    let role = world.admin.post("/v1.0/deviceManagement/roleDefinitions", &role).await.expect(201);
    let body = json!({"userName": "carl", "roles": ["auditor"]});
    let made = world.admin.post("/api/v1/administrators", &body).await.expect(201);
    let body = json!({"role": role["id"], "administrator": "carl"});
    world.admin.post(ASSIGNMENTS, &body).await.expect(201);
    let change =
        json!({"userName": "carl", "password": made["oneTimePassword"], "newPassword": "another long one"});
    let session = world.anonymous().post("/api/v1/signin", &change).await.expect(200);
    let carl = Client::new(world.server.addr, Some(session["token"].as_str().unwrap().to_owned()));

    refused(&carl.post(ASSIGNMENTS, &json!({"role": "global-administrator", "administrator": "carl"})).await);
    refused(&carl.post("/api/v1/programs", &json!({"name": "p", "roles": ["global-administrator"]})).await);
    let scopes = json!({"name": "p", "scopes": ["DeviceManagementApps.ReadWrite.All"]});
    refused(&carl.post("/api/v1/programs", &scopes).await);
    carl.post("/api/v1/programs", &json!({"name": "p", "scopes": ["AuditLog.Read.All"]})).await.expect(201);
    let provider =
        json!({"name": "evil", "displayName": "E", "issuer": "https://id.example", "audiences": ["x"]});
    refused(&carl.post("/api/v1/providers", &provider).await);
    refused(&carl.delete("/api/v1/providers/evil").await);
    refused(&carl.delete("/api/v1/administrators/admin/totp").await);
    let all = world.admin.get(ASSIGNMENTS).await.expect(200);
    let admin =
        all["value"].as_array().unwrap().iter().find(|one| one["members"][0]["name"] == "admin").unwrap();
    refused(&carl.delete(&format!("{ASSIGNMENTS}/{}", admin["id"].as_str().unwrap())).await);
    world.stop().await;
});

both!(what_is_out_of_sight_is_neither_erased_nor_told, |database| {
    let world = World::start(database).await;
    let district = district(&world).await;
    let id = |name: &str| district.school.id(name).to_owned();
    let privacy = within(&world, "privacy-officer", &[&id("School A")]).await;
    let erase = |user: &str| format!("/api/v1/audit/content?user={user}");
    for unseen in [upn("bert"), id("bert"), "nobody@school.example".to_owned()] {
        let answer = privacy.delete(&erase(&unseen)).await.expect(404);
        assert_eq!(answer["detail"], json!(format!("there is no user `{unseen}`")));
    }
    privacy.delete(&erase(&upn("anna"))).await.expect(200);

    let owner = within(&world, "owner", &[&id("School A")]).await;
    let answer = owner.get(&format!("/api/v1/report?user={}", upn("bert"))).await.expect(404);
    assert_eq!(answer["detail"], json!(format!("there is no user `{}`", upn("bert"))));
    let head = within(&world, "global-administrator", &[&id("School A")]).await;
    for (member, name) in
        [("user", upn("bert")), ("administrator", "admin".to_owned()), ("group", id("School B"))]
    {
        let body = json!({"role": "help-desk", member: name, "groups": [id("School A")]});
        let answer = head.post(ASSIGNMENTS, &body).await.expect(400);
        assert_eq!(
            answer["detail"],
            json!(format!("`{member}` is not known (given: `\"{name}\"`), allowed: one that exists"))
        );
    }
    let licences = |client: Client| async move {
        client.get("/v1.0/subscribedSkus").await.expect(200)["value"][0]["consumedUnits"].clone()
    };
    let (all, mine) = (licences(world.admin.clone()).await, licences(owner).await);
    assert!(mine == json!(1) && all.as_u64() > Some(1), "{mine} of {all}");
    world.stop().await;
});
