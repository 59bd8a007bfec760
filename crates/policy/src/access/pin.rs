//! Is a new PIN good enough?

use ringfence_messages::{Args, ReasonCode, args};
use ringfence_model::settings::Setting;

use super::{PinKind, PinRules};
use crate::compile::CompiledPolicy;

/// Longest PIN that is taken, in characters; a bound for whoever hashes it.
pub const MAX_PIN_LENGTH: usize = 64;

/// Why a new PIN is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinRefusal {
    /// Why.
    pub reason: ReasonCode,
    /// The setting behind it; none for what always holds.
    pub setting: Option<Setting>,
    /// The number the rule names: characters or earlier PINs.
    pub required: u32,
    /// The number found.
    pub actual: u32,
}

impl PinRefusal {
    /// Arguments for the text.
    pub fn text_args(&self) -> Args {
        args([("required", self.required.to_string()), ("actual", self.actual.to_string())])
    }
}

/// Checks a new PIN. `was_used` tells whether it equals one of the last *n* PINs; it is asked last, and only when the
/// policy keeps a history. Where no PIN is required, every PIN is taken.
pub fn check_new_pin(
    policy: &CompiledPolicy,
    pin: &str,
    was_used: impl FnOnce(u32) -> bool,
) -> Result<(), PinRefusal> {
    let Some(rules) = policy.access.pin else { return Ok(()) };
    let length = pin.chars().count();
    let refusal = |reason, setting, required| {
        Err(PinRefusal { reason, setting, required, actual: u32::try_from(length).unwrap_or(u32::MAX) })
    };
    if length > MAX_PIN_LENGTH {
        return refusal(ReasonCode::PinTooLong, None, MAX_PIN_LENGTH as u32);
    }
    if length < rules.min_length as usize {
        return refusal(ReasonCode::PinTooShort, Some(Setting::MinimumPinLength), rules.min_length);
    }
    if let Some(reason) = wrong_characters(&rules, pin) {
        return refusal(reason, Some(Setting::PinCharacterSet), 0);
    }
    if rules.simple_blocked && is_simple(pin) {
        return refusal(ReasonCode::PinTooSimple, Some(Setting::SimplePinBlocked), 0);
    }
    if rules.history > 0 && was_used(rules.history) {
        return refusal(ReasonCode::PinReused, Some(Setting::PreviousPinBlockCount), rules.history);
    }
    Ok(())
}

/// A passcode needs a letter or a special character; with simple ones blocked, all three kinds (behaviour §1.2).
fn wrong_characters(rules: &PinRules, pin: &str) -> Option<ReasonCode> {
    let digit = pin.chars().any(|character| character.is_ascii_digit());
    let letter = pin.chars().any(char::is_alphabetic);
    let special = pin.chars().any(|character| !character.is_alphanumeric());
    match (rules.kind, rules.simple_blocked) {
        (PinKind::Numeric, _) if !pin.chars().all(|character| character.is_ascii_digit()) => {
            Some(ReasonCode::PinNotNumeric)
        }
        (PinKind::Passcode, true) if !(digit && letter && special) => Some(ReasonCode::PinNeedsAllKinds),
        (PinKind::Passcode, false) if !(letter || special) => Some(ReasonCode::PinNeedsLetterOrSymbol),
        _ => None,
    }
}

/// Three equal or consecutive characters in a row, up or down: 1112 and 1235 are simple, 1122 is not.
fn is_simple(pin: &str) -> bool {
    let codes: Vec<i64> = pin.chars().map(|character| i64::from(u32::from(character))).collect();
    codes.windows(3).any(|window| match window {
        [first, second, third] => second - first == third - second && (-1..=1).contains(&(second - first)),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringfence_model::{
        Platform,
        settings::{Settings, Value},
    };

    fn policy(settings: &[(Setting, Value)]) -> CompiledPolicy {
        let mut all: Settings = settings.iter().cloned().collect();
        all.entry(Setting::PinRequired).or_insert(Value::Bool(true));
        CompiledPolicy::compile(Platform::Android, &all, &[])
    }

    #[test]
    fn simple_pins_are_judged_by_windows_of_three() {
        let simple = policy(&[(Setting::SimplePinBlocked, Value::Bool(true))]);
        for (pin, reason) in [
            ("1235", Some(ReasonCode::PinTooSimple)),
            ("1112", Some(ReasonCode::PinTooSimple)),
            ("9321", Some(ReasonCode::PinTooSimple)),
            ("1122", None),
            ("1357", None),
            ("123", Some(ReasonCode::PinTooShort)),
            ("12a5", Some(ReasonCode::PinNotNumeric)),
            ("１２３５", Some(ReasonCode::PinNotNumeric)),
        ] {
            assert_eq!(
                check_new_pin(&simple, pin, |_| false).err().map(|error| error.reason),
                reason,
                "{pin}"
            );
        }
        assert_eq!(check_new_pin(&policy(&[]), "1111", |_| false), Ok(()));
    }

    #[test]
    fn passcodes_need_the_kinds_of_characters_that_the_policy_asks_for() {
        let kind = (Setting::PinCharacterSet, Value::Choice("alphanumericAndSymbol"));
        let plain = policy(std::slice::from_ref(&kind));
        let strict = policy(&[kind, (Setting::SimplePinBlocked, Value::Bool(true))]);
        for (pin, on_plain, on_strict) in [
            ("1597", Some(ReasonCode::PinNeedsLetterOrSymbol), Some(ReasonCode::PinNeedsAllKinds)),
            ("159a", None, Some(ReasonCode::PinNeedsAllKinds)),
            ("159!", None, Some(ReasonCode::PinNeedsAllKinds)),
            ("1a!9", None, None),
            ("abc!1", None, Some(ReasonCode::PinTooSimple)),
        ] {
            let reason = |policy| check_new_pin(policy, pin, |_| false).err().map(|error| error.reason);
            assert_eq!((reason(&plain), reason(&strict)), (on_plain, on_strict), "{pin}");
        }
    }

    #[test]
    fn length_and_history_are_bounded() {
        let policy = policy(&[
            (Setting::MinimumPinLength, Value::Int(6)),
            (Setting::PreviousPinBlockCount, Value::Int(3)),
        ]);
        let refusal = check_new_pin(&policy, "12345", |_| false).unwrap_err();
        assert_eq!((refusal.reason, refusal.required, refusal.actual), (ReasonCode::PinTooShort, 6, 5));
        let refusal = check_new_pin(&policy, "135790", |last| last == 3).unwrap_err();
        assert_eq!((refusal.reason, refusal.required), (ReasonCode::PinReused, 3));
        let refusal = check_new_pin(&policy, &"1".repeat(65), |_| false).unwrap_err();
        assert_eq!(refusal.reason, ReasonCode::PinTooLong);
        let none = CompiledPolicy::compile(Platform::Ios, &Settings::new(), &[]);
        assert_eq!(check_new_pin(&none, "", |_| true), Ok(()));
    }
}
