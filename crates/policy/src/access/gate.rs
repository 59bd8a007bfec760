//! Which gate stands before work data right now.

use ringfence_messages::ReasonCode;
use ringfence_model::{Millis, Platform, facts::DeviceLock, settings::Setting};

use super::{AccessRules, PinRules};
use crate::compile::CompiledPolicy;

/// The biometric that a phone offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Biometric {
    /// Which kind.
    pub kind: BiometricKind,
    /// It is a strong one (Android class 3); iOS biometrics are.
    pub strong: bool,
    /// Fingerprints or faces were added or removed since the PIN was last entered.
    pub changed: bool,
}

/// Kinds of biometrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BiometricKind {
    /// Fingerprint.
    Fingerprint,
    /// Face, iris or anything else.
    Face,
}

/// The PIN that is set on this phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinState {
    /// How old it is.
    pub age: Millis,
    /// It satisfied the present rules when it was set.
    pub follows_rules: bool,
    /// Time without use since the PIN itself was entered last.
    pub idle_since_entry: Millis,
}

/// What is known when an app comes to the front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateFacts {
    /// Time without use since the gate was last passed; `None` after sign-in, or after a restart on Android.
    pub idle_for: Option<Millis>,
    /// The PIN, when one is set.
    pub pin: Option<PinState>,
    /// The biometric, when there is one.
    pub biometric: Option<Biometric>,
    /// The device is enrolled.
    pub enrolled: bool,
    /// The screen lock, when known.
    pub device_lock: Option<DeviceLock>,
}

/// What must be shown about the PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PinStep {
    /// Nothing.
    Nothing,
    /// Choose one: none is set.
    Create,
    /// Choose a new one: too old, or the rules changed.
    Change,
    /// Enter it.
    Enter,
    /// Show a fingerprint or face; the PIN may be entered instead.
    Biometric,
}

/// What must be shown before work data opens. Credentials and PIN add up (behaviour §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Sign in with the work account.
    pub credentials: bool,
    /// The PIN.
    pub pin: PinStep,
    /// What the dialog of the PIN step says; `None` without one.
    pub reason: Option<ReasonCode>,
    /// The setting behind the PIN step.
    pub decider: Option<Setting>,
}

impl Gate {
    /// Whether work data opens without further ado.
    pub const fn is_open(&self) -> bool {
        !self.credentials && matches!(self.pin, PinStep::Nothing)
    }
}

/// An interval of nothing would close the gate behind whoever passes it.
pub const LEAST_RECHECK: Millis = Millis::from_minutes(1);

/// Which gate applies now.
pub fn gate(policy: &CompiledPolicy, facts: &GateFacts) -> Gate {
    let rules = &policy.access;
    let due = facts.idle_for.is_none_or(|idle| idle >= rules.recheck_after.max(LEAST_RECHECK));
    let (pin, reason, decider) = match &rules.pin {
        Some(pin) if !device_pin_suffices(rules, facts) => pin_step(policy.platform, rules, pin, facts, due),
        _ => (PinStep::Nothing, None, None),
    };
    Gate { credentials: rules.credentials && due, pin, reason, decider }
}

/// The app PIN is dropped on an enrolled device whose screen lock was seen.
fn device_pin_suffices(rules: &AccessRules, facts: &GateFacts) -> bool {
    rules.device_pin_suffices
        && facts.enrolled
        && facts.device_lock.is_some_and(|lock| lock > DeviceLock::None)
}

type Step = (PinStep, Option<ReasonCode>, Option<Setting>);

/// A PIN must be set at once; everything else is asked when the recheck is due.
fn pin_step(platform: Platform, rules: &AccessRules, pin: &PinRules, facts: &GateFacts, due: bool) -> Step {
    let step = |step, reason, setting| (step, Some(reason), Some(setting));
    let Some(state) = facts.pin else {
        return step(PinStep::Create, ReasonCode::PinCreate, Setting::PinRequired);
    };
    if !due {
        return (PinStep::Nothing, None, None);
    }
    if !state.follows_rules {
        return step(PinStep::Change, ReasonCode::PinRulesChanged, Setting::PinCharacterSet);
    }
    if pin.max_age.is_some_and(|limit| state.age >= limit) {
        return step(PinStep::Change, ReasonCode::PinExpired, Setting::PeriodBeforePinReset);
    }
    let Some(biometric) = facts.biometric.filter(|biometric| allowed(rules, *biometric)) else {
        return step(PinStep::Enter, ReasonCode::PinEnter, Setting::PinRequired);
    };
    if biometric.changed && rules.pin_after_biometric_change {
        let setting = match platform {
            Platform::Ios => Setting::PinRequired,
            Platform::Android => Setting::RequirePinAfterBiometricChange,
        };
        return step(PinStep::Enter, ReasonCode::BiometricsChanged, setting);
    }
    if rules.biometric_timeout.is_some_and(|limit| state.idle_since_entry >= limit) {
        let setting = Setting::PinRequiredInsteadOfBiometricTimeout;
        return step(PinStep::Enter, ReasonCode::BiometricTimeout, setting);
    }
    step(PinStep::Biometric, ReasonCode::BiometricPrompt, Setting::PinRequired)
}

fn allowed(rules: &AccessRules, biometric: Biometric) -> bool {
    let kind = match biometric.kind {
        BiometricKind::Fingerprint => rules.fingerprint,
        BiometricKind::Face => rules.face,
    };
    kind && (biometric.strong || !rules.class3_required)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringfence_model::settings::{Settings, Value};

    fn policy(platform: Platform, settings: &[(Setting, Value)]) -> CompiledPolicy {
        let mut all: Settings = settings.iter().cloned().collect();
        all.entry(Setting::PinRequired).or_insert(Value::Bool(true));
        CompiledPolicy::compile(platform, &all, &[])
    }

    fn facts() -> GateFacts {
        GateFacts {
            idle_for: Some(Millis::from_minutes(45)),
            pin: Some(PinState {
                age: Millis::from_days(10),
                follows_rules: true,
                idle_since_entry: Millis::from_minutes(45),
            }),
            biometric: Some(Biometric { kind: BiometricKind::Face, strong: false, changed: false }),
            enrolled: false,
            device_lock: Some(DeviceLock::High),
        }
    }

    fn step(
        platform: Platform,
        settings: &[(Setting, Value)],
        facts: &GateFacts,
    ) -> (PinStep, Option<ReasonCode>) {
        let gate = gate(&policy(platform, settings), facts);
        (gate.pin, gate.reason)
    }

    type Row = (&'static str, Platform, Vec<(Setting, Value)>, GateFacts, (PinStep, Option<ReasonCode>));

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table, one row per rule")]
    fn the_pin_step_follows_policy_and_facts() {
        use Platform::{Android, Ios};
        let on = |setting| (setting, Value::Bool(true));
        let minutes = |setting, count| (setting, Value::Span(Millis::from_minutes(count)));
        let biometric = (PinStep::Biometric, Some(ReasonCode::BiometricPrompt));
        let enter = (PinStep::Enter, Some(ReasonCode::PinEnter));
        let nothing = (PinStep::Nothing, None);
        let base = facts();
        let changed = GateFacts {
            biometric: Some(Biometric { kind: BiometricKind::Face, strong: true, changed: true }),
            ..base
        };
        let fresh = GateFacts { idle_for: Some(Millis::from_minutes(5)), ..base };
        let restarted = GateFacts { idle_for: None, ..base };
        let unset = GateFacts { pin: None, ..fresh };
        let enrolled = GateFacts { enrolled: true, ..base };
        let unlocked = GateFacts { device_lock: Some(DeviceLock::None), ..enrolled };
        let misfit = PinState { follows_rules: false, ..base.pin.unwrap() };
        let rows: Vec<Row> = vec![
            ("biometrics stand in for the PIN", Ios, vec![], base, biometric),
            ("face blocked on iOS", Ios, vec![on(Setting::FaceIdBlocked)], base, enter),
            (
                "face blocked on Android",
                Android,
                vec![on(Setting::BiometricAuthenticationBlocked)],
                base,
                enter,
            ),
            (
                "fingerprint block leaves face",
                Android,
                vec![on(Setting::FingerprintBlocked)],
                base,
                biometric,
            ),
            (
                "the single switch is off",
                Android,
                vec![(Setting::FingerprintAndBiometricEnabled, Value::Bool(false))],
                base,
                enter,
            ),
            (
                "a weak biometric is not class 3",
                Android,
                vec![on(Setting::RequireClass3Biometrics)],
                base,
                enter,
            ),
            (
                "iOS asks after a change",
                Ios,
                vec![],
                changed,
                (PinStep::Enter, Some(ReasonCode::BiometricsChanged)),
            ),
            ("Android does not by itself", Android, vec![], changed, biometric),
            (
                "Android does when told",
                Android,
                vec![on(Setting::RequirePinAfterBiometricChange)],
                changed,
                (PinStep::Enter, Some(ReasonCode::BiometricsChanged)),
            ),
            (
                "the PIN comes back after the time-out",
                Ios,
                vec![minutes(Setting::PinRequiredInsteadOfBiometricTimeout, 45)],
                base,
                (PinStep::Enter, Some(ReasonCode::BiometricTimeout)),
            ),
            ("within the recheck interval nothing is asked", Ios, vec![], fresh, nothing),
            (
                "a longer interval",
                Ios,
                vec![minutes(Setting::PeriodOnlineBeforeAccessCheck, 60)],
                base,
                nothing,
            ),
            (
                "an interval of nothing leaves a minute",
                Ios,
                vec![minutes(Setting::PeriodOnlineBeforeAccessCheck, 0)],
                GateFacts { idle_for: Some(Millis(59_999)), ..base },
                nothing,
            ),
            ("a restart asks again", Android, vec![], restarted, biometric),
            ("no PIN yet", Ios, vec![], unset, (PinStep::Create, Some(ReasonCode::PinCreate))),
            (
                "enrolled with a lock",
                Ios,
                vec![on(Setting::DisableAppPinIfDevicePinIsSet)],
                enrolled,
                nothing,
            ),
            (
                "a lock alone is not enough",
                Ios,
                vec![on(Setting::DisableAppPinIfDevicePinIsSet)],
                base,
                biometric,
            ),
            (
                "enrolled without a lock",
                Ios,
                vec![on(Setting::DisableAppPinIfDevicePinIsSet)],
                unlocked,
                biometric,
            ),
            (
                "too old",
                Ios,
                vec![(Setting::PeriodBeforePinReset, Value::Span(Millis::from_days(10)))],
                base,
                (PinStep::Change, Some(ReasonCode::PinExpired)),
            ),
            (
                "against new rules",
                Ios,
                vec![],
                GateFacts { pin: Some(misfit), ..base },
                (PinStep::Change, Some(ReasonCode::PinRulesChanged)),
            ),
            ("no PIN required", Ios, vec![(Setting::PinRequired, Value::Bool(false))], unset, nothing),
        ];
        for (name, platform, settings, facts, expected) in rows {
            assert_eq!(step(platform, &settings, &facts), expected, "{name}");
        }
    }

    #[test]
    fn credentials_come_on_top_of_the_pin() {
        let policy =
            policy(Platform::Ios, &[(Setting::OrganizationalCredentialsRequired, Value::Bool(true))]);
        let due = gate(&policy, &facts());
        assert!(due.credentials && due.pin == PinStep::Biometric && !due.is_open());
        let fresh = GateFacts { idle_for: Some(Millis(0)), ..facts() };
        assert!(gate(&policy, &fresh).is_open());
    }
}
