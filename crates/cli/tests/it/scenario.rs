use crate::kit::{ringfence, run};

#[test]
fn the_list_has_every_row_of_the_catalogue() {
    let listed = run(&mut ringfence(["scenario", "list", "--json"]), b"").ok().json();
    let rows: std::collections::BTreeSet<&str> =
        listed.as_array().unwrap().iter().map(|entry| entry["row"].as_str().unwrap()).collect();
    for row in ringfence_scenario::ROWS {
        assert!(rows.contains(row.id), "{} is not listed", row.id);
    }
    let table = run(&mut ringfence(["scenario", "list", "--lang", "nl"]), b"").ok().stdout;
    assert!(table.contains("Aanmelden met het werkaccount"), "{table}");
}

#[test]
fn a_scenario_is_told_and_counted() {
    let played = run(&mut ringfence(["scenario", "run", "d1", "--lang", "nl"]), b"");
    assert_eq!(played.status, 0, "{played:#?}");
    assert_eq!(played.stdout.lines().last(), Some("scenarios: 1 of 1 hold"));
    assert!(played.stdout.contains("│ Aanmelden"), "{}", played.stdout);
    let json = run(&mut ringfence(["scenario", "run", "D1", "--json"]), b"").ok().json();
    assert_eq!((json["held"].as_u64(), json["total"].as_u64()), (Some(1), Some(1)));
    assert_eq!(json["scenarios"][0]["played"].as_array().unwrap().len(), 2);
}

#[test]
fn what_does_not_hold_and_what_is_wrong_is_said() {
    let unknown = run(&mut ringfence(["scenario", "run", "D11"]), b"");
    assert_eq!(unknown.status, 1);
    assert!(unknown.stderr.contains("did you mean"), "{}", unknown.stderr);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    let own = |state: &str| {
        let text = format!(
            "id = \"X-own\"\ntitle = {{ en = \"Own\", nl = \"Eigen\" }}\nplatforms = [\"ios\"]\n\n\
             [[step]]\ndo = \"open\"\napp = \"notes\"\nstate = \"{state}\"\n"
        );
        std::fs::write(&file, text).unwrap();
        run(ringfence(["scenario", "run"]).arg(&file), b"")
    };
    let held = own("signed-out");
    assert_eq!((held.status, held.stdout.lines().last()), (0, Some("scenarios: 1 of 1 hold")));
    let failed = own("protected");
    assert_eq!((failed.status, failed.stdout.lines().last()), (1, Some("scenarios: 0 of 1 hold")));
    assert!(failed.stdout.contains("✗ state"), "{}", failed.stdout);
    let together = failed.stdout.lines().rev().nth(1).unwrap_or_default();
    assert!(together.starts_with("✗ X-own · iOS · the user opens notes · state: "), "{}", failed.stdout);
    let wrong = own("safe");
    assert_eq!(wrong.status, 1);
    assert!(wrong.stderr.contains("own.toml:8:9: step[1].state"), "{}", wrong.stderr);
}
