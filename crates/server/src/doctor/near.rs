//! Names that look like a mistyped one.

/// Near matches named at most.
const NAMED: usize = 3;

/// The candidates that differ least from `wanted`, nearest first; none that differ in more than a third of it.
pub(super) fn near<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let allowed = (wanted.chars().count() / 3).max(1);
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let begins = wanted.chars().count() > 1 && lower.starts_with(&wanted);
            (if begins { 1 } else { distance(&wanted, &lower) }, candidate)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(NAMED).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// Letters to put in, leave out or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&b) {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = *cell;
            left = replaced.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_levenshtein() {
        for (a, b, expected) in
            [("", "", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("abc", "abc", 0), ("ab", "", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn near_names_only() {
        let known = ["anna@school.example", "hannah@school.example", "bob@school.example"];
        assert_eq!(
            near("ana@school.example", known).first().map(String::as_str),
            Some("anna@school.example")
        );
        assert!(near("com.other.app", known).is_empty());
    }
}
