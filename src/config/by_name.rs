//! Settings by the names that they have in `config.ron`: one field changed, one environment written
//! out or taken in. All of it passes through the text, so that no rule is kept twice.

use std::path::Path;

use super::error::ConfigError;
use super::ron_text::{Shape, root, shape};
use super::{Config, parse, render};
use crate::domain::environment::Environment;
use crate::domain::provider::Provider;
use crate::domain::secret::SecretSource;
use crate::domain::settings::Settings;

/// Fields of the account, which may be named without `provider.` before them.
const OF_ACCOUNT: [&str; 7] = [
    "account_sid",
    "api_key",
    "auth_token",
    "base_url",
    "risk_check",
    "content_retention",
    "address_retention",
];

/// Whether a field, as somebody names it, is where the token is.
pub fn is_token(field: &str) -> bool {
    field.strip_prefix("provider.").unwrap_or(field) == "auth_token"
}

/// The config with another value of one field of an environment, such as `codes_allowed`,
/// `account_sid` or `limits.per_hour`. The value is RON, or a text without its quotes.
///
/// # Errors
/// When there is no such field, or the value breaks its rule.
pub fn with_value(
    config: &Config,
    environment: Environment,
    field: &str,
    value: &str,
) -> Result<Config, ConfigError> {
    let provider = OF_ACCOUNT.contains(&field).then_some("provider");
    let path: Vec<&str> = ["environments", environment.key()]
        .into_iter()
        .chain(provider)
        .chain(field.split('.'))
        .collect();
    let text = render(config);
    let with = |value: &str| {
        let changed = placed(&text, &path, value).ok_or_else(|| ConfigError::Value {
            field: field.to_owned(),
            message: "there is no such field here".to_owned(),
            hint: Some("`smsdeck config show` has all of them.".to_owned()),
        })?;
        parse(&changed, Path::new("")).map_err(|error| ConfigError::Value {
            field: error.field().map_or_else(|| field.to_owned(), str::to_owned),
            message: error.message(),
            hint: error.hint(),
        })
    };
    let is_whole = root(value).is_some_and(|found| found == (0..value.len()));
    let as_text = || with(&ron::to_string(value).unwrap_or_default());
    if !is_whole {
        return as_text();
    }
    with(value).or_else(|as_value| {
        let looks_like_a_value = value.starts_with(|first: char| {
            first.is_ascii_digit() || matches!(first, '(' | '[' | '{' | '"' | '-')
        });
        as_text().map_err(|as_text| {
            if looks_like_a_value || as_value.hint().is_some() { as_value } else { as_text }
        })
    })
}

/// The text with a value at a place; structs that are missing on the way are put there.
fn placed(text: &str, path: &[&str], value: &str) -> Option<String> {
    let mut at = root(text)?;
    for (index, name) in path.iter().enumerate() {
        let Shape::Struct { inside, fields, .. } = shape(text, &at) else { return None };
        let rest = &path[index + 1..];
        if let Some(field) = fields.into_iter().find(|field| field.name == *name) {
            at = field.value;
            continue;
        }
        let (opened, closed) = (rest.join(": ("), ")".repeat(rest.len()));
        let inner =
            if rest.is_empty() { value.to_owned() } else { format!("({opened}: {value}{closed}") };
        let mut changed = text.to_owned();
        changed.insert_str(inside.start, &format!("{name}: {inner}, "));
        return Some(changed);
    }
    let mut changed = text.to_owned();
    changed.replace_range(at, value);
    Some(changed)
}

/// The settings of an environment as text, without the token and where it comes from.
pub fn exported(config: &Config, environment: Environment) -> Option<String> {
    let mut config = config.clone();
    set_token(&mut config.environments[environment], None);
    of_environment(&config, environment)
}

/// The settings of an environment as they stand in the file.
pub fn of_environment(config: &Config, environment: Environment) -> Option<String> {
    let text = render(config);
    let value = settings_place(&text, environment)?;
    let lines = text.get(value)?.lines();
    let lines: Vec<&str> =
        lines.map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
    Some(lines.join("\n"))
}

/// The config with the settings of an environment as they were [exported]. A token stays where the
/// account stays the same.
///
/// # Errors
/// When the text is no settings, with line and field; `path` is for the errors.
pub fn imported(
    config: &Config,
    environment: Environment,
    text: &str,
    path: &Path,
) -> Result<Config, ConfigError> {
    let all = render(config);
    let nothing = || ConfigError::Syntax {
        path: path.to_owned(),
        line: 1,
        column: 1,
        message: "no settings of an environment".to_owned(),
    };
    let value = root(text).ok_or_else(nothing)?;
    let place = settings_place(&all, environment).ok_or_else(nothing)?;
    let line_of = |text: &str, at: usize| text[..at].matches('\n').count();
    let (own, there) = (line_of(text, value.start), line_of(&all, place.start));
    let mut changed = all.clone();
    changed.replace_range(place, &text[value]);
    let mut imported = parse(&changed, path)
        .map_err(|error| error.moved(own.cast_signed() - there.cast_signed()))?;
    let before = &config.environments[environment].provider;
    let after = &mut imported.environments[environment];
    // Where a token comes from is nobody's to bring along: a command would be run, and a stored
    // token go to whatever address the text names.
    let is_same = before.account().is_some() && has_same_credentials(before, &after.provider);
    set_token(after, before.token_source().filter(|_| is_same).cloned());
    Ok(imported)
}

pub(super) fn settings_place(
    text: &str,
    environment: Environment,
) -> Option<std::ops::Range<usize>> {
    let mut at = root(text)?;
    for name in ["environments", environment.key()] {
        let Shape::Struct { fields, .. } = shape(text, &at) else { return None };
        at = fields.into_iter().find(|field| field.name == name)?.value;
    }
    Some(at)
}

/// Whether a token of the one is a token of the other: the same account, at the same address, and
/// the same key, if there is one.
fn has_same_credentials(one: &Provider, other: &Provider) -> bool {
    let key = |provider: &Provider| match provider {
        Provider::Twilio(account) => account.api_key.clone(),
        Provider::Sandbox => None,
    };
    one.account() == other.account() && key(one) == key(other)
}

fn set_token(settings: &mut Settings, token: Option<SecretSource>) {
    if let Provider::Twilio(account) = &mut settings.provider {
        account.auth_token = token;
    }
}

/// The settings with some fields as another environment has them, by their names in the file. The
/// token is copied only where it is named itself.
///
/// # Errors
/// When there is no such field, or the outcome breaks a rule.
pub fn copied(
    config: &Config,
    (from, to): (Environment, Environment),
    fields: &[String],
) -> Result<Config, ConfigError> {
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut config = config.clone();
    // The grid is one thing: its default is one of its numbers.
    if names.iter().any(|name| matches!(*name, "from_numbers" | "default_number")) {
        config.environments[to].from_numbers = config.environments[from].from_numbers.clone();
    }
    for name in names {
        let source = config.environments[from].clone();
        let target = &mut config.environments[to];
        match name {
            "from_numbers" | "default_number" => {}
            "provider" => {
                let token = target.provider.token_source().cloned();
                let is_same = has_same_credentials(&source.provider, &target.provider);
                target.provider = source.provider;
                set_token(target, token.filter(|_| is_same));
            }
            "own_messages" => target.own_messages = source.own_messages,
            "limits" => target.limits = source.limits,
            _ => {
                let text = render(&config);
                let value = value_of(&text, from, name).ok_or_else(|| ConfigError::Value {
                    field: name.to_owned(),
                    message: format!("{from} has no such field set"),
                    hint: Some("`smsdeck config show` has all of them.".to_owned()),
                })?;
                config = with_value(&config, to, name, &value)?;
            }
        }
    }
    Ok(config)
}

fn value_of(text: &str, environment: Environment, name: &str) -> Option<String> {
    let mut at = settings_place(text, environment)?;
    for name in OF_ACCOUNT.contains(&name).then_some("provider").into_iter().chain([name]) {
        let Shape::Struct { fields, .. } = shape(text, &at) else { return None };
        at = fields.into_iter().find(|field| field.name == name)?.value;
    }
    text.get(at).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: Environment = Environment::Test;

    fn set(field: &str, value: &str) -> Result<Settings, ConfigError> {
        with_value(&Config::built_in(), TEST, field, value)
            .map(|config| config.environments[TEST].clone())
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
        assert_eq!(set("limits.per_hour", "5").unwrap().limits.to_string(), "5 an hour");
        assert_eq!(
            set("recipients", "Only([\"+573001234567\"])").unwrap().recipients.to_string(),
            "only 1 number"
        );
    }

    #[test]
    fn a_wrong_name_or_value_says_what_was_meant() {
        let told = |field, value| {
            let error = set(field, value).unwrap_err();
            format!("{error} {}", error.hint().unwrap_or_default())
        };
        assert!(told("codes_alowed", "3").contains("Did you mean codes_allowed?"));
        assert!(
            told("codes_allowed", "99").contains("from 1 to 20"),
            "{}",
            told("codes_allowed", "99")
        );
        assert!(told("provider", "Sandbx").contains("Did you mean Sandbox?"));
        assert!(told("default_country", "XX").contains("XX"), "{}", told("default_country", "XX"));
        assert!(set("codes_allowed", "3, default_number: None").is_err());
    }

    #[test]
    fn an_environment_goes_out_and_in_without_its_token() {
        let text = render(&Config::built_in()).replacen(
            "provider: Twilio(",
            "provider: Twilio(account_sid: \"AC0123456789abcdef0123456789abcdef\", auth_token: Env(\"T\")",
            1,
        );
        let config = parse(&text, Path::new("x")).unwrap();
        let out = exported(&config, TEST).unwrap();
        assert!(!out.contains("auth_token") && out.starts_with("(\n    default_country"), "{out}");
        assert_eq!(imported(&config, TEST, &out, Path::new("x")).unwrap(), config);
        let elsewhere = imported(&config, Environment::Production, &out, Path::new("x")).unwrap();
        assert_eq!(elsewhere.environments.production.provider.token_source(), None);
        let wrong = out.replace("codes_allowed: 3", "codes_allowed: 99");
        let error = imported(&config, TEST, &wrong, Path::new("in.ron")).unwrap_err();
        assert_eq!(error.line(), Some(4), "{error}");
    }

    #[test]
    fn copying_an_account_leaves_its_token_behind() {
        let mut config = Config::built_in();
        let with = with_value(&config, TEST, "auth_token", "Env(\"T\")").unwrap();
        config =
            with_value(&with, TEST, "account_sid", "AC0123456789abcdef0123456789abcdef").unwrap();
        let both = (TEST, Environment::Production);
        let copy = |fields: &[&str]| {
            let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
            copied(&config, both, &fields).unwrap().environments.production
        };
        let copied = copy(&["provider", "codes_allowed"]);
        assert_eq!(
            (copied.provider.account(), copied.provider.token_source()),
            (config.environments.test.provider.account(), None)
        );
        let copied = copy(&["provider", "auth_token"]);
        assert_eq!(copied.provider, config.environments.test.provider);
    }
}
