//! Every run of every test is recorded, replayed, and searched for what it may not hold.

use std::collections::BTreeSet;

use ringfence_client::{
    AppConfig, AppRequest, Core, Credential, Effect, Input, Now,
    recording::{Recorder, replay},
};

pub(crate) struct Tape {
    recorder: Recorder,
    pub(crate) text: String,
    /// Secrets, names and content that went in.
    secrets: BTreeSet<String>,
}

impl Tape {
    pub(crate) fn new(config: &AppConfig) -> Self {
        let (recorder, text) = Recorder::begin(config);
        Self { recorder, text, secrets: BTreeSet::new() }
    }

    pub(crate) fn step(
        &mut self,
        core: &mut Core,
        now: Now,
        entropy: &mut dyn FnMut(&mut [u8]),
        input: Input,
    ) -> Vec<Effect> {
        self.note(&input);
        let hidden = self.recorder.input(&input);
        let effects = core.step(now, entropy, input);
        self.text.push_str(&self.recorder.step(now, hidden, core.take_testimony(), &effects));
        effects
    }

    fn note(&mut self, input: &Input) {
        let content = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match input {
            Input::SignIn { user_principal_name, credential } => {
                self.secrets.insert(user_principal_name.clone());
                if let Credential::Password(secret) | Credential::Legacy(secret) = credential {
                    self.secrets.insert(secret.clone());
                }
                if let Credential::PasswordAndCode { password, code } = credential {
                    self.secrets.extend([password.clone(), code.clone()]);
                }
            }
            Input::Request { request, .. } => match request {
                AppRequest::Create { name, content: bytes, .. }
                | AppRequest::Write { name, content: bytes, .. }
                | AppRequest::Receive { name, bytes, .. } => {
                    self.secrets.extend([name.clone(), content(bytes)]);
                }
                AppRequest::Navigate { url, .. } => drop(self.secrets.insert(url.clone())),
                _ => {}
            },
            _ => {}
        }
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        if std::thread::panicking() || self.text.lines().count() < 2 {
            return;
        }
        let played = replay(&self.text, None).unwrap();
        assert_eq!(played.difference, None, "the replay differs");
        assert_eq!((played.same, played.played), (played.steps.len(), played.steps.len()));

        // Signs for which a name may be refused, and blanks, stay as they are.
        let tells =
            |secret: &&String| secret.len() > 3 && !secret.chars().all(|c| " ./\\:*?\"<>|".contains(c));
        for secret in self.secrets.iter().filter(tells) {
            assert!(!self.text.contains(secret.as_str()), "{secret:?} is in the recording");
        }
    }
}
