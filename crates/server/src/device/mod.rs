//! What is known of a device besides what its apps report: how it was enrolled, with which profile, whether that profile
//! names a user, and which work account a device-management system has handed over to its apps (catalogue A6, A7).
//!
//! A device is named by the random tag that its apps share (behaviour §3.3). No serial number, phone number, name or
//! place is stored. A profile without user affinity leaves nobody to target: apps on such a device are answered
//! `noPolicy`, whoever signs in (behaviour §6, §11.1).

pub(crate) mod api;
pub(crate) mod graph;
pub mod ops;
mod sql;

use ringfence_model::{Platform, UnixMillis};
use serde::{Deserialize, Serialize};

macro_rules! enrolments {
    ($($(#[$doc:meta])* $name:ident $text:literal $platform:ident $affinity:expr;)+) => {
        /// How a device came under management (behaviour §6, device types for targeting).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Enrolment { $($(#[$doc])* $name,)+ }

        impl Enrolment {
            /// All, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// As in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The platform it exists on; `None` for both.
            pub const fn platform(self) -> Option<Platform> {
                match self { $(Self::$name => enrolments!(@platform $platform),)+ }
            }

            /// Whether it names a user; `None` when the profile decides.
            pub const fn user_affinity(self) -> Option<bool> {
                match self { $(Self::$name => $affinity,)+ }
            }
        }
    };
    (@platform Both) => { None };
    (@platform $platform:ident) => { Some(Platform::$platform) };
}

enrolments! {
    /// Not enrolled.
    Unmanaged "unmanaged" Both Some(true);
    /// By the user, through the management system's app or web page.
    DeviceEnrolment "deviceEnrolment" Both None;
    /// Apple's automated device enrolment, with user affinity.
    AdeUser "adeUser" Ios Some(true);
    /// Apple's automated device enrolment, without user affinity.
    AdeUserless "adeUserless" Ios Some(false);
    /// Apple's account-driven user enrolment.
    UserEnrolment "userEnrolment" Ios Some(true);
    /// A personal device with a work profile.
    WorkProfile "workProfile" Android Some(true);
    /// A corporate device with a work profile.
    CorporateWorkProfile "corporateWorkProfile" Android Some(true);
    /// A corporate device, managed as a whole.
    FullyManaged "fullyManaged" Android Some(true);
    /// A device that belongs to nobody.
    Dedicated "dedicated" Android Some(false);
    /// A device that users take turns with.
    DedicatedShared "dedicatedShared" Android Some(true);
    /// Android without the store, with a user.
    AospUser "aospUser" Android Some(true);
    /// Android without the store, without a user.
    AospUserless "aospUserless" Android Some(false);
}

/// What somebody has said about a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The tag that the apps of the device share.
    pub device_tag: String,
    /// Operating system.
    pub platform: Platform,
    /// How it was enrolled.
    pub enrolment: Enrolment,
    /// Name of the enrolment profile.
    pub profile: Option<String>,
    /// Whether the enrolment names a user; `None` when nobody has said.
    pub user_affinity: Option<bool>,
    /// The work account that was handed over to the apps, as user principal name.
    pub work_account: Option<String>,
    /// Name of the device-management system.
    pub managed_by: Option<String>,
    /// Who said so.
    pub said_by: String,
    /// When.
    pub said_at: UnixMillis,
}

impl Device {
    /// There is certainly nobody whom a policy could be for (catalogue A6).
    pub fn is_userless(&self) -> bool {
        self.user_affinity == Some(false)
    }
}
