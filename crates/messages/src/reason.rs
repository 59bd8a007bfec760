//! What a reason code carries besides its name.

use serde::{Deserialize, Serialize};

use crate::Lang;

/// How serious a situation is (behaviour §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Nothing is wrong.
    Information,
    /// The user has to do something; the normal flow.
    ActionNeeded,
    /// A transfer was refused; the policy works as meant.
    TransferRefused,
    /// A notice that may be dismissed.
    Warning,
    /// No access to work data.
    Blocked,
    /// Work data was removed.
    DataRemoved,
    /// Probably a mistake in the set-up, or a defect.
    Error,
}

/// What a button of a dialog does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ButtonAction {
    /// Close the dialog.
    Ok,
    /// Give up what was begun.
    Cancel,
    /// Go on despite the warning.
    Continue,
    /// Try again.
    Retry,
    /// Sign in with the work account.
    SignIn,
    /// Restart the app.
    Restart,
    /// Close the app.
    CloseApp,
    /// Update the app.
    Update,
    /// Open the settings of the device.
    OpenSettings,
    /// Install the companion app.
    InstallCompanion,
    /// Install the app that the policy asks for.
    InstallApp,
    /// Remove the work account from this app.
    RemoveAccount,
    /// Start afresh with a forgotten PIN.
    ForgotPin,
    /// Send a diagnostic bundle.
    SendLogs,
    /// Open the page under the personal account.
    SwitchToPersonal,
    /// Add a personal account to the browser, and open the page under it.
    AddPersonalAccount,
    /// Open the page without history.
    OpenInPrivate,
}

impl ButtonAction {
    /// All actions.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancel,
        Self::Continue,
        Self::Retry,
        Self::SignIn,
        Self::Restart,
        Self::CloseApp,
        Self::Update,
        Self::OpenSettings,
        Self::InstallCompanion,
        Self::InstallApp,
        Self::RemoveAccount,
        Self::ForgotPin,
        Self::SendLogs,
        Self::SwitchToPersonal,
        Self::AddPersonalAccount,
        Self::OpenInPrivate,
    ];

    /// The key of the label.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ok => "button-ok",
            Self::Cancel => "button-cancel",
            Self::Continue => "button-continue",
            Self::Retry => "button-retry",
            Self::SignIn => "button-sign-in",
            Self::Restart => "button-restart",
            Self::CloseApp => "button-close-app",
            Self::Update => "button-update",
            Self::OpenSettings => "button-open-settings",
            Self::InstallCompanion => "button-install-companion",
            Self::InstallApp => "button-install-app",
            Self::RemoveAccount => "button-remove-account",
            Self::ForgotPin => "button-forgot-pin",
            Self::SendLogs => "button-send-logs",
            Self::SwitchToPersonal => "button-switch-to-personal",
            Self::AddPersonalAccount => "button-add-personal-account",
            Self::OpenInPrivate => "button-open-in-private",
        }
    }

    /// The label.
    pub fn label(self, lang: Lang) -> String {
        crate::text(self.key(), lang, &crate::Args::new())
    }
}

/// A text was neither a reason nor a dialog code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{value}` is not a reason code: expected a name such as send_managed_apps_only or a code such as D4 or RF-104"
)]
pub struct ReasonError {
    /// The text as given.
    pub value: String,
}
