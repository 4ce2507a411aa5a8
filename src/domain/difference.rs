//! What changes from one version of the settings to another, in words, to be confirmed now or
//! read later.

use std::fmt;

use super::environment::PerEnvironment;
use super::from_numbers::{FromNumber, FromNumbers};
use super::sender::Sender;
use super::set_change::set_change;
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
    let changed = Field::ALL.iter().filter(|field| !field.row().value.is_same(old, new));
    let found = changed.flat_map(|&field| match field {
        Field::FromNumbers => number_differences(&old.from_numbers, &new.from_numbers),
        field => vec![difference(old, new, field)],
    });
    found.collect()
}

/// A field before and after. Where the words leave out what differs, they note that it changed.
fn difference(old: &Settings, new: &Settings, field: Field) -> Difference {
    let (old, new) = field.row().change(old, new);
    let new = if old == new { format!("{new}, changed") } else { new };
    Difference { field, number: None, old, new }
}

/// Whether what differs was changed in Production only: Development and Test agree on it.
pub fn is_drift(difference: &Difference, all: &PerEnvironment<&Settings>) -> bool {
    let place = |it: &Difference| (it.field, it.number.clone());
    let differs = |one: &Settings, other: &Settings| {
        differences(one, other).iter().any(|it| place(it) == place(difference))
    };
    !differs(all.development, all.test) && differs(all.test, all.production)
}

/// Of more countries than these only the difference is shown.
const MANY: usize = 20;

fn number_differences(old: &FromNumbers, new: &FromNumbers) -> Vec<Difference> {
    let change = |number: Option<&Sender>, old: String, new: String| Difference {
        field: Field::FromNumbers,
        number: number.cloned(),
        old,
        new,
    };
    let added = new.rows().iter().filter(|row| old.row(&row.sender).is_none());
    let mut found: Vec<Difference> = (old.rows().iter().chain(added))
        .map(|row| (&row.sender, old.row(&row.sender), new.row(&row.sender)))
        .filter(|(_, old, new)| old != new)
        .map(|(sender, old, new)| {
            if let (Some(old), Some(new)) = (old, new)
                && old.countries.len().max(new.countries.len()) > MANY
            {
                let changed = set_change(&old.countries, &new.countries, |it| it.code().to_owned());
                let before = format!("{sender} for {} countries", old.countries.len());
                let after = format!("for {} countries: {changed}", new.countries.len());
                return change(Some(sender), before, after);
            }
            let words = |row: Option<&FromNumber>| {
                row.map_or_else(|| format!("no {sender}"), ToString::to_string)
            };
            change(Some(sender), words(old), words(new))
        })
        .collect();
    let order = |grid: &FromNumbers| {
        let senders = grid.rows().iter().map(|row| row.sender.to_string());
        format!("order {}", senders.collect::<Vec<_>>().join(", "))
    };
    if found.is_empty() && order(old) != order(new) {
        found.push(change(None, order(old), order(new)));
    }
    if old.default_number() != new.default_number() {
        found.push(change(None, old.default_words(), new.default_words()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Environment;
    use crate::domain::provider::{Provider, TwilioAccount};
    use crate::domain::recipients::Recipients;
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
    fn a_change_that_the_words_leave_out_is_listed_too() {
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
