//! What a run found: as a table for people, as JSON for programs.

use anyhow::Result;
use serde::Serialize;

use crate::measure::Spread;

/// The border between good enough and not.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Goal {
    /// The ratio to the limit may be at most this.
    RatioAtMost(f64),
    /// The ratio to the limit must be at least this.
    RatioAtLeast(f64),
    /// The figure itself may be at most this, in its unit.
    FigureAtMost(f64),
}

/// One measured figure beside its limit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// Of figure and limit.
    pub(crate) unit: &'static str,
    /// Median.
    pub(crate) figure: f64,
    /// What it is held against.
    pub(crate) limit_name: String,
    /// Median.
    pub(crate) limit: f64,
    /// Median of the per-round ratios.
    pub(crate) ratio: f64,
    /// Quartiles of the per-round ratios.
    pub(crate) ratio_quartiles: [f64; 2],
    /// What was aimed at.
    pub(crate) goal: Goal,
    /// Whether it holds.
    pub(crate) met: bool,
}

impl Figure {
    /// Compares two alternatives sample by sample.
    pub(crate) fn compare(
        name: impl Into<String>,
        unit: &'static str,
        figure: &[f64],
        (limit_name, limit): (&str, &[f64]),
        goal: Goal,
    ) -> Self {
        let ratios = Spread::of_ratios(figure, limit);
        let median = Spread::of(figure.iter().copied()).median;
        let met = match goal {
            Goal::RatioAtMost(most) => ratios.median <= most,
            Goal::RatioAtLeast(least) => ratios.median >= least,
            Goal::FigureAtMost(most) => median <= most,
        };
        Self {
            name: name.into(),
            unit,
            figure: median,
            limit_name: limit_name.to_owned(),
            limit: Spread::of(limit.iter().copied()).median,
            ratio: ratios.median,
            ratio_quartiles: [ratios.p25, ratios.p75],
            goal,
            met,
        }
    }
}

/// The table.
pub(crate) fn print(figures: &[Figure]) {
    let width = figures.iter().map(|figure| figure.name.chars().count()).max().unwrap_or(0);
    println!(
        "{:width$}  {:>12}  {:>12}  {:>22}  {:>14}  result",
        "figure", "measured", "limit", "ratio (p25..p75)", "goal"
    );
    for figure in figures {
        let [p25, p75] = figure.ratio_quartiles;
        println!(
            "{:width$}  {:>12}  {:>12}  {:>22}  {:>14}  {}",
            figure.name,
            quantity(figure.figure, figure.unit),
            quantity(figure.limit, figure.unit),
            format!("{:.3} ({p25:.3}..{p75:.3})", figure.ratio),
            goal(figure),
            if figure.met { "met" } else { "MISSED" },
        );
        println!("{:width$}  limit: {}", "", figure.limit_name);
    }
    let met = figures.iter().filter(|figure| figure.met).count();
    println!("bench: {met} of {} goals met", figures.len());
}

/// One JSON document.
pub(crate) fn print_json(figures: &[Figure]) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "figures": figures }))?);
    Ok(())
}

fn goal(figure: &Figure) -> String {
    match figure.goal {
        Goal::RatioAtMost(most) => format!("ratio ≤ {most}"),
        Goal::RatioAtLeast(least) => format!("ratio ≥ {least}"),
        Goal::FigureAtMost(most) => format!("≤ {}", quantity(most, figure.unit)),
    }
}

fn quantity(value: f64, unit: &str) -> String {
    let digits = if value < 100.0 { 2 } else { 0 };
    format!("{value:.digits$} {unit}")
}
