//! Many scenarios at once, told in their order.

use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use ringfence_messages::Lang;

use crate::{format::Scenario, lab::Database, play::play, report::Verdict};

/// How scenarios are run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Language of the story, its dialogs and findings.
    pub lang: Lang,
    /// Where each scenario's server keeps its data.
    pub database: Database,
}

/// Plays a scenario on every platform it is for.
pub fn run(scenario: &Scenario, options: &Options) -> Verdict {
    let played: Vec<_> = scenario
        .platforms
        .iter()
        .map(|&platform| play(scenario, platform, options.lang, &options.database))
        .collect();
    Verdict {
        id: scenario.id.clone(),
        title: scenario.title(options.lang).to_owned(),
        holds: !played.is_empty() && played.iter().all(|played| played.holds),
        played,
        lang: options.lang,
    }
}

/// Plays scenarios side by side; `tell` hears the verdicts in the order of the scenarios.
pub fn run_all(scenarios: &[Scenario], options: &Options, mut tell: impl FnMut(&Verdict)) -> Vec<Verdict> {
    let threads = thread::available_parallelism().map_or(2, std::num::NonZero::get).min(scenarios.len());
    let next = AtomicUsize::new(0);
    let (verdicts, done) = mpsc::channel();
    let mut all = Vec::new();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (verdicts, next) = (verdicts.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(scenario) = scenarios.get(index) else { return };
                    // Nobody listens any more only when the whole run has ended.
                    let _ = verdicts.send((index, run(scenario, options)));
                }
            });
        }
        drop(verdicts);
        let mut early = BTreeMap::new();
        for (index, verdict) in done {
            early.insert(index, verdict);
            while let Some(verdict) = early.remove(&all.len()) {
                tell(&verdict);
                all.push(verdict);
            }
        }
    });
    all
}
