//! `dialogs.toml` against the registry and the code; `docs/dialogs.md` is made of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};

use ringfence_messages::{Args, Lang, ReasonCode, dialog};
use ringfence_model::Platform;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    dialogs: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: u32,
    about: String,
    #[serde(default)]
    reasons: Vec<ReasonCode>,
    #[serde(default)]
    why_none: Option<String>,
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn entries() -> Vec<Entry> {
    let text = fs::read_to_string(root().join("crates/messages/dialogs.toml")).unwrap();
    toml::from_str::<File>(&text).unwrap().dialogs
}

/// The text of everything that could give a reason: the crates that decide and act, without their tests.
fn code() -> String {
    fn read(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, all);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                all.push_str(text.split("#[cfg(test)]").next().unwrap_or_default());
            }
        }
    }
    let mut all = String::new();
    for name in ["policy", "protocol", "client"] {
        read(&root().join("crates").join(name).join("src"), &mut all);
    }
    all
}

#[test]
fn every_row_has_an_answer_and_only_one() {
    let ids: Vec<u32> = entries().iter().map(|entry| entry.id).collect();
    assert_eq!(ids, (1..=146).collect::<Vec<_>>());
    for entry in entries() {
        assert_ne!(entry.reasons.is_empty(), entry.why_none.is_none(), "row {}", entry.id);
    }
}

#[test]
fn every_reason_that_answers_a_row_is_given_by_the_code() {
    let code = code();
    let named: BTreeSet<ReasonCode> = entries().into_iter().flat_map(|entry| entry.reasons).collect();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let given = |reason: &ReasonCode| {
        let variant = format!("::{reason:?}");
        code.match_indices(&variant).any(|(at, _)| !code[at + variant.len()..].starts_with(is_part))
    };
    let never: Vec<_> = named.iter().filter(|reason| !given(reason)).collect();
    assert!(never.is_empty(), "{never:?}");
}

fn codes(entry: &Entry) -> String {
    let one = |reason: &ReasonCode| {
        let [ios, android] = [Platform::Ios, Platform::Android].map(|platform| reason.dialog_code(platform));
        if ios == android { ios.to_owned() } else { format!("{ios} / {android}") }
    };
    entry.reasons.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Ids and texts of the scenarios, by id.
fn scenarios() -> BTreeMap<String, String> {
    let files = fs::read_dir(root().join("scenarios")).unwrap().map(|file| file.unwrap().path());
    let texts = files.map(|path| fs::read_to_string(path).unwrap());
    let id = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("id = \"")).unwrap();
        line.trim_end_matches('"').to_owned()
    };
    texts.map(|text| (id(&text), text)).collect()
}

/// Reasons that answer a row and that no scenario can bring about, because their cause is outside what a scenario can set. Each
/// has tests through the client core.
const OUT_OF_REACH: [(ReasonCode, &str); 3] = [
    (ReasonCode::ReceiveOwnerNotManaged, "needs a second organisation with a server of its own"),
    (ReasonCode::InstanceRefused, "needs an older copy of the phone to come back to life"),
    (ReasonCode::BundleUnreadable, "needs a server of a later version"),
];

#[test]
fn every_reason_that_answers_a_row_is_played_by_a_scenario() {
    let scenarios = scenarios();
    let mut missing = Vec::new();
    for reason in entries().into_iter().flat_map(|entry| entry.reasons) {
        let alone = Entry { reasons: vec![reason], ..entries().remove(0) };
        let known = OUT_OF_REACH.iter().any(|(known, _)| *known == reason);
        if played(&alone, &scenarios).is_empty() != known {
            missing.push(reason);
        }
    }
    assert!(missing.is_empty(), "no scenario, or one although it is listed as out of reach: {missing:?}");
}

/// The scenarios in which one of these reasons is named, or its code read.
fn played(entry: &Entry, scenarios: &BTreeMap<String, String>) -> String {
    let quoted = |text: &str| format!("\"{text}\"");
    let names = entry.reasons.iter().flat_map(|reason| {
        let codes = [Platform::Ios, Platform::Android].map(|platform| quoted(reason.dialog_code(platform)));
        codes.into_iter().chain([quoted(reason.as_str())])
    });
    let names: Vec<String> = names.collect();
    let tells = |text: &String| names.iter().any(|name| text.contains(name.as_str()));
    let ids = scenarios.iter().filter(|(_, text)| tells(text)).map(|(id, _)| id.as_str());
    ids.collect::<Vec<_>>().join(", ")
}

fn page() -> String {
    let (entries, scenarios) = (entries(), scenarios());
    let answered = entries.iter().filter(|entry| !entry.reasons.is_empty()).count();
    let mut page = format!(
        "# Dialogs\n\nGenerated from `crates/messages/dialogs.toml` and the registry; `RINGFENCE_BLESS=1 cargo test -p \
         ringfence-messages` rewrites it.\n\nThe reference system is documented to show {} dialogs. {answered} of them have \
         an answer here: a reason with a code, texts in English and Dutch, and code that gives it. For the others \
         the table says why there is none.\n\n| # | situation | code, iOS / Android | title | titel | scenarios |\n|---|---|---|---|---|---|\n",
        entries.len(),
    );
    for entry in &entries {
        let title = |lang| {
            let of = |reason: &ReasonCode| dialog(*reason, Platform::Ios, lang, &Args::new()).title;
            entry.reasons.iter().map(of).collect::<Vec<_>>().join(" · ")
        };
        let _ = match &entry.why_none {
            Some(why) => writeln!(page, "| {} | {} | none | {why} | | |", entry.id, entry.about),
            None => writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} |",
                entry.id,
                entry.about,
                codes(entry),
                title(Lang::En),
                title(Lang::Nl),
                played(entry, &scenarios),
            ),
        };
    }
    page
}

#[test]
fn the_page_of_dialogs_is_up_to_date() {
    let path = root().join("docs/dialogs.md");
    let page = page();
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap_or_default(), page, "run with RINGFENCE_BLESS=1");
}
