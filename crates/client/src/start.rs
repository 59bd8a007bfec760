//! The start-up marker: a start that never came to its end is noticed by the next one.
//!
//! Before protection is initialised a durable count goes up; when everything has been read it goes back to zero. A process
//! that dies in between, for whatever reason, leaves the count behind. An interrupted start is forgiven, because operating
//! systems end processes at will. After [`TOLERATED`] in a row the next start is *careful*: it initialises nothing, keeps
//! work data closed and tells the user (N2, I7), instead of dying once more. The start after that tries again, and an
//! updated app begins with a clean count.

use ringfence_messages::ReasonCode;
use ringfence_model::{Platform, Version};
use serde::{Deserialize, Serialize};

use crate::{
    core::State,
    flow::Cx,
    log::LogLevel,
    state::{Record, decode, encode},
};

/// Interrupted starts in a row that are tried again without a word.
const TOLERATED: u32 = 3;

/// The marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartRecord {
    /// Starts in a row that have begun and not ended.
    pub begun: u32,
    /// The version of the app that began them.
    pub app_version: Option<Version>,
    /// This app has obeyed a policy: what fails is protection, not just some app.
    pub protected: bool,
}

impl Record for StartRecord {
    const SLOT: &'static str = "start";
}

/// Counts this start. `true`: be careful.
pub(crate) async fn begin(cx: &Cx) -> bool {
    let known: StartRecord = match cx.get(StartRecord::SLOT).await {
        Ok(Some(bytes)) => decode(&bytes).unwrap_or_default(),
        _ => StartRecord::default(),
    };
    let version = cx.with(|state| state.config.app_version);
    let begun = if known.app_version == Some(version) { known.begun } else { 0 };
    let careful = begun >= TOLERATED;
    if begun > 0 {
        cx.log(LogLevel::Warn, "start_interrupted", begun.to_string());
    }
    let next = if careful { TOLERATED.saturating_sub(1) } else { begun.saturating_add(1) };
    write(cx, StartRecord { begun: next, app_version: Some(version), ..known }).await;
    careful
}

/// The start has come to its end.
pub(crate) async fn end(cx: &Cx) {
    let record = cx.with(|state| StartRecord { begun: 0, protected: has_policy(state), ..state.start });
    write(cx, record).await;
}

/// A policy is obeyed for the first time.
pub(crate) async fn protected(cx: &Cx) {
    let record = cx.with(|state| StartRecord { protected: true, ..state.start });
    write(cx, record).await;
}

fn has_policy(state: &State) -> bool {
    state.policy.as_ref().is_some_and(|record| record.bundle.is_some())
}

async fn write(cx: &Cx, record: StartRecord) {
    if cx.with(|state| std::mem::replace(&mut state.start, record)) == record {
        return;
    }
    if cx.put(StartRecord::SLOT, encode(&record)).await.is_err() {
        // Without the marker a crash of this start goes unnoticed; that is no reason not to start.
        cx.log(LogLevel::Warn, "slot_not_written", StartRecord::SLOT);
    }
}

/// Work data stays closed in this process; the user is told why when the app comes to the front.
pub(crate) fn refuse(cx: &Cx) {
    let reason = cx.with(|state| {
        let reason = reason(state.config.app.platform, state.start.protected);
        state.start_failed = Some(reason);
        reason
    });
    cx.log(LogLevel::Error, "start_failed", reason.as_str());
}

/// Android: a policy is there and protection does not start (N2). Otherwise an error nobody has a name for (I7).
const fn reason(platform: Platform, protected: bool) -> ReasonCode {
    match (platform, protected) {
        (Platform::Android, true) => ReasonCode::StartFailed,
        (Platform::Android, false) | (Platform::Ios, _) => ReasonCode::UnknownError,
    }
}
