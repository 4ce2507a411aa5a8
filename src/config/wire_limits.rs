//! The limits of an environment as `config.ron` has them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::country::Country;
use crate::domain::limits::{Cap, Caps, Limits};

/// Every field may be left out: it limits nothing then.
#[derive(Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Limits")]
pub(super) struct WireLimits {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some_countries")]
    #[schemars(extend("minItems" = 1))]
    only_countries: Option<BTreeSet<Country>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_hour: Option<Cap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_day: Option<Cap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_per_hour: Option<Cap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_per_day: Option<Cap>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    countries: BTreeMap<Country, WireCaps>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    record_only: bool,
}

/// Refuses an empty list: it is never intended, and the limits' pop-up could not show it.
fn some_countries<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeSet<Country>>, D::Error> {
    let countries: Option<BTreeSet<Country>> = Option::deserialize(deserializer)?;
    if countries.as_ref().is_some_and(BTreeSet::is_empty) {
        return Err(D::Error::custom(
            "an empty list would block everyone: name a country, or omit it",
        ));
    }
    Ok(countries)
}

#[derive(Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Caps")]
struct WireCaps {
    #[serde(skip_serializing_if = "Option::is_none")]
    per_hour: Option<Cap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_day: Option<Cap>,
}

impl WireLimits {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl From<WireLimits> for Limits {
    fn from(wire: WireLimits) -> Self {
        let countries = wire.countries.into_iter();
        Self {
            only_countries: wire.only_countries,
            environment: Caps { hour: wire.per_hour, day: wire.per_day },
            each_country: Caps { hour: wire.country_per_hour, day: wire.country_per_day },
            countries: countries
                .map(|(country, caps)| (country, Caps { hour: caps.per_hour, day: caps.per_day }))
                .collect(),
            record_only: wire.record_only,
        }
    }
}

impl From<Limits> for WireLimits {
    fn from(limits: Limits) -> Self {
        let countries = limits.countries.into_iter();
        Self {
            only_countries: limits.only_countries,
            per_hour: limits.environment.hour,
            per_day: limits.environment.day,
            country_per_hour: limits.each_country.hour,
            country_per_day: limits.each_country.day,
            countries: countries
                .map(|(country, caps)| {
                    (country, WireCaps { per_hour: caps.hour, per_day: caps.day })
                })
                .collect(),
            record_only: limits.record_only,
        }
    }
}
