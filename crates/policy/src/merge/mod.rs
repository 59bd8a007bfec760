//! The effective policy of a user and app: every policy that reaches them, merged setting by setting.
//!
//! The merge is a join: associative, commutative, idempotent, and never looser than any part. The rule of every setting
//! stands in [`rules()`], published as `docs/merge.md`. What a part leaves out counts as its documented default
//! ([`Setting::default_value`]); where there is none, as no constraint.
//!
//! Some settings mean something only while another one is on (its *gates*): a part in which they mean nothing has no say
//! in them. So a part that lets data go anywhere does not take away the exemptions of a part that restricts it.

mod gate;
mod join;
mod markdown;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ringfence_model::{
    Platform,
    diff::{Change, Direction, diff_with},
    document::PolicyDocument,
    settings::{Setting, Settings, Value},
};

pub use self::{
    gate::{Gate, GateTest, Scope},
    join::NO_AGREEMENT,
    markdown::merge_table_markdown,
    rules::{Absent, Join, MergeRule, rule_of, rules},
};

/// One policy that takes part in a merge.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The caller's number for the policy; comes back in [`Merged::deciders`].
    pub source: usize,
    /// Its operating system; parts of another one have no say.
    pub platform: Platform,
    /// What it sets.
    pub settings: &'a Settings,
}

/// A merged setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Its value.
    pub value: Value,
    /// The sources that have this value; when none has it (two lists with a common part), those that took part in it.
    /// Sorted, never empty.
    pub deciders: Vec<usize>,
}

/// The effective policy: every setting that at least one part sets and that means something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Operating system.
    pub platform: Platform,
    /// Merged settings.
    pub settings: BTreeMap<Setting, Merged>,
}

impl Effective {
    /// The values alone.
    pub fn values(&self) -> Settings {
        self.settings.iter().map(|(setting, merged)| (*setting, merged.value.clone())).collect()
    }
}

/// Merges the parts of the first part's platform; no parts give an empty policy for iOS.
pub fn merge(parts: &[Part<'_>]) -> Effective {
    let platform = parts.first().map_or(Platform::Ios, |part| part.platform);
    let parts: Vec<Part<'_>> = parts.iter().copied().filter(|part| part.platform == platform).collect();
    let set = |setting: &Setting| parts.iter().any(|part| part.settings.contains_key(setting));
    let settings = Setting::list_for(platform).filter(set);
    let merged = settings.filter_map(|setting| Some((setting, merge_setting(setting, &parts)?)));
    Effective { platform, settings: merged.collect() }
}

/// Merges one setting; `None` when it means nothing in the whole, or only parts without a say set it.
fn merge_setting(setting: Setting, parts: &[Part<'_>]) -> Option<Merged> {
    let rule = rule_of(setting);
    let whole = rule.scope_of(|gate| join_all(gate, parts));
    let has_say = |part: &&Part<'_>| match whole {
        Scope::Below => true,
        Scope::Active => rule.scope_of(|gate| rule_of(gate).given(part.settings)) == Scope::Active,
        Scope::Above => false,
    };
    let parts: Vec<&Part<'_>> = parts.iter().filter(has_say).collect();
    if !parts.iter().any(|part| part.settings.contains_key(&setting)) {
        return None;
    }
    let silent = |part: &Part<'_>| whole == Scope::Below && !part.settings.contains_key(&setting);
    let give = |part: &&Part<'_>| {
        if rule.absent == Absent::Nobody && silent(part) { None } else { rule.given(part.settings) }
    };
    let given: Vec<Option<Value>> = parts.iter().map(give).collect();
    let value = given.iter().cloned().reduce(|a, b| rule.join(a, b)).flatten();
    let value = rule.normal(value)?;
    let mut candidates: Vec<(&Part<'_>, bool)> =
        parts.iter().copied().zip(given.iter().map(Option::is_some)).collect();
    candidates.retain(|(_, given)| *given);
    let has_value = |part: &Part<'_>| rule.normal(rule.given(part.settings)).as_ref() == Some(&value);
    let is_explicit = |part: &Part<'_>| part.settings.contains_key(&setting);
    let exact = candidates.iter().filter(|(part, _)| has_value(part) && is_explicit(part));
    let mut deciders: Vec<usize> = exact.map(|(part, _)| part.source).collect();
    if deciders.is_empty() {
        deciders =
            candidates.iter().filter(|(part, _)| has_value(part)).map(|(part, _)| part.source).collect();
    }
    if deciders.is_empty() {
        deciders = candidates.iter().map(|(part, _)| part.source).collect();
    }
    deciders.sort_unstable();
    deciders.dedup();
    Some(Merged { value, deciders })
}

/// The join of one gate over all parts; gates have no gates.
fn join_all(setting: Setting, parts: &[Part<'_>]) -> Option<Value> {
    let rule = rule_of(setting);
    parts.iter().map(|part| rule.given(part.settings)).reduce(|a, b| rule.join(a, b)).flatten()
}

/// Whether `a` restricts at least as much as `b`, for this setting alone; `None` is *not set*.
pub fn is_at_least_as_strict(setting: Setting, a: Option<&Value>, b: Option<&Value>) -> bool {
    let rule = rule_of(setting);
    let (a, b) = (rule.bare(rule.given_value(a)), rule.bare(rule.given_value(b)));
    rule.is_label() || rule.join(a.clone(), b) == rule.normal(a)
}

/// Which way a change of one setting goes.
pub fn direction(setting: Setting, before: Option<&Value>, after: Option<&Value>) -> Direction {
    let tighter = is_at_least_as_strict(setting, after, before);
    let looser = is_at_least_as_strict(setting, before, after);
    match (tighter, looser) {
        (true, false) => Direction::Tighter,
        (false, true) => Direction::Looser,
        _ => Direction::Other,
    }
}

/// Changes between two documents, each setting with its direction.
pub fn diff(a: &PolicyDocument, b: &PolicyDocument) -> Vec<Change> {
    diff_with(a, b, direction)
}
