//! What the core remembers of the screen and of working time: the last dialogs, so that help desk can be told which ones
//! a user saw, and since when the user has been outside working time.

use ringfence_messages::ReasonCode;
use ringfence_model::{Millis, UnixMillis};
use ringfence_protocol::status::{DIALOGS, ShownDialog};
use serde::{Deserialize, Serialize};

use crate::{
    core::State,
    flow::{Cx, Lane},
    log::LogLevel,
    state::{Record, encode},
    status,
};

/// The durable part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotesRecord {
    /// Newest first, at most [`DIALOGS`]; reasons only, never a text.
    pub dialogs: Vec<ShownDialog>,
    /// Since when the user has been outside working time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocked_out_at: Option<UnixMillis>,
    /// The newest dialog that the server has been told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<ShownDialog>,
}

impl NotesRecord {
    /// A dialog that the server has not been told of.
    pub(crate) fn has_news(&self) -> bool {
        self.dialogs.first() != self.told.as_ref() && !self.dialogs.is_empty()
    }
}

impl Record for NotesRecord {
    const SLOT: &'static str = "notes";
}

/// Takes over what earlier processes saw; what this one has shown already is newer.
pub(crate) fn restore(state: &mut State, known: NotesRecord) {
    let shown = std::mem::take(&mut state.notes);
    state.notes = known;
    state.notes.dialogs.splice(0..0, shown.dialogs);
    state.notes.dialogs.truncate(DIALOGS);
}

/// A dialog appears.
pub(crate) fn shown(cx: &Cx, reason: ReasonCode) {
    cx.with(|state| {
        let at = state.clock.now();
        state.notes.dialogs.insert(0, ShownDialog { reason: reason.as_str().to_owned(), at });
        state.notes.dialogs.truncate(DIALOGS);
    });
    cx.spawn(tell(cx.clone()));
}

/// Keeps the notes and reports them when there is somebody to report to.
async fn tell(cx: Cx) {
    save(&cx).await;
    status::report(&cx).await;
}

/// Writes the notes unless somebody is writing them; whoever is writes until nothing is new.
async fn save(cx: &Cx) {
    cx.until(|state| state.booted.then_some(())).await;
    let Some(_lane) = cx.try_enter(Lane::Notes) else { return };
    while let Some(notes) = cx.with(|state| (state.notes != state.notes_kept).then(|| state.notes.clone())) {
        let written = cx.put(NotesRecord::SLOT, encode(&notes)).await.is_ok();
        if !written {
            cx.log(LogLevel::Warn, "slot_not_written", NotesRecord::SLOT);
        }
        // What could not be written is written with the next note.
        cx.with(|state| state.notes_kept = notes);
    }
}

/// The server knows of these dialogs.
pub(crate) async fn reported(cx: &Cx, dialogs: &[ShownDialog]) {
    let news = cx.with(|state| {
        let newest = dialogs.first().cloned();
        let news = newest.is_some() && newest != state.notes.told;
        if news {
            state.notes.told = newest;
        }
        news
    });
    if news {
        save(cx).await;
    }
}

/// New facts: notices when working time ends and begins.
pub(crate) async fn watch_working_time(cx: &Cx) {
    let changed = cx.with(|state| {
        let out = state.facts.as_ref().and_then(|facts| facts.clocked_out) == Some(true);
        let since = state.notes.clocked_out_at;
        state.notes.clocked_out_at = out.then(|| since.unwrap_or_else(|| state.clock.now()));
        state.notes.clocked_out_at != since
    });
    if changed {
        save(cx).await;
    }
}

/// For how long the user has been outside working time.
pub(crate) fn clocked_out_for(state: &State) -> Millis {
    state.notes.clocked_out_at.map_or(Millis(0), |since| state.clock.now().since(since))
}
