//! What one SMS costs.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount of money in any currency, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "f64", try_from = "f64")]
#[schemars(extend("minimum" = 0, "maximum" = 1000))]
pub struct Price(u64);

/// The number is not a valid price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a price is a number from 0 to 1000")]
pub struct NoPrice;

impl Price {
    /// Returns the price times a number of SMS.
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl TryFrom<f64> for Price {
    type Error = NoPrice;

    fn try_from(amount: f64) -> Result<Self, Self::Error> {
        if !(0.0..=1000.0).contains(&amount) {
            return Err(NoPrice);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within these bounds nothing is lost but what is below a millionth"
        )]
        Ok(Self((amount * 1e6).round() as u64))
    }
}

impl From<Price> for f64 {
    fn from(price: Price) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "exact up to nine thousand million")]
        let millionths = price.0 as Self;
        millionths / 1e6
    }
}

/// `0.05`, or `14.40`
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000);
        let zeros = text.len() - text.trim_end_matches('0').len();
        // Two places at least: it is money.
        f.write_str(&text[..text.len() - zeros.min(4)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_at_least_two_places_and_no_sign() {
        let price = Price::try_from(0.05).unwrap();
        assert_eq!(price.to_string(), "0.05");
        assert_eq!(price.times(288).to_string(), "14.40");
        assert!(Price::try_from(-1.0).is_err() && Price::try_from(f64::NAN).is_err());
    }
}
