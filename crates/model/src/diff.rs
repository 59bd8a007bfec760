//! What changed between two documents, by meaning: spelling of durations, order of apps and server-owned members do not
//! count.

use serde::Serialize;
use serde_json::Value as Json;

use crate::{
    document::PolicyDocument,
    settings::{Setting, Value},
};

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Protects more.
    Tighter,
    /// Protects less.
    Looser,
    /// Neither, or not comparable.
    Other,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Name of the member.
    pub path: String,
    /// Value before; `None` = not set.
    pub before: Option<Json>,
    /// Value after; `None` = not set.
    pub after: Option<Json>,
    /// Which way it goes.
    pub direction: Direction,
}

/// Changes from `a` to `b`, sorted by path, all with [`Direction::Other`]; `policy::merge::diff` knows the directions.
pub fn diff(a: &PolicyDocument, b: &PolicyDocument) -> Vec<Change> {
    diff_with(a, b, |_, _, _| Direction::Other)
}

/// Changes from `a` to `b`, sorted by path; `direction` judges each changed setting.
pub fn diff_with(
    a: &PolicyDocument,
    b: &PolicyDocument,
    direction: impl Fn(Setting, Option<&Value>, Option<&Value>) -> Direction,
) -> Vec<Change> {
    let (before, after) = (a.canonical_members(), b.canonical_members());
    let (old, new) = (a.settings(), b.settings());
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    let changed = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    changed
        .map(|path| {
            let known = Setting::from_name(path)
                .filter(|setting| old.contains_key(setting) || new.contains_key(setting));
            Change {
                path: path.clone(),
                before: before.get(path).cloned(),
                after: after.get(path).cloned(),
                direction: known.map_or(Direction::Other, |s| direction(s, old.get(&s), new.get(&s))),
            }
        })
        .collect()
}
