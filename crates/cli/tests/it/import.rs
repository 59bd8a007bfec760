use serde_json::{Value, json};

use crate::kit::{Run, Server, reference_policies, ringfence, run};

/// A small policy of our own.
pub(crate) fn policy(name: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.iosManagedAppProtection",
        "displayName": name,
        "pinRequired": true,
        "minimumPinLength": 6,
        "apps": [{"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "org.ringfence.notes",
        }}],
    })
}

fn last_line(run: &Run) -> &str {
    run.stdout.lines().last().unwrap_or_default()
}

#[test]
fn every_reference_policy_is_imported_and_reads_back_equal() {
    let Some(folder) = reference_policies() else { return };
    let server = Server::start();
    let imported = server.run(["policy", "import", "--json", folder.to_str().unwrap()]).ok().json();
    let documents = imported["documents"].as_array().unwrap();
    assert!(documents.len() > 50, "{}", documents.len());
    assert_eq!(imported["summary"]["refused"], 0);
    for line in documents {
        let shown = server.run(["policy", "show", line["id"].as_str().unwrap()]).ok().json();
        let file = line["file"].as_str().unwrap();
        let original = String::from_utf8(std::fs::read(file).unwrap()).unwrap();
        let original: Value = serde_json::from_str(original.trim_start_matches('\u{feff}')).unwrap();
        let parse = |value: Value| ringfence_model::document::PolicyDocument::parse_value(value).unwrap();
        let (before, after) = (parse(original), parse(shown));
        let back = after.settings();
        for (setting, value) in before.settings() {
            assert_eq!(back.get(&setting), Some(&value), "{file}: {}", setting.name());
        }
        assert_eq!(before.apps(), after.apps(), "{file}");
    }
}

#[test]
fn encodings_and_shapes_found_in_the_wild() {
    let server = Server::start();
    let utf16 = |name: &str| -> Vec<u8> {
        let text = format!("\u{feff}{}", policy(name));
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let with_mark = [b"\xef\xbb\xbf".to_vec(), policy("B").to_string().into_bytes()].concat();
    let list = json!([policy("C"), policy("D")]).to_string();
    let envelope = json!({"@odata.context": "x", "value": [policy("E")]}).to_string();
    let files = [
        server.file("utf16.json", &utf16("A")),
        server.file("mark.json", &with_mark),
        server.file("list.json", list.as_bytes()),
        server.file("envelope.json", envelope.as_bytes()),
    ];
    let mut command = server.command(["policy", "import"]);
    let imported = run(command.args(&files), b"").ok();
    assert_eq!(last_line(&imported), "4 files: 5 imported, 0 refused");
    assert!(
        imported.stdout.contains("list.json[1]: D (2 settings, 1 app, 0 assignments)"),
        "{}",
        imported.stdout
    );
    let listed = server.run(["policy", "list"]).ok().stdout;
    assert_eq!(listed.lines().count(), 6, "{listed}");
}

#[test]
fn a_template_is_piped_in_assigned_and_effective() {
    let server = Server::start();
    let template = run(&mut ringfence(["policy", "template", "show", "level-2-ios"]), b"").ok().stdout;
    run(&mut server.command(["policy", "import", "-"]), template.as_bytes()).ok();
    server.run(["group", "create", "Teachers"]).ok();
    server.run(["policy", "assign", "Level 2: enhanced data protection (iOS)", "--group", "Teachers"]).ok();
    server.run(["policy", "set", "Level 2: enhanced data protection (iOS)", "printBlocked=true"]).ok();
    let typo = ["policy", "set", "Level 2: enhanced data protection (iOS)", "printBlockd=true"];
    let typo = server.run(typo);
    assert!(typo.status == 1 && typo.stderr.contains("`printBlockd` is not a setting"), "{typo:#?}");
    let shown = server.run(["policy", "show", "Level 2: enhanced data protection (iOS)"]).ok().json();
    assert_eq!(shown["printBlocked"], true);
    assert_eq!(shown["assignments"].as_array().map(Vec::len), Some(1));
    let before = server.file("before.json", template.as_bytes());
    let args = ["policy", "diff", before.to_str().unwrap(), "Level 2: enhanced data protection (iOS)"];
    let difference = server.run(args);
    assert_eq!(difference.status, 1, "they differ");
    let line = difference.stdout.lines().find(|line| line.starts_with("printBlocked")).unwrap_or_default();
    assert!(line.contains("tighter"), "{}", difference.stdout);
    let args = ["policy", "delete", "Level 2: enhanced data protection (iOS)"];
    assert_eq!(server.run(args).status, 1, "deleted although assigned");
    server.run(args.into_iter().chain(["--yes"])).ok();
}

#[test]
fn a_dry_run_changes_nothing() {
    let server = Server::start();
    let file = server.file("a.json", policy("A").to_string().as_bytes());
    let dry = server.run(["policy", "import", "--dry-run", file.to_str().unwrap()]).ok();
    assert_eq!(last_line(&dry), "1 file: 1 would be imported, 0 refused");
    assert_eq!(server.run(["policy", "list", "--json"]).ok().json(), json!([]));
}

#[test]
fn missing_groups_are_made_only_when_asked() {
    let server = Server::start();
    let mut document = policy("A");
    document["assignments"] = json!([{"target": {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "11111111-2222-4333-8444-555555555555",
    }}]);
    let file = server.file("a.json", document.to_string().as_bytes());
    let refused = server.run(["policy", "import", file.to_str().unwrap()]);
    assert_eq!(refused.status, 1);
    assert!(refused.stdout.contains("`assignments[0].target.groupId`"), "{}", refused.stdout);
    assert_eq!(server.run(["policy", "list", "--json"]).ok().json(), json!([]));
    server.run(["policy", "import", "--create-missing-groups", file.to_str().unwrap()]).ok();
    let groups = server.run(["group", "list"]).ok().stdout;
    assert!(groups.contains("11111111-2222-4333-8444-555555555555"), "{groups}");
}
