//! How often the same kind of note is written: whoever repeats a refused request must not fill the log.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ringfence_model::{Millis, UnixMillis};

use super::{Content, Record, ops};
use crate::{app::App, authz::Denied};

/// Between two entries of the same kind.
const EVERY: Millis = Millis::from_minutes(1);
/// Kinds remembered at most.
const KINDS_MAX: usize = 10_000;

/// When each kind of note was written last, and how many were left out since.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    last: Mutex<HashMap<String, (UnixMillis, u64)>>,
}

impl Limit {
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
        assert_eq!(limit.take("a", at(0)), Some(0));
        assert_eq!(limit.take("a", at(1)), None);
        assert_eq!(limit.take("b", at(1)), Some(0));
        assert_eq!(limit.take("a", at(59_999)), None);
        assert_eq!(limit.take("a", at(60_000)), Some(2));
    }
}
