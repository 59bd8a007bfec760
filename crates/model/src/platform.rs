//! The operating systems and the ways a device may be managed.

use serde::{Deserialize, Serialize};

/// The operating system of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// iOS and iPadOS.
    Ios,
    /// Android.
    Android,
}

impl Platform {
    /// Both, in a fixed order.
    pub const ALL: [Self; 2] = [Self::Ios, Self::Android];

    /// `ios` or `android`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ios => "ios",
            Self::Android => "android",
        }
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Platform {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "ios" => Ok(Self::Ios),
            "android" => Ok(Self::Android),
            _ => Err(format!("`{text}` is not a platform: expected ios or android")),
        }
    }
}

/// How the device is managed, for `targetedAppManagementLevels` (graph/surface `appManagementLevel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ManagementState {
    /// Not enrolled with any device-management system: the ordinary case.
    #[default]
    Unmanaged,
    /// Enrolled; the work account was handed over by the device-management system.
    Mdm,
    /// Android Enterprise, work profile or fully managed.
    AndroidEnterprise,
    /// Android Enterprise dedicated device in shared mode.
    AndroidEnterpriseDedicatedDevicesWithAzureAdSharedMode,
    /// Android Open Source Project, with a user.
    AndroidOpenSourceProjectUserAssociated,
    /// Android Open Source Project, without a user.
    AndroidOpenSourceProjectUserless,
}
