//! Routing: which From number sends to a recipient, and why.

use std::fmt;

use super::country::Country;
use super::from_numbers::FromNumbers;
use super::phone::Recipient;
use super::sender::Sender;

/// The sender for one recipient, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The sender.
    pub sender: Sender,
    /// Why it was chosen.
    pub reason: RouteReason,
}

/// Why a sender was chosen. Its `Display` is the sentence that is shown before a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteReason {
    /// The country that decided; `None` for a number that belongs to no country.
    pub country: Option<Country>,
    /// The From number that lists the country; `None` where another one was used.
    pub listed_on: Option<Sender>,
    /// Whether the request for the code named the sender.
    pub is_named: bool,
    /// The default country whose calling code was applied to the number.
    pub default_applied: Option<Country>,
}

/// How a sender was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenderChoice {
    /// The sender lists the recipient's country.
    Listed,
    /// No number lists the country, and the sender is the default number.
    DefaultNumber,
    /// The request for the code named the sender.
    Named,
}

impl SenderChoice {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Listed, Self::DefaultNumber, Self::Named];

    /// The stable name in the store and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::DefaultNumber => "default_number",
            Self::Named => "named",
        }
    }

    /// Finds a choice by its stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.key() == key)
    }
}

impl RouteReason {
    /// Returns how the sender was chosen.
    pub const fn choice(&self) -> SenderChoice {
        match self.listed_on {
            _ if self.is_named => SenderChoice::Named,
            Some(_) => SenderChoice::Listed,
            None => SenderChoice::DefaultNumber,
        }
    }
}

/// Why no From number sends to a recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteRefusal {
    /// No number lists the country and there is no default number.
    #[error("no From number serves {0}, and there is no default number")]
    Unserved(Country),
    /// The number belongs to no country and there is no default number.
    #[error("the number belongs to no country, and there is no default number")]
    NoCountry,
    /// The default number is a sender name, which this country never accepts.
    #[error("the default number {sender} is alphanumeric, which {country} does not accept")]
    DefaultRefused {
        /// The default number.
        sender: Sender,
        /// The recipient's country.
        country: Country,
    },
    /// The sender that was named is not a From number of the environment.
    #[error("{0} is not a From number")]
    NotAFromNumber(Sender),
    /// The sender that was named is alphanumeric, which this country never accepts.
    #[error("{sender} is alphanumeric, which {country} does not accept")]
    NamedRefused {
        /// The sender.
        sender: Sender,
        /// The recipient's country.
        country: Country,
    },
}

/// Chooses the sender: the From number that was `named`, if one was; else the one that lists the
/// recipient's country, else the default number.
///
/// The country is that of the whole number; calling codes are never compared as text, so that the
/// United States and Canada (`+1`), or the United Kingdom and Guernsey (`+44`), are kept apart.
///
/// # Errors
/// When no From number serves the recipient.
pub fn route(
    from_numbers: &FromNumbers,
    recipient: &Recipient,
    named: Option<&Sender>,
) -> Result<Route, RouteRefusal> {
    let country = recipient.number.country();
    let reason = |listed_on| RouteReason {
        country,
        listed_on,
        is_named: named.is_some(),
        default_applied: recipient.default_applied,
    };
    if let Some(sender) = named.cloned() {
        return match country {
            _ if from_numbers.row(&sender).is_none() => Err(RouteRefusal::NotAFromNumber(sender)),
            Some(country) if sender.is_refused_in(country) => {
                Err(RouteRefusal::NamedRefused { sender, country })
            }
            _ => Ok(Route { reason: reason(None), sender }),
        };
    }
    if let Some(number) = country.and_then(|country| from_numbers.serving(country)) {
        let sender = number.sender.clone();
        return Ok(Route { reason: reason(Some(sender.clone())), sender });
    }
    let Some(sender) = from_numbers.default_number().cloned() else {
        return Err(country.map_or(RouteRefusal::NoCountry, RouteRefusal::Unserved));
    };
    match country {
        Some(country) if sender.is_refused_in(country) => {
            Err(RouteRefusal::DefaultRefused { sender, country })
        }
        _ => Ok(Route { reason: reason(None), sender }),
    }
}

impl fmt::Display for RouteReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.listed_on, self.country) {
            _ if self.is_named => f.write_str("chosen by the operator")?,
            (Some(sender), Some(country)) => write!(f, "{} is on {sender}", country.code())?,
            (None, Some(country)) => {
                write!(f, "default number, as no number lists {}", country.code())?;
            }
            (_, None) => f.write_str("default number, as the number belongs to no country")?,
        }
        if let Some(country) = self.default_applied {
            write!(f, "; default country +{} was applied", country.calling_code())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::from_numbers::FromNumber;

    fn grid(default: Option<&str>) -> FromNumbers {
        let number = |sender: &str, countries: &[&str]| FromNumber {
            sender: Sender::parse(sender).unwrap(),
            countries: countries.iter().map(|code| code.parse().unwrap()).collect(),
        };
        FromNumbers::new(
            vec![
                number("+14155550100", &["US"]),
                number("+447700900123", &["GB", "IE"]),
                number("ACME", &["DE"]),
            ],
            default.map(|sender| Sender::parse(sender).unwrap()),
        )
        .unwrap()
    }

    fn routed(number: &str, default: Option<&str>) -> Result<(String, String), RouteRefusal> {
        let recipient = Recipient::parse(number, Country::from_code("IE")).unwrap();
        route(&grid(default), &recipient, None)
            .map(|route| (route.sender.to_string(), route.reason.to_string()))
    }

    #[test]
    fn a_named_sender_is_used_if_it_is_a_from_number_that_the_country_accepts() {
        let recipient = |number| Recipient::parse(number, None).unwrap();
        let named = |sender: &str, number| {
            let sender = Sender::parse(sender).unwrap();
            route(&grid(None), &recipient(number), Some(&sender))
        };
        let found = named("ACME", "+573001234567").unwrap();
        assert_eq!((found.sender.as_str(), found.reason.choice()), ("ACME", SenderChoice::Named));
        assert_eq!(found.reason.to_string(), "chosen by the operator");
        let refused = named("ACME", "+14155550199").unwrap_err().to_string();
        assert_eq!(refused, "ACME is alphanumeric, which United States (US) does not accept");
        let unknown = named("NOBODY", "+573001234567").unwrap_err().to_string();
        assert_eq!(unknown, "NOBODY is not a From number");
    }

    #[test]
    fn the_recipients_country_decides_not_the_calling_code() {
        let (sender, reason) = routed("+1 415 555 0199", None).unwrap();
        assert_eq!(
            (sender.as_str(), reason.as_str()),
            ("+1 415 555 0100", "US is on +1 415 555 0100")
        );
        assert_eq!(
            routed("+1 613 555 0100", None),
            Err(RouteRefusal::Unserved("CA".parse().unwrap()))
        );
        assert_eq!(
            routed("+44 7781 100123", None),
            Err(RouteRefusal::Unserved("GG".parse().unwrap()))
        );
    }

    #[test]
    fn the_default_number_sends_where_no_number_lists_the_country() {
        let (sender, reason) = routed("+1 613 555 0100", Some("+14155550100")).unwrap();
        assert_eq!(sender, "+1 415 555 0100");
        assert_eq!(reason, "default number, as no number lists CA");
        assert!(matches!(
            routed("+1 613 555 0100", Some("ACME")),
            Err(RouteRefusal::DefaultRefused { .. })
        ));
    }

    #[test]
    fn the_reason_says_that_the_default_country_was_applied() {
        let (sender, reason) = routed("085 012 3456", None).unwrap();
        assert_eq!(sender, "+44 7700 900123");
        assert_eq!(reason, "IE is on +44 7700 900123; default country +353 was applied");
    }

    #[test]
    fn a_refusal_names_the_country() {
        assert_eq!(
            routed("+1 613 555 0100", None).unwrap_err().to_string(),
            "no From number serves Canada (CA), and there is no default number"
        );
    }
}
