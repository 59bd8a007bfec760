use hyper::Method;
use serde_json::{Value, json};

use crate::{both, kit::World};

fn user(name: &str) -> Value {
    json!({
        "accountEnabled": true, "displayName": name, "mailNickname": name,
        "userPrincipalName": format!("{name}@school.example"), "mobilePhone": "+31 6 12345678",
        "passwordProfile": {"password": "a long password", "forceChangePasswordNextSignIn": false},
    })
}

both!(are_made_found_changed_and_removed, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let made = client.post("/v1.0/users", &user("Anna")).await.expect(201);
    let id = made["id"].as_str().unwrap();
    assert!(!made.to_string().contains("12345678"), "telephone numbers are not kept");
    for path in ["/v1.0/users/ANNA@school.example".to_owned(), format!("/beta/users('{id}')")] {
        assert_eq!(client.get(&path).await.expect(200)["displayName"], json!("Anna"), "{path}");
    }
    let taken = client.post("/v1.0/users", &user("anna")).await.expect(409);
    assert_eq!(taken["error"]["innerError"]["code"], json!("name_taken"));
    assert_eq!(taken["error"]["details"][0]["target"], json!("userPrincipalName"));
    let mut same = user("Bert");
    same["id"] = json!(id);
    let taken = client.post("/v1.0/users", &same).await.expect(409);
    assert_eq!(taken["error"]["innerError"]["code"], json!("id_taken"));
    assert_eq!(taken["error"]["details"][0]["target"], json!("id"));
    client
        .patch(&format!("/v1.0/users/{id}"), &json!({"accountEnabled": false, "mail": "a@b.example"}))
        .await
        .expect(204);
    let read = client.get(&format!("/v1.0/users/{id}?$select=accountEnabled,mail")).await.expect(200);
    assert_eq!(
        (&read["accountEnabled"], &read["mail"], read.get("id")),
        (&json!(false), &json!("a@b.example"), None)
    );
    client.delete(&format!("/v1.0/users/{id}")).await.expect(204);
    assert_eq!(
        client.get(&format!("/v1.0/users/{id}")).await.expect(404)["error"]["code"],
        json!("Request_ResourceNotFound")
    );
    client.post("/v1.0/users", &user("Anna")).await.expect(201);
    world.stop().await;
});

both!(bad_users_are_refused, |database| {
    let world = World::start(database).await;
    let with = |name: &str, value: Value| {
        let mut body = user("Anna");
        body[name] = value;
        body
    };
    for (body, field) in [
        (json!({"displayName": "x"}), "userPrincipalName"),
        (json!({"userPrincipalName": "a@b"}), "displayName"),
        (with("userPrincipalName", json!("anna")), "userPrincipalName"),
        (with("userPrincipalName", json!("a nna@x")), "userPrincipalName"),
        (with("displayName", json!("  ")), "displayName"),
        (with("id", json!("5")), "id"),
        (with("id", json!(5)), "id"),
        (with("displayName", json!(7)), "displayName"),
        (with("userPrincipalName", json!(["a@b"])), "userPrincipalName"),
        (with("accountEnabled", json!("yes")), "accountEnabled"),
        (with("passwordProfile", json!("secret")), "passwordProfile"),
        (with("passwordProfile", json!({"password": 7})), "passwordProfile.password"),
        (with("mail", json!(7)), "mail"),
        (with("givenName", json!({"text": "Anna"})), "givenName"),
    ] {
        let error = world.admin.post("/v1.0/users", &body).await.expect(400);
        assert_eq!(error["error"]["details"][0]["target"], json!(field), "{body}");
    }
    let weak = with("passwordProfile", json!({"password": "short"}));
    assert_eq!(
        world.admin.post("/v1.0/users", &weak).await.expect(400)["error"]["innerError"]["code"],
        json!("password_weak")
    );
    assert_eq!(world.admin.get("/v1.0/users").await.expect(200)["value"], json!([]));
    world.stop().await;
});

both!(are_paged_in_order, |database| {
    let world = World::start(database).await;
    for name in ["dora", "bert", "anna", "carl"] {
        let mut body = user(name);
        body.as_object_mut().unwrap().remove("passwordProfile");
        world.admin.post("/v1.0/users", &body).await.expect(201);
    }
    let (mut path, mut seen) = ("/v1.0/users?$top=3".to_owned(), Vec::new());
    loop {
        let page = world.admin.get(&path).await.expect(200);
        seen.extend(
            page["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["displayName"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        path = next.split_once("/v1.0").map(|(_, rest)| format!("/v1.0{rest}")).unwrap();
    }
    assert_eq!(seen, ["anna", "bert", "carl", "dora"]);
    let found =
        world.admin.get("/v1.0/users?$filter=startswith(displayName,'b')&$count=true").await.expect(200);
    assert_eq!((&found["@odata.count"], &found["value"][0]["displayName"]), (&json!(1), &json!("bert")));
    world.stop().await;
});

both!(are_changed_whatever_the_letter_case_of_names, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let body =
        json!({"DisplayName": "Anna", "userprincipalname": "anna@school.example", "AccountEnabled": false});
    let anna = client.post("/v1.0/users", &body).await.expect(201);
    assert_eq!((&anna["displayName"], &anna["accountEnabled"]), (&json!("Anna"), &json!(false)));
    let path = format!("/v1.0/users/{}", anna["id"].as_str().unwrap());
    client.patch(&path, &json!({"ACCOUNTENABLED": true})).await.expect(204);
    assert_eq!(client.get(&path).await.expect(200)["accountEnabled"], json!(true));
    let sku = client.get("/v1.0/subscribedSkus").await.expect(200)["value"][0]["skuId"].clone();
    let licences = json!({"AddLicenses": [{"SkuId": sku}], "RemoveLicenses": []});
    client.post(&format!("{path}/assignLicense"), &licences).await.expect(200);
    assert_eq!(client.get(&path).await.expect(200)["assignedLicenses"][0]["skuId"], sku);
    let policies = "/v1.0/deviceAppManagement/iosManagedAppProtections";
    let body = json!({"DisplayName": "P", "PinRequired": true, "Apps": [{"MobileAppIdentifier": {
        "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "BundleId": "com.example.notes"}}]});
    let made = client.post(policies, &body).await.expect(201);
    assert!(made["pinRequired"] == json!(true) && made.get("PinRequired").is_none(), "{made}");
    let apps = client.get(&format!("{policies}/{}/apps", made["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(apps["value"].as_array().unwrap().len(), 1);

    let twice =
        client.patch(&path, &json!({"accountEnabled": true, "AccountEnabled": false})).await.expect(400);
    assert_eq!(twice["error"]["details"][0]["target"], json!("AccountEnabled"), "{twice}");
    let doubled = br#"{"accountEnabled": true, "accountEnabled": false}"#.to_vec();
    let doubled = client.send(Method::PATCH, &path, Some(doubled)).await.expect(400);
    let told = doubled["error"]["message"].as_str().unwrap();
    assert!(told.contains("names the member `accountEnabled` twice"), "{doubled}");
    client.patch(&path, &json!({"accountEnabled": null})).await.expect(400);
    assert_eq!(client.get(&path).await.expect(200)["accountEnabled"], json!(true));
    world.stop().await;
});

both!(texts_that_no_screen_shows_are_refused_by_name, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let body = json!({"displayName": "Anna", "userPrincipalName": "anna@school.example"});
    let user = client.post("/v1.0/users", &body).await.expect(201)["id"].as_str().unwrap().to_owned();
    let group = client.post("/v1.0/groups", &json!({"displayName": "Staff"})).await.expect(201);
    let group = group["id"].as_str().unwrap();
    for name in ["mail", "givenName", "surname", "mailNickname", "department"] {
        let answer =
            client.patch(&format!("/v1.0/users/{user}"), &json!({name: "a\u{0}b"})).await.expect(400);
        assert_eq!(answer["error"]["details"][0]["target"], json!(name), "{answer}");
    }
    let path = format!("/v1.0/groups/{group}");
    let answer = client.patch(&path, &json!({"description": "a\u{1b}b"})).await.expect(400);
    assert_eq!(answer["error"]["details"][0]["target"], json!("description"), "{answer}");
    client.patch(&path, &json!({"description": "two\r\nlines"})).await.expect(204);
    let body = json!({"displayName": "F", "platform": "iOSMobileApplicationManagement",
        "rule": "(app.osVersion -eq 1)", "description": "a\u{0}b"});
    let answer = client.post("/beta/deviceManagement/assignmentFilters", &body).await.expect(400);
    assert_eq!(answer["error"]["details"][0]["target"], json!("description"), "{answer}");
    let body = json!({"platform": "ios", "enrolment": "mdm", "profile": "a\u{0}b"});
    let answer = client.put("/api/v1/devices/T1", &body).await.expect(400);
    assert!(answer.to_string().contains("profile"), "{answer}");
    world.stop().await;
});

both!(are_given_licences, |database| {
    let world = World::start(database).await;
    let client = &world.admin;
    let id = client.post("/v1.0/users", &user("Anna")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let sku = client.get("/v1.0/subscribedSkus").await.expect(200)["value"][0].clone();
    assert_eq!(sku["consumedUnits"], json!(0));
    let path = format!("/v1.0/users/{id}/assignLicense");
    let add = json!({"addLicenses": [{"skuId": sku["skuId"], "disabledPlans": []}], "removeLicenses": []});
    client.post(&path, &add).await.expect(200);
    client.post(&path, &add).await.expect(200);
    let details = client.get(&format!("/v1.0/users/{id}/licenseDetails")).await.expect(200);
    assert_eq!(details["value"][0]["servicePlans"][0]["provisioningStatus"], json!("Success"));
    assert_eq!(client.get("/v1.0/subscribedSkus").await.expect(200)["value"][0]["consumedUnits"], json!(1));

    let plan = sku["servicePlans"][0]["servicePlanId"].clone();
    let off =
        json!({"addLicenses": [{"skuId": sku["skuId"], "disabledPlans": [plan]}], "removeLicenses": []});
    client.post(&path, &off).await.expect(200);
    let app = world.server.app();
    let user = id.parse().unwrap();
    let mut conn = app.db.read().await.unwrap();
    let facts = ringfence_server::directory::ops::find_facts(&mut conn, app.tenant, user).await.unwrap();
    drop(conn);
    assert!(!facts.unwrap().licensed, "a switched-off plan is no licence");

    let remove = json!({"addLicenses": [], "removeLicenses": [sku["skuId"]]});
    client.post(&path, &remove).await.expect(200);
    client.post(&path, &remove).await.expect(400);
    let foreign =
        json!({"addLicenses": [{"skuId": "00000000-0000-4000-8000-000000000000"}], "removeLicenses": []});
    let error = client.post(&path, &foreign).await.expect(400);
    assert_eq!(error["error"]["details"][0]["target"], json!("addLicenses[0].skuId"));
    world.as_role("contributor").await.post(&path, &add).await.expect(403);
    world.stop().await;
});
