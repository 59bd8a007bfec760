//! The registry as a page of documentation, and what else the texts rely on.

use std::fmt::Write as _;

use ringfence_model::Platform;

use crate::{Args, Lang, ReasonCode, dialog};

/// Every argument a text may use, and what the caller puts there.
pub const ARGUMENTS: &[(&str, &str)] = &[
    ("app", "name of the app in which the dialog appears"),
    ("account", "the work account concerned, as the user knows it (user principal name)"),
    ("organisation", "name of the tenant"),
    ("target", "the other app: name or id"),
    ("location", "the storage service or source"),
    ("limit", "the character limit of the clipboard, a number"),
    ("required", "what the policy demands"),
    ("actual", "what the device, the app or the account has"),
    ("minutes", "a span in whole minutes"),
    ("days", "a span in whole days"),
    ("attempts", "number of attempts left"),
    ("site", "host of a web page"),
    ("condition", "name of a condition, one of the condition-… texts"),
];

/// Texts that are no dialogs: labels for programs that print decisions.
pub const LABELS: &[&str] = &[
    "verdict-allow",
    "verdict-allow-sealed",
    "verdict-allow-redacted",
    "verdict-allow-tagged",
    "verdict-deny",
    "action-none",
    "action-warn",
    "action-reset-pin",
    "action-block",
    "action-wipe",
    "label-code",
    "label-reason",
    "label-rule",
    "label-decision",
    "label-decided-by",
    "label-no-setting",
    "label-default",
    "label-policy",
    "label-assignment",
    "label-required",
    "label-actual",
    "label-unknown",
    "label-sealed",
    "label-now-at",
    "label-receiver",
    "label-took-it",
    "label-work-data",
    "label-personal-data",
    "label-failed",
    "label-entry",
    "label-no-entry",
    "label-opens-in",
    "context-work",
    "context-personal",
    "context-in-private",
    "storage-location.photoLibrary",
    "storage-location.camera",
    "storage-location.localStorage",
    "storage-location.oneDriveForBusiness",
    "storage-location.sharePoint",
    "storage-location.box",
    "storage-location.egnyte",
    "storage-location.other",
    "condition-value.unknown",
    "condition-value.none",
    "condition-value.low",
    "condition-value.medium",
    "condition-value.high",
    "condition-value.secured",
    "condition-value.failed",
    "condition-value.basic",
    "condition-value.certified",
    "failure-not-found",
    "failure-exists",
    "failure-bad-name",
    "failure-too-large",
    "failure-unreadable",
    "failure-locked",
    "failure-broken",
    "failure-not-applicable",
    "failure-not-started",
    "failure-not-accepted",
    "failure-offline",
    "label-state",
    "condition-sdk-version",
    "condition-app-version",
    "condition-os-minimum",
    "condition-os-maximum",
    "condition-patch-level",
    "condition-companion-version",
    "condition-companion-age",
    "condition-compromised",
    "condition-model",
    "condition-manufacturer",
    "condition-integrity",
    "condition-app-scan",
    "condition-device-lock",
    "condition-knox",
    "condition-threat-level",
    "condition-account-disabled",
    "condition-offline",
    "condition-working-time",
    "condition-pin-attempts",
];

/// `docs/reason-codes.md`.
pub fn reason_codes_page() -> String {
    let mut page = String::from(
        "# Reason codes\n\nGenerated from the registry in `crates/messages`; `RINGFENCE_BLESS=1 cargo test -p \
         ringfence-messages` rewrites it.\n\nA reason is the stable name of why something happened. The code is what the \
         user sees in the dialog; ids such as `D4` are rows of the situation catalogue, `RF-nnn` numbers are ours. \
         Neither is ever reused. `policy::explain`, `ringfence explain` and the troubleshooter accept both.\n\n\
         | reason | iOS | Android | severity | title | titel | buttons |\n|---|---|---|---|---|---|---|\n",
    );
    let none = Args::new();
    for &reason in ReasonCode::ALL {
        let en = dialog(reason, Platform::Ios, Lang::En, &none);
        let nl = dialog(reason, Platform::Ios, Lang::Nl, &none);
        let buttons: Vec<_> = en.buttons.iter().map(|button| button.label.as_str()).collect();
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {:?} | {} | {} | {} |",
            reason.as_str(),
            en.code,
            reason.dialog_code(Platform::Android),
            reason.severity(),
            en.title,
            nl.title,
            buttons.join(" · "),
        );
    }
    page.push_str("\n## Arguments of the texts\n\n| argument | meaning |\n|---|---|\n");
    for (name, meaning) in ARGUMENTS {
        let _ = writeln!(page, "| `{name}` | {meaning} |");
    }
    page
}
