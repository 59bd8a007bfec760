//! The joins: how two values of one setting become one that is at least as strict as both.

use std::collections::{BTreeMap, BTreeSet};

use ringfence_model::{
    Millis,
    settings::{Pair, Value},
};

use super::rules::{Join, MergeRule};

/// Stands for *none*, where policies name different things and no thing satisfies all of them. No app id, URL scheme or
/// model contains an exclamation mark, so it matches nothing.
pub const NO_AGREEMENT: &str = "!none";

impl MergeRule {
    /// The join of two values. `None` is no constraint and leaves the other as it is, in normal form; only under
    /// [`Join::SameOrNothing`] it is the strictest.
    pub(super) fn join(&self, a: Option<Value>, b: Option<Value>) -> Option<Value> {
        let (a, b) = match (self.normal(a), self.normal(b)) {
            (Some(a), Some(b)) => (a, b),
            _ if self.join == Join::SameOrNothing => return None,
            (a, b) => return a.or(b),
        };
        if a == b {
            return Some(a);
        }
        Some(match self.join {
            Join::RestrictiveTrue | Join::Max | Join::LatestVersion | Join::LatestDate | Join::Label => {
                a.max(b)
            }
            Join::RestrictiveFalse | Join::Min | Join::EarliestVersion => a.min(b),
            Join::MinNonZero => min_non_zero(a, b),
            Join::Ranked(order) => ranked(order, a, b),
            Join::RankedUnless { order, apart, top } => match (&a, &b) {
                (Value::Choice(x), Value::Choice(y)) if apart.contains(x) && apart.contains(y) => {
                    Value::Choice(top)
                }
                _ => ranked(order, a, b),
            },
            Join::SameOrNothing => return same(a, b),
            Join::Same => same(a, b).unwrap_or_else(|| Value::Text(NO_AGREEMENT.to_owned())),
            Join::Union => union(a, b),
            Join::Intersect => intersect(a, b, false),
            Join::IntersectAllowed => intersect(a, b, true),
            Join::IntersectNames | Join::IntersectValues => intersect_pairs(self.join, a, b),
        })
    }

    /// The value without what restricts nothing: labels, and the case of things that are compared without it.
    pub(super) fn bare(&self, value: Option<Value>) -> Option<Value> {
        Some(match (self.join, value?) {
            (Join::Same | Join::SameOrNothing, Value::Text(text)) => Value::Text(text.to_ascii_lowercase()),
            (_, Value::Texts(texts)) => Value::Texts(keyed(texts).into_keys().collect()),
            (join, Value::Pairs(pairs)) => {
                let bare = |thing: String| (thing.clone(), (thing, String::new()));
                regroup(join, entries(join, &pairs).into_keys().map(bare).collect())
            }
            (_, value) => value,
        })
    }

    /// One of the values that mean the same.
    pub(super) fn normal(&self, value: Option<Value>) -> Option<Value> {
        Some(match (self.join, value?) {
            (Join::Intersect | Join::IntersectAllowed, Value::Texts(texts)) => {
                Value::Texts(keyed(texts).into_values().collect())
            }
            (join, Value::Pairs(pairs)) => regroup(join, entries(join, &pairs)),
            (_, value) => value,
        })
    }
}

fn same(a: Value, b: Value) -> Option<Value> {
    match (&a, &b) {
        (Value::Text(x), Value::Text(y)) if x.eq_ignore_ascii_case(y) => Some(a.min(b)),
        _ => None,
    }
}

fn min_non_zero(a: Value, b: Value) -> Value {
    let zero = |value: &Value| matches!(value, Value::Int(0) | Value::Span(Millis(0)));
    match (zero(&a), zero(&b)) {
        (true, _) => b,
        (_, true) => a,
        _ => a.min(b),
    }
}

fn ranked(order: &[&str], a: Value, b: Value) -> Value {
    let rank = |value: &Value| match value {
        Value::Choice(member) => order.iter().position(|one| one == member),
        _ => None,
    };
    if rank(&a) >= rank(&b) { a } else { b }
}

fn union(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Flags(a), Value::Flags(b)) => Value::Flags(a.union(&b).copied().collect()),
        (Value::Choices(a), Value::Choices(b)) => Value::Choices(a.union(&b).copied().collect()),
        (a, b) => a.max(b),
    }
}

/// `allowed`: an empty list would mean *everything*, so nothing in common is written as [`NO_AGREEMENT`].
fn intersect(a: Value, b: Value, allowed: bool) -> Value {
    match (a, b) {
        (Value::Choices(a), Value::Choices(b)) => Value::Choices(a.intersection(&b).copied().collect()),
        (Value::Texts(a), Value::Texts(b)) => {
            let (a, b) = (keyed(a), keyed(b));
            let common = a.into_iter().filter_map(|(key, text)| Some(text.min(b.get(&key)?.clone())));
            let mut common: Vec<String> = common.collect();
            if allowed && common.is_empty() {
                common.push(NO_AGREEMENT.to_owned());
            }
            Value::Texts(common)
        }
        (a, b) => a.min(b),
    }
}

/// Texts by their form without case; of several spellings the first in byte order stays.
fn keyed(texts: Vec<String>) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for text in texts {
        all.entry(text.to_ascii_lowercase())
            .and_modify(|old| *old = old.clone().min(text.clone()))
            .or_insert(text);
    }
    all
}

/// What is exempted or approved, by its form without case: its spelling and its label.
type Entries = BTreeMap<String, (String, String)>;

fn insert(entries: &mut Entries, spelling: &str, label: &str) {
    let entry = (spelling.to_owned(), label.to_owned());
    entries.entry(spelling.to_ascii_lowercase()).and_modify(|old| *old = least(old, &entry)).or_insert(entry);
}

fn least(a: &(String, String), b: &(String, String)) -> (String, String) {
    (a.0.clone().min(b.0.clone()), a.1.clone().min(b.1.clone()))
}

/// What the pairs hold. For [`Join::IntersectNames`] the name is the thing and the value its label; otherwise the value
/// holds the things, separated by `;`, and the name is their label.
fn entries(join: Join, pairs: &[Pair]) -> Entries {
    let mut entries = Entries::new();
    for Pair { name, value } in pairs {
        let (things, label) = if join == Join::IntersectNames { (name, value) } else { (value, name) };
        let things = things.split(';').map(str::trim).filter(|thing| !thing.is_empty());
        things.for_each(|thing| insert(&mut entries, thing, label));
    }
    entries
}

fn intersect_pairs(join: Join, a: Value, b: Value) -> Value {
    let (Value::Pairs(a), Value::Pairs(b)) = (a, b) else { return Value::Pairs(Vec::new()) };
    let (a, b) = (entries(join, &a), entries(join, &b));
    let common = a.into_iter().filter_map(|(key, entry)| Some((key.clone(), least(&entry, b.get(&key)?))));
    regroup(join, common.collect())
}

/// Back into pairs; things with the same label stand together, as administrators write them.
fn regroup(join: Join, entries: Entries) -> Value {
    if join == Join::IntersectNames {
        return Value::Pairs(entries.into_values().map(|(name, value)| Pair { name, value }).collect());
    }
    let mut by_label: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (thing, label) in entries.into_values() {
        by_label.entry(label).or_default().insert(thing);
    }
    let pair = |(name, things): (String, BTreeSet<String>)| {
        let value = things.into_iter().collect::<Vec<_>>().join(";");
        Pair { name, value }
    };
    Value::Pairs(by_label.into_iter().map(pair).collect())
}
