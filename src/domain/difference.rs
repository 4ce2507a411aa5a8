//! What changes from one version of the settings to another, in words, for whoever must
//! confirm it or read about it later.

use std::fmt;

use super::environment::PerEnvironment;
use super::from_numbers::{FromNumber, FromNumbers};
use super::provider::Provider;
use super::recipients::Recipients;
use super::sender::Sender;
use super::settings::{Field, Settings};

/// One change. Secrets have no place here: where a token comes from is shown, never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The field that changes.
    pub field: Field,
    /// Of the From numbers, the one that changes; `None`: the default mark.
    pub number: Option<Sender>,
    /// What it was, in words.
    pub old: String,
    /// What it becomes, in words.
    pub new: String,
}

/// `Code validity period: 5 min → 10 min`
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.field.label(), self.old, self.new)
    }
}

/// Lists what changes, field by field; From numbers are compared number by number.
pub fn differences(old: &Settings, new: &Settings) -> Vec<Difference> {
    let scalar = |field| (field, words(old, new, field));
    let fields = [
        Field::DefaultCountry,
        Field::CodeValidity,
        Field::CodesAllowed,
        Field::TimeOut,
        Field::Provider,
        Field::AccountSid,
        Field::ApiKey,
        Field::AuthToken,
        Field::BaseUrl,
        Field::MessageOptions,
        Field::Message,
        Field::MessageOverrides,
        Field::Limits,
    ];
    let mut found: Vec<Difference> = fields
        .into_iter()
        .filter(|&field| !is_same(old, new, field))
        .map(scalar)
        .map(|(field, (old, new))| Difference { field, number: None, old, new })
        .collect();
    if old.recipients != new.recipients {
        found.push(Difference {
            field: Field::Recipients,
            number: None,
            old: recipients(&old.recipients),
            new: recipients(&new.recipients),
        });
    }
    found.extend(number_differences(&old.from_numbers, &new.from_numbers));
    found
}

/// Whether two settings have the same value in a field. What words leave out (the program that
/// prints a token) counts too.
fn is_same(one: &Settings, other: &Settings, field: Field) -> bool {
    let account = |settings: &Settings| match &settings.provider {
        Provider::Twilio(account) => Some((**account).clone()),
        Provider::Sandbox => None,
    };
    let token = |settings: &Settings| account(settings).and_then(|account| account.auth_token);
    match field {
        Field::AuthToken => token(one) == token(other),
        Field::Limits => one.limits == other.limits,
        field => value(one, field) == value(other, field),
    }
}

/// The words of a field before and after, told apart also where the words leave out what differs.
fn words(old: &Settings, new: &Settings, field: Field) -> (String, String) {
    let (old, new) = (value(old, field), value(new, field));
    let new = if old == new { format!("{new}, changed") } else { new };
    (old, new)
}

/// Whether what differs was changed in Production only: Development and Test agree on it.
pub fn is_drift(difference: &Difference, all: &PerEnvironment<&Settings>) -> bool {
    let place = |it: &Difference| (it.field, it.number.clone());
    let differs = |one: &Settings, other: &Settings| {
        differences(one, other).iter().any(|it| place(it) == place(difference))
    };
    !differs(all.development, all.test) && differs(all.test, all.production)
}

/// The masked numbers, as the lists may differ while their lengths do not.
fn recipients(recipients: &Recipients) -> String {
    match recipients {
        Recipients::Anyone => recipients.to_string(),
        Recipients::Only(numbers) => {
            let masked: Vec<String> =
                numbers.iter().map(super::phone::PhoneNumber::masked).collect();
            format!("{recipients} ({})", masked.join(", "))
        }
    }
}

/// The value of a field, in words; of the From numbers only how many there are.
pub fn value(settings: &Settings, field: Field) -> String {
    let account = match &settings.provider {
        Provider::Twilio(account) => Some(account),
        Provider::Sandbox => None,
    };
    let not_set = || "not set".to_owned();
    match field {
        Field::DefaultCountry => {
            settings.default_country.map_or_else(not_set, |country| country.to_string())
        }
        Field::CodeValidity => format!("{} min", settings.code_validity.get()),
        Field::CodesAllowed => settings.codes_allowed.get().to_string(),
        Field::TimeOut => format!("{} min", settings.time_out.get()),
        Field::Provider => settings.provider.name().to_owned(),
        Field::AccountSid => {
            let sid = account.and_then(|account| account.account_sid.as_ref());
            sid.map_or_else(not_set, |sid| sid.as_str().to_owned())
        }
        Field::ApiKey => {
            let key = account.and_then(|account| account.api_key.as_ref());
            key.map_or_else(not_set, |key| key.as_str().to_owned())
        }
        Field::AuthToken => {
            let source = account.and_then(|account| account.auth_token.as_ref());
            source.map_or_else(not_set, ToString::to_string)
        }
        Field::BaseUrl => {
            let url = account.and_then(|account| account.base_url.as_ref());
            url.map_or_else(not_set, |url| url.as_str().to_owned())
        }
        Field::MessageOptions => settings.provider.message_options().to_string(),
        Field::Message => format!("{:?}", settings.message.as_str()),
        Field::MessageOverrides if settings.message_overrides.is_empty() => "none".to_owned(),
        Field::MessageOverrides => {
            let texts = settings.message_overrides.iter();
            let texts = texts.map(|(audience, text)| format!("{audience}: {:?}", text.as_str()));
            texts.collect::<Vec<_>>().join("; ")
        }
        Field::Recipients => recipients(&settings.recipients),
        Field::Limits => settings.limits.to_string(),
        Field::FromNumbers => format!("{} numbers", settings.from_numbers.rows().len()),
    }
}

fn number_differences(old: &FromNumbers, new: &FromNumbers) -> Vec<Difference> {
    let find = |grid: &FromNumbers, sender: &Sender| {
        grid.rows().iter().find(|row| row.sender == *sender).map(countries)
    };
    let change = |sender: &Sender, old: Option<String>, new: Option<String>| {
        let words = |side: Option<String>| match side {
            Some(countries) => format!("{sender} for {countries}"),
            None => format!("no {sender}"),
        };
        let (old, new) = (words(old), words(new));
        Difference { field: Field::FromNumbers, number: Some(sender.clone()), old, new }
    };
    let added = new.rows().iter().filter(|row| find(old, &row.sender).is_none());
    let mut found: Vec<Difference> = old
        .rows()
        .iter()
        .chain(added)
        .map(|row| (&row.sender, find(old, &row.sender), find(new, &row.sender)))
        .filter(|(_, old, new)| old != new)
        .map(|(sender, old, new)| change(sender, old, new))
        .collect();
    let order = |grid: &FromNumbers| {
        let senders = grid.rows().iter().map(|row| row.sender.to_string());
        senders.collect::<Vec<_>>().join(", ")
    };
    if found.is_empty() && order(old) != order(new) {
        let (old, new) = (format!("order {}", order(old)), format!("order {}", order(new)));
        found.push(Difference { field: Field::FromNumbers, number: None, old, new });
    }
    if old.default_number() != new.default_number() {
        let words = |sender: Option<&Sender>| match sender {
            Some(sender) => format!("default {sender}"),
            None => "no default".to_owned(),
        };
        found.push(Difference {
            field: Field::FromNumbers,
            number: None,
            old: words(old.default_number()),
            new: words(new.default_number()),
        });
    }
    found
}

/// The countries of a number, in words.
pub fn countries(number: &FromNumber) -> String {
    if number.countries.is_empty() {
        return "no country of its own".to_owned();
    }
    number.countries.iter().map(|country| country.code()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Environment;
    use crate::domain::provider::TwilioAccount;
    use crate::domain::secret::SecretSource;

    #[test]
    fn only_what_changes_is_listed() {
        let old = Settings::built_in(Environment::Development);
        assert_eq!(differences(&old, &old), []);
        let mut new = old.clone();
        new.code_validity = 10.try_into().unwrap();
        let lines: Vec<String> = differences(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["Code validity period: 5 min → 10 min"]);
    }

    #[test]
    fn numbers_are_compared_one_by_one() {
        let old = Settings::built_in(Environment::Development);
        let mut new = old.clone();
        let number = FromNumber {
            sender: Sender::parse("ACME").unwrap(),
            countries: ["DE".parse().unwrap()].into(),
        };
        new.from_numbers = new.from_numbers.with(None, number, true).unwrap();
        let lines: Vec<String> = differences(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "From numbers: no ACME → ACME for DE",
                "From numbers: default +1 500 555 0006 → default ACME"
            ]
        );
    }

    #[test]
    fn what_words_leave_out_is_a_change_too() {
        let settings = |program: &str| {
            let command = vec!["pass".to_owned(), program.to_owned()];
            let account = TwilioAccount {
                auth_token: Some(SecretSource::Command(command)),
                ..TwilioAccount::default()
            };
            let provider = Provider::Twilio(Box::new(account));
            Settings { provider, ..Settings::built_in(Environment::Test) }
        };
        let changes = differences(&settings("one"), &settings("other"));
        assert_eq!(changes.len(), 1);
        assert!(changes[0].to_string().ends_with(", changed"), "{}", changes[0]);
    }

    #[test]
    fn recipients_are_masked() {
        let old = Settings::built_in(Environment::Test);
        let mut new = old.clone();
        let number = crate::domain::phone::PhoneNumber::parse("+573001234567").unwrap();
        new.recipients = Recipients::Only([number].into());
        let line = differences(&old, &new)[0].to_string();
        assert_eq!(line, "Recipients: anyone → only 1 number (+57 ••• ••• 4567)");
    }
}
