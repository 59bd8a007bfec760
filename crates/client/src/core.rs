//! The coordinator: one [`Core`] per app on a phone. It turns inputs into flows and keeps what they share.

use ringfence_messages::Lang;
use ringfence_model::{AppId, Version};

use crate::{
    effect::Effect,
    input::{Input, Now},
    request::{Answer, Failure},
};

/// What the app's developer decides.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// The app.
    pub app: AppId,
    /// Its version.
    pub app_version: Version,
    /// The version of this client core.
    pub sdk_version: Version,
    /// SHA-256 of the organisation's root key when the app is made for one organisation; `None` pins on first contact.
    pub server_pin: Option<[u8; 32]>,
    /// The app is of no use without a policy: no policy means I1/N1 instead of running unprotected.
    pub requires_policy: bool,
    /// Language of the dialogs.
    pub lang: Lang,
}

/// The client core of one app.
pub struct Core {
    config: AppConfig,
}

impl Core {
    /// A core that waits for [`Input::Boot`].
    pub fn new(config: AppConfig) -> Self {
        Self { config }
    }

    /// Takes one input and says what to do. Total and deterministic: the same configuration, inputs, clocks and
    /// random bytes give the same effects. `entropy` must be a cryptographic source.
    pub fn step(&mut self, _now: Now, _entropy: &mut dyn FnMut(&mut [u8]), input: Input) -> Vec<Effect> {
        let _ = &self.config;
        match input {
            Input::Request { id, .. } => {
                vec![Effect::Answer { id, answer: Answer::Failed(Failure::NotStarted) }]
            }
            _ => Vec::new(),
        }
    }
}
