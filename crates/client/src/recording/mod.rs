//! Recordings: what went into a client core and what came out, without secrets, content and names, and yet replayable.
//!
//! The core is deterministic, so a recording of its inputs says everything about its outputs, if nothing that matters is
//! missing. What may not leave the phone is replaced *by shape* ([`hide`]): names by placeholders, content and sealed
//! bytes by zeros of the same length, proofs and secrets by a fixed word. Where a computation depends on what was
//! replaced, the recording holds its result ([`crate::witness`]). A replay gives the hidden inputs to a core without
//! secrets and compares its effects, hidden in the same way, with those of the recording.
//!
//! A recording is a text of JSON lines: one [`Line::Process`] per start of the app, then one [`Line::Step`] per input.
//! Only optional members are ever added to version 1.

pub(crate) mod blob;
mod body;
mod hide;
mod names;
mod replay;
pub(crate) mod shape;

pub use replay::{Difference, Played, Replay, ReplayError, replay};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AppConfig, Effect, Input, Now, witness::Testimony};
use hide::Hider;

/// The version of the format.
pub const VERSION: u32 = 1;

/// One line of a recording.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Line {
    /// Where a bundle comes from; the first line of a bundle.
    Bundle(About),
    /// A process of the app starts.
    Process(ProcessLine),
    /// One step of the core.
    Step(Box<StepLine>),
}

/// Where a bundle comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// [`VERSION`].
    pub version: u32,
    /// When it was put together, by the phone's clock.
    pub at: ringfence_model::UnixMillis,
}

/// The start of a process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessLine {
    /// [`VERSION`].
    pub version: u32,
    /// How the app is configured.
    pub config: AppConfig,
}

/// One step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepLine {
    /// Counts from 0 in each process.
    pub step: u64,
    /// The clocks.
    pub now: Now,
    /// What came in, hidden.
    pub input: Input,
    /// What was computed from things a recording does not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Testimony>,
    /// What came out, hidden; each as JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Value>,
}

/// Records one process of an app. The core must be [`crate::Core::noting`].
#[derive(Debug)]
pub struct Recorder {
    hider: Hider,
    next: u64,
}

impl Recorder {
    /// Begins; also gives the first line.
    pub fn begin(config: &AppConfig) -> (Self, String) {
        let line = Line::Process(ProcessLine { version: VERSION, config: config.clone() });
        (Self { hider: Hider::new(), next: 0 }, text(&line))
    }

    /// What a step takes in. To be called before the step, which takes the input.
    pub fn input(&mut self, input: &Input) -> Input {
        self.hider.input(input)
    }

    /// The line of a step; `input` is what [`Self::input`] gave.
    pub fn step(&mut self, now: Now, input: Input, results: Vec<Testimony>, effects: &[Effect]) -> String {
        let step = self.next;
        self.next = self.next.saturating_add(1);
        let results = results.into_iter().map(|result| self.hider.result(result)).collect();
        let effects = hidden(&mut self.hider, effects);
        text(&Line::Step(Box::new(StepLine { step, now, input, results, effects })))
    }
}

fn hidden(hider: &mut Hider, effects: &[Effect]) -> Vec<Value> {
    let json = |effect: &Effect| serde_json::to_value(hider.effect(effect)).unwrap_or_default();
    effects.iter().map(json).collect()
}

/// A line with its end. Recordings hold plain data, which always has a JSON form.
fn text(line: &Line) -> String {
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text
}

/// The first line of a bundle.
pub fn about(at: ringfence_model::UnixMillis) -> String {
    text(&Line::Bundle(About { version: VERSION, at }))
}
