//! `smsdeck config set`: one field; a token comes from standard input only.

use std::process::ExitCode;

use super::change::apply;
use super::consent::Consent;
use super::failure::Failure;
use super::invocation::Invocation;
use super::standard_input::first_line;
use crate::config;
use crate::domain::environment::Environment;
use crate::domain::secret::Secret;
use crate::engine::{Checking, SettingsChange};

/// How the places begin that a token can be read from; nothing that looks like a token does.
const TOKEN_SOURCES: [&str; 3] = ["Env(\"", "File(\"", "Command(["];

/// `config set`: one field; a token from standard input only.
pub(super) async fn set(
    invocation: &Invocation,
    (field, value): (&str, &str),
    consent: Consent,
    checking: Checking,
) -> Result<ExitCode, Failure> {
    // What is the whole deck's belongs to no environment.
    let environment = match config::is_of_deck(field) {
        true if invocation.environment.is_some() => {
            return Err(Failure::usage(format!("{field} is deck-wide; omit --env")));
        }
        true => None,
        false => Some(invocation.environment()?),
    };
    let token = new_token(field, value)?;
    let value = if token.is_some() { "Stored" } else { value.trim() }.to_owned();
    let (token, field) = (environment.zip(token), field.to_owned());
    let change = SettingsChange::edit(environment, token, move |config| {
        // A field of the whole deck is the same in each environment.
        let place = environment.unwrap_or(Environment::Development);
        *config = config::with_value(config, place, &field, &value)?;
        Ok(())
    });
    apply(invocation, consent, checking, change).await
}

/// Reads a token from standard input where one is set so. No one may type it as an argument,
/// which every user of this machine can read.
fn new_token(field: &str, value: &str) -> Result<Option<Secret>, Failure> {
    if !config::is_token(field) {
        return Ok(None);
    }
    if value == "-" {
        let token = Secret::parse(&first_line()?);
        return Ok(Some(token.map_err(|error| Failure::usage(error.to_string()))?));
    }
    let is_known = ["None", "Stored"].contains(&value);
    if is_known || TOKEN_SOURCES.iter().any(|source| value.starts_with(source)) {
        return Ok(None);
    }
    // The value is not repeated: it may be the secret.
    let words = "pass a token on standard input: config set auth_token - < FILE; or say where it is: Env(\"NAME\"), File(\"/path\"), Command([\"pass\", \"show\", \"x\"]), None";
    Err(Failure::usage(words.to_owned()))
}
