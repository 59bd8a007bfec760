//! Lines for the diagnostics file: codes and counters, never names of people, documents or their content.

use serde::Serialize;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LogLevel {
    /// Ordinary course.
    Info,
    /// Something was refused or failed and will be tried again.
    Warn,
    /// Something is wrong on this phone or with the server.
    Error,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogRecord {
    /// How much it matters.
    pub level: LogLevel,
    /// Stable, snake_case.
    pub event: &'static str,
    /// A stable code or a number that says more; empty when there is nothing to say.
    pub detail: String,
}
