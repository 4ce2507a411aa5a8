//! Phone numbers in E.164, parsed by libphonenumber's rules.

use std::fmt;

use rlibphonenumber::enums::{PhoneNumberType, Region};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use super::country::Country;

/// The longest text that is read as a phone number, in characters; E.164 has 15 digits, the rest
/// is room for spaces and brackets.
const MAX_TYPED: usize = 40;

/// The longest number in E.164: `+` and 15 digits.
const MAX_E164: usize = 16;

/// A valid phone number (ITU-T E.164).
///
/// It has no `Display`, and its `Debug` is masked, so that a person's whole number is shown only
/// on purpose, by a call to [`e164`](Self::e164).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber {
    e164: String,
    grouped: String,
    country: Option<Country>,
    calling_code: u16,
}

/// A recipient as parsed from the caller's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The number.
    pub number: PhoneNumber,
    /// The default country whose calling code was applied; `None` where the number has its own.
    pub default_applied: Option<Country>,
}

/// Why a text is not a valid phone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// The text is empty.
    #[error("no number given: write it with its country code, such as +57 300 123 4567")]
    Empty,
    /// The text has a character that no phone number has.
    #[error("{0:?} does not belong in a phone number: use digits, spaces and a leading +")]
    Character(char),
    /// The text is far too long for a number.
    #[error("the number is too long: E.164 allows 15 digits")]
    TooLong,
    /// Neither the number nor the settings say which country it is in.
    #[error(
        "the number has no country code and no default country code is set: begin it with + and the country code"
    )]
    NoCountry,
    /// No country has this calling code.
    #[error("no country has this calling code: check the digits after the +")]
    UnknownCallingCode,
    /// The number has a wrong length, or is in a range that is not in use.
    #[error("not a valid number in {0}: check its digits")]
    Invalid(String),
}

impl Recipient {
    /// Parses a number as typed. `default_country` applies only where the text begins with neither
    /// `+` nor `00`.
    ///
    /// # Errors
    /// When the text is not a valid number by libphonenumber's rules.
    pub fn parse(typed: &str, default_country: Option<Country>) -> Result<Self, PhoneError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(PhoneError::Empty);
        }
        if typed.chars().count() > MAX_TYPED {
            return Err(PhoneError::TooLong);
        }
        if let Some(wrong) = typed.char_indices().find_map(|(at, letter)| {
            let fits = letter.is_ascii_digit()
                || matches!(letter, ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/')
                || (letter == '+' && at == 0);
            (!fits).then_some(letter)
        }) {
            return Err(PhoneError::Character(wrong));
        }
        let international = match typed.strip_prefix("00") {
            Some(rest) => format!("+{rest}"),
            None => typed.to_owned(),
        };
        if international.starts_with('+') {
            let number = PhoneNumber::from_library(&international, None)?;
            return Ok(Self { number, default_applied: None });
        }
        let country = default_country.ok_or(PhoneError::NoCountry)?;
        let number = PhoneNumber::from_library(&international, Some(country))?;
        // The default country's own international prefix (011 in the United States) also
        // brings a country code; then the default was not applied.
        let default_applied = (number.calling_code == country.calling_code()).then_some(country);
        Ok(Self { number, default_applied })
    }
}

impl PhoneNumber {
    /// Parses a number that must have its country code.
    ///
    /// # Errors
    /// When the text is not a valid international number.
    pub fn parse(typed: &str) -> Result<Self, PhoneError> {
        Recipient::parse(typed, None).map(|recipient| recipient.number)
    }

    /// Parses a sender's number, which must have its country code. It need only have a possible
    /// length: the provider knows which numbers an account owns, and ranges reserved for fiction
    /// and tests (`+44 7700 900…`) are possible but never valid.
    ///
    /// # Errors
    /// When the text cannot be an international number.
    pub fn parse_possible(typed: &str) -> Result<Self, PhoneError> {
        Self::parse(typed).or_else(|error| {
            let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
            let international = format!("+{}", digits.strip_prefix("00").unwrap_or(&digits));
            match (&error, PHONE_NUMBER_UTIL.parse(international.as_str(), None)) {
                (PhoneError::Invalid(_), Ok(parsed))
                    if parsed.is_possible_with_reason().is_ok() =>
                {
                    Self::from_parsed(&parsed)
                }
                _ => Err(error),
            }
        })
    }

    /// Checks the length: some countries have numbers (for voice mail) that are longer than E.164
    /// allows.
    fn from_parsed(parsed: &rlibphonenumber::PhoneNumber) -> Result<Self, PhoneError> {
        let e164 = parsed.format_as(PhoneNumberFormat::E164).into_owned();
        if e164.len() > MAX_E164 {
            return Err(PhoneError::TooLong);
        }
        let country =
            parsed.get_region_code().and_then(|region| Country::from_code(&region.as_region_str()));
        Ok(Self {
            e164,
            grouped: parsed.format_as(PhoneNumberFormat::International).replace('-', " "),
            country,
            calling_code: u16::try_from(parsed.country_code).unwrap_or_default(),
        })
    }

    fn from_library(text: &str, default: Option<Country>) -> Result<Self, PhoneError> {
        let region = default.and_then(|country| Region::from_code(country.code()).ok());
        let parsed =
            PHONE_NUMBER_UTIL.parse(text, region).map_err(|error| match (error, default) {
                (rlibphonenumber::ParseError::InvalidCountryCode, None) => {
                    PhoneError::UnknownCallingCode
                }
                (_, Some(country)) => PhoneError::Invalid(country.to_string()),
                (_, None) => PhoneError::Invalid("any country".to_owned()),
            })?;
        let calling_code = u16::try_from(parsed.country_code).unwrap_or_default();
        if !parsed.is_valid() {
            let place = Country::sharing_calling_code(calling_code)
                .first()
                .map_or_else(|| format!("+{calling_code}"), ToString::to_string);
            return Err(PhoneError::Invalid(place));
        }
        Self::from_parsed(&parsed)
    }

    /// Returns the whole number: `+` and digits.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Returns the country that the number belongs to; `None` for numbers of no country (`+800`,
    /// `+883`).
    pub const fn country(&self) -> Option<Country> {
        self.country
    }

    /// Returns the whole number in groups, as in `+44 7700 900123`. For senders, which are the
    /// company's own numbers; recipients are shown [masked](Self::masked).
    pub fn grouped(&self) -> &str {
        &self.grouped
    }

    /// Returns the number with all but its last digits hidden: `+57 ••• ••• 4567`.
    ///
    /// The shape is the same for every length, so that it reveals nothing else; of a number with
    /// fewer than eight digits it shows only two.
    pub fn masked(&self) -> String {
        let national = &self.e164[1 + self.calling_code.to_string().len()..];
        let shown = if national.len() < 8 { 2 } else { 4 };
        let tail = &national[national.len().saturating_sub(shown)..];
        format!("+{} ••• ••• {tail}", self.calling_code)
    }

    /// Returns the kind of line in words: "mobile number", "landline".
    pub fn kind(&self) -> &'static str {
        let Ok(number) = PHONE_NUMBER_UTIL.parse(self.e164.as_str(), None) else { return "number" };
        match number.get_type() {
            PhoneNumberType::Mobile => "mobile number",
            PhoneNumberType::FixedLine => "landline",
            PhoneNumberType::FixedLineOrMobile => "mobile number or landline",
            PhoneNumberType::TollFree => "toll-free number",
            PhoneNumberType::VoIP => "internet telephony number",
            PhoneNumberType::PersonalNumber => "personal number",
            PhoneNumberType::PremiumRate => "premium-rate number",
            _ => "number",
        }
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Loads the numbering metadata (some 20 ms) ahead of its first use, so that a caller can
/// choose when to wait for it.
pub fn load_metadata() {
    let _ = PHONE_NUMBER_UTIL.get_supported_regions().len();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn country(code: &str) -> Country {
        Country::from_code(code).unwrap()
    }

    fn understood(typed: &str, default: Option<&str>) -> (String, Option<&'static str>, bool) {
        let recipient = Recipient::parse(typed, default.map(country)).unwrap();
        (
            recipient.number.e164().to_owned(),
            recipient.number.country().map(Country::code),
            recipient.default_applied.is_some(),
        )
    }

    #[test]
    fn the_default_country_is_applied_only_without_a_country_code() {
        let colombian = ("+573001234567".to_owned(), Some("CO"));
        let (number, place, applied) = understood("300 123 4567", Some("CO"));
        assert_eq!(((number, place), applied), (colombian.clone(), true));
        for typed in ["+57 300 123 4567", "0057 300 1234567", "+57-300-123-4567"] {
            let (number, place, applied) = understood(typed, Some("GB"));
            assert_eq!(((number, place), applied), (colombian.clone(), false), "{typed}");
        }
        let (number, _, applied) = understood("011 44 7400 123456", Some("US"));
        assert_eq!((number.as_str(), applied), ("+447400123456", false));
    }

    #[test]
    fn the_area_code_decides_between_countries_of_one_calling_code() {
        for (number, code) in [
            ("+14155550100", "US"),
            ("+16135550100", "CA"),
            ("+447781100123", "GG"),
            ("+447400123456", "GB"),
        ] {
            assert_eq!(understood(number, None).1, Some(code), "{number}");
        }
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let wrong = |typed: &str, default: Option<&str>| {
            Recipient::parse(typed, default.map(country)).unwrap_err()
        };
        assert_eq!(wrong("", None), PhoneError::Empty);
        assert_eq!(wrong("+57 300 CALLME", None), PhoneError::Character('C'));
        assert_eq!(wrong("3001234567", None), PhoneError::NoCountry);
        assert_eq!(wrong("+999 123456789", None), PhoneError::UnknownCallingCode);
        assert_eq!(wrong("+57 12", None), PhoneError::Invalid("Colombia (CO)".to_owned()));
        assert_eq!(wrong(&"1".repeat(1000), None), PhoneError::TooLong);
        assert_eq!(wrong("+49 99029 9990 29990", None), PhoneError::TooLong);
        assert_eq!(wrong("+57\x1b300", None), PhoneError::Character('\x1b'));
    }

    #[test]
    fn a_sender_may_be_in_a_range_that_is_not_in_use() {
        assert!(PhoneNumber::parse("+44 7700 900123").is_err());
        let fiction = PhoneNumber::parse_possible("+44 7700 900123").unwrap();
        assert_eq!((fiction.e164(), fiction.country()), ("+447700900123", None));
        assert_eq!(fiction.grouped(), "+44 7700 900123");
        assert!(PhoneNumber::parse_possible("+44 77").is_err());
        assert!(PhoneNumber::parse_possible("+44 7700 9OO123").is_err());
    }

    #[test]
    fn a_masked_number_shows_its_country_and_its_end() {
        assert_eq!(PhoneNumber::parse("+573001234567").unwrap().masked(), "+57 ••• ••• 4567");
        assert_eq!(format!("{:?}", PhoneNumber::parse("+14155550100").unwrap()), "+1 ••• ••• 0100");
    }

    #[test]
    fn the_numbers_of_twilios_test_credentials_are_valid() {
        for end in 1..=9 {
            PhoneNumber::parse(&format!("+1500555000{end}")).unwrap();
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(typed in ".{0,60}", default in 0usize..245) {
            let _ = Recipient::parse(&typed, Country::all().nth(default));
        }

        #[test]
        fn what_was_understood_is_understood_again(digits in "\\+[1-9][0-9]{6,14}") {
            if let Ok(number) = PhoneNumber::parse(&digits) {
                prop_assert_eq!(PhoneNumber::parse(number.e164()), Ok(number.clone()));
                prop_assert!(!number.masked().contains(&number.e164()[1..]));
            }
        }
    }
}
