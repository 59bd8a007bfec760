//! Interleaved measurement: in every round each alternative runs for about the same time, so that they meet the same machine.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How much time to spend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds; each gives one sample per alternative.
    pub(crate) rounds: usize,
    /// CPU time of one sample.
    pub(crate) slice: Duration,
    /// Divides the size of large inputs.
    pub(crate) shrink: usize,
}

impl Effort {
    /// For figures that are quoted.
    pub(crate) const fn full() -> Self {
        Self { rounds: 41, slice: Duration::from_millis(8), shrink: 1 }
    }

    /// To see that everything runs.
    pub(crate) const fn quick() -> Self {
        Self { rounds: 5, slice: Duration::from_millis(2), shrink: 20 }
    }
}

/// One thing to measure: does its work the given number of times.
pub(crate) type Work<'a> = Box<dyn FnMut(u64) + 'a>;

/// Nanoseconds of CPU per operation, one sample per round and alternative: `samples[alternative][round]`.
pub(crate) fn interleave(effort: Effort, alternatives: &mut [Work<'_>]) -> Vec<Vec<f64>> {
    let counts: Vec<u64> = alternatives.iter_mut().map(|work| calibrate(effort.slice, work)).collect();
    let mut samples = vec![Vec::with_capacity(effort.rounds); alternatives.len()];
    for _ in 0..effort.rounds {
        for ((work, count), kept) in alternatives.iter_mut().zip(&counts).zip(&mut samples) {
            let before = thread_cpu();
            work(*count);
            kept.push(cpu_since(before).as_nanos() as f64 / *count as f64);
        }
    }
    samples
}

/// Median, and the quartiles around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) p25: f64,
    pub(crate) median: f64,
    pub(crate) p75: f64,
}

impl Spread {
    /// Of any non-empty set of samples; zero of an empty one.
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = sorted.len().saturating_sub(1);
            sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0)
        };
        Self { p25: at(0.25), median: at(0.5), p75: at(0.75) }
    }

    /// Of the per-round ratios of two alternatives.
    pub(crate) fn of_ratios(figure: &[f64], limit: &[f64]) -> Self {
        Self::of(figure.iter().zip(limit).map(|(a, b)| a / b))
    }
}

/// How often an alternative fits into the slice; also warms it up.
fn calibrate(slice: Duration, work: &mut Work<'_>) -> u64 {
    let mut count = 1_u64;
    loop {
        let before = thread_cpu();
        work(count);
        let spent = cpu_since(before);
        if spent * 2 >= slice {
            let fitting = count as f64 * slice.as_secs_f64() / spent.as_secs_f64();
            return (fitting as u64).max(1);
        }
        count = count.saturating_mul(2);
    }
}

/// CPU time that this thread has used.
pub(crate) fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// CPU time that this thread has used since `before`.
pub(crate) fn cpu_since(before: Duration) -> Duration {
    thread_cpu().saturating_sub(before)
}
