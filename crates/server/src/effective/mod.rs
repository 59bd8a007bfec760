//! What reaches a user in an app, setting by setting with its origin; and why a phone decides as it does. The decision
//! is `policy::decide`, the same as on the phone.

pub(crate) mod api;
mod browser;
pub(crate) mod ops;
mod question;
