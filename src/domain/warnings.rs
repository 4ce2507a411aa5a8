//! Warnings about settings that are valid but risky, and what they still need before anything can
//! be sent.

use super::environment::Environment;
use super::from_numbers::FromNumber;
use super::passcode::{MAX_WRONG_TRIES, TRIES_PER_CHALLENGE};
use super::provider::Provider;
use super::recipients::Recipients;
use super::sender::Sender;
use super::settings::{Field, Settings};

/// Segments of a message that need no warning; a text in another script than Latin takes two.
const MAX_SEGMENTS: usize = 3;

/// A warning about a setting that is valid but risky.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The field to look at.
    pub field: Field,
    /// A whole sentence.
    pub text: String,
}

impl Settings {
    /// The chance that an attacker who guesses all day gets in as one user.
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

    /// The fields that must still be set before anything can be sent.
    pub fn missing(&self) -> Vec<Field> {
        let Provider::Twilio(account) = &self.provider else { return Vec::new() };
        let sid = account.account_sid.is_none().then_some(Field::AccountSid);
        let token = account.auth_token.is_none().then_some(Field::AuthToken);
        sid.into_iter().chain(token).collect()
    }

    /// Returns the warnings about these settings.
    pub fn warnings(&self, environment: Environment) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if environment == Environment::Production && self.provider == Provider::Sandbox {
            let text = "The Sandbox sends to no one: no user gets a code.";
            warnings.push(Warning::new(Field::Provider, text));
        }
        warnings.extend(self.rule_warnings());
        warnings.extend(self.length_warning());
        warnings.extend(self.default_number_warning());
        warnings.extend(self.from_numbers.rows().iter().flat_map(|row| self.row_warnings(row)));
        warnings.extend(self.missing().into_iter().map(|field| {
            let text = match field {
                Field::AccountSid => "Not set: nothing can be sent without an account.",
                _ => "Not set: nothing can be sent without it.",
            };
            Warning::new(field, text)
        }));
        let live_test = environment != Environment::Production && self.provider.reaches_people();
        if live_test && self.recipients == Recipients::Anyone {
            let text = format!(
                "{environment} may text anyone with a live account: consider \"only these numbers\"."
            );
            warnings.push(Warning::new(Field::Recipients, text));
        }
        warnings
    }

    /// Returns the warnings about the quota's rule.
    fn rule_warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.time_out.get() < self.code_validity.get() {
            let text = "Shorter than the code validity: codes of two rounds are valid at once.";
            warnings.push(Warning::new(Field::TimeOut, text));
        }
        if self.codes_allowed.get() == 1 {
            let text = "One lost SMS locks the user out until the time-out has passed.";
            warnings.push(Warning::new(Field::CodesAllowed, text));
        }
        let chance = self.guessing_chance_per_day();
        if chance > 0.001 {
            let text = format!("A code can be guessed with {:.1} % chance a day.", chance * 100.0);
            warnings.push(Warning::new(Field::CodesAllowed, text));
        }
        warnings
    }

    /// Returns the warning about the longest of the message texts.
    fn length_warning(&self) -> Option<Warning> {
        let texts = self.message_overrides.iter().map(|(_, text)| text);
        let segments = std::iter::once(&self.message)
            .chain(texts)
            .map(|text| text.preview(self.code_validity.get(), "Sign-in").segments().count);
        let most = segments.max().filter(|count| *count > MAX_SEGMENTS)?;
        let text = format!("Each code costs {most} SMS: shorten the text.");
        Some(Warning::new(Field::Message, text))
    }

    fn default_number_warning(&self) -> Option<Warning> {
        if self.from_numbers.default_number().is_some() {
            return None;
        }
        let text = if self.from_numbers.rows().is_empty() {
            "No From number yet: nothing can be sent."
        } else {
            "No default number: countries that are on no number are refused."
        };
        Some(Warning::new(Field::FromNumbers, text))
    }

    /// Returns the warnings about one of the From numbers.
    fn row_warnings(&self, row: &FromNumber) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let serves_others = row.countries.len() > 1 || self.from_numbers.is_default(&row.sender);
        if matches!(row.sender, Sender::ShortCode(_)) && serves_others {
            let text = format!("{} is a short code: it works in its own country only.", row.sender);
            warnings.push(Warning::new(Field::FromNumbers, text));
        }
        let unregistered = row.countries.iter();
        let unregistered: Vec<&str> = unregistered
            .filter(|country| row.sender.needs_registration_in(**country))
            .map(|country| country.code())
            .collect();
        if !unregistered.is_empty() {
            let places = unregistered.join(", ");
            let text = format!("{} needs registration with the carriers of {places}.", row.sender);
            warnings.push(Warning::new(Field::FromNumbers, text));
        }
        warnings
    }
}

impl Warning {
    fn new(field: Field, text: impl Into<String>) -> Self {
        Self { field, text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bounded::Bounded;
    use crate::domain::country::Country;
    use crate::domain::from_numbers::FromNumbers;

    fn warned(settings: &Settings) -> Vec<Field> {
        settings.warnings(Environment::Development).iter().map(|warning| warning.field).collect()
    }

    #[test]
    fn the_built_in_development_settings_can_send_and_have_no_warnings() {
        let settings = Settings::built_in(Environment::Development);
        assert_eq!(warned(&settings), []);
        assert_eq!(settings.from_numbers.rows().len(), 1);
        assert!(settings.from_numbers.default_number().is_some());
    }

    #[test]
    fn risky_settings_have_warnings() {
        let mut settings = Settings::built_in(Environment::Development);
        settings.time_out = Bounded::nearest(1);
        assert_eq!(warned(&settings), [Field::TimeOut, Field::CodesAllowed]);
        settings.time_out = Bounded::nearest(15);
        settings.codes_allowed = Bounded::nearest(1);
        assert_eq!(warned(&settings), [Field::CodesAllowed]);
        settings.codes_allowed = Bounded::nearest(20);
        assert_eq!(warned(&settings), [Field::CodesAllowed]);
        settings.codes_allowed = Bounded::nearest(3);
        settings.from_numbers = FromNumbers::default();
        assert_eq!(warned(&settings), [Field::FromNumbers]);
    }

    #[test]
    fn a_short_code_for_more_than_its_country_has_a_warning() {
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
}
