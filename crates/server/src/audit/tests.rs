//! The chain's format is frozen by a golden file: a change of it would make every kept log unverifiable.

use ringfence_model::UnixMillis;
use serde_json::{Value, json};

use super::{
    Entry,
    chain::{START, link},
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/audit/v1/chain.json");

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

#[test]
fn hashes_match_the_golden_file() {
    let found = json!({ "entries": entries().iter().map(super::api::represent).collect::<Vec<_>>() });
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::write(FILE, format!("{found:#}\n")).unwrap();
    }
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(found, golden);
}

#[test]
fn every_field_counts() {
    let whole = entries().remove(0);
    let changes: [fn(&mut Entry); 10] = [
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
