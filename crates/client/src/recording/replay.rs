//! Plays a recording: the recorded inputs once more, and whether the same comes out.

use serde_json::Value;

use super::{Line, StepLine, VERSION, hidden, hide::Hider};
use crate::Core;

/// A recording cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A line is none.
    #[error("line {line}: not a line of a recording: {why}")]
    Line {
        /// Counts from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A newer program wrote it.
    #[error("line {line}: version {version} of the format, this program reads {VERSION}")]
    Version {
        /// Counts from 1.
        line: usize,
        /// The version.
        version: u32,
    },
    /// There is no step in it.
    #[error("there is no step in this recording")]
    Empty,
}

impl ReplayError {
    /// Stable.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Line { .. } => "recording_unreadable",
            Self::Version { .. } => "recording_version",
            Self::Empty => "recording_empty",
        }
    }
}

/// A step that was played.
#[derive(Debug, Clone)]
pub struct Played {
    /// Which start of the app, from 0.
    pub process: usize,
    /// What was recorded.
    pub recorded: StepLine,
    /// What came out now; `None` when the step can only be read, because steps before it were not kept.
    pub effects: Option<Vec<Value>>,
}

/// Where a replay left the recording first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which start of the app.
    pub process: usize,
    /// Which step in it.
    pub step: u64,
    /// What was recorded; `None` when there was nothing more.
    pub recorded: Option<Value>,
    /// What came out.
    pub replayed: Option<Value>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Every step, in order.
    pub steps: Vec<Played>,
    /// Steps that gave the same.
    pub same: usize,
    /// Steps that were played.
    pub played: usize,
    /// The first that did not.
    pub difference: Option<Difference>,
    /// The last line was cut off in the middle, and is left out.
    pub cut_off: bool,
}

/// A core in a replay.
struct Run {
    core: Core,
    hider: Hider,
    draws: u64,
    next: u64,
    whole: bool,
}

/// Plays every process of a recording, at most `until` steps. A last line that was cut off in the middle, as by a
/// process that died, is left out, and [`Replay::cut_off`] says so.
///
/// # Errors
/// [`ReplayError`] when it is no recording or an unknown version of one.
pub fn replay(text: &str, until: Option<usize>) -> Result<Replay, ReplayError> {
    let mut replay = Replay { steps: Vec::new(), same: 0, played: 0, difference: None, cut_off: false };
    let (mut run, mut process) = (None, 0_usize);
    let count = text.lines().count();
    for (at, line) in text.lines().enumerate() {
        if until.is_some_and(|until| replay.steps.len() >= until) {
            break;
        }
        let number = at.saturating_add(1);
        let line = match serde_json::from_str(line) {
            Ok(line) => line,
            Err(_) if number == count && !text.ends_with('\n') => {
                replay.cut_off = true;
                break;
            }
            Err(error) => return Err(ReplayError::Line { line: number, why: error.to_string() }),
        };
        match line {
            Line::Bundle(about) => check(about.version, number)?,
            Line::Process(start) => {
                check(start.version, number)?;
                process = if run.is_some() { process.saturating_add(1) } else { 0 };
                let core = Core::replaying(start.config);
                run = Some(Run { core, hider: Hider::for_replay(), draws: 0, next: 0, whole: true });
            }
            Line::Step(step) => match &mut run {
                Some(run) => replay.take(run, process, *step),
                None => {
                    let why = "a step before the start of a process".to_owned();
                    return Err(ReplayError::Line { line: number, why });
                }
            },
        }
    }
    if replay.steps.is_empty() { Err(ReplayError::Empty) } else { Ok(replay) }
}

const fn check(version: u32, line: usize) -> Result<(), ReplayError> {
    if version == VERSION { Ok(()) } else { Err(ReplayError::Version { line, version }) }
}

impl Replay {
    fn take(&mut self, run: &mut Run, process: usize, step: StepLine) {
        run.whole &= step.step == run.next;
        run.next = step.step.saturating_add(1);
        let effects = run.whole.then(|| run.play(&step));
        if let Some(effects) = &effects {
            self.played = self.played.saturating_add(1);
            match first_difference(&step.effects, effects) {
                None => self.same = self.same.saturating_add(1),
                Some((recorded, replayed)) => {
                    let step = step.step;
                    self.difference.get_or_insert(Difference { process, step, recorded, replayed });
                }
            }
        }
        self.steps.push(Played { process, recorded: step, effects });
    }
}

impl Run {
    fn play(&mut self, step: &StepLine) -> Vec<Value> {
        self.core.give_testimony(step.results.clone());
        let draws = &mut self.draws;
        // Nothing that is compared depends on these: what does is attested. They differ, as keys must.
        let mut entropy = |out: &mut [u8]| {
            for byte in out {
                *draws =
                    draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = draws.to_be_bytes().first().copied().unwrap_or_default();
            }
        };
        let effects = self.core.step(step.now, &mut entropy, step.input.clone());
        hidden(&mut self.hider, &effects)
    }
}

fn first_difference(recorded: &[Value], replayed: &[Value]) -> Option<(Option<Value>, Option<Value>)> {
    let longest = recorded.len().max(replayed.len());
    (0..longest)
        .map(|at| (recorded.get(at), replayed.get(at)))
        .find(|(recorded, replayed)| recorded != replayed)
        .map(|(recorded, replayed)| (recorded.cloned(), replayed.cloned()))
}
