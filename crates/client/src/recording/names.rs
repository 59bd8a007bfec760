//! Placeholders for names: the same name gives the same placeholder, different names different ones.
//!
//! A placeholder has the length and the kinds of characters of its name, so that a name that is refused stays one that is
//! refused. Which letters it has depends on how many names came before, never on the name.

use std::collections::{BTreeMap, BTreeSet};

/// Endings of names that say what kind of document it is and nothing else.
const KINDS: [&str; 16] = [
    ".txt", ".md", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".csv", ".png", ".jpg",
    ".jpeg", ".html", ".zip", ".eml",
];
/// Signs for which a name may be refused.
const DECIDING: &str = "./\\:*?\"<>|";
/// Names that are told apart; what comes later shares one placeholder per length.
const MOST: usize = 4096;
/// Tries to find a free placeholder.
const TRIES: usize = 2000;

/// The placeholders given so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// A replay meets placeholders only.
    as_they_are: bool,
    documents: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// By name in lower case.
    people: BTreeMap<String, String>,
    places: BTreeMap<String, String>,
    /// Every spelling of a person that was seen, with the placeholder; for texts.
    spellings: BTreeMap<String, String>,
}

impl Names {
    /// Leaves every name as it is: it is a placeholder already.
    pub(super) fn as_they_are() -> Self {
        Self { as_they_are: true, ..Self::default() }
    }

    /// The placeholder of a document's name.
    pub(super) fn document(&mut self, name: &str) -> String {
        if self.as_they_are {
            return name.to_owned();
        }
        if let Some(known) = self.documents.get(name) {
            return known.clone();
        }
        let kind = KINDS
            .into_iter()
            .find(|kind| name.ends_with(kind) && name.len() > kind.len())
            .unwrap_or_default();
        let stem = name.strip_suffix(kind).unwrap_or(name);
        let number = self.documents.len();
        let mut placeholder = shaped(stem, number, 0) + kind;
        let mut tries = 1;
        while (self.taken.contains(&placeholder) || placeholder == name) && tries < TRIES {
            placeholder = shaped(stem, number, tries) + kind;
            tries = tries.saturating_add(1);
        }
        if self.documents.len() < MOST {
            self.taken.insert(placeholder.clone());
            self.documents.insert(name.to_owned(), placeholder.clone());
        }
        placeholder
    }

    /// The placeholder of a user principal name, whatever its case.
    pub(super) fn person(&mut self, name: &str) -> String {
        if self.as_they_are || name.is_empty() {
            return name.to_owned();
        }
        let next = format!("person-{}@example.invalid", self.people.len().saturating_add(1));
        if self.people.len() >= MOST {
            return "person@example.invalid".to_owned();
        }
        let placeholder = self.people.entry(name.to_lowercase()).or_insert(next).clone();
        self.spellings.insert(name.to_owned(), placeholder.clone());
        placeholder
    }

    /// The placeholder of an address on the web.
    pub(super) fn place(&mut self, url: &str) -> String {
        if self.as_they_are || url.is_empty() {
            return url.to_owned();
        }
        let number = self.places.len().saturating_add(1);
        if number > MOST {
            return "https://site.invalid/".to_owned();
        }
        let placeholder =
            self.places.entry(url.to_owned()).or_insert(format!("https://site-{number}.invalid/")).clone();
        self.spellings.insert(url.to_owned(), placeholder.clone());
        placeholder
    }

    /// A site, as dialogs name it.
    pub(super) fn site(&mut self, site: &str) {
        if !self.as_they_are && self.spellings.len() < MOST {
            let placeholder = format!("site-{}.invalid", self.places.len());
            self.spellings.entry(site.to_owned()).or_insert(placeholder);
        }
    }

    /// A text in which every person and place seen so far is replaced.
    pub(super) fn text(&self, text: &str) -> String {
        let mut people: Vec<_> = self.spellings.iter().collect();
        people.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        people.into_iter().fold(text.to_owned(), |text, (name, placeholder)| text.replace(name, placeholder))
    }
}

/// The `attempt`th text of the shape of `stem` for the `number`th name.
fn shaped(stem: &str, number: usize, attempt: usize) -> String {
    let mut rest = number.saturating_add(attempt.saturating_mul(MOST));
    stem.chars()
        .enumerate()
        .map(|(at, c)| {
            let drawn = rest.wrapping_add(at.wrapping_mul(7));
            let is_word = c.is_alphanumeric();
            if is_word {
                rest = rest.checked_div(if c.is_ascii_digit() { 10 } else { 26 }).unwrap_or_default();
            }
            stand_in(c, u8::try_from(drawn.wrapping_rem(260)).unwrap_or_default())
        })
        .collect()
}

/// A character of the same kind and length.
fn stand_in(c: char, drawn: u8) -> char {
    let letter =
        |first: u8, of: u8| char::from(first.wrapping_add(drawn.checked_rem(of).unwrap_or_default()));
    match c {
        'a'..='z' => letter(b'a', 26),
        'A'..='Z' => letter(b'A', 26),
        '0'..='9' => letter(b'0', 10),
        // Signs say little, and yet they are the user's; only those that decide whether a name is refused stay.
        _ if c.is_ascii_punctuation() && !DECIDING.contains(c) => '_',
        _ if c.is_ascii() || c.is_control() => c,
        _ => match c.len_utf8() {
            2 => 'ø',
            3 => '字',
            _ => '𐌀',
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_shape_and_differ() {
        let mut names = Names::default();
        let mut seen = BTreeSet::new();
        for name in [
            "Merger plan 2027.pdf",
            "Merger plan 2028.pdf",
            "a",
            "b",
            "c",
            "Verslag é.txt",
            "..",
            "a/b",
            ".x",
        ] {
            let placeholder = names.document(name);
            assert_eq!(placeholder.len(), name.len(), "{name}");
            assert_eq!(names.document(name), placeholder);
            assert!(seen.insert(placeholder.clone()), "{name} → {placeholder}");
            assert!(placeholder != name || name == "..", "{name}");
        }
        assert_eq!(
            names.document("Merger plan 2027.pdf").rsplit_once('.').map(|(_, kind)| kind),
            Some("pdf")
        );
        assert!(names.document("a/b").contains('/') && names.document(".x").starts_with('.'));
    }

    #[test]
    fn people_are_replaced_wherever_they_are_named() {
        let mut names = Names::default();
        let kim = names.person("Kim@example.org");
        assert_eq!(names.person("kim@Example.org"), kim);
        assert_ne!(names.person("bo@example.org"), kim);
        assert_eq!(names.text("Sign in as Kim@example.org."), format!("Sign in as {kim}."));
    }
}
