//! What an account has left to spend.

use std::fmt;

/// An amount of money that may be negative, in millionths, with its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    millionths: i64,
    currency: String,
}

impl Balance {
    /// An amount in millionths of a currency, whose name is empty where it is not known.
    pub const fn new(millionths: i64, currency: String) -> Self {
        Self { millionths, currency }
    }

    /// Reads a decimal number, such as `-3.20`; `None` where it is none, or beyond nine thousand
    /// million. Digits beyond the sixth decimal place are dropped.
    pub fn parse(amount: &str, currency: &str) -> Option<Self> {
        let amount = amount.trim();
        let (is_negative, digits) = match amount.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, amount.strip_prefix('+').unwrap_or(amount)),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(places) || whole.len() + places.len() == 0 {
            return None;
        }
        let padded: String = places.chars().chain("000000".chars()).take(6).collect();
        let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
        let millionths = whole.checked_mul(1_000_000)?.checked_add(padded.parse().ok()?)?;
        let millionths = if is_negative { -millionths } else { millionths };
        Some(Self { millionths, currency: currency.to_owned() })
    }

    /// The amount in millionths.
    pub const fn millionths(&self) -> i64 {
        self.millionths
    }

    /// The currency, as the provider names it; empty where it does not.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// The amount for those who calculate with it; exact up to nine thousand million.
    pub fn to_f64(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact up to nine thousand million")]
        let millionths = self.millionths as f64;
        millionths / 1e6
    }

    /// Whether money is owed.
    pub const fn is_negative(&self) -> bool {
        self.millionths < 0
    }

    /// Whether it is less than so many whole units of its currency.
    pub fn is_below(&self, units: u16) -> bool {
        self.millionths < i64::from(units) * 1_000_000
    }
}

/// `12.40 USD`, with two decimal places at least: it is money.
impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        let amount = self.millionths.unsigned_abs();
        let text = format!("{sign}{}.{:06}", amount / 1_000_000, amount % 1_000_000);
        let zeros = text.len() - text.trim_end_matches('0').len();
        f.write_str(&text[..text.len() - zeros.min(4)])?;
        if self.currency.is_empty() { Ok(()) } else { write!(f, " {}", self.currency) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_and_written_as_money() {
        for (typed, shown) in [
            ("-3.20", "-3.20 USD"),
            ("100", "100.00 USD"),
            ("12.4", "12.40 USD"),
            (".5", "0.50 USD"),
            ("-0.0031", "-0.0031 USD"),
            ("1.23456789", "1.234567 USD"),
        ] {
            let balance = Balance::parse(typed, "USD");
            assert_eq!(balance.map(|it| it.to_string()).as_deref(), Some(shown), "{typed}");
        }
        for typed in ["", "-", ".", "1,5", "1e3", "NaN", "--1", "99999999999999999999"] {
            assert_eq!(Balance::parse(typed, "USD"), None, "{typed}");
        }
    }

    #[test]
    fn money_that_is_owed_is_below_every_threshold() {
        let owed = Balance::parse("-0.01", "").unwrap();
        assert!(owed.is_negative() && owed.is_below(0));
        let left = Balance::parse("10", "").unwrap();
        assert!(!left.is_below(10) && left.is_below(11) && !left.is_negative());
        assert_eq!(left.to_string(), "10.00");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(millionths in -1_000_000_000_000_i64..1_000_000_000_000) {
            let balance = Balance::new(millionths, String::new());
            prop_assert_eq!(Balance::parse(&balance.to_string(), ""), Some(balance));
        }
    }
}
