//! What a recording keeps instead of secrets: the *results* of computations that depend on them.
//!
//! A replay has no session keys, no vault keys, no documents and no list of installed apps. Wherever such a thing decides,
//! the flow asks the witness. In a living core the witness lets the computation run and, when a recording is made, notes
//! what came out; in a replay it says what came out then. A result is chosen so that it may be seen: a yes or no, a code,
//! a length. A result that depends on nothing secret needs no witness and is computed anew.

use std::{cell::Cell, collections::VecDeque};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::recording::shape::Shape;

/// One noted result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testimony {
    /// Which computation.
    pub of: String,
    /// What came out.
    pub result: Value,
}

/// Who is asked.
#[derive(Default)]
enum Mode {
    /// Nobody makes a recording.
    #[default]
    Silent,
    /// Results are noted until they are taken.
    Noting(Vec<Testimony>),
    /// Results come from a recording.
    Replaying(VecDeque<Testimony>),
}

/// The witness of one core.
#[derive(Default)]
pub(crate) struct Witness(Cell<Mode>);

impl Witness {
    /// A witness that notes.
    pub(crate) const fn noting() -> Self {
        Self(Cell::new(Mode::Noting(Vec::new())))
    }

    /// A witness that repeats what [`Self::give`] told it.
    pub(crate) const fn replaying() -> Self {
        Self(Cell::new(Mode::Replaying(VecDeque::new())))
    }

    /// The result of `real`, which depends on something a recording does not hold. `real` must not ask the witness.
    ///
    /// In a replay `None` means that the recording says nothing about it: the replay has left the recorded path.
    pub(crate) fn find<T: Serialize + DeserializeOwned>(
        &self,
        of: &'static str,
        real: impl FnOnce() -> T,
    ) -> Option<T> {
        match self.0.take() {
            Mode::Silent => Some(real()),
            Mode::Noting(mut noted) => {
                let result = real();
                // Results are plain data; what had no JSON form would read as missing in a replay.
                let value = serde_json::to_value(&result).unwrap_or_default();
                noted.push(Testimony { of: of.to_owned(), result: value });
                self.0.set(Mode::Noting(noted));
                Some(result)
            }
            Mode::Replaying(mut told) => {
                let next =
                    if told.front().is_some_and(|next| next.of == of) { told.pop_front() } else { None };
                self.0.set(Mode::Replaying(told));
                next.and_then(|next| serde_json::from_value(next.result).ok())
            }
        }
    }

    /// As [`Self::find`]; off the recorded path the computation runs on what there is.
    pub(crate) fn attest<T: Serialize + DeserializeOwned>(
        &self,
        of: &'static str,
        real: impl Fn() -> T,
    ) -> T {
        self.find(of, &real).unwrap_or_else(real)
    }

    /// Content that `open` unseals. A recording holds its shape: how long it is, and whether it is sealed once more.
    pub(crate) fn content(
        &self,
        of: &'static str,
        open: impl FnOnce() -> Result<Zeroizing<Vec<u8>>, String>,
    ) -> Result<Vec<u8>, String> {
        let mut plain = None;
        let shape = self.find(of, || {
            let opened = open()?;
            let shape = Shape::of(&opened);
            plain = Some(opened);
            Ok::<_, String>(shape)
        });
        match (plain, shape) {
            (Some(plain), _) => Ok(plain.to_vec()),
            (None, Some(told)) => told.map(|shape| shape.bytes()),
            (None, None) => Err("not_recorded".to_owned()),
        }
    }

    /// What was noted since the last time.
    pub(crate) fn take(&self) -> Vec<Testimony> {
        match self.0.take() {
            Mode::Noting(noted) => {
                self.0.set(Mode::Noting(Vec::new()));
                noted
            }
            other => {
                self.0.set(other);
                Vec::new()
            }
        }
    }

    /// What the recording says about the next step; what is left of the step before is forgotten.
    pub(crate) fn give(&self, testimony: Vec<Testimony>) {
        self.0.set(Mode::Replaying(testimony.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_says_what_was_noted_and_computes_nothing() {
        let witness = Witness::noting();
        assert_eq!(witness.find("keys", || 7), Some(7));
        assert!(witness.attest("mac", || true));
        let noted = witness.take();
        assert_eq!(noted.len(), 2);
        assert!(witness.take().is_empty());
        let replay = Witness::replaying();
        replay.give(noted);

        assert_eq!(replay.find("mac", || -> bool { panic!("computed") }), None, "another one is next");
        assert_eq!(replay.find("keys", || -> i32 { panic!("computed") }), Some(7));
        assert!(replay.attest("mac", || false));
        assert!(!replay.attest("mac", || false), "off the path");
    }

    #[test]
    fn without_a_recording_nothing_is_kept() {
        let witness = Witness::default();
        assert_eq!(witness.find("keys", || 7), Some(7));
        assert!(witness.take().is_empty());
    }
}
