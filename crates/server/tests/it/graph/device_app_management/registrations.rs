use ringfence_protocol::wipe::WipeOutcome;
use serde_json::{Value, json};

use crate::{
    both,
    kit::{
        World,
        phone::Phone,
        school::{NOTES, School},
    },
};

const SET: &str = "/beta/deviceAppManagement/managedAppRegistrations";

async fn policy(world: &World, school: &School, name: &str) -> String {
    let body = json!({"displayName": name, "pinRequired": true,
        "apps": [{"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": NOTES}}],
        "assignments": [{"target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": school.id("Staff")}}]});
    let set = "/beta/deviceAppManagement/iosManagedAppProtections";
    world.admin.post(set, &body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

both!(registrations_show_what_phones_told, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let policy = policy(&world, &school, "Second").await;
    let mut phone = Phone::register(&world, "kim", NOTES, "tag-1").await;
    phone.fetch().await;
    phone.report(1, 1, &["device_compromised_block"]).await.expect(204);
    let client = &world.admin;
    let list = client
        .get(&format!("{SET}?$expand=appliedPolicies,intendedPolicies,operations&$count=true"))
        .await
        .expect(200);
    assert_eq!(list["@odata.count"], json!(1));
    let one = &list["value"][0];
    assert_eq!(one["@odata.type"], json!("#microsoft.graph.iosManagedAppRegistration"));
    assert_eq!((&one["deviceTag"], &one["platformVersion"]), (&json!("tag-1"), &json!("18.2")));
    assert_eq!((&one["flaggedReasons"], &one["deviceName"]), (&json!(["rootedDevice"]), &Value::Null));
    assert_eq!(one["azureADDeviceId"], Value::Null);
    let ids = |name: &str| -> Vec<String> {
        one[name].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(ids("intendedPolicies").contains(&policy) && ids("appliedPolicies") == ids("intendedPolicies"));
    assert_eq!(one["operations"], json!([]));

    let id = one["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("{SET}('{id}')")).await.expect(200)["id"], json!(id));
    client.get(&format!("{SET}/{id}/appliedPolicies/{policy}")).await.expect(200);
    client.get(&format!("{SET}/{id}/operations")).await.expect(200);
    client.get(&format!("{SET}/{}", uuid::Uuid::nil())).await.expect(404);
    for spelling in ["", "()"] {
        let path = format!("{SET}/getUserIdsWithFlaggedAppRegistration{spelling}");
        assert_eq!(client.get(&path).await.expect(200)["value"], json!([school.id("kim")]));
    }
    let kim = school.id("kim");
    let path = format!("/v1.0/users/{kim}/managedAppRegistrations?$select=UserId,DeviceTag,LastSyncDateTime");
    let mine = client.get(&path).await.expect(200);
    assert_eq!((&mine["value"][0]["deviceTag"], &mine["value"][0]["userId"]), (&json!("tag-1"), &json!(kim)));
    assert_eq!(mine["value"][0].get("deviceModel"), None);
    let android =
        client.get(&format!("{SET}/microsoft.graph.androidManagedAppRegistration")).await.expect(200);
    assert_eq!(android["value"], json!([]));
    let found = client
        .get(&format!("{SET}?$filter=userId%20eq%20'{kim}'%20and%20deviceTag%20eq%20'tag-1'"))
        .await
        .expect(200);
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    client.post(SET, &json!({})).await.expect(501);
    world.stop().await;
});

both!(what_a_phone_obeys_is_known_after_it_has_changed_here, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let policy = policy(&world, &school, "Second").await;
    Phone::register(&world, "kim", NOTES, "tag-1").await.fetch().await;
    let path = format!("/v1.0/deviceAppManagement/iosManagedAppProtections/{policy}");
    world.admin.post(&format!("{path}/assign"), &json!({"assignments": []})).await.expect(204);
    let world = world.restart().await;
    let list = world.admin.get(&format!("{SET}?$expand=appliedPolicies,intendedPolicies")).await.expect(200);
    let names = |name: &str| {
        let all = list["value"][0][name].as_array().unwrap();
        assert!(!all.is_empty(), "{name}");
        all.iter().any(|item| item["id"] == json!(policy))
    };
    assert!(names("appliedPolicies") && !names("intendedPolicies"));
    world.stop().await;
});

both!(wipes_in_every_spelling_are_our_own_orders, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "tag-1").await;
    phone.check_in().await;
    let (client, kim) = (&world.admin, school.id("kim"));
    let error = client
        .post(
            &format!("/v1.0/users/{kim}/wipeManagedAppRegistrationsByDeviceTag"),
            &json!({"deviceTag": "other"}),
        )
        .await
        .expect(404);
    assert!(error["error"]["message"].as_str().unwrap().contains("`other`"));
    let unknown = json!({"azureAdDeviceId": "b1"});
    client
        .post(&format!("/beta/users/{kim}/wipeManagedAppRegistrationsByAzureAdDeviceId"), &unknown)
        .await
        .expect(404);
    let tag = json!({"deviceTag": "tag-1"});
    client
        .post(&format!("/beta/users('{kim}')/wipeManagedAppRegistrationByDeviceTag"), &tag)
        .await
        .expect(204);
    client.post(&format!("/v1.0/users/{kim}/wipeManagedAppRegistrationsByDeviceTag"), &tag).await.expect(204);
    client.post(&format!("/v1.0/users/{kim}/wipeManagedAppRegistrationByDeviceTag"), &tag).await.expect(404);

    let orders = client.get("/api/v1/wipes").await.expect(200);
    let orders = orders["value"].as_array().unwrap();
    assert_eq!(orders.len(), 1, "the second request finds the order of the first");
    let path = format!("{SET}/{}/operations", phone.instance);
    assert_eq!(client.get(&path).await.expect(200)["value"][0]["state"], json!("pending"));
    let reply = phone.check_in().await.unwrap().reply;
    assert_eq!(reply.orders.len(), 1);
    let order = orders[0]["order"].as_str().unwrap().parse().unwrap();
    let receipt = ringfence_protocol::Bytes(phone.receipt(order, WipeOutcome::Wiped));
    world.anonymous().post("/phone/v1/receipts", &json!({"receipt": receipt})).await;
    assert_eq!(client.get(&path).await.expect(200)["value"][0]["state"], json!("completed"));
    assert_eq!(client.get(SET).await.expect(200)["value"], json!([]));
    world.stop().await;
});

both!(statuses_behind_well_known_ids, |database| {
    let world = World::start(database).await;
    let school = School::make(&world).await;
    let mut phone = Phone::register(&world, "kim", NOTES, "tag-1").await;
    phone.check_in().await;
    let client = &world.admin;
    let root = "/beta/deviceAppManagement/managedAppStatuses";
    assert_eq!(client.get(root).await.expect(200)["value"].as_array().unwrap().len(), 4);
    let status = client.get(&format!("{root}('userstatus')?userId={}", school.id("kim"))).await.expect(200);
    let steps = status["content"]["validationStatuses"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["state"] == "Pass"), "{steps:?}");
    client.get(&format!("{root}/userconfigstatus?userId={}", school.id("kim"))).await.expect(200);
    client.get(&format!("{root}/userstatus")).await.expect(400);
    client.get(&format!("{root}/userstatus?userId={}", uuid::Uuid::nil())).await.expect(404);
    client.get(&format!("{root}/nonsense")).await.expect(404);
    let path = format!("{root}('appregistrationsummary')?fetch=6000&policyMode=0&columns=Platform,UserId");
    let content = &client.get(&path).await.expect(200)["content"];
    assert_eq!(content["header"], json!([{"columnName": "Platform"}, {"columnName": "UserId"}]));
    assert_eq!(content["body"], json!([{"values": ["iOS", school.id("kim")]}]));
    assert_eq!(content["skipToken"], json!(""));
    client.get(&format!("{root}('appregistrationsummary')?columns=Nothing")).await.expect(400);
    world.stop().await;
});
