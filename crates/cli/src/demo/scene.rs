//! How the story is told: a step says what happens and proves it; a claim without its evidence fails the step.

use std::fmt::Display;
use std::io::{Stdout, Write};
use std::time::{Duration, Instant};

use crate::output::Style;

/// Plays the steps and counts those that held.
#[derive(Debug)]
pub(super) struct Stage {
    style: Style,
    verdict: Verdict,
}

/// How many steps held.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Verdict {
    pub(super) held: usize,
    pub(super) played: usize,
}

/// One step while it plays.
#[derive(Debug)]
pub(super) struct Scene {
    style: Style,
    out: Stdout,
    proven: usize,
    failed: usize,
}

impl Verdict {
    /// Whether every step held.
    pub(super) fn all(self) -> bool {
        self.played > 0 && self.held == self.played
    }
}

impl Stage {
    pub(super) fn new() -> Self {
        Self { style: Style::stdout(), verdict: Verdict::default() }
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Plays one step; an error is a step that did not hold, and the story goes on.
    pub(super) fn play(&mut self, title: &str, step: impl FnOnce(&mut Scene) -> anyhow::Result<()>) {
        self.verdict.played += 1;
        println!("\n{}", self.style.strong(&format!("{}. {title}", self.verdict.played)));
        let mut scene = Scene { style: self.style, out: std::io::stdout(), proven: 0, failed: 0 };
        if let Err(error) = step(&mut scene) {
            scene.prove("the step runs to its end", false, format!("{error:#}"));
        }
        if scene.held() {
            self.verdict.held += 1;
        }
    }
}

impl Scene {
    /// Says what happens.
    pub(super) fn say(&mut self, text: impl Display) {
        self.line(&format!("   {text}"));
    }

    /// Shows lines as they are, such as a dialog.
    pub(super) fn show(&mut self, text: &str) {
        for line in text.lines() {
            self.line(&format!("     {line}"));
        }
    }

    /// Proves a claim with what was observed.
    pub(super) fn prove(&mut self, claim: &str, holds: bool, evidence: impl Display) {
        let mark = if holds { self.style.good("ok  ") } else { self.style.bad("FAIL") };
        let evidence = self.style.dim(&format!("({evidence})"));
        self.line(&format!("   {mark} {claim} {evidence}"));
        if holds {
            self.proven += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Proves that two things are the same.
    pub(super) fn prove_same<T: PartialEq + Display>(&mut self, claim: &str, found: &T, wanted: &T) {
        let evidence =
            if found == wanted { found.to_string() } else { format!("found {found}, not {wanted}") };
        self.prove(claim, found == wanted, evidence);
    }

    /// A reader who has gone away is no reason to stop the story: its status still counts.
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    fn held(&self) -> bool {
        self.failed == 0 && self.proven > 0
    }
}

/// A time for people.
pub(super) fn shown(time: Duration) -> String {
    if time < Duration::from_millis(10) {
        format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
    } else {
        format!("{} ms", time.as_millis())
    }
}

/// Runs something and measures it.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_only_with_proof_and_without_failure() {
        let mut stage = Stage::new();
        stage.play("proves", |scene| {
            scene.prove("one", true, "");
            Ok(())
        });
        stage.play("proves nothing", |_| Ok(()));
        stage.play("fails a proof", |scene| {
            scene.prove("one", true, "");
            scene.prove("two", false, "");
            Ok(())
        });
        stage.play("breaks off", |scene| {
            scene.prove("one", true, "");
            anyhow::bail!("broken")
        });
        let verdict = stage.verdict();
        assert_eq!((verdict.held, verdict.played), (1, 4));
        assert!(!verdict.all());
        assert!(!Verdict::default().all());
    }
}
