//! The settings of one environment. Every value here has passed its own rule already, so a
//! `Settings` can always be saved; what is unwise about it, the warnings say.

use std::collections::BTreeSet;

use super::bounded::{Bounded, CodeValidity, CodesAllowed, TimeOut};
use super::country::Country;
use super::environment::Environment;
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

/// One of the settings, for errors, warnings, differences and the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// [`Settings::default_country`]
    DefaultCountry,
    /// [`Settings::code_validity`]
    CodeValidity,
    /// [`Settings::codes_allowed`]
    CodesAllowed,
    /// [`Settings::time_out`]
    TimeOut,
    /// [`Settings::provider`]
    Provider,
    /// The account SID of a Twilio account.
    AccountSid,
    /// The API key of a Twilio account, if one is used.
    ApiKey,
    /// The auth token, or the secret of the API key.
    AuthToken,
    /// The base URL of the provider, if not its own.
    BaseUrl,
    /// What the provider does with messages besides delivering them.
    MessageOptions,
    /// [`Settings::message`]
    Message,
    /// [`Settings::message_overrides`]
    MessageOverrides,
    /// [`Settings::recipients`]
    Recipients,
    /// [`Settings::limits`]
    Limits,
    /// [`Settings::from_numbers`]
    FromNumbers,
}

impl Field {
    /// All of them, in the order in which people read them.
    pub const ALL: [Self; 15] = [
        Self::DefaultCountry,
        Self::CodeValidity,
        Self::CodesAllowed,
        Self::TimeOut,
        Self::Provider,
        Self::AccountSid,
        Self::ApiKey,
        Self::AuthToken,
        Self::BaseUrl,
        Self::MessageOptions,
        Self::Message,
        Self::MessageOverrides,
        Self::Recipients,
        Self::Limits,
        Self::FromNumbers,
    ];

    /// Its name in `config.ron`, on the command line and in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::DefaultCountry => "default_country",
            Self::CodeValidity => "code_validity_minutes",
            Self::CodesAllowed => "codes_allowed",
            Self::TimeOut => "request_time_out_minutes",
            Self::Provider => "provider",
            Self::AccountSid => "account_sid",
            Self::ApiKey => "api_key",
            Self::AuthToken => "auth_token",
            Self::BaseUrl => "base_url",
            // Three fields there, which are told as one.
            Self::MessageOptions => "message_options",
            Self::Message => "message",
            Self::MessageOverrides => "own_messages",
            Self::Recipients => "recipients",
            Self::Limits => "limits",
            Self::FromNumbers => "from_numbers",
        }
    }

    /// The full label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DefaultCountry => "Default country code",
            Self::CodeValidity => "Code validity period",
            Self::CodesAllowed => "Number of codes allowed",
            Self::TimeOut => "Time-out between code requests",
            Self::Provider => "Provider",
            Self::AccountSid => "Account SID",
            Self::ApiKey => "API key",
            Self::AuthToken => "Auth token",
            Self::BaseUrl => "Base URL",
            Self::MessageOptions => "Message options",
            Self::Message => "Message text",
            Self::MessageOverrides => "Texts by country or language",
            Self::Recipients => "Recipients",
            Self::Limits => "Limits",
            Self::FromNumbers => "From numbers",
        }
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
mod tests {
    use super::*;

    #[test]
    fn only_the_named_numbers_are_texted_by_a_live_account() {
        let friend = PhoneNumber::parse("+573001234567").unwrap();
        let stranger = PhoneNumber::parse("+573007654321").unwrap();
        let mut settings = Settings::built_in(Environment::Test);
        settings.recipients = Recipients::Only(BTreeSet::from([friend.clone()]));
        assert!(settings.may_text(&friend) && !settings.may_text(&stranger));
        settings.provider = Provider::Sandbox;
        assert!(settings.may_text(&stranger));
    }
}
