//! From a reason to what a person reads.

use ringfence_model::Platform;
use serde::{Deserialize, Serialize};

use crate::{Args, ButtonAction, Lang, ReasonCode, Severity, catalogue::text};

/// One button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Button {
    /// What it does.
    pub action: ButtonAction,
    /// What it says.
    pub label: String,
}

/// A dialog, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dialog {
    /// The short code that the user can read out and the troubleshooter accepts.
    pub code: String,
    /// Why the dialog appears.
    pub reason: ReasonCode,
    /// How serious it is.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// What happened and what to do.
    pub body: String,
    /// From left to right.
    pub buttons: Vec<Button>,
}

/// The dialog for a reason.
pub fn dialog(reason: ReasonCode, platform: Platform, lang: Lang, args: &Args) -> Dialog {
    Dialog {
        code: reason.dialog_code(platform).to_owned(),
        reason,
        severity: reason.severity(),
        title: text(&reason.title_key(), lang, args),
        body: text(&reason.body_key(), lang, args),
        buttons: reason
            .buttons()
            .iter()
            .map(|&action| Button { action, label: action.label(lang) })
            .collect(),
    }
}
