//! Apps that die while protection starts (catalogue N2, I7): the build is broken, or something passing is in the way.

use ringfence_client::{Effect, StateOp};

use crate::{Phone, PhoneError};

/// Where the initialisation of protection begins: the policy is about to be read.
const FIRST_SLOT: &str = "policy";

/// What may kill the process of an app.
#[derive(Debug)]
pub(crate) struct Crash {
    phone: Phone,
    app: String,
    armed: bool,
}

impl Crash {
    pub(crate) fn new(phone: &Phone, app: &str) -> Self {
        Self { phone: phone.clone(), app: app.to_owned(), armed: true }
    }

    /// Whether the process dies instead of executing this effect.
    pub(crate) fn strikes(&mut self, effect: &Effect) -> Result<bool, PhoneError> {
        let initialising = matches!(effect, Effect::State { op: StateOp::Get { slot: FIRST_SLOT }, .. });
        if !initialising || !std::mem::take(&mut self.armed) {
            return Ok(false);
        }
        if self.phone.app(&self.app)?.dies_at_start == 0 {
            return Ok(false);
        }
        self.phone.update_app(&self.app, |app| app.dies_at_start = app.dies_at_start.saturating_sub(1))?;
        Ok(true)
    }
}

impl Phone {
    /// Lets protection of an app die at its next `times` starts; an update of the app ends it.
    pub fn let_start_fail(&self, app: &str, times: u32) -> Result<(), PhoneError> {
        self.update_app(app, |record| record.dies_at_start = times).map(drop)
    }
}
