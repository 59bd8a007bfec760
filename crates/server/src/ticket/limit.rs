//! How often diagnostics are taken: nobody has to be registered to send them, so a program gone wild, or somebody who
//! tries references, must not fill the database or the log. In memory of this node, bounded and short.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ringfence_model::{Millis, UnixMillis};
use ringfence_protocol::problem::ProblemCode;

use super::ops::Upload;
use crate::{app::App, http::ApiError, session::auth::problem, signin::Attempt};

/// Uploads of one app on one device within [`WINDOW`], those that are refused included.
const SENDER_MAX: u32 = 6;
/// Uploads from one address: a whole school may be behind it.
const ADDRESS_MAX: u32 = 120;
const WINDOW: Millis = Millis::from_minutes(1);
/// Senders remembered at once.
const SENDERS_MAX: usize = 20_000;

#[derive(Debug, Clone, Copy)]
struct Count {
    uploads: u32,
    since: UnixMillis,
}

/// The uploads of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<HashMap<String, Count>>);

impl Uploads {
    /// Counts an upload.
    ///
    /// # Errors
    /// The seconds to wait.
    fn take(&self, sender: String, max: u32, now: UnixMillis) -> Result<(), u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= SENDERS_MAX && !all.contains_key(&sender) {
            all.retain(|_, count| now.since(count.since) < WINDOW);
        }
        if all.len() >= SENDERS_MAX && !all.contains_key(&sender) {
            return Err(WINDOW.0.div_ceil(1000));
        }
        let count = all.entry(sender).or_insert(Count { uploads: 0, since: now });
        if now.since(count.since) >= WINDOW {
            *count = Count { uploads: 0, since: now };
        }
        if count.uploads >= max {
            return Err(count.since.plus(WINDOW).since(now).0.div_ceil(1000).max(1));
        }
        count.uploads = count.uploads.saturating_add(1);
        Ok(())
    }
}

/// Whether this address may send now.
pub(super) fn admit_address(app: &App, attempt: &Attempt) -> Result<(), ApiError> {
    let Some(address) = attempt.address() else { return Ok(()) };
    let taken = app.uploads.take(format!("address {address}"), ADDRESS_MAX, app.env.now());
    taken.map_err(|wait_s| too_many("this address", wait_s))
}

/// Whether this app instance may send now. An app that has none is named by itself and its device.
pub(super) fn admit_sender(app: &App, upload: &Upload) -> Result<(), ApiError> {
    let sender = match (upload.instance, &upload.device_tag) {
        (Some(instance), _) => format!("instance {instance}"),
        (None, Some(tag)) => format!("app {} {tag}", upload.app),
        (None, None) => return Ok(()),
    };
    let taken = app.uploads.take(sender, SENDER_MAX, app.env.now());
    taken.map_err(|wait_s| too_many("this app", wait_s))
}

fn too_many(who: &str, wait_s: u64) -> ApiError {
    let detail = format!("too many diagnostics from {who}: try again in {wait_s} seconds");
    problem(ProblemCode::TooManyRequests, detail).retry_after_s(wait_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_waits_until_his_minute_is_over() {
        let (uploads, start) = (Uploads::default(), UnixMillis(1_000_000));
        let take = |sender: &str, now| uploads.take(sender.to_owned(), 2, now);
        assert_eq!((take("a", start), take("a", start)), (Ok(()), Ok(())));
        assert_eq!(take("a", start.plus(Millis(10_500))), Err(50));
        assert_eq!(take("b", start.plus(Millis(10_500))), Ok(()));
        assert_eq!(take("a", start.plus(WINDOW)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_frees_itself() {
        let (uploads, start) = (Uploads::default(), UnixMillis(1_000_000));
        for number in 0..SENDERS_MAX {
            uploads.take(number.to_string(), 1, start).unwrap();
        }
        assert_eq!(uploads.take("one more".to_owned(), 1, start), Err(60));
        assert_eq!(uploads.take("one more".to_owned(), 1, start.plus(WINDOW)), Ok(()));
        assert_eq!(uploads.0.lock().unwrap().len(), 1);
    }
}
