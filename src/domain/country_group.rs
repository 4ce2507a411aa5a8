//! Groups of countries by the names that people use for them, and lists of countries as typed.

use super::country::{Country, CountryError};

/// A group: what it is called, and the ISO codes of its members.
struct Group {
    names: &'static [&'static str],
    title: &'static str,
    members: &'static str,
}

/// The groups. Members of the EU and the EEA are those of 2026 (europa.eu, efta.int).
const GROUPS: &[Group] = &[
    Group {
        names: &["EU", "European Union"],
        title: "European Union",
        members: "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK",
    },
    Group {
        names: &["EEA", "European Economic Area"],
        title: "European Economic Area",
        members: "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO \
                  SE SI SK",
    },
    Group { names: &["DACH"], title: "DACH", members: "AT CH DE" },
    Group {
        names: &["Nordics", "Nordic countries"],
        title: "Nordic countries",
        members: "AX DK FI FO GL IS NO SE",
    },
    Group { names: &["Baltics", "Baltic states"], title: "Baltic states", members: "EE LT LV" },
    Group { names: &["Benelux"], title: "Benelux", members: "BE LU NL" },
    Group {
        names: &["LATAM", "Latin America"],
        title: "Latin America",
        members: "AR BO BR CL CO CR CU DO EC GT HN HT MX NI PA PE PR PY SV UY VE",
    },
    Group {
        names: &["GCC", "Gulf states"],
        title: "Gulf Cooperation Council",
        members: "AE BH KW OM QA SA",
    },
];

/// Several countries that a text names at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCountries {
    /// What the text stands for, such as `European Union`, `+1` or `GB, IE`.
    pub title: String,
    /// The countries, by code, each once.
    pub countries: Vec<Country>,
}

impl NamedCountries {
    /// The countries of a group (`EU`, `LATAM`), of a calling code that several share (`+1`), or of
    /// a list with commas (`GB,IE,GG`); `None` where the text names none of these.
    pub fn find(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains([',', ';']) {
            let countries = parse_list(text).ok().filter(|countries| countries.len() > 1)?;
            let codes: Vec<&str> = countries.iter().map(|country| country.code()).collect();
            return Some(Self { title: codes.join(", "), countries });
        }
        group(text).or_else(|| of_calling_code(text))
    }
}

/// Reads countries and groups with commas between them; each country once, by code.
///
/// # Errors
/// With the first part that names neither.
pub fn parse_list(text: &str) -> Result<Vec<Country>, CountryError> {
    let mut countries = Vec::new();
    for part in text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        match group(part).or_else(|| of_calling_code(part).filter(|_| part.starts_with('+'))) {
            Some(group) => countries.extend(group.countries),
            None => countries.push(Country::from_typed(part)?.country),
        }
    }
    countries.sort_by_key(|country| country.code());
    countries.dedup();
    Ok(countries)
}

fn group(text: &str) -> Option<NamedCountries> {
    let is_called = |group: &&Group| group.names.iter().any(|name| name.eq_ignore_ascii_case(text));
    let group = GROUPS.iter().find(is_called)?;
    let countries = group.members.split_whitespace().filter_map(Country::from_code).collect();
    Some(NamedCountries { title: group.title.to_owned(), countries })
}

/// The countries that share a calling code, if several do.
fn of_calling_code(text: &str) -> Option<NamedCountries> {
    let digits = text.strip_prefix('+')?;
    let mut countries = Country::sharing_calling_code(digits.parse().ok()?);
    countries.sort_by_key(|country| country.code());
    (countries.len() > 1).then(|| NamedCountries { title: format!("+{digits}"), countries })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_of_a_group_is_a_country() {
        for group in GROUPS {
            for code in group.members.split_whitespace() {
                assert!(Country::from_code(code).is_some(), "{code} in {}", group.title);
            }
        }
    }

    #[test]
    fn groups_calling_codes_and_lists_name_several_countries() {
        let count = |text| NamedCountries::find(text).map(|it| it.countries.len());
        assert_eq!(count("EU"), Some(27));
        assert_eq!(count("eea"), Some(30));
        assert_eq!(count("+1"), Some(Country::sharing_calling_code(1).len()));
        assert_eq!(count("GB,IE;GG"), Some(3));
        for one in ["UK", "+57", "57", "Réunion", "GB", "GB,", "", "GB,nowhere"] {
            assert_eq!(count(one), None, "{one}");
        }
        let named = NamedCountries::find("de, at").unwrap();
        assert_eq!(named.title, "AT, DE");
    }

    #[test]
    fn lists_may_hold_groups_and_each_country_counts_once() {
        let codes = |text| -> Vec<&str> {
            parse_list(text).unwrap().into_iter().map(Country::code).collect()
        };
        assert_eq!(codes("DACH,DE,UK"), ["AT", "CH", "DE", "GB"]);
        assert_eq!(codes(""), Vec::<&str>::new());
        assert!(parse_list("DE,Atlantis").unwrap_err().to_string().contains("Atlantis"));
    }
}
