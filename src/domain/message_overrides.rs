//! Texts for some recipients only: by country, or by the main language of a country. Everybody
//! else reads the environment's own text.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::country::Country;
use super::message_text::MessageTemplate;

/// Whom a text is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("pattern" = "^([A-Z]{2}|[a-z]{2})$"))]
pub enum Audience {
    /// Recipients in one country, written `CO`.
    Country(Country),
    /// Recipients in all countries of a language, written `es`.
    Language(Language),
}

/// A language, as ISO 639-1 has it, that is the main one of some country here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Language(&'static str);

/// The text is neither a country nor a language that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a country (CO) nor a language (es)")]
pub struct AudienceError(String);

/// The countries whose main language is this one, by their ISO codes. A country with several
/// languages of equal weight is in none: it is named by itself.
#[rustfmt::skip]
static LANGUAGES: &[(&str, &str)] = &[
    ("ar", "AE BH DZ EG IQ JO KW LB LY MA MR OM PS QA SA SD SY TN YE"),
    ("bg", "BG"), ("cs", "CZ"), ("da", "DK"),
    ("de", "AT DE LI"),
    ("el", "CY GR"),
    ("en", "AG AI AU BB BM BS BZ DM FK GB GD GG GH GI GM GU GY IE IM JE JM KN KY LC LR MP MS NG NZ SG SL TC TT UG US VC VG VI ZM ZW"),
    ("es", "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE"),
    ("et", "EE"), ("fa", "IR"), ("fi", "FI"),
    ("fr", "BF BJ BL CD CF CG CI DJ FR GA GF GN GP MC MF ML MQ NC NE PF PM RE SN TD TG WF YT"),
    ("he", "IL"), ("hr", "HR"), ("hu", "HU"), ("hy", "AM"), ("id", "ID"), ("is", "IS"),
    ("it", "IT SM VA"),
    ("ja", "JP"), ("ka", "GE"), ("ko", "KR"), ("lt", "LT"), ("lv", "LV"), ("mk", "MK"),
    ("ms", "BN MY"),
    ("nl", "AW BQ CW NL SR SX"),
    ("no", "NO SJ"), ("pl", "PL"),
    ("pt", "AO BR CV GW MZ PT ST"),
    ("ro", "MD RO"), ("ru", "BY RU"), ("sk", "SK"), ("sl", "SI"),
    ("sq", "AL XK"),
    ("sr", "ME RS"),
    ("sv", "AX SE"),
    ("th", "TH"), ("tr", "TR"), ("uk", "UA"), ("vi", "VN"),
    ("zh", "CN HK MO TW"),
];

impl Language {
    /// The main language of a country; `None` where there are several.
    pub fn of(country: Country) -> Option<Self> {
        let includes = |codes: &str| codes.split(' ').any(|code| code == country.code());
        let (language, _) = LANGUAGES.iter().find(|(_, codes)| includes(codes))?;
        Some(Self(language))
    }
}

impl FromStr for Audience {
    type Err = AudienceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        // Only the case distinguishes Spain (ES) from Spanish (es).
        let is_country = text.bytes().all(|byte| byte.is_ascii_uppercase());
        if let Some(country) = Country::from_code(text).filter(|_| is_country) {
            return Ok(Self::Country(country));
        }
        let known = LANGUAGES.iter().find(|(language, _)| *language == text);
        known
            .map(|(language, _)| Self::Language(Language(language)))
            .ok_or_else(|| AudienceError(text.chars().take(20).collect()))
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Country(country) => country.code(),
            Self::Language(language) => language.0,
        })
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> Self {
        audience.to_string()
    }
}

impl TryFrom<String> for Audience {
    type Error = AudienceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The texts for some recipients only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MessageOverrides(BTreeMap<Audience, MessageTemplate>);

impl MessageOverrides {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text for recipients in a country: its own, else its language's.
    pub fn for_country(&self, country: Option<Country>) -> Option<&MessageTemplate> {
        let country = country?;
        let language = Language::of(country).map(Audience::Language);
        self.0
            .get(&Audience::Country(country))
            .or_else(|| language.and_then(|language| self.0.get(&language)))
    }

    /// The text of exactly this audience.
    pub fn get(&self, audience: Audience) -> Option<&MessageTemplate> {
        self.0.get(&audience)
    }

    /// Sets or removes the text of an audience.
    pub fn set(&mut self, audience: Audience, message: Option<MessageTemplate>) {
        match message {
            Some(message) => self.0.insert(audience, message),
            None => self.0.remove(&audience),
        };
    }

    /// Every text, by audience.
    pub fn iter(&self) -> impl Iterator<Item = (Audience, &MessageTemplate)> {
        self.0.iter().map(|(audience, message)| (*audience, message))
    }
}

/// `CO, es`
impl fmt::Display for MessageOverrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audiences: Vec<String> = self.0.keys().map(ToString::to_string).collect();
        f.write_str(&audiences.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> MessageTemplate {
        MessageTemplate::parse(text).unwrap()
    }

    #[test]
    fn a_country_comes_before_its_language() {
        let mut own = MessageOverrides::default();
        own.set("es".parse().unwrap(), Some(text("{code} es tu clave.")));
        own.set("CO".parse().unwrap(), Some(text("{code} es su clave.")));
        let read =
            |code: &str| own.for_country(Country::from_code(code)).map(MessageTemplate::as_str);
        assert_eq!(read("CO"), Some("{code} es su clave."));
        assert_eq!(read("MX"), Some("{code} es tu clave."));
        assert_eq!((read("US"), read("CH")), (None, None));
        assert_eq!(own.for_country(None), None);
        assert_eq!(own.to_string(), "CO, es");
    }

    #[test]
    fn the_table_names_countries_that_exist_and_none_twice() {
        let mut codes: Vec<&str> =
            LANGUAGES.iter().flat_map(|(_, codes)| codes.split(' ')).collect();
        let all = codes.len();
        assert!(codes.iter().all(|code| Country::from_code(code).is_some()), "{codes:?}");
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
        assert!(LANGUAGES.is_sorted_by_key(|(language, _)| *language));
    }

    #[test]
    fn an_audience_is_a_country_or_a_language() {
        for known in ["CO", "ES", "es", "zh"] {
            assert_eq!(known.parse::<Audience>().unwrap().to_string(), known);
        }
        for unknown in ["", "ES-MX", "xx", "XX", "spanish"] {
            assert!(unknown.parse::<Audience>().is_err(), "{unknown}");
        }
    }
}
