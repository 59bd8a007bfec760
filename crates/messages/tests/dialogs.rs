//! `dialogs.toml` against the registry and the code; `docs/dialogs.md` is made of it.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use ringfence_messages::{Args, Lang, ReasonCode, dialog};
use ringfence_model::Platform;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    dialogs: Vec<Entry>,
    /// Reasons that no scenario plays, and why.
    unplayed: BTreeMap<ReasonCode, String>,
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

fn file() -> File {
    let text = fs::read_to_string(root().join("crates/messages/dialogs.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

fn entries() -> Vec<Entry> {
    file().dialogs
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
fn every_reason_of_the_registry_is_given_by_the_code() {
    let code = code();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let given = |reason: &ReasonCode| {
        let variant = format!("::{reason:?}");
        let by_variant =
            code.match_indices(&variant).any(|(at, _)| !code[at + variant.len()..].starts_with(is_part));
        // What is refused on the wire has the reason's name as its code.
        by_variant || code.contains(&format!("\"{}\"", reason.as_str()))
    };
    let never: Vec<_> = ReasonCode::ALL.iter().filter(|reason| !given(reason)).collect();
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

#[test]
fn every_reason_of_the_registry_is_played_by_a_scenario_or_excused() {
    let (scenarios, excused) = (scenarios(), file().unplayed);
    let mut wrong = Vec::new();
    for &reason in ReasonCode::ALL {
        let alone = Entry { id: 0, about: String::new(), reasons: vec![reason], why_none: None };
        match (played(&alone, &scenarios).is_empty(), excused.contains_key(&reason)) {
            (true, false) => wrong.push(format!("{}: no scenario", reason.as_str())),
            (false, true) => wrong.push(format!("{}: excused, and played", reason.as_str())),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(excused.values().all(|why| why.len() > 20), "{excused:#?}");
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
