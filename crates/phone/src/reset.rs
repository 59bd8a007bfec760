//! Back to the state in which the phone left the factory: what a jailbreak or root cannot survive.

use crate::{Phone, PhoneError, atomic, facts, lock::Lock, phone::random_hex};

impl Phone {
    /// Removes every app, key, file and fact. Server, language, network and clock stay as they are.
    ///
    /// # Errors
    /// [`PhoneError::Busy`] while an app is open.
    pub fn factory_reset(&self) -> Result<(), PhoneError> {
        for app in self.apps()? {
            let open = Lock::try_take(&self.app_folder(&app.id).join("lock"))?;
            if open.is_none() {
                return Err(PhoneError::Busy(app.id));
            }
        }
        self.update(|record| {
            for part in ["apps", "keystore", "shared", "account"] {
                atomic::remove_folder(&self.folder().join(part))?;
            }
            atomic::remove(&self.companion_path())?;
            self.make_folders()?;
            record.facts = facts::fresh(record.facts.platform);
            record.clocked_out = None;
            record.biometric = None;
            record.device_tag = random_hex(16)?;
            record.boot_id = random_hex(8)?;
            self.follow_companion(false, record)
        })
    }
}

#[cfg(test)]
mod tests {
    use ringfence_model::Platform;

    use super::*;
    use crate::{Install, MakePhone};

    #[test]
    fn nothing_of_before_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let make = MakePhone::new(Platform::Android, "http://127.0.0.1:8080");
        let phone = Phone::create(dir.path().join("p"), &make).unwrap();
        phone.install(&Install::managed("org.example.notes")).unwrap();
        phone.set_facts(&["jailbroken=true", "clockedOut=true"]).unwrap();
        phone.put_shared("photos", "cat.jpg", b"meow").unwrap();
        phone.key_store().make_secret("account.one.kek").unwrap();
        let pin = phone.folder().join("account/account.pin");
        atomic::write(&pin, b"{}", atomic::Access::Private).unwrap();
        let before = (phone.record().unwrap(), phone.companion().unwrap());
        phone.factory_reset().unwrap();
        let after = phone.record().unwrap();
        assert!(phone.apps().unwrap().is_empty() && phone.key_store().list().unwrap().is_empty());
        assert!(phone.list_shared("photos").unwrap().is_empty());
        assert!(!pin.exists());
        assert_eq!((after.facts.jailbroken, after.clocked_out), (Some(false), None));
        assert_ne!(after.device_tag, before.0.device_tag);
        assert_ne!(phone.companion().unwrap(), before.1);
        assert_eq!(after.server, before.0.server);
    }
}
