//! What came of a scenario, for people and for programs.

use std::{fmt::Display, fmt::Write as _, time::Duration};

use ringfence_messages::{Dialog, Lang};
use ringfence_model::Platform;
use ringfence_phone::dialog::{Frame, draw_dialog};
use serde::Serialize;

use crate::words::{Words, pick};

/// The parts of a scenario in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// What happens, up to the situation that the scenario is about.
    Step,
    /// What the troubleshooter finds.
    Finding,
    /// What puts it right.
    Cure,
    /// That it is right now.
    Proof,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::Step, Self::Finding, Self::Cure, Self::Proof];

    /// The list of the file that holds it.
    pub const fn member(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Finding => "finding",
            Self::Cure => "cure",
            Self::Proof => "proof",
        }
    }

    const fn heading(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Step, Lang::En) => "what happens",
            (Self::Step, Lang::Nl) => "wat er gebeurt",
            (Self::Finding, Lang::En) => "what the troubleshooter finds",
            (Self::Finding, Lang::Nl) => "wat de probleemoplosser vindt",
            (Self::Cure, Lang::En) => "what puts it right",
            (Self::Cure, Lang::Nl) => "wat het verhelpt",
            (Self::Proof, Lang::En) => "and now it works",
            (Self::Proof, Lang::Nl) => "en nu werkt het",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What should be so.
    pub claim: String,
    /// Whether it is.
    pub holds: bool,
    /// What was found.
    pub evidence: String,
}

impl Check {
    /// A check with its evidence.
    pub(crate) fn new(lang: Lang, claim: Words, holds: bool, evidence: impl Display) -> Self {
        let claim = match lang {
            Lang::En => claim.en,
            Lang::Nl => claim.nl,
        };
        Self { claim, holds, evidence: evidence.to_string() }
    }
}

/// One step that was played.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// The part of the scenario.
    pub part: Part,
    /// What was done.
    pub does: String,
    /// Whether every check held.
    pub holds: bool,
    /// What was on the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialog: Option<Dialog>,
    /// What was looked at.
    pub checks: Vec<Check>,
    /// What else there is to tell, such as the troubleshooter's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

/// A scenario that was played on one platform.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    /// On which platform.
    pub platform: Platform,
    /// Whether every step held.
    pub holds: bool,
    /// The facts, one a line.
    pub facts: Vec<String>,
    /// The steps up to the first that did not hold.
    pub steps: Vec<StepReport>,
    /// How long it took.
    #[serde(serialize_with = "milliseconds", rename = "tookMs")]
    pub took: Duration,
}

/// A scenario that was played wherever it happens.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Its id.
    pub id: String,
    /// Its title in the language of the run.
    pub title: String,
    /// Whether it held on every platform.
    pub holds: bool,
    /// One entry per platform.
    pub played: Vec<Played>,
    /// The language of the run.
    #[serde(skip)]
    pub lang: Lang,
}

fn milliseconds<S: serde::Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

const fn mark(holds: bool) -> &'static str {
    if holds { "✓" } else { "✗" }
}

impl Verdict {
    /// What did not hold: one line for each check, with scenario, platform and step.
    pub fn failures(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for played in &self.played {
            for step in &played.steps {
                for check in step.checks.iter().filter(|check| !check.holds) {
                    let platform = platform(played.platform);
                    lines.push(format!(
                        "{} {} · {platform} · {} · {}: {}",
                        mark(false),
                        self.id,
                        step.does,
                        check.claim,
                        check.evidence
                    ));
                }
            }
        }
        lines
    }

    /// The story for people: facts, steps, dialogs as the phone draws them, findings, cure.
    pub fn transcript(&self, frame: Frame) -> String {
        let mut text = String::new();
        for played in &self.played {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} · {} · {}", self.id, platform(played.platform), self.title);
            for fact in &played.facts {
                let _ = writeln!(text, "    {fact}");
            }
            let mut part = None;
            for step in &played.steps {
                if part != Some(step.part) {
                    part = Some(step.part);
                    let _ = writeln!(text, "  {}", step.part.heading(self.lang));
                }
                step.tell(&mut text, frame);
            }
            let holds = if played.holds { ["holds", "klopt"] } else { ["does not hold", "klopt niet"] };
            let holds = pick(self.lang, holds);
            let _ = writeln!(
                text,
                "{} {} {holds} ({} ms)\n",
                mark(played.holds),
                self.id,
                played.took.as_millis()
            );
        }
        text
    }
}

const fn platform(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "iOS",
        Platform::Android => "Android",
    }
}

impl StepReport {
    fn tell(&self, text: &mut String, frame: Frame) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {} {}", mark(self.holds), self.does);
        if let Some(dialog) = &self.dialog {
            for line in draw_dialog(dialog, frame).lines() {
                let _ = writeln!(text, "        {line}");
            }
        }
        for line in self.lines.iter().flat_map(|line| line.lines()) {
            let _ = writeln!(text, "        {line}");
        }
        for check in self.checks.iter().filter(|check| !check.holds) {
            let _ = writeln!(text, "      {} {}: {}", mark(false), check.claim, check.evidence);
        }
    }
}
