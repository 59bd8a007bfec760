//! Reading typed values with their documented defaults.

use std::collections::BTreeSet;

use ringfence_model::{
    Millis, Version,
    settings::{Pair, Setting, Settings, Value},
};

use super::kinds::Action;

/// The settings of one policy, as one platform reads them.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) platform: ringfence_model::Platform,
    pub(super) settings: &'a Settings,
}

impl<'a> Reader<'a> {
    /// The value as set; settings of the other platform are not there.
    pub(super) fn get(self, setting: Setting) -> Option<&'a Value> {
        if setting.applies_to(self.platform) { self.settings.get(&setting) } else { None }
    }

    /// The value as set, or what absence means.
    fn value(self, setting: Setting) -> Option<Value> {
        self.get(setting)
            .cloned()
            .or_else(|| setting.applies_to(self.platform).then(|| setting.default_value()).flatten())
    }

    pub(super) fn flag(self, setting: Setting) -> bool {
        self.value(setting) == Some(Value::Bool(true))
    }

    pub(super) fn flag_if_set(self, setting: Setting) -> Option<bool> {
        match self.get(setting) {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn int(self, setting: Setting) -> u32 {
        match self.value(setting) {
            Some(Value::Int(value)) => u32::try_from(value.max(0)).unwrap_or(u32::MAX),
            _ => 0,
        }
    }

    pub(super) fn choice(self, setting: Setting) -> Option<&'static str> {
        match self.value(setting) {
            Some(Value::Choice(value)) => Some(value),
            _ => None,
        }
    }

    pub(super) fn action(self, setting: Setting) -> Option<Action> {
        self.choice(setting).and_then(Action::parse)
    }

    pub(super) fn span(self, setting: Setting) -> Option<Millis> {
        match self.value(setting) {
            Some(Value::Span(value)) => Some(value),
            _ => None,
        }
    }

    /// A span where zero means *no limit*.
    pub(super) fn limit(self, setting: Setting) -> Option<Millis> {
        self.span(setting).filter(|span| span.0 > 0)
    }

    /// A version where zero means *not set*.
    pub(super) fn version(self, setting: Setting) -> Option<Version> {
        match self.get(setting) {
            Some(Value::Version(version)) if *version != Version::default() => Some(*version),
            _ => None,
        }
    }

    pub(super) fn date(self, setting: Setting) -> Option<u32> {
        match self.get(setting) {
            Some(Value::Date(date)) => super::checks::parse_date(date),
            _ => None,
        }
    }

    pub(super) fn text(self, setting: Setting) -> Option<&'a str> {
        match self.get(setting) {
            Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        }
    }

    pub(super) fn texts(self, setting: Setting) -> &'a [String] {
        match self.get(setting) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    pub(super) fn pairs(self, setting: Setting) -> &'a [Pair] {
        match self.get(setting) {
            Some(Value::Pairs(pairs)) => pairs,
            _ => &[],
        }
    }

    /// Members of a set, from choices or flags.
    pub(super) fn members(self, setting: Setting) -> BTreeSet<&'static str> {
        match self.get(setting) {
            Some(Value::Choices(set) | Value::Flags(set)) => set.clone(),
            _ => BTreeSet::new(),
        }
    }
}
