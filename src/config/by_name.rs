//! Changes one field of `config.ron` by its name, as typed by the operator. Every change goes
//! through the text, so that no rule is kept twice; names and accepted values come from the table
//! of fields.

use std::path::Path;

use super::contents::Config;
use super::deck::DeckField;
use super::error::{ConfigError, Hint};
use super::parse::parse;
use super::ron_text::{self, Shape, root, shape};
use super::wire::render;
use crate::domain::environment::Environment;
use crate::domain::field_table::{Row, Written};
use crate::domain::plain_text;
use crate::domain::settings::Field;

/// A name of the file, and how its value is written.
struct Entry {
    key: &'static str,
    below: Option<&'static str>,
    written: Written,
    takes: Option<String>,
}

/// All names that the tables know: of fields, and of their parts.
fn entries() -> Vec<Entry> {
    let settings = Field::ALL.iter().flat_map(|field| entries_of(field.row()));
    settings.chain(DeckField::ALL.iter().flat_map(|field| entries_of(field.row()))).collect()
}

fn entries_of<S>(row: &Row<S>) -> impl Iterator<Item = Entry> {
    let Row { key, below, value, .. } = *row;
    let own = Entry { key, below, written: value.written(), takes: value.takes() };
    let parts = value.parts().iter().map(move |part| Entry {
        key: part.key,
        below,
        written: part.written,
        takes: Some(part.takes.to_owned()),
    });
    std::iter::once(own).chain(parts)
}

/// Whether a field, as the operator names it, is where the token is.
pub fn is_token(field: &str) -> bool {
    let row = Field::AuthToken.row();
    let without = row.below.and_then(|below| field.strip_prefix(below)?.strip_prefix('.'));
    without.unwrap_or(field) == row.key
}

/// Whether a field, as the operator names it, is one of the whole deck.
pub fn is_of_deck(field: &str) -> bool {
    field.starts_with("deck.")
}

/// The config with another value of one field of an environment, such as `codes_allowed`,
/// `account_sid` or `limits.per_hour`, or of the whole deck, such as `deck.app_name`. The value is
/// RON, or a text without its quotes.
///
/// # Errors
/// When there is no such field, or the value breaks its rule.
pub fn with_value(
    config: &Config,
    environment: Environment,
    field: &str,
    value: &str,
) -> Result<Config, ConfigError> {
    let entries = entries();
    let entry = |name: &str| entries.iter().find(|entry| entry.key == name);
    let written = |name: &str| entry(name).map_or(Written::Ron, |entry| entry.written);
    let path = path(environment, field, &entries);
    let (last, before) = (path[path.len() - 1], path.iter().rev().nth(1));
    let is_text = written(last) == Written::Text
        || before.is_some_and(|map| written(map) == Written::TextMap);
    // A text may begin like anything that RON has.
    let is_written = |value: &str| value == "None" || ron::from_str::<String>(value).is_ok();
    let value = plain_text::without_mark(value);
    let value = if is_text && !is_written(value) { quoted(value) } else { value.to_owned() };
    let wrong = |message: String, hint: Option<Hint>| {
        let takes = entry(last).and_then(|entry| entry.takes.as_ref());
        let takes = takes.map(|takes| Hint::Words(format!("It takes {takes}.")));
        ConfigError::Value { field: field.to_owned(), message, hint: hint.or(takes) }
    };
    // More than one value would change the fields beside it.
    if root(&value).is_none_or(|found| found != (0..value.len())) {
        return Err(wrong("this is not a single value".to_owned(), None));
    }
    let text = render(config);
    let changed = placed(&text, &path, &value, &|name| {
        matches!(written(name), Written::Map | Written::TextMap)
    })
    .ok_or_else(|| ConfigError::Value {
        field: field.to_owned(),
        message: "no such field".to_owned(),
        hint: Some(Hint::AllFields),
    })?;
    parse(&changed, Path::new("")).map_err(|error| wrong(error.message(), error.hint()))
}

/// The path to a field in the file. A nested field may be named without its parent.
fn path<'a>(environment: Environment, field: &'a str, entries: &[Entry]) -> Vec<&'a str> {
    let names = field.split('.');
    if is_of_deck(field) {
        return names.collect();
    }
    let first = names.clone().next().unwrap_or_default();
    let below = entries.iter().find(|entry| entry.key == first).and_then(|entry| entry.below);
    ["environments", environment.key()].into_iter().chain(below).chain(names).collect()
}

/// The text with a value at a place; structs and maps that are missing on the path are added.
fn placed(text: &str, path: &[&str], value: &str, is_map: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut at = root(text)?;
    for (index, name) in path.iter().enumerate() {
        let Shape::Struct { name: kind, inside, fields } = shape(text, &at) else { return None };
        let key = key_in(&kind, name);
        if let Some(field) = fields.into_iter().find(|field| field.name == key) {
            at = field.value;
            continue;
        }
        let inner = built(name, &path[index + 1..], value, is_map);
        let mut changed = text.to_owned();
        changed.insert_str(inside.start, &format!("{key}: {inner}, "));
        return Some(changed);
    }
    let mut changed = text.to_owned();
    changed.replace_range(at.clone(), &with_others_of(&text[at], value));
    Some(changed)
}

/// A new value like `Twilio(account_sid: "AC…")` with the fields of the old one that it does not
/// name: nobody who changes the account means to lose its token and base URL. One that is named
/// `None` goes.
fn with_others_of(old: &str, new: &str) -> String {
    let whole = |text: &str| root(text).map(|at| shape(text, &at));
    let (
        Some(Shape::Struct { name: old_name, fields: old_fields, .. }),
        Some(Shape::Struct { name, inside, fields }),
    ) = (whole(old), whole(new))
    else {
        return new.to_owned();
    };
    if name != old_name || name.is_empty() || name == "{" {
        return new.to_owned();
    }
    let is_named = |field: &ron_text::Field| fields.iter().any(|it| it.name == field.name);
    let others = old_fields.iter().filter(|field| !is_named(field));
    let others: Vec<String> =
        others.map(|field| format!("{}: {}, ", field.name, &old[field.value.clone()])).collect();
    let mut value = new.to_owned();
    value.insert_str(inside.start, &others.concat());
    value
}

/// What a field that is not there yet gets, for a value below it.
fn built(name: &str, below: &[&str], value: &str, is_map: &dyn Fn(&str) -> bool) -> String {
    let [next, rest @ ..] = below else { return value.to_owned() };
    let inner = built(next, rest, value, is_map);
    if is_map(name) {
        format!("{{{}: {inner}}}", quoted(next))
    } else {
        format!("({next}: {inner})")
    }
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    ron::to_string(text).unwrap_or_default()
}

/// The name of a field as it stands in a struct, or in a map.
fn key_in(kind: &str, name: &str) -> String {
    if kind == "{" { quoted(name) } else { name.to_owned() }
}

/// The value of a field of an environment, as it stands in a text.
pub(super) fn value_of(text: &str, environment: Environment, name: &str) -> Option<String> {
    let mut at = root(text)?;
    for name in path(environment, name, &entries()) {
        let Shape::Struct { name: kind, fields, .. } = shape(text, &at) else { return None };
        let key = key_in(&kind, name);
        at = fields.into_iter().find(|field| field.name == key)?.value;
    }
    text.get(at).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::provider::Provider;
    use crate::domain::settings::Settings;
    use crate::domain::settings::tests::others;

    const TEST: Environment = Environment::Test;

    fn set(field: &str, value: &str) -> Result<Settings, ConfigError> {
        with_value(&Config::built_in(), TEST, field, value)
            .map(|config| config.environments[TEST].clone())
    }

    #[test]
    fn a_new_account_keeps_what_it_does_not_name() {
        let sid = |digit: &str| format!("AC{}", digit.repeat(32));
        let account = format!(
            "Twilio(account_sid: \"{}\", auth_token: Env(\"TOKEN\"), base_url: \"https://sms.example.com\")",
            sid("1")
        );
        let config = with_value(&Config::built_in(), TEST, "provider", &account).unwrap();
        let account_of = |config: &Config| match &config.environments[TEST].provider {
            Provider::Twilio(account) => (**account).clone(),
            Provider::Sandbox => panic!("it is Twilio's"),
        };
        let before = account_of(&config);
        let other = format!("Twilio(account_sid: \"{}\")", sid("2"));
        let after = account_of(&with_value(&config, TEST, "provider", &other).unwrap());
        assert_ne!(after.account_sid, before.account_sid);
        assert_eq!((after.auth_token, after.base_url), (before.auth_token, before.base_url));
        let without = format!("Twilio(account_sid: \"{}\", base_url: None)", sid("2"));
        assert_eq!(
            account_of(&with_value(&config, TEST, "provider", &without).unwrap()).base_url,
            None
        );
        let sandbox = with_value(&config, TEST, "provider", "Sandbox").unwrap();
        assert_eq!(sandbox.environments[TEST].provider, Provider::Sandbox);
    }

    #[test]
    fn every_kind_of_field_is_set_by_its_name() {
        assert_eq!(set("codes_allowed", "7").unwrap().codes_allowed.get(), 7);
        assert_eq!(set("default_country", "CO").unwrap().default_country.unwrap().code(), "CO");
        assert_eq!(set("default_country", "None").unwrap().default_country, None);
        assert_eq!(
            set("message", "{app}: {code}, \"now\"").unwrap().message.as_str(),
            "{app}: {code}, \"now\""
        );
        assert_eq!(set("provider", "Sandbox").unwrap().provider, Provider::Sandbox);
        let sid = "AC0123456789abcdef0123456789abcdef";
        assert_eq!(
            set("account_sid", sid).unwrap().provider.account().unwrap(),
            format!("{sid} at https://api.twilio.com/")
        );
        assert_eq!(set("limits.per_hour", "5").unwrap().limits.to_string(), "5 per hour");
        assert_eq!(
            set("recipients", "Only([\"+573001234567\"])").unwrap().recipients.to_string(),
            "only 1 number"
        );
    }

    #[test]
    fn a_text_may_begin_like_anything_that_ron_has() {
        for text in [
            "r",
            "reset: {code}",
            "r#\"{code}",
            "\"",
            "\"{code}\" is it",
            "\"{code}",
            "(version: 1)",
            "[{code}]",
            "{code}",
            "12 {code}",
            "true",
            "Some(\"x\")",
            "None of it: {code}",
            "// {code}",
            "/* {code}",
            "'{code}'",
            "{code}\\",
        ] {
            let message = format!("{{code}} {text}");
            assert_eq!(set("message", &message).unwrap().message.as_str(), message);
            let config = with_value(&Config::built_in(), TEST, "deck.app_name", text);
            assert_eq!(config.unwrap().deck.app_name.as_str(), text);
            if text.contains("{code}") {
                assert_eq!(set("message", text).unwrap().message.as_str(), text);
            }
        }
        for quoted in ["\"{code} x\"", "r\"{code} x\"", "r#\"{code} x\"#", "\u{feff}{code} x"] {
            assert_eq!(set("message", quoted).unwrap().message.as_str(), "{code} x");
        }
    }

    #[test]
    fn a_wrong_name_or_value_says_what_was_meant() {
        let text = |field, value| {
            let error = set(field, value).unwrap_err();
            format!("{error} {:?}", error.hint())
        };
        assert!(text("codes_alowed", "3").contains("Did you mean codes_allowed?"));
        assert!(
            text("codes_allowed", "99").contains("from 1 to 20"),
            "{}",
            text("codes_allowed", "99")
        );
        assert!(text("provider", "Sandbx").contains("Did you mean Sandbox?"));
        assert!(text("default_country", "XX").contains("XX"), "{}", text("default_country", "XX"));
        assert!(set("codes_allowed", "3, default_number: None").is_err());
    }

    #[test]
    fn every_field_is_settable_by_its_name() {
        for &field in Field::ALL {
            let is_provider = field == Field::Provider;
            // Test has an account already, and is no other provider.
            let environment = if is_provider { Environment::Development } else { TEST };
            let mut wanted = Config::built_in();
            wanted.environments[environment] = others();
            let text = render(&wanted);
            let row = field.row();
            let parts = row.value.parts().iter().map(|part| part.key);
            let mut config = Config::built_in();
            for key in std::iter::once(row.key).chain(parts) {
                if let Some(value) = value_of(&text, environment, key) {
                    config = with_value(&config, environment, key, &value).unwrap();
                }
            }
            let set = &config.environments[environment];
            assert!(row.value.is_same(set, &others()), "{field:?} is not settable: {set:?}");
        }
    }
}
