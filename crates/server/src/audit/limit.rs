//! How often the same kind of note is written: whoever repeats a refused request must not fill the log.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ringfence_model::{Millis, UnixMillis};

use super::{Content, Record, ops};
use crate::{
    app::App,
    authz::{Actor, Denied},
};

/// Between two entries of the same kind.
const EVERY: Millis = Millis::from_minutes(1);
/// Kinds remembered at most.
const KINDS_MAX: usize = 10_000;

/// Entries within [`EVERY`] about people who were not let in, whoever they are: they need no token to cause one.
const STRANGERS_MAX: u32 = 100;

/// When each kind of note was written last, and how many were left out since.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    last: Mutex<HashMap<String, (UnixMillis, u64)>>,
    strangers: Mutex<Strangers>,
}

/// What was written about strangers since a time, and what was not because there was too much of it.
#[derive(Debug, Default)]
struct Strangers {
    since: Option<UnixMillis>,
    written: u32,
    left_out: u64,
}

impl Limit {
    /// Whether an entry of this kind is to be written now; [`Self::take`] says that it was.
    pub(crate) fn is_due(&self, kind: &str, now: UnixMillis) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.get(kind).is_none_or(|(at, _)| now.since(*at) >= EVERY)
    }

    /// How many were left out since the last entry when this one is to be written; `None` when it is left out.
    pub(crate) fn take(&self, kind: &str, now: UnixMillis) -> Option<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, left_out)) = last.get_mut(kind)
            && now.since(*at) < EVERY
        {
            *left_out += 1;
            return None;
        }
        if last.len() >= KINDS_MAX {
            last.retain(|_, (at, _)| now.since(*at) < EVERY);
            if last.len() >= KINDS_MAX {
                return None;
            }
        }
        Some(last.insert(kind.to_owned(), (now, 0)).map_or(0, |(_, left_out)| left_out))
    }

    /// The same for what anybody can cause: all kinds together are limited too, so that many addresses gain nothing.
    pub(crate) fn take_of_stranger(&self, kind: &str, now: UnixMillis) -> Option<u64> {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        if strangers.since.is_none_or(|since| now.since(since) >= EVERY) {
            (strangers.since, strangers.written) = (Some(now), 0);
        }
        if strangers.written >= STRANGERS_MAX {
            strangers.left_out += 1;
            return None;
        }
        let left_out = self.take(kind, now)?;
        strangers.written += 1;
        Some(left_out + std::mem::take(&mut strangers.left_out))
    }
}

/// Somebody who was not let in.
#[derive(Debug)]
pub(crate) struct Tried {
    /// Who was tried: `account:<id>`, `user:<id>`, `token:<id>`, `provider:<name>`, or `…:unknown`.
    pub(crate) object: String,
    /// The sign-in name that was given, when nobody has it.
    pub(crate) name: Option<String>,
    /// Why not, as a stable code.
    pub(crate) reason: String,
    /// Why not, in a sentence.
    pub(crate) detail: String,
    /// Method and path.
    pub(crate) request: String,
}

/// Longest sentence that is kept, in characters.
const DETAIL_MAX: usize = 300;

/// Writes down that somebody was not let in, once a minute per address (`from`), object and reason. `actor` tells request
/// and address. A failure to do so is logged: the refusal stands all the same.
pub(crate) async fn note_not_let_in(app: &App, actor: &Actor, from: &str, tried: Tried) {
    let kind = format!("signIn {from} {} {}", tried.object, tried.reason);
    let Some(left_out) = app.audit.take_of_stranger(&kind, app.env.now()) else { return };
    let record = Record { act: "signIn.refuse", object: tried.object, ..Record::default() };
    let content = Content {
        request: Some(tried.request),
        detail: Some(tried.detail.chars().filter(|c| !c.is_control()).take(DETAIL_MAX).collect()),
        tried: tried.name.filter(|name| is_sign_in_name(name)),
        repeated: (left_out > 0).then_some(left_out),
        reason: Some(tried.reason),
        ..Content::default()
    };
    if let Err(error) = Box::pin(ops::append_alone(app, actor, record, content, "refused")).await {
        tracing::error!(%error, "a refused sign-in could not be written to the audit log");
    }
}

/// Whether a text looks like `kim@example.org`. Others may be passwords that were typed in the wrong place.
fn is_sign_in_name(text: &str) -> bool {
    let plain = text.len() <= 256 && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    plain && text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}

/// Writes down that a permission was refused, once a minute per caller and permission. A failure to do so is logged:
/// the refusal stands all the same.
pub(crate) async fn note_refusal(app: &App, denied: &Denied, request: String) {
    let (actor, permission) = (&denied.actor, denied.permission.name());
    let Some(left_out) = app.audit.take(&format!("{} {permission}", actor.id), app.env.now()) else { return };
    let record =
        Record { act: "permission.refuse", object: format!("permission:{permission}"), ..Record::default() };
    let content = Content {
        request: Some(request),
        repeated: (left_out > 0).then_some(left_out),
        ..Content::default()
    };
    if let Err(error) = ops::append_alone(app, actor, record, content, "refused").await {
        tracing::error!(%error, permission, "a refusal could not be written to the audit log");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_counted_and_written_once_a_minute() {
        let limit = Limit::default();
        let at = |ms: i64| UnixMillis(1_767_323_045_000 + ms);
        assert!(limit.is_due("a", at(0)) && limit.is_due("a", at(0)), "asking takes nothing");
        assert_eq!(limit.take("a", at(0)), Some(0));
        assert!(!limit.is_due("a", at(59_999)) && limit.is_due("a", at(60_000)));
        assert_eq!(limit.take("a", at(1)), None);
        assert_eq!(limit.take("b", at(1)), Some(0));
        assert_eq!(limit.take("a", at(59_999)), None);
        assert_eq!(limit.take("a", at(60_000)), Some(2));
    }

    #[test]
    fn strangers_from_everywhere_cannot_fill_the_log() {
        let limit = Limit::default();
        let at = |ms: i64| UnixMillis(1_767_323_045_000 + ms);
        let written = |ms: i64| {
            (0..1000).filter_map(|i| limit.take_of_stranger(&format!("{i}"), at(ms))).collect::<Vec<_>>()
        };
        assert_eq!(written(0), vec![0; 100]);
        assert!(written(59_999).is_empty());
        let next = written(60_000);
        assert_eq!((next.len(), next.first()), (100, Some(&(900 + 1000))));
        // Others are not pushed out.
        assert_eq!(limit.take("permission", at(60_001)), Some(0));
    }

    #[test]
    fn what_may_be_a_password_is_not_kept() {
        for (text, kept) in [
            ("kim@school.example", true),
            ("hunter2", false),
            ("p@ss", false),
            ("a b@c.d", false),
            ("@c.d", false),
        ] {
            assert_eq!(is_sign_in_name(text), kept, "{text}");
        }
    }
}
