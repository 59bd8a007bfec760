//! The diagnostics file of an app: one JSON object a line, codes and counters only, bounded in size.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use ringfence_model::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::{Phone, PhoneError, atomic};

/// When the file is longer it is moved aside, replacing the one moved aside before.
const LIMIT_BYTES: u64 = 256 * 1024;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalLine {
    /// By the phone's clock.
    pub at: UnixMillis,
    /// `info`, `warn` or `error`.
    pub level: String,
    /// Stable name of what happened.
    pub event: String,
    /// Code or number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Writes the diagnostics of one app.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
}

fn path(phone: &Phone, app: &str) -> PathBuf {
    phone.app_folder(app).join("log.jsonl")
}

fn older(path: &Path) -> PathBuf {
    path.with_extension("jsonl.1")
}

impl Journal {
    pub(crate) fn new(phone: &Phone, app: &str) -> Self {
        Self { path: path(phone, app) }
    }

    /// Appends a line; diagnostics never stop an app, so failures are ignored.
    pub(crate) fn write(&self, at: UnixMillis, level: &str, event: &str, detail: &str) {
        if fs::metadata(&self.path).is_ok_and(|meta| meta.len() > LIMIT_BYTES) {
            let _ = fs::rename(&self.path, older(&self.path));
        }
        let line = JournalLine {
            at,
            level: level.to_owned(),
            event: event.to_owned(),
            detail: detail.chars().take(200).collect(),
        };
        if let Ok(mut text) = serde_json::to_vec(&line) {
            text.push(b'\n');
            let file = fs::OpenOptions::new().create(true).append(true).open(&self.path);
            let _ = file.and_then(|mut file| file.write_all(&text));
        }
    }
}

impl Phone {
    /// The diagnostics of an app, oldest line first; damaged lines are left out.
    pub fn log(&self, app: &str) -> Result<Vec<JournalLine>, PhoneError> {
        let newest = path(self, &self.app(app)?.id);
        let mut lines = Vec::new();
        for path in [older(&newest), newest] {
            let text = atomic::read(&path)?.unwrap_or_default();
            lines.extend(
                text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()),
            );
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use ringfence_model::Platform;

    use super::*;
    use crate::{Install, MakePhone};

    #[test]
    fn keeps_the_newest_lines_and_stays_small() {
        let dir = tempfile::tempdir().unwrap();
        let make = MakePhone::new(Platform::Ios, "http://127.0.0.1:8080");
        let phone = Phone::create(dir.path().join("p"), &make).unwrap();
        phone.install(&Install::managed("org.example.notes")).unwrap();
        let journal = Journal::new(&phone, "org.example.notes");
        for number in 0..6_000 {
            journal.write(UnixMillis(number), "info", "tick", &"x".repeat(300));
        }
        let lines = phone.log("org.example.notes").unwrap();
        assert_eq!(lines.last().unwrap().at, UnixMillis(5_999));
        assert_eq!(lines.last().unwrap().detail.len(), 200);
        assert!(lines.len() < 5_000);
    }
}
