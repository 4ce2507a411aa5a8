//! Exports and imports the settings of one environment, or copies them to another environment. A
//! token is copied only where it is named itself.

use std::path::Path;

use super::by_name::{value_of, with_value};
use super::contents::Config;
use super::error::{ConfigError, Hint};
use super::parse::parse;
use super::ron_text::root;
use super::wire::{render, settings_place};
use crate::domain::environment::Environment;
use crate::domain::plain_text;
use crate::domain::provider::Provider;
use crate::domain::secret::SecretSource;
use crate::domain::settings::{Field, Settings};

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
    if text.trim().is_empty() {
        return Err(ConfigError::EmptyFile { path: path.to_owned() });
    }
    let text = &*plain_text::with_line_feeds(text);
    let all = render(config);
    let nothing = || ConfigError::Syntax {
        path: path.to_owned(),
        line: 1,
        column: 1,
        message: "not the settings of an environment".to_owned(),
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
    // An imported text must not choose the token's source: a command would be run, or a stored
    // token be sent to any address that the text names.
    let is_same = before.account().is_some() && has_same_credentials(before, &after.provider);
    set_token(after, before.token_source().filter(|_| is_same).cloned());
    Ok(imported)
}

/// Whether a token of the one is a token of the other: the same account, at the same address, and
/// the same key, if there is one.
fn has_same_credentials(one: &Provider, other: &Provider) -> bool {
    let key = |provider: &Provider| provider.twilio().and_then(|account| account.api_key.clone());
    one.account() == other.account() && key(one) == key(other)
}

fn set_token(settings: &mut Settings, token: Option<SecretSource>) {
    settings.provider.set_twilio(|account| account.auth_token = token);
}

/// The settings with some fields of an environment as another one has them in a config, which may
/// be a former version, by their names in the file. The token is copied only where it is named
/// itself.
///
/// # Errors
/// When there is no such field, or the outcome breaks a rule.
pub fn copied(
    config: &Config,
    (there, from): (&Config, Environment),
    to: Environment,
    fields: &[String],
) -> Result<Config, ConfigError> {
    let mut config = config.clone();
    let source = there.environments[from].clone();
    // The grid comes first: its default is one of its numbers.
    if fields.iter().any(|name| name == Field::FromNumbers.key()) {
        config.environments[to].from_numbers = source.from_numbers.clone();
    }
    for name in fields {
        let target = &mut config.environments[to];
        match Field::from_key(name) {
            Some(Field::Provider) => {
                let token = target.provider.token_source().cloned();
                let is_same = has_same_credentials(&source.provider, &target.provider);
                target.provider = source.provider.clone();
                set_token(target, token.filter(|_| is_same));
            }
            Some(field) if !field.is_of_account() => field.row().value.copy(&source, target),
            None if name == "default_number" => {
                let grid = target.from_numbers.with_default(source.from_numbers.default_number());
                target.from_numbers = grid.map_err(|error| ConfigError::Value {
                    field: name.clone(),
                    message: error.to_string(),
                    hint: Some(Hint::SingleNumbers),
                })?;
            }
            _ => {
                // A field that is not set there is unset here too.
                let unset = if name == "limits.record_only" { "false" } else { "None" };
                let value = value_of(&render(there), from, name);
                config = with_value(&config, to, name, value.as_deref().unwrap_or(unset))?;
            }
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: Environment = Environment::Test;

    #[test]
    fn an_environment_is_exported_and_imported_without_its_token() {
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
            copied(&config, (&config, both.0), both.1, &fields).unwrap().environments.production
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
