//! The companion app of an Android phone: there or not, and what names its data. Keys that the managed apps of an account
//! share are in its keeping, so they go with it.

use std::{collections::BTreeSet, path::PathBuf};

use ringfence_client::{CompanionOp, SharedAccount};

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
    /// The account that it holds for the managed apps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<SharedAccount>,
    /// Ids of the apps that have the account.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub apps: BTreeSet<String>,
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

    /// An app tells the companion which account it has.
    pub(crate) fn tell_companion(&self, app: &str, op: CompanionOp) -> Result<(), PhoneError> {
        self.update(|_| match op {
            CompanionOp::Joined(account) => self.join_companion(app, account),
            CompanionOp::Left => self.leave_companion(app),
        })
    }

    fn join_companion(&self, app: &str, mut account: SharedAccount) -> Result<(), PhoneError> {
        let Some(known) = self.companion()? else { return Ok(()) };
        let mut companion = known.clone();
        let held = companion.account.filter(|held| held.account == account.account);
        account.device_key = account.device_key.or(held.and_then(|held| held.device_key));
        companion.account = Some(account);
        companion.apps.insert(app.to_ascii_lowercase());
        if companion == known {
            return Ok(());
        }
        atomic::write_json(&self.companion_path(), &companion, Access::Private)
    }

    /// An app has no account any more, says so itself or was removed. With the last one the companion forgets the account
    /// and the key that vouched for it. The caller holds the lock of the phone.
    pub(crate) fn leave_companion(&self, app: &str) -> Result<(), PhoneError> {
        let Some(mut companion) = self.companion()? else { return Ok(()) };
        if !companion.apps.remove(&app.to_ascii_lowercase()) {
            return Ok(());
        }
        if companion.apps.is_empty()
            && let Some(account) = companion.account.take()
        {
            self.key_store().destroy_all(&format!("{SHARED_PREFIX}{}.device", account.account))?;
        }
        atomic::write_json(&self.companion_path(), &companion, Access::Private)
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
    let companion = Companion { data_id: random_hex(8)?, account: None, apps: BTreeSet::new() };
    atomic::write_json(&phone.companion_path(), &companion, Access::Private)
}

fn forget_keys(keys: &KeyStore) -> Result<(), PhoneError> {
    keys.destroy_all(SHARED_PREFIX).map(drop)
}
