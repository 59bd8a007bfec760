//! App instances: user + app + device, each with a key that never leaves the phone.
//!
//! One managed account per device and organisation: the first registered one wins until it is removed (catalogue I8,
//! N4). An instance that ended stays ended: its key is refused for ever.

pub(crate) mod api;
mod device_key;
pub(crate) mod graph;
pub(crate) mod ops;
pub(crate) mod sql;

use ringfence_model::{AppId, InstanceId, ManagementState, UnixMillis, UserId};
use ringfence_policy::filter::Facts;
use ringfence_protocol::InstancePublicKey;

/// What became of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceState {
    /// It is served.
    Active,
    /// It carried out a wipe order.
    Wiped,
    /// The user took the account off the app.
    Removed,
    /// The same app registered anew for the same user on the same device.
    Replaced,
}

impl InstanceState {
    /// As stored and answered.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Wiped => "wiped",
            Self::Removed => "removed",
            Self::Replaced => "replaced",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Wiped, Self::Removed, Self::Replaced]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// Why it is refused.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Active => "this app instance is registered",
            Self::Wiped => "this app instance was wiped and stays so: register anew",
            Self::Removed => "the account was removed from this app instance: register anew",
            Self::Replaced => "this app was registered anew on this device; this instance is over",
        }
    }
}

/// A registered app instance.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Whose.
    pub user: UserId,
    /// The user's name in the directory, as long as there is one.
    pub upn: String,
    /// Which app.
    pub app: AppId,
    /// How the device is managed.
    pub management: ManagementState,
    /// Version of the app, the client core and the operating system at registration.
    pub versions: Versions,
    /// Hardware, as far as the phone tells.
    pub model: Option<String>,
    /// Maker of the hardware.
    pub manufacturer: Option<String>,
    /// Tells phones apart, says nothing else.
    pub device_tag: String,
    /// Proves requests of this instance.
    pub public_key: InstancePublicKey,
    /// What became of it.
    pub state: InstanceState,
    /// Since when.
    pub registered_at: UnixMillis,
    /// The version in force; 0 before the first check-in.
    pub version: i64,
    /// Names the content in force.
    pub(crate) content_hash: String,
}

/// What the phone has told, as filters ask for it.
pub(crate) fn facts(instance: &Instance) -> Facts {
    Facts {
        app_version: Some(instance.versions.app.clone()),
        manufacturer: instance.manufacturer.clone(),
        model: instance.model.clone(),
        os_version: Some(instance.versions.os.clone()),
    }
}

/// Software on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// The app.
    pub app: String,
    /// The client core in it.
    pub sdk: String,
    /// The operating system.
    pub os: String,
}
