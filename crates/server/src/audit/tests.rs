//! The chain's format is frozen by a golden file: a change of it would make every kept log unverifiable.

use ringfence_model::UnixMillis;
use serde_json::{Value, json};

use super::{
    Entry, Stored, Told,
    chain::{START, link},
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/audit/v1/chain.json");
const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/audit/v2/export.jsonl");

fn entries() -> Vec<Entry> {
    let full = Entry {
        seq: 1,
        at: UnixMillis(1_767_323_045_000),
        actor: "account:01890a5d-ac96-774b-bcce-b302099a8057".into(),
        token: "01890a5d-ac96-774b-bcce-b302099a8058".parse().ok(),
        act: "policy.update".into(),
        object: "policy:01890a5d-ac96-774b-bcce-b302099a8059".into(),
        before_hash: Some("00".repeat(32)),
        after_hash: Some("ff".repeat(32)),
        content_hash: None,
        request: Some("01890a5d-ac96-774b-bcce-b302099a805a".into()),
        outcome: "done".into(),
        hash: String::new(),
    };
    let bare = Entry {
        seq: 2,
        token: None,
        before_hash: None,
        after_hash: None,
        request: None,
        outcome: "refused".into(),
        ..full.clone()
    };
    let empty = Entry { seq: 3, request: Some(String::new()), ..bare.clone() };
    let mut previous = START.to_owned();
    let mut chained = Vec::new();
    for mut entry in [full, bare, empty] {
        entry.hash = link(&previous, &entry);
        previous.clone_from(&entry.hash);
        chained.push(entry);
    }
    chained
}

fn shown(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq, "at": entry.at.0, "actor": entry.actor, "token": entry.token, "act": entry.act,
        "object": entry.object, "beforeHash": entry.before_hash, "afterHash": entry.after_hash,
        "requestId": entry.request, "outcome": entry.outcome, "hash": entry.hash,
    })
}

#[test]
fn hashes_match_the_golden_file() {
    let found = json!({ "entries": entries().iter().map(shown).collect::<Vec<_>>() });
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::write(FILE, format!("{found:#}\n")).unwrap();
    }
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(found, golden);
}

/// A chain whose second entry is the first one's, with content.
fn with_content() -> Vec<Told> {
    let text =
        r#"{"salt":"00000000000000000000000000000000","from":"192.0.2.1","before":{"a":1},"after":{"a":2}}"#;
    let mut chain = Vec::new();
    let mut previous = START.to_owned();
    for (mut entry, text) in entries().into_iter().zip([None, Some(text), None]) {
        entry.content_hash = text.map(super::content::hash);
        entry.hash = link(&previous, &entry);
        previous.clone_from(&entry.hash);
        chain.push(Told { entry, stored: Stored { text: text.map(str::to_owned), erased_by: None } });
    }
    chain
}

/// The lines of the export format, frozen too: kept exports must stay checkable.
#[test]
fn an_export_of_the_second_version_still_holds() {
    let tenant = "01890a5d-ac96-774b-bcce-b302099a8050".parse().unwrap();
    let found = super::export::lines(tenant, UnixMillis(1_767_323_045_000), &with_content());
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(EXPORT).parent().unwrap()).unwrap();
        std::fs::write(EXPORT, format!("{}\n", found.join("\n"))).unwrap();
    }
    let golden = std::fs::read_to_string(EXPORT).unwrap();
    assert_eq!(golden.lines().collect::<Vec<_>>(), found);
    let (_, summary) =
        super::export::check(golden.lines().map(|line| Ok(line.to_owned())), |_, _| {}).unwrap();
    assert_eq!((summary.entries, summary.erased), (3, 0));
}

#[test]
fn every_field_counts() {
    let whole = entries().remove(0);
    let changes: [fn(&mut Entry); 11] = [
        |entry| entry.seq += 1,
        |entry| entry.at.0 += 1,
        |entry| entry.actor.push('x'),
        |entry| entry.token = None,
        |entry| entry.act.push('x'),
        |entry| entry.object.push('x'),
        |entry| entry.before_hash = None,
        |entry| entry.after_hash = Some("x".into()),
        |entry| entry.request = None,
        |entry| entry.outcome.push('x'),
        |entry| entry.content_hash = Some("x".into()),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut changed = whole.clone();
        change(&mut changed);
        assert_ne!(link(START, &changed), whole.hash, "change {number}");
    }
    // A text cannot move from one field to the next.
    let moved = Entry { act: "policy.".into(), object: format!("update{}", whole.object), ..whole.clone() };
    assert_ne!(link(START, &moved), whole.hash);
}
