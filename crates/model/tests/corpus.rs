//! Every document of the reference data decodes, is valid, names an app, and reads back what it sets. Skips with a line
//! when the data is absent.

use std::{fs, path::PathBuf};

use ringfence_model::{
    document::{ApiVersion, PolicyDocument, is_server_owned},
    import::decode,
    settings::{Setting, settings_from_json, settings_to_json},
};

fn find_files() -> Vec<PathBuf> {
    let root = std::env::var_os("RINGFENCE_REFERENCE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folders = ["ios", "android"].map(|name| root.join("policies").join(name));
    let mut files: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

fn assert_reads_back(document: &PolicyDocument, version: ApiVersion, file: &str) {
    let projected = document.project(version, &serde_json::Map::new());
    for (name, value) in &document.body {
        let compared = !value.is_null() && !is_server_owned(name) && !name.starts_with('@');
        if compared && name != "apps" && name != "assignments" {
            assert_eq!(projected.get(name), Some(value), "{file} {version:?} {name}");
        }
    }
}

#[test]
fn every_reference_document_is_accepted_and_reads_back() {
    let files = find_files();
    if files.is_empty() {
        println!("skipped: no reference data (set RINGFENCE_REFERENCE_DATA)");
        return;
    }
    for path in files {
        let file = path.display().to_string();
        let bytes = fs::read(&path).unwrap();
        let documents = decode(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(documents.len(), 1, "{file}");
        for one in documents {
            let document = one.document;
            assert_eq!(document.validate(), Ok(()), "{file}");
            assert_eq!(document.missing_apps(), None, "{file}");
            let settings = document.settings();
            assert!(settings.len() > 10, "{file}");
            let again = settings_from_json(&settings_to_json(&settings)).unwrap();
            assert_eq!(again, settings, "{file}");
            let readable =
                settings.keys().filter(|setting| document.body.contains_key(setting.name())).count();
            assert_eq!(readable, settings.len(), "{file}");
            assert_reads_back(&document, ApiVersion::V1, &file);
            assert_reads_back(&document, ApiVersion::Beta, &file);
            let platform = document.kind.platform().unwrap();
            let beta = document.project(ApiVersion::Beta, &serde_json::Map::new());
            assert!(Setting::list_for(platform).all(|setting| beta.contains_key(setting.name())), "{file}");
            let canonical = document.canonical();
            let reparsed = PolicyDocument::parse_value(serde_json::from_slice(&canonical).unwrap()).unwrap();
            assert_eq!(reparsed.settings(), settings, "{file}");
        }
    }
}
