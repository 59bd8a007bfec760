//! What is wrong with one field of a document, and what would be right.

use std::fmt;

use serde::Serialize;

/// A fault in one field: where, what was found, why it is refused, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct FieldError {
    /// Path inside the document: `apps[2].mobileAppIdentifier.bundleId`; empty for the document itself.
    pub path: String,
    /// The value found, as JSON, shortened.
    pub value: String,
    /// Why it is refused: lower-case, no final period.
    pub problem: String,
    /// What would be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

const LONGEST_VALUE: usize = 80;

impl FieldError {
    /// A fault at `path`.
    pub fn new(path: impl Into<String>, found: &serde_json::Value, problem: impl Into<String>) -> Self {
        let mut value = String::new();
        let full = match found {
            serde_json::Value::Array(items) => format!("list of {}", items.len()),
            serde_json::Value::Object(_) => "object".to_owned(),
            other => other.to_string(),
        };
        for (count, c) in full.chars().enumerate() {
            if count == LONGEST_VALUE {
                value.push('…');
                break;
            }
            value.push(c);
        }
        Self { path: path.into(), value, problem: problem.into(), allowed: None }
    }

    /// Adds what would be accepted.
    #[must_use]
    pub fn allowing(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    /// Puts `prefix` before the path.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        if !prefix.is_empty() {
            self.path =
                if self.path.is_empty() { prefix.to_owned() } else { format!("{prefix}.{}", self.path) };
        }
        self
    }
}

/// What is wrong with a text of which at most `longest` characters are taken and that stands on one line; its emptiness is
/// not judged.
pub fn text_fault(text: &str, longest: usize) -> Option<String> {
    let length = text.chars().count();
    if length > longest {
        return Some(format!("has {length} characters"));
    }
    text.chars().any(char::is_control).then(|| "holds a control character".to_owned())
}

/// The same for a text that may have several lines.
pub fn prose_fault(text: &str, longest: usize) -> Option<String> {
    text_fault(&text.replace(['\n', '\r', '\t'], " "), longest)
}

/// The same for a name, which is not empty either.
pub fn name_fault(text: &str, longest: usize) -> Option<String> {
    if text.trim().is_empty() { Some("is empty".to_owned()) } else { text_fault(text, longest) }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "(document)" } else { &self.path };
        write!(f, "`{path}`: {} (found {})", self.problem, self.value)?;
        if let Some(allowed) = &self.allowed {
            write!(f, "; allowed: {allowed}")?;
        }
        Ok(())
    }
}
