//! How the phone's screen and the reasons behind it reach the terminal.

use std::{fmt::Write as _, io::Write as _, process::ExitCode};

use ringfence_messages::{Args, Dialog, Lang, text};
use ringfence_phone::{
    DecisionAnswer, Ending, EntryTrace, Identity, Outcome, Phone,
    dialog::{Frame, draw_dialog},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::REFUSED;
use crate::output::{Style, Table};

/// Where and how results are shown.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Screen {
    pub(super) json: bool,
    pub(super) lang: Lang,
    ascii: bool,
}

impl Screen {
    pub(super) fn new(args: &super::Args) -> Self {
        Self { json: args.json, lang: args.lang.unwrap_or_default(), ascii: args.ascii || !speaks_utf8() }
    }

    /// The same screen in the phone's language.
    pub(super) fn of(self, phone: &Phone) -> anyhow::Result<Self> {
        Ok(Self { lang: phone.lang()?, ..self })
    }

    /// Draws a dialog.
    pub(super) fn draw(self, dialog: &Dialog) -> String {
        draw_dialog(dialog, if self.ascii { Frame::Ascii } else { Frame::Unicode })
    }

    /// Shows what came of an action. `opened` is what the app said when it came to the front.
    pub(super) fn outcome(
        self,
        what: &str,
        outcome: &Outcome,
        opened: Option<&Dialog>,
    ) -> anyhow::Result<Shown> {
        if self.json {
            return Shown::json(&as_json(outcome, opened)?, status(outcome));
        }
        let style = Style::stdout();
        let mut shown = String::new();
        if let Some(dialog) = opened.filter(|opened| outcome.dialog.as_ref() != Some(opened)) {
            shown.push_str(&self.draw(dialog));
        }
        if let Some(dialog) = &outcome.dialog {
            shown.push_str(&self.draw(dialog));
        }
        let say = |key: &str| text(key, self.lang, &Args::new());
        let ending = match outcome.result {
            Ending::Allowed => style.good(&say("verdict-allow")),
            Ending::Refused => style.bad(&say("verdict-deny")),
            Ending::Failed => style.bad(&say("label-failed")),
        };
        let _ = write!(shown, "{ending}  {what}");
        if outcome.result == Ending::Failed {
            let _ = write!(shown, ": {}", failure(outcome.code.as_deref(), self.lang));
        }
        shown.push('\n');
        shown.push_str(&trace(outcome, self.lang));
        Ok(Shown::text(shown, status(outcome)))
    }
}

/// A failure in words; its code when there are none.
fn failure(code: Option<&str>, lang: Lang) -> String {
    let code = code.unwrap_or("broken");
    let key = format!("failure-{}", code.replace('_', "-"));
    let said = text(&key, lang, &Args::new());
    if said == key { code.to_owned() } else { said }
}

/// The exit status that belongs to an outcome.
pub(super) const fn status(outcome: &Outcome) -> u8 {
    match outcome.result {
        Ending::Allowed => 0,
        Ending::Refused => REFUSED,
        Ending::Failed => 1,
    }
}

/// What a command shows: made in one place, printed in another when the app is open elsewhere.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Shown {
    out: Vec<u8>,
    err: String,
    code: u8,
}

impl Shown {
    /// Text on stdout.
    pub(super) fn text(text: String, code: u8) -> Self {
        Self { out: text.into_bytes(), err: String::new(), code }
    }

    /// JSON on stdout.
    pub(super) fn json<T: Serialize>(value: &T, code: u8) -> anyhow::Result<Self> {
        let mut text = serde_json::to_string_pretty(value)?;
        text.push('\n');
        Ok(Self::text(text, code))
    }

    /// A table on stdout.
    pub(super) fn table(table: &Table) -> Self {
        Self::text(table.text(Style::stdout()), 0)
    }

    /// Content on stdout, remarks on stderr.
    pub(super) fn content(out: Vec<u8>, err: String) -> Self {
        Self { out, err, code: 0 }
    }

    /// A failure.
    pub(super) fn failure(error: &anyhow::Error) -> Self {
        Self { out: Vec::new(), err: format!("error: {error:#}\n"), code: 1 }
    }

    /// Adds a line.
    pub(super) fn line(mut self, line: &str) -> Self {
        self.out.extend_from_slice(line.as_bytes());
        self.out.push(b'\n');
        self
    }

    /// Prints it all and gives the exit status.
    pub(super) fn print(&self) -> anyhow::Result<ExitCode> {
        std::io::stderr().lock().write_all(self.err.as_bytes())?;
        std::io::stdout().lock().write_all(&self.out)?;
        Ok(ExitCode::from(self.code))
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
fn trace(outcome: &Outcome, lang: Lang) -> String {
    let say = |key: &str| text(key, lang, &Args::new());
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(reason) = outcome.reason {
        let code = outcome.code.as_deref().unwrap_or_default();
        rows.push(("label-reason", format!("{} ({code})", reason.as_str())));
    }
    if let Some(decision) = &outcome.decision {
        let none = || say("label-no-setting");
        let deciders = if decision.deciders.is_empty() { none() } else { decision.deciders.join(", ") };
        rows.push(("label-decided-by", deciders));
        rows.push(("label-rule", decision.rule.clone()));
        rows.push(("label-policy", policies(decision)));
    }
    if let Some(entry) = outcome.decision.as_ref().and_then(|decision| decision.entry.as_ref()) {
        rows.push(("label-entry", entry_line(entry, lang)));
    }
    if let Some(context) = outcome.opens_in {
        rows.push(("label-opens-in", say(context.key())));
    }
    if outcome.sealed {
        rows.push(("label-decision", say("label-sealed")));
    }
    if let Some(place) = &outcome.place {
        let whose = match outcome.identity {
            Some(Identity::Work) => format!(" ({})", say("label-work-data")),
            Some(Identity::Personal) => format!(" ({})", say("label-personal-data")),
            None => String::new(),
        };
        rows.push(("label-now-at", format!("{place}{whose}")));
    }
    if let Some(received) = &outcome.received {
        let said = received.reason.map_or_else(|| say("label-took-it"), |reason| reason.as_str().to_owned());
        rows.push(("label-receiver", format!("{}: {said}", received.app)));
    }
    rows.iter().filter(|(_, value)| !value.is_empty()).fold(String::new(), |mut lines, (key, value)| {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "  {:<12} {value}", say(key));
        lines
    })
}

/// `3: http://*.example.org/*`, or that the page is on no list.
fn entry_line(entry: &EntryTrace, lang: Lang) -> String {
    match (&entry.entry, entry.number) {
        (Some(text), Some(number)) => format!("{number}: {text}"),
        _ => text("label-no-entry", lang, &Args::new()),
    }
}

fn policies(decision: &DecisionAnswer) -> String {
    let names: Vec<String> = decision.sources.iter().map(|source| format!("\"{}\"", source.name)).collect();
    match decision.policy_version {
        Some(version) if !names.is_empty() => format!("{} (v{version})", names.join(", ")),
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
