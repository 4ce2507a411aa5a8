//! Countries and territories that have a telephone calling code.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::country_names::{aliases, fold};
use super::country_table::{COUNTRIES, CountryRow};
use super::digits::{digit_value, groups_digits};

/// A region with a calling code, as libphonenumber knows it: the ISO 3166-1 countries and
/// territories, and `AC`, `TA` and `XK`.
///
/// Only values of the built-in table exist, so a `Country` is always a real one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Country(u8);

/// The country that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypedCountry {
    /// The country.
    pub country: Country,
    /// Whether the text is a calling code that several regions share, so that the main region was
    /// chosen; screens say so.
    pub shared_calling_code: bool,
}

/// Why a text does not name a country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountryError {
    /// Nothing has this name.
    #[error(
        "{typed:?} is not a country: write a code such as CO, a calling code such as +57, or a name{}",
        nearest.map(|country| format!("; did you mean {country}?")).unwrap_or_default()
    )]
    Unknown {
        /// The text, cut short.
        typed: String,
        /// The country whose name is nearly this.
        nearest: Option<Country>,
    },
    /// Several countries have this name.
    #[error("{typed:?} may be {}: write the code", listed(countries))]
    Ambiguous {
        /// The text, cut short.
        typed: String,
        /// The countries.
        countries: Vec<Country>,
    },
}

/// Characters of a text that errors repeat.
const MAX_SHOWN: usize = 40;

/// How alike a text must be to a name, from 0 to 1, to be taken for a mistyped one.
const ALIKE: f64 = 0.8;

impl Country {
    /// Returns all countries, sorted by code.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        (0..COUNTRIES.len()).map(|row| Self(u8::try_from(row).unwrap_or(u8::MAX)))
    }

    /// Finds the country with an ISO code, in any case.
    pub fn from_code(code: &str) -> Option<Self> {
        let code = code.to_ascii_uppercase();
        let row = COUNTRIES.binary_search_by(|row| row.code.cmp(code.as_str())).ok()?;
        u8::try_from(row).ok().map(Self)
    }

    /// Finds the country that a text names: by a code of two or three letters (`CO`, `COL`), a
    /// calling code (`57`, `+57`), its English name, a name in everyday use (`UK`, `Ivory Coast`),
    /// or its name in an official language (`Deutschland`). Case, accents and punctuation do not
    /// matter.
    ///
    /// A calling code shared by several regions means libphonenumber's main region (`+1` the
    /// United States, `+44` the United Kingdom, `+7` Russia).
    ///
    /// # Errors
    /// When the text is none of these, or a part of several names (`Congo`).
    pub fn from_typed(text: &str) -> Result<TypedCountry, CountryError> {
        let text =
            text.trim_matches(|letter: char| letter.is_whitespace() || groups_digits(letter));
        let digits: String = text.chars().filter(|letter| !groups_digits(*letter)).collect();
        if let Some(digits) = calling_code(&digits) {
            return Self::from_calling_code(&digits).ok_or_else(|| Self::unknown(text));
        }
        let folded = fold(text);
        Self::from_code(text)
            .or_else(|| Self::all().find(|country| country.is_called(&folded)))
            .map(|country| TypedCountry { country, shared_calling_code: false })
            .ok_or_else(|| Self::unknown(text))
    }

    fn from_calling_code(digits: &str) -> Option<TypedCountry> {
        let calling_code: u16 = digits.parse().ok()?;
        let sharing = Self::sharing_calling_code(calling_code);
        let country = *sharing.first().filter(|country| country.row().main)?;
        Some(TypedCountry { country, shared_calling_code: sharing.len() > 1 })
    }

    /// Whether a folded text is a whole name of the country.
    fn is_called(self, folded: &str) -> bool {
        self.folded_name() == folded || aliases(self.code()).any(|alias| alias == folded)
    }

    /// Why a text names no country: some have it in their names, one is nearly called so.
    fn unknown(text: &str) -> CountryError {
        let typed = text.chars().take(MAX_SHOWN).collect();
        let folded = fold(text);
        let has_words = |country: &Self| {
            let name = country.folded_name();
            !folded.is_empty()
                && (name.starts_with(&format!("{folded} "))
                    || name.ends_with(&format!(" {folded}")))
        };
        let countries: Vec<Self> = Self::all().filter(has_words).collect();
        if countries.len() > 1 {
            return CountryError::Ambiguous { typed, countries };
        }
        let alike = |country: &Self| {
            let names = aliases(country.code()).filter(|alias| alias.chars().count() > 3);
            let names = names.chain([country.folded_name()]);
            names.map(|name| strsim::jaro_winkler(name, &folded)).fold(0.0, f64::max)
        };
        let nearest = countries.first().copied().or_else(|| {
            let all = Self::all().map(|country| (alike(&country), country));
            let nearest = all.max_by(|one, other| one.0.total_cmp(&other.0));
            nearest.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, country)| country)
        });
        CountryError::Unknown { typed, nearest }
    }

    /// Returns the ISO code: two capital letters.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// Returns the English name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the calling code without `+`, such as 57.
    pub fn calling_code(self) -> u16 {
        self.row().calling_code
    }

    /// Returns the regions that share a calling code, the main one first.
    pub fn sharing_calling_code(calling_code: u16) -> Vec<Self> {
        let mut regions: Vec<Self> =
            Self::all().filter(|country| country.calling_code() == calling_code).collect();
        regions.sort_by_key(|country| !country.row().main);
        regions
    }

    /// Whether the country matches a filter: a part of the name, or the beginning of the code, of
    /// another name or of the calling code.
    pub fn matches(self, filter: &str) -> bool {
        let filter = fold(filter);
        match calling_code(&filter) {
            Some(digits) => self.calling_code().to_string().starts_with(&digits),
            None => {
                self.folded_name().contains(&filter)
                    || self.code().to_ascii_lowercase().starts_with(&filter)
                    || aliases(self.code()).any(|alias| alias.starts_with(&filter))
            }
        }
    }

    /// Lists the countries that match a filter, the closest first: the one that it
    /// [names](Self::from_typed), then names that begin with the text, then the rest, each by name.
    pub fn search(filter: &str) -> Vec<Self> {
        let folded = fold(filter);
        let named = Self::from_typed(filter).ok();
        let code = calling_code(&folded).and_then(|digits| digits.parse().ok());
        let mut found: Vec<Self> = Self::all().filter(|country| country.matches(filter)).collect();
        found.sort_by_cached_key(|country| {
            let is_named = named.is_some_and(|typed| typed.country == *country);
            let shares = code == Some(country.calling_code());
            let name = country.folded_name();
            (!is_named, !shares, !name.starts_with(&folded), name)
        });
        found
    }

    /// The name as filters compare it. Cached, as a filter compares all of them on every keystroke.
    fn folded_name(self) -> &'static str {
        static NAMES: LazyLock<Vec<String>> =
            LazyLock::new(|| COUNTRIES.iter().map(|row| fold(row.name)).collect());
        &NAMES[usize::from(self.0)]
    }

    fn row(self) -> &'static CountryRow {
        &COUNTRIES[usize::from(self.0)]
    }
}

/// The digits of a calling code with or without its plus sign; `None` for any other text.
fn calling_code(text: &str) -> Option<String> {
    let text = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
    let digits: Option<String> = text
        .chars()
        .map(|letter| digit_value(letter).map(|value| char::from(b'0' + value)))
        .collect();
    digits.filter(|digits| !digits.is_empty())
}

/// Countries in a sentence, at most five of them.
fn listed(countries: &[Country]) -> String {
    const MAX_LISTED: usize = 5;
    let mut names: Vec<String> =
        countries.iter().take(MAX_LISTED).map(ToString::to_string).collect();
    if countries.len() > MAX_LISTED {
        names.push("others".to_owned());
    }
    let last = names.pop().unwrap_or_default();
    if names.is_empty() { last } else { format!("{} or {last}", names.join(", ")) }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Shows the name with the code: `Canada (CA)`.
impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.code())
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

impl FromStr for Country {
    type Err = CountryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_typed(text).map(|typed| typed.country)
    }
}

impl TryFrom<String> for Country {
    type Error = CountryError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl JsonSchema for Country {
    fn schema_name() -> Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Self::all().map(Self::code).collect();
        json_schema!({ "type": "string", "enum": codes, "description": "ISO 3166 region" })
    }
}

#[cfg(test)]
mod tests {
    use rlibphonenumber::PHONE_NUMBER_UTIL;

    use super::*;

    #[test]
    fn the_table_knows_exactly_the_regions_of_libphonenumber() {
        let mut regions: Vec<String> = PHONE_NUMBER_UTIL
            .get_supported_regions()
            .map(|region| region.as_region_str().to_string())
            .collect();
        regions.sort();
        let table: Vec<String> = Country::all().map(|country| country.code().to_owned()).collect();
        assert_eq!(table, regions);
    }

    #[test]
    fn calling_codes_and_main_regions_agree_with_libphonenumber() {
        for country in Country::all() {
            let region = rlibphonenumber::enums::Region::try_from(country.code()).unwrap();
            let calling_code = i32::from(country.calling_code());
            assert_eq!(PHONE_NUMBER_UTIL.get_country_code_for_region(region), Some(calling_code));
            let main = PHONE_NUMBER_UTIL.get_region_for_country_code(calling_code) == Some(region);
            assert_eq!(country.row().main, main, "{country}");
        }
    }

    #[test]
    fn a_shared_calling_code_is_read_as_the_main_region_and_marked() {
        for (typed, code) in [("+1", "US"), ("44", "GB"), ("+7", "RU")] {
            let found = Country::from_typed(typed).unwrap();
            assert_eq!((found.country.code(), found.shared_calling_code), (code, true));
        }
        let found = Country::from_typed("57").unwrap();
        assert_eq!((found.country.code(), found.shared_calling_code), ("CO", false));
    }

    #[test]
    fn a_country_is_found_by_code_name_and_calling_code() {
        for typed in ["co", "CO", " +57 ", "Colombia", "colombia"] {
            assert_eq!(typed.parse::<Country>().unwrap().code(), "CO", "{typed}");
        }
        for typed in ["", "+", "ZZ", "999", "Atlantis", "99999999999"] {
            assert!(typed.parse::<Country>().is_err(), "{typed}");
        }
    }

    #[test]
    fn a_country_is_found_by_every_name_that_people_use() {
        for (typed, code) in [
            ("UK", "GB"),
            ("uk", "GB"),
            ("U.K.", "GB"),
            ("Great Britain", "GB"),
            ("usa", "US"),
            ("U.S.A.", "US"),
            ("United States of America", "US"),
            ("Ivory Coast", "CI"),
            ("Côte d'Ivoire", "CI"),
            ("Cote d Ivoire", "CI"),
            ("Deutschland", "DE"),
            ("ESPAÑA", "ES"),
            ("GBR", "GB"),
            ("col", "CO"),
            ("Holland", "NL"),
            ("the Netherlands", "NL"),
            ("Burma", "MM"),
            ("Czech Republic", "CZ"),
            ("South Korea", "KR"),
            ("Saint Lucia", "LC"),
            ("Trinidad and Tobago", "TT"),
            ("日本", "JP"),
            ("Россия", "RU"),
            ("(+57)", "CO"),
            ("0057", "CO"),
            ("+٥٧", "CO"),
            ("Guinea", "GN"),
        ] {
            let found = Country::from_typed(typed).map(|found| found.country.code());
            assert_eq!(found, Ok(code), "{typed}");
        }
    }

    #[test]
    fn what_names_no_country_or_several_says_which_may_be_meant() {
        let error = |typed| Country::from_typed(typed).unwrap_err().to_string();
        assert!(
            error("Congo").contains("Congo - Kinshasa (CD) or Congo - Brazzaville (CG)"),
            "{}",
            error("Congo")
        );
        assert!(
            error("Korea").contains("North Korea (KP) or South Korea (KR)"),
            "{}",
            error("Korea")
        );
        assert!(error("Columbia").contains("did you mean Colombia (CO)?"), "{}", error("Columbia"));
        assert!(error("Germnay").contains("Germany (DE)"), "{}", error("Germnay"));
        assert!(error("xq").ends_with("or a name"), "{}", error("xq"));
        assert!(error(&"x".repeat(999)).len() < 200);
    }

    #[test]
    fn the_search_puts_the_closest_first() {
        let codes = |filter| Country::search(filter).iter().map(|c| c.code()).collect::<Vec<_>>();
        assert_eq!(codes("ger"), ["DE", "DZ", "NE", "NG"]);
        assert_eq!(codes("de")[0], "DE");
        assert_eq!(codes("49"), ["DE"]);
        assert_eq!(codes("+44")[0], "GB");
        assert_eq!(codes("cote")[0], "CI");
        assert_eq!(codes("reunion"), ["RE"]);
        assert_eq!(codes("uk"), ["GB", "UA"]);
        assert_eq!(codes("deutsch"), ["DE"]);
        assert_eq!(codes("").len(), Country::all().len());
    }
}
