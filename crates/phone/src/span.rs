//! Spans of time as people write them.

use ringfence_model::Millis;

use crate::PhoneError;

/// Reads `90s`, `30m`, `12h` or `3d`.
///
/// # Errors
/// [`PhoneError::Invalid`] for anything else.
pub fn parse(text: &str) -> Result<Millis, PhoneError> {
    let wrong = || PhoneError::Invalid {
        what: "span",
        value: text.to_owned(),
        allowed: "write 90s, 30m, 12h or 3d".to_owned(),
    };
    let mut number = text.to_owned();
    let unit = number.pop();
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        Some('s') => Ok(Millis::from_secs(number)),
        Some('m') => Ok(Millis::from_minutes(number)),
        Some('h') => Ok(Millis::from_minutes(number.saturating_mul(60))),
        Some('d') => Ok(Millis::from_days(number)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        assert_eq!(parse("90s").unwrap(), Millis(90_000));
        assert_eq!(parse("3d").unwrap(), Millis::from_days(3));
        for bad in ["", "d", "3", "3w", "-1d", "1é"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
