//! Android packages that are exempt by nature (behaviour §5.3): without them the phone cannot work.
//!
//! Packages that the reference exempts *conditionally* (a browser for web views only, push services, maps for addresses,
//! the document picker) are not here: what they are used for goes through decisions of its own.

/// Package ids, lower-case.
pub(crate) const ANDROID: &[&str] = &[
    "com.android.phone",
    "com.android.vending",
    "com.android.webview",
    "com.google.android.webview",
    "com.google.android.tts",
    "com.android.settings",
    "com.android.providers.settings",
    "com.azure.authenticator",
    "com.microsoft.windowsintune.companyportal",
    "com.android.providers.contacts",
    "com.samsung.android.providers.contacts",
    "com.android.providers.blockednumber",
];
