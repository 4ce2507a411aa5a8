//! Parses the text of `config.ron`, and reports what is wrong with it, and where.

use std::path::Path;

use serde::Deserialize;

use super::contents::Config;
use super::error::{ConfigError, Hint};
use super::ron_text::{Shape, shape};
use super::wire::{VERSION, WireFile, WireSettings, options, settings_place};
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::from_numbers::FromNumbersError;
use crate::domain::plain_text;
use crate::domain::settings::Settings;

/// What is read first: a file of a newer version is not judged by the rules of this one.
#[derive(Deserialize)]
struct FileVersion {
    version: u32,
}

/// Parses the text of a config. `path` is for the errors.
///
/// # Errors
/// With the first thing that is wrong, and where.
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    if text.trim().is_empty() {
        return Err(ConfigError::EmptyFile { path: path.to_owned() });
    }
    let text = &*plain_text::with_line_feeds(text);
    let found: FileVersion = deserialize(text, path)?;
    if found.version > VERSION {
        return Err(ConfigError::Newer { path: path.to_owned(), found: found.version });
    }
    if found.version != VERSION {
        let at = text.find("version").unwrap_or(0);
        let message = format!("version {} does not exist", found.version);
        let hint = Some(Hint::Words(format!("Write version: {VERSION}.")));
        return Err(field_error(text, path, at, "version".to_owned(), message, hint));
    }
    let WireFile { environments: wire, deck, .. } = deserialize(text, path)?;
    let settings = |environment, wire: WireSettings| {
        Settings::try_from(wire).map_err(|error| grid_error(text, path, environment, &error))
    };
    let environments = PerEnvironment {
        development: settings(Environment::Development, wire.development)?,
        test: settings(Environment::Test, wire.test)?,
        production: settings(Environment::Production, wire.production)?,
    };
    Ok(Config { environments, deck: deck.into() })
}

fn deserialize<T: for<'de> Deserialize<'de>>(text: &str, path: &Path) -> Result<T, ConfigError> {
    let syntax = |error: &ron::error::SpannedError| ConfigError::Syntax {
        path: path.to_owned(),
        line: error.span.start.line,
        column: error.span.start.col,
        message: sentence(&error.code).0,
    };
    let mut deserializer = ron::Deserializer::from_str_with_options(text, &options())
        .map_err(|error| syntax(&error))?;
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let field = error.path().to_string();
        let error = deserializer.span_error(error.into_inner());
        let (message, hint) = sentence(&error.code);
        if field == "." && hint.is_none() {
            return syntax(&error);
        }
        let field = field.trim_end_matches(".?").trim_matches('.').to_owned();
        let field = if field.is_empty() || field == "?" { "config".to_owned() } else { field };
        let (line, column) = (error.span.start.line, error.span.start.col);
        ConfigError::Field { path: path.to_owned(), line, column, field, message, hint }
    })?;
    let end = deserializer.end().map_err(|error| deserializer.span_error(error));
    end.map_err(|error| syntax(&error))?;
    Ok(value)
}

/// What is wrong, in a sentence, and what was meant, if that can be guessed.
fn sentence(error: &ron::Error) -> (String, Option<Hint>) {
    let known = |found: &str, expected: &[&str]| {
        let near = expected
            .iter()
            .map(|name| (strsim::damerau_levenshtein(found, name), name))
            .filter(|(distance, name)| *distance <= name.len() / 3)
            .min();
        Some(Hint::Words(match near {
            Some((_, name)) => format!("Did you mean {name}?"),
            None => format!("Valid names: {}.", expected.join(", ")),
        }))
    };
    match error {
        ron::Error::NoSuchStructField { expected, found, .. } => {
            (format!("unknown field {found:?}"), known(found, expected))
        }
        // A wrong value in the place of a token may be the token itself.
        ron::Error::NoSuchEnumVariant { expected, .. } if expected.contains(&"Stored") => {
            ("a token cannot be here".to_owned(), known("", expected))
        }
        ron::Error::NoSuchEnumVariant { expected, found, .. } => {
            (format!("unknown name {found:?}"), known(found, expected))
        }
        ron::Error::MissingStructField { field, .. } => {
            (format!("missing field {field:?}"), Some(Hint::EveryField))
        }
        other => (crate::domain::text::printable(&other.to_string(), 300), None),
    }
}

/// A grid that is inconsistent is reported where the environment's From numbers begin.
fn grid_error(
    text: &str,
    path: &Path,
    environment: Environment,
    error: &FromNumbersError,
) -> ConfigError {
    let settings = settings_place(text, environment);
    let at = settings.and_then(|settings| field_at(text, &settings, "from_numbers")).unwrap_or(0);
    let field = format!("environments.{}.from_numbers", environment.key());
    field_error(text, path, at, field, error.to_string(), None)
}

/// Where a field of a struct begins.
fn field_at(text: &str, value: &std::ops::Range<usize>, name: &str) -> Option<usize> {
    let Shape::Struct { fields, .. } = shape(text, value) else { return None };
    fields.into_iter().find(|field| field.name == name).map(|field| field.start)
}

/// An error in a field that begins at byte `at` of the text.
fn field_error(
    text: &str,
    path: &Path,
    at: usize,
    field: String,
    message: String,
    hint: Option<Hint>,
) -> ConfigError {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[..at].matches('\n').count() + 1;
    let column = text[line_start..at].chars().count() + 1;
    ConfigError::Field { path: path.to_owned(), line, column, field, message, hint }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::wire::render;
    use crate::domain::country::Country;
    use crate::domain::from_numbers::{FromNumber, FromNumbers};
    use crate::domain::message_text::MessageTemplate;
    use crate::domain::provider::{Provider, TwilioAccount};
    use crate::domain::secret::SecretSource;
    use crate::domain::sender::Sender;

    fn text() -> String {
        render(&Config::built_in())
    }

    fn wrong(text: &str) -> ConfigError {
        parse(text, Path::new("config.ron")).unwrap_err()
    }

    #[test]
    fn the_built_in_config_survives_its_file() {
        assert_eq!(parse(&text(), Path::new("x")).unwrap(), Config::built_in());
    }

    #[test]
    fn limits_and_thresholds_survive_their_file() {
        let limits = r#"limits: (per_hour: 500, country_per_day: 1000, only_countries: ["CO"],
            countries: {"CO": (per_hour: 200)}, record_only: true), code_validity_minutes"#;
        let text = text().replacen("code_validity_minutes", limits, 1);
        let deck = "deck: (thresholds: (failures: 9)), environments";
        let text = text.replacen("environments", deck, 1);
        let config = parse(&text, Path::new("x")).unwrap();
        assert_eq!(config.deck.thresholds.failures.get(), 9);
        assert_eq!(
            config.environments.development.limits.to_string(),
            "500 per hour; each country 1000 per day; CO 200 per hour; only CO; log only"
        );
        assert_eq!(parse(&render(&config), Path::new("x")).unwrap(), config);
        let none = text.replacen("per_hour: 500", "per_hour: 0", 1);
        assert!(wrong(&none).to_string().contains("limits.per_hour"), "{}", wrong(&none));
    }

    #[test]
    fn the_example_in_the_readme_is_valid() {
        let text = include_str!("../../tests/data/config.ron");
        let config = parse(text, Path::new("config.ron")).unwrap();
        let production = &config.environments.production;
        assert_eq!(production.default_country, Country::from_code("CO"));
        assert_eq!(production.from_numbers.rows().len(), 3);
        assert_eq!(
            config.environments.test.provider.token_source(),
            Some(&SecretSource::Env("TWILIO_TOKEN".to_owned()))
        );
        assert_eq!(parse(&render(&config), Path::new("config.ron")).unwrap(), config);
    }

    #[test]
    fn a_mistake_is_shown_with_line_column_field_and_suggestion() {
        let error = wrong(&text().replacen("codes_allowed", "codes_alowed", 1));
        assert_eq!((error.line(), error.code()), (Some(7), "config_field"));
        assert_eq!(error.field(), Some("environments.development.codes_alowed"));
        assert_eq!(error.hint(), Some(Hint::Words("Did you mean codes_allowed?".to_owned())));
        let error = wrong(&text().replacen("codes_allowed: 3", "codes_allowed: 21", 1));
        assert_eq!(error.field(), Some("environments.development.codes_allowed"));
        assert_eq!(error.line(), Some(7));
        assert!(
            error.to_string().ends_with("\"21\" is out of bounds: a whole number from 1 to 20"),
            "{error}"
        );
    }

    #[test]
    fn wrong_types_missing_fields_and_unknown_words_have_different_errors() {
        let error = wrong(&text().replacen("codes_allowed: 3", "codes_allowed: \"3\"", 1));
        assert_eq!(error.field(), Some("environments.development.codes_allowed"), "{error}");
        let error = wrong(&text().replacen("            codes_allowed: 3,\n", "", 1));
        assert!(error.to_string().contains("missing field \"codes_allowed\""), "{error}");
        let error = wrong(&text().replacen("provider: Sandbox", "provider: Sandbx", 1));
        assert_eq!(error.hint(), Some(Hint::Words("Did you mean Sandbox?".to_owned())));
    }

    #[test]
    fn malformed_ron_is_a_syntax_error_with_its_place() {
        let error = wrong("(version: 1, environments: (");
        assert_eq!(error.line(), Some(1), "{error}");
        assert!(error.column().is_some_and(|column| column > 10), "{error}");
        for empty in ["", " ", "\r\n\n"] {
            let error = wrong(empty);
            assert_eq!(error.to_string(), "config.ron: the file is empty");
        }
        assert_eq!(wrong(&format!("{} trailing", text())).code(), "config_syntax");
    }

    #[test]
    fn a_newer_version_is_refused_before_anything_else_is_judged() {
        let error = wrong("(version: 2, something_new: [1, 2], environments: ())");
        assert_eq!(error.code(), "config_newer", "{error}");
        assert!(error.to_string().contains("needs a newer smsdeck"));
        assert!(wrong("(environments: ())").to_string().contains("missing field \"version\""));
    }

    #[test]
    fn an_inconsistent_grid_is_reported_where_it_stands() {
        let twice = "from_numbers: [(sender: \"72404\", countries: [\"US\", \"US\"])]";
        let mut text = text();
        let start = text.find("from_numbers").unwrap();
        let end = start + text[start..].find("default_number").unwrap();
        text.replace_range(start..end, &format!("{twice}, "));
        let error = wrong(&text);
        assert_eq!(error.field(), Some("environments.development.from_numbers"), "{error}");
        assert!(error.to_string().contains("United States (US) is already on 72404"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = parse(&text, Path::new("x"));
        }

        #[test]
        fn any_settings_survive_their_file(
            country in prop::option::of(0usize..245),
            validity in 1u16..=10, allowed in 1u16..=20, minutes in 1u16..=1440,
            message in "[ -z|~é😀\n\"\\\\]{0,60}",
            codes in prop::collection::vec(3u32..6, 0..4), default in any::<bool>(),
            token in prop::option::of("[a-zA-Z_\" ]{1,12}"),
        ) {
            let mut config = Config::built_in();
            let settings = &mut config.environments.test;
            settings.default_country = country.and_then(|row| Country::all().nth(row));
            settings.code_validity = validity.try_into().unwrap();
            settings.codes_allowed = allowed.try_into().unwrap();
            settings.time_out = minutes.try_into().unwrap();
            if let Ok(message) = MessageTemplate::parse(&format!("{message}{{code}}")) {
                settings.message = message;
            }
            let rows: Vec<FromNumber> = codes.iter().enumerate().map(|(index, digits)| FromNumber {
                sender: Sender::parse(&format!("{}{index}", 10u32.pow(*digits))).unwrap(),
                countries: Country::all().skip(index * 3).take(3).collect(),
            }).collect();
            let chosen = rows.first().filter(|_| default).map(|row| row.sender.clone());
            settings.from_numbers = FromNumbers::new(rows, chosen).unwrap();
            let account = TwilioAccount { auth_token: token.map(SecretSource::Env), ..TwilioAccount::default() };
            settings.provider = Provider::Twilio(Box::new(account));
            let read = parse(&render(&config), Path::new("x"));
            prop_assert_eq!(read.unwrap(), config);
        }
    }
}
