//! Phone numbers in E.164, parsed by libphonenumber's rules.

use std::fmt;

use rlibphonenumber::enums::{PhoneNumberType, Region};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use super::country::Country;
pub use super::phone_error::PhoneError;
use super::phone_spellings;
use super::phone_text::dialled;

/// The longest number in E.164: `+` and 15 digits.
const MAX_E164: usize = 16;

/// A phone number (ITU-T E.164) that is valid, or at least [possible](Self::is_known).
///
/// It has no `Display`, and its `Debug` is masked, so that a person's whole number is shown only
/// on purpose, by a call to [`e164`](Self::e164).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber {
    e164: String,
    grouped: String,
    country: Option<Country>,
    calling_code: u16,
    known: bool,
}

/// A recipient as parsed from the caller's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The number.
    pub number: PhoneNumber,
    /// The default country whose calling code was applied; `None` where the number has its own.
    pub default_applied: Option<Country>,
}

/// Which numbers are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Accept {
    /// Numbers in ranges that the metadata knows to be in use.
    #[default]
    Known,
    /// Also numbers of a possible length in other ranges: the metadata ages, and a country may have
    /// opened a range since. Only a person can decide that such a number is to be texted.
    Possible,
}

impl Recipient {
    /// Parses a number as typed. `default_country` applies only where the text has no country code
    /// of its own. One that begins with the default country's international prefix (011 in the
    /// United States, 009 among others in Colombia) or with `00` has one.
    ///
    /// # Errors
    /// When the text is not a valid number by libphonenumber's rules.
    pub fn parse(typed: &str, default_country: Option<Country>) -> Result<Self, PhoneError> {
        Self::parse_accepting(typed, default_country, Accept::Known)
    }

    /// Parses like [`parse`](Self::parse), and accepts the numbers that `accept` allows.
    ///
    /// # Errors
    /// When the text is not such a number.
    pub fn parse_accepting(
        typed: &str,
        default_country: Option<Country>,
        accept: Accept,
    ) -> Result<Self, PhoneError> {
        let dialled = dialled(typed)?;
        let read = |text: &str, country| {
            PhoneNumber::from_library(text, country).and_then(|number| number.accepted(accept))
        };
        let abroad = dialled.strip_prefix("00").map(|rest| format!("+{rest}"));
        if dialled.starts_with('+') {
            return read(&dialled, None).map(Self::with_own_country);
        }
        let Some(country) = default_country else {
            let international = abroad.ok_or(PhoneError::NoCountry)?;
            return read(&international, None).map(Self::with_own_country);
        };
        let as_dialled = PhoneNumber::from_library(&dialled, Some(country))
            .and_then(|number| number.accepted(Accept::Known));
        let with_zeros = abroad.map(|international| read(&international, None));
        match (as_dialled, with_zeros) {
            (Ok(one), Some(Ok(other)))
                if one != other
                    && (other.calling_code == country.calling_code()
                        || dials_abroad_with_zeros(country)) =>
            {
                // One who writes 00 before their own country code, or in a country where `00`
                // may be followed by the number of a carrier, may mean either.
                let place = |number: &PhoneNumber| number.country.unwrap_or(country);
                Err(PhoneError::Ambiguous(place(&one), place(&other)))
            }
            (Ok(number), _) => {
                let is_home = number.calling_code == country.calling_code();
                Ok(Self { number, default_applied: is_home.then_some(country) })
            }
            (Err(_), Some(international)) => international.map(Self::with_own_country),
            (Err(_), None) => {
                let number = read(&dialled, Some(country))?;
                let is_home = number.calling_code == country.calling_code();
                Ok(Self { number, default_applied: is_home.then_some(country) })
            }
        }
    }

    const fn with_own_country(number: PhoneNumber) -> Self {
        Self { number, default_applied: None }
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

    /// Parses a number, which must have its country code. It need only have a possible length: the
    /// provider knows which numbers an account owns, and ranges reserved for fiction and tests
    /// (`+44 7700 900…`) are possible but never valid.
    ///
    /// # Errors
    /// When the text cannot be an international number.
    pub fn parse_possible(typed: &str) -> Result<Self, PhoneError> {
        Recipient::parse_accepting(typed, None, Accept::Possible).map(|recipient| recipient.number)
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
        let known = parsed.is_valid();
        if !known && parsed.is_possible_with_reason().is_err() {
            return Err(PhoneError::Invalid(place(calling_code)));
        }
        let e164 = parsed.format_as(PhoneNumberFormat::E164).into_owned();
        // Some countries have numbers (for voice mail) that are longer than E.164 allows.
        if e164.len() > MAX_E164 {
            return Err(PhoneError::TooLong);
        }
        let country =
            parsed.get_region_code().and_then(|region| Country::from_code(&region.as_region_str()));
        let grouped = parsed.format_as(PhoneNumberFormat::International).replace('-', " ");
        Ok(Self { e164, grouped, country, calling_code, known })
    }

    fn accepted(self, accept: Accept) -> Result<Self, PhoneError> {
        if self.known || accept == Accept::Possible {
            Ok(self)
        } else {
            Err(PhoneError::Unknown(place(self.calling_code)))
        }
    }

    /// Whether the number is in a range that the metadata knows to be in use. Otherwise only its
    /// length is right.
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// Returns the whole number: `+` and digits.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Returns the same line under other spellings that providers and carriers use for it.
    pub fn other_spellings(&self) -> Vec<Self> {
        let spelled = phone_spellings::other_spellings(&self.e164);
        // As possible numbers: an old spelling is in no range in use any more.
        spelled.iter().filter_map(|text| Self::from_library(text, None).ok()).collect()
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

/// Whether `00` alone is an international prefix of a country.
fn dials_abroad_with_zeros(country: Country) -> bool {
    // No country has a carrier whose number this one could begin with.
    let abroad = PhoneNumber::from_library("00447400123456", Some(country));
    abroad.is_ok_and(|number| number.e164() == "+447400123456")
}

/// The main country of a calling code, for errors.
fn place(calling_code: u16) -> String {
    Country::sharing_calling_code(calling_code)
        .first()
        .map_or_else(|| format!("+{calling_code}"), ToString::to_string)
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The version of libphonenumber whose metadata is built in: of the crate's 2.2.15, as its notes
/// have it. A test notices another version of the crate.
pub const METADATA_VERSION: &str = "9.0.42";

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
    fn the_international_prefix_of_the_default_country_is_read_first() {
        for (default, typed, number) in [
            ("CO", "009 1 415 555 0100", "+14155550100"),
            ("CO", "005 44 7400 123456", "+447400123456"),
            ("CO", "00414 34 612 345 678", "+34612345678"),
            ("TH", "001 65 9234 5678", "+6592345678"),
            ("TH", "009 65 9234 5678", "+6592345678"),
            ("SG", "001 47 923 45 678", "+4792345678"),
            ("SG", "018 47 923 45 678", "+4792345678"),
            ("AU", "0011 44 7400 123456", "+447400123456"),
            ("AU", "0018 44 7400 123456", "+447400123456"),
            ("US", "011 44 7400 123456", "+447400123456"),
            ("US", "0044 7400 123456", "+447400123456"),
            ("US", "0057 300 123 4567", "+573001234567"),
            ("JP", "010 44 7400 123456", "+447400123456"),
            ("HK", "001 44 7400 123456", "+447400123456"),
            ("BR", "0021 44 7400 123456", "+447400123456"),
            ("RU", "810 44 7400 123456", "+447400123456"),
            ("KE", "000 44 7400 123456", "+447400123456"),
            ("CO", "0057 300 123 4567", "+573001234567"),
            ("CO", "0044 7400 123456", "+447400123456"),
        ] {
            assert_eq!(understood(typed, Some(default)).0, number, "{typed} dialled in {default}");
        }
    }

    #[test]
    fn a_prefix_that_may_be_zeros_before_the_own_country_code_is_refused() {
        // A Russian landline through the carrier 5, or a Colombian mobile number.
        let read = Recipient::parse("0057 301 123 4567", Some(country("CO")));
        assert_eq!(read, Err(PhoneError::Ambiguous(country("RU"), country("CO"))));
        let error = read.unwrap_err().to_string();
        assert!(error.contains("Russia (RU)") && error.contains("Colombia (CO)"), "{error}");
        // Turks & Caicos Islands through `00`, or New Zealand through the carrier 1.
        let read = Recipient::parse("00 1 649 231 1234", Some(country("HK")));
        assert_eq!(read, Err(PhoneError::Ambiguous(country("NZ"), country("TC"))));
    }

    /// Numbers of every country, dialled from every other one as that country does.
    #[test]
    fn no_number_dialled_abroad_becomes_another_number() {
        let examples: Vec<_> = Country::all()
            .filter_map(|country| {
                let region = Region::from_code(country.code()).ok()?;
                let kind = PhoneNumberType::Mobile;
                PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind).ok()
            })
            .collect();
        assert!(examples.len() > 200, "{}", examples.len());
        let (mut dialled, mut refused) = (0, 0);
        for (row, from) in Country::all().enumerate() {
            let region = Region::from_code(from.code()).unwrap();
            for example in examples.iter().skip(row % 13).step_by(13) {
                let typed = example.format_out_of_country_calling_number(region);
                let number = example.format_as(PhoneNumberFormat::E164);
                dialled += 1;
                match Recipient::parse(&typed, Some(from)) {
                    Ok(read) => assert_eq!(read.number.e164(), number, "{typed} dialled in {from}"),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(dialled > 3000 && refused * 100 <= dialled, "{refused} of {dialled} refused");
    }

    #[test]
    fn the_version_of_the_metadata_is_that_of_the_crate() {
        let lock = include_str!("../../Cargo.lock");
        let (_, after) = lock.split_once("name = \"rlibphonenumber\"\nversion = \"").unwrap();
        assert!(after.starts_with("2.2.15\""), "look up which metadata this version has");
    }

    #[test]
    fn a_number_of_a_new_range_is_accepted_only_on_purpose() {
        let typed = "+44 7700 900123";
        let refused = Recipient::parse(typed, None).unwrap_err();
        assert_eq!(refused, PhoneError::Unknown("United Kingdom (GB)".to_owned()));
        let accepted = Recipient::parse_accepting(typed, None, Accept::Possible).unwrap();
        assert!(!accepted.number.is_known());
        assert_eq!(accepted.number.e164(), "+447700900123");
        let national =
            Recipient::parse_accepting("07700 900123", Some(country("GB")), Accept::Possible);
        assert_eq!(national.unwrap().number, accepted.number);
        assert!(Recipient::parse(typed.trim_end_matches('3'), None).is_err());
        for impossible in ["+44 77", "+57 12", "+999 123456789", "+44 7700 900123 4567"] {
            let read = Recipient::parse_accepting(impossible, None, Accept::Possible);
            assert!(read.is_err(), "{impossible}");
        }
        assert!(PhoneNumber::parse("+573001234567").unwrap().is_known());
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
