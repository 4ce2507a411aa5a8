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

/// Fields whose value is a text, which needs no quotes here.
const TEXTS: [&str; 9] = [
    "message",
    "account_sid",
    "api_key",
    "base_url",
    "default_country",
    "default_number",
    "app_name",
    "store",
    "extra_ca",
];

/// Fields that are maps, with text as keys.
const MAPS: [&str; 2] = ["own_messages", "countries"];

/// What a field takes, for whoever has typed something else.
const VALUES: [(&str, &str); 23] = [
    ("default_country", "a country such as CO, or None"),
    ("code_validity_minutes", "a whole number from 1 to 10"),
    ("codes_allowed", "a whole number from 1 to 20"),
    ("request_time_out_minutes", "a whole number from 1 to 1440"),
    ("provider", "Sandbox, or Twilio(account_sid: \"AC…\")"),
    ("from_numbers", "a list such as [(sender: \"+14155550100\", countries: [\"CA\", \"US\"])]"),
    ("default_number", "one of the From numbers, or None"),
    ("own_messages", "texts such as {\"CO\": \"{code} es tu código\"}, or {} for none"),
    ("recipients", "Anyone, or Only([\"+573001234567\"])"),
    ("limits", "caps such as (per_hour: 500, per_day: 5000), or () for none"),
    ("per_hour", "a whole number from 1 on, or None"),
    ("per_day", "a whole number from 1 on, or None"),
    ("country_per_hour", "a whole number from 1 on, or None"),
    ("country_per_day", "a whole number from 1 on, or None"),
    ("countries", "caps such as {\"CO\": (per_hour: 200)}, or {} for none"),
    ("only_countries", "a list such as [\"CO\", \"US\"], or None"),
    ("record_only", "true or false"),
    (
        "auth_token",
        "Stored, Env(\"NAME\"), File(\"/path\"), Command([\"pass\", \"show\", \"x\"]) or None",
    ),
    ("risk_check", "Enable, Disable or None"),
    ("content_retention", "Retain, Discard or None"),
    ("address_retention", "Retain, Obfuscate or None"),
    ("retention_days", "a whole number from 2 to 3650"),
    ("segment_price", "a number from 0 to 1000, or None"),
];

/// Whether a field, as somebody names it, is one of the whole deck.
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
    let provider = OF_ACCOUNT.contains(&field).then_some("provider");
    let of_environment = ["environments", environment.key()];
    let place = if is_of_deck(field) { &[][..] } else { &of_environment[..] };
    let path: Vec<&str> = place.iter().copied().chain(provider).chain(field.split('.')).collect();
    let last = path.last().copied().unwrap_or_default();
    let is_text =
        TEXTS.contains(&last) || path.iter().rev().nth(1).is_some_and(|map| *map == "own_messages");
    let is_written = |value: &str| {
        let is_whole = root(value).is_some_and(|found| found == (0..value.len()));
        is_whole && (value == "None" || value.starts_with(['"', 'r']))
    };
    let value = if is_text && !is_written(value) {
        ron::to_string(value).unwrap_or_default()
    } else {
        value.to_owned()
    };
    let wrong = |message: String, hint: Option<String>| {
        let takes = VALUES.iter().find(|(name, _)| *name == last);
        let takes = takes.map(|(_, takes)| format!("It takes {takes}."));
        ConfigError::Value { field: field.to_owned(), message, hint: hint.or(takes) }
    };
    // What is more than one value would change the fields beside it.
    if root(&value).is_none_or(|found| found != (0..value.len())) {
        return Err(wrong("this is no single value".to_owned(), None));
    }
    let text = render(config);
    let changed = placed(&text, &path, &value).ok_or_else(|| ConfigError::Value {
        field: field.to_owned(),
        message: "there is no such field here".to_owned(),
        hint: Some("`smsdeck config show` has all of them.".to_owned()),
    })?;
    parse(&changed, Path::new("")).map_err(|error| wrong(error.message(), error.hint()))
}

/// The text with a value at a place; structs that are missing on the way are put there.
fn placed(text: &str, path: &[&str], value: &str) -> Option<String> {
    let mut at = root(text)?;
    for (index, name) in path.iter().enumerate() {
        let Shape::Struct { name: kind, inside, fields } = shape(text, &at) else { return None };
        let key = if kind == "{" { quoted(name) } else { (*name).to_owned() };
        if let Some(field) = fields.into_iter().find(|field| field.name == key) {
            at = field.value;
            continue;
        }
        let inner = built(name, &path[index + 1..], value);
        let mut changed = text.to_owned();
        changed.insert_str(inside.start, &format!("{key}: {inner}, "));
        return Some(changed);
    }
    let mut changed = text.to_owned();
    changed.replace_range(at, value);
    Some(changed)
}

/// What a field that is not there yet gets, for a value below it.
fn built(name: &str, below: &[&str], value: &str) -> String {
    let [next, rest @ ..] = below else { return value.to_owned() };
    let inner = built(next, rest, value);
    if MAPS.contains(&name) {
        format!("{{{}: {inner}}}", quoted(next))
    } else {
        format!("({next}: {inner})")
    }
}

fn quoted(text: &str) -> String {
    ron::to_string(text).unwrap_or_default()
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
    // The grid comes first: its default is one of its numbers.
    if names.contains(&"from_numbers") {
        config.environments[to].from_numbers = config.environments[from].from_numbers.clone();
    }
    for name in names {
        let source = config.environments[from].clone();
        let target = &mut config.environments[to];
        match name {
            "from_numbers" => {}
            "default_number" => {
                let default = source.from_numbers.default_number();
                let grid = target.from_numbers.with_default(default);
                target.from_numbers = grid.map_err(|error| ConfigError::Value {
                    field: name.to_owned(),
                    message: error.to_string(),
                    hint: Some("--numbers copies single From numbers.".to_owned()),
                })?;
            }
            "provider" => {
                let token = target.provider.token_source().cloned();
                let is_same = has_same_credentials(&source.provider, &target.provider);
                target.provider = source.provider;
                set_token(target, token.filter(|_| is_same));
            }
            "own_messages" => target.message_overrides = source.message_overrides,
            "limits" => target.limits = source.limits,
            _ => {
                let text = render(&config);
                // What is not set there is not set here either.
                let unset = if name == "limits.record_only" { "false" } else { "None" };
                let value = value_of(&text, from, name).unwrap_or_else(|| unset.to_owned());
                config = with_value(&config, to, name, &value)?;
            }
        }
    }
    Ok(config)
}

fn value_of(text: &str, environment: Environment, name: &str) -> Option<String> {
    let mut at = settings_place(text, environment)?;
    let provider = OF_ACCOUNT.contains(&name).then_some("provider");
    for name in provider.into_iter().chain(name.split('.')) {
        let Shape::Struct { name: kind, fields, .. } = shape(text, &at) else { return None };
        let key = if kind == "{" { quoted(name) } else { name.to_owned() };
        at = fields.into_iter().find(|field| field.name == key)?.value;
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
