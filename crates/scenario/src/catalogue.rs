//! The rows of the catalogue, whose ids never change.

use ringfence_model::Platform;

/// One row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Such as `A2`.
    pub id: &'static str,
    /// Where the situation occurs.
    pub platforms: &'static [Platform],
}

const BOTH: &[Platform] = &[Platform::Ios, Platform::Android];
const IOS: &[Platform] = &[Platform::Ios];
const ANDROID: &[Platform] = &[Platform::Android];

const fn row(id: &'static str, platforms: &'static [Platform]) -> Row {
    Row { id, platforms }
}

/// All 34 rows in the order of the catalogue.
pub const ROWS: [Row; 34] = [
    row("A1", BOTH),
    row("A2", BOTH),
    row("A3", BOTH),
    row("A4", BOTH),
    row("A5", BOTH),
    row("A6", IOS),
    row("A7", IOS),
    row("S1", IOS),
    row("S2", ANDROID),
    row("D1", BOTH),
    row("D2", BOTH),
    row("D3", BOTH),
    row("D4", BOTH),
    row("D5", BOTH),
    row("D6", ANDROID),
    row("I1", IOS),
    row("I2", IOS),
    row("I3", IOS),
    row("I4", IOS),
    row("I5", IOS),
    row("I6", IOS),
    row("I7", IOS),
    row("I8", IOS),
    row("I9", IOS),
    row("I10", IOS),
    row("I11", IOS),
    row("N1", ANDROID),
    row("N2", ANDROID),
    row("N3", ANDROID),
    row("N4", ANDROID),
    row("N5", ANDROID),
    row("N6", ANDROID),
    row("N7", ANDROID),
    row("N8", ANDROID),
];
