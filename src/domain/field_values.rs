//! What the kinds of values that settings have look like, how they are typed, and how two changes
//! of them come together. Knows no field.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::app_name::AppName;
use super::bounded::Bounded;
use super::country::Country;
use super::field_table::{Part, Typed, Value, Written, agreed};
use super::from_numbers::FromNumbers;
use super::limits::{Caps, Limits};
use super::message_options::MessageOptions;
use super::message_overrides::{Audience, MessageOverrides};
use super::message_text::MessageTemplate;
use super::phone::PhoneNumber;
use super::price::Price;
use super::provider::{AccountSid, ApiKeySid, BaseUrl, ProviderKind};
use super::recipients::Recipients;
use super::secret::SecretSource;
use super::set_change::set_change;

/// What is shown where nothing is set.
const NOT_SET: &str = "not set";

impl<const MIN: u16, const MAX: u16> Value for Bounded<MIN, MAX> {
    const TYPED: Option<Typed<Self>> = Some(Typed {
        max_length: 6,
        text: |number| number.get().to_string(),
        parse: |typed| Self::parse(typed).map_err(|_| whole_number(MIN, MAX)),
    });

    fn show(&self) -> String {
        self.get().to_string()
    }

    fn takes() -> Option<String> {
        Some(whole_number(MIN, MAX))
    }
}

fn whole_number(min: u16, max: u16) -> String {
    format!("a whole number from {min} to {max}")
}

impl Value for Option<Country> {
    const TYPED: Option<Typed<Self>> = Some(Typed {
        max_length: 40,
        text: |country| country.map_or("", Country::code).to_owned(),
        parse: |typed| match typed.trim() {
            "" => Ok(None),
            typed => Country::from_typed(typed)
                .map(|found| Some(found.country))
                .map_err(|error| error.to_string()),
        },
    });
    const WRITTEN: Written = Written::Text;

    fn show(&self) -> String {
        self.map_or_else(|| NOT_SET.to_owned(), |country| country.to_string())
    }

    fn brief(&self) -> String {
        self.map_or_else(
            || "–".to_owned(),
            |country| format!("+{} {}", country.calling_code(), country.name()),
        )
    }

    fn takes() -> Option<String> {
        Some("a country such as CO, or None".to_owned())
    }
}

impl Value for ProviderKind {
    fn show(&self) -> String {
        self.name().to_owned()
    }

    fn brief(&self) -> String {
        match self {
            Self::Sandbox => "Sandbox (built in)".to_owned(),
            Self::Twilio => self.show(),
        }
    }

    fn takes() -> Option<String> {
        Some("Sandbox, or Twilio(account_sid: \"AC…\")".to_owned())
    }
}

impl Value for Option<AccountSid> {
    const TYPED: Option<Typed<Self>> = Some(Typed {
        max_length: 64,
        text: |sid| sid.as_ref().map_or("", AccountSid::as_str).to_owned(),
        parse: |typed| match typed.trim() {
            "" => Ok(None),
            typed => AccountSid::parse(typed).map(Some).map_err(|error| error.to_string()),
        },
    });
    const WRITTEN: Written = Written::Text;

    fn show(&self) -> String {
        shown(self.as_ref().map(AccountSid::as_str))
    }

    fn brief(&self) -> String {
        shown(self.as_ref().map(AccountSid::shortened))
    }
}

impl Value for Option<ApiKeySid> {
    const WRITTEN: Written = Written::Text;

    fn show(&self) -> String {
        shown(self.as_ref().map(ApiKeySid::as_str))
    }
}

impl Value for Option<SecretSource> {
    fn show(&self) -> String {
        shown(self.as_ref())
    }

    fn takes() -> Option<String> {
        let sources =
            "Stored, Env(\"NAME\"), File(\"/path\"), Command([\"pass\", \"show\", \"x\"])";
        Some(format!("{sources} or None"))
    }
}

impl Value for Option<BaseUrl> {
    const WRITTEN: Written = Written::Text;

    fn show(&self) -> String {
        shown(self.as_ref().map(BaseUrl::as_str))
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(|| NOT_SET.to_owned(), |value| value.to_string())
}

/// A part that is written as it stands in the file.
const fn part(key: &'static str, takes: &'static str) -> Part {
    Part { key, written: Written::Ron, takes }
}

impl Value for MessageOptions {
    const PARTS: &'static [Part] = &[
        part("risk_check", "Enable, Disable or None"),
        part("content_retention", "Retain, Discard or None"),
        part("address_retention", "Retain, Obfuscate or None"),
    ];

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for MessageTemplate {
    const WRITTEN: Written = Written::Text;

    fn show(&self) -> String {
        format!("{:?}", self.as_str())
    }
}

impl Value for MessageOverrides {
    const WRITTEN: Written = Written::TextMap;

    fn show(&self) -> String {
        if self.is_empty() {
            return "none".to_owned();
        }
        let texts = self.iter().map(|(audience, text)| format!("{audience}: {:?}", text.as_str()));
        texts.collect::<Vec<_>>().join("; ")
    }

    fn takes() -> Option<String> {
        Some("texts such as {\"CO\": \"{code} es tu código\"}, or {} for none".to_owned())
    }

    fn merged(sides: [&Self; 3]) -> Option<Self> {
        let all: BTreeSet<Audience> =
            sides.iter().flat_map(|it| it.iter().map(|(audience, _)| audience)).collect();
        let mut merged = Self::default();
        for audience in all {
            merged.set(audience, agreed(sides.map(|it| it.get(audience).cloned()))?);
        }
        Some(merged)
    }
}

impl Value for Recipients {
    /// With the masked numbers, as the lists may differ while their lengths do not.
    fn show(&self) -> String {
        match self {
            Self::Anyone => self.to_string(),
            Self::Only(numbers) => {
                let masked: Vec<String> = numbers.iter().map(PhoneNumber::masked).collect();
                format!("{self} ({})", masked.join(", "))
            }
        }
    }

    fn brief(&self) -> String {
        self.to_string()
    }

    /// Of two lists only what differs, as they may have thousands of numbers.
    fn change(&self, new: &Self) -> (String, String) {
        let (Self::Only(before), Self::Only(after)) = (self, new) else {
            return (self.show(), new.show());
        };
        let changed = set_change(before, after, PhoneNumber::masked);
        (self.to_string(), format!("{new}: {changed}"))
    }

    fn takes() -> Option<String> {
        Some("Anyone, or Only([\"+573001234567\"])".to_owned())
    }

    fn merged(sides: [&Self; 3]) -> Option<Self> {
        let [Self::Only(base), Self::Only(mine), Self::Only(theirs)] = sides else {
            return agreed(sides.map(Clone::clone));
        };
        let all = base.iter().chain(mine).chain(theirs);
        // A number is on a list or not: two changes to that cannot conflict.
        let is_on = |number: &&PhoneNumber| {
            agreed([base, mine, theirs].map(|list| list.contains(number))) == Some(true)
        };
        let merged: BTreeSet<PhoneNumber> = all.filter(is_on).cloned().collect();
        (!merged.is_empty()).then_some(Self::Only(merged))
    }
}

impl Value for Limits {
    const PARTS: &'static [Part] = &[
        part("only_countries", "a list such as [\"CO\", \"US\"], or None"),
        part("per_hour", "a whole number from 1, or None"),
        part("per_day", "a whole number from 1, or None"),
        part("country_per_hour", "a whole number from 1, or None"),
        part("country_per_day", "a whole number from 1, or None"),
        Part {
            key: "countries",
            written: Written::Map,
            takes: "caps such as {\"CO\": (per_hour: 200)}, or {} for none",
        },
        part("record_only", "true or false"),
    ];

    fn show(&self) -> String {
        self.to_string()
    }

    fn takes() -> Option<String> {
        Some("caps such as (per_hour: 500, per_day: 5000), or () for none".to_owned())
    }

    fn merged(sides: [&Self; 3]) -> Option<Self> {
        let caps = |get: fn(&Self) -> Caps| {
            let sides = sides.map(get);
            let hour = agreed(sides.map(|it| it.hour))?;
            Some(Caps { hour, day: agreed(sides.map(|it| it.day))? })
        };
        let all: BTreeSet<Country> =
            sides.iter().flat_map(|it| it.countries.keys().copied()).collect();
        let mut countries = BTreeMap::new();
        for country in all {
            if let Some(caps) = agreed(sides.map(|it| it.countries.get(&country).copied()))? {
                countries.insert(country, caps);
            }
        }
        Some(Self {
            only_countries: agreed(sides.map(|it| it.only_countries.clone()))?,
            environment: caps(|it| it.environment)?,
            each_country: caps(|it| it.each_country)?,
            countries,
            record_only: agreed(sides.map(|it| it.record_only))?,
        })
    }
}

impl Value for FromNumbers {
    const PARTS: &'static [Part] = &[Part {
        key: "default_number",
        written: Written::Text,
        takes: "one of the From numbers, or None",
    }];

    fn show(&self) -> String {
        format!("{} numbers", self.rows().len())
    }

    fn takes() -> Option<String> {
        let example = "[(sender: \"+14155550100\", countries: [\"CA\", \"US\"])]";
        Some(format!("a list such as {example}"))
    }
}

impl Value for String {
    const WRITTEN: Written = Written::Text;

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for AppName {
    const WRITTEN: Written = Written::Text;

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for bool {
    fn show(&self) -> String {
        self.to_string()
    }

    fn takes() -> Option<String> {
        Some("true or false".to_owned())
    }
}

impl Value for Option<PathBuf> {
    const WRITTEN: Written = Written::Text;

    fn show(&self) -> String {
        shown(self.as_ref().map(|path| path.display()))
    }
}

impl Value for Option<Price> {
    fn show(&self) -> String {
        shown(self.as_ref())
    }

    fn takes() -> Option<String> {
        Some("a number from 0 to 1000, or None".to_owned())
    }
}
