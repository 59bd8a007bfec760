//! Spans of time as Graph writes them: ISO 8601 durations of days, hours, minutes and seconds.

use std::fmt::Write as _;

use crate::Millis;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// A hundred years: nobody means more, and sums of it never overflow.
const LONGEST: u64 = 36_525 * DAY;

/// Reads `P90D`, `PT12H`, `PT30M`, `P1DT2H3M4.5S`. Years, months, weeks and negative spans are no `Edm.Duration`.
pub fn parse_span(text: &str) -> Option<Millis> {
    if !text.starts_with('P') || text.len() < 3 || text.contains(['-', '+', ' ', ',']) {
        return None;
    }
    let span: jiff::Span = text.parse().ok()?;
    if span.get_years() != 0 || span.get_months() != 0 || span.get_weeks() != 0 || text.contains(['Y', 'W']) {
        return None;
    }
    let part = |count: i64, unit: u64| u64::try_from(count).ok()?.checked_mul(unit);
    let parts = [
        part(span.get_days().into(), DAY)?,
        part(span.get_hours().into(), HOUR)?,
        part(span.get_minutes(), MINUTE)?,
        part(span.get_seconds(), SECOND)?,
        part(span.get_milliseconds(), 1)?,
    ];
    let total = parts.into_iter().try_fold(0_u64, u64::checked_add)?;
    (total <= LONGEST).then_some(Millis(total))
}

/// Reads what one published client writes instead of an ISO duration: `12:00:00`, `0:30:00.5`, `90 days, 0:00:00`.
pub(super) fn parse_clock_span(text: &str) -> Option<Millis> {
    let (days, clock) = match text.split_once(',') {
        Some((days, clock)) => {
            let (count, word) = days.trim().split_once(' ')?;
            if !matches!(word.trim(), "day" | "days") {
                return None;
            }
            (number(count)?, clock.trim())
        }
        None => (0, text),
    };
    let mut parts = clock.splitn(3, ':');
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let rest = parts.next()?;
    let (seconds, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let seconds = number(seconds)?;
    if minutes > 59 || seconds > 59 || fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let millis = fraction.bytes().chain(*b"00").take(3).fold(0, |sum, b| sum * 10 + u64::from(b - b'0'));
    let parts = [
        days.checked_mul(DAY)?,
        hours.checked_mul(HOUR)?,
        minutes.checked_mul(MINUTE)?,
        seconds.checked_mul(SECOND)?,
        millis,
    ];
    let total = parts.into_iter().try_fold(0_u64, u64::checked_add)?;
    (total <= LONGEST).then_some(Millis(total))
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Writes the normal form: the largest units that fit, zero as `PT0S`.
pub fn format_span(span: Millis) -> String {
    let Millis(total) = span;
    let mut text = String::from("P");
    if total >= DAY {
        let _ = write!(text, "{}D", total / DAY);
    }
    let rest = total % DAY;
    if rest == 0 && total > 0 {
        return text;
    }
    text.push('T');
    for (count, unit) in [(rest / HOUR, 'H'), (rest % HOUR / MINUTE, 'M')] {
        if count > 0 {
            let _ = write!(text, "{count}{unit}");
        }
    }
    let (seconds, millis) = (rest % MINUTE / SECOND, rest % SECOND);
    if millis > 0 {
        let fraction = format!("{millis:03}");
        let _ = write!(text, "{seconds}.{}S", fraction.trim_end_matches('0'));
    } else if seconds > 0 || total == 0 {
        let _ = write!(text, "{seconds}S");
    }
    text
}
