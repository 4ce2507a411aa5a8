//! Senders: phone numbers, short codes, sender names and Messaging Services.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::country::Country;
use super::phone::{PhoneError, PhoneNumber};

/// Countries in which carriers deliver an alphanumeric sender only after its registration.
///
/// The source is Twilio's country guidelines; the list changes, so it only warns.
const REGISTRATION_NEEDED: [&str; 24] = [
    "AE", "BY", "EG", "ID", "IN", "JO", "KE", "KW", "KZ", "LK", "MM", "NG", "NP", "OM", "PH", "PK",
    "QA", "RU", "SA", "SG", "TH", "TR", "UZ", "VN",
];

/// A sender of messages: what Twilio accepts as `From` or as `MessagingServiceSid`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
pub enum Sender {
    /// A phone number.
    Number(PhoneNumber),
    /// A short code, 3 to 8 digits.
    ShortCode(String),
    /// An alphanumeric sender ID: 1 to 11 letters, digits and spaces, at least one letter.
    Alphanumeric(String),
    /// The SID of a Twilio Messaging Service: `MG` and 32 hexadecimal digits.
    MessagingService(String),
}

/// Why a text is not a sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SenderError {
    /// The text is empty.
    #[error(
        "no sender given: a number with +, a short code, a name of up to 11 characters, or a Messaging Service (MG…)"
    )]
    Empty,
    /// The text begins with `+` but is not a valid number.
    #[error(transparent)]
    Number(#[from] PhoneError),
    /// The text has only digits, too many for a short code.
    #[error("a phone number begins with + and its country code; a short code has 3 to 8 digits")]
    Digits,
    /// The text begins like a Messaging Service SID, but is not one.
    #[error("a Messaging Service SID is MG and 32 hexadecimal digits")]
    MessagingService,
    /// The text is a name that is too long.
    #[error("an alphanumeric sender has at most 11 characters")]
    NameTooLong,
    /// The text is a name with characters that are not allowed.
    #[error(
        "an alphanumeric sender has only letters A-Z, digits and spaces, and at least one letter"
    )]
    NameCharacter,
}

impl Sender {
    /// Parses a sender; the shape of the text decides which kind it is.
    ///
    /// # Errors
    /// When the text fits none of the kinds; the error is about the kind that it resembles.
    pub fn parse(typed: &str) -> Result<Self, SenderError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(SenderError::Empty);
        }
        if typed.starts_with('+') || typed.starts_with("00") {
            return Ok(Self::Number(PhoneNumber::parse_possible(typed)?));
        }
        if typed.bytes().all(|byte| byte.is_ascii_digit() || b" -.()".contains(&byte)) {
            let short = (3..=8).contains(&typed.len()) && typed.bytes().all(|b| b.is_ascii_digit());
            return if short {
                Ok(Self::ShortCode(typed.to_owned()))
            } else {
                Err(SenderError::Digits)
            };
        }
        if typed.len() > 11 && typed.to_ascii_uppercase().starts_with("MG") {
            let hexadecimal =
                typed.len() == 34 && typed[2..].bytes().all(|b| b.is_ascii_hexdigit());
            return if hexadecimal && typed.starts_with("MG") {
                Ok(Self::MessagingService(typed.to_owned()))
            } else {
                Err(SenderError::MessagingService)
            };
        }
        let letters = typed.chars().any(|letter| letter.is_ascii_alphabetic());
        if !letters || !typed.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ') {
            return Err(SenderError::NameCharacter);
        }
        if typed.len() > 11 {
            return Err(SenderError::NameTooLong);
        }
        Ok(Self::Alphanumeric(typed.to_owned()))
    }

    /// Returns the text for the provider and for files.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(number) => number.e164(),
            Self::ShortCode(text) | Self::Alphanumeric(text) | Self::MessagingService(text) => text,
        }
    }

    /// Describes the sender in words, with its country if it has one.
    pub fn description(&self) -> String {
        match self {
            Self::Number(number) => match number.country() {
                Some(country) => format!("{}, {}", number.kind(), country.name()),
                None => "in no known range: check its digits".to_owned(),
            },
            Self::ShortCode(_) => "short code; works only in its own country".to_owned(),
            Self::Alphanumeric(_) => "alphanumeric sender; recipients can't reply".to_owned(),
            Self::MessagingService(_) => "Messaging Service; Twilio picks the number".to_owned(),
        }
    }

    /// Whether this sender can never reach a country: sender names cannot reach countries of `+1`.
    pub fn is_refused_in(&self, country: Country) -> bool {
        matches!(self, Self::Alphanumeric(_)) && country.calling_code() == 1
    }

    /// Whether carriers in a country require this sender to be registered.
    pub fn needs_registration_in(&self, country: Country) -> bool {
        matches!(self, Self::Alphanumeric(_)) && REGISTRATION_NEEDED.contains(&country.code())
    }
}

/// Writes numbers in groups, and Messaging Services shortened.
impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(number.grouped()),
            Self::MessagingService(sid) => write!(f, "{}…{}", &sid[..6], &sid[30..]),
            Self::ShortCode(text) | Self::Alphanumeric(text) => f.write_str(text),
        }
    }
}

/// Writes the whole sender: it is the company's own number.
impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Sender> for String {
    fn from(sender: Sender) -> Self {
        sender.as_str().to_owned()
    }
}

impl TryFrom<String> for Sender {
    type Error = SenderError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_text_decides_its_kind() {
        assert!(matches!(Sender::parse("+44 7700 900123"), Ok(Sender::Number(_))));
        assert!(matches!(Sender::parse("72404"), Ok(Sender::ShortCode(_))));
        assert!(matches!(Sender::parse("ACME"), Ok(Sender::Alphanumeric(_))));
        assert!(matches!(Sender::parse("MGM Grand"), Ok(Sender::Alphanumeric(_))));
        let sid = format!("MG{}", "0f".repeat(16));
        assert!(matches!(Sender::parse(&sid), Ok(Sender::MessagingService(_))));
    }

    #[test]
    fn the_error_is_about_the_kind_that_the_text_resembles() {
        assert_eq!(Sender::parse(" "), Err(SenderError::Empty));
        assert_eq!(Sender::parse("447700900123"), Err(SenderError::Digits));
        assert_eq!(Sender::parse("+44 77OO"), Err(SenderError::Number(PhoneError::Character('O'))));
        assert_eq!(Sender::parse("ACME Bank Intl"), Err(SenderError::NameTooLong));
        assert_eq!(Sender::parse("ACME!"), Err(SenderError::NameCharacter));
        assert_eq!(Sender::parse("MG0123456789abc"), Err(SenderError::MessagingService));
        assert_eq!(Sender::parse("Ünicode"), Err(SenderError::NameCharacter));
    }

    #[test]
    fn a_sender_name_reaches_no_country_of_plus_one() {
        let name = Sender::parse("ACME").unwrap();
        assert!(name.is_refused_in("CA".parse().unwrap()));
        assert!(!name.is_refused_in("DE".parse().unwrap()));
        assert!(name.needs_registration_in("IN".parse().unwrap()));
        let number = Sender::parse("+14155550100").unwrap();
        assert!(!number.is_refused_in("CA".parse().unwrap()));
    }

    #[test]
    fn numbers_are_grouped_for_reading() {
        assert_eq!(Sender::parse("+14155550100").unwrap().to_string(), "+1 415 555 0100");
        assert_eq!(Sender::parse("+447700900123").unwrap().to_string(), "+44 7700 900123");
    }
}
