//! Countries and territories that have a telephone calling code.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::country_table::{COUNTRIES, CountryRow};

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

/// The error for a text that names no country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no country: write a code such as CO, or a calling code such as +57")]
pub struct UnknownCountry(String);

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

    /// Finds the country that a text names: by a code (`CO`), a calling code (`57`, `+57`) or a
    /// whole English name.
    ///
    /// A calling code shared by several regions means libphonenumber's main region (`+1` the
    /// United States, `+44` the United Kingdom, `+7` Russia).
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn from_typed(text: &str) -> Result<TypedCountry, UnknownCountry> {
        let text = text.trim();
        let unknown = || UnknownCountry(text.chars().take(40).collect());
        let digits = text.strip_prefix('+').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let calling_code: u16 = digits.parse().map_err(|_| unknown())?;
            let mut sharing = Self::all().filter(|country| country.calling_code() == calling_code);
            let country = sharing.clone().find(|country| country.row().main);
            return country
                .map(|country| TypedCountry {
                    country,
                    shared_calling_code: sharing.nth(1).is_some(),
                })
                .ok_or_else(unknown);
        }
        let folded = fold(text);
        Self::from_code(text)
            .or_else(|| Self::all().find(|country| country.folded_name() == folded))
            .map(|country| TypedCountry { country, shared_calling_code: false })
            .ok_or_else(unknown)
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

    /// Whether the country matches a filter: a part of the name (with or without accents), the
    /// beginning of the code, or the beginning of the calling code.
    pub fn matches(self, filter: &str) -> bool {
        let filter = fold(filter.trim());
        let digits = filter.strip_prefix('+').unwrap_or(&filter);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.calling_code().to_string().starts_with(digits);
        }
        self.folded_name().contains(&filter)
            || self.code().to_ascii_lowercase().starts_with(&filter)
            || self.aliases().iter().any(|alias| alias.starts_with(&filter))
    }

    /// Lists the countries that match a filter, the closest first: the exact code or calling
    /// code, then names that begin with the text, then the rest, each by name.
    pub fn search(filter: &str) -> Vec<Self> {
        let folded = fold(filter.trim());
        let digits = folded.strip_prefix('+').unwrap_or(&folded);
        let mut found: Vec<Self> = Self::all().filter(|country| country.matches(filter)).collect();
        found.sort_by_cached_key(|country| {
            let exact = country.code().eq_ignore_ascii_case(&folded)
                || country.calling_code().to_string() == digits;
            let name = country.folded_name();
            let begins = name.starts_with(&folded);
            let main = country.row().main;
            (!exact, exact && !main, !begins, name)
        });
        found
    }

    /// The name as filters compare it. Cached, as a filter compares all of them on every keystroke.
    fn folded_name(self) -> &'static str {
        static NAMES: LazyLock<Vec<String>> =
            LazyLock::new(|| COUNTRIES.iter().map(|row| fold(row.name)).collect());
        &NAMES[usize::from(self.0)]
    }

    /// Everyday names besides the official one, folded.
    fn aliases(self) -> &'static [&'static str] {
        match self.code() {
            "AE" => &["uae", "emirates"],
            "CI" => &["ivory coast"],
            "CZ" => &["czech republic"],
            "GB" => &["uk", "britain", "england"],
            "NL" => &["holland"],
            "TR" => &["turkey"],
            "US" => &["usa", "america"],
            _ => &[],
        }
    }

    fn row(self) -> &'static CountryRow {
        &COUNTRIES[usize::from(self.0)]
    }
}

/// Returns a text in lower case without accents, to compare what people type.
fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|letter| match letter {
            'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
            'ç' => 'c',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ñ' => 'n',
            'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            '’' => '\'',
            other => other,
        })
        .collect()
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
    type Err = UnknownCountry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_typed(text).map(|typed| typed.country)
    }
}

impl TryFrom<String> for Country {
    type Error = UnknownCountry;

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
    fn the_search_puts_the_closest_first() {
        let codes = |filter| Country::search(filter).iter().map(|c| c.code()).collect::<Vec<_>>();
        assert_eq!(codes("ger"), ["DE", "DZ", "NE", "NG"]);
        assert_eq!(codes("de")[0], "DE");
        assert_eq!(codes("49"), ["DE"]);
        assert_eq!(codes("+44")[0], "GB");
        assert_eq!(codes("cote")[0], "CI");
        assert_eq!(codes("reunion"), ["RE"]);
        assert_eq!(codes("uk")[0], "UA");
        assert!(codes("uk").contains(&"GB"));
        assert_eq!(codes("").len(), Country::all().len());
    }
}
