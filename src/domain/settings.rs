//! The settings of one environment. Every value here has passed its own rule already, so a
//! `Settings` is always one that may be saved; what is unwise about it are [`Warning`]s.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::country::Country;
use super::environment::Environment;
use super::from_numbers::{FromNumber, FromNumbers};
use super::limits::Limits;
use super::message_overrides::MessageOverrides;
use super::message_text::MessageTemplate;
use super::passcode::{MAX_WRONG_TRIES, TRIES_PER_CHALLENGE};
use super::phone::PhoneNumber;
use super::provider::Provider;
use super::quota::QuotaRule;
use super::sender::Sender;

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
pub struct Bounded<const MIN: u16, const MAX: u16>(u16);

/// How long a code is valid, in minutes. NIST SP 800-63B allows 10 at most.
pub type CodeValidity = Bounded<1, 10>;

/// Number of codes allowed before the time-out.
pub type CodesAllowed = Bounded<1, 20>;

/// Time-out between code requests, in minutes; a day at most.
pub type TimeOut = Bounded<1, 1440>;

/// The number is outside its bounds, or no whole number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is out of bounds: a whole number from {least} to {most}")]
pub struct OutOfBounds {
    given: String,
    least: u16,
    most: u16,
}

impl<const MIN: u16, const MAX: u16> Bounded<MIN, MAX> {
    /// The number, or the bound that is nearest to it.
    pub const fn nearest(number: u16) -> Self {
        if number < MIN {
            Self(MIN)
        } else if number > MAX {
            Self(MAX)
        } else {
            Self(number)
        }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Reads the number as typed into a field.
    ///
    /// # Errors
    /// When it is no whole number within the bounds.
    pub fn parse(typed: &str) -> Result<Self, OutOfBounds> {
        let typed = typed.trim();
        typed.parse().ok().and_then(|number: u16| number.try_into().ok()).ok_or_else(|| {
            OutOfBounds { given: typed.chars().take(20).collect(), least: MIN, most: MAX }
        })
    }
}

impl<const MIN: u16, const MAX: u16> TryFrom<u16> for Bounded<MIN, MAX> {
    type Error = OutOfBounds;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        if (MIN..=MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(OutOfBounds { given: number.to_string(), least: MIN, most: MAX })
        }
    }
}

impl<const MIN: u16, const MAX: u16> From<Bounded<MIN, MAX>> for u16 {
    fn from(bounded: Bounded<MIN, MAX>) -> Self {
        bounded.0
    }
}

/// Whom an environment may text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// Every valid number.
    Anyone,
    /// These numbers and no other: keeps a test from ever texting a real user. The Sandbox,
    /// which texts nobody, ignores it.
    Only(BTreeSet<PhoneNumber>),
}

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

/// Something unwise that may be saved all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The field to look at.
    pub field: Field,
    /// A whole sentence.
    pub text: String,
}

impl Settings {
    /// The built-in settings, used where there is no config file: Development can send to
    /// the Sandbox at once, the others wait for a Twilio account.
    pub fn built_in(environment: Environment) -> Self {
        let sandbox = environment == Environment::Development;
        Self {
            default_country: None,
            code_validity: Bounded(5),
            codes_allowed: Bounded(3),
            time_out: Bounded(15),
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

    /// The chance that somebody who guesses all day gets in as one user.
    ///
    /// Each guess hits one of the codes that are valid at once, out of a million; the guesses
    /// are bounded by the tries per challenge and by [`MAX_WRONG_TRIES`] in a row, after
    /// which the user is locked (NIST SP 800-63B, 100 consecutive failures).
    pub fn guessing_chance_per_day(&self) -> f64 {
        let allowed = f64::from(self.codes_allowed.get());
        let time_out = f64::from(self.time_out.get());
        let bursts_at_once = (f64::from(self.code_validity.get()) / time_out).ceil();
        let codes_a_day = allowed * (1440.0 / time_out).ceil();
        let guesses =
            (codes_a_day * f64::from(TRIES_PER_CHALLENGE)).min(f64::from(MAX_WRONG_TRIES));
        guesses * allowed * bursts_at_once / 1_000_000.0
    }

    /// What is unwise about these settings.
    pub fn warnings(&self, environment: Environment) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |field, text: String| warnings.push(Warning { field, text });
        if environment == Environment::Production && self.provider == Provider::Sandbox {
            let text = "The Sandbox texts nobody: no user gets a code.".to_owned();
            warn(Field::Provider, text);
        }
        if self.time_out.get() < self.code_validity.get() {
            warn(
                Field::TimeOut,
                "Shorter than the code validity: codes of two rounds are valid at once.".to_owned(),
            );
        }
        if self.codes_allowed.get() == 1 {
            warn(
                Field::CodesAllowed,
                "One lost SMS locks the user out until the time-out has passed.".to_owned(),
            );
        }
        let chance = self.guessing_chance_per_day();
        if chance > 0.001 {
            warn(
                Field::CodesAllowed,
                format!("A code can be guessed with {:.1} % chance a day.", chance * 100.0),
            );
        }
        if self.from_numbers.default_number().is_none() {
            let text = if self.from_numbers.rows().is_empty() {
                "No From number yet: nothing can be sent."
            } else {
                "No default number: countries that are on no number are refused."
            };
            warn(Field::FromNumbers, text.to_owned());
        }
        for number in self.from_numbers.rows() {
            let is_default = self.from_numbers.is_default(&number.sender);
            if matches!(number.sender, Sender::ShortCode(_))
                && (number.countries.len() > 1 || is_default)
            {
                let text =
                    format!("{} is a short code: it works in its own country only.", number.sender);
                warn(Field::FromNumbers, text);
            }
            let unregistered: Vec<&str> = (number.countries.iter())
                .filter(|country| number.sender.needs_registration_in(**country))
                .map(|country| country.code())
                .collect();
            if !unregistered.is_empty() {
                let places = unregistered.join(", ");
                warn(
                    Field::FromNumbers,
                    format!("{} needs registration with the carriers of {places}.", number.sender),
                );
            }
        }
        for (field, text) in self.provider.missing() {
            warn(field, text.to_owned());
        }
        let live_test = environment != Environment::Production && self.provider.reaches_people();
        if live_test && self.recipients == Recipients::Anyone {
            warn(
                Field::Recipients,
                format!(
                    "{environment} may text anyone with a live account: consider \"only these numbers\"."
                ),
            );
        }
        warnings
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

impl fmt::Display for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::Only(numbers) if numbers.len() == 1 => f.write_str("only 1 number"),
            Self::Only(numbers) => write!(f, "only {} numbers", numbers.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(settings: &Settings) -> Vec<Field> {
        settings.warnings(Environment::Development).iter().map(|warning| warning.field).collect()
    }

    #[test]
    fn the_built_in_development_settings_can_send_and_warn_of_nothing() {
        let settings = Settings::built_in(Environment::Development);
        assert_eq!(warned(&settings), []);
        assert_eq!(settings.from_numbers.rows().len(), 1);
        assert!(settings.from_numbers.default_number().is_some());
    }

    #[test]
    fn bounds_are_inclusive() {
        for (typed, fits) in [
            ("1", true),
            ("10", true),
            ("0", false),
            ("11", false),
            ("", false),
            ("5.5", false),
            ("-1", false),
        ] {
            assert_eq!(CodeValidity::parse(typed).is_ok(), fits, "{typed}");
        }
        assert_eq!(
            TimeOut::parse("1441").unwrap_err().to_string(),
            "\"1441\" is out of bounds: a whole number from 1 to 1440"
        );
    }

    #[test]
    fn unwise_settings_are_warned_of() {
        let mut settings = Settings::built_in(Environment::Development);
        settings.time_out = Bounded(1);
        assert_eq!(warned(&settings), [Field::TimeOut, Field::CodesAllowed]);
        settings.time_out = Bounded(15);
        settings.codes_allowed = Bounded(1);
        assert_eq!(warned(&settings), [Field::CodesAllowed]);
        settings.codes_allowed = Bounded(20);
        assert_eq!(warned(&settings), [Field::CodesAllowed]);
        settings.codes_allowed = Bounded(3);
        settings.from_numbers = FromNumbers::default();
        assert_eq!(warned(&settings), [Field::FromNumbers]);
    }

    #[test]
    fn a_short_code_for_more_than_its_country_is_warned_of() {
        let warned_with = |countries: &[&str], is_default: bool| {
            let sender = Sender::parse("72404").unwrap();
            let other = Sender::parse("+15005550006").unwrap();
            let countries = countries.iter().filter_map(|code| Country::from_code(code)).collect();
            let rows = vec![
                FromNumber { sender: sender.clone(), countries },
                FromNumber {
                    sender: other.clone(),
                    countries: Country::from_code("MX").into_iter().collect(),
                },
            ];
            let default = if is_default { sender } else { other };
            let mut settings = Settings::built_in(Environment::Development);
            settings.from_numbers = FromNumbers::new(rows, Some(default)).unwrap();
            warned(&settings)
        };
        assert_eq!(warned_with(&["US"], false), []);
        assert_eq!(warned_with(&["CA", "US"], false), [Field::FromNumbers]);
        assert_eq!(warned_with(&["US"], true), [Field::FromNumbers]);
    }

    #[test]
    fn the_default_rule_is_guessed_with_three_in_ten_thousand() {
        let chance = Settings::built_in(Environment::Production).guessing_chance_per_day();
        assert!((chance - 0.0003).abs() < 1e-9, "{chance}");
    }

    #[test]
    fn a_live_test_environment_is_advised_to_name_its_recipients() {
        let settings = Settings::built_in(Environment::Test);
        let fields: Vec<Field> =
            settings.warnings(Environment::Test).iter().map(|w| w.field).collect();
        assert!(fields.contains(&Field::Recipients));
        let fields: Vec<Field> =
            settings.warnings(Environment::Production).iter().map(|w| w.field).collect();
        assert!(!fields.contains(&Field::Recipients));
    }

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
