use serde_json::json;

use super::{provisioner, refused};
use crate::{both, kit::World};

both!(says_what_is_true, |database| {
    let world = World::start(database).await;
    let client = provisioner(&world).await;
    let config = client.get("/scim/v2/ServiceProviderConfig").await.expect(200);
    for feature in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], json!(true), "{feature}");
    }
    assert_eq!(config["changePassword"]["supported"], json!(false));
    let types = client.get("/scim/v2/ResourceTypes").await.expect(200);
    assert_eq!(types["totalResults"], json!(2));
    for kind in types["Resources"].as_array().unwrap() {
        client.get(&format!("/scim/v2{}", kind["endpoint"].as_str().unwrap())).await.expect(200);
        client.get(&format!("/scim/v2/Schemas/{}", kind["schema"].as_str().unwrap())).await.expect(200);
        client.get(&format!("/scim/v2/ResourceTypes/{}", kind["id"].as_str().unwrap())).await.expect(200);
    }
    let schemas = client.get("/scim/v2/Schemas").await.expect(200);
    assert_eq!(schemas["totalResults"], json!(6));
    let user = &schemas["Resources"][0];
    assert_eq!(user["name"], json!("User"));
    let attributes = user["attributes"].as_array().unwrap();
    for dropped in ["phoneNumbers", "addresses", "photos", "password"] {
        assert!(attributes.iter().all(|attribute| attribute["name"] != json!(dropped)), "{dropped}");
    }
    assert!(user["description"].as_str().unwrap().contains("phone numbers"), "{user}");
    for (with, without) in [
        ("/scim/v2/", "/scim/v2"),
        ("/scim/v2/?count=1", "/scim/v2?count=1"),
        ("/scim/v2/Users/", "/scim/v2/Users"),
        ("/scim/v2/Schemas/", "/scim/v2/Schemas"),
        ("/scim/v2/ServiceProviderConfig/", "/scim/v2/ServiceProviderConfig"),
    ] {
        assert_eq!(client.get(with).await.expect(200), client.get(without).await.expect(200), "{with}");
    }
    refused(client.post("/scim/v2/", &json!({})).await, 405);
    refused(world.anonymous().get("/scim/v2/").await, 401);
    refused(client.get("/scim/v2/Schemas/urn:none").await, 404);
    refused(client.get("/scim/v2/Schemas?filter=id%20pr").await, 403);
    refused(client.post("/scim/v2/Schemas", &json!({})).await, 405);
    refused(client.get("/scim/v2/Me").await, 501);
    refused(client.patch("/scim/v2/Me", &json!({})).await, 501);
    world.stop().await;
});
