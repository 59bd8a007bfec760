//! Spans of time as people write them.

use ringfence_model::Millis;

use crate::PhoneError;

/// A hundred years.
const LONGEST: Millis = Millis::from_days(36_525);

/// Reads `90s`, `30m`, `12h` or `3d`.
///
/// # Errors
/// [`PhoneError::Invalid`] for anything else.
pub fn parse(text: &str) -> Result<Millis, PhoneError> {
    let wrong = || PhoneError::Invalid {
        what: "span",
        value: text.to_owned(),
        allowed: "write 90s, 30m, 12h or 3d, at most 36525d".to_owned(),
    };
    let mut number = text.to_owned();
    let unit = number.pop();
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let span = match unit {
        Some('s') => Millis::from_secs(number),
        Some('m') => Millis::from_minutes(number),
        Some('h') => Millis::from_minutes(number.saturating_mul(60)),
        Some('d') => Millis::from_days(number),
        _ => return Err(wrong()),
    };
    // A clock that is moved further could not be moved back.
    if span > LONGEST { Err(wrong()) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        assert_eq!(parse("90s").unwrap(), Millis(90_000));
        assert_eq!(parse("3d").unwrap(), Millis::from_days(3));
        for bad in ["", "d", "3", "3w", "-1d", "1é", "36526d", "99999999999999d"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
