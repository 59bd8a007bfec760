//! What a phone knows about itself when conditions are evaluated (behaviour §1.3).
//!
//! `None` always means *not known*, never *fine*; what an unknown leads to is decided in `policy`.

use serde::{Deserialize, Serialize};

use crate::{AppId, ManagementState, Millis, Platform, Version};

/// Strength of the screen lock, weakest first (Android password complexity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeviceLock {
    /// No screen lock.
    None,
    /// Pattern or short PIN.
    Low,
    /// PIN without repeats or sequences.
    Medium,
    /// Long PIN or password.
    High,
}

/// Risk reported by a mobile threat defence product, safest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ThreatLevel {
    /// No threat found.
    Secured,
    /// Low risk.
    Low,
    /// Medium risk.
    Medium,
    /// High risk.
    High,
}

/// The store's integrity verdict on an Android device, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IntegrityVerdict {
    /// Attestation failed.
    Failed,
    /// Basic integrity only.
    Basic,
    /// Basic integrity and a certified device.
    Certified,
}

/// Facts about the device. Everything optional is optional because a phone may not be able to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceFacts {
    /// Operating system.
    pub platform: Platform,
    /// Version of the operating system.
    pub os_version: Version,
    /// Android security patch level, `YYYY-MM-DD`.
    pub patch_level: Option<String>,
    /// `iPhone15,2`, `Pixel 8`
    pub model: Option<String>,
    /// `Apple`, `Google`
    pub manufacturer: Option<String>,
    /// Jailbroken or rooted, as far as the local check can tell.
    pub jailbroken: Option<bool>,
    /// Screen lock.
    pub device_lock: Option<DeviceLock>,
    /// Latest verdict of the threat-defence product.
    pub threat_level: Option<ThreatLevel>,
    /// Latest store verdict (Android).
    pub integrity: Option<IntegrityVerdict>,
    /// The verdict came from a hardware-backed evaluation.
    pub integrity_hardware_backed: Option<bool>,
    /// On-device app scan is on (Android).
    pub verify_apps: Option<bool>,
    /// Samsung Knox attestation passed; `None` on devices without Knox.
    pub knox_attested: Option<bool>,
    /// Installed companion app (Android); `None` = not installed.
    pub companion_version: Option<Version>,
    /// Days since the installed companion was superseded by a newer one.
    pub companion_update_age_days: Option<u32>,
    /// How the device is managed.
    #[serde(default)]
    pub management: ManagementState,
    /// The device's own storage is encrypted (Android).
    pub device_encrypted: Option<bool>,
}

impl DeviceFacts {
    /// A device that tells nothing but its operating system; nobody manages it.
    pub const fn silent(platform: Platform, os_version: Version) -> Self {
        Self {
            platform,
            os_version,
            patch_level: None,
            model: None,
            manufacturer: None,
            jailbroken: None,
            device_lock: None,
            threat_level: None,
            integrity: None,
            integrity_hardware_backed: None,
            verify_apps: None,
            knox_attested: None,
            companion_version: None,
            companion_update_age_days: None,
            management: ManagementState::Unmanaged,
            device_encrypted: None,
        }
    }
}

/// Facts about one app on the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppFacts {
    /// Which app.
    pub app: AppId,
    /// Its version.
    pub version: Version,
    /// Version of the embedded client core.
    pub sdk_version: Version,
}

/// Facts about the work account in one app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountFacts {
    /// The directory confirmed that the account is disabled.
    pub disabled: bool,
    /// The user is outside working time; `None` without a working-time feed.
    pub clocked_out: Option<bool>,
    /// For how long the user has been outside working time.
    pub clocked_out_for: Millis,
    /// Time since this app instance last checked in (behaviour §1.3: counted per app).
    pub offline_for: Millis,
    /// Wrong PIN attempts in a row.
    pub pin_attempts: u32,
}
