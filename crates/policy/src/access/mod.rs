//! What a user must show before work data opens: PIN, biometrics, work credentials (behaviour §1.2).

mod gate;
mod pin;

use ringfence_model::Millis;
use serde::Serialize;

pub use self::{
    gate::{Biometric, BiometricKind, Gate, GateFacts, LEAST_RECHECK, PinState, PinStep, gate},
    pin::{MAX_PIN_LENGTH, PinRefusal, check_new_pin},
};
use crate::compile::CompiledPolicy;

/// The access requirements of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRules {
    /// The PIN, when one is required.
    pub pin: Option<PinRules>,
    /// Fingerprint may stand in for the PIN.
    pub fingerprint: bool,
    /// Face (iOS), or any other biometric (Android), may stand in for the PIN.
    pub face: bool,
    /// Only strong biometrics count (Android class 3).
    pub class3_required: bool,
    /// The PIN is asked once after biometrics were added or removed; always so on iOS.
    pub pin_after_biometric_change: bool,
    /// Inactivity after which the PIN replaces biometrics; `None` = never.
    pub biometric_timeout: Option<Millis>,
    /// Sign-in with the work account, besides the PIN.
    pub credentials: bool,
    /// Inactivity after which everything is asked again.
    pub recheck_after: Millis,
    /// On an enrolled device with a screen lock the app PIN is dropped.
    pub device_pin_suffices: bool,
}

/// Rules for a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PinRules {
    /// Digits, or more.
    pub kind: PinKind,
    /// Least number of characters; 4 when the policy does not say.
    pub min_length: u32,
    /// Repeats and sequences are refused.
    pub simple_blocked: bool,
    /// Age at which it must be changed; `None` = never.
    pub max_age: Option<Millis>,
    /// Number of earlier PINs that may not come back.
    pub history: u32,
    /// Wrong attempts in a row before the policy's action.
    pub max_attempts: u32,
}

/// What a PIN is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PinKind {
    /// Digits.
    Numeric,
    /// Digits, letters and special characters.
    Passcode,
}

impl CompiledPolicy {
    /// The access requirements.
    pub fn access(&self) -> &AccessRules {
        &self.access
    }
}
