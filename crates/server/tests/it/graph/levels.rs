use std::io::Read as _;

use http_body_util::Full;
use hyper::Request;
use serde_json::{Value, json};

use super::device_app_management::{SET, ios};
use crate::{
    both,
    kit::{Answer, World},
};

async fn get_with(world: &World, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).header("host", "graph.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.admin.request(world.admin.authorized(request).body(Full::default()).unwrap()).await
}

const FULL: (&str, &str) = ("accept", "application/json;odata.metadata=full");

both!(full_tells_types_links_and_actions, |database| {
    let world = World::start(database).await;
    let id = world.admin.post(SET, &ios("Notes")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let set = "deviceAppManagement/iosManagedAppProtections";
    let answer = get_with(&world, &format!("/beta/{set}('{id}')?$expand=apps"), &[FULL]).await;
    let kind = answer.headers["content-type"].to_str().unwrap().to_owned();
    assert!(kind.contains("odata.metadata=full"), "{kind}");
    let item = answer.expect(200);
    let place = format!("{set}('{id}')");
    let root = "http://graph.example/beta";
    for (name, wanted) in [
        ("@odata.context", format!("{root}/$metadata#{set}(apps())/$entity")),
        ("@odata.type", "#microsoft.graph.iosManagedAppProtection".to_owned()),
        ("@odata.id", place.clone()),
        ("@odata.editLink", place.clone()),
        ("createdDateTime@odata.type", "#DateTimeOffset".to_owned()),
        ("periodOfflineBeforeAccessCheck@odata.type", "#Duration".to_owned()),
        (
            "allowedOutboundDataTransferDestinations@odata.type",
            "#microsoft.graph.managedAppDataTransferLevel".to_owned(),
        ),
        ("apps@odata.associationLink", format!("{root}/{place}/apps/$ref")),
        ("apps@odata.navigationLink", format!("{root}/{place}/apps")),
        ("assignments@odata.navigationLink", format!("{root}/{place}/assignments")),
    ] {
        assert_eq!(item[name], json!(wanted), "{name}");
    }
    for absent in ["displayName@odata.type", "pinRequired@odata.type", "minimumPinLength@odata.type"] {
        assert!(item.get(absent).is_none(), "{absent}");
    }
    assert_eq!(
        item["#microsoft.graph.assign"]["target"],
        json!(format!("{root}/{place}/microsoft.graph.targetedManagedAppProtection/microsoft.graph.assign"))
    );
    assert_eq!(item["#microsoft.graph.targetApps"].as_array().unwrap().len(), 3);
    assert_eq!(item["apps"][0]["@odata.type"], json!("#microsoft.graph.managedMobileApp"));
    assert_eq!(item["apps"][0]["@odata.id"], json!(format!("{place}/apps('com.example.notes.ios')")));

    // What was read in full goes in again.
    let mut copy = item.clone();
    copy["displayName"] = json!("Copy");
    world.admin.post(SET, &copy).await.expect(201);

    let all = "/beta/deviceAppManagement/managedAppPolicies";
    let first = get_with(&world, all, &[FULL]).await.expect(200)["value"][0].clone();
    assert_eq!(first.as_object().unwrap().keys().next().unwrap(), "@odata.type");
    assert!(first["@odata.editLink"].as_str().unwrap().ends_with("/microsoft.graph.iosManagedAppProtection"));

    let none =
        get_with(&world, all, &[("accept", "application/json; odata.metadata=none")]).await.expect(200);
    assert!(none.get("@odata.context").is_none() && none["value"][0].get("@odata.type").is_none());
    world.stop().await;
});

both!(contexts_name_the_host_that_is_configured, |database| {
    let other = "https://graph.microsoft.com";
    let world = World::start_with(database, |config| config.graph_root = Some(other.to_owned())).await;
    let id = world.admin.post(SET, &ios("Notes")).await.expect(201)["id"].as_str().unwrap().to_owned();
    let list = get_with(&world, &format!("{SET}?$top=1&$expand=apps"), &[]).await.expect(200);
    assert!(list["@odata.context"].as_str().unwrap().starts_with(&format!("{other}/v1.0/$metadata#")));
    assert!(list["value"][0]["apps@odata.context"].as_str().unwrap().starts_with(other));
    // Whoever follows a link comes back here, with his token.
    let full =
        get_with(&world, &format!("{SET}?$expand=apps"), &[FULL]).await.expect(200)["value"][0].clone();
    for name in ["apps@odata.navigationLink", "apps@odata.associationLink"] {
        assert!(full[name].as_str().unwrap().starts_with("http://graph.example/v1.0/"), "{name}: {full}");
    }
    let target = full["#microsoft.graph.assign"]["target"].as_str().unwrap();
    assert!(target.starts_with("http://graph.example/v1.0/"), "{full}");
    world.admin.post(SET, &ios("Second")).await.expect(201);
    let list = get_with(&world, &format!("{SET}?$top=1"), &[]).await.expect(200);
    assert!(
        list["@odata.nextLink"].as_str().unwrap().starts_with("http://graph.example/v1.0/"),
        "{list} {id}"
    );
    world.stop().await;
});

both!(schema_and_service_document_are_there, |database| {
    let world = World::start(database).await;
    for version in ["v1.0", "beta"] {
        let answer = world.admin.get(&format!("/{version}/$metadata")).await;
        assert_eq!(answer.headers["content-type"], "application/xml");
        let text = answer.text();
        assert!(
            text.contains("Collection(graph.androidManagedAppProtection)")
                && text.ends_with("</edmx:Edmx>\n")
        );
        let roots = world.admin.get(&format!("/{version}/")).await.expect(200);
        assert!(
            roots["value"]
                .as_array()
                .unwrap()
                .iter()
                .any(|root| root["name"] == json!("deviceAppManagement"))
        );
    }
    world.stop().await;
});

both!(preferences_tags_and_compression_are_honoured, |database| {
    let world = World::start(database).await;
    let post = |prefer: &str, name: &str| {
        let request = Request::post(SET).header("host", "x").header("prefer", prefer);
        let body = Full::new(hyper::body::Bytes::from(ios(name).to_string()));
        world.admin.authorized(request).body(body).unwrap()
    };
    let made = world.admin.request(post("return=minimal", "Notes")).await;
    assert_eq!(
        (made.status.as_u16(), &made.headers["preference-applied"]),
        (204, &"return=minimal".parse().unwrap())
    );
    let place = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(made.headers["odata-entityid"], place.as_str());
    let made = world.admin.request(post("return=representation", "Mail")).await;
    assert_eq!(made.headers["preference-applied"], "return=representation");
    assert_eq!(made.status, 201);

    let path = place.split_once("http://x").unwrap().1;
    let tag = world.admin.get(path).await.headers["etag"].to_str().unwrap().to_owned();
    let unchanged = get_with(&world, path, &[("if-none-match", &tag)]).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.bytes.len()), (304, 0));
    assert_eq!(get_with(&world, path, &[("if-none-match", "\"other\"")]).await.status, 200);

    let page = get_with(&world, SET, &[("prefer", "odata.maxpagesize=1")]).await;
    assert_eq!(page.headers["preference-applied"], "odata.maxpagesize=1");
    let page = page.expect(200);
    assert_eq!(page["value"].as_array().unwrap().len(), 1);
    assert!(page["@odata.nextLink"].is_string());

    let zipped = get_with(&world, SET, &[("accept-encoding", "br, gzip;q=0.5")]).await;
    assert_eq!(zipped.headers["content-encoding"], "gzip");
    assert_eq!(zipped.headers["vary"], "Accept-Encoding");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&zipped.bytes[..]).read_to_string(&mut text).unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(list["value"].as_array().unwrap().len(), 2);
    let plain = get_with(&world, SET, &[("accept-encoding", "gzip;q=0")]).await;
    assert!(!plain.headers.contains_key("content-encoding"));
    world.stop().await;
});
