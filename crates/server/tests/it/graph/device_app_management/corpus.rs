//! Published policies in the wild go in through the API under both versions, and every setting reads back equal.

use std::path::{Path, PathBuf};

use ringfence_model::{
    document::{ApiVersion, PolicyDocument, is_server_owned},
    settings::Setting,
};
use serde_json::Value;

use crate::{both, kit::World};

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            out.push(path);
        }
    }
}

fn corpus() -> Option<Vec<PathBuf>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root =
        std::env::var_os("RINGFENCE_REFERENCE_DATA").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let folder = root.join("policies");
    if !folder.is_dir() {
        println!("skipped: there is no reference data at {}", folder.display());
        return None;
    }
    let mut found = Vec::new();
    files(&folder, &mut found);
    found.sort();
    Some(found)
}

/// What was read, value by value: settings by their meaning, everything else as it was written.
fn assert_same(document: &PolicyDocument, read: &Value, what: &str) {
    let back = PolicyDocument::parse_as(document.kind, read.clone()).unwrap();
    let settings = back.settings();
    for (setting, value) in document.settings() {
        assert_eq!(settings.get(&setting), Some(&value), "{what} {}", setting.name());
    }
    for (name, value) in &document.body {
        let own = is_server_owned(name) || name.starts_with('@') || value.is_null();
        let elsewhere = ["apps", "mobileAppIdentifierDeployments", "assignments"].contains(&name.as_str());
        if !(own || elsewhere || Setting::from_name(name).is_some()) {
            assert_eq!(read.get(name), Some(value), "{what} {name}");
        }
    }
    assert_eq!(back.apps(), document.apps(), "{what}");
    assert_eq!(back.app_group(), document.app_group(), "{what}");
}

async fn full(world: &World, path: &str) -> Value {
    let request = hyper::Request::get(path).header("host", "x");
    let request = request.header("accept", "application/json;odata.metadata=full");
    let body = http_body_util::Full::new(hyper::body::Bytes::new());
    world.admin.request(world.admin.authorized(request).body(body).unwrap()).await.expect(200)
}

async fn go_through(world: &World, root: &str, document: &PolicyDocument, what: &str) {
    let (typed, all) =
        (format!("{root}/{}", document.kind.collection()), format!("{root}/managedAppPolicies"));
    let mut named = document.body.clone();
    named.insert("@odata.type".to_owned(), Value::from(document.kind.odata_type()));
    for (set, body) in [(&typed, &document.body), (&all, &named)] {
        let answer = world.admin.post(set, &Value::Object(body.clone())).await;
        assert_eq!(answer.status, 201, "{what}: {}", answer.text());
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        for set in [&typed, &all] {
            let read = world.admin.get(&format!("{set}/{id}?$expand=apps,assignments")).await.expect(200);
            assert_same(document, &read, what);
        }
        // An export with everything that a tool can ask for is a document again.
        let mut export = full(world, &format!("{typed}('{id}')?$expand=apps,assignments")).await;
        world.admin.delete(&format!("{typed}/{id}")).await.expect(204);
        export.as_object_mut().unwrap().shift_remove("id");
        let again = world.admin.post(&all, &export).await.expect(201)["id"].as_str().unwrap().to_owned();
        let read = world.admin.get(&format!("{typed}/{again}?$expand=apps,assignments")).await.expect(200);
        assert_same(document, &read, what);
        world.admin.delete(&format!("{all}/{again}")).await.expect(204);
    }
}

both!(goes_in_and_reads_back, |database| {
    let Some(files) = corpus() else { return };
    let world = World::start(database).await;
    for version in [ApiVersion::V1, ApiVersion::Beta] {
        let root = format!("/{}/deviceAppManagement", version.as_str());
        for path in &files {
            for imported in ringfence_model::import::decode(&std::fs::read(path).unwrap()).unwrap() {
                go_through(&world, &root, &imported.document, &path.display().to_string()).await;
            }
        }
    }
    assert!(files.len() > 20, "{}", files.len());
    world.stop().await;
});
