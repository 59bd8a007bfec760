//! What the managed apps of an account on one phone share about its PIN: one slot, outside all apps (behaviour §1.2,
//! PIN scope and timers).

use ringfence_model::{AccountId, Millis, UnixMillis};
use ringfence_policy::access::{PinKind, PinRules};
use ringfence_protocol::Bytes;
use ringfence_vault::PinVerifier;
use serde::{Deserialize, Serialize};

use crate::{state::Record, time::Clock};

/// Most earlier PINs that are remembered, whatever a policy asks for.
const HISTORY_MAX: usize = 24;

/// The durable part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PinRecord {
    /// Whose PIN.
    pub account: AccountId,
    /// The pepper, sealed by the key store; with the first PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pepper: Option<Bytes>,
    /// The PIN and its predecessors, newest first.
    #[serde(default)]
    pub pins: Vec<KeptPin>,
    /// The rules that the newest satisfied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<KeptRules>,
    /// Wrong attempts in a row, counted before each is checked.
    #[serde(default)]
    pub attempts: u32,
    /// The gate was passed, or an app behind it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<UnixMillis>,
    /// The start of the phone in which that was.
    #[serde(default)]
    pub used_boot: u64,
    /// The monotonic clock at that moment.
    #[serde(default)]
    pub used_mono_ms: Millis,
    /// The PIN itself was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_at: Option<UnixMillis>,
    /// The work account was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<UnixMillis>,
    /// The start of the phone in which that was.
    #[serde(default)]
    pub proven_boot: u64,
    /// The monotonic clock at that moment.
    #[serde(default)]
    pub proven_mono_ms: Millis,
    /// The fingerprints and faces that were enrolled when the PIN was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biometric_set: Option<u64>,
    /// The user does not know the PIN any more: sign in first.
    #[serde(default)]
    pub forgotten: bool,
    /// Wrong attempts came to the policy's limit: the PIN counts as forgotten once the account is proven.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub used_up: bool,
    /// The user has signed in for a new PIN: choose one, whatever the old one was.
    #[serde(default)]
    pub must_choose: bool,
}

/// One PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptPin {
    /// See [`PinVerifier`].
    pub salt: Bytes,
    /// See [`PinVerifier`].
    pub tag: Bytes,
    /// When it was chosen.
    pub at: UnixMillis,
}

impl KeptPin {
    pub(crate) fn new(verifier: &PinVerifier, at: UnixMillis) -> Self {
        Self { salt: verifier.salt.to_vec().into(), tag: verifier.tag.to_vec().into(), at }
    }

    /// `None` when the slot was damaged.
    pub(crate) fn verifier(&self) -> Option<PinVerifier> {
        Some(PinVerifier {
            salt: self.salt.as_ref().try_into().ok()?,
            tag: self.tag.as_ref().try_into().ok()?,
        })
    }
}

/// The rules for the PIN itself, as far as a PIN that satisfied them can fail others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptRules {
    /// It has more than digits.
    pub passcode: bool,
    /// Its length is at least.
    pub min_length: u32,
    /// It is not simple.
    pub simple_blocked: bool,
}

impl KeptRules {
    pub(crate) fn of(rules: &PinRules) -> Self {
        Self {
            passcode: rules.kind == PinKind::Passcode,
            min_length: rules.min_length,
            simple_blocked: rules.simple_blocked,
        }
    }

    /// Whether every PIN that satisfied these rules satisfies `now`. A PIN of digits is no passcode, and where only
    /// digits are taken a passcode cannot even be typed.
    fn covers(self, now: &PinRules) -> bool {
        self.passcode == (now.kind == PinKind::Passcode)
            && self.min_length >= now.min_length
            && (self.simple_blocked || !now.simple_blocked)
    }
}

impl PinRecord {
    pub(crate) const fn new(account: AccountId) -> Self {
        Self {
            account,
            pepper: None,
            pins: Vec::new(),
            rules: None,
            attempts: 0,
            used_at: None,
            used_boot: 0,
            used_mono_ms: Millis(0),
            entered_at: None,
            proven_at: None,
            proven_boot: 0,
            proven_mono_ms: Millis(0),
            biometric_set: None,
            forgotten: false,
            used_up: false,
            must_choose: false,
        }
    }

    /// The newest PIN was good enough for these rules when it was chosen.
    pub(crate) fn follows(&self, rules: &PinRules) -> bool {
        self.rules.is_some_and(|kept| kept.covers(rules))
    }

    /// Puts a new PIN before the others.
    pub(crate) fn push(&mut self, pin: KeptPin) {
        self.pins.insert(0, pin);
        self.pins.truncate(HISTORY_MAX);
    }

    /// How long the account has not been used behind the gate; unknown when nobody can tell.
    pub(crate) fn idle_for(&self, clock: &Clock) -> Option<Millis> {
        since(clock, self.used_at?, self.used_boot, self.used_mono_ms)
    }

    /// How long ago the account was proven, by the same clocks.
    pub(crate) fn proven_for(&self, clock: &Clock) -> Option<Millis> {
        since(clock, self.proven_at?, self.proven_boot, self.proven_mono_ms)
    }

    /// How long ago the newest PIN was typed in, or chosen; longer than anything when nobody can tell: a
    /// clock set back over a restart must not let a finger do for the PIN.
    pub(crate) fn entered_for(&self, clock: &Clock) -> Option<Millis> {
        let at = self.entered_at.or(self.pins.first().map(|newest| newest.at))?;
        let can_tell = self.used_boot == clock.boot_id() || clock.knows_from_server();
        Some(past(clock.now(), at).filter(|_| can_tell).unwrap_or(Millis(u64::MAX)))
    }

    /// Age of the newest PIN. A day ahead is a time zone or a clock that was set right, and the PIN is new; beyond that
    /// nobody can tell, and it counts as too old.
    pub(crate) fn age(&self, now: UnixMillis) -> Option<Millis> {
        let at = self.pins.first()?.at;
        let ahead = at.since(now);
        Some(if ahead > Millis::from_days(1) { Millis(u64::MAX) } else { now.since(at) })
    }
}

/// The time since a moment. Within one start of the phone the monotonic clock has counted it for certain, whatever the time of
/// day was corrected to; after a restart only the server can tell, since anybody can set the time of day.
fn since(clock: &Clock, at: UnixMillis, boot_id: u64, mono: Millis) -> Option<Millis> {
    let by_day = past(clock.now(), at);
    if boot_id == clock.boot_id() {
        let counted = Millis(clock.mono().0.saturating_sub(mono.0));
        return Some(by_day.map_or(counted, |by_day| by_day.max(counted)));
    }
    by_day.filter(|_| clock.knows_from_server())
}

/// The time since a moment; unknown for one to come, which a clock told that was ahead: it must not spare anybody a question
/// until it is reached again.
fn past(now: UnixMillis, at: UnixMillis) -> Option<Millis> {
    (at <= now).then(|| now.since(at))
}

impl Record for PinRecord {
    const SLOT: &'static str = "account.pin";
}
