//! Published policies in the wild go in through the API under both versions, and every setting reads back equal.

use std::path::{Path, PathBuf};

use ringfence_model::document::{ApiVersion, PolicyDocument};
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

both!(goes_in_and_reads_back, |database| {
    let Some(files) = corpus() else { return };
    let world = World::start(database).await;
    for version in [ApiVersion::V1, ApiVersion::Beta] {
        let root = format!("/{}/deviceAppManagement", version.as_str());
        for path in &files {
            for imported in ringfence_model::import::decode(&std::fs::read(path).unwrap()).unwrap() {
                let document = imported.document;
                let set = format!("{root}/{}", document.kind.collection());
                let body = Value::Object(document.body.clone());
                let answer = world.admin.post(&set, &body).await;
                assert_eq!(answer.status, 201, "{}: {}", path.display(), answer.text());
                let id = answer.json()["id"].as_str().unwrap().to_owned();
                let read = world.admin.get(&format!("{set}/{id}?$expand=apps,assignments")).await.expect(200);
                let back = PolicyDocument::parse_as(document.kind, read).unwrap();
                for (setting, value) in document.settings() {
                    assert_eq!(
                        back.settings().get(&setting),
                        Some(&value),
                        "{} {}",
                        path.display(),
                        setting.name()
                    );
                }
                assert_eq!(back.apps(), document.apps(), "{}", path.display());
                assert_eq!(back.app_group(), document.app_group(), "{}", path.display());
                world.admin.delete(&format!("{set}/{id}")).await.expect(204);
            }
        }
    }
    assert!(files.len() > 20, "{}", files.len());
    world.stop().await;
});
