//! The phone itself: its folder, its record and its switches.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use ringfence_client::PhoneBiometric;
use ringfence_messages::Lang;
use ringfence_model::{AppId, Millis, Platform, UnixMillis, Version, facts::DeviceFacts};
use serde::{Deserialize, Serialize};

use crate::{
    Budget, KeyStore, PhoneError,
    atomic::{self, Access},
    facts,
    lock::Lock,
};

/// Name and version of the folder's format.
const FORMAT: &str = "ringfence-phone/1";

/// What `phone.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneRecord {
    /// [`FORMAT`].
    pub format: String,
    /// What relates app instances of one phone; random, no serial number.
    pub device_tag: String,
    /// Facts of device and operating system.
    pub facts: DeviceFacts,
    /// The working-time feed: `true` = the user is outside working time; `None` = there is no feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocked_out: Option<bool>,
    /// The biometric of the phone; `None` = none is enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biometric: Option<PhoneBiometric>,
    /// Language of the dialogs.
    pub lang: Lang,
    /// The server that the managed apps were provisioned with.
    pub server: String,
    /// SHA-256 of the tenant's root key (hex), when provisioned with the apps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// Certificate authority of the server's TLS certificate (PEM), instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_cert: Option<String>,
    /// The network switch: `false` = flight mode.
    pub online: bool,
    /// The phone's clock minus the host's clock, in milliseconds.
    pub clock_offset_ms: i64,
    /// Changes at every start.
    pub boot_id: String,
    /// Host time of the last start: the monotonic clock counts from here.
    pub booted_at: UnixMillis,
}

/// How to make a phone.
#[derive(Debug, Clone)]
pub struct MakePhone {
    /// Operating system.
    pub platform: Platform,
    /// Address of the server, `https://host[:port]`, or `http://` on loopback.
    pub server: String,
    /// Other facts than those of a fresh phone, as `FACT=VALUE`.
    pub facts: Vec<String>,
    /// Language of the dialogs.
    pub lang: Lang,
    /// SHA-256 of the tenant's root key, hex.
    pub pin: Option<String>,
    /// PEM text of the certificate authority.
    pub ca_cert: Option<String>,
}

impl MakePhone {
    /// A fresh phone in English without a pinned key.
    pub fn new(platform: Platform, server: impl Into<String>) -> Self {
        Self { platform, server: server.into(), facts: Vec::new(), lang: Lang::En, pin: None, ca_cert: None }
    }
}

/// A virtual phone; cheap to clone, all state is in the folder.
#[derive(Debug, Clone)]
pub struct Phone {
    folder: PathBuf,
    lang: Option<Lang>,
    budget: Option<Budget>,
}

impl Phone {
    /// Makes a phone in a folder that is new or empty.
    ///
    /// # Errors
    /// [`PhoneError::Exists`] when the folder holds something; [`PhoneError::Invalid`] for an address, pin,
    /// certificate or fact that cannot be right.
    pub fn create(folder: impl Into<PathBuf>, make: &MakePhone) -> Result<Self, PhoneError> {
        let folder = folder.into();
        let mut record = PhoneRecord {
            format: FORMAT.to_owned(),
            device_tag: random_hex(16)?,
            facts: facts::fresh(make.platform),
            clocked_out: None,
            biometric: None,
            lang: make.lang,
            server: check_server(&make.server)?,
            pin: make.pin.as_deref().map(check_pin).transpose()?,
            ca_cert: make.ca_cert.clone(),
            online: true,
            clock_offset_ms: 0,
            boot_id: random_hex(8)?,
            booted_at: host_now(),
        };
        for assignment in &make.facts {
            facts::assign(&mut record, assignment)?;
        }
        crate::http::Http::new(&record)?;
        fs::create_dir_all(&folder).map_err(PhoneError::io("make folder", &folder))?;
        let mut entries = fs::read_dir(&folder).map_err(PhoneError::io("list", &folder))?;
        if entries.next().is_some() {
            return Err(PhoneError::Exists(folder));
        }
        let phone = Self { folder, lang: None, budget: None };
        phone.make_folders()?;
        phone.follow_companion(false, &record)?;
        atomic::write_json(&phone.record_path(), &record, Access::Private)?;
        Ok(phone)
    }

    pub(crate) fn make_folders(&self) -> Result<(), PhoneError> {
        for part in ["apps", "keystore", "shared/photos", "shared/files"] {
            let path = self.folder.join(part);
            fs::create_dir_all(&path).map_err(PhoneError::io("make folder", &path))?;
        }
        Ok(())
    }

    /// Opens the phone in `folder`.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, PhoneError> {
        let phone = Self { folder: folder.into(), lang: None, budget: None };
        phone.record()?;
        Ok(phone)
    }

    /// The same phone with dialogs in another language, for this value only; the record keeps its own.
    #[must_use]
    pub fn in_language(self, lang: Option<Lang>) -> Self {
        Self { lang, ..self }
    }

    /// The same phone, whose processes spend from this budget, for this value and its clones only.
    #[must_use]
    pub fn with_budget(self, budget: Budget) -> Self {
        Self { budget: Some(budget), ..self }
    }

    pub(crate) fn budget(&self) -> Option<&Budget> {
        self.budget.as_ref()
    }

    /// The language of dialogs.
    pub fn lang(&self) -> Result<Lang, PhoneError> {
        self.lang.map_or_else(|| Ok(self.record()?.lang), Ok)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn record_path(&self) -> PathBuf {
        self.folder.join("phone.json")
    }

    /// The record as it is now.
    pub fn record(&self) -> Result<PhoneRecord, PhoneError> {
        let path = self.record_path();
        let record: PhoneRecord =
            atomic::read_json(&path)?.ok_or_else(|| PhoneError::NotAPhone(self.folder.clone()))?;
        if record.format == FORMAT {
            Ok(record)
        } else {
            Err(PhoneError::damaged(path, format!("format `{}`, expected `{FORMAT}`", record.format)))
        }
    }

    /// Changes the record under the phone's lock.
    pub fn update<T>(
        &self,
        change: impl FnOnce(&mut PhoneRecord) -> Result<T, PhoneError>,
    ) -> Result<T, PhoneError> {
        let _lock = Lock::wait(&self.folder.join("lock"))?;
        let mut record = self.record()?;
        let result = change(&mut record)?;
        atomic::write_json(&self.record_path(), &record, Access::Private)?;
        Ok(result)
    }

    /// The key store of the phone.
    pub fn key_store(&self) -> KeyStore {
        KeyStore::new(self.folder.join("keystore"))
    }

    /// Sets facts from `FACT=VALUE`; all or none.
    pub fn set_facts<S: AsRef<str>>(&self, assignments: &[S]) -> Result<DeviceFacts, PhoneError> {
        self.update(|record| {
            let mut changed = record.clone();
            for assignment in assignments {
                facts::assign(&mut changed, assignment.as_ref())?;
            }
            self.follow_companion(record.facts.companion_version.is_some(), &changed)?;
            *record = changed;
            Ok(record.facts.clone())
        })
    }

    /// Turns the network on or off (flight mode).
    pub fn set_online(&self, online: bool) -> Result<(), PhoneError> {
        self.update(|record| {
            record.online = online;
            Ok(())
        })
    }

    /// Sets the language of the dialogs.
    pub fn set_lang(&self, lang: Lang) -> Result<(), PhoneError> {
        self.update(|record| {
            record.lang = lang;
            Ok(())
        })
    }

    /// Points the phone's apps at another server, as a person who fell for a false address would.
    pub fn set_server(&self, server: &str) -> Result<(), PhoneError> {
        let server = check_server(server)?;
        self.update(|record| {
            record.server = server;
            Ok(())
        })
    }

    /// Starts the phone anew: another boot id, the monotonic clock begins at zero. Nothing else changes.
    pub fn restart(&self) -> Result<String, PhoneError> {
        let boot_id = random_hex(8)?;
        self.update(|record| {
            boot_id.clone_into(&mut record.boot_id);
            record.booted_at = host_now();
            Ok(boot_id)
        })
    }

    /// Sets the wall clock, as a user may in the settings; the monotonic clock does not move.
    pub fn set_clock(&self, wall: UnixMillis) -> Result<(), PhoneError> {
        self.update(|record| {
            record.clock_offset_ms = wall.0.saturating_sub(host_now().0);
            Ok(())
        })
    }

    /// Sets the wall clock right: the host's time.
    pub fn true_clock(&self) -> Result<(), PhoneError> {
        self.update(|record| {
            record.clock_offset_ms = 0;
            Ok(())
        })
    }

    /// Lets time pass: wall clock and monotonic clock move forward together.
    pub fn advance_clock(&self, span: Millis) -> Result<(), PhoneError> {
        self.update(|record| {
            record.clock_offset_ms = record.clock_offset_ms.saturating_add_unsigned(span.0);
            record.booted_at = UnixMillis(record.booted_at.0.saturating_sub_unsigned(span.0));
            Ok(())
        })
    }

    /// Names an app of this phone's operating system.
    pub fn app_id(&self, bundle: &str) -> Result<AppId, PhoneError> {
        Ok(AppId::new(self.record()?.facts.platform, bundle))
    }
}

impl PhoneRecord {
    /// The phone's wall clock.
    pub fn wall(&self) -> UnixMillis {
        UnixMillis(host_now().0.saturating_add(self.clock_offset_ms))
    }

    /// Milliseconds since the phone started.
    pub fn mono(&self) -> Millis {
        host_now().since(self.booted_at)
    }

    /// The boot id as a number, for the client core.
    pub fn boot_number(&self) -> u64 {
        u64::from_str_radix(&self.boot_id, 16).unwrap_or_default()
    }

    /// Version of the operating system.
    pub fn os_version(&self) -> Version {
        self.facts.os_version
    }
}

fn host_now() -> UnixMillis {
    let span = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(span.as_millis()).unwrap_or(i64::MAX))
}

/// Random bytes from the operating system, as hex.
pub(crate) fn random_hex(bytes: usize) -> Result<String, PhoneError> {
    let mut random = vec![0_u8; bytes];
    getrandom::fill(&mut random).map_err(|error| PhoneError::Entropy(error.to_string()))?;
    Ok(random.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Accepts `https://host[:port]` and, on loopback only, `http://` (protocol, transport).
fn check_server(server: &str) -> Result<String, PhoneError> {
    let server = server.trim().trim_end_matches('/');
    let wrong = || PhoneError::Invalid {
        what: "server",
        value: server.to_owned(),
        allowed: "write https://host[:port], or http:// on loopback".to_owned(),
    };
    let (scheme, rest) = server.split_once("://").ok_or_else(wrong)?;
    if rest.is_empty() || rest.contains(['/', '?', '#', '@', ' ']) {
        return Err(wrong());
    }
    let host = match rest.strip_prefix('[').and_then(|v6| v6.split_once(']')) {
        Some((host, _)) => host,
        None => rest.split(':').next().unwrap_or(rest),
    };
    let loopback =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match scheme {
        "https" => Ok(server.to_owned()),
        "http" if loopback => Ok(server.to_owned()),
        _ => Err(wrong()),
    }
}

fn check_pin(pin: &str) -> Result<String, PhoneError> {
    let pin = pin.trim().to_ascii_lowercase();
    if hex::decode(&pin).is_ok_and(|bytes| bytes.len() == 32) {
        Ok(pin)
    } else {
        Err(PhoneError::Invalid {
            what: "pin",
            value: pin,
            allowed: "64 hexadecimal digits, the SHA-256 of the root key".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone() -> (tempfile::TempDir, Phone) {
        let dir = tempfile::tempdir().unwrap();
        let make = MakePhone::new(Platform::Ios, "http://127.0.0.1:8080/");
        let phone = Phone::create(dir.path().join("p"), &make).unwrap();
        (dir, phone)
    }

    #[test]
    fn a_phone_is_a_folder_that_can_be_opened_again() {
        let (dir, phone) = phone();
        assert_eq!(Phone::open(dir.path().join("p")).unwrap().record().unwrap(), phone.record().unwrap());
        assert_eq!(phone.record().unwrap().server, "http://127.0.0.1:8080");
        let make = MakePhone::new(Platform::Ios, "http://127.0.0.1:8080");
        assert_eq!(Phone::create(dir.path().join("p"), &make).unwrap_err().code(), "exists");
        assert_eq!(Phone::open(dir.path()).unwrap_err().code(), "not_a_phone");
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in
            ["https://mam.example.org", "https://[2001:db8::1]:8443", "http://localhost:1", "http://[::1]:8"]
        {
            assert_eq!(check_server(good).unwrap(), good);
        }
        for bad in
            ["mam.example.org", "http://mam.example.org", "ftp://x", "https://", "https://a/b", "https://u@h"]
        {
            assert!(check_server(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pin_is_a_sha256() {
        assert!(check_pin(&"A0".repeat(32)).is_ok());
        assert!(check_pin("a0").is_err());
    }

    #[test]
    fn restarting_changes_the_boot_id_only() {
        let (_dir, phone) = phone();
        let before = phone.record().unwrap();
        let boot_id = phone.restart().unwrap();
        let after = phone.record().unwrap();
        assert_ne!(before.boot_id, boot_id);
        assert_eq!(PhoneRecord { boot_id, booted_at: after.booted_at, ..before }, after);
    }

    #[test]
    fn setting_the_clock_moves_wall_time_and_advancing_moves_both() {
        let (_dir, phone) = phone();
        phone.set_clock(UnixMillis(1_000_000)).unwrap();
        let record = phone.record().unwrap();
        assert!(record.wall().since(UnixMillis(1_000_000)) < Millis::from_minutes(10));
        assert!(record.mono() < Millis::from_minutes(10));
        phone.advance_clock(Millis::from_days(2)).unwrap();
        let record = phone.record().unwrap();
        assert!(record.wall().since(UnixMillis(1_000_000)) >= Millis::from_days(2));
        assert!(record.mono() >= Millis::from_days(2));
    }

    #[test]
    fn facts_change_all_or_none() {
        let (_dir, phone) = phone();
        assert!(phone.set_facts(&["jailbroken=true", "nonsense=1"]).is_err());
        assert_eq!(phone.record().unwrap().facts.jailbroken, Some(false));
        phone.set_facts(&["jailbroken=true", "osVersion=17.1"]).unwrap();
        assert_eq!(phone.record().unwrap().facts.jailbroken, Some(true));
    }
}
