//! Scenarios that come with the product, and those in files of an administrator.

use super::{FileError, Scenario, nearest};

/// File names (without `.toml`) and texts of everything in `/scenarios`.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Why there is no such scenario.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// No scenario has this id, and there is no such file.
    #[error("there is no scenario `{id}` and no such file{hint}")]
    Unknown {
        /// As asked for.
        id: String,
        /// Empty, or the ids that are near.
        hint: String,
    },
    /// The file cannot be read.
    #[error("the scenario file `{file}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// The operating system's reason.
        why: String,
    },
    /// The file is no scenario.
    #[error(transparent)]
    Invalid(#[from] FileError),
}

/// All scenarios that come with the product, in the order of the catalogue.
///
/// # Errors
/// [`FileError`] of the first file that is not valid.
pub fn embedded() -> Result<Vec<Scenario>, FileError> {
    let mut all = EMBEDDED
        .iter()
        .map(|(name, text)| Scenario::parse(&format!("{name}.toml"), text))
        .collect::<Result<Vec<_>, _>>()?;
    let place = |scenario: &Scenario| {
        let row = crate::catalogue::ROWS.iter().position(|row| row.id == scenario.row());
        (row.unwrap_or(usize::MAX), scenario.id.clone())
    };
    all.sort_by_key(place);
    Ok(all)
}

/// The scenarios with this id (`A2` finds every variant), without regard to case, or the one in the file of this name.
///
/// # Errors
/// [`FindError`]; an unknown id comes with the ids that are near.
pub fn find(name: &str) -> Result<Vec<Scenario>, FindError> {
    let path = std::path::Path::new(name);
    if path.is_file() {
        let unreadable =
            |error: std::io::Error| FindError::Unreadable { file: name.to_owned(), why: error.to_string() };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        return Ok(vec![Scenario::parse(name, &text)?]);
    }
    let all = embedded()?;
    let ids: Vec<String> = all.iter().map(|scenario| scenario.id.clone()).collect();
    let is_it = |scenario: &Scenario| {
        let file = scenario.file.trim_end_matches(".toml");
        [scenario.id.as_str(), scenario.row(), file].iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let found: Vec<Scenario> = all.into_iter().filter(is_it).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let near = nearest(name, &ids);
    let hint = if near.is_empty() {
        "; `ringfence scenario list` shows all".to_owned()
    } else {
        format!("; did you mean {}?", near.join(", "))
    };
    Err(FindError::Unknown { id: name.to_owned(), hint })
}
