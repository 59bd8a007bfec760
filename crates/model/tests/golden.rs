//! Golden files: our own documents with every setting, and the canonical bytes they must always give.
//! `RINGFENCE_BLESS=1` rewrites the canonical files.

use std::{collections::BTreeSet, fs, path::PathBuf};

use ringfence_model::{
    Platform,
    appconfig::AppConfiguration,
    document::{AssignmentTarget, PolicyDocument, PolicyKind},
    import::decode,
    settings::Setting,
};

fn path_of(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/policy").join(name)
}

fn read(name: &str) -> PolicyDocument {
    let mut documents = decode(&fs::read(path_of(name)).unwrap()).unwrap();
    assert_eq!(documents.len(), 1);
    documents.remove(0).document
}

fn assert_canonical(document: &PolicyDocument, name: &str) {
    let mut bytes = document.canonical();
    bytes.push(b'\n');
    let path = path_of(name);
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(String::from_utf8(bytes).unwrap(), fs::read_to_string(&path).unwrap(), "{name}");
}

#[test]
fn documents_with_every_setting_are_valid_and_canonical() {
    for platform in Platform::ALL {
        let document = read(&format!("{platform}-every-setting.json"));
        assert_eq!(document.validate(), Ok(()));
        let expected: BTreeSet<Setting> = Setting::list_for(platform).collect();
        assert_eq!(document.settings().into_keys().collect::<BTreeSet<_>>(), expected);
        assert_eq!(document.apps().len(), 2);
        assert_eq!(document.management_levels().len(), 2);
        assert!(matches!(
            document.assignments()[..],
            [AssignmentTarget::Include(_), AssignmentTarget::Exclude(_)]
        ));
        assert_canonical(&document, &format!("{platform}-every-setting.canonical.json"));
    }
}

#[test]
fn a_configuration_is_valid_and_canonical() {
    let document = read("configuration.json");
    assert_eq!(document.kind, PolicyKind::TargetedConfiguration);
    assert_eq!(document.validate(), Ok(()));
    assert_eq!(document.apps().len(), 2, "the Windows app has no client");
    assert_eq!(document.assignments(), vec![AssignmentTarget::AllLicensedUsers]);
    let configuration = AppConfiguration::parse(&document).unwrap();
    let known = configuration
        .with_tokens(|token| (token == "userprincipalname").then(|| "ada@harbour.example".into()));
    assert_eq!(known.values_of("com.example.harbour.user").collect::<Vec<_>>(), ["ada@harbour.example"]);
    assert_canonical(&document, "configuration.canonical.json");
}
