//! Why a text is not a phone number that can be used.

use super::country::Country;

/// Why a text is not a valid phone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// The text has no digit.
    #[error("no number given; write it with its country code, such as +57 300 123 4567")]
    Empty,
    /// The text has a character that no phone number has.
    #[error("{0:?} is not allowed in a phone number: use digits, spaces and a leading +")]
    Character(char),
    /// The number has an extension, which no text message reaches.
    #[error("the number has an extension, which cannot receive SMS: omit it")]
    Extension,
    /// The text is far too long for a number.
    #[error("the number is too long: E.164 allows 15 digits")]
    TooLong,
    /// Neither the number nor the settings say which country it is in.
    #[error(
        "the number has no country code, and no default is set: start it with + and the country code"
    )]
    NoCountry,
    /// No country has this calling code.
    #[error("no country has this calling code: check the digits after the +")]
    UnknownCallingCode,
    /// The number has a wrong length.
    #[error("not a valid number in {0}: check its digits")]
    Invalid(String),
    /// The number has a possible length, but is in a range that is not known to be in use.
    #[error("this number is in no known range in {0}: check its digits")]
    Unknown(String),
    /// The text means one number abroad, dialled with the default country's international prefix,
    /// and another one at home, written with `00` and the country code.
    #[error("ambiguous number, {0} or {1}: start it with + and the country code")]
    Ambiguous(Country, Country),
}
