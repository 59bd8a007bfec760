//! Where policy documents come from: files, folders, stdin.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ringfence_model::FieldError;
use ringfence_model::document::PolicyDocument;
use ringfence_model::import::{self, ImportError, ImportedDocument};

/// One input with what it holds.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name as given, `-` for stdin.
    pub(crate) name: String,
    /// Its documents, or why it cannot be read as policies.
    pub(crate) content: Result<Vec<ImportedDocument>, ImportError>,
}

/// Reads all inputs; folders give their `.json` files in the order of their names.
pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            sources.push(Source { name: "-".to_owned(), content: decode(&mut std::io::stdin().lock())? });
        } else {
            for file in expand(path)? {
                sources.push(read_file(&file)?);
            }
        }
    }
    Ok(sources)
}

/// Everything that is wrong with a document on its own.
///
/// A document that lists no app at all may get its apps later (Graph's `targetApps`); one that says *no app*, or that
/// is assigned without any, is a mistake.
pub(crate) fn faults(document: &PolicyDocument) -> Vec<FieldError> {
    let mut faults = document.validate().err().unwrap_or_default();
    faults.extend(ringfence_policy::browser::faults(document));
    let says_none = document.body.get("apps").is_some_and(|apps| apps.as_array().is_some_and(Vec::is_empty));
    if says_none || !document.assignments().is_empty() {
        faults.extend(document.missing_apps());
    }
    faults
}

fn read_file(path: &Path) -> anyhow::Result<Source> {
    let name = path.display().to_string();
    let mut file = File::open(path).with_context(|| format!("`{name}` cannot be read"))?;
    let content = decode(&mut file).with_context(|| format!("`{name}` cannot be read"))?;
    Ok(Source { name, content })
}

/// Reads no more than one byte beyond what is accepted.
fn decode(input: &mut dyn Read) -> std::io::Result<Result<Vec<ImportedDocument>, ImportError>> {
    let mut bytes = Vec::new();
    input.take(import::MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(import::decode(&bytes))
}

fn expand(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let entries = std::fs::read_dir(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    for entry in entries {
        let entry = entry?.path();
        if entry.is_dir() {
            files.extend(expand(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            files.push(entry);
        }
    }
    files.sort();
    Ok(files)
}
