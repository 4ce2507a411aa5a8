//! Limits on how many codes may be sent, and where: they stop an abuser who makes a sign-in text
//! numbers that earn money for them (SMS pumping). Off unless set.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::country::Country;

/// The most codes within a span, 1 to 4,294,967,295.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
#[schemars(extend("maximum" = u32::MAX))]
pub struct Cap(NonZeroU32);

impl Cap {
    /// Returns a cap; `None` for 0, which is not a valid cap.
    pub const fn new(codes: u32) -> Option<Self> {
        match NonZeroU32::new(codes) {
            Some(codes) => Some(Self(codes)),
            None => None,
        }
    }

    /// The codes.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// The most codes within an hour and within a day; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// Within any 60 minutes; the minute that they begin in counts as a whole.
    pub hour: Option<Cap>,
    /// Within any 24 hours.
    pub day: Option<Cap>,
}

/// The limits of one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The only countries that are texted; `None`: all.
    pub only_countries: Option<BTreeSet<Country>>,
    /// Over all countries.
    pub environment: Caps,
    /// For each country that has none of its own, and for numbers of no country.
    pub each_country: Caps,
    /// For some countries, instead.
    pub countries: BTreeMap<Country, Caps>,
    /// Whether nothing is refused, and what would have been is only recorded.
    pub record_only: bool,
}

/// What went out already, within the last hour and day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Codes of the environment within an hour.
    pub hour: u32,
    /// Codes of the environment within a day.
    pub day: u32,
    /// Codes to the country within an hour.
    pub country_hour: u32,
    /// Codes to the country within a day.
    pub country_day: u32,
}

/// Why one more code is too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    /// The country is not listed.
    #[error("{} is not an allowed country", country_name(*.0))]
    Country(Option<Country>),
    /// A cap of the whole environment.
    #[error("the limit of {} {span} is reached", codes(*.cap))]
    Environment {
        /// The cap.
        cap: Cap,
        /// Within what.
        span: Span,
    },
    /// A cap of one country.
    #[error("the limit of {} {span} to {} is reached", codes(*.cap), country_name(*.country))]
    CountryCap {
        /// The country.
        country: Option<Country>,
        /// The cap.
        cap: Cap,
        /// Within what.
        span: Span,
    },
}

/// The span of a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hour => "per hour",
            Self::Day => "per day",
        })
    }
}

fn country_name(country: Option<Country>) -> &'static str {
    country.map_or("a number without a country", Country::name)
}

fn codes(cap: Cap) -> String {
    match cap.get() {
        1 => "1 code".to_owned(),
        codes => format!("{codes} codes"),
    }
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_off(&self) -> bool {
        let Self { only_countries, environment, each_country, countries, record_only: _ } = self;
        let none = Caps::default();
        only_countries.is_none()
            && *environment == none
            && *each_country == none
            && countries.values().all(|caps| *caps == none)
    }

    /// Whether the codes of the last hour matter.
    pub fn caps_hours(&self) -> bool {
        self.all_caps().any(|caps| caps.hour.is_some())
    }

    /// Whether the codes of the last day matter.
    pub fn caps_days(&self) -> bool {
        self.all_caps().any(|caps| caps.day.is_some())
    }

    fn all_caps(&self) -> impl Iterator<Item = &Caps> {
        [&self.environment, &self.each_country].into_iter().chain(self.countries.values())
    }

    /// The limit that one more code to a country would break, after what went out already.
    pub fn judge(&self, country: Option<Country>, traffic: Traffic) -> Option<OverLimit> {
        if let Some(only) = &self.only_countries
            && country.is_none_or(|country| !only.contains(&country))
        {
            return Some(OverLimit::Country(country));
        }
        let full = |cap: Option<Cap>, sent| cap.filter(|cap| sent >= cap.get());
        let own = country.and_then(|country| self.countries.get(&country));
        let caps = own.copied().unwrap_or(self.each_country);
        let of_country = |span| move |cap| OverLimit::CountryCap { country, cap, span };
        let of_all = |span| move |cap| OverLimit::Environment { cap, span };
        full(caps.hour, traffic.country_hour)
            .map(of_country(Span::Hour))
            .or_else(|| full(caps.day, traffic.country_day).map(of_country(Span::Day)))
            .or_else(|| full(self.environment.hour, traffic.hour).map(of_all(Span::Hour)))
            .or_else(|| full(self.environment.day, traffic.day).map(of_all(Span::Day)))
    }
}

/// `100 an hour, 1000 a day`
impl fmt::Display for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.hour, self.day) {
            (None, None) => f.write_str("no limit"),
            (Some(hour), None) => write!(f, "{} per hour", hour.get()),
            (None, Some(day)) => write!(f, "{} per day", day.get()),
            (Some(hour), Some(day)) => write!(f, "{} per hour, {} per day", hour.get(), day.get()),
        }
    }
}

/// `off`, or `100 an hour; each country 10 an hour; only CO US; records only`
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_off() {
            return f.write_str("off");
        }
        let mut parts = Vec::new();
        if self.environment != Caps::default() {
            parts.push(self.environment.to_string());
        }
        if self.each_country != Caps::default() {
            parts.push(format!("each country {}", self.each_country));
        }
        let own = self.countries.iter();
        parts.extend(own.map(|(country, caps)| format!("{} {caps}", country.code())));
        if let Some(only) = &self.only_countries {
            let codes: Vec<&str> = only.iter().map(|country| country.code()).collect();
            parts.push(format!("only {}", codes.join(" ")));
        }
        if self.record_only {
            parts.push("log only".to_owned());
        }
        f.write_str(&parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Option<Country> {
        Country::from_code(code)
    }

    #[test]
    fn limits_that_are_off_refuse_no_one() {
        let traffic = Traffic { hour: 9, day: 9, country_hour: 9, country_day: 9 };
        assert_eq!(Limits::default().judge(None, traffic), None);
        assert_eq!(Limits::default().to_string(), "off");
    }

    #[test]
    fn a_country_that_is_not_listed_is_refused_and_so_is_none() {
        let only = Limits {
            only_countries: Some(country("CO").into_iter().collect()),
            ..Limits::default()
        };
        assert_eq!(only.judge(country("CO"), Traffic::default()), None);
        for other in [country("DE"), None] {
            assert_eq!(only.judge(other, Traffic::default()), Some(OverLimit::Country(other)));
        }
    }

    #[test]
    fn a_country_has_its_own_cap_or_that_of_each() {
        let caps = |hour| Caps { hour: Cap::new(hour), day: None };
        let limits = Limits {
            each_country: caps(1),
            countries: country("CO").map(|country| (country, caps(5))).into_iter().collect(),
            ..Limits::default()
        };
        let traffic = Traffic { country_hour: 4, ..Traffic::default() };
        assert_eq!(limits.judge(country("CO"), traffic), None);
        let over = limits.judge(country("DE"), traffic).unwrap();
        assert_eq!(over.to_string(), "the limit of 1 code per hour to Germany is reached");
        assert_eq!(limits.to_string(), "each country 1 per hour; CO 5 per hour");
    }
}
