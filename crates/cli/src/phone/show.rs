//! How the phone's screen and the reasons behind it reach the terminal.

use std::{fmt::Write as _, io::Write as _, process::ExitCode};

use ringfence_messages::Dialog;
use ringfence_phone::{
    DecisionAnswer, Ending, Identity, Outcome,
    dialog::{Frame, Picture, draw},
};
use serde_json::{Value, json};

use super::{Args, REFUSED};
use crate::output::{self, Style};

/// Where and how results are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub(super) json: bool,
    frame: Frame,
}

impl Screen {
    pub(super) fn new(args: &Args) -> Self {
        let frame = if args.ascii || !speaks_utf8() { Frame::Ascii } else { Frame::Unicode };
        Self { json: args.json, frame }
    }

    /// Draws a dialog.
    pub(super) fn draw(&self, dialog: &Dialog) -> String {
        let labels: Vec<&str> = dialog.buttons.iter().map(|button| button.label.as_str()).collect();
        let picture =
            Picture { title: &dialog.title, body: &dialog.body, buttons: &labels, code: &dialog.code };
        draw(&picture, self.frame)
    }

    /// Shows what came of an action. `opened` is what the app said when it came to the front.
    pub(super) fn outcome(
        &self,
        what: &str,
        outcome: &Outcome,
        opened: Option<&Dialog>,
    ) -> anyhow::Result<ExitCode> {
        if self.json {
            output::json(&as_json(outcome, opened)?)?;
            return Ok(status(outcome));
        }
        let style = Style::stdout();
        let mut text = String::new();
        if let Some(dialog) = opened.filter(|opened| outcome.dialog.as_ref() != Some(opened)) {
            text.push_str(&self.draw(dialog));
        }
        if let Some(dialog) = &outcome.dialog {
            text.push_str(&self.draw(dialog));
        }
        let ending = match outcome.result {
            Ending::Allowed => style.good("allowed"),
            Ending::Refused => style.bad("refused"),
            Ending::Failed => style.bad("failed"),
        };
        let mut line = format!("{ending}  {what}");
        if outcome.result == Ending::Failed {
            let _ = write!(line, " ({})", outcome.code.as_deref().unwrap_or("unknown"));
        }
        text.push_str(&line);
        text.push('\n');
        text.push_str(&trace(outcome));
        std::io::stdout().lock().write_all(text.as_bytes())?;
        Ok(status(outcome))
    }
}

/// The exit status that belongs to an outcome.
pub(super) fn status(outcome: &Outcome) -> ExitCode {
    match outcome.result {
        Ending::Allowed => ExitCode::SUCCESS,
        Ending::Refused => ExitCode::from(REFUSED),
        Ending::Failed => ExitCode::FAILURE,
    }
}

/// The outcome for programs; content is text when it is UTF-8, otherwise hexadecimal.
pub(super) fn as_json(outcome: &Outcome, opened: Option<&Dialog>) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(outcome)?;
    if let Value::Object(body) = &mut value {
        if let Some(bytes) = &outcome.bytes {
            match std::str::from_utf8(bytes) {
                Ok(text) => body.insert("content".to_owned(), json!(text)),
                Err(_) => body.insert("contentHex".to_owned(), json!(hex(bytes))),
            };
        }
        if let Some(dialog) = opened {
            body.insert("opened".to_owned(), serde_json::to_value(dialog)?);
        }
    }
    Ok(value)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Why: reason, settings, rule and policies, one a line.
fn trace(outcome: &Outcome) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:<9} {value}");
        }
    };
    if let Some(reason) = outcome.reason {
        let code = outcome.code.as_deref().unwrap_or_default();
        row("reason", &format!("{} ({code})", reason.as_str()));
    }
    if let Some(decision) = &outcome.decision {
        row("decided", &decision.deciders.join(", "));
        row("rule", &decision.rule);
        row("policy", &policies(decision));
    }
    if outcome.sealed {
        row("data", "left the app encrypted; only managed apps of the same account can read it");
    }
    if let Some(place) = &outcome.place {
        let whose = match outcome.identity {
            Some(Identity::Work) => " (the organisation's)",
            Some(Identity::Personal) => " (personal)",
            None => "",
        };
        row("now at", &format!("{place}{whose}"));
    }
    if let Some(received) = &outcome.received {
        row(
            "receiver",
            &format!("{}: {}", received.app, received.reason.map_or("took it", |code| code.as_str())),
        );
    }
    text
}

fn policies(decision: &DecisionAnswer) -> String {
    let names: Vec<String> = decision.sources.iter().map(|source| format!("“{}”", source.name)).collect();
    match decision.policy_version {
        Some(version) if !names.is_empty() => format!("{}, effective version {version}", names.join(", ")),
        _ => names.join(", "),
    }
}

fn speaks_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    // Without any setting the terminal of today is UTF-8; `C` and `POSIX` say that it is not.
    set.is_none_or(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}
