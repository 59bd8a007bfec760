//! Documents as found in the wild: UTF-8 or UTF-16, with or without a byte-order mark; one object, a list, or an OData
//! envelope `{"value": […]}`.

mod strict;
#[cfg(test)]
mod tests;

pub use self::strict::Strict;

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::{FieldError, document::PolicyDocument};

/// Largest input in bytes.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Deepest nesting of lists and objects.
pub const DEEPEST: usize = 64;

/// A document and where in the input it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedDocument {
    /// Path in the input: empty for a single object, `[3]` in a list, `value[3]` in an envelope.
    pub path: String,
    /// The document, not yet validated.
    pub document: PolicyDocument,
}

/// Why an input is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Nothing in it.
    #[error("the input is empty")]
    Empty,
    /// Too many bytes.
    #[error("the input is larger than {MOST_BYTES} bytes")]
    TooLarge {
        /// Size found.
        found: usize,
    },
    /// Not text in a known encoding.
    #[error("the input is not {encoding} text")]
    Encoding {
        /// The encoding that its first bytes announce.
        encoding: &'static str,
    },
    /// Lists and objects nested too deep.
    #[error("line {line}, column {column}: nested deeper than {DEEPEST} levels")]
    TooDeep {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The input stops in the middle.
    #[error(
        "line {line}, column {column}: the input ends in the middle of the document; the file is cut off"
    )]
    Truncated {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Not JSON.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        problem: String,
    },
    /// A list or envelope without documents.
    #[error("the list holds no policy")]
    NoDocuments,
    /// An entry is not a policy.
    #[error("{0}")]
    Document(FieldError),
}

impl ImportError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "import_empty",
            Self::TooLarge { .. } => "import_too_large",
            Self::Encoding { .. } => "import_encoding",
            Self::TooDeep { .. } => "import_too_deep",
            Self::Truncated { .. } => "import_truncated",
            Self::Syntax { .. } => "import_syntax",
            Self::NoDocuments => "import_no_documents",
            Self::Document(_) => "import_not_a_policy",
        }
    }
}

/// Reads every document of an input. Documents are not validated here; a single unreadable one refuses the input.
pub fn decode(bytes: &[u8]) -> Result<Vec<ImportedDocument>, ImportError> {
    let json = decode_json(bytes)?;
    let (prefix, items) = match json {
        Json::Array(items) => ("", items),
        Json::Object(mut members) => match members.get("value") {
            Some(Json::Array(_)) if !members.contains_key("displayName") => match members.remove("value") {
                Some(Json::Array(items)) => ("value", items),
                _ => return Err(ImportError::NoDocuments),
            },
            Some(Json::Object(_)) if !members.contains_key("displayName") => match members.remove("value") {
                Some(inner) => return read_one("value".to_owned(), inner).map(|one| vec![one]),
                None => return Err(ImportError::NoDocuments),
            },
            _ => return read_one(String::new(), Json::Object(members)).map(|one| vec![one]),
        },
        other => {
            return Err(ImportError::Document(FieldError::new(
                "",
                &other,
                "is not a policy or a list of policies",
            )));
        }
    };
    if items.is_empty() {
        return Err(ImportError::NoDocuments);
    }
    items.into_iter().enumerate().map(|(at, item)| read_one(format!("{prefix}[{at}]"), item)).collect()
}

/// Decodes text and JSON with the limits on size and depth; an object that names a member twice is refused.
pub fn decode_json(bytes: &[u8]) -> Result<Json, ImportError> {
    if bytes.len() > MOST_BYTES {
        return Err(ImportError::TooLarge { found: bytes.len() });
    }
    let text = decode_text(bytes)?;
    if text.trim().is_empty() {
        return Err(ImportError::Empty);
    }
    check_depth(&text)?;
    serde_json::from_str(&text).map(|Strict(json)| json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if error.is_eof() {
            return ImportError::Truncated { line, column };
        }
        let full = error.to_string();
        let problem = full.rsplit_once(" at line ").map_or(full.as_str(), |(problem, _)| problem).to_owned();
        ImportError::Syntax { line, column, problem }
    })
}

fn read_one(path: String, json: Json) -> Result<ImportedDocument, ImportError> {
    let document =
        PolicyDocument::parse_value(json).map_err(|error| ImportError::Document(error.under(&path)))?;
    Ok(ImportedDocument { path, document })
}

/// UTF-16 shows itself by its mark, or by the zero byte beside its first character, which in JSON is always ASCII.
fn decode_text(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    let (encoding, rest, name) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (encoding_rs::UTF_8, rest, "UTF-8"),
        [0xFF, 0xFE, rest @ ..] => (encoding_rs::UTF_16LE, rest, "UTF-16"),
        [0xFE, 0xFF, rest @ ..] => (encoding_rs::UTF_16BE, rest, "UTF-16"),
        [0, second, ..] if *second != 0 => (encoding_rs::UTF_16BE, bytes, "UTF-16"),
        [first, 0, ..] if *first != 0 => (encoding_rs::UTF_16LE, bytes, "UTF-16"),
        _ => (encoding_rs::UTF_8, bytes, "UTF-8"),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
    text.ok_or(ImportError::Encoding { encoding: name })
}

/// Refuses deep nesting before the parser sees it: one pass, no recursion.
fn check_depth(text: &str) -> Result<(), ImportError> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let (mut line, mut column) = (1, 0);
    for byte in text.bytes() {
        column += 1;
        match byte {
            b'\n' => (line, column) = (line + 1, 0),
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(ImportError::TooDeep { line, column });
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}
