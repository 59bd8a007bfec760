use serde_json::{Value, json};

use crate::import::policy;
use crate::kit::Server;

/// Name, bytes, and what the error must say.
fn cases() -> Vec<(&'static str, Vec<u8>, Vec<&'static str>)> {
    let with = |name: &str, value: Value| {
        let mut document = policy("Bad");
        document[name] = value;
        document.to_string().into_bytes()
    };
    let whole = policy("Bad").to_string();
    vec![
        ("empty", Vec::new(), vec!["empty"]),
        ("malformed", b"{\"displayName\": }".to_vec(), vec!["line 1, column"]),
        ("truncated", whole.as_bytes()[..whole.len() / 2].to_vec(), vec!["cut off"]),
        ("not a policy", b"42".to_vec(), vec!["not a policy"]),
        ("no policies", b"[]".to_vec(), vec!["no policy"]),
        ("no type", b"{\"displayName\": \"x\"}".to_vec(), vec!["@odata.type"]),
        ("wrong type", with("pinRequired", json!("yes")), vec!["`pinRequired`", "\"yes\"", "allowed"]),
        (
            "out of range",
            with("previousPinBlockCount", json!(25)),
            vec!["`previousPinBlockCount`", "25", "24"],
        ),
        (
            "unknown enum value",
            with("pinCharacterSet", json!("emoji")),
            vec!["`pinCharacterSet`", "emoji", "numeric"],
        ),
        (
            "bad duration",
            with("periodOfflineBeforeAccessCheck", json!("soon")),
            vec!["`periodOfflineBeforeAccessCheck`"],
        ),
        ("no apps", with("apps", json!([])), vec!["`apps`", "no app"]),
        (
            "bad group",
            with(
                "assignments",
                json!([{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "x"}}]),
            ),
            vec!["`assignments[0].target.groupId`", "UUID"],
        ),
        ("not text", b"{\"displayName\": \"\xc3\x28\"}".to_vec(), vec!["not UTF-8"]),
        ("deep", b"[".repeat(1_000_000), vec!["nested deeper"]),
        ("100 MB of brackets", b"[".repeat(100 * 1024 * 1024), vec!["larger than 16777216 bytes"]),
    ]
}

#[test]
fn bad_files_are_refused_with_path_value_and_allowed_and_nothing_is_written() {
    let server = Server::start();
    for (name, bytes, parts) in cases() {
        let file = server.file("bad.json", &bytes);
        for command in ["import", "validate"] {
            let run = server.run(["policy", command, file.to_str().unwrap()]);
            assert_eq!(run.status, 1, "{name}: {run:#?}");
            for part in &parts {
                assert!(run.stdout.contains(part), "{name}: no `{part}` in {}", run.stdout);
            }
        }
    }
    assert_eq!(server.run(["policy", "list", "--json"]).ok().json(), json!([]));
}

#[test]
fn a_name_that_is_taken_is_refused_and_told_from_a_collection_of_files() {
    let server = Server::start();
    let (one, two) = (
        server.file("1.json", policy("Same").to_string().as_bytes()),
        server.file("2.json", policy("Same").to_string().as_bytes()),
    );
    let (one, two) = (one.to_str().unwrap(), two.to_str().unwrap());
    let both = server.run(["policy", "import", one, two]).ok();
    assert!(both.stdout.contains("Same (2)") && both.stdout.contains("note: renamed"), "{}", both.stdout);
    let again = server.run(["policy", "import", one]);
    assert_eq!(again.status, 1);
    for part in ["`displayName`", "Same", "--rename"] {
        assert!(again.stdout.contains(part), "no `{part}` in {}", again.stdout);
    }
    server.run(["policy", "import", "--rename", one]).ok();
    assert_eq!(server.run(["policy", "list", "--json"]).ok().json().as_array().map(Vec::len), Some(3));
}

#[test]
fn a_good_file_beside_a_bad_one_is_imported() {
    let server = Server::start();
    let good = server.file("good.json", policy("Good").to_string().as_bytes());
    let bad = server.file("bad.json", b"{");
    let run = server.run(["policy", "import", bad.to_str().unwrap(), good.to_str().unwrap()]);
    assert_eq!(run.status, 1);
    assert_eq!(run.stdout.lines().last(), Some("2 files: 1 imported, 1 refused"));
}
