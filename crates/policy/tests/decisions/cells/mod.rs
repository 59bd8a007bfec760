//! The tables and rules of behaviour §5 one by one: each cell is a test that bears the cell's section, row, column and
//! words in its name, and names the rows of the matrix that hold it. Together the cells use every row.

mod clipboard;
mod exits;
mod storage;
mod transfer;

use std::collections::BTreeSet;

use ringfence_policy::decide::Verdict;

use crate::matrix::{check, rows};

/// A cell as the reference writes it, and the situations that stand for it.
struct Cell {
    test: &'static str,
    section: &'static str,
    row: &'static str,
    column: &'static str,
    words: &'static str,
    situations: &'static [&'static str],
}

/// One test for each cell: `name: section | row | column = words [situations]`.
macro_rules! cells {
    ($($name:ident: $section:literal | $row:literal | $column:literal = $words:literal [$($situation:literal,)+])+) => {
        pub(super) const CELLS: &[super::Cell] = &[$(super::Cell {
            test: stringify!($name),
            section: $section,
            row: $row,
            column: $column,
            words: $words,
            situations: &[$($situation),+],
        }),+];

        $(#[test]
        fn $name() {
            super::hold(CELLS.iter().find(|cell| cell.test == stringify!($name)).unwrap());
        })+
    };
}
use cells;

fn hold(cell: &Cell) {
    let rows = rows();
    for situation in cell.situations {
        let row = rows.iter().find(|row| row.cell == *situation);
        let row = row.unwrap_or_else(|| panic!("{}: no row `{situation}`", cell.test));
        check(row);
        let (verdict, _) = row.answer;
        match cell.words.trim_end_matches(" (derived)") {
            "allow" => assert!(verdict.is_allowed(), "{situation}"),
            "deny" => assert_eq!(verdict, Verdict::Deny, "{situation}"),
            _ => {}
        }
    }
}

fn all() -> impl Iterator<Item = &'static Cell> {
    [transfer::CELLS, clipboard::CELLS, storage::CELLS, exits::CELLS].into_iter().flatten()
}

/// `All apps` becomes `all_apps`, `allow, if target's R accepts` becomes `allow_if_targets_r_accepts`.
fn as_name(text: &str) -> String {
    let text = text.to_lowercase().replace('\'', "").replace('+', "and");
    let words: Vec<_> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

#[test]
fn tests_are_named_after_their_cells() {
    for cell in all() {
        let place = as_name(&format!("{} {} {}", cell.section, cell.row, cell.column));
        assert_eq!(cell.test, format!("s{place}_is_{}", as_name(cell.words)));
    }
}

#[test]
fn every_row_of_the_matrix_stands_for_a_cell() {
    let used: BTreeSet<_> = all().flat_map(|cell| cell.situations.iter().copied()).collect();
    let left: Vec<_> =
        rows().into_iter().map(|row| row.cell).filter(|cell| !used.contains(cell.as_str())).collect();
    assert!(left.is_empty(), "{left:#?}");
}
