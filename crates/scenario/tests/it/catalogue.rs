//! The scenarios that come with Ringfence are the catalogue's.

use std::collections::BTreeSet;

use ringfence_model::Platform;
use ringfence_scenario::{ROWS, embedded, find};

#[test]
fn every_row_has_a_scenario_on_every_platform_of_the_row() {
    let all = embedded().unwrap();
    let mut missing = Vec::new();
    for row in ROWS {
        for platform in row.platforms {
            let played = |platform: &Platform| {
                all.iter().any(|one| one.row() == row.id && one.platforms.contains(platform))
            };
            if !played(platform) {
                missing.push(format!("{} on {platform}", row.id));
            }
        }
    }
    assert!(missing.is_empty(), "no scenario for {}", missing.join(", "));
}

#[test]
fn ids_are_unique_and_files_are_named_after_them() {
    let all = embedded().unwrap();
    let ids: BTreeSet<&str> = all.iter().map(|scenario| scenario.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    for scenario in &all {
        let name = scenario.file.trim_end_matches(".toml");
        let named = name == scenario.id || name.starts_with(&format!("{}-", scenario.id));
        assert!(named, "{}: {}", scenario.file, scenario.id);
    }
}

#[test]
fn ids_are_found_without_regard_to_case_and_unknown_ones_name_the_nearest() {
    assert_eq!(find("d1").unwrap().len(), 1);
    let error = find("D11").unwrap_err().to_string();
    assert!(error.contains("did you mean") && error.contains("D1"), "{error}");
    let error = find("quite-another-thing").unwrap_err().to_string();
    assert!(error.contains("scenario list"), "{error}");
}
