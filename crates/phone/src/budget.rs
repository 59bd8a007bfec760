//! Counting the effects of processes, and killing one at a chosen effect: for crash tests.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// Counts the effects of all processes that share it; the process that would execute one more than allowed dies
/// instead, once.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Counter>);

#[derive(Debug)]
struct Counter {
    spent: AtomicU32,
    cut_after: u32,
}

impl Budget {
    /// Nobody dies.
    pub fn counting() -> Self {
        Self::dying_after(u32::MAX)
    }

    /// The process dies that comes after this many effects.
    pub fn dying_after(effects: u32) -> Self {
        Self(Arc::new(Counter { spent: AtomicU32::new(0), cut_after: effects }))
    }

    /// Effects so far, the one that was not executed included.
    pub fn spent(&self) -> u32 {
        self.0.spent.load(Ordering::SeqCst)
    }

    /// Whether a process has died.
    pub fn was_cut(&self) -> bool {
        self.spent() > self.0.cut_after
    }

    /// Takes one effect; `false`: die instead.
    pub(crate) fn spend(&self) -> bool {
        self.0.spent.fetch_add(1, Ordering::SeqCst) != self.0.cut_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_effect_fails_and_those_after_it_do_not() {
        let budget = Budget::dying_after(2);
        let other = budget.clone();
        assert!(budget.spend() && other.spend() && !budget.was_cut());
        assert!(!budget.spend() && budget.was_cut());
        assert!(budget.spend() && other.spend());
        assert_eq!(other.spent(), 5);
    }
}
