//! Spans of time as people type them.

use jiff::{SignedDuration, Timestamp};

/// Reads `90s`, `30m`, `2h` or `7d`; never longer than ten years.
///
/// # Errors
/// With what it should be, for people.
pub fn parse_span(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "a whole number with s, m, h or d, such as 30m or 2h".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    // Ten years are as good as for ever, and fit into every clock.
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let most = 10 * 366 * 24 * 60 * 60;
    Ok(SignedDuration::from_secs((i64::from(count) * seconds).min(most)))
}

/// The moment so much later; the last one there is where the clock is that far ahead.
pub fn later(moment: Timestamp, span: SignedDuration) -> Timestamp {
    moment.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_whole_number_with_a_unit() {
        assert_eq!(parse_span("90s"), Ok(SignedDuration::from_secs(90)));
        assert_eq!(parse_span("2h"), Ok(SignedDuration::from_hours(2)));
        for wrong in ["", "s", "2", "2 h", "-2h", "1.5h", "2é", "99999999999d"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
        assert_eq!(later(Timestamp::MAX, SignedDuration::from_hours(1)), Timestamp::MAX);
        assert!(parse_span("4000000000d").unwrap() < SignedDuration::from_hours(24 * 366 * 11));
    }
}
