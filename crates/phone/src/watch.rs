//! Notices that somebody changed the phone while an app is open: another terminal, another program.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use ringfence_client::PhoneFacts;
use ringfence_model::AppId;

use crate::{AppRecord, Phone, PhoneError, PhoneRecord};

/// What a look at the file system remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    record: Option<(SystemTime, u64)>,
    app: Option<(SystemTime, u64)>,
    apps: Option<SystemTime>,
}

/// Compares the phone's files with the last look.
#[derive(Debug)]
pub(crate) struct Watch {
    phone: Phone,
    app: String,
    last: Stamp,
}

impl Watch {
    pub(crate) fn new(phone: &Phone, app: &str) -> Self {
        Self { phone: phone.clone(), app: app.to_owned(), last: stamp(phone, app) }
    }

    /// Whether record or apps changed since the last call.
    pub(crate) fn changed(&mut self) -> bool {
        let now = stamp(&self.phone, &self.app);
        let changed = now != self.last;
        self.last = now;
        changed
    }

    /// The record as it is now.
    pub(crate) fn record(&self) -> Result<PhoneRecord, PhoneError> {
        self.phone.record()
    }

    /// What the phone knows about itself.
    pub(crate) fn facts(&self, record: &PhoneRecord) -> Result<PhoneFacts, PhoneError> {
        let platform = record.facts.platform;
        let apps = self.phone.apps()?;
        let companion = self.phone.companion()?;
        let own = apps.iter().find(|app| app.id.eq_ignore_ascii_case(&self.app));
        Ok(PhoneFacts {
            device: record.facts.clone(),
            device_tag: record.device_tag.clone(),
            app_signer: own.map(AppRecord::signer),
            companion_account: companion.as_ref().and_then(|companion| companion.account.clone()),
            companion_data: companion.map(|companion| companion.data_id),
            clocked_out: record.clocked_out,
            biometric: record.biometric,
            schemes: apps.iter().filter_map(|app| app.scheme.clone()).collect(),
            installed: apps.into_iter().map(|app| AppId::new(platform, app.id)).collect(),
        })
    }
}

fn stamp(phone: &Phone, app: &str) -> Stamp {
    let folder: &Path = phone.folder();
    let modified =
        |path: PathBuf| fs::metadata(path).ok().and_then(|meta| Some((meta.modified().ok()?, inode(&meta))));
    Stamp {
        record: modified(folder.join("phone.json")),
        app: modified(phone.app_folder(app).join("app.json")),
        apps: modified(folder.join("apps")).map(|(time, _)| time),
    }
}

/// A replaced file has another number, even within one tick of the file system's clock.
#[cfg(unix)]
fn inode(meta: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn inode(meta: &fs::Metadata) -> u64 {
    meta.len()
}

#[cfg(test)]
mod tests {
    use ringfence_model::Platform;

    use super::*;
    use crate::{Install, MakePhone};

    #[test]
    fn sees_changes_of_record_and_apps_once() {
        let dir = tempfile::tempdir().unwrap();
        let make = MakePhone::new(Platform::Ios, "http://127.0.0.1:8080");
        let phone = Phone::create(dir.path().join("p"), &make).unwrap();
        let mut watch = Watch::new(&phone, "org.example.notes");
        assert!(!watch.changed());
        phone.set_online(false).unwrap();
        assert!(watch.changed());
        assert!(!watch.changed());
        phone.install(&Install::ordinary("net.example.chat")).unwrap();
        assert!(watch.changed());
        let facts = watch.facts(&watch.record().unwrap()).unwrap();
        assert_eq!(facts.installed, [AppId::new(Platform::Ios, "net.example.chat")]);
    }
}
