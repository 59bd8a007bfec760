//! `docs/acceptance.md`: which of the acceptance tests of the reference hold here, read from the marks that tests bear,
//! a line `// acceptance: AT-G1` above the test. `RINGFENCE_BLESS=1` rewrites the page.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The acceptance tests that a client core without a user interface can be put to, in our words.
const KNOWN: &str = include_str!("acceptance.txt");
const MARK: &str = "// acceptance: ";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Id, what must hold, and why it is otherwise here by choice.
fn known() -> Vec<(&'static str, &'static str, Option<&'static str>)> {
    let lines = KNOWN.lines().filter(|line| !line.is_empty());
    let cut = lines.map(|line| line.split_once(": ").expect("`id: what must hold`"));
    cut.map(|(id, rest)| match rest.split_once(" | ") {
        Some((what, choice)) => (id, what, Some(choice)),
        None => (id, rest, None),
    })
    .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The tests by the id they bear: name and file.
fn marks() -> BTreeMap<String, Vec<(String, String)>> {
    let root = root();
    let mut files = Vec::new();
    sources(&root.join("crates"), &mut files);
    files.sort();
    let mut marks: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let shown = file.strip_prefix(&root).unwrap().display().to_string();
        let mut waiting = Vec::new();
        for line in text.lines().map(str::trim_start) {
            if let Some(ids) = line.strip_prefix(MARK) {
                waiting.extend(ids.split([',', ' ']).filter(|id| !id.is_empty()).map(str::to_owned));
            } else if let Some(name) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("both!(")) {
                let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                for id in waiting.drain(..) {
                    marks.entry(id).or_default().push((name.clone(), shown.clone()));
                }
            }
        }
        assert!(waiting.is_empty(), "{shown}: {waiting:?} stand above no test");
    }
    marks
}

#[test]
fn every_mark_is_of_a_known_test() {
    let known: Vec<_> = known().into_iter().map(|(id, ..)| id).collect();
    let unknown: Vec<_> = marks().into_keys().filter(|id| !known.contains(&id.as_str())).collect();
    assert!(unknown.is_empty(), "not in acceptance.txt: {unknown:?}");
}

#[test]
fn the_page_is_up_to_date() {
    let marks = marks();
    let known = known();
    let held = known.iter().filter(|(id, ..)| marks.contains_key(*id)).count();
    let mut page = format!(
        "# Acceptance tests\n\nGenerated from the marks in the tests; `RINGFENCE_BLESS=1 cargo test -p xtask` rewrites it.\n\n\
         The list has the acceptance tests of the reference to which a core without a user interface can be put: {}. \
         {held} of them hold, by the tests named.\n\n| id | what must hold | test |\n|---|---|---|\n",
        known.len()
    );
    for (id, what, choice) in known {
        let tests: Vec<_> = marks.get(id).into_iter().flatten().collect();
        assert!(choice.is_none() || tests.is_empty(), "{id} is otherwise by choice, and yet tested");
        let names: Vec<_> = tests.iter().map(|(name, file)| format!("[`{name}`](../{file})")).collect();
        let last = match choice {
            Some(choice) => format!("otherwise by choice: {choice}"),
            None if names.is_empty() => "no test".to_owned(),
            None => names.join(", "),
        };
        let _ = writeln!(page, "| {id} | {what} | {last} |");
    }
    let path = root().join("docs/acceptance.md");
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        fs::write(path, &page).unwrap();
    } else {
        assert_eq!(fs::read_to_string(path).unwrap(), page, "run with RINGFENCE_BLESS=1");
    }
}
