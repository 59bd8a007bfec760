//! Installed apps: their records, installing and removing them.

use std::{fs, path::PathBuf};

use ringfence_model::{AppId, Platform, UnixMillis, Version, facts::AppFacts};
use serde::{Deserialize, Serialize};

use crate::{
    Phone, PhoneError,
    atomic::{self, Access},
    keystore::Holder,
    lock::Lock,
    phone::random_hex,
};

/// What `apps/<bundle id>/app.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppRecord {
    /// Bundle or package id.
    pub id: String,
    /// Name under the icon.
    pub name: String,
    /// Version of the app.
    pub version: Version,
    /// Version of the embedded client core.
    pub sdk_version: Version,
    /// The app embeds the client core; `false` for an ordinary app.
    pub managed: bool,
    /// The app is of no use without a policy (catalogue I1, N1); others run unprotected.
    pub requires_policy: bool,
    /// Types of data the app opens: name endings such as `txt`; empty = everything.
    #[serde(default)]
    pub accepts: Vec<String>,
    /// The app registers its account with the service; `false` for a build that forgot that step (catalogue N8).
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub registers: bool,
    /// The app holds personal data beside work data; `false`: everything in it belongs to the work account.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub multi_identity: bool,
    /// The app changes over to the work account when data of that account comes in.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub switches: bool,
    /// Protection of this build dies while it starts, this many times more (catalogue N2, I7).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dies_at_start: u32,
    /// SHA-256 of the certificate that the app is signed with, hexadecimal; absent = the maker's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// The URL scheme that the app answers to (iOS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// An instant app: it runs without being installed (Android).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub instant: bool,
    /// Changes when the app is removed and installed again.
    pub install_id: String,
    /// When it was installed, by the phone's clock.
    pub installed_at: UnixMillis,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_true(flag: &bool) -> bool {
    *flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// How to install an app.
#[derive(Debug, Clone)]
pub struct Install {
    /// Bundle or package id.
    pub id: String,
    /// Name under the icon; the last part of the id when empty.
    pub name: String,
    /// Version of the app.
    pub version: Version,
    /// Version of the embedded client core.
    pub sdk_version: Version,
    /// The app embeds the client core.
    pub managed: bool,
    /// The app is of no use without a policy.
    pub requires_policy: bool,
    /// Name endings of the data it opens; empty = everything.
    pub accepts: Vec<String>,
    /// The app registers its account with the service.
    pub registers: bool,
    /// The app holds personal data beside work data.
    pub multi_identity: bool,
    /// The app changes over to the work account when data of that account comes in.
    pub switches: bool,
    /// SHA-256 of the certificate that the app is signed with, hexadecimal; `None` = the maker's own.
    pub signer: Option<String>,
    /// The URL scheme that the app answers to (iOS).
    pub scheme: Option<String>,
    /// An instant app: it runs without being installed (Android).
    pub instant: bool,
}

impl Install {
    /// An app that embeds the client core.
    pub fn managed(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: String::new(),
            version: Version([1, 0, 0, 0]),
            sdk_version: Version([1, 0, 0, 0]),
            managed: true,
            requires_policy: false,
            accepts: Vec::new(),
            registers: true,
            multi_identity: true,
            switches: true,
            signer: None,
            scheme: None,
            instant: false,
        }
    }

    /// An ordinary app.
    pub fn ordinary(id: impl Into<String>) -> Self {
        Self { managed: false, ..Self::managed(id) }
    }
}

impl AppRecord {
    /// The facts that conditions look at.
    pub fn facts(&self, platform: Platform) -> AppFacts {
        AppFacts {
            app: AppId::new(platform, self.id.clone()),
            version: self.version,
            sdk_version: self.sdk_version,
        }
    }

    /// SHA-256 of the certificate that the app is signed with, as the operating system reports it: lower-case hexadecimal.
    /// The maker's own certificate differs from app to app and stays the same for ever.
    pub fn signer(&self) -> String {
        self.signer.clone().unwrap_or_else(|| makers_signer(&self.id))
    }

    /// Whether the app opens data of this name.
    pub fn accepts(&self, name: &str) -> bool {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        self.accepts.is_empty() || self.accepts.iter().any(|accepted| accepted.eq_ignore_ascii_case(ending))
    }
}

/// The certificate of the maker of an app, as this phone knows makers.
pub fn makers_signer(id: &str) -> String {
    let name = format!("maker of {}", id.to_ascii_lowercase());
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes()))
}

/// Checks the form of a certificate's digest.
///
/// # Errors
/// [`PhoneError::Invalid`] when it is no SHA-256 in hexadecimal.
pub fn check_signer(text: &str) -> Result<String, PhoneError> {
    let text = text.trim().to_ascii_lowercase();
    if hex::decode(&text).is_ok_and(|bytes| bytes.len() == 32) {
        return Ok(text);
    }
    let allowed = "64 hexadecimal digits, the SHA-256 of the certificate".to_owned();
    Err(PhoneError::Invalid { what: "signer", value: text, allowed })
}

/// Checks the form of a bundle or package id: it names a folder too.
fn check_id(id: &str) -> Result<(), PhoneError> {
    let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !id.is_empty() && id.len() <= 120 && !id.starts_with('.') && !id.contains("..") && id.chars().all(good)
    {
        return Ok(());
    }
    Err(PhoneError::Invalid {
        what: "app id",
        value: id.chars().take(120).collect(),
        allowed: "write a bundle or package id such as org.example.notes".to_owned(),
    })
}

impl Phone {
    /// The folder of an app, installed or not.
    ///
    /// Ids are compared without regard to case, so the folder has the id in lower case.
    pub fn app_folder(&self, id: &str) -> PathBuf {
        self.folder().join("apps").join(id.to_ascii_lowercase())
    }

    /// Names of an app's keys in the key store start with this.
    pub fn key_prefix(id: &str) -> String {
        format!("app.{}.", id.to_ascii_lowercase())
    }

    /// Installs an app.
    pub fn install(&self, install: &Install) -> Result<AppRecord, PhoneError> {
        check_id(&install.id)?;
        let _lock = Lock::wait(&self.folder().join("lock"))?;
        let folder = self.app_folder(&install.id);
        if folder.join("app.json").exists() {
            return Err(PhoneError::AlreadyInstalled(install.id.clone()));
        }
        let fallback = install.id.rsplit('.').next().unwrap_or(&install.id);
        let record = AppRecord {
            id: install.id.clone(),
            name: if install.name.is_empty() { fallback } else { &install.name }.to_owned(),
            version: install.version,
            sdk_version: install.sdk_version,
            managed: install.managed,
            requires_policy: install.requires_policy,
            accepts: install.accepts.clone(),
            registers: install.registers,
            multi_identity: install.multi_identity,
            switches: install.switches,
            dies_at_start: 0,
            signer: install.signer.as_deref().map(check_signer).transpose()?,
            scheme: install.scheme.clone(),
            instant: install.instant,
            install_id: random_hex(8)?,
            installed_at: self.record()?.wall(),
        };
        let files = folder.join("files");
        fs::create_dir_all(&files).map_err(PhoneError::io("make folder", &files))?;
        atomic::write_json(&folder.join("app.json"), &record, Access::Ordinary)?;
        Ok(record)
    }

    /// Changes an installed app's record: an update from the store.
    pub fn update_app(&self, id: &str, change: impl FnOnce(&mut AppRecord)) -> Result<AppRecord, PhoneError> {
        let _lock = Lock::wait(&self.folder().join("lock"))?;
        let mut record = self.app(id)?;
        change(&mut record);
        atomic::write_json(&self.app_folder(id).join("app.json"), &record, Access::Ordinary)?;
        Ok(record)
    }

    /// Installs a sound build of another version from the store: signed by the maker, registering, with protection that
    /// starts. The data stays, and the version of the client core unless `core` says another.
    pub fn install_update(
        &self,
        id: &str,
        version: Version,
        core: Option<Version>,
    ) -> Result<AppRecord, PhoneError> {
        self.update_app(id, |record| {
            record.version = version;
            record.sdk_version = core.unwrap_or(record.sdk_version);
            record.signer = None;
            record.registers = true;
            record.dies_at_start = 0;
        })
    }

    /// Clears the data of an app, as in the settings of an Android phone: slots, files and keys. The app stays.
    ///
    /// # Errors
    /// [`PhoneError::Busy`] while the app is open.
    pub fn clear_data(&self, id: &str) -> Result<(), PhoneError> {
        let _lock = Lock::wait(&self.folder().join("lock"))?;
        let record = self.app(id)?;
        let folder = self.app_folder(id);
        let _closed =
            Lock::try_take(&folder.join("lock"))?.ok_or_else(|| PhoneError::Busy(record.id.clone()))?;
        for part in ["state", "files", crate::tape::FOLDER] {
            atomic::remove_folder(&folder.join(part))?;
        }
        atomic::remove(&folder.join("identity.json"))?;
        let files = folder.join("files");
        fs::create_dir_all(&files).map_err(PhoneError::io("make folder", &files))?;
        self.forget_app(&record.id)
    }

    /// The keys of an app, its holds on shared ones and what the companion knows of it go: the operating system of an
    /// Android phone tells when an app or its data is removed.
    fn forget_app(&self, id: &str) -> Result<(), PhoneError> {
        let keys = self.key_store();
        keys.destroy_own(&Self::key_prefix(id))?;
        keys.give_up_all(&id.to_ascii_lowercase(), &self.holders()?)?;
        self.leave_companion(id)
    }

    /// The installed apps as holders of shared keys.
    pub(crate) fn holders(&self) -> Result<Vec<Holder>, PhoneError> {
        let holder = |app: AppRecord| Holder { app: app.id.to_ascii_lowercase(), install_id: app.install_id };
        Ok(self.apps()?.into_iter().map(holder).collect())
    }

    /// Removes an app with its data. On Android its keys go too; on iOS the keychain keeps them.
    ///
    /// # Errors
    /// [`PhoneError::Busy`] while the app is open.
    pub fn uninstall(&self, id: &str) -> Result<(), PhoneError> {
        let _lock = Lock::wait(&self.folder().join("lock"))?;
        let record = self.app(id)?;
        let open = Lock::try_take(&self.app_folder(id).join("lock"))?;
        if open.is_none() {
            return Err(PhoneError::Busy(record.id));
        }
        atomic::remove_folder(&self.app_folder(id))?;
        if self.record()?.facts.platform == Platform::Android {
            self.forget_app(&record.id)?;
        }
        Ok(())
    }

    /// The record of an installed app.
    pub fn app(&self, id: &str) -> Result<AppRecord, PhoneError> {
        check_id(id)?;
        if let Some(record) = atomic::read_json(&self.app_folder(id).join("app.json"))? {
            return Ok(record);
        }
        let installed: Vec<String> = self.apps()?.into_iter().map(|app| app.id).collect();
        let installed = if installed.is_empty() { "none".to_owned() } else { installed.join(", ") };
        Err(PhoneError::NotInstalled { app: id.to_owned(), installed })
    }

    /// Every installed app, by id.
    pub fn apps(&self) -> Result<Vec<AppRecord>, PhoneError> {
        let folder = self.folder().join("apps");
        let entries = fs::read_dir(&folder).map_err(PhoneError::io("list", &folder))?;
        let mut apps = Vec::new();
        for entry in entries {
            let path = entry.map_err(PhoneError::io("list", &folder))?.path();
            apps.extend(atomic::read_json::<AppRecord>(&path.join("app.json"))?);
        }
        apps.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(apps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MakePhone;

    fn phone(platform: Platform) -> (tempfile::TempDir, Phone) {
        let dir = tempfile::tempdir().unwrap();
        let make = MakePhone::new(platform, "http://127.0.0.1:8080");
        let phone = Phone::create(dir.path().join("p"), &make).unwrap();
        (dir, phone)
    }

    #[test]
    fn installs_and_removes_apps() {
        let (_dir, phone) = phone(Platform::Android);
        phone.install(&Install::managed("org.example.Notes")).unwrap();
        phone.install(&Install::ordinary("net.example.chat")).unwrap();
        let ids: Vec<String> = phone.apps().unwrap().into_iter().map(|app| app.id).collect();
        assert_eq!(ids, ["net.example.chat", "org.example.Notes"]);
        assert_eq!(phone.app("ORG.example.notes").unwrap().name, "Notes");
        let error = phone.install(&Install::managed("org.example.notes")).unwrap_err();
        assert_eq!(error.code(), "already_installed");
        phone.uninstall("org.example.notes").unwrap();
        let error = phone.app("org.example.notes").unwrap_err().to_string();
        assert!(error.contains("net.example.chat"), "{error}");
    }

    #[test]
    fn removing_an_app_takes_its_keys_on_android_and_leaves_them_on_ios() {
        for (platform, left) in [(Platform::Android, 0), (Platform::Ios, 1)] {
            let (_dir, phone) = phone(platform);
            phone.install(&Install::managed("org.example.notes")).unwrap();
            phone.key_store().make_secret(&format!("{}kek", Phone::key_prefix("org.example.notes"))).unwrap();
            phone.uninstall("org.example.notes").unwrap();
            assert_eq!(phone.key_store().list().unwrap().len(), left, "{platform}");
        }
    }

    #[test]
    fn an_open_app_is_not_removed() {
        let (_dir, phone) = phone(Platform::Ios);
        phone.install(&Install::managed("org.example.notes")).unwrap();
        let lock = Lock::try_take(&phone.app_folder("org.example.notes").join("lock")).unwrap();
        assert!(lock.is_some());
        assert_eq!(phone.uninstall("org.example.notes").unwrap_err().code(), "busy");
    }

    #[test]
    fn ids_cannot_leave_the_folder() {
        let (_dir, phone) = phone(Platform::Ios);
        for bad in ["", "..", "../x", "a/b", "a b", ".x", "a..b"] {
            assert_eq!(phone.install(&Install::managed(bad)).unwrap_err().code(), "invalid", "{bad:?}");
        }
    }

    #[test]
    fn apps_accept_by_ending() {
        let (_dir, phone) = phone(Platform::Ios);
        let install = Install { accepts: vec!["pdf".into()], ..Install::managed("org.example.pdf") };
        let record = phone.install(&install).unwrap();
        assert!(record.accepts("Plan.PDF") && !record.accepts("plan.txt"));
    }
}
