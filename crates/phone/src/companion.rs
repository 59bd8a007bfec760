//! The companion app of an Android phone: there or not, and what names its data. Keys that the managed apps of an account
//! share are in its keeping, so they go with it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{
    KeyStore, Phone, PhoneError, PhoneRecord,
    atomic::{self, Access},
    phone::random_hex,
    ports::SHARED_PREFIX,
};

/// What `companion.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Companion {
    /// Names the data; another name after it was installed anew or its data cleared.
    pub data_id: String,
}

impl Phone {
    pub(crate) fn companion_path(&self) -> PathBuf {
        self.folder().join("companion.json")
    }

    /// The companion's data, when it is installed.
    pub fn companion(&self) -> Result<Option<Companion>, PhoneError> {
        atomic::read_json(&self.companion_path())
    }

    /// Clears the companion's data, as a user may in the settings of the phone.
    ///
    /// # Errors
    /// [`PhoneError::Missing`] when no companion is installed.
    pub fn clear_companion(&self) -> Result<(), PhoneError> {
        self.update(|record| {
            if record.facts.companion_version.is_none() {
                return Err(PhoneError::missing("companion", "companion"));
            }
            begin(self)?;
            // Open apps look at the record when it changes.
            Ok(())
        })
    }

    /// Follows a change of the facts: the companion came or went.
    pub(crate) fn follow_companion(&self, before: bool, now: &PhoneRecord) -> Result<(), PhoneError> {
        match (before, now.facts.companion_version.is_some()) {
            (false, true) => begin(self),
            (true, false) => {
                atomic::remove(&self.companion_path())?;
                forget_keys(&self.key_store())
            }
            _ => Ok(()),
        }
    }
}

/// Fresh data, and nothing of what was kept before.
fn begin(phone: &Phone) -> Result<(), PhoneError> {
    forget_keys(&phone.key_store())?;
    let companion = Companion { data_id: random_hex(8)? };
    atomic::write_json(&phone.companion_path(), &companion, Access::Private)
}

fn forget_keys(keys: &KeyStore) -> Result<(), PhoneError> {
    keys.destroy_all(SHARED_PREFIX).map(drop)
}
