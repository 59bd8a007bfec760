//! What is wrong with a scenario file: where, which field, which value, and what is allowed instead.

use std::fmt;

/// One mistake in a scenario file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Path of the field, such as `step[2].app`; empty for the file as a whole.
    pub field: String,
    /// The value as written; empty when none was written.
    pub value: String,
    /// What is wrong, lower-case, without a period.
    pub problem: String,
    /// What is allowed; empty when no list would help.
    pub allowed: Vec<String>,
}

/// Everything that is wrong with one scenario file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// Name of the file as given.
    pub file: String,
    /// Every mistake, in the order of the file.
    pub problems: Vec<Problem>,
}

impl FileError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        "scenario_file_invalid"
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let end = if index + 1 < self.problems.len() { "\n" } else { "" };
            write!(f, "{}:{problem}{end}", self.file)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.problem)?;
        if !self.value.is_empty() {
            write!(f, "; value: {}", self.value)?;
        }
        if !self.allowed.is_empty() {
            write!(f, "; allowed: {}", self.allowed.join(", "))?;
            if let Some(near) = nearest(&self.value, &self.allowed).first() {
                write!(f, " (did you mean `{near}`?)")?;
            }
        }
        Ok(())
    }
}

/// More names would be no help.
const NEAREST_MAX: usize = 4;

/// The names that are nearest to `name`, the nearest first; none when all are far away.
pub fn nearest<'a, S: AsRef<str>>(name: &str, names: &'a [S]) -> Vec<&'a str> {
    let name = name.trim_matches('"').to_lowercase();
    let limit = name.chars().count() / 3 + 1;
    let mut near: Vec<(usize, &str)> = names
        .iter()
        .map(|other| (distance(&name, &other.as_ref().to_lowercase()), other.as_ref()))
        .filter(|(far, other)| *far <= limit || (!name.is_empty() && other.to_lowercase().starts_with(&name)))
        .collect();
    near.sort_by_key(|(far, _)| *far);
    near.into_iter().map(|(_, other)| other).take(NEAREST_MAX).collect()
}

/// Letters that must be put in, left out or replaced (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (y, pair) in b.iter().zip(row.windows(2)) {
            let [diagonal, above] = *pair else { continue };
            let left = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(x != *y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names_come_first_and_strangers_not_at_all() {
        assert_eq!(nearest("nots", &["mail", "notes", "note"]), ["notes", "note"]);
        assert_eq!(nearest("a2", &["A2.licence", "A2.group", "D1"]), ["A2.group", "A2.licence"]);
        assert!(nearest("zzz", &["mail", "notes"]).is_empty());
    }
}
