//! The settings of one environment, and the table with a row for each of their fields.
//!
//! Every value here has passed its own rule already, so `Settings` can always be saved; risky
//! settings are the concern of the warnings. Knows neither the file nor a screen.

use std::collections::BTreeSet;

use super::bounded::{Bounded, CodeValidity, CodesAllowed, TimeOut};
use super::country::Country;
use super::environment::Environment;
use super::field_table::{Lens, Row, field_table};
use super::from_numbers::{FromNumber, FromNumbers};
use super::limits::Limits;
use super::message_overrides::MessageOverrides;
use super::message_text::MessageTemplate;
use super::phone::PhoneNumber;
use super::provider::Provider;
use super::quota::QuotaRule;
use super::recipients::Recipients;
use super::sender::Sender;

/// All settings of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Applied to a number that has no country code.
    pub default_country: Option<Country>,
    /// How long a code is valid.
    pub code_validity: CodeValidity,
    /// Codes allowed before the time-out.
    pub codes_allowed: CodesAllowed,
    /// Time-out between code requests.
    pub time_out: TimeOut,
    /// Who delivers the messages.
    pub provider: Provider,
    /// Which sender serves which country.
    pub from_numbers: FromNumbers,
    /// What the user reads.
    pub message: MessageTemplate,
    /// What users of some countries or languages read instead.
    pub message_overrides: MessageOverrides,
    /// Whom this environment may text.
    pub recipients: Recipients,
    /// How many codes may go out at all, and where.
    pub limits: Limits,
}

/// Where a value is in the settings.
type Setting<T> = Lens<Settings, T>;

field_table! {
    /// One of the settings, for errors, warnings, differences and the audit.
    Field of Settings {
        /// [`Settings::default_country`]
        DefaultCountry => Row {
            key: "default_country",
            below: None,
            label: "Default country code",
            short_label: "Default country",
            explanation: "Added to numbers without a country code.",
            unit: "",
            value: &Setting {
                get: |it| it.default_country,
                set: |it, value| it.default_country = value,
            },
        },
        /// [`Settings::code_validity`]
        CodeValidity => Row {
            key: "code_validity_minutes",
            below: None,
            label: "Code validity period",
            short_label: "Code validity",
            explanation: "Minutes, 1 to 10 (NIST SP 800-63B). A code expires exactly at the end.",
            unit: " min",
            value: &Setting { get: |it| it.code_validity, set: |it, value| it.code_validity = value },
        },
        /// [`Settings::codes_allowed`]
        CodesAllowed => Row {
            key: "codes_allowed",
            below: None,
            label: "Number of codes allowed",
            short_label: "Codes allowed",
            explanation: "Codes per user before the time-out, 1 to 20.",
            unit: "",
            value: &Setting { get: |it| it.codes_allowed, set: |it, value| it.codes_allowed = value },
        },
        /// [`Settings::time_out`]
        TimeOut => Row {
            key: "request_time_out_minutes",
            below: None,
            label: "Time-out between code requests",
            short_label: "Time-out",
            explanation: "Minutes after the last code allowed, 1 to 1440.",
            unit: " min",
            value: &Setting { get: |it| it.time_out, set: |it, value| it.time_out = value },
        },
        /// [`Settings::provider`]
        Provider => Row {
            key: "provider",
            below: None,
            label: "Provider",
            short_label: "Provider",
            explanation: "Who delivers the messages.",
            unit: "",
            value: &Setting {
                get: |it| it.provider.kind(),
                set: |it, kind| it.provider.change_to(kind),
            },
        },
        /// The account that messages are billed to.
        AccountSid => Row {
            key: "account_sid",
            below: Some("provider"),
            label: "Account SID",
            short_label: "Account SID",
            explanation: "AC and 32 hexadecimal digits, from the Twilio console.",
            unit: "",
            value: &Setting {
                get: |it| it.provider.twilio().and_then(|it| it.account_sid.clone()),
                set: |it, value| it.provider.set_twilio(|it| it.account_sid = value),
            },
        },
        /// The API key, if one is used instead of account default token.
        ApiKey => Row {
            key: "api_key",
            below: Some("provider"),
            label: "API key",
            short_label: "API key",
            explanation: "SK and 32 hexadecimal digits: used instead of account default token; its \
                secret is the auth token then.",
            unit: "",
            value: &Setting {
                get: |it| it.provider.twilio().and_then(|it| it.api_key.clone()),
                set: |it, value| it.provider.set_twilio(|it| it.api_key = value),
            },
        },
        /// The auth token, or the secret of the API key.
        AuthToken => Row {
            key: "auth_token",
            below: Some("provider"),
            label: "Auth token",
            short_label: "Auth token",
            explanation: "Where the auth token is found, or the secret of the API key; never the token \
                itself.",
            unit: "",
            value: &Setting {
                get: |it| it.provider.twilio().and_then(|it| it.auth_token.clone()),
                set: |it, value| it.provider.set_twilio(|it| it.auth_token = value),
            },
        },
        /// Another server than the provider's own.
        BaseUrl => Row {
            key: "base_url",
            below: Some("provider"),
            label: "Base URL",
            short_label: "Base URL",
            explanation: "Another server than Twilio's own: https, or http on this machine.",
            unit: "",
            value: &Setting {
                get: |it| it.provider.twilio().and_then(|it| it.base_url.clone()),
                set: |it, value| it.provider.set_twilio(|it| it.base_url = value),
            },
        },
        /// What the provider does with messages besides delivering them: three fields in the file.
        MessageOptions => Row {
            key: "message_options",
            below: Some("provider"),
            label: "Message options",
            short_label: "Message options",
            explanation: "What Twilio does with messages besides delivering them.",
            unit: "",
            value: &Setting {
                get: |it| it.provider.message_options(),
                set: |it, value| it.provider.set_twilio(|it| it.options = value),
            },
        },
        /// [`Settings::message`]
        Message => Row {
            key: "message",
            below: None,
            label: "Message text",
            short_label: "Message",
            explanation: "What the user reads. Must have {code}; {minutes} and {app} may be in it.",
            unit: "",
            value: &Setting { get: |it| it.message.clone(), set: |it, value| it.message = value },
        },
        /// [`Settings::message_overrides`]
        MessageOverrides => Row {
            key: "own_messages",
            below: None,
            label: "Texts by country or language",
            short_label: "Texts by country or language",
            explanation: "What users of some countries or languages read instead.",
            unit: "",
            value: &Setting {
                get: |it| it.message_overrides.clone(),
                set: |it, value| it.message_overrides = value,
            },
        },
        /// [`Settings::recipients`]
        Recipients => Row {
            key: "recipients",
            below: None,
            label: "Recipients",
            short_label: "Recipients",
            explanation: "Whom this environment may text. The Sandbox ignores it.",
            unit: "",
            value: &Setting {
                get: |it| it.recipients.clone(),
                set: |it, value| it.recipients = value,
            },
        },
        /// [`Settings::limits`]
        Limits => Row {
            key: "limits",
            below: None,
            label: "Limits",
            short_label: "Limits",
            explanation: "How many codes may go out at all, and where.",
            unit: "",
            value: &Setting { get: |it| it.limits.clone(), set: |it, value| it.limits = value },
        },
        /// [`Settings::from_numbers`]
        FromNumbers => Row {
            key: "from_numbers",
            below: None,
            label: "From numbers",
            short_label: "From numbers",
            explanation: "Which sender serves which country.",
            unit: "",
            value: &Setting {
                get: |it| it.from_numbers.clone(),
                set: |it, value| it.from_numbers = value,
            },
        },
    }
}

impl Field {
    /// The field with a name in `config.ron`.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.key() == key)
    }

    /// Its name in `config.ron`, on the command line and in JSON.
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// The full label.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// Whether it is a part of the provider's account, which the Sandbox does not have.
    pub fn is_of_account(self) -> bool {
        self.row().below == Some(Self::Provider.key())
    }
}

impl Settings {
    /// The built-in settings, used where there is no config file: Development can send to
    /// the Sandbox at once, the others wait for a Twilio account.
    pub fn built_in(environment: Environment) -> Self {
        let sandbox = environment == Environment::Development;
        Self {
            default_country: None,
            code_validity: Bounded::nearest(5),
            codes_allowed: Bounded::nearest(3),
            time_out: Bounded::nearest(15),
            provider: if sandbox { Provider::Sandbox } else { Provider::Twilio(Box::default()) },
            from_numbers: if sandbox { sandbox_numbers() } else { FromNumbers::default() },
            message: MessageTemplate::default(),
            message_overrides: MessageOverrides::default(),
            recipients: Recipients::Anyone,
            limits: Limits::default(),
        }
    }

    /// The rule that the quota is judged by.
    pub const fn quota_rule(&self) -> QuotaRule {
        QuotaRule { allowed: self.codes_allowed, time_out: self.time_out }
    }

    /// What users in a country read.
    pub fn message_for(&self, country: Option<Country>) -> &MessageTemplate {
        self.message_overrides.for_country(country).unwrap_or(&self.message)
    }

    /// Whether this environment may text a number.
    pub fn may_text(&self, number: &PhoneNumber) -> bool {
        match &self.recipients {
            Recipients::Only(numbers) if self.provider.reaches_people() => numbers.contains(number),
            _ => true,
        }
    }
}

/// The number that Twilio's test credentials accept as a sender.
fn sandbox_numbers() -> FromNumbers {
    let number = Sender::parse("+15005550006").ok().zip(Country::from_code("US"));
    let grid = number.and_then(|(sender, country)| {
        let row = FromNumber { sender: sender.clone(), countries: BTreeSet::from([country]) };
        FromNumbers::new(vec![row], Some(sender)).ok()
    });
    grid.unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests;
