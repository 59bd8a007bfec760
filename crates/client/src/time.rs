//! One notion of *now* that a user cannot turn back (security §6.4).
//!
//! Within one boot, time is the last signed server time plus what the monotonic clock counted since. Across boots it
//! is the later of the wall clock and the last time written down plus what the new boot has counted. A clock set back therefore extends nothing, and a
//! clock set forward within one boot expires nothing. How long the phone was *certainly* without contact is counted
//! by the monotonic clock alone, because only that may lead to a wipe.

use ringfence_model::{Millis, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::input::Now;

/// A wall clock this far behind the floor is worth a line in the log.
const SUSPICIOUS: Millis = Millis::from_minutes(5);

/// The durable part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClockRecord {
    /// Time never goes below this.
    pub floor_at: UnixMillis,
    /// The boot in which it was written.
    pub boot_id: u64,
    /// The monotonic clock at that moment.
    pub mono_ms: Millis,
    /// `floor_at` came from the server (and the monotonic clock of the same boot), not from the wall clock.
    pub from_server: bool,
    /// Monotonic time without a check-in, counted up to that moment.
    pub silent_ms: Millis,
    /// The last time the server confirmed what this app obeys.
    pub checked_in_at: Option<UnixMillis>,
}

/// The clock of the core.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    record: ClockRecord,
    now: Now,
    /// A record was read or made; before that the wall clock is all there is.
    anchored: bool,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let now = Now { wall: UnixMillis(0), mono: Millis(0), boot_id: 0 };
        Self { record: ClockRecord::default(), now, anchored: false }
    }

    /// Takes in the clocks of this step. Within one boot the monotonic clock is not believed when it goes back.
    pub(crate) fn observe(&mut self, now: Now) {
        let mono = if now.boot_id == self.now.boot_id { now.mono.max(self.now.mono) } else { now.mono };
        self.now = Now { mono, ..now };
    }

    /// The server has said what time it is since the phone was started.
    pub(crate) const fn knows_from_server(&self) -> bool {
        self.record.from_server && self.record.boot_id == self.now.boot_id
    }

    /// The present start of the phone.
    pub(crate) const fn boot_id(&self) -> u64 {
        self.now.boot_id
    }

    /// Takes over what was written before the process started.
    pub(crate) fn restore(&mut self, record: ClockRecord) {
        self.record = record;
        self.anchored = true;
    }

    /// The server said what time it is, in a reply that is proven to be its own and fresh. That puts a floor right
    /// which a wrong wall clock had pushed ahead; nothing else ever lowers it.
    pub(crate) fn server_time(&mut self, at: UnixMillis) {
        let floor = self.floor_within_boot().unwrap_or(self.record.floor_at);
        let pushed_ahead = floor.since(at) > SUSPICIOUS;
        let floor_at = if self.anchored && !pushed_ahead { at.max(floor) } else { at };
        self.record = ClockRecord {
            floor_at,
            boot_id: self.now.boot_id,
            mono_ms: self.now.mono,
            from_server: true,
            silent_ms: self.certain_silence(),
            checked_in_at: self.record.checked_in_at,
        };
        self.anchored = true;
    }

    /// The server confirmed, just now, what this app obeys.
    pub(crate) fn checked_in(&mut self) -> ClockRecord {
        let at = self.now();
        self.record = ClockRecord {
            floor_at: at,
            boot_id: self.now.boot_id,
            mono_ms: self.now.mono,
            from_server: self.record.from_server && self.record.boot_id == self.now.boot_id,
            silent_ms: Millis(0),
            checked_in_at: Some(at),
        };
        self.anchored = true;
        self.record
    }

    /// The account is gone, and with it the memory of its check-ins; time itself stays.
    pub(crate) fn forget_contact(&mut self) -> ClockRecord {
        let record = self.checked_in();
        self.record = ClockRecord { checked_in_at: None, ..record };
        self.record
    }

    /// Time since the last check-in, as far as the clock can be believed; zero before the first.
    pub(crate) fn offline_for(&self) -> Millis {
        self.record.checked_in_at.map_or(Millis(0), |at| self.now().since(at))
    }

    /// When the last check-in was.
    pub(crate) const fn checked_in_at(&self) -> Option<UnixMillis> {
        self.record.checked_in_at
    }

    /// Time, for every rule of the core.
    pub(crate) fn now(&self) -> UnixMillis {
        match self.floor_within_boot() {
            Some(floor) if self.record.from_server => floor,
            Some(floor) => floor.max(self.now.wall),
            // What was written before this start of the phone is older than the whole of this boot.
            None if self.anchored => self.record.floor_at.plus(self.now.mono).max(self.now.wall),
            None => self.now.wall,
        }
    }

    /// The monotonic clock.
    pub(crate) const fn mono(&self) -> Millis {
        self.now.mono
    }

    /// For how long the phone has certainly been without contact.
    pub(crate) const fn certain_silence(&self) -> Millis {
        Millis(self.record.silent_ms.0.saturating_add(self.elapsed().0))
    }

    /// The wall clock stands suspiciously far behind.
    pub(crate) fn wall_is_behind(&self) -> bool {
        self.anchored && self.now().since(self.now.wall) > SUSPICIOUS
    }

    /// The record to write now; `None` when the one written last is less than `at_least` old.
    pub(crate) fn advance(&mut self, at_least: Millis) -> Option<ClockRecord> {
        let same_boot = self.anchored && self.record.boot_id == self.now.boot_id;
        if same_boot && self.elapsed() < at_least {
            return None;
        }
        self.record = ClockRecord {
            floor_at: self.now(),
            boot_id: self.now.boot_id,
            mono_ms: self.now.mono,
            from_server: same_boot && self.record.from_server,
            silent_ms: self.certain_silence(),
            checked_in_at: self.record.checked_in_at,
        };
        self.anchored = true;
        Some(self.record)
    }

    fn floor_within_boot(&self) -> Option<UnixMillis> {
        (self.anchored && self.record.boot_id == self.now.boot_id)
            .then(|| self.record.floor_at.plus(self.elapsed()))
    }

    /// Monotonic time since the record; across a restart of the phone, what the new boot has counted.
    const fn elapsed(&self) -> Millis {
        if self.record.boot_id == self.now.boot_id {
            Millis(self.now.mono.0.saturating_sub(self.record.mono_ms.0))
        } else {
            self.now.mono
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    fn at(wall: i64, mono: u64, boot_id: u64) -> Now {
        Now { wall: UnixMillis(wall), mono: Millis(mono), boot_id }
    }

    #[test]
    fn within_a_boot_the_wall_clock_is_not_asked() {
        let mut clock = Clock::new();
        clock.observe(at(1_000_000, 500, 1));
        clock.server_time(UnixMillis(2_000_000));
        clock.observe(at(0, 1_500, 1));
        assert_eq!(clock.now(), UnixMillis(2_001_000));
        clock.observe(at(i64::MAX, 2_500, 1));
        assert_eq!(clock.now(), UnixMillis(2_002_000));
        assert!(!clock.wall_is_behind());
    }

    #[test]
    fn across_boots_time_never_goes_back() {
        let mut clock = Clock::new();
        clock.observe(at(10 * DAY as i64, 5, 1));
        clock.server_time(UnixMillis(10 * DAY as i64));
        clock.observe(at(10 * DAY as i64, 5 + DAY, 1));
        let written = clock.advance(Millis(0)).unwrap();
        let mut after = Clock::new();
        after.observe(at(3 * DAY as i64, 7, 2));
        after.restore(written);
        assert_eq!(after.now(), UnixMillis(11 * DAY as i64 + 7), "the new boot has counted as well");
        assert!(after.wall_is_behind());
        after.observe(at(12 * DAY as i64, 8, 2));
        assert_eq!(after.now(), UnixMillis(12 * DAY as i64));
    }

    #[test]
    fn the_server_puts_a_clock_right_that_was_ahead() {
        let mut clock = Clock::new();
        clock.observe(at(400 * DAY as i64, 5, 1));
        clock.restore(ClockRecord { floor_at: UnixMillis(10 * DAY as i64), ..ClockRecord::default() });
        clock.advance(Millis(0)).unwrap();
        assert_eq!(clock.now(), UnixMillis(400 * DAY as i64));
        clock.server_time(UnixMillis(11 * DAY as i64));
        assert_eq!(clock.now(), UnixMillis(11 * DAY as i64));
        // Servers whose clocks are a little apart do not move it back.
        clock.server_time(UnixMillis(11 * DAY as i64 - 1_000));
        assert_eq!(clock.now(), UnixMillis(11 * DAY as i64));
    }

    #[test]
    fn silence_is_counted_by_the_monotonic_clock_alone() {
        let mut clock = Clock::new();
        clock.observe(at(0, 0, 1));
        clock.server_time(UnixMillis(0));
        clock.observe(at(400 * DAY as i64, DAY, 1));
        assert_eq!(clock.certain_silence(), Millis(DAY));
        let written = clock.advance(Millis(0)).unwrap();
        let mut after = Clock::new();
        after.restore(written);
        after.observe(at(900 * DAY as i64, 2 * DAY, 2));
        assert_eq!(after.certain_silence(), Millis(3 * DAY));
        after.server_time(UnixMillis(900 * DAY as i64));
        after.checked_in();
        assert_eq!(after.certain_silence(), Millis(0));
    }

    #[test]
    fn a_monotonic_clock_that_goes_back_is_not_believed() {
        let mut clock = Clock::new();
        clock.observe(at(0, 1_000, 1));
        clock.server_time(UnixMillis(5_000));
        clock.observe(at(0, 3_000, 1));
        clock.observe(at(0, 0, 1));
        assert_eq!(clock.now(), UnixMillis(7_000));
    }
}
